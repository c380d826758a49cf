/**
 * Defines the operations of the support desk on one person; each is entered in the journal before
 * it runs.
 */
import { createHash } from 'node:crypto';
import { type Clock, systemClock } from '../clock.ts';
import { checkedElsewhere, checkSchema, fields, list, optional, word } from '../config-schema.ts';
import { dayOf } from '../days.ts';
import { PortabilityError, portabilityError } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Dossier, DossierEvent } from '../law/dossier.ts';
import type { StandingOn } from '../law/standing.ts';
import type { Side } from '../ledger/card.ts';
import type { Ledger } from '../ledger/ledger.ts';
import * as DESK from '../messages/desk.ts';
import * as SUBJECTS from '../messages/subjects.ts';
import { parseNotice } from '../recording/disclosed-fields.ts';
import { OCS_NOTICE, type PrivacyNotice } from '../recording/privacy-notice.ts';
import type { PastView } from '../subjects/as-it-stood.ts';
import { listOverdue, type Overdue } from '../subjects/dossier-store.ts';
import type { ExceptionReason } from '../subjects/exceptions.ts';
import {
  appendEntry,
  checkAccess,
  checkNoIdentifier,
  type DeskAccess,
  type JournalEntry,
  type JournalFilter,
  type JournalItem,
  listJournal,
} from '../subjects/journal.ts';
import { requireKeyring } from '../subjects/keyring-check.ts';
import { checkRecordNumber, recordNumber } from '../subjects/record-number.ts';
import type { RequestKind, RequestOutcome, RequestState } from '../subjects/requests.ts';
import * as requests from '../subjects/requests.ts';
import { restoreErasures } from '../subjects/restore-erasures.ts';
import { destroyAgain } from '../subjects/retention.ts';
import {
  listPending,
  type PendingOperation,
  proposalNumber,
  SECOND_AGENT_OPERATIONS,
  type SecondAgentOperation,
} from '../subjects/second-agent.ts';
import { type DaysHeld, readSubjectData, type SubjectData } from '../subjects/subject-data.ts';
import type { Periods, SubscriberExport } from './export.ts';
import {
  type ImportOptions,
  type ImportResult,
  type ImportSource,
  importDossiers,
} from './import.ts';
import {
  type DeskContext,
  type Journaled,
  readActions,
  residenceActions,
  type Subject,
} from './journaled-operations.ts';
import type { DirectiveChoice, HoldReason, RestrictionReason } from './rights.ts';
import { exceptionActions, rightActions } from './rights.ts';

/** Reason for an access to a person's data, and what it belongs to. */
export interface DeskReason extends Pick<DeskAccess, 'reason'> {
  /**
   * The agent's own reference to the case or to the person's file: up to 40 letters, digits, `-`,
   * `_` and `/`; never the subscriber's identifier. It is kept in the journal and, by operations
   * that open a request, put a hold or change the dossier, with that record, so that a line of a
   * work list leads to the person's file. An erasure empties it in the records, not in the journal.
   */
  readonly reference?: string | undefined;
  /**
   * The number of the line of a work list that the operation works off. The operation is refused
   * (`ERR_REQUEST`) if no record of the subscriber has this number.
   */
  readonly number?: string | undefined;
}

/** A legal hold whose review day has come, without its person. */
export interface HoldDue {
  /** Number of the hold, to be given as `number` with `release` or `hold`. */
  readonly number: string;
  /** The agent's own reference to the case, or empty. */
  readonly reference: string;
  readonly since: string;
  readonly review: string;
  readonly reason: string;
}

/** The store, the agent and the clock of a desk. */
export interface DeskOptions {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  /** Name of the agent at the desk; it is kept in the journal. */
  readonly agent: string;
  readonly clock?: Clock | undefined;
  /** Retention periods that an export states; default: the defaults of the library. */
  readonly periods?: Periods | undefined;
  /** The operator's privacy notice, which an export quotes; default: the notice of OCS, 2021. */
  readonly notice?: PrivacyNotice | undefined;
  /** Waivers of all right holders for the whole service (Art. 5(4)); default: none. */
  readonly waivers?: readonly DossierEvent[] | undefined;
  /**
   * Operations that one agent proposes and another one must confirm by the same call, within seven
   * days: `erase`, `release`; default: none. Names that differ in case, accents, spaces or signs
   * only are one agent. The library does not authenticate names, and the ledger does not keep this
   * option: every desk on the ledger must be opened with it.
   */
  readonly secondAgent?: readonly SecondAgentOperation[] | undefined;
}

