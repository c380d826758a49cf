import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type DossierEvent, standingAt } from '../../../src/index.ts';
import { slowStanding } from '../../oracle/standing.ts';
import { dayArbitrary, eventArbitrary, possible } from '../../support/histories.ts';

it('standingAt agrees with a slow model that reads the whole history again, on the days of its events and others', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(
      fc.array(eventArbitrary, { minLength: 3, maxLength: 16 }),
      dayArbitrary,
      (events, day) => {
        const it = possible([
          ['2025-01-25', { type: 'contract-concluded', renewsEvery: 1 }],
          [
            '2025-01-25',
            {
              type: 'residence-verified',
              outcome: 'home',
              means: ['a'],
              occasion: 'conclusion',
              by: 'provider',
            },
          ],
          ...events,
        ]);
        for (const on of [day, ...it.events.map(event => event.on), '2026-01-01']) {
          const got = standingAt(it, on);
          seen.set(got.standing, (seen.get(got.standing) ?? 0) + 1);
          expect({ standing: got.standing, renewals: got.overdue?.renewals ?? 0 }).toEqual(
            slowStanding(it.events, on),
          );
          expect(got.because.every(event => it.events.includes(event as DossierEvent))).toBe(true);
        }
      },
    ),
    { numRuns: 4000 },
  );
  expect([...seen.keys()].toSorted()).toEqual([
    'doubted',
    'elsewhere',
    'none',
    'renewal-due',
    'unverifiable',
    'unverified',
    'verified',
    'waived',
  ]);
  for (const count of seen.values()) expect(count).toBeGreaterThan(50);
});
