/**
 * Decides a request whose standing or exception may have to be read from the person records first.
 */

import type { Clock } from '../clock.ts';
import { portabilityError } from '../errors.ts';
import type { Decision } from '../law/reasons.ts';
import type { Standing } from '../law/rule.ts';
import * as GATE from '../messages/gate.ts';
import { EXCEPTION_WAIT_MS, STANDING_WAIT_MS } from '../timeouts.ts';
import type { AccessRequest, AsyncAccessRequest } from './access-request.ts';
import type { Decider } from './decider.ts';
import {
  isExcepted,
  NO_STANDING_CACHE,
  type Residence,
  type StandingCache,
} from './standing-cache.ts';

/** Returns the result of a promise; `undefined` if it does not resolve in time. */
function within<T>(patience: number, coming: Promise<T>): Promise<T | undefined> {
  // A timer that is cleared costs a tenth of a promise that is aborted.
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, patience, undefined);
    const end =
      <Outcome>(settle: (outcome: Outcome) => void) =>
      (outcome: Outcome): void => {
        clearTimeout(timer);
        settle(outcome);
      };
    coming.then(end(resolve), end(reject));
  });
}

/** The properties are written out, because a spread costs a gateway more than the decision. */
const withStanding = (request: AsyncAccessRequest, standing: Standing): AccessRequest => {
  const { subscriber, address, offer, channel, excepted } = request;
  return { subscriber, standing, address, offer, channel, excepted };
};

export interface AsyncDecider {
  decideAsync(request: AsyncAccessRequest): Decision | Promise<Decision>;
  /** Number of requests that could not be decided. */
  undecided(): number;
}

export function openAsyncDecider(
  decider: Decider,
  standings: StandingCache,
  clock: Clock,
): AsyncDecider {
  const { decide, rule, needsException, conclude } = decider;
  const decideWith = (request: AccessRequest, residence: Residence | undefined): Decision =>
    decide({ ...request, excepted: request.excepted ?? isExcepted(residence, clock) });
  /**
   * Whether an exception would count, the caller has not stated whether there is one, and it is not
   * in memory.
   */
  const isOpen = ({ excepted, subscriber }: AccessRequest, ruling: number): boolean =>
    needsException(ruling) &&
    excepted === undefined &&
    standings !== NO_STANDING_CACHE &&
    standings.recent(subscriber) === undefined;
  let undecided = 0;
  const decideWithPersonRecords = async (asked: AsyncAccessRequest): Promise<Decision> => {
    let residence: Residence | undefined;
    try {
      residence = await within(STANDING_WAIT_MS, standings.load(asked.subscriber));
      residence ??= standings.last(asked.subscriber);
      if (residence === undefined) throw portabilityError(GATE.personRecordsTimeout);
    } catch (error) {
      undecided++;
      throw error;
    }
    return decideWith(withStanding(asked, residence.standing), residence);
  };
  const decideAsync: AsyncDecider['decideAsync'] = request => {
    const asked = request ?? {};
    const standing = asked.standing ?? standings.recent(asked.subscriber)?.standing;
    if (standing === undefined) return decideWithPersonRecords(asked);
    const known =
      standing === asked.standing ? (asked as AccessRequest) : withStanding(asked, standing);
    const ruling = rule(known);
    if (!isOpen(known, ruling)) return conclude(known, ruling);
    return within(EXCEPTION_WAIT_MS, standings.load(known.subscriber))
      .catch(() => undefined)
      .then(residence => decideWith(known, residence));
  };
  return { decideAsync, undecided: () => undecided };
}
