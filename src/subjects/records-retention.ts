/**
 * Removes dossiers, exceptions, segregated cards, directives, requests and journal entries whose
 * retention has ended.
 */
import { addDays, addMonths, DAY_MS } from '../days.ts';
import type { Keyring } from '../keys/keyring.ts';
import { accessesText, type PersonRecords, parseAccesses } from '../ledger/person-records.ts';
import { cutJournal } from './journal.ts';

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
 * Removes dossiers whose contract has ended, exceptions that have expired, cards segregated by a
 * restriction whose months have ended, directives without an object, and requests and journal
 * entries whose retention has ended. Data under a legal hold are kept.
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
