/**
 * Defines the keyring interface, which turns subscribers into pseudonyms by month and by purpose.
 */
import { createHmac } from 'node:crypto';
import { isMonth } from '../days.ts';
import { PortabilityError } from '../errors.ts';
import type { Mark } from '../ledger/ledger.ts';

export const KEY_BYTES = 32;
const PSEUDONYM_BYTES = 16;

/** Keys that outlive the months. */
export const LASTING_KEYS = ['register', 'hold', 'journal'] as const;

/** What is known of a month's key. */
export interface MonthKey {
  readonly month: string;
  readonly state: 'held' | 'destroyed';
  /** UTC day of the destruction. */
  readonly destroyed?: string;
}

/**
 * Keys and what is done with them; the keys themselves do not leave it. A pseudonym is HMAC-SHA-256 of the subscriber, cut to 128 bits,
 * domain-separated by purpose: personal data as long as its key exists.
 */
export interface Keyring {
  /** The pseudonym of a subscriber's card, 32 hexadecimal digits; `undefined` where the month's key is not in memory. Never waits. */
  cardPseudonym(subscriber: string, month: string): string | undefined;
  /** The pseudonym under which register, marks and requests are kept: the same in every month. */
  registerPseudonym(subscriber: string): string;
  /** The pseudonym under which cards are set apart by a restriction or a legal hold, so that the key of their month can go on time. */
  holdPseudonym(subscriber: string): string;
  /** The pseudonym of the person in the journal. */
  journalPseudonym(subscriber: string): string;
  /** A seal on the journal's text that nobody can make who has the ledger alone: 64 hexadecimal digits. */
  sealJournal(text: string): string;
  /** Brings the month's key into memory, creating it durably where there is none. Refuses a month whose key was destroyed. */
  ensureMonth(month: string): Promise<void>;
  /** Whether {@link months} names every month that has a key; where it does not, the ledger's months are asked for too. */
  readonly listsMonths?: boolean;
  /** Every month that has or had a key, in order; read anew. */
  months(): Promise<MonthKey[]>;
  /** Destroys the keys of the months before `month`, durably; answers which. The register key is never among them. */
  destroyBefore(month: string, on: string): Promise<string[]>;
  /** Tombstones, kept beside the keys since a keyring is not in the ledger's backup; those of destroyed months go with the key. */
  addMarks(marks: readonly Mark[]): Promise<void>;
  /** Tombstones that lie beside the keys, so that a restored ledger can not lose them. */
  marks(): Promise<Mark[]>;
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
  'cardPseudonym' | 'registerPseudonym' | 'holdPseudonym' | 'journalPseudonym' | 'sealJournal'
>;

/** Pseudonyms from keys in memory. */
export const pseudonymsFrom = (keys: ReadonlyMap<string, Buffer>): Pseudonyms => ({
  cardPseudonym: (subscriber, month) => {
    const key = keys.get(nameOf(month));
    return key === undefined ? undefined : pseudonym(key, `card ${month}`, subscriber);
  },
  registerPseudonym: subscriber => pseudonym(keys.get('register')!, 'register', subscriber),
  holdPseudonym: subscriber => pseudonym(keys.get('hold')!, 'hold', subscriber),
  journalPseudonym: subscriber => pseudonym(keys.get('journal')!, 'journal', subscriber),
  sealJournal: text =>
    createHmac('sha256', keys.get('journal')!).update('laissez-passer seal\0').update(text).digest('hex'),
});

export function checkMonth(month: string): void {
  if (!isMonth(month)) throw new PortabilityError('ERR_DAY', 'a month is written YYYY-MM');
}

/** The keys of the present month and of those to come are in use. */
export function checkDestroy(month: string, on: string): void {
  checkMonth(month);
  if (month > on.slice(0, 7))
    throw new PortabilityError('ERR_DAY', 'the key of the present or a future month is not destroyed');
}

export const destroyedError = () =>
  new PortabilityError('ERR_KEYRING_DESTROYED', 'the key of this month was destroyed');
