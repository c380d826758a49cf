/**
 * Brings the erasures of a ledger and of its keyring to the same state, after one of them was
 * restored from a backup. The ledger stores up to which position of the keyring it has all
 * tombstones, so that only later ones are read: a restored ledger has an older position.
 */

import type { Keyring } from '../keys/keyring.ts';
import type { Ledger, Tombstone } from '../ledger/ledger.ts';
import {
  isTombstoneExpired,
  mergeTombstones,
  missingFrom,
  tombstoneKey,
  tombstonePages,
} from '../ledger/tombstones.ts';
import { lacksRight } from './keyring-check.ts';

const withoutRight =
  <Result>(instead: Result) =>
  (error: unknown): Result => {
    if (lacksRight(error)) return instead;
    throw error;
  };

/** A role that may not read the position reads all tombstones. */
const positionIn = (ledger: Ledger): Promise<string> =>
  ledger.tombstonePosition().catch(withoutRight(''));

/**
 * Restores in the ledger the tombstones of the keyring that are still in force. For a gate: its
 * role may read only, and its clock may be wrong, so that the position stays.
 * @param before the tombstones that expire before this month are left out
 */
export async function restoreInForce(
  ledger: Ledger,
  keyring: Keyring,
  before: string,
): Promise<void> {
  const { pieces } = await keyring.tombstonesAfter(await positionIn(ledger));
  for await (const { tombstones } of pieces) {
    const inForce = tombstones.filter(tombstone => !isTombstoneExpired(tombstone, before));
    if (inForce.length > 0) await ledger.restoreTombstones(inForce);
  }
}

/**
 * Stores next to the keys what the ledger has and the keyring lacks, because the keyring was
 * restored from an older backup. The tombstones of destroyed months are not needed any more.
 */
async function returnTombstones(
  ledger: Ledger,
  keyring: Keyring,
  known: ReadonlyMap<string, Tombstone>,
): Promise<void> {
  const states = new Map((await keyring.months()).map(({ month, state }) => [month, state]));
  for await (const tombstones of tombstonePages(ledger)) {
    const needed = tombstones.filter(({ month }) => states.get(month) !== 'destroyed');
    const missing = missingFrom(known, needed);
    if (missing.length > 0) await keyring.addTombstones(missing).catch(withoutRight(undefined));
  }
}

/**
 * Restores in the ledger the tombstones of the keyring, and notes that they are there. If the
 * ledger has no position, or one that the keyring does not know, the two are compared as a whole,
 * piece by piece, and the keyring receives what it lacks.
 */
async function restoreAll(ledger: Ledger, keyring: Keyring): Promise<void> {
  const before = await positionIn(ledger);
  const { isUnknown, pieces } = await keyring.tombstonesAfter(before);
  const isWhole = isUnknown || before === '';
  const known = new Map<string, Tombstone>();
  let position = isUnknown ? '' : before;
  for await (const piece of pieces) {
    await ledger.restoreTombstones(piece.tombstones);
    ({ position } = piece);
    if (!isWhole) continue;
    for (const each of piece.tombstones)
      known.set(tombstoneKey(each), mergeTombstones(known.get(tombstoneKey(each)), each));
  }
  if (isWhole) await returnTombstones(ledger, keyring, known);
  if (position !== before)
    await ledger.setTombstonePosition(position).catch(withoutRight(undefined));
}

/** The last of the operations on each ledger that restore or add tombstones. */
const operations = new WeakMap<Ledger, Promise<unknown>>();

/**
 * Runs an operation after those of this process that were started before it on the same ledger.
 * One would otherwise find in the keyring what another has not applied yet, search the whole ledger
 * for it, and leave the other nothing to count.
 */
function inTurn<Result>(ledger: Ledger, run: () => Promise<Result>): Promise<Result> {
  const operation = (operations.get(ledger) ?? Promise.resolve()).then(run, run);
  operations.set(ledger, operation);
  return operation;
}

/** Restores, after the erasures that already run, what the ledger or the keyring lacks. */
export const restoreErasures = (ledger: Ledger, keyring: Keyring): Promise<void> =>
  inTurn(ledger, () => restoreAll(ledger, keyring));

/**
 * Runs an operation that adds tombstones to both, then moves the position of the ledger past them:
 * a backup of the keyring from before does not know this position, and receives them when it is
 * restored. Reads the tombstones of this operation only. Without a position nothing is read: then
 * the next opening compares both as a whole.
 */
export const whileErasing = <Result>(
  ledger: Ledger,
  keyring: Keyring,
  work: () => Promise<Result>,
): Promise<Result> =>
  inTurn(ledger, async () => {
    const result = await work();
    if ((await positionIn(ledger)) !== '') await restoreAll(ledger, keyring);
    return result;
  });
