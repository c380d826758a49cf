import { describe, expect, it } from 'vitest';
import { checkMeans, ipCheck, type Means } from '../../src/index.ts';
import { tableOf } from '../support/tables.ts';

const LETTERS = 'abcdefghijk';

/** Art. 5 as a plain list of what is enough. */
function naiveValid(set: string, occasion: string, registered: boolean): boolean {
  const singles = [...'abcdefgh'];
  const pairs = [...LETTERS].flatMap(one =>
    [...LETTERS].filter(other => one < other).map(other => one + other),
  );
  const enough = new Set([
    ...singles,
    ...pairs.filter(([one, other]) => 'abcdefgh'.includes(one!) || 'abcdefgh'.includes(other!)),
  ]);
  if (registered) enough.add('i');
  if (occasion === 'doubt') enough.add('k');
  return enough.has(set);
}

describe('checkMeans', () => {
  it.each([
    ['conclusion', false, 60],
    ['renewal', false, 60],
    ['doubt', false, 61],
    ['conclusion', true, 61],
    ['doubt', true, 62],
  ] as const)(
    'on %s (postal address registered: %s) finds %i valid sets among all 2^11, as a naive version does',
    (occasion, registered, count) => {
      let valid = 0;
      for (let bits = 0; bits < 2 ** 11; bits++) {
        const set = [...LETTERS].filter((_, index) => (bits >> index) & 1);
        const check = checkMeans(set as Means[], { occasion, postalAddressRegistered: registered });
        if (check.valid) valid++;
        else expect(check.article).toMatch(/^Art\. 5\(1\)/);
        expect([set.join(''), check.valid]).toEqual([
          set.join(''),
          naiveValid(set.join(''), occasion, registered),
        ]);
      }
      expect(valid).toBe(count);
    },
  );

  it.each([
    [[], 'no-means'],
    [['a', 'a'], 'duplicate-means'],
    [['a', 'b', 'c'], 'more-than-two'],
    [['l'], 'unknown-means'],
    [['A'], 'unknown-means'],
    [['i', 'j'], 'weak-means-alone'],
    [['k'], 'weak-means-alone'],
    [undefined, 'no-means'],
    ['ab', 'no-means'],
  ])('refuses %j: %s', (means, violation) => {
    expect(checkMeans(means as Means[], { occasion: 'conclusion' })).toMatchObject({
      valid: false,
      violation,
    });
  });

  it('ignores the order, and needs an occasion', () => {
    expect(checkMeans(['k', 'a'], { occasion: 'conclusion' })).toEqual({ valid: true });
    expect(checkMeans(['a'], { occasion: 'whenever' as never })).toMatchObject({
      violation: 'unknown-occasion',
    });
    expect(checkMeans(['a'], undefined as never)).toMatchObject({ violation: 'unknown-occasion' });
  });
});

it("ipCheck returns a boolean or 'not-established'", async () => {
  const table = await tableOf([
    '2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB\n5.0.0.0/8,FR',
    '5.0.0.0/8,US\n2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB',
  ]);
  const answers = ['2.1.1.1', '3.1.1.1', '4.1.1.1', '5.1.1.1', '10.0.0.1', '9.1.1.1', 'x'].map(
    address => ipCheck(table, address),
  );
  expect(answers).toEqual([
    true,
    false,
    false,
    'not-established',
    'not-established',
    'not-established',
    'not-established',
  ]);
});
