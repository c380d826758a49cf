import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRangeCollector } from '../../src/geo/flatten-ranges.ts';
import { valueAt } from '../../src/geo/intervals.ts';
import type { PortabilityError } from '../../src/index.ts';

/** First, last, value. */
type Each = readonly [first: number, last: number, value: number];
const TOP = 0xffffffff;

/** Answers at each of the first addresses, and at the last ones. */
function answersOf(ranges: readonly Each[], addresses: readonly number[]): number[] | string {
  const collector = createRangeCollector(1);
  ranges.forEach(([first, last, value], index) => {
    collector.add(
      { width: 1, first: Uint32Array.of(first), last: Uint32Array.of(last) },
      value,
      index + 1,
    );
  });
  try {
    const intervals = collector.lay();
    return addresses.map(address => valueAt(intervals, [address]));
  } catch (error) {
    return (error as PortabilityError).code;
  }
}

/**
 * By pairs: two ranges with different values must not cross or be equal; else the narrowest range
 * that contains an address decides.
 */
function oracle(ranges: readonly Each[], addresses: readonly number[]): number[] | string {
  for (const [a, b, v] of ranges)
    for (const [c, d, w] of ranges) {
      const isCrossing = (a < c && c <= b && b < d) || (a === c && b === d);
      if (isCrossing && v !== w) return 'ERR_SOURCE_OVERLAP';
    }
  return addresses.map(address => {
    const around = ranges.filter(([first, last]) => first <= address && address <= last);
    const [narrowest] = around.toSorted(([a, b], [c, d]) => b - a - (d - c));
    return narrowest?.[2] ?? 0;
  });
}

describe('ranges', () => {
  it('that cross but say the same are no contradiction', () => {
    const addresses = [0, 1, 4, 5, 10, 11, 12, 15, 16];
    expect(
      answersOf(
        [
          [1, 10, 1],
          [5, 15, 1],
        ],
        addresses,
      ),
    ).toEqual([0, 1, 1, 1, 1, 1, 1, 1, 0]);
    expect(
      answersOf(
        [
          [1, 10, 1],
          [5, 15, 1],
          [12, 15, 2],
        ],
        addresses,
      ),
    ).toEqual([0, 1, 1, 1, 1, 1, 2, 2, 0]);
  });

  it('that contradict each other are refused with both lines', () => {
    const collector = createRangeCollector(1);
    const add = (first: number, last: number, value: number, line: number): void =>
      collector.add(
        { width: 1, first: Uint32Array.of(first), last: Uint32Array.of(last) },
        value,
        line,
      );
    add(5, 15, 2, 3);
    add(1, 10, 1, 9);
    expect(() => collector.lay()).toThrow(
      expect.objectContaining({
        code: 'ERR_SOURCE_OVERLAP',
        line: 9,
        message: 'the range crosses or contradicts that of line 3',
      }),
    );
  });

  it('equal a comparison by pairs, at both ends of the address space', () => {
    const end = fc.integer({ min: 0, max: 24 });
    const range = fc
      .tuple(end, end, fc.integer({ min: 1, max: 2 }), fc.boolean())
      .map(([a, b, value, isHigh]): Each => {
        const low = Math.min(a, b);
        const high = Math.max(a, b);
        return isHigh ? [TOP - high, TOP - low, value] : [low, high, value];
      });
    const addresses = Array.from({ length: 26 }, (_, n) => [n, TOP - n]).flat();
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(range, { maxLength: 7 }), ranges => {
        const want = oracle(ranges, addresses);
        if (typeof want !== 'string') accepted++;
        expect(answersOf(ranges, addresses)).toEqual(want);
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(300);
  });

  it('with one value may cross each other as often as they like', () => {
    const range = fc
      .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 20 }))
      .map(([first, length]): Each => [first, first + length, 1]);
    const addresses = Array.from({ length: 90 }, (_, n) => n);
    fc.assert(
      fc.property(fc.array(range, { maxLength: 20 }), ranges => {
        expect(answersOf(ranges, addresses)).toEqual(oracle(ranges, addresses));
      }),
      { numRuns: 500 },
    );
  });

  it('that cross each other in tens of thousands are flattened', () => {
    const collector = createRangeCollector(1);
    const count = 60_000;
    for (let n = 0; n < count; n++)
      collector.add(
        { width: 1, first: Uint32Array.of(n), last: Uint32Array.of(n + count - (n % 7)) },
        1,
      );
    const intervals = collector.lay();
    expect([0, count, 2 * count].map(address => valueAt(intervals, [address]))).toEqual([1, 1, 0]);
  });
});