const OPTIONS = fields({
  ledger: checkedElsewhere(),
  keyring: checkedElsewhere(),
  agent: checkedElsewhere(),
  clock: checkedElsewhere(),
  periods: checkedElsewhere(),
  notice: checkedElsewhere(),
  waivers: checkedElsewhere(),
  secondAgent: optional(list(word(SECOND_AGENT_OPERATIONS))),
});

/**
 * What an agent needs to know about a person: standing, dossier, restriction, hold, directive,
 * exception and requests. It does not say where the account was used.
 */
export interface SubscriberView
  extends Omit<SubjectData, 'dossier' | 'heldDossier' | 'journal' | 'proposals'> {
  readonly standing: StandingOn;
  readonly dossier: Dossier;
  /** The agent's own reference that is kept with the dossier, or empty. */
  readonly reference: string;
  /** Number of months of which a legal hold keeps a copy of the days. */
  readonly heldMonths: number;
  /** Number of dossier events of which a legal hold keeps a copy. */
  readonly heldEvents: number;
  /** Operations that wait for a second agent. */
  readonly pending: readonly PendingOperation[];
  /** The numbers under which work lists show the dossier and the legal hold. */
  readonly numbers: { readonly dossier: string; readonly hold: string };
  /** For an earlier moment: what may have been otherwise then. */
  readonly past?: PastView | undefined;
}

/** The moment for which a person's records are shown. */
export interface ShowMoment {
  /** Milliseconds since 1970, not after now. Default: now. */
  readonly at?: number | undefined;
}

/**
 * Days of the account's requests. Single accesses and copies under a legal hold appear only in the
 * person's own export.
 */
export type Calendar = Pick<DaysHeld, 'months' | 'readable' | 'destroyed'>;

/**
 * Whether anything was held about the subscriber before the operation. If nothing was held, the
 * identifier may have been mistyped.
 */
export interface KnownSubscriber {
  readonly isKnown: boolean;
}

/** What is held about a person, in numbers. */
export interface Extent {
  /** Monthly cards that an erasure would remove, segregated ones among them. */
  readonly cards: number;
  /** Months of which a legal hold keeps a copy. */
  readonly heldMonths: number;
}

/** The result of an erasure. */
export interface Erased extends KnownSubscriber {
  readonly cards: number;
  /**
   * `true` if the dossier is kept: a contract is in force, and the Regulation requires its outcomes
   * (Art. 17(3)(b) GDPR).
   */
  readonly isDossierKept: boolean;
  readonly pending?: undefined;
}

/** The result of an operation that was proposed to a second agent: nothing was done yet. */
export interface Proposed extends KnownSubscriber {
  readonly pending: PendingOperation;
  readonly cards?: undefined;
  readonly isDossierKept?: undefined;
}

/**
 * The result of a release. `pending` is there if it waits for a second agent, and nothing was done.
 */
export interface Released {
  readonly pending?: PendingOperation | undefined;
}

/**
 * The operations of a desk. An operation on one person takes the subscriber's identifier, or the
 * number of a request, and a reason. It is entered in the journal first and does nothing if that
 * fails. It rejects with `ERR_ACCESS_REASON` if the reason is invalid.
 */
