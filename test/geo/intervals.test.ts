import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  compareWords,
  createIntervalsBuilder,
  valueAt,
  type Width,
} from '../../src/geo/intervals.ts';

const WORD = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 0xffffffff }));

it.each<[Width]>([[1], [4]])(
  'finds the value of an address as a look at every interval does (%i words)',
  width => {
    const address = fc.array(WORD, { minLength: width, maxLength: width });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(address, fc.integer({ min: 0, max: 5 })), { maxLength: 30 }),
        address,
        (starts, asked) => {
          const sorted = starts.sort(([a], [b]) => compareWords(a, 0, b, 0, width));
          const builder = createIntervalsBuilder(width);
          for (const [start, value] of sorted) builder.begin(start, value);
          const before = sorted.filter(([start]) => compareWords(start, 0, asked, 0, width) <= 0);
          expect(valueAt(builder.build(), asked)).toBe(before.at(-1)?.[1] ?? 0);
        },
      ),
    );
  },
);
