/**
 * Keeps the journal of accesses to personal data: a chain of sealed entries that allows a person to
 * be erased from it.
 */

import { createHash, randomBytes } from 'node:crypto';
import { isCalendarDay } from '../days.ts';
import { portabilityError } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { JournalRow, PersonRecords } from '../ledger/person-records.ts';
import * as LAW from '../messages/law.ts';
import * as SUBJECTS from '../messages/subjects.ts';
import { type Finding, finding } from '../messages/verification-findings.ts';
import { retry } from '../retry.ts';
import { ACCESS_REASONS, type AccessReason } from './access-reasons.ts';

/**
 * What is done with a person's data. `refused`: nothing; the reference is the entry's number.
 * `proposed`: nothing yet, a second agent must confirm; the reference is the entry's number.
 */
export type JournalAction = (typeof JOURNAL_ACTIONS)[number];
/** Everything that is entered in the journal. */
export const JOURNAL_ACTIONS = [
  'show',
  'calendar',
  'export',
  'event',
  'undo-event',
  'import',
  'erase',
  'restrict',
  'lift',
  'hold',
  'release',
  'directive',
  'exception',
  'revoke-exception',
  'dispute',
  'request',
  'journal',
  'refused',
  'proposed',
] as const;

/** Who accesses a person's data, and why. */
export interface DeskAccess {
  /** Name of the agent: 1 to 64 printable characters. */
  readonly agent: string;
  readonly reason: AccessReason;
  /**
   * The agent's own reference to the case: up to 40 letters, digits, `-`, `_` and `/`. An IP
   * address or e-mail address does not fit.
   */
  readonly reference?: string | undefined;
}

/** Identifiers shorter than this occur in other words by chance. */
const MIN_MATCH_LENGTH = 6;

/**
 * Checks who accesses the data and why. The subscriber's identifier must not occur in what is kept
 * in the clear.
 * @throws PortabilityError `ERR_ACCESS_REASON` if a field is invalid or contains the identifier
 */
export function checkAccess(
  { agent, reason, reference = '' }: DeskAccess,
  subscriber: string,
): void {
  if (
    typeof agent !== 'string' ||
    !/^[^\p{C}\p{Zl}\p{Zp}]{1,64}$/u.test(agent) ||
    agent.trim() === ''
  )
    throw portabilityError(SUBJECTS.journalAgent);
  if (!ACCESS_REASONS.includes(reason))
    throw portabilityError(SUBJECTS.journalReason, {}, { known: ACCESS_REASONS.join(', ') });
  checkReference(reference, subscriber);
  checkNoIdentifier(agent, subscriber);
}

/**
 * Checks that a text neither is nor contains the subscriber's identifier.
 * @throws PortabilityError `ERR_ACCESS_REASON` if it does
 */
export function checkNoIdentifier(text: string, subscriber: string): void {
  const written = text.toLowerCase();
  const identifier = subscriber.toLowerCase();
  const isNamed =
    written === identifier ||
    (identifier.length >= MIN_MATCH_LENGTH && written.includes(identifier));
  if (subscriber !== '' && isNamed) throw portabilityError(SUBJECTS.journalIdentifier);
}

/**
 * Checks that a reference is empty or an opaque code, and not the subscriber's identifier.
 * @throws PortabilityError `ERR_ACCESS_REASON` if it is not
 */
export function checkReference(reference: string, subscriber: string): void {
  if (typeof reference !== 'string' || !/^[A-Za-z0-9_/-]{0,40}$/.test(reference))
    throw portabilityError(SUBJECTS.journalReference);
  checkNoIdentifier(reference, subscriber);
}

const SALT_BYTES = 16;

const commitmentOf = (salt: string, subject: string): string =>
  createHash('sha256')
    .update('laissez-passer commitment\0')
    .update(salt)
    .update(subject)
    .digest('hex');

/**
 * Returns the seal of an entry. It covers the previous seal and the entry's fields without `salt`
 * and `subject`, which the commitment represents and which an erasure removes.
 */
const sealOf = (keyring: Keyring, row: Omit<JournalRow, 'hash'>, previous: string): string =>
  keyring.sealJournal(
    JSON.stringify([
      previous,
      row.seq,
      row.at,
      row.operator,
      row.action,
      row.reason,
      row.reference,
      row.commitment,
    ]),
  );

/** The content of a journal entry. */
export interface JournalEntry extends DeskAccess {
  readonly subscriber?: string;
  readonly action: JournalAction;
  readonly time: number;
  /**
   * The library's own reference, written before the agent's: the number of a request, or of the
   * refused entry.
   */
  readonly number?: string | undefined;
}

