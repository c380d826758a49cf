/** Removes evidence whose retention has ended, destroys its keys, and erases and verifies cards. */

import { LONGEST_LEAP_DAYS } from '../clock.ts';
import { addDays, addMonths, DAY_MS, dayOf, monthsBefore, utcDay } from '../days.ts';
import { type PortabilityError, portabilityError } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import { type CardKey, digestOf, type Ledger } from '../ledger/ledger.ts';
import { accessesText, type PersonRecords, parseAccesses } from '../ledger/person-records.ts';
import * as RECORDING from '../messages/recording.ts';
import * as SUBJECTS from '../messages/subjects.ts';
import { type Finding, finding } from '../messages/verification-findings.ts';
import { cutJournal, verifyJournal } from './journal.ts';
import {
  foreignKeys,
  isMismatch,
  lacksRight,
  lostMonths,
  proofOf,
  requireKeyring,
} from './keyring-check.ts';
import { restoreErasures, whileErasing } from './restore-erasures.ts';

/** Default retention of cards: 12 complete months in addition to the current one. */
export const RETENTION_MONTHS = 12;

/**
 * Retention of the counts of decisions and of the table editions, in complete months in addition to
 * the current one: the report of a year needs them. If cards are kept for longer, so are they.
 */
export const COUNT_MONTHS = 12;

/**
 * Retention of the runs of purges and erasures, in months: the proof of a deletion is kept as long
 * as a claim about it can be brought.
 */
export const RUN_MONTHS = 36;

/** What a purge removed. */
export interface Purged {
  /** Everything before this month (`YYYY-MM`) was removed. */
  readonly before: string;
  readonly cards: number;
  readonly accesses: number;
  /**
   * Months whose keys were destroyed. Remaining copies of their cards can no longer be linked to a
   * person by these keys.
   */
  readonly keys: readonly string[];
}

/** How long stored data are kept. */
export interface RetentionOptions {
  /** Complete months that are kept in addition to the current one, 0 to 120; default: 12. */
  readonly months?: number | undefined;
  /**
   * Days for which single accesses are kept, from 0; default: they are removed with their cards.
   */
  readonly keepDays?: number | undefined;
  /** Months for which the journal is kept, 0 to 120; default: 12. */
  readonly journalMonths?: number | undefined;
  /** Months for which a request is kept after its answer, 0 to 120; default: 36. */
  readonly requestMonths?: number | undefined;
}

export const checkMonths = (months: number): number => {
  if (Number.isInteger(months) && months >= 0 && months <= 120) return months;
  throw portabilityError(SUBJECTS.retentionMonths);
};

/**
 * Restores tombstones that a restored backup has lost, removes what is older than the retention,
 * destroys the keys of those months, and records the run. In this order, the next purge completes
 * one that a crash interrupted.
 * @param time milliseconds since 1970
 * @throws PortabilityError `ERR_EVIDENCE_OPTION` if the time or a retention is invalid,
 * `ERR_KEYRING_MISMATCH` if the keyring does not belong to the ledger, `ERR_KEYRING_UNPROVEN` if
 * nothing proves that it does
 */
export async function purge(
  ledger: Ledger,
  keyring: Keyring,
  time: number,
  options: RetentionOptions = {},
): Promise<Purged> {
  const today = utcDay(time);
  if (today === undefined) throw portabilityError(RECORDING.clockNoDay);
  const { months = RETENTION_MONTHS, journalMonths, requestMonths, keepDays } = options;
  for (const count of [months, journalMonths, requestMonths])
    if (count !== undefined) checkMonths(count);
  if (keepDays !== undefined && !(Number.isInteger(keepDays) && keepDays >= 0))
    throw portabilityError(SUBJECTS.retentionDays);
  await requireKeyring(ledger, keyring);
  const before = monthsBefore(today.month, months);
  await restoreErasures(ledger, keyring);
  const removed = await ledger.purgeBefore(before, {
    counts: `${monthsBefore(today.month, Math.max(months, COUNT_MONTHS))}-01`,
    runs: addMonths(today.day, -RUN_MONTHS),
  });
  const old =
    keepDays === undefined
      ? 0
      : await ledger.purgeAccesses(Math.floor((time - keepDays * DAY_MS) / 1000));
  await purgePersonRecords(ledger.personRecords, keyring, {
    today: today.day,
    before,
    keepDays,
    journalMonths,
    requestMonths,
  });
  const keys = await keyring.destroyBefore(before, today.day);
  const done = { before, cards: removed.cards, accesses: removed.accesses + old, keys };
  const at = new Date(time).toISOString();
  await ledger.recordRun({
    at,
    what: 'purge',
    before,
    cards: done.cards,
    accesses: done.accesses,
    keys: keys.length,
  });
  // The purge is done. What a busy file keeps of its size, it loses after the next one.
  await ledger.shrink?.().catch(() => undefined);
  return done;
}

