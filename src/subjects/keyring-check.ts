/**
 * Checks that a keyring belongs to a ledger. Under a wrong keyring no one is found, every
 * subscriber looks like a stranger, and what is written cannot be read again.
 */

import { type PortabilityError, portabilityError } from '../errors.ts';
import { type Keyring, LASTING_KEYS, nameOf } from '../keys/keyring.ts';
import type { Ledger } from '../ledger/ledger.ts';
import * as SUBJECTS from '../messages/subjects.ts';
import { isJournalSealedBy } from './journal.ts';

/** Returns the names of the keys whose check value differs from the one in the ledger. */
export async function foreignKeys(
  ledger: Ledger,
  keyring: Keyring,
  months: readonly string[] = [],
): Promise<string[]> {
  const stored = await ledger.keyChecks();
  return [...LASTING_KEYS, ...months.map(nameOf)].filter(name => {
    const own = keyring.checkValue(name);
    return own !== undefined && stored[name] !== undefined && stored[name] !== own;
  });
}

/** The SQLSTATE of PostgreSQL for a role that may not read a table. */
const NO_RIGHT = '42501';

/** Whether the ledger has a journal. A gateway's role cannot see it: then the rest decides. */
async function hasJournal({ personRecords }: Ledger): Promise<boolean> {
  try {
    return (await personRecords.journalHead()) !== undefined;
  } catch (error) {
    if ((error as PortabilityError).system === NO_RIGHT) return false;
    throw error;
  }
}

/**
 * Whether the ledger shows that the keyring is the right one, although it has no check values: it
 * is empty, or its journal is sealed with the key of this keyring. In doubt it is not.
 */
async function isProven(ledger: Ledger, keyring: Keyring): Promise<boolean> {
  if (await hasJournal(ledger)) return isJournalSealedBy(ledger.personRecords, keyring);
  const [dossier] = await ledger.personRecords.dossiersAfter('', 1);
  return dossier === undefined && (await ledger.months()).length === 0;
}

/**
 * Refuses a keyring that does not belong to the ledger, before anything is read or written with it.
 * A ledger without check values receives them as soon as it proves the keyring right. The key of a
 * month receives its value when it is first used.
 * @param months months whose keys are loaded
 * @throws PortabilityError `ERR_KEYRING_MISMATCH`
 */
export async function checkKeyring(
  ledger: Ledger,
  keyring: Keyring,
  months: readonly string[] = [],
): Promise<void> {
  const refuse = async (): Promise<void> => {
    const names = await foreignKeys(ledger, keyring, months);
    if (names.length > 0)
      throw portabilityError(SUBJECTS.keyringMismatch, {}, { names: names.join(', ') });
  };
  await refuse();
  const stored = await ledger.keyChecks();
  const isKnown = LASTING_KEYS.every(name => stored[name] !== undefined);
  if (!isKnown && !(await isProven(ledger, keyring))) return;
  const names = [...LASTING_KEYS, ...months.map(nameOf)];
  const added = names.flatMap(name => {
    const value = stored[name] === undefined ? keyring.checkValue(name) : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  if (added.length === 0) return;
  await ledger.addKeyChecks(Object.fromEntries(added));
  // Another process may have been faster, with another keyring: then its values are in the ledger.
  await refuse();
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
  if (keyring.listsMonths !== true) return;
  const stored = await ledger.keyChecks();
  const present = new Set((await keyring.months()).map(({ month }) => month));
  const lost = months.filter(month => stored[nameOf(month)] !== undefined && !present.has(month));
  if (lost.length > 0)
    throw portabilityError(SUBJECTS.keyringOlder, {}, { months: lost.join(', ') });
}
