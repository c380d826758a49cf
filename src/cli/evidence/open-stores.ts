/** Opens the ledger and the keyring that a command line names, and closes them after the work. */

import { systemClock } from '../../clock.ts';
import {
  type EvidenceLocations,
  type KeyringLocation,
  type LedgerAccess,
  type LedgerLocation,
  openKeyringAt,
  openLedgerAt,
} from '../../config/locations.ts';
import { namedLater } from '../../config/option-at-fault.ts';
import { dayOf } from '../../days.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { checkKeyring, isMismatch, proofOf } from '../../subjects/keyring-check.ts';
import { restoreErasures } from '../../subjects/restore-erasures.ts';
import { destroyAgain } from '../../subjects/retention.ts';
import { megabytes, type Terminal } from '../terminal.ts';

/**
 * How a command that only reads opens its ledger: it may be read-only, and the user is told of the
 * private copy by which it is read.
 */
export const readingWith = ({ note, say, language }: Terminal): LedgerAccess => ({
  acceptReadOnly: true,
  onCopy: ({ bytes, folder }) =>
    note(say('readsCopy', { size: megabytes(bytes, language), folder })),
});

/** Opens only a ledger, for operations that do not concern a person, and always closes it. */
export async function withLedger<T>(
  place: LedgerLocation,
  work: (ledger: Ledger) => Promise<T>,
  access: LedgerAccess = {},
  option = '--ledger',
): Promise<T> {
  const ledger = await openLedgerAt(place, access, option);
  return work(ledger).finally(ledger.close);
}

/** Opens only a keyring and always closes it. */
export async function withKeyring<T>(
  place: KeyringLocation,
  work: (keyring: Keyring) => Promise<T>,
  create = false,
): Promise<T> {
  const keyring = await openKeyringAt(place, create);
  return work(keyring).finally(keyring.close);
}

/**
 * Brings a ledger and a keyring to the same state, if one of them was restored from a backup.
 * Nothing is written under a keyring that nothing proves, nor for a ledger that is read-only: that
 * one is only compared.
 */
async function settleRestored(ledger: Ledger, keyring: Keyring): Promise<void> {
  if (ledger.isReadOnly === true) {
    await proofOf(ledger, keyring);
    return;
  }
  if (!(await checkKeyring(ledger, keyring))) return;
  await restoreErasures(ledger, keyring);
  await destroyAgain(ledger, keyring, dayOf(systemClock()));
}

/**
 * Opens both, refuses a keyring that does not belong to the ledger, restores the tombstones that
 * the keyring keeps for the ledger, and destroys again the keys that the ledger has on record as
 * destroyed.
 * @param reportsKeyring `work` reports a wrong keyring itself; default: `false`.
 * @param access how the ledger is opened; default: it must be writable.
 */
export const withEvidence = <T>(
  places: EvidenceLocations,
  work: (ledger: Ledger, keyring: Keyring) => Promise<T>,
  {
    reportsKeyring = false,
    access,
  }: { readonly reportsKeyring?: boolean; readonly access?: LedgerAccess | undefined } = {},
): Promise<T> =>
  withKeyring(places, keyring => {
    const settled = async (ledger: Ledger): Promise<T> => {
      await namedLater({ option: '--keyring' }, () => settleRestored(ledger, keyring)).catch(
        error => (reportsKeyring && isMismatch(error) ? undefined : Promise.reject(error)),
      );
      return work(ledger, keyring);
    };
    return withLedger(places, settled, access);
  });
