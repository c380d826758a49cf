/** What may somebody at the support desk see and do of one person? Each act is noted in the journal first, with who and why. */
import { type Clock, systemClock } from './clock.ts';
import { dayOf } from './day.ts';
import { type Act, type Acting, readings, residence } from './desk-acts.ts';
import { exercises } from './desk-rights.ts';
import { countOverdue, type Overdue } from './dossiers.ts';
import { PortabilityError } from './errors.ts';
import type { Side } from './evidence/card.ts';
import type { DaysHeld, Personal } from './evidence/holdings.ts';
import { type Errand, note } from './evidence/journal.ts';
import type { Ledger } from './evidence/ledger.ts';
import type { Keyring } from './evidence/pseudonyms.ts';
import type { RequestKind, RequestOutcome, RequestState } from './evidence/requests.ts';
import * as requests from './evidence/requests.ts';
import type { DirectiveChoice, HoldReason, RestrictionGround } from './evidence/rights.ts';
import type { Periods, SubscriberExport } from './export.ts';
import type { Dossier, DossierEvent } from './law/dossier.ts';
import type { StandingOn } from './law/standing.ts';

/** Why a person's data are read or changed, and the operator's own reference to the case. */
export type Why = Pick<Errand, 'reason' | 'reference'>;

export interface DeskOptions {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  /** Name of who sits at the desk; it is kept in the journal. */
  readonly operator: string;
  readonly clock?: Clock;
  /** What is said about times in an export; the defaults of the library unless given. */
  readonly periods?: Periods;
  /** Waivers of all right holders for the whole service (Art. 5(4)). */
  readonly waivers?: readonly DossierEvent[];
}

/** What an agent needs of a person: standing, marks and requests; nothing of where the account was used. */
export interface SubscriberView extends Omit<Personal, 'dossier' | 'journal'> {
  readonly standing: StandingOn;
  readonly dossier: Dossier;
}

/** What came of an erasure. */
export interface Erased {
  readonly cards: number;
  /** `true` where the dossier stays: a contract is in force, and the Regulation asks for its outcomes (Art. 17(3)(b) GDPR). */
  readonly isDossierKept: boolean;
}

/**
 * What a desk can do. Every method takes the subscriber's identifier and why; each rejects with `ERR_ERRAND` where the reason is none of the list,
 * and does nothing that it cannot note.
 */
export interface Desk {
  show(subscriber: string, why: Why): Promise<SubscriberView>;
  /** Days of the account's requests by side. Under a restriction they are set aside: `ERR_RIGHT`. */
  calendar(subscriber: string, why: Why): Promise<DaysHeld>;
  /** The person's own export: everything, restricted or not. Answers open requests for access and portability. */
  export(subscriber: string, why: Why): Promise<SubscriberExport>;
  /** Notes what happened in the verification of residence. */
  record(subscriber: string, why: Why, event: DossierEvent): Promise<StandingOn>;
  /** Takes an event out of the dossier that was noted by mistake, by its place from 0. */
  undo(subscriber: string, why: Why, index: number): Promise<StandingOn>;
  /** Restricts at once; with an objection, its request stays open until it is upheld (`erase`) or rejected (`lift`). */
  restrict(subscriber: string, why: Why, ground: RestrictionGround): Promise<void>;
  /** Ends a restriction; an open objection is answered with the ground of its rejection. */
  lift(subscriber: string, why: Why, rejection?: RequestOutcome): Promise<void>;
  erase(subscriber: string, why: Why, options?: EraseOptions): Promise<Erased>;
  dispute(subscriber: string, why: Why, day: string, side: Side): Promise<void>;
  /** Answers the number of months that are held. */
  hold(subscriber: string, why: Why, ground: HoldReason, review: string): Promise<number>;
  release(subscriber: string, why: Why): Promise<void>;
  direct(subscriber: string, why: Why, choice: DirectiveChoice, designated?: string): Promise<void>;
  revokeDirective(subscriber: string, why: Why): Promise<void>;
  openRequest(subscriber: string, why: Why, kind: RequestKind, received: string): Promise<RequestState>;
  extendRequest(id: string, why: Why): Promise<RequestState>;
  identifyRequest(id: string, why: Why, step: 'asked' | 'established'): Promise<RequestState>;
  answerRequest(id: string, why: Why, outcome: RequestOutcome): Promise<RequestState>;
  /** Requests without the persons in them, the most urgent first. */
  requests(isOpen?: boolean): Promise<RequestState[]>;
  /** Holds whose review day has come, without the persons. */
  holdsDue(): Promise<{ readonly since: string; readonly review: string; readonly why: string }[]>;
  /** Renewals that the provider has not processed, over all subscribers. */
  overdue(): Promise<Overdue>;
}

