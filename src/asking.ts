/** What must be read before a request is decided? Standing and exception, only where they count, and waited for only where they are not in memory. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from './clock.ts';
import type { Decider } from './deciding.ts';
import type { AccessRequest, AskedRequest, Gate } from './gate.ts';
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

export function openAsking({ decide, needsException }: Decider, standings: Standings, clock: Clock): Gate['ask'] {
  const isOpen = (request: AccessRequest): boolean =>
    standings !== NO_STANDINGS &&
    request.excepted === undefined &&
    needsException(request) &&
    standings.recent(request.subscriber) === undefined;
  const decideWith = (request: AccessRequest, residence: Residence | undefined) =>
    decide({ ...request, excepted: request.excepted ?? isExcepted(residence, clock()) });
  return (request: AskedRequest) => {
    const asked = request ?? {};
    const standing = asked.standing ?? standings.recent(asked.subscriber)?.standing;
    if (standing === undefined)
      return standings
        .load(asked.subscriber)
        .then(residence => decideWith({ ...asked, standing: residence.standing }, residence));
    const known = standing === asked.standing ? (asked as AccessRequest) : { ...asked, standing };
    if (!isOpen(known)) return decide(known);
    return withinPatience(standings.load(known.subscriber)).then(residence => decideWith(known, residence));
  };
}
