/** Generates histories of dossiers, possible and impossible. */
import fc from 'fast-check';
import { addEvent, type Dossier, PortabilityError, parseEvent } from '../../src/index.ts';

/** Days close together, so that events meet renewals and each other. */
export const dayArbitrary = fc
  .integer({ min: 0, max: 150 })
  .map(n => new Date(Date.UTC(2025, 0, 25 + n)).toISOString().slice(0, 10));
export const eventArbitrary = fc.tuple(
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
export function possible(events: readonly (readonly [string, object])[]): Dossier {
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
