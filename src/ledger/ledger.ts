/**
 * Defines the ledger interface that every storage engine implements and that one contract suite
 * tests.
 */

import { createHash } from 'node:crypto';
import type { Finding } from '../messages/verification-findings.ts';
import type { Card, DayBits } from './card.ts';
import type { PersonRecords } from './person-records.ts';

/** One access, to the second. Kept only if the operator enabled it. */
export interface Access {
  readonly month: string;
  readonly pseudonym: string;
  /** Seconds since 1970, UTC. */
  readonly at: number;
  readonly fromHome: boolean;
}

/**
 * Decisions of a day by reason, cumulative for one writer since its epoch. Rows merge by maximum,
 * so a retry never counts twice.
 */
export interface TallyRow {
  readonly day: string;
  readonly reason: string;
  readonly writer: string;
  readonly epoch: number;
  readonly count: number;
}

/** The table edition in force on a day. */
export interface EditionDay {
  readonly day: string;
  readonly edition: string;
}

/** Value of `month` in a tombstone that concerns the person records and not the card of a month. */
export const PERSON_TOMBSTONE = 'register';
/** The same, for a person whose dossier stays because a contract is in force. */
export const ALONGSIDE_DOSSIER_TOMBSTONE = 'register-beside-dossier';
export const PERSON_TOMBSTONES: readonly string[] = [PERSON_TOMBSTONE, ALONGSIDE_DOSSIER_TOMBSTONE];

/** A tombstone: the digest of an erased pseudonym. Every merge drops its bits from the card. */
export interface Tombstone {
  /** The month of the card, `register` or `register-beside-dossier`. */
  readonly month: string;
  /** SHA-256 of the pseudonym, 64 hexadecimal digits. */
  readonly digest: string;
  /**
   * UTC day `YYYY-MM-DD` up to and including which everything is dropped; empty if only single bits
   * are dropped.
   */
  readonly through: string;
  /** Single bits that were proven wrong (Art. 16 GDPR). */
  readonly homeDays?: number;
  readonly outsideDays?: number;
}

/** A retention run or an operator action, in counts. Contains no person. */
export interface Run {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly what: 'purge' | 'destroy-keys' | 'erase';
  /** The month before which data was removed, if there is one. */
  readonly before: string;
  readonly cards: number;
  readonly accesses: number;
  readonly keys: number;
}

/** Returns the latest month before which one of the runs destroyed keys or purged. */
export const latestPurge = (runs: readonly Run[]): string =>
  runs
    .filter(({ what }) => what !== 'erase')
    .reduce((latest, { before }) => (before > latest ? before : latest), '');

/**
 * Rows that are written together. Every part is idempotent and commutative: a retry, a replay or
 * another gateway cannot corrupt it.
 */
export interface Batch {
  readonly cards: readonly Card[];
  readonly accesses: readonly Access[];
  readonly tally: readonly TallyRow[];
  readonly editions: readonly EditionDay[];
  /**
   * For each pseudonym on a card, the pseudonym of the same person in the person records. Without
   * it no restriction is looked up.
   */
  readonly owners?: Readonly<Record<string, string>> | undefined;
}

/** What waits in a spool, in bytes, and the most that may. */
export interface SpoolSize {
  readonly bytes: number;
  readonly mostBytes: number;
}

/** Identifies a card. */
export interface CardKey {
  readonly month: string;
  readonly pseudonym: string;
}

/** Returns the owners of a batch, to look up which of them are restricted. */
export const ownersOf = ({ owners = {} }: Batch): string[] => Object.values(owners);

/** Returns the batch without the cards and accesses of the restricted owners. */
export function withoutOwners(batch: Batch, restricted: readonly string[]): Batch {
  if (restricted.length === 0) return batch;
  const { owners = {} } = batch;
  const gone = new Set(restricted);
  const isKept = ({ pseudonym }: CardKey): boolean => !gone.has(owners[pseudonym] ?? '');
  return {
    cards: batch.cards.filter(isKept),
    accesses: batch.accesses.filter(isKept),
    tally: batch.tally,
    editions: batch.editions,
  };
}

/** Number of cards in a month. */
export interface MonthCount {
  readonly month: string;
  readonly cards: number;
}

/**
 * A store of cards. Methods reject with a `PortabilityError` whose message contains no value of a
 * row.
 * INVARIANT (merge-is-or): writing is a bitwise OR, idempotent, commutative, associative, minus the
 * days of a tombstone.
 */
