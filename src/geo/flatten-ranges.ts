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
   * {@link flattenRanges} does. With `onDuplicate`, equal ranges with different values get the
   * value 0 instead, and it is called with the line of each that had another one.
   */
  lay(onDuplicate?: (line: number) => void): Intervals;
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
    lay: onDuplicate => {
      const ranges = {
        width,
        firsts: firsts.array(),
        lasts: lasts.array(),
        values: values.array(),
        lines: lines.array(),
      };
      const order = orderOf(ranges);
      if (onDuplicate !== undefined) discardDuplicates(ranges, order, onDuplicate);
      return flattenRanges(ranges, order);
    },
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

/** Gives equal ranges with different values the value 0. */
function discardDuplicates(
  ranges: Ranges,
  order: Uint32Array,
  onDuplicate: (line: number) => void,
): void {
  const { values, lines } = ranges;
  for (let from = 0, to = 1; from < order.length; from = to++) {
    while (to < order.length && compareRanges(ranges, order[from]!, order[to]!) === 0) to++;
    const equal = order.subarray(from, to);
    if (equal.every(range => values[range] === values[equal[0]!])) continue;
    for (const range of equal) {
      if (values[range] !== 0) onDuplicate(lines[range]!);
      values[range] = 0;
    }
  }
}

/** A binary heap: the range that ends first is at index 0. */
type Heap = number[];

function pushTo(heap: Heap, range: number, compareEnds: (a: number, b: number) => number): void {
  let at = heap.length;
  for (let up: number; at > 0; at = up) {
    up = (at - 1) >> 1;
    if (compareEnds(heap[up]!, range) <= 0) break;
    heap[at] = heap[up]!;
  }
  heap[at] = range;
}

function popFrom(heap: Heap, compareEnds: (a: number, b: number) => number): number {
  const top = heap[0]!;
  const moved = heap.pop()!;
  if (heap.length === 0) return top;
  let at = 0;
  for (let down = 1; down < heap.length; down = 2 * at + 1) {
    if (down + 1 < heap.length && compareEnds(heap[down + 1]!, heap[down]!) < 0) down++;
    if (compareEnds(moved, heap[down]!) <= 0) break;
    heap[at] = heap[down]!;
    at = down;
  }
  heap[at] = moved;
  return top;
}

/**
 * Flattens ranges of one family, which can nest, to intervals. The narrower range has precedence;
 * outside all ranges the value is 0. Ranges with the same value may also cross. For n ranges, the
 * time is of the order of n log n.
 * @throws PortabilityError `ERR_SOURCE_OVERLAP` with both lines if two ranges with different values
 * cross or are equal, because it is not known which one is meant.
 */
function flattenRanges(ranges: Ranges, order: Uint32Array): Intervals {
  const { width, firsts, lasts, values, lines } = ranges;
  const builder = createIntervalsBuilder(width);
  // The ranges that contain the current address. Those of one heap have one value, and end before
  // or with all of the heaps below it; two neighbours have different values.
  const open: Heap[] = [];
  const after = new Uint32Array(width);
  const compareEnds = (a: number, b: number): number =>
    compareWords(lasts, a * width, lasts, b * width, width);
  const valueOfOpen = (): number => {
    const heap = open.at(-1);
    return heap === undefined ? 0 : values[heap[0]!]!;
  };
  const close = (): void => {
    const heap = open.at(-1)!;
    const range = popFrom(heap, compareEnds);
    if (heap.length === 0) open.pop();
    after.set(lasts.subarray(range * width, (range + 1) * width));
    if (increment(after)) builder.begin(after, valueOfOpen());
  };
  const contradict = (range: number, around: number): never => {
    const both = [lines[range]!, lines[around]!].sort((a, b) => a - b) as [number, number];
    throw portabilityError(GEO.rangesContradict, { line: both[1] }, { other: both[0] });
  };
  /** Rejects a range that ends after one of a heap, all of which have another value. */
  const rejectCrossing = (range: number, heap: Heap | undefined): void => {
    if (heap !== undefined && compareEnds(heap[0]!, range) < 0) contradict(range, heap[0]!);
  };
  let previous: number | undefined;
  for (const range of order) {
    const first = range * width;
    while (
      open.length > 0 &&
      compareWords(lasts, open.at(-1)![0]! * width, firsts, first, width) < 0
    )
      close();
    if (
      previous !== undefined &&
      values[previous] !== values[range] &&
      compareRanges(ranges, previous, range) === 0
    )
      contradict(range, previous);
    previous = range;
    const heap = open.at(-1);
    if (heap !== undefined && values[heap[0]!] === values[range]) {
      rejectCrossing(range, open.at(-2));
      pushTo(heap, range, compareEnds);
    } else {
      rejectCrossing(range, heap);
      open.push([range]);
      builder.begin(firsts.subarray(first, first + width), values[range]!);
    }
  }
  while (open.length > 0) close();
  return builder.build();
}
