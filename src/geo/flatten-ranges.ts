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

/** A range that contains the current address. */
interface Open {
  readonly range: number;
  /** Ranges with the same value that cross this one: each continues where this one ends. */
  continuations: number[];
}

/**
 * Flattens ranges of one family, which can nest, to intervals. The narrower range has precedence;
 * outside all ranges the value is 0. Ranges with the same value may also cross.
 * @throws PortabilityError `ERR_SOURCE_OVERLAP` with both lines if two ranges with different values
 * cross or are equal, because it is not known which one is meant.
 */
function flattenRanges(ranges: Ranges): Intervals {
  const { width, firsts, lasts, values, lines } = ranges;
  const builder = createIntervalsBuilder(width);
  // Nested: each ends at or after the one above it.
  const open: Open[] = [];
  const after = new Uint32Array(width);
  const compareEnds = (a: number, b: number): number =>
    compareWords(lasts, a * width, lasts, b * width, width);
  const close = (): void => {
    const { range, continuations } = open.pop()!;
    after.set(lasts.subarray(range * width, (range + 1) * width));
    if (!increment(after)) return;
    const outer = open.at(-1);
    builder.begin(after, outer === undefined ? 0 : values[outer.range]!);
    for (const each of continuations.sort((a, b) => compareEnds(b, a))) {
      builder.begin(after, values[each]!);
      open.push({ range: each, continuations: [] });
    }
  };
  const contradict = (range: number, around: number): never => {
    const both = [lines[range]!, lines[around]!].sort((a, b) => a - b) as [number, number];
    throw portabilityError(GEO.rangesContradict, { line: both[1] }, { other: both[0] });
  };
  /** Returns the widest open range that the range crosses. */
  const crossedBy = (range: number): Open | undefined => {
    let crossed: Open | undefined;
    for (let at = open.length - 1; at >= 0 && compareEnds(open[at]!.range, range) < 0; at--) {
      crossed = open[at]!;
      if (values[crossed.range] !== values[range]) contradict(range, crossed.range);
    }
    return crossed;
  };
  for (const range of orderOf(ranges)) {
    const first = range * width;
    while (
      open.length > 0 &&
      compareWords(lasts, open.at(-1)!.range * width, firsts, first, width) < 0
    )
      close();
    const around = open.at(-1)?.range;
    if (
      around !== undefined &&
      values[around] !== values[range] &&
      compareRanges(ranges, around, range) === 0
    )
      contradict(range, around);
    const crossed = crossedBy(range);
    if (crossed !== undefined) {
      crossed.continuations.push(range);
      continue;
    }
    builder.begin(firsts.subarray(first, first + width), values[range]!);
    open.push({ range, continuations: [] });
  }
  while (open.length > 0) close();
  return builder.build();
}