export interface Desk {
  /**
   * Returns what an agent needs at the telephone: dossier, standing, restriction, hold, directive,
   * exception and requests. For an earlier moment, standing, dossier and exception are those of
   * that day (UTC), by the events that counted on it, and `past` says what was changed since:
   * an event may have been recorded later than the day from which it counts. All else is of now.
   * @throws PortabilityError `ERR_DAY` if the moment is not before now
   */
  show(subscriber: string, access: DeskReason, moment?: ShowMoment): Promise<SubscriberView>;
  /**
   * Returns the days of the account's requests by side.
   * @throws PortabilityError `ERR_RIGHT` under a restriction, which segregates the days
   */
  calendar(subscriber: string, access: DeskReason): Promise<Calendar>;
  /**
   * Returns the person's own export: everything, restricted or not. With the reason
   * `access-request` or `portability-request`, it answers the person's open requests of that kind
   * once `deliver` has resolved: an export that could not be written answers no request.
   * @throws PortabilityError `ERR_RIGHT` under a restriction with any other reason
   */
  export(
    subscriber: string,
    access: DeskReason,
    deliver?: (file: SubscriberExport) => Promise<void>,
  ): Promise<SubscriberExport>;
  /**
   * Records an event of the verification of residence. A reference is kept with the dossier until
   * another one is given.
   */
  record(subscriber: string, access: DeskReason, event: DossierEvent): Promise<StandingOn>;
  /** Removes an event that was recorded by mistake, by its index in the dossier, from 0. */
  undo(
    subscriber: string,
    access: DeskReason,
    index: number,
  ): Promise<{ readonly removed: DossierEvent; readonly standing: StandingOn }>;
  /**
   * Adds the events of many subscribers to their dossiers, with one journal entry for all: the
   * number of subscribers and a digest of the source. Everything is checked before anything is
   * written. Events that a dossier has already are skipped, so an import that broke off is
   * repeated. Memory hardly grows with the source.
   * @throws PortabilityError `ERR_IMPORT` if rows are rejected, unless `skipRejected` is set;
   * nothing is written then
   */
  importDossiers(
    access: DeskReason,
    source: ImportSource,
    options?: ImportOptions,
  ): Promise<ImportResult>;
  /**
   * Restricts the processing at once. For an objection, the request stays open until the objection
   * is upheld (`erase`) or rejected (`lift`).
   */
  restrict(
    subscriber: string,
    access: DeskReason,
    reason: RestrictionReason,
  ): Promise<KnownSubscriber>;
  /**
   * Ends a restriction. An open objection is answered with the reason for its rejection, and a
   * restriction at the person's request is kept.
   * @throws PortabilityError `ERR_RIGHT` if there is no restriction, or if `rejection` is missing
   * or not allowed for the objection
   */
  lift(subscriber: string, access: DeskReason, rejection?: RequestOutcome): Promise<void>;
  /**
   * Erases what is held about the person (Art. 17 GDPR). By default, the dossier is kept while a
   * contract is in force. With `secondAgent: ['erase']`, the call is a proposal (`pending`) unless
   * another agent has proposed the same with the same options.
   * @throws PortabilityError `ERR_RIGHT_HELD` under a legal hold
   */
  erase(subscriber: string, access: DeskReason, options?: EraseOptions): Promise<Erased | Proposed>;
  /**
   * Clears a day of one side that was shown to be wrong.
   * @param day UTC day, not after today
   * @throws PortabilityError `ERR_RIGHT` if that day and side have no bit
   */
  dispute(subscriber: string, access: DeskReason, day: string, side: Side): Promise<void>;
  /**
   * Copies today's data under the hold key and keeps the copies beyond retention (Art. 17(3)(e)
   * GDPR). A hold that is put again keeps its reference unless another one is given.
   * @param review UTC day, after today
   */
  hold(
    subscriber: string,
    access: DeskReason,
    reason: HoldReason,
    review: string,
  ): Promise<KnownSubscriber & { readonly months: number }>;
  /**
   * Ends a hold. With `secondAgent: ['release']`, the call is a proposal (`pending`) unless another
   * agent has proposed it since the hold was put.
   * @throws PortabilityError `ERR_RIGHT` if there is none
   */
  release(subscriber: string, access: DeskReason): Promise<Released>;
  /** Records a directive for after death (Loi Informatique et Libertés, Art. 85). */
  direct(
    subscriber: string,
    access: DeskReason,
    choice: DirectiveChoice,
    designated?: string,
  ): Promise<void>;
  /**
   * Revokes the directive, which the person may do at any time.
   * @throws PortabilityError `ERR_RIGHT` if there is none
   */
  revokeDirective(subscriber: string, access: DeskReason): Promise<void>;
  /**
   * Grants access where the location cannot be established, up to and including a UTC day, at most
   * 31 days from today. Gates apply it when they next read the subscriber's standing. It changes
   * nothing else: not a location outside the EEA, not a residence elsewhere or unverifiable, not a
   * missing contract.
   */
  except(
    subscriber: string,
    access: DeskReason,
    reason: ExceptionReason,
    until: string,
  ): Promise<KnownSubscriber>;
  /**
   * Ends an exception before its last day.
   * @throws PortabilityError `ERR_RIGHT` if there is none
   */
  revokeException(subscriber: string, access: DeskReason): Promise<void>;
  /**
   * Records a request by which a person exercises a right, with the agent's reference.
   * @param received UTC day of receipt, up to today
   */
  openRequest(
    subscriber: string,
    access: DeskReason,
    kind: RequestKind,
    received: string,
  ): Promise<RequestState>;
  /**
   * Records that the extension by two months was announced, once and within the first month (Art.
   * 12(3) GDPR).
   */
  extendRequest(id: string, access: DeskReason): Promise<RequestState>;
  /**
   * Records that proof of identity was requested, or that the identity was established (Art. 12(6)
   * GDPR).
   */
  identifyRequest(
    id: string,
    access: DeskReason,
    step: 'asked' | 'established',
  ): Promise<RequestState>;
  /** Closes a request with its outcome. */
  answerRequest(id: string, access: DeskReason, outcome: RequestOutcome): Promise<RequestState>;
  /**
   * Returns requests without their persons, the most urgent first. Makes no journal entry.
   * @param isOpen whether only open requests are returned; default: `false`
   */
  requests(isOpen?: boolean): Promise<RequestState[]>;
  /**
   * Returns what an erasure would remove and what a legal hold keeps, before an agent decides on
   * it. It is entered in the journal as a look at the records.
   */
  extent(subscriber: string, access: DeskReason): Promise<Extent>;
  /**
   * Returns a digest of the person's records. It differs once they have changed, so that a
   * program can notice that what an agent sees is out of date. It shows nothing of them, and makes
   * no journal entry.
   */
  revision(subscriber: string): Promise<string>;
  /** Returns the holds whose review day has come, without their persons. */
  holdsDue(): Promise<HoldDue[]>;
  /** Returns the operations that wait for a second agent, without their persons. */
  pending(): Promise<PendingOperation[]>;
  /**
   * Returns the newest entries of the journal that match a filter. The look itself is entered
   * first.
   * @throws PortabilityError `ERR_DAY` if a day is invalid
   */
  journal(access: DeskReason, filter?: JournalFilter): Promise<JournalItem[]>;
  /**
   * Returns the renewals that the provider has not processed, and the requests for information that
   * were not answered in time, over all subscribers, without the persons.
   * @param limit number of lines of each list at most; default: 1,000
   */
  overdue(limit?: number): Promise<Overdue>;
}

