import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  addEvent,
  type Dossier,
  type DossierEvent,
  PortabilityError,
  parseEvent,
  standingAt,
} from '../../../src/index.ts';
import { slowStanding } from '../../oracle/standing.ts';

/** Days close together, so that events meet renewals and each other. */
const dayArbitrary = fc
  .integer({ min: 0, max: 150 })
  .map(n => new Date(Date.UTC(2025, 0, 25 + n)).toISOString().slice(0, 10));
const eventArbitrary = fc.tuple(
  dayArbitrary,
  fc.oneof(
    fc.record({
      type: fc.constant('contract-concluded'),
      renewsEvery: fc.constantFrom(undefined, 1, 2),
    }),
    fc.constantFrom(
      { type: 'contract-ended' },
      { type: 'contract-renewed' },
      { type: 'doubt-dropped' },
      { type: 'information-answered' },
      { type: 'waiver-withdrawn' },
    ),
    fc.record({
      type: fc.constant('residence-verified'),
      outcome: fc.constantFrom('home', 'home', 'elsewhere'),
      means: fc.constantFrom(['a'], ['k'], ['b', 'k']),
      occasion: fc.constantFrom('conclusion', 'renewal', 'doubt'),
      by: fc.constant('provider'),
    }),
    fc.record({ type: fc.constant('doubt-raised'), reason: fc.constant('own-statement') }),
    fc.record({ type: fc.constant('information-requested'), answerBy: fc.constant('2025-01-25') }),
    fc.record({
      type: fc.constant('information-not-answered'),
      heldDataProveResidence: fc.boolean(),
    }),
    fc.record({
      type: fc.constant('verification-waived'),
      until: fc.constantFrom(undefined, '2025-04-01'),
    }),
  ),
);

/** Adds, in the order in which they were noted, those of the events that can have happened. */
function possible(events: readonly (readonly [string, object])[]): Dossier {
  return events.reduce<Dossier>(
    (sum, [on, rest]) => {
      const request = rest as { answerBy?: string };
      try {
        return addEvent(
          sum,
          parseEvent({ on, ...rest, ...(request.answerBy === undefined ? {} : { answerBy: on }) }),
        );
      } catch (error) {
        if (error instanceof PortabilityError) return sum;
        throw error;
      }
    },
    { events: [] },
  );
}

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
