/**
 * Reads what is held about one subscriber: cards and accesses of every month with a key, segregated
 * cards and person records.
 */

import type { Keyring } from '../keys/keyring.ts';
import type { DayBits } from '../ledger/card.ts';
import type { CardKey, Ledger } from '../ledger/ledger.ts';
import {
  type Bare,
  bare,
  type DirectiveRow,
  type DossierRow,
  type ExceptionRow,
  type HoldRow,
  type JournalRow,
  type PersonRecords,
  type ProposalRow,
  parseAccesses,
  type RequestRow,
  type RestrictionRow,
  type Rows,
  type SegregatedCardRow,
  type SingleAccess,
} from '../ledger/person-records.ts';
import { monthsWithKeys } from './retention.ts';

/** The days of a month by side, without a pseudonym. */
export interface MonthDays extends DayBits {
  readonly month: string;
}

/** Days of the account's requests, and the months that can still be read. */
export interface DaysHeld {
  /** In order of months, including those segregated by a restriction. */
  readonly months: readonly MonthDays[];
  readonly accesses: readonly SingleAccess[];
  /**
   * Months that have a key, and months whose key was destroyed: the cards of the latter can no
   * longer be found.
   */
  readonly readable: readonly string[];
  readonly destroyed: readonly string[];
  /** Copies under a legal hold. */
  readonly held: readonly MonthDays[];
  readonly heldAccesses: readonly SingleAccess[];
}

/** What the person records hold about a person, without the pseudonyms. */
export interface SubjectData {
  readonly dossier: Bare<DossierRow> | undefined;
  readonly restriction: Bare<RestrictionRow> | undefined;
  readonly hold: Bare<HoldRow> | undefined;
  /** The copy of the dossier under a legal hold. */
  readonly heldDossier: Bare<DossierRow> | undefined;
  readonly directive: Bare<DirectiveRow> | undefined;
  readonly exception: Bare<ExceptionRow> | undefined;
  readonly requests: readonly Bare<RequestRow>[];
  /** Operations that were proposed to a second agent, also those that have expired. */
  readonly proposals: readonly Bare<ProposalRow>[];
  readonly journal: readonly JournalRow[];
}

/** Returns the keys of a person's cards, one for each month that has a key. */
export async function cardKeysOf(
  ledger: Ledger,
  keyring: Keyring,
  subscriber: string,
): Promise<CardKey[]> {
  const months = await monthsWithKeys(ledger, keyring);
  return months.toSorted().flatMap(month => {
    const pseudonym = keyring.cardPseudonym(subscriber, month);
    return pseudonym === undefined ? [] : [{ month, pseudonym }];
  });
}

/** Merges the cards of each month into one that has the days of all. */
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

const daysOfRow = ({ month, home, outside }: SegregatedCardRow): MonthDays => ({
  month,
  homeDays: home,
  outsideDays: outside,
});

const inTime = (accesses: readonly SingleAccess[]): SingleAccess[] =>
  accesses.map(({ at, fromHome }) => ({ at, fromHome })).toSorted((a, b) => a.at - b.at);

/** Reads the days of a subscriber. The caller has entered the access in the journal. */
export async function readDays(
  ledger: Ledger,
  keyring: Keyring,
  subscriber: string,
): Promise<DaysHeld> {
  const keys = await cardKeysOf(ledger, keyring, subscriber);
  const apart = await ledger.personRecords.read('apart', {
    pseudonym: keyring.holdPseudonym(subscriber),
  });
  const restricted = apart.filter(row => row.why === 'restriction');
  const held = apart.filter(row => row.why === 'hold');
  const destroyed = (await keyring.months())
    .filter(({ state }) => state === 'destroyed')
    .map(({ month }) => month);
  return {
    months: mergeMonths([...(await ledger.cards(keys)), ...restricted.map(daysOfRow)]),
    accesses: inTime([
      ...(await ledger.accesses(keys)),
      ...restricted.flatMap(row => parseAccesses(row.accesses)),
    ]),
    readable: keys.map(({ month }) => month),
    destroyed,
    held: held.map(daysOfRow),
    heldAccesses: inTime(held.flatMap(row => parseAccesses(row.accesses))),
  };
}

/**
 * Returns the journal entries of the imports that wrote a dossier. They are about many subscribers,
 * so they do not name one. An entry that retention has removed is left out.
 */
async function importEntries(
  personRecords: PersonRecords,
  imported: string,
): Promise<JournalRow[]> {
  const entries = imported.split(' ').filter(entry => entry !== '');
  const rows = await Promise.all(
    entries.map(async entry => personRecords.journalAfter(Number(entry) - 1, 1)),
  );
  return rows.flat().filter(row => row.action === 'import' && entries.includes(String(row.seq)));
}

/** Reads the person records of a subscriber. The caller has entered the access in the journal. */
export async function readSubjectData(
  { personRecords }: Ledger,
  keyring: Keyring,
  subscriber: string,
): Promise<SubjectData> {
  const pseudonym = keyring.personPseudonym(subscriber);
  const first = async <
    Table extends 'dossiers' | 'restrictions' | 'holds' | 'directives' | 'exceptions',
  >(
    table: Table,
    where: Partial<Rows[Table]>,
  ): Promise<Bare<Rows[Table]> | undefined> => {
    const [row] = await personRecords.read(table, where);
    return row && bare(row);
  };
  const dossier = await first('dossiers', { pseudonym });
  const imports = await importEntries(personRecords, dossier?.imported ?? '');
  const own = await personRecords.journalOf(keyring.journalPseudonym(subscriber));
  return {
    dossier,
    restriction: await first('restrictions', { pseudonym }),
    hold: await first('holds', { pseudonym: keyring.holdPseudonym(subscriber) }),
    heldDossier: await first('dossiers', { pseudonym: keyring.holdPseudonym(subscriber) }),
    directive: await first('directives', { pseudonym }),
    exception: await first('exceptions', { pseudonym }),
    requests: (await personRecords.read('requests', { pseudonym })).map(bare),
    proposals: (await personRecords.read('proposals', { pseudonym })).map(bare),
    journal: [...imports, ...own].sort((a, b) => a.seq - b.seq),
  };
}

/**
 * Whether anything is held about a subscriber. If nothing is held, the identifier may have been
 * mistyped.
 */
export async function isKnown(
  ledger: Ledger,
  keyring: Keyring,
  subscriber: string,
): Promise<boolean> {
  const {
    journal: _,
    proposals: __,
    requests,
    ...rows
  } = await readSubjectData(ledger, keyring, subscriber);
  if (requests.length > 0 || Object.values(rows).some(row => row !== undefined)) return true;
  const { months, accesses, held } = await readDays(ledger, keyring, subscriber);
  return months.length + accesses.length + held.length > 0;
}