/** What an erasure includes. */
export interface EraseOptions {
  /**
   * Erases the dossier although a contract is in force; the person then has no standing any more.
   * Default: `false`.
   */
  readonly evenDossier?: boolean | undefined;
  /** An objection is upheld: nothing is recorded any more. Default: `false`. */
  readonly objectionUpheld?: boolean | undefined;
}

/**
 * Whether an error is a refusal, after which nothing was done, as opposed to a failure on the way.
 */
const isRefusal = (error: unknown): boolean =>
  error instanceof PortabilityError &&
  /^ERR_(RIGHT|REQUEST|DOSSIER|ACCESS_REASON|DAY|ARGUMENT|IMPORT)/.test(error.code);

function checkSubscriber(subscriber: unknown): void {
  if (typeof subscriber === 'string' && subscriber !== '') return;
  throw portabilityError(DESK.subscriberEmpty);
}

/** Returns the context of one operation. The time is read once. */
function actOf({
  ledger,
  keyring,
  clock = systemClock,
  periods = {},
  notice = OCS_NOTICE,
  waivers = [],
  agent,
  secondAgent = [],
}: DeskOptions): Omit<DeskContext, 'done' | 'proposed' | 'entry'> {
  const time = clock();
  return {
    ledger,
    keyring,
    time,
    today: dayOf(time),
    periods,
    notice,
    waivers,
    agent,
    secondAgent,
  };
}

