/** What is a subscriber's residence standing on a day? The dossier, replayed up to that day, past or future (Art. 5). */
import { addMonths } from '../day.ts';
import { PortabilityError } from '../errors.ts';
import {
  type ContractConcluded,
  type Dossier,
  type DossierEvent,
  type DossierEventType,
  inOrder,
  isDossierDay,
  type ResidenceVerified,
  refusal,
  type VerificationWaived,
} from './dossier.ts';
import { checkMeans } from './residence.ts';
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

/** What has come of a contract so far. */
interface ContractState {
  readonly concluded: ContractConcluded;
  /** From which day terms are counted, and how many of them have passed. */
  readonly termsFrom: string;
  readonly terms: number;
  readonly verified?: ResidenceVerified;
  /** A verification by (k) alone that settled a doubt since. */
  readonly confirmed?: ResidenceVerified;
  readonly elsewhere?: ResidenceVerified;
  /** Renewals whose verification is due: the day of the first, how many, and the last one's event where it had one. */
  readonly due?: { readonly since: string; readonly renewals: number; readonly event: DossierEvent | undefined };
  /** Whether the next renewal has its verification already. */
  readonly isNextCovered?: boolean;
  readonly doubt?: DossierEvent;
  readonly request?: DossierEvent & { readonly answerBy: string };
  /** The silence that made residence unverifiable. */
  readonly silence?: DossierEvent;
}

interface State {
  readonly contract?: ContractState;
  readonly waiver?: VerificationWaived;
}

const without = <T extends object, K extends keyof T>(value: T, ...keys: readonly K[]): Omit<T, K> =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key as K))) as Omit<T, K>;

function renew(contract: ContractState, day: string, event?: DossierEvent): ContractState {
  if (contract.isNextCovered === true) return without(contract, 'isNextCovered');
  const { since, renewals } = contract.due ?? { since: day, renewals: 0 };
  return { ...contract, due: { since, renewals: renewals + 1, event } };
}

/** Lets the terms pass that end up to and with a day: tacit renewal. */
function passTerms(state: State, day: string): State {
  let { contract } = state;
  const every = contract?.concluded.renewsEvery;
  if (contract === undefined || every === undefined) return state;
  for (;;) {
    const next = addMonths(contract.termsFrom, (contract.terms + 1) * every);
    if (next > day) return { ...state, contract };
    contract = { ...renew(contract, next), terms: contract.terms + 1 };
  }
}

/** Whether a verification may stand for a renewal too: (k) alone settles a doubt, never a renewal. */
const countsForRenewal = ({ means, postalAddressRegistered = false }: ResidenceVerified): boolean =>
  checkMeans(means, { occasion: 'renewal', postalAddressRegistered }).valid;

/** A doubt goes; and what was asked for goes with it, unless it was asked for on a renewal or because nothing was verified yet. */
const settleDoubt = (contract: ContractState): ContractState =>
  contract.verified !== undefined && contract.due === undefined
    ? without(contract, 'doubt', 'request', 'silence')
    : without(contract, 'doubt');

function verifiedHome(contract: ContractState, event: ResidenceVerified): ContractState {
  if (!countsForRenewal(event))
    return contract.verified === undefined ? contract : { ...settleDoubt(contract), confirmed: event };
  const isAhead = event.occasion === 'renewal' && contract.due === undefined;
  const settled = without(contract, 'elsewhere', 'confirmed', 'due', 'doubt', 'silence', 'request');
  return { ...settled, verified: event, ...(isAhead && { isNextCovered: true }) };
}

function verified(contract: ContractState, event: ResidenceVerified): ContractState {
  if (event.occasion === 'doubt' && contract.doubt === undefined)
    throw refusal('a verification on doubts needs a doubt that was raised before (Art. 5(2))');
  if (event.outcome === 'home') return verifiedHome(contract, event);
  return { ...without(contract, 'verified', 'isNextCovered', 'due', 'doubt', 'silence', 'request'), elsewhere: event };
}

type StepOf<Type extends DossierEventType> = (
  contract: ContractState,
  event: Extract<DossierEvent, { type: Type }>,
) => ContractState | undefined;

/** What each event makes of a contract in force. */
const STEPS: {
  readonly [Type in Exclude<DossierEventType, 'verification-waived' | 'waiver-withdrawn'>]: StepOf<Type>;
} = {
  'contract-concluded': () => {
    throw refusal('a contract is in force already: it ends before another is concluded');
  },
  'contract-renewed': (contract, event) => {
    const isKnown =
      contract.terms > 0 &&
      addMonths(contract.termsFrom, contract.terms * contract.concluded.renewsEvery!) === event.on;
    return { ...(isKnown ? contract : renew(contract, event.on, event)), termsFrom: event.on, terms: 0 };
  },
  'contract-ended': () => undefined,
  'residence-verified': verified,
  'doubt-raised': (contract, event) => ({ ...contract, doubt: event }),
  'doubt-dropped': contract => {
    if (contract.doubt === undefined) throw refusal('there is no doubt to drop');
    return settleDoubt(contract);
  },
  'information-requested': (contract, event) => ({ ...contract, request: event }),
  'information-answered': contract => {
    if (contract.request === undefined) throw refusal('no information was requested');
    return without(contract, 'request', 'silence');
  },
  'information-not-answered': (contract, event) => {
    if (contract.request === undefined) throw refusal('no information was requested');
    if (event.on <= contract.request.answerBy) throw refusal('the day for the answer has not passed');
    return event.heldDataProveResidence ? without(contract, 'request', 'silence') : { ...contract, silence: event };
  },
};

