/** What must be read before a request is decided? Standing and exception, only where they count, and waited for only where they are not in memory. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from './clock.ts';
import type { Decider } from './deciding.ts';
import type { AccessRequest, AskedRequest, Gate } from './gate.ts';
import type { Decision } from './law/reasons.ts';
import type { Standing } from './law/rule.ts';
import { isExcepted, NO_STANDINGS, type Residence, type Standings } from './standings.ts';

/** A refusal that an exception might have cured waits no longer than this for a register that is slow. */
const PATIENCE_MS = 250;

async function withinPatience(loading: Promise<Residence>): Promise<Residence | undefined> {
  const stop = new AbortController();
  const late = delay(PATIENCE_MS, undefined, { signal: stop.signal }).catch(() => undefined);
  const came = await Promise.race([loading.catch(() => undefined), late]);
  stop.abort();
  return came;
}

/** Written out: a spread costs a gateway more than the decision. */
const withStanding = (request: AskedRequest, standing: Standing): AccessRequest => {
  const { subscriber, address, offer, channel, excepted } = request;
  return { subscriber, standing, address, offer, channel, excepted };
};

export function openAsking(decider: Decider, standings: Standings, clock: Clock): Gate['ask'] {
  const { decide, rule, needsException, conclude } = decider;
  const decideWith = (request: AccessRequest, residence: Residence | undefined): Decision =>
    decide({ ...request, excepted: request.excepted ?? isExcepted(residence, clock()) });
  /** Where an exception would count, nobody has said whether there is one, and it is not in memory. */
  const isOpen = ({ excepted, subscriber }: AccessRequest, ruling: number): boolean =>
    needsException(ruling) &&
    excepted === undefined &&
    standings !== NO_STANDINGS &&
    standings.recent(subscriber) === undefined;
  return (request: AskedRequest) => {
    const asked = request ?? {};
    const standing = asked.standing ?? standings.recent(asked.subscriber)?.standing;
    if (standing === undefined)
      return standings
        .load(asked.subscriber)
        .then(residence => decideWith({ ...asked, standing: residence.standing }, residence));
    const known = standing === asked.standing ? (asked as AccessRequest) : withStanding(asked, standing);
    const ruling = rule(known);
    if (!isOpen(known, ruling)) return conclude(known, ruling);
    return withinPatience(standings.load(known.subscriber)).then(residence => decideWith(known, residence));
  };
}