/** Copies only the fields of the caller's reason that are checked, because the journal is kept. */
function checkedAccess(access: Partial<DeskReason> | null | undefined): DeskReason {
  const { reason, reference, number } = access ?? {};
  return {
    reason,
    ...(reference !== undefined && { reference }),
    ...(number !== undefined && { number: checkRecordNumber(number) }),
  } as DeskReason;
}

/**
 * Checks that a number of a work list belongs to the person. An agent who types the identifier of
 * another subscriber does not work off the wrong file.
 * @throws PortabilityError `ERR_REQUEST` if it does not
 */
async function checkNumberOf(
  { ledger, keyring }: DeskOptions,
  { subscriber, pseudonym, access }: Subject,
): Promise<void> {
  const { number } = access;
  if (number === undefined) return;
  const isDerived =
    number === recordNumber('D', pseudonym) ||
    number === recordNumber('H', keyring.holdPseudonym(subscriber)) ||
    SECOND_AGENT_OPERATIONS.some(operation => number === proposalNumber(pseudonym, operation));
  if (isDerived) return;
  const requests = await ledger.personRecords.read('requests', { id: number, pseudonym });
  if (requests.length === 0) throw portabilityError(SUBJECTS.recordNumber);
}

/**
 * Checks that the reference given for a request by its number is not the identifier of its person.
 * @throws PortabilityError `ERR_ACCESS_REASON` if it is
 */
async function checkReferenceOf(
  { ledger, keyring }: DeskOptions,
  id: string,
  { reference = '' }: DeskReason,
): Promise<void> {
  if (reference === '') return;
  const [row] = await ledger.personRecords.read('requests', { id });
  if (row !== undefined && row.pseudonym === keyring.personPseudonym(reference))
    checkNoIdentifier(reference, reference);
}

/** The desks whose ledger and keyring were brought to the same state. */
const settled = new WeakMap<DeskOptions, Promise<unknown>>();

/**
 * Applies again, once for each desk, what a restored ledger or keyring may have lost: erasures, and
 * the destruction of keys.
 */
async function settleRestored(options: DeskOptions, today: string): Promise<void> {
  const { ledger, keyring } = options;
  const settle = async (): Promise<void> => {
    await destroyAgain(ledger, keyring, today);
    await restoreErasures(ledger, keyring);
  };
  const done = settled.get(options) ?? settle();
  settled.set(options, done);
  await done.catch(error => {
    settled.delete(options);
    throw error;
  });
}

/**
 * Makes a journal entry for an operation, then runs it. If the operation is refused before anything
 * was done, or proposed to a second agent, a second entry says so, so that the person's export does
 * not show a completed access. The caller receives the original error, also if the second entry
 * fails.
 */
async function attempt<Result>(
  options: DeskOptions,
  access: Omit<JournalEntry, 'agent' | 'time'>,
  work: (act: DeskContext) => Promise<Result>,
): Promise<Result> {
  const { ledger, keyring, agent } = options;
  let isDone = false;
  const context = actOf(options);
  await requireKeyring(ledger, keyring, access.subscriber);
  await settleRestored(options, context.today);
  const { reference, ...entry } = { ...access, agent, time: context.time };
  const seq = await appendEntry(ledger.personRecords, keyring, { ...entry, reference });
  const follow = (action: 'refused' | 'proposed'): Promise<number> =>
    appendEntry(ledger.personRecords, keyring, { ...entry, action, number: String(seq) });
  const act: DeskContext = {
    ...context,
    entry: seq,
    done: () => {
      isDone = true;
    },
    proposed: async () => void (await follow('proposed')),
  };
  try {
    return await work(act);
  } catch (error) {
    if (!isDone && isRefusal(error)) await follow('refused').catch(() => undefined);
    throw error;
  }
}

/**
 * Operations on requests by number. The person is not known here, so the journal entry has the
 * number and no person.
 */
