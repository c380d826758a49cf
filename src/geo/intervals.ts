/**
 * Represents a whole address space as intervals of one value each: the structure that sources,
 * compiler and bundle share.
 */

import { PortabilityError } from '../errors.ts';

/** Words of 32 bits in an address: one for IPv4, four for IPv6. */
export type Width = 1 | 4;

/** An address as words, most significant first. */
export type Words = ArrayLike<number>;

/**
 * A whole address space without gaps: stretch `i` begins at `starts[i * width]...` and ends before the next begins. The first begins
 * at zero; starts ascend strictly; neighbours differ in value.
 */
export interface Stretches {
  readonly width: Width;
  readonly length: number;
  readonly starts: Uint32Array;
  readonly values: Uint16Array;
}

/** Values are 16 bits wide; no real source names so many countries. */
export const MOST_VALUES = 0x10000;

/** Compares word `a[atA...]` with `b[atB...]`: below, at or above zero. */
export function compareWords(a: Words, atA: number, b: Words, atB: number, width: number): number {
  for (let word = 0; word < width; word++) {
    const difference = a[atA + word]! - b[atB + word]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The address after this one, in place; `false` where there is none. */
export function increment(words: Uint32Array): boolean {
  for (let word = words.length - 1; word >= 0; word--) {
    words[word] = words[word]! + 1;
    if (words[word] !== 0) return true;
  }
  return false;
}

export interface StretchesBuilder {
  /** Begins a stretch at `start`, not before the last one begun; the same start again replaces the value. */
  begin(start: Words, value: number): void;
  build(): Stretches;
}

/** Collects stretches from the lowest address up; what is not begun has the value 0. */
export function stretchesBuilder(width: Width): StretchesBuilder {
  let starts = new Uint32Array(1024 * width);
  let values = new Uint16Array(1024);
  let length = 1;
  const begin = (start: Words, value: number): void => {
    if (compareWords(start, 0, starts, (length - 1) * width, width) === 0) length--;
    if (length > 0 && values[length - 1] === value) return;
    if (length === values.length) {
      if (length >= MOST_STRETCHES)
        throw new PortabilityError(
          'ERR_SOURCE_LIMIT',
          'the files cut the address space into more pieces than a table can',
        );
      starts = grown(starts, new Uint32Array(starts.length * 2));
      values = grown(values, new Uint16Array(values.length * 2));
    }
    for (let word = 0; word < width; word++) starts[length * width + word] = start[word]!;
    values[length++] = value;
  };
  const build = (): Stretches => ({
    width,
    length,
    starts: starts.slice(0, length * width),
    values: values.slice(0, length),
  });
  return { begin, build };
}

/** Twice as many as there are /24s; a file that asks for more is made to harm. */
export const MOST_STRETCHES = 2 ** 25;

function grown<A extends Uint32Array | Uint16Array>(old: A, larger: A): A {
  larger.set(old);
  return larger;
}

/**
 * Walks several cuts of one address space at once: calls `visit` at each address where one of them changes, with the values of all
 * that hold from there on. Both arguments are reused from call to call.
 */
export function sweep(cuts: readonly Stretches[], visit: (start: Uint32Array, values: Uint16Array) => void): void {
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
      if (next < cut.length && compareWords(cut.starts, next * width, start, 0, width) === 0) positions[index] = next;
    });
  }
}

/** The cut whose next stretch begins first, or -1 where all are at their last. */
function nearestNext(cuts: readonly Stretches[], positions: readonly number[], width: Width): number {
  let nearest = -1;
  for (let index = 0; index < cuts.length; index++) {
    const cut = cuts[index]!;
    const next = positions[index]! + 1;
    if (next >= cut.length) continue;
    if (nearest < 0) nearest = index;
    const best = cuts[nearest]!;
    if (compareWords(cut.starts, next * width, best.starts, (positions[nearest]! + 1) * width, width) < 0)
      nearest = index;
  }
  return nearest;
}
