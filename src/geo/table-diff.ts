/** Compares two tables: sizes by location, and the ranges that change, in both families. */
import { type Stretches, sweep, type Words } from './intervals.ts';

/** Addresses from a start up to where the next begins: IPv4 addresses, or IPv6 networks of /64 (what is inside one is its fraction). */
function sizeOf(start: Words, next: Words | undefined): number {
  const width = start.length;
  let size = 0;
  for (let word = 0; word < width; word++) {
    const end = next === undefined ? (word === 0 ? 0x100000000 : 0) : next[word]!;
    size += (end - start[word]!) * (width === 1 ? 1 : 2 ** (32 * (1 - word)));
  }
  return size;
}

/** A range of addresses with what two tables say of it, as location codes. */
export interface Common {
  readonly start: Uint32Array;
  /** First address after the range; `undefined` at the end of the space. */
  readonly next: Uint32Array | undefined;
  readonly size: number;
  readonly before: number;
  readonly after: number;
}

/** Calls `visit` with each range on which both tables are of one mind each. The range is the visitor's own to keep. */
export function eachCommon(before: Stretches, after: Stretches, visit: (common: Common) => void): void {
  let start: Uint32Array | undefined;
  let codes: readonly [number, number] = [0, 0];
  const close = (next: Uint32Array | undefined): void => {
    if (start !== undefined) visit({ start, next, size: sizeOf(start, next), before: codes[0], after: codes[1] });
  };
  sweep([before, after], (address, values) => {
    const next = address.slice();
    close(next);
    start = next;
    codes = [values[0]!, values[1]!];
  });
  close(undefined);
}

/** Sizes by what two tables say: keys are the code before x 256 + the code after. A range counts as `most` at most. */
export function transitions(before: Stretches, after: Stretches, most = Number.POSITIVE_INFINITY): Map<number, number> {
  const sums = new Map<number, number>();
  eachCommon(before, after, ({ size, before: from, after: to }) => {
    const key = from * 0x100 + to;
    sums.set(key, (sums.get(key) ?? 0) + Math.min(size, most));
  });
  return sums;
}
