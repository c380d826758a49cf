/**
 * Replays the events of a dossier, with tacit renewals in between, and rejects a history that
 * cannot have happened.
 */

import { addMonths } from '../days.ts';
import { portabilityError } from '../errors.ts';
import * as LAW from '../messages/law.ts';
import {
  type ContractConcluded,
  type Dossier,
  type DossierEvent,
  type DossierEventType,
  inOrder,
  type ResidenceVerified,
  type VerificationWaived,
} from './dossier.ts';
import { checkMeans } from './residence.ts';

/** The state of a contract after the events so far. */
export interface ContractState {
  readonly concluded: ContractConcluded;
  /** The day from which terms are counted, and how many terms have passed. */
  readonly termsFrom: string;
  readonly terms: number;
  readonly verified?: ResidenceVerified;
  /** A later verification by (k) alone, which settled a doubt. */
  readonly confirmed?: ResidenceVerified;
  readonly elsewhere?: ResidenceVerified;
  /**
   * Renewals whose verification is due: the day of the first, their number, and the event of the
   * last, if it has one.
   */
  readonly due?: {
    readonly since: string;
    readonly renewals: number;
    readonly event: DossierEvent | undefined;
  };
  /** Whether the next renewal is already verified. */
  readonly isNextCovered?: boolean;
  readonly doubt?: DossierEvent;
  readonly request?: Request;
  readonly silence?: Silence;
}

/** A request for information. */
interface Request {
  readonly event: DossierEvent & { readonly answerBy: string };
  /** Whether the request was made while a doubt stood. If so, it ends with the doubt. */
  readonly isOnDoubt: boolean;
  /** Whether the day for the answer has passed without an answer. */
  readonly isSilent?: boolean;
}

/**
 * The missing answer that made residence unverifiable, and the request to which it belongs.
 * INVARIANT (silence-needs-a-reason): it stands only while there is something to verify: no
 * residence, a doubt, or a renewal. Without such a cause the subscriber owes no answer, and a later
 * cause needs a new request (Art. 5(2), 5(3)).
 */
interface Silence {
  readonly event: DossierEvent;
  readonly request: DossierEvent;
  readonly isOnDoubt: boolean;
}

export interface State {
  readonly contract?: ContractState | undefined;
  readonly waiver?: VerificationWaived;
}

const without = <T extends object, K extends keyof T>(
  value: T,
  ...keys: readonly K[]
): Omit<T, K> =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key as K))) as Omit<
    T,
    K
  >;

function renew(contract: ContractState, day: string, event?: DossierEvent): ContractState {
  if (contract.isNextCovered === true) return without(contract, 'isNextCovered');
  const { since, renewals } = contract.due ?? { since: day, renewals: 0 };
  return { ...contract, due: { since, renewals: renewals + 1, event } };
}

/**
 * Returns the day on which a contract renews automatically; `undefined` if it does not.
 * @param count 1 for the next renewal, 2 for the one after it
 */
export function nextRenewal(
  { concluded, termsFrom, terms }: ContractState,
  count = 1,
): string | undefined {
  const every = concluded.renewsEvery;
  return every === undefined ? undefined : addMonths(termsFrom, (terms + count) * every);
}

/** Applies the tacit renewals of all terms that end on or before a day. */
function passTerms(state: State, day: string): State {
  if (state.contract === undefined) return state;
  for (let contract = state.contract; ; ) {
    const next = nextRenewal(contract);
    if (next === undefined || next > day) return { ...state, contract };
    contract = { ...renew(contract, next), terms: contract.terms + 1 };
  }
}

/**
 * Whether a verification can also count for a renewal: (k) alone settles a doubt, never a renewal.
 */
const countsForRenewal = ({ means, ...options }: ResidenceVerified): boolean =>
  checkMeans(means, { ...options, occasion: 'renewal' }).valid;

/**
 * Removes a doubt, and with it the request that was made because of it. The silence on any other
 * request is removed only if no renewal is due.
 */
function settleDoubt(contract: ContractState): ContractState {
  const { doubt: _, request, silence, ...rest } = contract;
  if (contract.verified === undefined) return without(contract, 'doubt');
  return {
    ...rest,
    ...(request?.isOnDoubt === false && { request }),
    ...(silence?.isOnDoubt === false && contract.due !== undefined && { silence }),
  };
}

/**
 * Records a missing answer. A silence that is independent of the doubt is not replaced by a later
 * one that belongs to the doubt.
 */