/**
 * Returns the month before which every key was destroyed, by the runs of the ledger; empty if no
 * run destroyed keys, or if the role of the database may not read them.
 */
export async function destroyedBefore(ledger: Ledger): Promise<string> {
  return ledger.purgedBefore().catch(error => {
    if (lacksRight(error)) return '';
    throw error;
  });
}

/**
 * Destroys again the keys that the ledger has on record as destroyed, and returns their months. A
 * keyring that was restored from a backup may hold them again.
 * @param today UTC day
 */
export async function destroyAgain(
  ledger: Ledger,
  keyring: Keyring,
  today: string,
): Promise<string[]> {
  const before = await destroyedBefore(ledger);
  // A month that has not ended by this clock is in use: then the clock is in doubt, not the key.
  if (before === '' || before > today.slice(0, 7)) return [];
  const months = await keyring.months();
  const isBack = months.some(({ month, state }) => state === 'held' && month < before);
  return isBack ? keyring.destroyBefore(before, today) : [];
}

/**
 * Erases a subscriber's cards and accesses of all months that still have a key, up to and including
 * today, and returns the number of cards. Tombstones remain in the ledger and next to the keys;
 * they prevent a retry, a replay or a restored backup from bringing the data back.
 * @param time milliseconds since 1970
 * @throws PortabilityError `ERR_EVIDENCE_OPTION` if the time is invalid
 */
export async function eraseCards(
  ledger: Ledger,
  keyring: Keyring,
  subscriber: string,
  time: number,
): Promise<number> {
  const today = utcDay(time);
  if (today === undefined) throw portabilityError(RECORDING.clockNoDay);
  const months = await monthsWithKeys(ledger, keyring);
  const keys = months.flatMap(month => {
    const pseudonym = keyring.cardPseudonym(subscriber, month);
    return pseudonym === undefined ? [] : [{ month, pseudonym }];
  });
  return whileErasing(ledger, keyring, async () => {
    await keyring.addTombstones(
      keys.map(({ month, pseudonym }) => ({
        month,
        digest: digestOf(pseudonym),
        through: today.day,
      })),
    );
    return eraseMarked(ledger, keys, time);
  });
}

/** Erases cards whose tombstones are already stored next to the keys, and records the run. */
export async function eraseMarked(
  ledger: Ledger,
  keys: readonly CardKey[],
  time: number,
): Promise<number> {
  const erased = await ledger.erase(keys, dayOf(time));
  await ledger.recordRun({
    at: new Date(time).toISOString(),
    what: 'erase',
    before: '',
    cards: erased,
    accesses: 0,
    keys: 0,
  });
  return erased;
}

/**
 * Returns the months for which a card can be found, that is, those that have a key. They come from
 * the keyring and, if the keyring does not list all its months, also from the cards in the ledger.
 */
export async function monthsWithKeys(ledger: Ledger, keyring: Keyring): Promise<string[]> {
  const known = await keyring.months();
  const destroyed = new Set(
    known.filter(({ state }) => state === 'destroyed').map(({ month }) => month),
  );
  // Skips the ledger where possible: counting all cards for one person takes minutes in a large
  // ledger.
  const more = keyring.listsMonths === true ? [] : await ledger.months();
  const months = [...new Set([...known, ...more].map(({ month }) => month))];
  const held: string[] = [];
  for (const month of months.filter(each => !destroyed.has(each)))
    if (await ensureKey(keyring, month)) held.push(month);
  return held;
}

/**
 * Loads the key of a month, and creates a missing one. Returns `false` if it was destroyed: a
 * keyring that does not list its months reports that only when the key is requested.
 */
async function ensureKey(keyring: Keyring, month: string): Promise<boolean> {
  try {
    await keyring.ensureMonth(month);
    return true;
  } catch (error) {
    if ((error as PortabilityError).code === 'ERR_KEYRING_DESTROYED') return false;
    throw error;
  }
}

/**
 * Whether the days on record are consistent with a clock: none is later than tomorrow (another
 * gateway may be ahead across midnight), and the newest is at most 45 days old. After a leap while
 * no gate was open, a clock must neither write a day nor end a month. Returns `true` if no day is
 * on record.
 */
export async function isClockPlausible(ledger: Ledger, day: string): Promise<boolean> {
  const newest = (await ledger.editions('0000-00-00', '9999-99-99')).at(-1)?.day;
  if (newest === undefined) return true;
  const days = (Date.parse(day) - Date.parse(newest)) / DAY_MS;
  return days >= -1 && days <= LONGEST_LEAP_DAYS;
}

/**
 * Verifies the evidence as a whole and returns its problems: the store, the key of each card's
 * month, and the chain of the journal. Keys and journal are checked only if the store has no
 * problem.
 * @param head `SEQ:HASH` of the journal, as it was kept elsewhere; with it, a tail that was cut off
 * is detected
 */
