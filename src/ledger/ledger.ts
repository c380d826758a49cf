/**
 * Defines the ledger interface that every storage engine implements and that one contract suite
 * tests.
 */
import { createHash } from 'node:crypto';
import type { Card, DayBits } from './card.ts';
import type { Register } from './person-records.ts';

/** One access, to the second: kept only where the operator opted in. */
export interface Access {
  readonly month: string;
  readonly pseudonym: string;
  /** Seconds since 1970, UTC. */
  readonly at: number;
  readonly fromHome: boolean;
}

/** Decisions of a day by reason, cumulative for one writer since its epoch; merged by maximum, so a retry never counts twice. */
export interface TallyRow {
  readonly day: string;
  readonly reason: string;
  readonly writer: string;
  readonly epoch: number;
  readonly count: number;
}

/** Which table edition was in force on a day. */
export interface EditionDay {
  readonly day: string;
  readonly edition: string;
}

/** Where a tombstone says that it concerns the register and not the card of a month. */
export const REGISTER_MARK = 'register';
/** The same, of a person whose dossier stays because a contract is in force. */
export const BESIDE_DOSSIER_MARK = 'register-beside-dossier';
export const REGISTER_MARKS: readonly string[] = [REGISTER_MARK, BESIDE_DOSSIER_MARK];

/** A tombstone: an erased pseudonym's digest. The bits that it names are dropped from the card at every merge. */
export interface Mark {
  /** The month of the card, or `register` or `register-beside-dossier`. */
  readonly month: string;
  /** SHA-256 of the pseudonym, 64 hexadecimal digits. */
  readonly digest: string;
  /** UTC day `YYYY-MM-DD` up to and with which everything is dropped; empty where only single bits are. */
  readonly through: string;
  /** Single bits that were shown to be wrong (Art. 16 GDPR). */
  readonly homeDays?: number;
  readonly outsideDays?: number;
}

/** What retention or an operator did, in counts; no person. */
export interface Run {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly what: 'purge' | 'destroy-keys' | 'erase';
  /** The month before which, where there is one. */
  readonly before: string;
  readonly cards: number;
  readonly accesses: number;
  readonly keys: number;
}

/** What is written at once. Every part is idempotent and commutes: a retry, a replay or another gateway can not corrupt it. */
export interface Batch {
  readonly cards: readonly Card[];
  readonly accesses: readonly Access[];
  readonly tally: readonly TallyRow[];
  readonly editions: readonly EditionDay[];
}

/** Names a card. */
export interface CardKey {
  readonly month: string;
  readonly pseudonym: string;
}

/** One column of the live store. */
export interface Column {
  readonly table: string;
  readonly column: string;
}

/** Cards of a month. */
export interface MonthCount {
  readonly month: string;
  readonly cards: number;
}

/**
 * A store of cards. Methods reject with a `PortabilityError` whose message holds no value of a row.
 * INVARIANT (merge-is-or): writing is a bitwise OR, idempotent, commutative, associative, minus the days of a tombstone.
 */
export interface Ledger {
  readonly kind: string;
  /** Months after which the store lets a card go by itself, where it does. */
  readonly keepMonths?: number | undefined;
  /** What is kept of a person beside the cards. */
  readonly register: Register;
  /** Resolves when the batch is durable, as far as the store can promise it. */
  write(batch: Batch): Promise<void>;
  /** The cards that there are of those asked for. */
  cards(keys: readonly CardKey[]): Promise<Card[]>;
  /** Single accesses under these cards, by their time; none where only days are kept. */
  accesses(keys: readonly CardKey[]): Promise<Access[]>;
  /** Removes cards and accesses for good and leaves tombstones; resolves with the number of cards removed. */
  erase(keys: readonly CardKey[], through: string): Promise<number>;
  /** Clears single bits of a card, and the accesses under them, for good: a bit that was shown to be wrong does not come back. */
  clear(key: CardKey, bits: DayBits): Promise<void>;
  /** Puts tombstones in force that the store may have lost with a restored backup, on what is stored too. */
  restoreMarks(marks: readonly Mark[]): Promise<void>;
  /** Every tombstone. */
  marks(): Promise<Mark[]>;
  /** Removes cards, accesses and tombstones of the months before `month`. */
  purgeBefore(month: string): Promise<{ readonly cards: number; readonly accesses: number }>;
  /** Removes accesses before a second. */
  purgeAccesses(before: number): Promise<number>;
  /** The number of cards of each month, in the order of months; months without a card are left out. */
  months(): Promise<MonthCount[]>;
  /** Summed over writers, by day and reason, from `from` to `to`, both included. */
  tally(from: string, to: string): Promise<{ readonly day: string; readonly reason: string; readonly count: number }[]>;
  /** Table editions by day, from `from` to `to`, both included. */
  editions(from: string, to: string): Promise<EditionDay[]>;
  /** Notes what retention or an operator did. */
  recordRun(run: Run): Promise<void>;
  /** What was noted, in its order. */
  runs(): Promise<Run[]>;
  /** What is wrong with the store, a line each; empty where it is sound. Slow. */
  verify(): Promise<string[]>;
  /** The columns of the live store. */
  columns(): Promise<Column[]>;
  /**
   * Everything that is kept of cards and accesses, and the tally and editions with the last piece; some at a time. `next` is where it goes on,
   * empty at the end; the first cursor is empty. What is written meanwhile may be missed, and a row may come twice.
   */
  scan(cursor: string, limit: number): Promise<Piece>;
  /** Keeps a batch whose restrictions can not be asked for now, until they can; only a ledger with a spool does. By pseudonym, the one in the register. */
  defer?(batch: Batch, owners: ReadonlyMap<string, string>): Promise<void>;
  /** Batches that wait in the spool, where there is one. */
  spooled?(): number;
  /** Lets go of files and connections; safe to call twice. What is asked afterwards rejects with `ERR_LEDGER_CLOSED`. */
  close(): Promise<void>;
}

export interface Piece {
  readonly batch: Batch;
  readonly next: string;
}

/** What a ledger keeps beside its register, as a database lists it. */
export const LEDGER_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  cards: ['month', 'pseudonym', 'home_days', 'outside_days'],
  accesses: ['month', 'pseudonym', 'at', 'from_home'],
  marks: ['month', 'digest', 'through', 'home_days', 'outside_days'],
  tally: ['day', 'reason', 'writer', 'epoch', 'count'],
  editions: ['day', 'edition'],
  runs: ['at', 'what', 'before', 'cards', 'accesses', 'keys'],
};

/** The digest that a tombstone keeps of a pseudonym. */
export const digestOf = (pseudonym: string): string =>
  createHash('sha256').update('laissez-passer mark\0').update(Buffer.from(pseudonym, 'hex')).digest('hex');
