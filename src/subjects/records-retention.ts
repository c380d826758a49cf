/**
 * Removes dossiers, exceptions, segregated cards, directives, requests and journal entries whose
 * retention has ended.
 */
import { addDays, addMonths, DAY_MS } from '../days.ts';
import type { Keyring } from '../keys/keyring.ts';
import { accessesText, parseAccesses, type Register } from '../ledger/person-records.ts';
import { cutJournal } from './journal.ts';

/** Of the journal of who looked. */
export const JOURNAL_MONTHS = 12;
/** Of a request after its answer: as long as a claim about it can be brought. */
export const REQUEST_MONTHS = 36;

export interface RegisterRetention {
  /** UTC day. */
  readonly today: string;
  /** Cards of the months before this one have had their time. */
  readonly before: string;
  readonly keepDays?: number | undefined;
  readonly journalMonths?: number | undefined;
  readonly requestMonths?: number | undefined;
}

/** Single accesses have a time of their own, shorter than their card's. */
async function purgeApartAccesses(register: Register, earliest: number): Promise<void> {
  for (const row of await register.read('apart', { why: 'restriction' })) {
    const accesses = parseAccesses(row.accesses);
    const left = accesses.filter(({ at }) => at >= earliest);
    // A row that has changed or gone meanwhile is left to the next purge.
    if (left.length < accesses.length) await register.change('apart', row, { ...row, accesses: accessesText(left) });
  }
}

/** A directive ends with what it is about: it is older than any card, and there is no dossier. */
async function purgeDirectives(register: Register, before: string): Promise<void> {
  for (const row of await register.read('directives')) {
    const [dossier] = await register.read('dossiers', { pseudonym: row.pseudonym });
    if (row.since < before && dossier === undefined) await register.remove('directives', row);
  }
}

/**
 * Removes dossiers whose contract has ended, exceptions that have run out, cards set apart by a restriction with their months, requests and journal after theirs. What a legal
 * hold keeps stays.
 */
export async function purgeRegister(register: Register, keyring: Keyring, terms: RegisterRetention): Promise<void> {
  const { today, before, keepDays, journalMonths = JOURNAL_MONTHS, requestMonths = REQUEST_MONTHS } = terms;
  await register.removeBefore('dossiers', 'ends', addDays(today, 1));
  await register.removeBefore('exceptions', 'until', today);
  await register.removeBefore('apart', 'month', before, { why: 'restriction' });
  if (keepDays !== undefined)
    await purgeApartAccesses(register, (Date.parse(addDays(today, 1)) - (keepDays + 1) * DAY_MS) / 1000);
  await purgeDirectives(register, `${before}-01`);
  await register.removeBefore('requests', 'answered', addMonths(today, -requestMonths));
  await cutJournal(register, keyring, addMonths(today, -journalMonths));
}