/**
 * Appends an entry, with or without a person, and returns its number. The caller appends it before
 * anything is read or changed: what cannot be entered in the journal is not done.
 * @throws PortabilityError `ERR_ACCESS_REASON`, `ERR_LEDGER_...`
 */
export async function appendEntry(
  personRecords: PersonRecords,
  keyring: Keyring,
  entry: JournalEntry,
): Promise<number> {
  const { subscriber = '' } = entry;
  checkAccess(entry, subscriber);
  const salt = randomBytes(SALT_BYTES).toString('hex');
  const subject = subscriber === '' ? '' : keyring.journalPseudonym(subscriber);
  const { agent, action, reason } = entry;
  const reference = [entry.number, entry.reference]
    .filter(part => part !== undefined && part !== '')
    .join('/');
  const at = `${new Date(entry.time).toISOString().slice(0, 19)}Z`;
  const append = async (): Promise<number | undefined> => {
    const head = await personRecords.journalHead();
    const row = { seq: (head?.seq ?? 0) + 1, at, operator: agent, action, reason, reference };
    const open = { ...row, commitment: commitmentOf(salt, subject), salt, subject };
    const hash = sealOf(keyring, open, head?.hash ?? '');
    return (await personRecords.appendJournal({ ...open, hash })) ? row.seq : undefined;
  };
  return queued(personRecords, () => retry(append, SUBJECTS.journalBusy));
}

/**
 * The last pending entry of each register. Within a process, entries wait for each other instead of
 * competing.
 */
const lastEntry = new WeakMap<PersonRecords, Promise<unknown>>();

function queued<Result>(
  personRecords: PersonRecords,
  work: () => Promise<Result>,
): Promise<Result> {
  const done = (lastEntry.get(personRecords) ?? Promise.resolve()).then(work, work);
  lastEntry.set(personRecords, done);
  return done;
}

/** Returns the head of the chain as `SEQ:HASH`, to be kept elsewhere for `verifyJournal`. */
export async function journalHead(personRecords: PersonRecords): Promise<string> {
  const head = await personRecords.journalHead();
  return head === undefined ? '0:' : `${head.seq}:${head.hash}`;
}

/** Whether a row is the anchor with which a journal begins after its older part was removed. */
const isAnchor = (row: JournalRow): boolean => row.action === 'cut' && row.operator === '';
const anchorSeal = (keyring: Keyring, { seq, at, hash }: JournalRow): string =>
  keyring.sealJournal(JSON.stringify(['anchor', seq, at, hash]));

/** Which entries of the journal are wanted. A field that is left out restricts nothing. */
export interface JournalFilter {
  /** Only entries about this person. */
  readonly subscriber?: string | undefined;
  /** Only entries of the agent of this name. */
  readonly agent?: string | undefined;
  readonly action?: JournalAction | undefined;
  /** First and last UTC day, `YYYY-MM-DD`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Number of entries at most, the newest; default: 1,000. */
  readonly limit?: number | undefined;
}

/** An entry of the journal as it is listed: without the person. */
export interface JournalItem {
  readonly seq: number;
  /** UTC, to the second. */
  readonly at: string;
  readonly agent: string;
  readonly action: string;
  readonly reason: string;
  readonly reference: string;
  /** Whether the entry is about a person who has not been erased. */
  readonly isAboutPerson: boolean;
}

/**
 * Returns the newest entries that match a filter, in order. Reads the whole journal in pages, with
 * constant memory, or only the entries of one person.
 * @throws PortabilityError `ERR_DAY` if a day is invalid
 */
export async function listJournal(
  personRecords: PersonRecords,
  keyring: Keyring,
  { subscriber, agent, action, from, to, limit = 1000 }: JournalFilter,
): Promise<JournalItem[]> {
  for (const day of [from, to])
    if (day !== undefined && !isCalendarDay(day)) throw portabilityError(LAW.dayInvalid);
  const rows =
    subscriber === undefined
      ? rowsOf(personRecords)
      : await personRecords.journalOf(keyring.journalPseudonym(subscriber));
  const found: JournalItem[] = [];
  for await (const row of rows) {
    const day = row.at.slice(0, 10);
    const isWanted =
      (agent === undefined || row.operator === agent) &&
      (action === undefined || row.action === action) &&
      (from === undefined || from <= day) &&
      (to === undefined || day <= to);
    if (!isWanted) continue;
    const { seq, at, operator, reason, reference } = row;
    const isAboutPerson = row.subject !== '';
    found.push({ seq, at, agent: operator, action: row.action, reason, reference, isAboutPerson });
    if (found.length > limit) found.shift();
  }
  return found;
}

const PAGE = 10_000;