export async function verifyEvidence(
  ledger: Ledger,
  keyring: Keyring,
  head?: string,
): Promise<Finding[]> {
  const problems = await ledger.verify();
  if (problems.length > 0) return problems;
  const months = (await keyring.months()).map(({ month }) => month);
  const foreign = await foreignKeys(ledger, keyring, months);
  // Under a wrong key every entry of the journal looks altered: that says nothing.
  if (foreign.length > 0) return [finding('keyring-mismatch', { names: foreign.join(', ') })];
  const keys = [...(await keyringOlder(ledger, keyring)), ...(await keyProblems(ledger, keyring))];
  const isUnproven = await proofOf(ledger, keyring).then(
    proof => proof === 'unproven',
    error => isMismatch(error) || Promise.reject(error),
  );
  if (isUnproven) return [finding('keyring-unproven', {}), ...keys];
  return [...keys, ...(await verifyJournal(ledger.personRecords, keyring, head))];
}

/** Finds months that the ledger knows and whose keys the keyring neither holds nor destroyed. */
async function keyringOlder(ledger: Ledger, keyring: Keyring): Promise<Finding[]> {
  const known = Object.keys(await ledger.keyChecks())
    .filter(name => name.startsWith('card-'))
    .map(name => name.slice(5));
  // A keyring need not list the months whose keys retention destroyed.
  const before = await destroyedBefore(ledger);
  const lost = await lostMonths(
    ledger,
    keyring,
    known.filter(month => month >= before),
  );
  return lost.length === 0 ? [] : [finding('keyring-older', { months: lost.sort().join(', ') })];
}

async function keyProblems(ledger: Ledger, keyring: Keyring): Promise<Finding[]> {
  const keys = new Map((await keyring.months()).map(({ month, state }) => [month, state]));
  const months = await ledger.months();
  return months.flatMap(({ month, cards }) => {
    const state = keys.get(month);
    if (state === 'held') return [];
    const id = state === 'destroyed' ? 'cards-of-destroyed-key' : 'cards-without-key';
    return [finding(id, { month, cards })];
  });
}

/** Default retention of the journal of accesses, in months. */
export const JOURNAL_MONTHS = 12;

/**
 * Default retention of a request after its answer, in months: as long as a claim about it can be
 * brought.
 */
export const REQUEST_MONTHS = 36;

export interface PersonRecordsRetention {
  /** UTC day, `YYYY-MM-DD`. */
  readonly today: string;
  /** The retention of cards of the months before this one (`YYYY-MM`) has ended. */
  readonly before: string;
  readonly keepDays?: number | undefined;
  readonly journalMonths?: number | undefined;
  readonly requestMonths?: number | undefined;
}

/**
 * Removes single accesses from restricted cards. Their retention is shorter than that of their
 * card.
 */
async function purgeSegregatedAccesses(
  personRecords: PersonRecords,
  earliest: number,
): Promise<void> {
  for (const row of await personRecords.read('apart', { why: 'restriction' })) {
    const accesses = parseAccesses(row.accesses);
    const left = accesses.filter(({ at }) => at >= earliest);
    // A row that was changed or removed in the meantime is left to the next purge.
    if (left.length < accesses.length)
      await personRecords.change('apart', row, { ...row, accesses: accessesText(left) });
  }
}

/**
 * Removes directives that have lost their object: they are older than any card, and there is no
 * dossier.
 */
async function purgeDirectives(personRecords: PersonRecords, before: string): Promise<void> {
  for (const row of await personRecords.read('directives')) {
    const [dossier] = await personRecords.read('dossiers', { pseudonym: row.pseudonym });
    if (row.since < before && dossier === undefined) await personRecords.remove('directives', row);
  }
}

/**
 * Removes dossiers whose contract has ended, exceptions and proposals that have expired, cards
 * segregated by a restriction whose months have ended, directives without an object, and requests
 * and journal entries whose retention has ended. Data under a legal hold are kept.
 */
export async function purgePersonRecords(
  personRecords: PersonRecords,
  keyring: Keyring,
  terms: PersonRecordsRetention,
): Promise<void> {
  const {
    today,
    before,
    keepDays,
    journalMonths = JOURNAL_MONTHS,
    requestMonths = REQUEST_MONTHS,
  } = terms;
  await personRecords.removeBefore('dossiers', 'ends', addDays(today, 1));
  await personRecords.removeBefore('exceptions', 'until', today);
  await personRecords.removeBefore('proposals', 'until', today);
  await personRecords.removeBefore('apart', 'month', before, { why: 'restriction' });
  if (keepDays !== undefined)
    await purgeSegregatedAccesses(
      personRecords,
      (Date.parse(addDays(today, 1)) - (keepDays + 1) * DAY_MS) / 1000,
    );
  await purgeDirectives(personRecords, `${before}-01`);
  await personRecords.removeBefore('requests', 'answered', addMonths(today, -requestMonths));
  await cutJournal(personRecords, keyring, addMonths(today, -journalMonths));
}
