/**
 * Checks that a keyring belongs to a ledger. Under a wrong keyring no one is found, every
 * subscriber looks like a stranger, and what is written cannot be read again.
 */

import { PortabilityError, portabilityError } from '../errors.ts';
import { type Keyring, LASTING_KEYS, nameOf } from '../keys/keyring.ts';
import { digestOf, type Ledger, type Tombstone } from '../ledger/ledger.ts';
import { tombstoneKey, tombstonePages } from '../ledger/tombstones.ts';
import * as SUBJECTS from '../messages/subjects.ts';
import { isJournalSealedBy } from './journal.ts';

/** Returns the names of the keys whose check value differs from the one in the ledger. */
export async function foreignKeys(
  ledger: Ledger,
  keyring: Pick<Keyring, 'checkValue'>,
  months: readonly string[] = [],
): Promise<string[]> {
  const stored = await ledger.keyChecks();
  return [...LASTING_KEYS, ...months.map(nameOf)].filter(name => {
    const own = keyring.checkValue(name);
    return own !== undefined && stored[name] !== undefined && stored[name] !== own;
  });
}

async function refuseForeign(
  ledger: Ledger,
  keyring: Keyring,
  months: readonly string[],
): Promise<void> {
  const names = await foreignKeys(ledger, keyring, months);
  if (names.length > 0)
    throw portabilityError(SUBJECTS.keyringMismatch, {}, { names: names.join(', ') });
}

/** The SQLSTATE of PostgreSQL for a role that may not read a table. */
const NO_RIGHT = '42501';

/** Whether an error says that the role of the database may not do this. */
export const lacksRight = (error: unknown): boolean =>
  error instanceof PortabilityError && error.system === NO_RIGHT;

/** Whether the ledger has a journal. A gateway's role cannot see it: then the rest decides. */
async function hasJournal({ personRecords }: Ledger): Promise<boolean> {
  try {
    return (await personRecords.journalHead()) !== undefined;
  } catch (error) {
    if (lacksRight(error)) return false;
    throw error;
  }
}

/** Cards and dossiers that are read at once, and how many reads of cards there are at most. */
const PIECE = 2000;
const MOST_PIECES = 500;

/**
 * Whether a card or a dossier is under a pseudonym with one of the digests. Reads a million cards
 * at most: in doubt it finds nothing.
 */
async function hasRowOf(ledger: Ledger, digests: ReadonlySet<string>): Promise<boolean> {
  const isOurs = ({ pseudonym }: { readonly pseudonym: string }): boolean =>
    digests.has(digestOf(pseudonym));
  let cursor = '';
  for (let pieces = 0; pieces < MOST_PIECES; pieces++) {
    const { batch, next } = await ledger.scan(cursor, PIECE);
    if (batch.cards.some(isOurs)) return true;
    if (next === '' || batch.cards.length === 0) break;
    cursor = next;
  }
  for (let after = ''; ; ) {
    const rows = await ledger.personRecords.dossiersAfter(after, PIECE);
    if (rows.some(isOurs)) return true;
    if (rows.length < PIECE) return false;
    after = rows.at(-1)!.pseudonym;
  }
}

/** Whether the ledger has a tombstone that fulfils a condition. */
async function hasTombstone(
  ledger: Ledger,
  isWanted: (tombstone: Tombstone) => boolean,
): Promise<boolean> {
  for await (const tombstones of tombstonePages(ledger)) if (tombstones.some(isWanted)) return true;
  return false;
}

/**
 * Whether a tombstone next to the keys finds something in the ledger: the same tombstone, or, in a
 * ledger that was restored from a backup, a row of the erased person. Nothing is copied from an
 * unproven keyring to the ledger, so it is not its own tombstone that it finds.
 */
async function findsErasure(ledger: Ledger, keyring: Keyring): Promise<boolean> {
  const own = await keyring.tombstones();
  if (own.length === 0) return false;
  const keys = new Set(own.map(tombstoneKey));
  return (
    (await hasTombstone(ledger, tombstone => keys.has(tombstoneKey(tombstone)))) ||
    hasRowOf(ledger, new Set(own.map(({ digest }) => digest)))
  );
}

async function isEmpty(ledger: Ledger): Promise<boolean> {
  const [dossier] = await ledger.personRecords.dossiersAfter('', 1);
  return (
    dossier === undefined &&
    (await ledger.months()).length === 0 &&
    (await ledger.tombstonePage('', 1)).tombstones.length === 0
  );
}

/**
 * Whether the ledger shows that the keyring is the right one, although it has no check values: it
 * is empty, its journal is sealed with the key of this keyring, or an erasure next to the keys is
 * found in it.
 * A journal decides alone. In doubt it is not.
 */
async function isProven(ledger: Ledger, keyring: Keyring): Promise<boolean> {
  if (await hasJournal(ledger)) return isJournalSealedBy(ledger.personRecords, keyring);
  return (await isEmpty(ledger)) || findsErasure(ledger, keyring);
}

