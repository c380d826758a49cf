/** Checks the invariant counted-exactly of the recorder. */
import type { RecorderStats } from '../../src/recording/day-bit-recorder.ts';

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/** Whether every decision is counted exactly once. */
export const isBalanced = (stats: RecorderStats): boolean =>
  stats.decided ===
  stats.recorded +
    stats.alreadyKnown +
    stats.pending +
    sum(stats.notRecordable) +
    sum(stats.failed);