function requestActs(
  options: DeskOptions,
): Pick<Desk, 'extendRequest' | 'identifyRequest' | 'answerRequest'> {
  const { personRecords } = options.ledger;
  const noted = async (
    id: string,
    access: DeskReason,
    change: (act: DeskContext, reference: string | undefined) => Promise<RequestState>,
  ): Promise<RequestState> => {
    const checked = { ...checkedAccess(access), number: requests.checkRequestId(id) };
    await checkReferenceOf(options, id, checked);
    return attempt(options, { ...checked, action: 'request' }, act =>
      change(act, checked.reference),
    );
  };
  return {
    extendRequest: async (id, access) =>
      noted(id, access, ({ today }, reference) =>
        requests.extendRequest(personRecords, id, today, reference),
      ),
    identifyRequest: async (id, access, step) =>
      noted(id, access, ({ today }, reference) =>
        requests.identifyRequest(personRecords, id, step, today, reference),
      ),
    answerRequest: async (id, access, outcome) =>
      noted(id, access, ({ today }, reference) =>
        requests.answerRequest(personRecords, id, outcome, today, reference),
      ),
  };
}

/**
 * Opens a desk on a ledger, its person records and a keyring. Gates may use the same store at the
 * same time. An invalid name of the agent is refused at the first operation (`ERR_ACCESS_REASON`).
 * @throws PortabilityError `ERR_ARGUMENT` if an option is unknown or `secondAgent` is invalid
 */
export function openDesk(options: DeskOptions): Desk {
  checkSchema(OPTIONS, options, 'ERR_ARGUMENT', { en: 'a desk', fr: 'un poste d’assistance' });
  const { ledger, keyring, notice } = options;
  if (notice !== undefined) parseNotice(notice);
  const acting: Journaled =
    (action, work) =>
    async (subscriber, access, ...args) => {
      checkSubscriber(subscriber);
      const checked = checkedAccess(access);
      return attempt(options, { ...checked, subscriber, action }, async act => {
        const pseudonym = keyring.personPseudonym(subscriber);
        const subject = { subscriber, pseudonym, access: checked };
        await checkNumberOf(options, subject);
        return work(act, subject, ...args);
      });
    };
  return {
    ...readActions(acting),
    ...residenceActions(acting),
    ...rightActions(acting),
    ...exceptionActions(acting),
    ...requestActs(options),
    openRequest: acting(
      'request',
      ({ today }, { pseudonym, access }, kind: RequestKind, received: string) =>
        requests.openRequest(
          ledger.personRecords,
          pseudonym,
          kind,
          received,
          today,
          access.reference,
        ),
    ),
    importDossiers: async (access, source, importOptions = {}) => {
      const entry = { ...checkedAccess(access), action: 'import' as const };
      // Reading a long file first and refusing the reason then would cost minutes.
      checkAccess({ ...entry, agent: options.agent }, '');
      await requireKeyring(ledger, keyring);
      return importDossiers(
        (number, work) => attempt(options, { ...entry, number }, work),
        keyring.sealJournal,
        source,
        importOptions,
      );
    },
    revision: async subscriber => {
      checkSubscriber(subscriber);
      const { journal: _, ...records } = await readSubjectData(ledger, keyring, subscriber);
      return createHash('sha256').update(JSON.stringify(records)).digest('hex');
    },
    requests: isOpen => requests.listRequests(ledger.personRecords, isOpen),
    journal: async (access, filter = {}) => {
      const { subscriber } = filter;
      if (subscriber !== undefined) checkSubscriber(subscriber);
      const { number: _, ...checked } = checkedAccess(access);
      const entry = { ...checked, action: 'journal' as const };
      return attempt(options, { ...entry, ...(subscriber !== undefined && { subscriber }) }, () =>
        listJournal(ledger.personRecords, keyring, filter),
      );
    },
    holdsDue: async () => {
      const { today } = actOf(options);
      const holds = await ledger.personRecords.read('holds');
      return holds
        .filter(({ review }) => review <= today)
        .map(({ pseudonym, since, review, why, reference }) => ({
          number: recordNumber('H', pseudonym),
          reference,
          since,
          review,
          reason: why,
        }))
        .toSorted((a, b) => (a.review < b.review ? -1 : 1));
    },
    pending: () => listPending(ledger.personRecords, actOf(options).today),
    overdue: (limit = 1000) => listOverdue(ledger, actOf(options).today, limit),
  };
}
