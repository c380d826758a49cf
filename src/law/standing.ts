/**
 * Computes a subscriber's residence standing on a day, past or future, by replaying the dossier up
 * to that day (Art. 5).
 */

import { addDays } from '../days.ts';
import { portabilityError } from '../errors.ts';
import * as LAW from '../messages/law.ts';
import {
  type Dossier,
  type DossierEvent,
  inOrder,
  isDossierDay,
  type VerificationWaived,
} from './dossier.ts';
import {
  type ContractState,
  checkHistory,
  nextRenewal,
  replay,
  type State,
  stepWaiver,
} from './dossier-replay.ts';
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

/** Returns the waiver of the whole service that was declared by a day and not withdrawn. */
const waiverOf = (
  serviceWide: readonly DossierEvent[],
  day: string,
): VerificationWaived | undefined =>
  checkWaivers(serviceWide).reduce<State>(
    (waived, event) => (event.on <= day ? stepWaiver(waived, event)! : waived),
    {},
  ).waiver;

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
  const { contract } = state;
  const open = contract?.request?.isSilent === true ? undefined : contract?.request;
  const overdue = contract?.verified === undefined ? undefined : contract.due;
  return {
    day,
    ...conclude(state, [waiverOf(serviceWide, day), state.waiver], day),
    ...(overdue !== undefined && { overdue: { since: overdue.since, renewals: overdue.renewals } }),
    ...(open !== undefined && { answerBy: open.event.answerBy }),
  };
}

/** A standing that was computed ahead, and the days on which it must be computed again. */
export interface StandingForecast {
  /** The standing without waivers of the whole service. */
  readonly standing: Standing;
  /**
   * First day after the day of the forecast on which the standing may be another one; `undefined`
   * if only a change of the dossier alters it. It may be earlier than the change, never later.
   */
  readonly recheck: string | undefined;
  /**
   * First day on which a renewal is overdue if the dossier does not change; `never` if none will
   * be, `unknown` if events after the day of the forecast are noted, which may change it, or if
   * information was asked for and not answered, whose last day a list looks at.
   */
  readonly due: string;
}

const earliest = (...days: readonly (string | undefined)[]): string | undefined =>
  days.filter(day => day !== undefined).sort()[0];

/**
 * Returns the first day on which a renewal of a contract is overdue, if nothing else happens:
 * residence was verified, and a later renewal is not.
 */
function firstOverdue(contract: ContractState | undefined): string {
  if (contract?.verified === undefined) return 'never';
  if (contract.due !== undefined) return contract.due.since;
  return nextRenewal(contract, contract.isNextCovered === true ? 2 : 1) ?? 'never';
}

/**
 * Computes the standing on a day and how long it holds. Between the events of a dossier a standing
 * changes only by a tacit renewal and by the end of a waiver.
 * @param day UTC day; events after it count as possible changes
 */
export function forecastStanding({ events }: Dossier, day: string): StandingForecast {
  const state = replay(events, day);
  const { contract, waiver } = state;
  const isAnswerOpen = contract?.request !== undefined && !contract.request.isSilent;
  const next = earliest(...events.filter(({ on }) => on > day).map(({ on }) => on));
  const renewal = contract === undefined ? undefined : nextRenewal(contract);
  const end =
    isWaived(waiver, day) && waiver.until !== undefined ? addDays(waiver.until, 1) : undefined;
  return {
    standing: conclude(state, [state.waiver], day).standing,
    recheck: earliest(next, contract?.due === undefined ? renewal : undefined, end),
    due: next === undefined && !isAnswerOpen ? firstOverdue(contract) : 'unknown',
  };
}

/**
 * Returns the standing that a waiver of the whole service makes of a standing without one
 * (Art. 5(4)): a contract whose subscriber is not known to live elsewhere needs no verification.
 */
export function withServiceWaivers(
  standing: Standing,
  serviceWide: readonly DossierEvent[],
  day: string,
): Standing {
  if (serviceWide.length === 0 || standing === 'none' || standing === 'elsewhere') return standing;
  return isWaived(waiverOf(serviceWide, day), day) ? 'waived' : standing;
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