/** The months whose card of a person can be found, with their keys loaded. */
async function monthsToSearch(ledger: Ledger, keyring: Keyring): Promise<string[]> {
  const months =
    keyring.listsMonths === true
      ? (await keyring.months()).filter(({ state }) => state === 'held')
      : await ledger.months();
  const loaded: string[] = [];
  for (const { month } of months) {
    try {
      await keyring.ensureMonth(month);
      loaded.push(month);
    } catch (error) {
      if ((error as PortabilityError).code !== 'ERR_KEYRING_DESTROYED') throw error;
    }
  }
  return loaded;
}

/** What the role of a gateway may read about a person. */
const READABLE = ['dossiers', 'restrictions', 'exceptions'] as const;

/**
 * Whether a row is found under a pseudonym of the subscriber: a dossier, restriction, exception,
 * card or tombstone. A row that is found proves the keyring, because no one can guess a pseudonym
 * of 128 bits.
 */
async function isOnRecord(ledger: Ledger, keyring: Keyring, subscriber: string): Promise<boolean> {
  const pseudonym = keyring.personPseudonym(subscriber);
  for (const table of READABLE)
    if ((await ledger.personRecords.read(table, { pseudonym })).length > 0) return true;
  const keys = (await monthsToSearch(ledger, keyring)).map(month => ({
    month,
    pseudonym: keyring.cardPseudonym(subscriber, month)!,
  }));
  if ((await ledger.cards(keys)).length > 0) return true;
  const digests = new Set(
    [pseudonym, keyring.holdPseudonym(subscriber), ...keys.map(key => key.pseudonym)].map(digestOf),
  );
  return hasTombstone(ledger, ({ digest }) => digests.has(digest));
}

/**
 * Refuses a keyring that has no key for a month of which the ledger holds cards: it is a new one,
 * another one, or an old backup.
 */
async function checkCardMonths(ledger: Ledger, keyring: Keyring): Promise<void> {
  if (keyring.listsMonths !== true) return;
  const present = new Set((await keyring.months()).map(({ month }) => month));
  const lost = (await ledger.months()).filter(({ month }) => !present.has(month));
  if (lost.length === 0) return;
  const months = lost.map(({ month }) => month).join(', ');
  throw portabilityError(SUBJECTS.keyringOlder, {}, { months });
}

const isKnown = (stored: Readonly<Record<string, string>>): boolean =>
  LASTING_KEYS.every(name => stored[name] !== undefined);

