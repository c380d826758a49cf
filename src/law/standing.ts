/**
 * Computes a subscriber's residence standing on a day, past or future, by replaying the dossier up
 * to that day (Art. 5).
 */

import { portabilityError } from '../errors.ts';
import * as LAW from '../messages/law.ts';
import {
  type Dossier,
  type DossierEvent,
  inOrder,
  isDossierDay,
  type VerificationWaived,
} from './dossier.ts';
import { checkHistory, replay, type State, stepWaiver } from './dossier-replay.ts';
import type { Standing } from './rule.ts';

/** A standing, the day on which it holds, and the events that led to it. */
export interface StandingOn {
  readonly day: string;
  readonly standing: Standing;
  /** The events that led to the standing, in order. */
  readonly because: readonly DossierEvent[];
  /**
   * Renewals whose verification the provider has not made yet: the day since which they are due,
   * and their number. They do not reduce the subscriber's rights.
   */
  readonly overdue?: { readonly since: string; readonly renewals: number };
  /** Last day for the answer to an open request for information. */
  readonly answerBy?: string;
}

/** Whether a waiver is in force on a day. */
const isWaived = (
  waiver: VerificationWaived | undefined,
  day: string,
): waiver is VerificationWaived => waiver !== undefined && day <= (waiver.until ?? day);

const present = (...events: readonly (DossierEvent | undefined)[]): DossierEvent[] =>
  inOrder([...new Set(events.filter(event => event !== undefined))]);

/**
 * In the order of precedence of STANDINGS. Doubt and renewal concern a residence that was verified
 * once; before that, it is unverified.
 */
function conclude(
  { contract }: State,
  waivers: readonly (VerificationWaived | undefined)[],
  day: string,
): Pick<StandingOn, 'standing' | 'because'> {
  if (contract === undefined) return { standing: 'none', because: [] };
  const { concluded, elsewhere, silence, doubt, due, confirmed, verified: last } = contract;
  const request = contract.request?.event;
  if (elsewhere !== undefined)
    return { standing: 'elsewhere', because: present(concluded, elsewhere) };
  const waiver = waivers.find(each => isWaived(each, day));
  if (waiver !== undefined) return { standing: 'waived', because: present(concluded, waiver) };
  if (silence !== undefined)
    return {
      standing: 'unverifiable',
      because: present(concluded, last, doubt, silence.request, request, silence.event),
    };
  if (last === undefined)
    return { standing: 'unverified', because: present(concluded, doubt, request) };
  if (doubt !== undefined)
    return { standing: 'doubted', because: present(concluded, last, doubt, request) };
  return {
    standing: due === undefined ? 'verified' : 'renewal-due',
    because: present(concluded, last, due?.event, confirmed, request),
  };
}

/**
 * Checks the waivers of the whole service and returns them in order. Only waivers and their
 * withdrawals are accepted, and each withdrawal needs a waiver.
 * @throws PortabilityError `ERR_DOSSIER_EVENT`
 */
export function checkWaivers(serviceWide: readonly DossierEvent[]): DossierEvent[] {
  if (!Array.isArray(serviceWide)) throw portabilityError(LAW.waiversNotList);
  const events = inOrder(serviceWide);
  if (events.some(({ type }) => type !== 'verification-waived' && type !== 'waiver-withdrawn'))
    throw portabilityError(LAW.waiversOtherEvent);
  events.reduce<State>((waived, event) => stepWaiver(waived, event)!, {});
  return events;
}

function checkDossier(dossier: Dossier): void {
  if (!Array.isArray(dossier?.events)) throw portabilityError(LAW.dossierNotList);
}

/**
 * Computes the standing on a UTC day, past or future. It includes all events up to and including
 * that day, tacit renewals, and ends of waivers. It never counts days abroad, and a doubt alone
 * never ends access (Art. 2(4), 5(2), 7(1)).
 * @param serviceWide waivers of all right holders for the whole service (Art. 5(4)), and their
 * withdrawals
 * @throws PortabilityError `ERR_DAY` if the day is invalid, `ERR_DOSSIER_EVENT` if the history
 * cannot have happened
 */
export function standingAt(
  dossier: Dossier,
  day: string,
  serviceWide: readonly DossierEvent[] = [],
): StandingOn {
  if (!isDossierDay(day)) throw portabilityError(LAW.standingDayInvalid);
  checkDossier(dossier);
  const state = replay(dossier.events, day);
  const service = checkWaivers(serviceWide).reduce<State>(
    (waived, event) => (event.on <= day ? stepWaiver(waived, event)! : waived),
    {},
  );
  const { contract } = state;
  const open = contract?.request?.isSilent === true ? undefined : contract?.request;
  const overdue = contract?.verified === undefined ? undefined : contract.due;
  return {
    day,
    ...conclude(state, [service.waiver, state.waiver], day),
    ...(overdue !== undefined && { overdue: { since: overdue.since, renewals: overdue.renewals } }),
    ...(open !== undefined && { answerBy: open.event.answerBy }),
  };
}

/**
 * Returns the dossier with one more event, ordered by its day. A history that cannot have happened
 * is rejected.
 * @throws PortabilityError `ERR_DOSSIER_EVENT`
 */
export function addEvent(dossier: Dossier, event: DossierEvent): Dossier {
  checkDossier(dossier);
  return checkHistory([...dossier.events, event]);
}

/**
 * Returns the dossier without the event at the given index (from 0), for an event that was recorded
 * by mistake. Throws if the remaining events cannot have happened.
 */
export function removeEvent(dossier: Dossier, index: number): Dossier {
  checkDossier(dossier);
  if (!Number.isInteger(index) || dossier.events[index] === undefined)
    throw portabilityError(LAW.eventMissing);
  return checkHistory(dossier.events.filter((_, at) => at !== index));
}

/**
 * Returns the first day without a contract if the last contract has ended, else `undefined`. The
 * dossier's retention ends with the contract.
 */
export function contractEnd({ events }: Dossier): string | undefined {
  const last = inOrder(events).findLast(
    ({ type }) => type === 'contract-concluded' || type === 'contract-ended',
  );
  return last?.type === 'contract-ended' ? last.on : undefined;
}

/** Whether a contract is in force on a day. */
export const isInForce = (dossier: Dossier, day: string): boolean =>
  standingAt(dossier, day).standing !== 'none';
