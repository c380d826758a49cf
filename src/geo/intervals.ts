/**
 * Represents a whole address space as intervals of one value each: the structure that sources,
 * compiler and bundle share.
 */

import { portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';

/** Number of 32-bit words in an address: one for IPv4, four for IPv6. */
export type Width = 1 | 4;

/** An address as words, most significant first. */
export type Words = ArrayLike<number>;

/**
 * A whole address space without gaps. Interval `i` begins at `starts[i * width]...` and ends before
 * the next one begins. The first begins at zero; starts ascend strictly; neighbours differ in
 * value.
 */
export interface Intervals {
  readonly width: Width;
  readonly length: number;
  readonly starts: Uint32Array;
  readonly values: Uint16Array;
}

/** Values are 16 bits wide; no real source contains so many countries. */
export const MAX_VALUES = 0x10000;

/**
 * Compares the words at `a[atA...]` with those at `b[atB...]`. Returns a number below, at or above
 * zero.
 */
export function compareWords(a: Words, atA: number, b: Words, atB: number, width: number): number {
  for (let word = 0; word < width; word++) {
    const difference = a[atA + word]! - b[atB + word]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Returns the value of the interval that contains an address. */
export function valueAt({ width, length, starts, values }: Intervals, address: Words): number {
  let low = 0;
  let high = length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (compareWords(starts, middle * width, address, 0, width) <= 0) low = middle;
    else high = middle;
  }
  return values[low]!;
}

/** Increments an address in place; returns `false` if it is the last one. */
export function increment(words: Uint32Array): boolean {
  for (let word = words.length - 1; word >= 0; word--) {
    words[word] = words[word]! + 1;
    if (words[word] !== 0) return true;
  }
  return false;
}

export interface IntervalsBuilder {
  /**
   * Begins an interval at `start`, which must not be before the last start. The same start again
   * replaces the value.
   */
  begin(start: Words, value: number): void;
  build(): Intervals;
}

/**
 * Creates a builder that collects intervals from the lowest address up. The value before the first
 * start is 0.
 */
export function createIntervalsBuilder(width: Width): IntervalsBuilder {
  let starts = new Uint32Array(1024 * width);
  let values = new Uint16Array(1024);
  let length = 1;
  const begin = (start: Words, value: number): void => {
    if (compareWords(start, 0, starts, (length - 1) * width, width) === 0) length--;
    if (length > 0 && values[length - 1] === value) return;
    if (length === values.length) {
      if (length >= MAX_INTERVALS) throw portabilityError(GEO.tableTooManyIntervals);
      starts = grown(starts, new Uint32Array(starts.length * 2));
      values = grown(values, new Uint16Array(values.length * 2));
    }
    for (let word = 0; word < width; word++) starts[length * width + word] = start[word]!;
    values[length++] = value;
  };
  const build = (): Intervals => ({
    width,
    length,
    starts: starts.slice(0, length * width),
    values: values.slice(0, length),
  });
  return { begin, build };
}

/** Twice the number of /24s. A file that requires more is malicious. */
export const MAX_INTERVALS = 2 ** 25;

function grown<A extends Uint32Array | Uint16Array>(old: A, larger: A): A {
  larger.set(old);
  return larger;
}

/**
 * Iterates over several interval lists of one address space at once. Calls `visit` at each address
 * at which one of them changes, with the values of all lists from that address on. Both arguments
 * are reused between calls.
 */
export function sweepIntervals(
  cuts: readonly Intervals[],
  visit: (start: Uint32Array, values: Uint16Array) => void,
): void {
  const width = cuts[0]!.width;
  const positions = cuts.map(() => 0);
  const start = new Uint32Array(width);
  const values = new Uint16Array(cuts.length);
  for (;;) {
    cuts.forEach((cut, index) => {
      values[index] = cut.values[positions[index]!]!;
    });
    visit(start, values);
    const nearest = nearestNext(cuts, positions, width);
    if (nearest < 0) return;
    const at = (positions[nearest]! + 1) * width;
    start.set(cuts[nearest]!.starts.subarray(at, at + width));
    cuts.forEach((cut, index) => {
      const next = positions[index]! + 1;
      if (next < cut.length && compareWords(cut.starts, next * width, start, 0, width) === 0)
        positions[index] = next;
    });
  }
}

/**
 * Returns the index of the list whose next interval begins first, or -1 if all are at their last.
 */
function nearestNext(
  cuts: readonly Intervals[],
  positions: readonly number[],
  width: Width,
): number {
  let nearest = -1;
  for (let index = 0; index < cuts.length; index++) {
    const cut = cuts[index]!;
    const next = positions[index]! + 1;
    if (next >= cut.length) continue;
    if (nearest < 0) nearest = index;
    const best = cuts[nearest]!;
    if (
      compareWords(
        cut.starts,
        next * width,
        best.starts,
        (positions[nearest]! + 1) * width,
        width,
      ) < 0
    )
      nearest = index;
  }
  return nearest;
}