/** Waivers concern the service, not the contract: they are there before it and after it. */
function stepWaiver(state: State, event: DossierEvent): State | undefined {
  if (event.type === 'verification-waived') return { ...state, waiver: event };
  if (event.type !== 'waiver-withdrawn') return undefined;
  if (state.waiver === undefined) throw refusal('there is no waiver to withdraw');
  return without(state, 'waiver');
}

function step(state: State, event: DossierEvent): State {
  const waived = stepWaiver(state, event);
  if (waived !== undefined) return waived;
  if (state.contract === undefined) {
    if (event.type !== 'contract-concluded') throw refusal('no contract is in force on that day (Art. 2(1))');
    return { ...state, contract: { concluded: event, termsFrom: event.on, terms: 0 } };
  }
  const change = STEPS[event.type as keyof typeof STEPS] as (
    of: ContractState,
    by: DossierEvent,
  ) => ContractState | undefined;
  const contract = change(state.contract, event);
  return contract === undefined ? without(state, 'contract') : { ...state, contract };
}

function replay(events: readonly DossierEvent[], day: string): State {
  const past = inOrder(events).filter(event => event.on <= day);
  return passTerms(
    past.reduce<State>((state, event) => step(passTerms(state, event.on), event), {}),
    day,
  );
}

const present = (...events: readonly (DossierEvent | undefined)[]): DossierEvent[] =>
  inOrder(events.filter(event => event !== undefined));

/** In the order of precedence of STANDINGS. Doubt and renewal concern a residence that was verified once: before, it is unverified. */
function conclude({ contract, waiver }: State, day: string): Pick<StandingOn, 'standing' | 'because'> {
  if (contract === undefined) return { standing: 'none', because: [] };
  const { concluded, elsewhere, silence, request, doubt, due, confirmed, verified: last } = contract;
  if (elsewhere !== undefined) return { standing: 'elsewhere', because: present(concluded, elsewhere) };
  if (waiver !== undefined && day <= (waiver.until ?? day))
    return { standing: 'waived', because: present(concluded, waiver) };
  if (silence !== undefined)
    return { standing: 'unverifiable', because: present(concluded, last, doubt, request, silence) };
  if (last === undefined) return { standing: 'unverified', because: present(concluded, doubt, request) };
  if (doubt !== undefined) return { standing: 'doubted', because: present(concluded, last, doubt, request) };
  return {
    standing: due === undefined ? 'verified' : 'renewal-due',
    because: present(concluded, last, due?.event, confirmed, request),
  };
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
  const state = replay([...serviceWide, ...dossier.events], day);
  const { contract } = state;
  const overdue = contract?.verified === undefined ? undefined : contract.due;
  return {
    day,
    ...conclude(state, day),
    ...(overdue !== undefined && { overdue: { since: overdue.since, renewals: overdue.renewals } }),
    ...(contract?.request !== undefined && contract.silence === undefined && { answerBy: contract.request.answerBy }),
  };
}

/**
 * The dossier with one more event, in the place of its day. Doubt refuses: a history that cannot have happened is not taken.
 * @throws PortabilityError `ERR_DOSSIER_EVENT`
 */
export function addEvent(dossier: Dossier, event: DossierEvent): Dossier {
  checkDossier(dossier);
  return checked(inOrder([...dossier.events, event]));
}

/** The dossier without the event at that place (from 0): for one that was noted by mistake. Refused where the rest could not have happened. */
export function removeEvent(dossier: Dossier, index: number): Dossier {
  checkDossier(dossier);
  if (!Number.isInteger(index) || dossier.events[index] === undefined) throw refusal('there is no such event');
  return checked(inOrder(dossier.events.filter((_, at) => at !== index)));
}

/** Throws where some event could not have happened when it did. */
function checked(events: readonly DossierEvent[]): Dossier {
  let state: State = {};
  for (const event of events) state = step(passTerms(state, event.on), event);
  return { events };
}

/** The first day without a contract, where the dossier says that the last one ended; the dossier's retention ends with it. */
export function contractEnd({ events }: Dossier): string | undefined {
  const last = inOrder(events).findLast(({ type }) => type === 'contract-concluded' || type === 'contract-ended');
  return last?.type === 'contract-ended' ? last.on : undefined;
}

/** Whether a contract is in force on a day. */
export const isInForce = (dossier: Dossier, day: string): boolean => standingAt(dossier, day).standing !== 'none';
