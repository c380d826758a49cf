/** Which of several nested ranges holds an address? The narrowest. */
import { PortabilityError } from '../errors.ts';
import type { Range } from './prefix.ts';
import { compareWords, increment, type Stretches, stretchesBuilder, type Width } from './stretches.ts';

/** A range with what holds inside it. */
export interface ValuedRange extends Range {
  readonly value: number;
  /** Line in the file it was read from, from 1. */
  readonly line?: number;
}

/** By first address, the wider range first. */
const byPlace = (a: ValuedRange, b: ValuedRange): number =>
  compareWords(a.first, 0, b.first, 0, a.width) || compareWords(b.last, 0, a.last, 0, a.width);

/** Whether `range`, which begins inside `around`, ends outside it, or is the same range with another value. */
function contradicts(range: ValuedRange, around: ValuedRange): boolean {
  const ends = compareWords(range.last, 0, around.last, 0, range.width);
  return ends > 0 || (byPlace(around, range) === 0 && around.value !== range.value);
}

/**
 * Cuts the address space of one family by ranges that may nest: the narrower prevails; outside all of them the value is 0.
 * @throws PortabilityError `ERR_SOURCE_OVERLAP` where two ranges cross, or are the same with different values: which is meant is not known.
 */
export function layRanges(ranges: readonly ValuedRange[], width: Width): Stretches {
  const builder = stretchesBuilder(width);
  const open: ValuedRange[] = [];
  const after = new Uint32Array(width);
  const close = (): void => {
    after.set(open.pop()!.last);
    if (increment(after)) builder.begin(after, open.at(-1)?.value ?? 0);
  };
  for (const range of ranges.filter(candidate => candidate.width === width).sort(byPlace)) {
    while (open.length > 0 && compareWords(open.at(-1)!.last, 0, range.first, 0, width) < 0) close();
    const around = open.at(-1);
    if (around !== undefined && contradicts(range, around)) {
      const line = range.line === undefined ? {} : { line: range.line };
      throw new PortabilityError('ERR_SOURCE_OVERLAP', 'two ranges cross or contradict each other', line);
    }
    builder.begin(range.first, range.value);
    open.push(range);
  }
  while (open.length > 0) close();
  return builder.build();
}
