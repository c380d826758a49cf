/**
 * Runs one compile job: it produces a table, a bundle, or the verification of a file, and checks
 * the result against guards.
 */

import { plainError, portabilityError } from '../errors.ts';
import { encodeBundle, encodeLayout } from '../geo/bundle.ts';
import { guardViolations } from '../geo/guard-violations.ts';
import { intervalsOf } from '../geo/table-intervals.ts';
import { agreesWithIntervals, layoutOf, openShared } from '../geo/zone-table.ts';
import * as TABLES from '../messages/tables.ts';
import {
  type Compiled,
  compileTable,
  editionOf,
  type Kept,
  openLayout,
  openTable,
} from './compile-sources.ts';
import type { CompileResult, Job } from './compile-worker-host.ts';
import { bundledSentinels } from './sentinel-addresses.ts';

type MaybeKept = Compiled & Partial<Kept>;

/** Returns the compiled content from which the job starts. */
function compiledOf({ from, time, kept }: Job, step: () => void): MaybeKept | Promise<MaybeKept> {
  if (typeof from === 'string' || from instanceof Uint8Array) return openTable(from, time);
  if ('buffer' in from) return openLayout(from);
  return compileTable(from, time, step, kept);
}

/** Runs a job in the current thread. */
export async function runJob(job: Job, step: () => void): Promise<CompileResult> {
  const { time, wants, fitness, isAccepted } = job;
  const { edition: made, intervals, layout, files, failures = [] } = await compiledOf(job, step);
  const edition = isAccepted === true ? { ...made, accepted: new Date(time).toISOString() } : made;
  const shared = { edition, ...layout };
  if (wants === 'bundle' && fitness === undefined) return { edition, bundle: encodeBundle(shared) };
  const table = openShared(shared);
  if (wants === 'proof') {
    const isCanonical = encodeLayout(layoutOf(intervals)).equals(encodeLayout(layout));
    if (!isCanonical || editionOf(layout, edition).id !== edition.id)
      throw portabilityError(TABLES.tableContentDiffers);
    if (!agreesWithIntervals(table, intervals)) throw portabilityError(TABLES.tableAnswersDiffer);
    return { edition };
  }
  const inForce = fitness?.inForce && intervalsOf(fitness.inForce);
  const sentinels = bundledSentinels(edition.home, edition.on);
  const violations =
    fitness && guardViolations({ table, intervals }, inForce, sentinels, fitness.guards);
  const result = wants === 'bundle' ? { bundle: encodeBundle(shared) } : { table: shared };
  return {
    edition,
    ...result,
    ...(violations && { violations }),
    ...(job.kept !== undefined && {
      files: files!,
      failures: failures.map(plainError),
    }),
  };
}