export interface EraseOptions {
  /** Erases the dossier though a contract is in force: the person then has no standing any more. */
  readonly evenDossier?: boolean;
  /** An objection is upheld: nothing is recorded any more. */
  readonly objectionUpheld?: boolean;
}

function checkSubscriber(subscriber: unknown): void {
  if (typeof subscriber === 'string' && subscriber !== '') return;
  throw new PortabilityError('ERR_ARGUMENT', 'a subscriber is a text that is not empty');
}

/** What one act has at hand: its time is read once. */
function actOf({ ledger, keyring, clock = systemClock, periods = {}, waivers = [] }: DeskOptions): Act {
  const time = clock();
  return { ledger, keyring, time, today: dayOf(time), periods, waivers };
}

/** Requests by their number: whose they are is not known here, so the journal notes the number and no person. */
function requestActs(options: DeskOptions): Pick<Desk, 'extendRequest' | 'identifyRequest' | 'answerRequest'> {
  const { ledger, keyring, operator } = options;
  const noted = async (
    id: string,
    why: Why,
    change: (today: string) => Promise<RequestState>,
  ): Promise<RequestState> => {
    const { time, today } = actOf(options);
    await note(ledger.register, keyring, {
      reference: requests.checkRequestId(id),
      ...why,
      operator,
      action: 'request',
      time,
    });
    return change(today);
  };
  const { register } = ledger;
  return {
    extendRequest: (id, why) => noted(id, why, today => requests.extendRequest(register, id, today)),
    identifyRequest: (id, why, step) => noted(id, why, today => requests.identifyRequest(register, id, step, today)),
    answerRequest: (id, why, outcome) => noted(id, why, today => requests.answerRequest(register, id, outcome, today)),
  };
}

/**
 * Opens a desk on a ledger with its register and a keyring. The same store may be used by gates at the same time.
 * @throws PortabilityError `ERR_ERRAND` where the operator has no name
 */
export function openDesk(options: DeskOptions): Desk {
  const { ledger, keyring, operator } = options;
  const acting: Acting =
    (action, work) =>
    async (subscriber, why, ...args) => {
      checkSubscriber(subscriber);
      const act = actOf(options);
      await note(ledger.register, keyring, { ...why, operator, action, subscriber, time: act.time });
      return work(act, { subscriber, pseudonym: keyring.registerPseudonym(subscriber), why }, ...args);
    };
  return {
    ...readings(acting),
    ...residence(acting),
    ...exercises(acting),
    ...requestActs(options),
    openRequest: acting('request', ({ today }, { pseudonym }, kind: RequestKind, received: string) =>
      requests.openRequest(ledger.register, pseudonym, kind, received, today),
    ),
    requests: isOpen => requests.listRequests(ledger.register, isOpen),
    holdsDue: async () => {
      const { today } = actOf(options);
      const holds = await ledger.register.read('holds');
      return holds.filter(({ review }) => review <= today).map(({ since, review, why }) => ({ since, review, why }));
    },
    overdue: () => countOverdue(ledger, actOf(options).today),
  };
}