/** Stores the check values that the ledger lacks, and refuses if another keyring was faster. */
async function storeChecks(
  ledger: Ledger,
  keyring: Keyring,
  months: readonly string[],
  wasKnown = false,
): Promise<void> {
  const stored = await ledger.keyChecks();
  const added = [...LASTING_KEYS, ...months.map(nameOf)].flatMap(name => {
    const value = stored[name] === undefined ? keyring.checkValue(name) : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  if (wasKnown && added.length === 0) return;
  await ledger.addKeyChecks(Object.fromEntries(added));
  await refuseForeign(ledger, keyring, months);
}

/**
 * What a ledger says about a keyring: `known` by its check values, `proven` by its content, or
 * `unproven`. Writes nothing.
 * @throws PortabilityError `ERR_KEYRING_MISMATCH` if it is a wrong keyring
 */
export async function proofOf(
  ledger: Ledger,
  keyring: Keyring,
  months: readonly string[] = [],
): Promise<'known' | 'proven' | 'unproven'> {
  await refuseForeign(ledger, keyring, months);
  if (isKnown(await ledger.keyChecks())) return 'known';
  await checkCardMonths(ledger, keyring);
  return (await isProven(ledger, keyring)) ? 'proven' : 'unproven';
}

/**
 * Refuses a keyring that does not belong to the ledger, before anything is read or written with it.
 * A ledger without check values receives them as soon as it proves the keyring right. The key of a
 * month receives its value when it is first used. Resolves with `false` if nothing proves the
 * keyring: then nothing may be written under it.
 * @param months months whose keys are loaded
 * @throws PortabilityError `ERR_KEYRING_MISMATCH`
 */
export async function checkKeyring(
  ledger: Ledger,
  keyring: Keyring,
  months: readonly string[] = [],
): Promise<boolean> {
  const proof = await proofOf(ledger, keyring, months);
  if (proof === 'unproven') return false;
  await storeChecks(ledger, keyring, months, proof === 'known');
  return true;
}

/**
 * Proves a keyring by a row of a subscriber, and stores its check values. For a ledger without
 * check values that proves nothing by itself; a journal that contradicts the keyring is not
 * outweighed. Resolves with `false` if nothing is found.
 * @throws PortabilityError `ERR_KEYRING_MISMATCH`
 */
export async function proveBySubscriber(
  ledger: Ledger,
  keyring: Keyring,
  subscriber: string,
): Promise<boolean> {
  await refuseForeign(ledger, keyring, []);
  if (isKnown(await ledger.keyChecks())) return true;
  if ((await hasJournal(ledger)) || !(await isOnRecord(ledger, keyring, subscriber))) return false;
  await storeChecks(ledger, keyring, []);
  return true;
}

/**
 * Refuses a keyring that is wrong, and one that neither the ledger nor a row of the subscriber
 * proves.
 * @throws PortabilityError `ERR_KEYRING_MISMATCH`, `ERR_KEYRING_UNPROVEN`
 */
export async function requireKeyring(
  ledger: Ledger,
  keyring: Keyring,
  subscriber?: string,
): Promise<void> {
  if (await checkKeyring(ledger, keyring)) return;
  if (subscriber !== undefined && (await proveBySubscriber(ledger, keyring, subscriber))) return;
  throw portabilityError(SUBJECTS.keyringUnproven);
}

/**
 * Stores the check values of a keyring that the operator vouches for, although nothing proves it.
 * @throws PortabilityError `ERR_KEYRING_MISMATCH` if the ledger has the values of another keyring
 */
export async function acceptKeyring(ledger: Ledger, keyring: Keyring): Promise<void> {
  await refuseForeign(ledger, keyring, []);
  await storeChecks(ledger, keyring, []);
}

/**
 * Refuses a keyring that lacks the key of a month which the ledger knows, before a new key is made
 * for it: the keyring was restored from a backup that is older than the ledger.
 * @throws PortabilityError `ERR_KEYRING_MISMATCH`
 */
export async function checkMonths(
  ledger: Ledger,
  keyring: Keyring,
  months: readonly string[],
): Promise<void> {
  const lost = await lostMonths(ledger, keyring, months);
  if (lost.length > 0)
    throw portabilityError(SUBJECTS.keyringOlder, {}, { months: lost.join(', ') });
}

/** Returns those of the months whose key the ledger knows and the keyring lacks. */
export async function lostMonths(
  ledger: Ledger,
  keyring: Keyring,
  months: readonly string[],
): Promise<string[]> {
  if (keyring.listsMonths !== true) return [];
  const stored = await ledger.keyChecks();
  const present = new Set((await keyring.months()).map(({ month }) => month));
  return months.filter(month => stored[nameOf(month)] !== undefined && !present.has(month));
}

/** Whether an error says that a keyring is a wrong one. */
export const isMismatch = (error: unknown): boolean =>
  (error as PortabilityError).code === 'ERR_KEYRING_MISMATCH';

/**
 * Follows for one gate whether the keys in memory belong to the ledger. As long as nothing proves
 * them, nothing is recorded and no standing is read from a row that is missing.
 */
export class KeyringGuard {
  private readonly ledger: Ledger;
  private readonly keyring: Keyring;
  private state: 'proven' | 'unproven' | 'mismatch' = 'unproven';
  private proving: Promise<void> | undefined;
  private onProven = (): void => {};

  constructor(ledger: Ledger, keyring: Keyring) {
    this.ledger = ledger;
    this.keyring = keyring;
  }

  /** Whether the ledger or a row of a subscriber has proven the keys. */
  get isProven(): boolean {
    return this.state === 'proven';
  }

  /** Whether the keys are those of another keyring. */
  get isWrong(): boolean {
    return this.state === 'mismatch';
  }

  /** Calls a function when the keys are proven after the gate was opened. */
  whenProven(call: () => void): void {
    this.onProven = call;
  }

  /**
   * Compares the keys with the ledger, as {@link checkKeyring} does.
   * @throws PortabilityError `ERR_KEYRING_MISMATCH`
   */
  check(months: readonly string[] = []): Promise<boolean> {
    return this.following(checkKeyring(this.ledger, this.keyring, months));
  }

  /** Tries to prove the keys by a subscriber, one at a time and in the background. */
  tryProof(subscriber: string): void {
    if (this.state !== 'unproven') return;
    this.proving ??= this.require(subscriber)
      .catch(() => undefined)
      .finally(() => {
        this.proving = undefined;
      });
  }

  /**
   * Resolves if the keys are proven, if need be by this subscriber.
   * @throws PortabilityError `ERR_KEYRING_MISMATCH`, `ERR_KEYRING_UNPROVEN`
   */
  async require(subscriber: string): Promise<void> {
    if (this.state === 'proven') return;
    if (this.state === 'mismatch') return refuseForeign(this.ledger, this.keyring, []);
    if (await this.following(proveBySubscriber(this.ledger, this.keyring, subscriber))) return;
    throw portabilityError(SUBJECTS.keyringUnproven);
  }

  private async following(outcome: Promise<boolean>): Promise<boolean> {
    const before = this.state;
    try {
      this.state = (await outcome) ? 'proven' : 'unproven';
    } catch (error) {
      if (isMismatch(error)) this.state = 'mismatch';
      throw error;
    }
    if (before === 'unproven' && this.state === 'proven') this.onProven();
    return this.isProven;
  }
}
