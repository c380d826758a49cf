/**
 * Defines the operations of the support desk on one person; each is entered in the journal before
 * it runs.
 */
import type { Clock } from '../clock.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Dossier, DossierEvent } from '../law/dossier.ts';
import type { StandingOn } from '../law/standing.ts';
import type { Side } from '../ledger/card.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Overdue } from '../subjects/dossier-store.ts';
import type { ExceptionReason } from '../subjects/exceptions.ts';
import type { Errand } from '../subjects/journal.ts';
import type { RequestKind, RequestOutcome, RequestState } from '../subjects/requests.ts';
import type { DirectiveChoice, HoldReason, RestrictionGround } from '../subjects/rights.ts';
import type { DaysHeld, Personal } from '../subjects/subject-data.ts';
import type { Periods, SubscriberExport } from './export.ts';

/** Why a person's data are read or changed, and the operator's own reference to the case. */
export type Why = Pick<Errand, 'reason' | 'reference'>;

/** On which store, in whose name, and by which clock. */
export interface DeskOptions {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  /** Name of who sits at the desk; it is kept in the journal. */
  readonly operator: string;
  readonly clock?: Clock | undefined;
  /** What is said about times in an export; the defaults of the library unless given. */
  readonly periods?: Periods | undefined;
  /** Waivers of all right holders for the whole service (Art. 5(4)). */
  readonly waivers?: readonly DossierEvent[] | undefined;
}

/** What an agent needs of a person: standing, marks and requests; nothing of where the account was used. */
export interface SubscriberView extends Omit<Personal, 'dossier' | 'journal'> {
  readonly standing: StandingOn;
  readonly dossier: Dossier;
}

/** Days of the account's requests; single accesses and held copies are for the person's own export. */
export type Calendar = Pick<DaysHeld, 'months' | 'readable' | 'destroyed'>;

/** Whether anything was held of the subscriber before: an identifier of which nothing is held may have been mistyped. */
export interface KnownSubscriber {
  readonly isKnown: boolean;
}

/** What came of an erasure. */
export interface Erased extends KnownSubscriber {
  readonly cards: number;
  /** `true` where the dossier stays: a contract is in force, and the Regulation asks for its outcomes (Art. 17(3)(b) GDPR). */
  readonly isDossierKept: boolean;
}

/**
 * What a desk can do. What concerns one person takes their identifier, or the number of their request, and why: it rejects with `ERR_ERRAND` where the
 * reason is none of the list, and does nothing that it cannot note.
 */
export interface Desk {
  /** What an agent needs at the telephone: dossier, marks, requests. Noted in the journal first. */
  show(subscriber: string, why: Why): Promise<SubscriberView>;
  /** Days of the account's requests by side. Under a restriction they are set aside: `ERR_RIGHT`. */
  calendar(subscriber: string, why: Why): Promise<Calendar>;
  /**
   * The person's own export: everything, restricted or not. For a request of access or portability it answers what is open, once `deliver` has
   * resolved: an export that could not be written is no answer.
   */
  export(subscriber: string, why: Why, deliver?: (file: SubscriberExport) => Promise<void>): Promise<SubscriberExport>;
  /** Notes what happened in the verification of residence. */
  record(subscriber: string, why: Why, event: DossierEvent): Promise<StandingOn>;
  /** Takes an event out of the dossier that was noted by mistake, by its place from 0. */
  undo(
    subscriber: string,
    why: Why,
    index: number,
  ): Promise<{ readonly removed: DossierEvent; readonly standing: StandingOn }>;
  /** Restricts at once; with an objection, its request stays open until it is upheld (`erase`) or rejected (`lift`). */
  restrict(subscriber: string, why: Why, ground: RestrictionGround): Promise<KnownSubscriber>;
  /** Ends a restriction; an open objection is answered with the ground of its rejection, and a restriction beside it stays. */
  lift(subscriber: string, why: Why, rejection?: RequestOutcome): Promise<void>;
  /** Erases what is held of the person (Art. 17 GDPR); the dossier stays while a contract is in force, unless told otherwise. */
  erase(subscriber: string, why: Why, options?: EraseOptions): Promise<Erased>;
  /** Clears a day of one side that was shown to be wrong; `ERR_RIGHT` where there is no such mark. */
  dispute(subscriber: string, why: Why, day: string, side: Side): Promise<void>;
  /** Copies what there is today under the hold key, beyond its time (Art. 17(3)(e) GDPR). */
  hold(
    subscriber: string,
    why: Why,
    ground: HoldReason,
    review: string,
  ): Promise<KnownSubscriber & { readonly months: number }>;
  /** Ends a hold. */
  release(subscriber: string, why: Why): Promise<void>;
  /** Notes a directive for after death (Loi Informatique et Libertés, Art. 85). */
  direct(subscriber: string, why: Why, choice: DirectiveChoice, designated?: string): Promise<void>;
  /** Revokes the directive, as the person may at any time. */
  revokeDirective(subscriber: string, why: Why): Promise<void>;
  /**
   * Grants access where the place can not be established, up to and with a UTC day, 31 days from today at most. Gates see it once they read the
   * subscriber's standing anew. It cures nothing else: not a place outside the EEA, not a residence elsewhere or unverifiable, not a missing contract.
   */
  except(subscriber: string, why: Why, ground: ExceptionReason, until: string): Promise<KnownSubscriber>;
  /** Ends an exception before its last day. */
  revokeException(subscriber: string, why: Why): Promise<void>;
  /** Notes a request by which a person exercises a right, from the day of its receipt. */
  openRequest(subscriber: string, why: Why, kind: RequestKind, received: string): Promise<RequestState>;
  /** Says the extension by two months, once, within the first month (Art. 12(3) GDPR). */
  extendRequest(id: string, why: Why): Promise<RequestState>;
  /** Notes that the identity was asked for, or established (Art. 12(6) GDPR). */
  identifyRequest(id: string, why: Why, step: 'asked' | 'established'): Promise<RequestState>;
  /** Closes a request with its outcome. */
  answerRequest(id: string, why: Why, outcome: RequestOutcome): Promise<RequestState>;
  /** Requests without the persons in them, the most urgent first. */
  requests(isOpen?: boolean): Promise<RequestState[]>;
  /** Holds whose review day has come, without the persons. */
  holdsDue(): Promise<{ readonly since: string; readonly review: string; readonly why: string }[]>;
  /** Renewals that the provider has not processed, over all subscribers. */
  overdue(): Promise<Overdue>;
}

/** What an erasure takes with it. */
export interface EraseOptions {
  /** Erases the dossier though a contract is in force: the person then has no standing any more. */
  readonly evenDossier?: boolean | undefined;
  /** An objection is upheld: nothing is recorded any more. */
  readonly objectionUpheld?: boolean | undefined;
}