async function* rowsOf(personRecords: PersonRecords): AsyncGenerator<JournalRow> {
  let seq = 0;
  for (;;) {
    const page = await personRecords.journalAfter(seq, PAGE);
    yield* page;
    if (page.length < PAGE) return;
    seq = page.at(-1)!.seq;
  }
}

/**
 * Returns the moment before which a journal has no entries any more, ISO 8601 in UTC; empty if
 * nothing was removed from it.
 */
export async function journalBegins(personRecords: PersonRecords): Promise<string> {
  const [first] = await personRecords.journalAfter(0, 1);
  return first !== undefined && isAnchor(first) ? first.at : '';
}

/**
 * Removes the entries before a UTC day and returns their number. The chain continues from a sealed
 * anchor.
 */
export async function cutJournal(
  personRecords: PersonRecords,
  keyring: Keyring,
  before: string,
): Promise<number> {
  let last: JournalRow | undefined;
  let count = 0;
  for await (const row of rowsOf(personRecords)) {
    if (isAnchor(row)) continue;
    if (row.at.slice(0, 10) >= before) break;
    last = row;
    count++;
  }
  if (last === undefined) return 0;
  const blank = { operator: '', action: 'cut', reason: '', reference: '', salt: '', subject: '' };
  const anchor = { ...last, ...blank, at: `${before}T00:00:00Z`, commitment: '' };
  await personRecords.cutJournal({ ...anchor, commitment: anchorSeal(keyring, anchor) });
  return count;
}

type EntryProblem =
  | 'journal-start-cut'
  | 'journal-entries-missing'
  | 'journal-entry-changed'
  | 'journal-entry-person';

/**
 * Returns the problems of one entry, given the entry before it. They are codes, so that a gate,
 * which only counts them, does not carry the words of a verification.
 */
function problemsOf(
  keyring: Keyring,
  row: JournalRow,
  before: JournalRow | undefined,
): EntryProblem[] {
  if (before === undefined && isAnchor(row))
    return row.commitment === anchorSeal(keyring, row) ? [] : ['journal-start-cut'];
  const problems: EntryProblem[] = [];
  if (row.seq !== (before?.seq ?? 0) + 1) problems.push('journal-entries-missing');
  else if (row.hash !== sealOf(keyring, row, before?.hash ?? ''))
    problems.push('journal-entry-changed');
  const isForgotten = row.salt === '' && row.subject === '';
  if (!isForgotten && row.commitment !== commitmentOf(row.salt, row.subject))
    problems.push('journal-entry-person');
  return problems;
}

const findingOf = (problem: EntryProblem, { seq: entry }: JournalRow): Finding =>
  problem === 'journal-start-cut' ? finding(problem, {}) : finding(problem, { entry });

/**
 * Whether one of the oldest entries of a journal was sealed with the key of this keyring. One is
 * enough, because a seal cannot be forged; that others differ is a finding of `verifyJournal`.
 */
export async function isJournalSealedBy(
  personRecords: PersonRecords,
  keyring: Keyring,
): Promise<boolean> {
  const rows = await personRecords.journalAfter(0, PAGE);
  return rows.some((row, index) => problemsOf(keyring, row, rows[index - 1]).length === 0);
}

/**
 * Verifies the journal and returns a finding for each entry that was changed, removed or inserted,
 * and for a tail that was cut off if `head` is given. The erasure of a person is not a problem.
 * @param head `SEQ:HASH` as `journalHead` returned it earlier
 * @throws PortabilityError `ERR_ACCESS_REASON` if the head cannot be parsed
 */
export async function verifyJournal(
  personRecords: PersonRecords,
  keyring: Keyring,
  head?: string,
): Promise<Finding[]> {
  const [seq, hash] = readHead(head);
  const problems: Finding[] = [];
  let before: JournalRow | undefined;
  let first: JournalRow | undefined;
  let hasHead = seq === 0;
  for await (const row of rowsOf(personRecords)) {
    problems.push(...problemsOf(keyring, row, before).map(problem => findingOf(problem, row)));
    if (row.seq === seq && row.hash === hash) hasHead = true;
    first ??= row;
    before = row;
  }
  if (hasHead) return problems;
  const isOlder = first !== undefined && isAnchor(first) && seq < first.seq;
  return [...problems, finding(isOlder ? 'journal-head-old' : 'journal-head-differs', {})];
}

function readHead(head: string | undefined): readonly [seq: number, hash: string] {
  if (head === undefined) return [0, ''];
  const [, seq, hash] =
    /^(\d{1,15}):([0-9a-f]{64})?$/.exec(typeof head === 'string' ? head : '') ?? [];
  if (seq === undefined) throw portabilityError(SUBJECTS.journalHead);
  return [Number(seq), hash ?? ''];
}
