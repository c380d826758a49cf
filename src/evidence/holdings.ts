/** What is held of one subscriber? Cards and accesses of every month that has a key, those set apart, and under which terms. */

import type { DayBits } from './card.ts';
import type { CardKey, Ledger } from './ledger.ts';
import type { Keyring } from './pseudonyms.ts';
import {
  type ApartRow,
  type DirectiveRow,
  type DossierRow,
  type ExceptionRow,
  type HoldRow,
  type JournalRow,
  parseAccesses,
  type RequestRow,
  type RestrictionRow,
  type SingleAccess,
} from './register.ts';
import { monthsWithKeys } from './retention.ts';

/** A month's days, by side; no pseudonym. */
export interface MonthDays extends DayBits {
  readonly month: string;
}

/** Days of the account's requests, and which months can still be read. */
export interface DaysHeld {
  /** In order of months; those set apart by a restriction included. */
  readonly months: readonly MonthDays[];
  readonly accesses: readonly SingleAccess[];
  /** Months for which there is a key, and months whose key was destroyed: what was held of them can no longer be found. */
  readonly readable: readonly string[];
  readonly destroyed: readonly string[];
  /** Copies kept for a legal claim. */
  readonly held: readonly MonthDays[];
  readonly heldAccesses: readonly SingleAccess[];
}

/** What the register holds of a person. */
export interface Personal {
  readonly dossier: DossierRow | undefined;
  readonly restriction: RestrictionRow | undefined;
  readonly hold: HoldRow | undefined;
  readonly directive: DirectiveRow | undefined;
  readonly exception: ExceptionRow | undefined;
  readonly requests: readonly RequestRow[];
  readonly journal: readonly JournalRow[];
}

/** Where a person's cards are, in every month that has a key. */
export async function cardKeysOf(ledger: Ledger, keyring: Keyring, subscriber: string): Promise<CardKey[]> {
  const months = await monthsWithKeys(ledger, keyring);
  return months.toSorted().flatMap(month => {
    const pseudonym = keyring.cardPseudonym(subscriber, month);
    return pseudonym === undefined ? [] : [{ month, pseudonym }];
  });
}

/** Cards of one month as one: days that either has. */
function mergeMonths(cards: readonly MonthDays[]): MonthDays[] {
  const merged = new Map<string, MonthDays>();
  for (const { month, homeDays, outsideDays } of cards) {
    const before = merged.get(month);
    merged.set(month, {
      month,
      homeDays: (before?.homeDays ?? 0) | homeDays,
      outsideDays: (before?.outsideDays ?? 0) | outsideDays,
    });
  }
  return [...merged.values()].sort((a, b) => (a.month < b.month ? -1 : 1));
}

const daysOfRow = ({ month, home, outside }: ApartRow): MonthDays => ({ month, homeDays: home, outsideDays: outside });

const inTime = (accesses: readonly SingleAccess[]): SingleAccess[] =>
  accesses.map(({ at, fromHome }) => ({ at, fromHome })).toSorted((a, b) => a.at - b.at);

/** Reads the days; the caller has noted it in the journal. */
export async function readDays(ledger: Ledger, keyring: Keyring, subscriber: string): Promise<DaysHeld> {
  const keys = await cardKeysOf(ledger, keyring, subscriber);
  const apart = await ledger.register.read('apart', { pseudonym: keyring.holdPseudonym(subscriber) });
  const [restricted, held] = [apart.filter(row => row.why === 'restriction'), apart.filter(row => row.why === 'hold')];
  const destroyed = (await keyring.months()).filter(({ state }) => state === 'destroyed').map(({ month }) => month);
  return {
    months: mergeMonths([...(await ledger.cards(keys)), ...restricted.map(daysOfRow)]),
    accesses: inTime([...(await ledger.accesses(keys)), ...restricted.flatMap(row => parseAccesses(row.accesses))]),
    readable: keys.map(({ month }) => month),
    destroyed,
    held: held.map(daysOfRow),
    heldAccesses: inTime(held.flatMap(row => parseAccesses(row.accesses))),
  };
}

/** Reads what the register holds; the caller has noted it in the journal. */
export async function readPersonal({ register }: Ledger, keyring: Keyring, subscriber: string): Promise<Personal> {
  const pseudonym = keyring.registerPseudonym(subscriber);
  return {
    dossier: (await register.read('dossiers', { pseudonym }))[0],
    restriction: (await register.read('restrictions', { pseudonym }))[0],
    hold: (await register.read('holds', { pseudonym: keyring.holdPseudonym(subscriber) }))[0],
    directive: (await register.read('directives', { pseudonym }))[0],
    exception: (await register.read('exceptions', { pseudonym }))[0],
    requests: await register.read('requests', { pseudonym }),
    journal: await register.journalOf(keyring.journalPseudonym(subscriber)),
  };
}

/** Whether anything is held of a subscriber: an identifier of which nothing is held may have been mistyped. */
export async function isKnown(ledger: Ledger, keyring: Keyring, subscriber: string): Promise<boolean> {
  const { journal: _, requests, ...rows } = await readPersonal(ledger, keyring, subscriber);
  if (requests.length > 0 || Object.values(rows).some(row => row !== undefined)) return true;
  const { months, accesses, held } = await readDays(ledger, keyring, subscriber);
  return months.length + accesses.length + held.length > 0;
}
