/** Flattens nested ranges to intervals: the narrowest range that holds an address decides. */

import { portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import { createGrowableArray } from './growable-array.ts';
import {
  compareWords,
  createIntervalsBuilder,
  type Intervals,
  increment,
  type Width,
} from './intervals.ts';
import type { Range } from './prefix.ts';

/**
 * Ranges of one family with their values, and the lines from which they were read. In typed arrays,
 * because a file can contain millions.
 */
interface Ranges {
  readonly width: Width;
  readonly firsts: Uint32Array;
  readonly lasts: Uint32Array;
  readonly values: Uint16Array;
  readonly lines: Uint32Array;
}

export interface RangeCollector {
  /**
   * Adds a range. `line` is counted from 1; 0 if there is no file. Ranges of the other family are
   * ignored.
   */
  add(range: Range, value: number, line?: number): void;
  /**
   * Flattens the ranges to intervals; outside all ranges the value is 0. Throws as
   * {@link flattenRanges} does.
   */
  lay(): Intervals;
}

export function createRangeCollector(width: Width): RangeCollector {
  const firsts = createGrowableArray(Uint32Array);
  const lasts = createGrowableArray(Uint32Array);
  const lines = createGrowableArray(Uint32Array);
  const values = createGrowableArray(Uint16Array);
  return {
    add: (range, value, line = 0) => {
      if (range.width !== width) return;
      for (const word of range.first) firsts.push(word);
      for (const word of range.last) lasts.push(word);
      values.push(value);
      lines.push(line);
    },
    lay: () =>
      flattenRanges({
        width,
        firsts: firsts.array(),
        lasts: lasts.array(),
        values: values.array(),
        lines: lines.array(),
      }),
  };
}

/** Orders by first address, the wider range first. */
const compareRanges = ({ firsts, lasts, width }: Ranges, a: number, b: number): number =>
  compareWords(firsts, a * width, firsts, b * width, width) ||
  compareWords(lasts, b * width, lasts, a * width, width);

/**
 * Returns the indexes of the ranges, sorted. Most files are sorted, and checking that is cheaper
 * than sorting again.
 */
function orderOf(ranges: Ranges): Uint32Array {
  const order = Uint32Array.from(ranges.values, (_, index) => index);
  const isSorted = order.every(
    index => index === 0 || compareRanges(ranges, index - 1, index) <= 0,
  );
  return isSorted ? order : order.sort((a, b) => compareRanges(ranges, a, b));
}

/**
 * Whether a range that begins inside `around` ends outside it, or is the same range with another
 * value.
 */
function contradicts(ranges: Ranges, range: number, around: number): boolean {
  const { lasts, values, width } = ranges;
  const ends = compareWords(lasts, range * width, lasts, around * width, width);
  return (
    ends > 0 || (compareRanges(ranges, around, range) === 0 && values[around] !== values[range])
  );
}

/**
 * Flattens ranges of one family, which can nest, to intervals. The narrower range has precedence;
 * outside all ranges the value is 0.
 * @throws PortabilityError `ERR_SOURCE_OVERLAP` if two ranges cross, or are equal with different
 * values, because it is not known which one is meant.
 */
function flattenRanges(ranges: Ranges): Intervals {
  const { width, firsts, lasts, values, lines } = ranges;
  const builder = createIntervalsBuilder(width);
  const open: number[] = [];
  const after = new Uint32Array(width);
  const close = (): void => {
    const last = open.pop()! * width;
    after.set(lasts.subarray(last, last + width));
    if (increment(after)) builder.begin(after, open.length > 0 ? values[open.at(-1)!]! : 0);
  };
  for (const range of orderOf(ranges)) {
    const first = range * width;
    while (open.length > 0 && compareWords(lasts, open.at(-1)! * width, firsts, first, width) < 0)
      close();
    if (open.length > 0 && contradicts(ranges, range, open.at(-1)!)) {
      const line = lines[range]!;
      throw portabilityError(GEO.rangesContradict, { line });
    }
    builder.begin(firsts.subarray(first, first + width), values[range]!);
    open.push(range);
  }
  while (open.length > 0) close();
  return builder.build();
}
