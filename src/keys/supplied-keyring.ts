/** Builds a keyring on top of the secret manager of the operator. */

import { setImmediate } from 'node:timers/promises';
import { portabilityError } from '../errors.ts';
import type { Tombstone } from '../ledger/ledger.ts';
import { PIECE } from '../ledger/tombstones.ts';
import * as KEYS from '../messages/keys.ts';
import {
  checkDestroy,
  checkMonth,
  destroyedError,
  KEY_BYTES,
  type Keyring,
  LASTING_KEYS,
  nameOf,
  pseudonymsFrom,
  type TombstonePiece,
} from './keyring.ts';

/**
 * What the secret manager of an operator must provide: the key for a name such as `register` or
 * `card-2026-11`, the same on every call.
 */
export interface KeySupply {
  /** Returns at least 32 bytes, or `undefined` if the key was destroyed. */
  key(name: string): Promise<Uint8Array | undefined>;
  /**
   * Destroys a key permanently and resolves when it is gone. Requires `months`. Without it the
   * operator destroys keys by other means, and no purge reports the destruction.
   */
  readonly destroy?: ((name: string) => Promise<void>) | undefined;
  /** Returns the months whose cards still have a key. */
  readonly months?: (() => Promise<readonly string[]>) | undefined;
  /**
   * Stores tombstones apart from the ledger, so that they survive when a ledger is restored from a
   * backup.
   */
  readonly addTombstones?: ((tombstones: readonly Tombstone[]) => Promise<void>) | undefined;
  /** Returns all stored tombstones. */
  readonly tombstones?: (() => Promise<readonly Tombstone[]>) | undefined;
}

/** Yields a list in pieces. A supply has no positions: all tombstones are read each time. */
async function* piecesOf(all: readonly Tombstone[]): AsyncGenerator<TombstonePiece> {
  for (let from = 0; from < all.length; from += PIECE) {
    yield { tombstones: all.slice(from, from + PIECE), position: '' };
    await setImmediate();
  }
}

/**
 * Opens a keyring backed by the operator's own secret manager. If the supply does not store
 * tombstones, only the ledger holds them.
 * @throws PortabilityError `ERR_KEYRING_KEY` if a key is missing or invalid, `ERR_ARGUMENT` if the
 *   supply can destroy keys but cannot list their months.
 */
export async function openSuppliedKeyring(supply: KeySupply): Promise<Keyring> {
  if (supply.destroy !== undefined && supply.months === undefined)
    throw portabilityError(KEYS.keySupplyMonths);
  const keys = new Map<string, Buffer>();
  const fetchKey = async (name: string): Promise<void> => {
    const key = await supply.key(name);
    if (key === undefined && (LASTING_KEYS as readonly string[]).includes(name))
      throw portabilityError(KEYS.keyMissing, {}, { names: LASTING_KEYS.join(', ') });
    if (key === undefined) throw destroyedError();
    if (!(key instanceof Uint8Array) || key.length < KEY_BYTES)
      throw portabilityError(KEYS.keyTooShort);
    keys.set(name, Buffer.from(key));
  };
  const held = async (): Promise<string[]> => {
    const inMemory = [...keys.keys()]
      .filter(name => name.startsWith('card-'))
      .map(name => name.slice(5));
    return [...new Set([...inMemory, ...((await supply.months?.()) ?? [])])].sort();
  };
  for (const name of LASTING_KEYS) await fetchKey(name);
  return {
    ...pseudonymsFrom(keys),
    listsMonths: supply.months !== undefined,
    ensureMonth: async month => {
      checkMonth(month);
      if (!keys.has(nameOf(month))) await fetchKey(nameOf(month));
    },
    months: async () => (await held()).map(month => ({ month, state: 'held' as const })),
    destroyBefore: async (month, on) => {
      checkDestroy(month, on);
      const old = (await held()).filter(each => each < month);
      for (const each of old) {
        await supply.destroy?.(nameOf(each));
        keys.delete(nameOf(each));
      }
      return supply.destroy === undefined ? [] : old;
    },
    addTombstones: async tombstones => supply.addTombstones?.(tombstones),
    tombstones: async () => [...((await supply.tombstones?.()) ?? [])],
    tombstonesAfter: async () => ({
      isUnknown: false,
      pieces: piecesOf((await supply.tombstones?.()) ?? []),
    }),
  };
}
