/** Compares two tables: sizes by location, and the ranges that change, in both families. */
import { type Intervals, sweepIntervals, type Words } from './intervals.ts';

/**
 * Returns the number of addresses from a start up to the next start: IPv4 addresses, or IPv6
 * networks of /64 (a part of one counts as a fraction).
 */
function sizeOf(start: Words, next: Words | undefined): number {
  const width = start.length;
  let size = 0;
  for (let word = 0; word < width; word++) {
    const end = next === undefined ? (word === 0 ? 0x100000000 : 0) : next[word]!;
    size += (end - start[word]!) * (width === 1 ? 1 : 2 ** (32 * (1 - word)));
  }
  return size;
}

/** A range of addresses with its location codes in two tables. */
export interface Common {
  readonly start: Uint32Array;
  /** First address after the range; `undefined` at the end of the address space. */
  readonly next: Uint32Array | undefined;
  readonly size: number;
  readonly before: number;
  readonly after: number;
}

/**
 * Calls `visit` with each range on which both tables are uniform. The visitor may keep the range.
 */
export function eachCommon(
  before: Intervals,
  after: Intervals,
  visit: (common: Common) => void,
): void {
  let start: Uint32Array | undefined;
  let codes: readonly [number, number] = [0, 0];
  const close = (next: Uint32Array | undefined): void => {
    if (start !== undefined)
      visit({ start, next, size: sizeOf(start, next), before: codes[0], after: codes[1] });
  };
  sweepIntervals([before, after], (address, values) => {
    const next = address.slice();
    close(next);
    start = next;
    codes = [values[0]!, values[1]!];
  });
  close(undefined);
}

/**
 * Sums the sizes by pairs of location codes: keys are the code before x 256 + the code after. A
 * range counts as at most `most`.
 */
export function transitions(
  before: Intervals,
  after: Intervals,
  most = Number.POSITIVE_INFINITY,
): Map<number, number> {
  const sums = new Map<number, number>();
  eachCommon(before, after, ({ size, before: from, after: to }) => {
    const key = from * 0x100 + to;
    sums.set(key, (sums.get(key) ?? 0) + Math.min(size, most));
  });
  return sums;
}
