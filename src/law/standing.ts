/**
 * Computes a subscriber's residence standing on a day, past or future, by replaying the dossier up
 * to that day (Art. 5).
 */
import { PortabilityError } from '../errors.ts';
import { type Dossier, type DossierEvent, inOrder, isDossierDay, refusal, type VerificationWaived } from './dossier.ts';
import { checked, replay, type State, stepWaiver } from './history.ts';
import type { Standing } from './rule.ts';

/** A standing, the day it holds for, and what led to it. */
export interface StandingOn {
  readonly day: string;
  readonly standing: Standing;
  /** The events that led to it, in their order. */
  readonly because: readonly DossierEvent[];
  /** Renewals whose verification the provider has not made yet: since when, and how many. They take nothing from the subscriber. */
  readonly overdue?: { readonly since: string; readonly renewals: number };
  /** Last day for the answer to a request for information that is still open. */
  readonly answerBy?: string;
}

/** Whether a waiver is in force on a day. */
const isWaived = (waiver: VerificationWaived | undefined, day: string): waiver is VerificationWaived =>
  waiver !== undefined && day <= (waiver.until ?? day);

const present = (...events: readonly (DossierEvent | undefined)[]): DossierEvent[] =>
  inOrder([...new Set(events.filter(event => event !== undefined))]);

/** In the order of precedence of STANDINGS. Doubt and renewal concern a residence that was verified once: before, it is unverified. */
function conclude(
  { contract }: State,
  waivers: readonly (VerificationWaived | undefined)[],
  day: string,
): Pick<StandingOn, 'standing' | 'because'> {
  if (contract === undefined) return { standing: 'none', because: [] };
  const { concluded, elsewhere, silence, doubt, due, confirmed, verified: last } = contract;
  const request = contract.request?.event;
  if (elsewhere !== undefined) return { standing: 'elsewhere', because: present(concluded, elsewhere) };
  const waiver = waivers.find(each => isWaived(each, day));
  if (waiver !== undefined) return { standing: 'waived', because: present(concluded, waiver) };
  if (silence !== undefined)
    return {
      standing: 'unverifiable',
      because: present(concluded, last, doubt, silence.request, request, silence.event),
    };
  if (last === undefined) return { standing: 'unverified', because: present(concluded, doubt, request) };
  if (doubt !== undefined) return { standing: 'doubted', because: present(concluded, last, doubt, request) };
  return {
    standing: due === undefined ? 'verified' : 'renewal-due',
    because: present(concluded, last, due?.event, confirmed, request),
  };
}

/**
 * Waivers of the whole service in their order: nothing but waivers and their withdrawals, each of which has something to withdraw.
 * @throws PortabilityError `ERR_DOSSIER_EVENT`
 */
export function checkWaivers(serviceWide: readonly DossierEvent[]): DossierEvent[] {
  if (!Array.isArray(serviceWide)) throw refusal('waivers are a list of events');
  const events = inOrder(serviceWide);
  if (events.some(({ type }) => type !== 'verification-waived' && type !== 'waiver-withdrawn'))
    throw refusal('waivers of the service are waivers and their withdrawals');
  events.reduce<State>((waived, event) => stepWaiver(waived, event)!, {});
  return events;
}

function checkDossier(dossier: Dossier): void {
  if (!Array.isArray(dossier?.events)) throw refusal('a dossier is a list of events');
}

/**
 * The standing on a UTC day, past or future: events up to and with that day, tacit renewals and ends of waivers until then. No count of days
 * abroad exists in it, and no doubt ends access by itself (Art. 2(4), 5(2), 7(1)).
 * @param serviceWide waivers of all right holders that hold for the whole service (Art. 5(4)), and their withdrawals
 * @throws PortabilityError `ERR_DAY` on a day that is none, `ERR_DOSSIER_EVENT` on a history that cannot have happened
 */
export function standingAt(dossier: Dossier, day: string, serviceWide: readonly DossierEvent[] = []): StandingOn {
  if (!isDossierDay(day)) throw new PortabilityError('ERR_DAY', 'a day is written YYYY-MM-DD, from 1970 to 2999');
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
 * The dossier with one more event, in the place of its day. Doubt refuses: a history that cannot have happened is not taken.
 * @throws PortabilityError `ERR_DOSSIER_EVENT`
 */
export function addEvent(dossier: Dossier, event: DossierEvent): Dossier {
  checkDossier(dossier);
  return checked([...dossier.events, event]);
}

/** The dossier without the event at that place (from 0): for one that was noted by mistake. Refused where the rest could not have happened. */
export function removeEvent(dossier: Dossier, index: number): Dossier {
  checkDossier(dossier);
  if (!Number.isInteger(index) || dossier.events[index] === undefined) throw refusal('there is no such event');
  return checked(dossier.events.filter((_, at) => at !== index));
}

/** The first day without a contract, where the dossier says that the last one ended; the dossier's retention ends with it. */
export function contractEnd({ events }: Dossier): string | undefined {
  const last = inOrder(events).findLast(({ type }) => type === 'contract-concluded' || type === 'contract-ended');
  return last?.type === 'contract-ended' ? last.on : undefined;
}

/** Whether a contract is in force on a day. */
export const isInForce = (dossier: Dossier, day: string): boolean => standingAt(dossier, day).standing !== 'none';
