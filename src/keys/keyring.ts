/**
 * Defines the keyring interface, which turns subscribers into pseudonyms by month and by purpose.
 */

import { createHmac } from 'node:crypto';
import { isMonth, monthsBefore } from '../days.ts';
import { portabilityError } from '../errors.ts';
import type { Tombstone } from '../ledger/ledger.ts';
import * as KEYS from '../messages/keys.ts';

export const KEY_BYTES = 32;
const PSEUDONYM_BYTES = 16;

/** Names of the keys that outlive the months. */
export const LASTING_KEYS = ['register', 'hold', 'journal'] as const;

/**
 * Months for which a keyring names a key that it destroyed, and the day of it: the longest
 * retention that a ledger can have. Of the months before, only the first one that it names is kept:
 * no key of an earlier month is created or taken over.
 */
export const DESTROYED_MONTHS = 120;

/**
 * Returns the month before which a keyring does not name what it destroyed, after the keys before
 * `month` were destroyed on a day.
 */
export function unnamedBefore(month: string, on: string): string {
  const oldest = monthsBefore(on.slice(0, 7), DESTROYED_MONTHS);
  return month < oldest ? month : oldest;
}

/** State of the key of one month. */
export interface MonthKey {
  readonly month: string;
  readonly state: 'held' | 'destroyed';
  /** UTC day on which the key was destroyed. */
  readonly destroyed?: string;
}

/**
 * Derives pseudonyms from keys and manages those keys; the keys themselves never leave the keyring.
 * A pseudonym is HMAC-SHA-256 of the subscriber, truncated to 128 bits and domain-separated by
 * purpose. It is personal data as long as its key exists.
 */
export interface Keyring {
  /**
   * Returns the pseudonym of a subscriber's card, 32 hexadecimal digits. Returns `undefined` if the
   * key of the month is not in memory. Never waits.
   */
  cardPseudonym(subscriber: string, month: string): string | undefined;
  /**
   * Returns the pseudonym for person records, tombstones and requests. It is the same in every
   * month.
   */
  personPseudonym(subscriber: string): string;
  /**
   * Returns the pseudonym for cards that a restriction or a legal hold sets apart, so that the key
   * of their month can be destroyed on time.
   */
  holdPseudonym(subscriber: string): string;
  /** Returns the pseudonym of the person in the journal. */
  journalPseudonym(subscriber: string): string;
  /**
   * Returns a seal of the journal text, 64 hexadecimal digits. It cannot be forged with access to
   * the ledger alone.
   */
  sealJournal(text: string): string;
  /**
   * Returns the check value of a key, 32 hexadecimal digits, by which a ledger recognises it:
   * `register`, `hold`, `journal` or `card-2026-11`. It says nothing about the key. Returns
   * `undefined` if the key is not in memory.
   */
  checkValue(name: string): string | undefined;
  /**
   * Loads the key of a month into memory. Creates it durably if it does not exist. Rejects if the
   * key of that month, or of a month ten years later, was destroyed.
   */
  ensureMonth(month: string): Promise<void>;
  /**
   * Rejects if keys cannot be stored, because the keyring is read-only. A gate calls it when it is
   * opened: it would fail otherwise at the first month without a key.
   */
  checkWritable?(): Promise<void>;
  /**
   * Whether {@link months} names every month that has a key. If not, the months of the ledger are
   * read too.
   */
  readonly listsMonths?: boolean;
  /**
   * Returns every month that has a key, or had one within the last ten years, in order. Reads the
   * stored keys on every call.
   */
  months(): Promise<MonthKey[]>;
  /**
   * Destroys the keys of the months before `month` durably and returns those months. Lasting keys
   * are never destroyed.
   * @param on UTC day of the destruction.
   */
  destroyBefore(month: string, on: string): Promise<string[]>;
  /**
   * Stores tombstones next to the keys, because a keyring is not part of the ledger's backup. The
   * tombstones of a destroyed month are removed with its key.
   */
  addTombstones(tombstones: readonly Tombstone[]): Promise<void>;
  /** Returns the tombstones stored next to the keys, so that a restored ledger cannot lose them. */
  tombstones(): Promise<Tombstone[]>;
  /**
   * Reads the tombstones that were stored after a position, in pieces: what was stored before it is
   * not read.
   * @param position Empty for all of them, or the position of a piece. If this keyring does not
   *   know it, because the keyring was restored from an older backup, all of them are read.
   */
  tombstonesAfter(position: string): Promise<TombstoneReading>;
}

/** Some of the tombstones of a keyring. */
export interface TombstonePiece {
  readonly tombstones: readonly Tombstone[];
  /** The position after these tombstones; empty if the keyring has no positions. */
  readonly position: string;
}

/** The tombstones of a keyring after a position. */
export interface TombstoneReading {
  /** Whether the position is unknown. */
  readonly isUnknown: boolean;
  readonly pieces: AsyncIterable<TombstonePiece>;
}

export const nameOf = (month: string): string => `card-${month}`;

const pseudonym = (key: Buffer, purpose: string, subscriber: string): string =>
  createHmac('sha256', key)
    .update(`laissez-passer ${purpose}\0`)
    .update(subscriber)
    .digest('hex')
    .slice(0, PSEUDONYM_BYTES * 2);

type Pseudonyms = Pick<
  Keyring,
  | 'cardPseudonym'
  | 'personPseudonym'
  | 'holdPseudonym'
  | 'journalPseudonym'
  | 'sealJournal'
  | 'checkValue'
>;

/** Derives pseudonyms from keys in memory. */
export const pseudonymsFrom = (keys: ReadonlyMap<string, Buffer>): Pseudonyms => ({
  cardPseudonym: (subscriber, month) => {
    const key = keys.get(nameOf(month));
    return key === undefined ? undefined : pseudonym(key, `card ${month}`, subscriber);
  },
  personPseudonym: subscriber => pseudonym(keys.get('register')!, 'register', subscriber),
  holdPseudonym: subscriber => pseudonym(keys.get('hold')!, 'hold', subscriber),
  journalPseudonym: subscriber => pseudonym(keys.get('journal')!, 'journal', subscriber),
  checkValue: name => {
    const key = keys.get(name);
    return key === undefined ? undefined : pseudonym(key, 'check', name);
  },
  sealJournal: text =>
    createHmac('sha256', keys.get('journal')!)
      .update('laissez-passer seal\0')
      .update(text)
      .digest('hex'),
});

export function checkMonth(month: string): void {
  if (!isMonth(month)) throw portabilityError(KEYS.monthInvalid);
}

/** Rejects the present and future months, because their keys are in use. */
export function checkDestroy(month: string, on: string): void {
  checkMonth(month);
  if (month > on.slice(0, 7)) throw portabilityError(KEYS.keyInUse);
}

export const destroyedError = () => portabilityError(KEYS.keyDestroyed);