export interface Ledger {
  readonly kind: string;
  /** Months after which the store expires a card by itself, if it does. */
  readonly keepMonths?: number | undefined;
  /** Whether the ledger accepts no write, because its file is read-only; default: `false`. */
  readonly isReadOnly?: boolean | undefined;
  /** The person records kept next to the cards. */
  readonly personRecords: PersonRecords;
  /**
   * Writes a batch, without the cards and accesses of the `owners` whose processing is restricted.
   * Resolves when the rest is durable, as far as the store can promise it, with the restricted
   * owners: none if a spool keeps the batch for later.
   */
  write(batch: Batch): Promise<readonly string[]>;
  /** Returns the existing cards for the given keys. */
  cards(keys: readonly CardKey[]): Promise<Card[]>;
  /**
   * Returns the single accesses for the given keys, ordered by time. Empty if only days are kept.
   */
  accesses(keys: readonly CardKey[]): Promise<Access[]>;
  /**
   * Removes cards and accesses permanently and leaves tombstones. Resolves with the number of cards
   * removed.
   * @param through UTC day up to and including which data is erased.
   */
  erase(keys: readonly CardKey[], through: string): Promise<number>;
  /**
   * Clears single bits of a card, and the accesses under them, permanently. A bit that was proven
   * wrong does not come back.
   */
  clear(key: CardKey, bits: DayBits): Promise<void>;
  /**
   * Restores tombstones that the store may have lost with a restored backup, and applies them to
   * the stored data.
   * @param pseudonyms the erased pseudonyms of the person records, if they are known; default: the
   *   person records are searched for them, whose cost grows with their number
   */
  restoreTombstones(
    tombstones: readonly Tombstone[],
    pseudonyms?: readonly string[],
  ): Promise<void>;
  /** Returns every tombstone. Its cost grows with the number of erasures. */
  tombstones(): Promise<Tombstone[]>;
  /**
   * Returns some of the tombstones.
   * @param cursor Empty for the first page, then `next` of the page before; `next` is empty at the
   *   end.
   */
  tombstonePage(cursor: string, limit: number): Promise<TombstonePage>;
  /**
   * Returns the position in the keyring up to which all its tombstones have been restored in this
   * ledger, or an empty text if none is stored. It is a part of the ledger, so that a restored
   * backup has the position of its own time.
   */
  tombstonePosition(): Promise<string>;
  /** Stores the position in the keyring up to which all its tombstones have been restored. */
  setTombstonePosition(position: string): Promise<void>;
  /**
   * Removes cards, accesses and tombstones of the months before `month`.
   * @param records days before which counts, editions and runs are removed too; default: they stay.
   *   The newest day with an edition stays, because a clock is compared with it; so does what
   *   {@link purgedBefore} returns, because a restored keyring is compared with it.
   */
  purgeBefore(
    month: string,
    records?: RecordsBefore,
  ): Promise<{ readonly cards: number; readonly accesses: number }>;
  /**
   * Removes accesses before a time, in seconds since 1970. Resolves with the number of accesses
   * removed.
   */
  purgeAccesses(before: number): Promise<number>;
  /**
   * Returns the number of cards of each month, ordered by month. Months without a card are left
   * out.
   */
  months(): Promise<MonthCount[]>;
  /** Returns the counts summed over writers, by day and reason, from `from` to `to` inclusive. */
  tally(
    from: string,
    to: string,
  ): Promise<{ readonly day: string; readonly reason: string; readonly count: number }[]>;
  /** Returns table editions by day, from `from` to `to` inclusive. */
  editions(from: string, to: string): Promise<EditionDay[]>;
  /** Records a retention run or an operator action. */
  recordRun(run: Run): Promise<void>;
  /** Returns the recorded runs in order. */
  runs(): Promise<Run[]>;
  /**
   * Returns the month before which the runs destroyed keys or purged, or an empty text: what
   * {@link runs} says of it, without reading them.
   */
  purgedBefore(): Promise<string>;
  /** Returns the stored check values, by the name of the key. */
  keyChecks(): Promise<Readonly<Record<string, string>>>;
  /** Stores check values. A key that has one keeps it. */
  addKeyChecks(checks: Readonly<Record<string, string>>): Promise<void>;
  /** Returns the problems of the store; empty if it is sound. Slow. */
  verify(): Promise<Finding[]>;
  /**
   * Returns one piece of all cards and accesses; the last piece contains the tally and the
   * editions. Rows written during the scan may be missed, and a row may appear twice.
   * @param cursor Empty for the first piece, then `next` of the piece before; `next` is empty at
   *   the end.
   * @param limit Number of rows to read at once.
   */
  scan(cursor: string, limit: number): Promise<Piece>;
  /**
   * Returns the space of removed rows to the file system, in short steps between which others
   * write. Only where the store does not do it by itself.
   */
  shrink?(options?: ShrinkOptions): Promise<void>;
  /** Returns the number of batches that wait in the spool, if there is one. */
  spooled?(): number;
  /** Returns what waits in the spool in bytes, if there is one. */
  spoolSize?(): SpoolSize;
  /**
   * Closes files and connections; safe to call twice. Later calls reject with `ERR_LEDGER_CLOSED`.
   */
  close(): Promise<void>;
}

export interface ShrinkOptions {
  /**
   * Rewrites a file that an earlier version created, once and as a whole, because it cannot shrink
   * otherwise. Other writers wait meanwhile. Default: `false`.
   */
  readonly rewrites?: boolean | undefined;
}

/** UTC days before which rows without personal data are removed. */
export interface RecordsBefore {
  /** For the decisions counted by reason, and the table editions. */
  readonly counts: string;
  /** For the runs of retention and of erasure. */
  readonly runs: string;
}

/** One piece of all tombstones. */
export interface TombstonePage {
  readonly tombstones: readonly Tombstone[];
  /** Where the next piece begins; empty at the end. */
  readonly next: string;
}

export interface Piece {
  readonly batch: Batch;
  readonly next: string;
}

/** Returns the digest of a pseudonym that a tombstone stores. */
export const digestOf = (pseudonym: string): string =>
  createHash('sha256')
    .update('laissez-passer mark\0')
    .update(Buffer.from(pseudonym, 'hex'))
    .digest('hex');
