import { expect, it } from 'vitest';
import { DecisionCounts } from '../../src/recording/decision-counts.ts';

it('counts of decisions are returned until the ledger has them, and again when they change', () => {
  const counts = new DecisionCounts(['a', 'b'], 0);
  counts.setDay('2026-11-22', 'edition-1');
  counts.count(0);
  counts.count(0);
  counts.count(1);
  const first = counts.rows();
  expect(first.tally.map(({ reason, count }) => [reason, count])).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
  expect(first.editions).toEqual([{ day: '2026-11-22', edition: 'edition-1' }]);
  // What was not taken is returned again, with what came meanwhile.
  counts.count(0);
  expect(counts.rows().tally.map(({ count }) => count)).toEqual([3, 1]);
  counts.setStored(first);
  expect(counts.rows()).toMatchObject({ tally: [{ reason: 'a', count: 3 }], editions: [] });
  counts.setStored(counts.rows());
  expect(counts.rows()).toEqual({ tally: [], editions: [] });
  counts.setDay('2026-11-23', 'edition-1');
  expect(counts.rows().editions).toEqual([{ day: '2026-11-23', edition: 'edition-1' }]);
});