function fallSilent(contract: ContractState, event: DossierEvent): ContractState {
  const request = { ...contract.request!, isSilent: true };
  const isVerifiable =
    contract.verified === undefined || contract.doubt !== undefined || contract.due !== undefined;
  if (!isVerifiable || contract.silence?.isOnDoubt === false) return { ...contract, request };
  return {
    ...contract,
    request,
    silence: { event, request: request.event, isOnDoubt: request.isOnDoubt },
  };
}

function verifiedHome(contract: ContractState, event: ResidenceVerified): ContractState {
  if (!countsForRenewal(event))
    return contract.verified === undefined
      ? contract
      : { ...settleDoubt(contract), confirmed: event };
  const isAhead = event.occasion === 'renewal' && contract.due === undefined;
  const settled = without(contract, 'elsewhere', 'confirmed', 'due', 'doubt', 'silence', 'request');
  return { ...settled, verified: event, ...(isAhead && { isNextCovered: true }) };
}

function verified(contract: ContractState, event: ResidenceVerified): ContractState {
  if (event.occasion === 'doubt' && contract.doubt === undefined)
    throw portabilityError(LAW.verificationWithoutDoubt);
  if (event.outcome === 'home') return verifiedHome(contract, event);
  return {
    ...without(contract, 'verified', 'isNextCovered', 'due', 'doubt', 'silence', 'request'),
    elsewhere: event,
  };
}

type StepOf<Type extends DossierEventType> = (
  contract: ContractState,
  event: Extract<DossierEvent, { type: Type }>,
) => ContractState | undefined;

/** The effect of each event on a contract in force. */
const STEPS: {
  readonly [Type in Exclude<
    DossierEventType,
    'verification-waived' | 'waiver-withdrawn'
  >]: StepOf<Type>;
} = {
  'contract-concluded': () => {
    throw portabilityError(LAW.contractInForce);
  },
  'contract-renewed': (contract, event) => {
    // A term that began on this day, automatically, by agreement or with the contract, is not
    // renewed again.
    const begun = addMonths(
      contract.termsFrom,
      contract.terms * (contract.concluded.renewsEvery ?? 0),
    );
    const isKnown = begun === event.on;
    return {
      ...(isKnown ? contract : renew(contract, event.on, event)),
      termsFrom: event.on,
      terms: 0,
    };
  },
  'contract-ended': () => undefined,
  'residence-verified': verified,
  'doubt-raised': (contract, event) => ({ ...contract, doubt: event }),
  'doubt-dropped': contract => {
    if (contract.doubt === undefined) throw portabilityError(LAW.doubtMissing);
    return settleDoubt(contract);
  },
  'information-requested': (contract, event) => ({
    ...contract,
    request: { event, isOnDoubt: contract.doubt !== undefined },
  }),
  'information-answered': contract => {
    if (contract.request === undefined) throw portabilityError(LAW.informationNotRequested);
    return without(contract, 'request', 'silence');
  },
  'information-not-answered': (contract, event) => {
    if (contract.request === undefined) throw portabilityError(LAW.informationNotRequested);
    if (event.on <= contract.request.event.answerBy) throw portabilityError(LAW.answerStillDue);
    return event.heldDataProveResidence
      ? without(contract, 'request', 'silence')
      : fallSilent(contract, event);
  },
};

/**
 * Applies an event on a waiver. Waivers concern the service, not the contract: they exist before it
 * and after it.
 */
export function stepWaiver(state: State, event: DossierEvent): State | undefined {
  if (event.type === 'verification-waived') return { ...state, waiver: event };
  if (event.type !== 'waiver-withdrawn') return undefined;
  if (state.waiver === undefined) throw portabilityError(LAW.waiverMissing);
  return without(state, 'waiver');
}

function step(state: State, event: DossierEvent): State {
  const waived = stepWaiver(state, event);
  if (waived !== undefined) return waived;
  if (state.contract === undefined) {
    if (event.type !== 'contract-concluded') throw portabilityError(LAW.contractMissing);
    return { ...state, contract: { concluded: event, termsFrom: event.on, terms: 0 } };
  }
  const change = STEPS[event.type as keyof typeof STEPS] as (
    of: ContractState,
    by: DossierEvent,
  ) => ContractState | undefined;
  return { ...state, contract: change(state.contract, event) };
}

const run = (events: readonly DossierEvent[]): State =>
  events.reduce<State>((state, event) => step(passTerms(state, event.on), event), {});

/** Returns the state after the events up to and including a day. */
export const replay = (events: readonly DossierEvent[], day: string): State =>
  passTerms(run(inOrder(events).filter(event => event.on <= day)), day);

/** Returns the events as an ordered dossier. Throws if an event cannot have happened on its day. */
export function checkHistory(events: readonly DossierEvent[]): Dossier {
  const ordered = inOrder(events);
  run(ordered);
  return { events: ordered };
}
