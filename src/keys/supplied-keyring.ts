/** Builds a keyring on top of the secret manager of the operator. */
import { PortabilityError } from '../errors.ts';
import type { Mark } from '../ledger/ledger.ts';
import {
  checkDestroy,
  checkMonth,
  destroyedError,
  KEY_BYTES,
  type Keyring,
  LASTING_KEYS,
  nameOf,
  pseudonymsFrom,
} from './keyring.ts';

/** What an operator's secret manager is asked for: the key of a name such as `register` or `card-2026-11`, the same at every call. */
export interface KeySupply {
  /** 32 bytes or more; `undefined` where the key was destroyed. */
  key(name: string): Promise<Uint8Array | undefined>;
  /** Destroys a key for good; resolves when it is gone. Needs `months`. Without it the operator destroys keys by other means, and no purge says it did. */
  readonly destroy?: ((name: string) => Promise<void>) | undefined;
  /** The months whose cards still have a key. */
  readonly months?: (() => Promise<readonly string[]>) | undefined;
  /** Keeps tombstones apart from the ledger, so that they outlive a ledger restored from a backup. */
  readonly addMarks?: ((marks: readonly Mark[]) => Promise<void>) | undefined;
  /** Tombstones that were kept, all of them. */
  readonly marks?: (() => Promise<readonly Mark[]>) | undefined;
}

/**
 * A keyring over an operator's own secret manager. Unless it keeps tombstones too, they are in the ledger alone.
 * @throws PortabilityError `ERR_KEYRING_KEY` on a key that is none, `ERR_ARGUMENT` where keys can be destroyed and not listed
 */
export async function openSuppliedKeyring(supply: KeySupply): Promise<Keyring> {
  if (supply.destroy !== undefined && supply.months === undefined)
    throw new PortabilityError('ERR_ARGUMENT', 'a supply that destroys keys lists their months too');
  const keys = new Map<string, Buffer>();
  const fetchKey = async (name: string): Promise<void> => {
    const key = await supply.key(name);
    if (key === undefined && (LASTING_KEYS as readonly string[]).includes(name))
      throw new PortabilityError('ERR_KEYRING_KEY', `a keyring needs the keys ${LASTING_KEYS.join(', ')}`);
    if (key === undefined) throw destroyedError();
    if (!(key instanceof Uint8Array) || key.length < KEY_BYTES)
      throw new PortabilityError('ERR_KEYRING_KEY', 'a key has at least 32 bytes');
    keys.set(name, Buffer.from(key));
  };
  const held = async (): Promise<string[]> => {
    const inMemory = [...keys.keys()].filter(name => name.startsWith('card-')).map(name => name.slice(5));
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
    addMarks: async marks => supply.addMarks?.(marks),
    marks: async () => [...((await supply.marks?.()) ?? [])],
  };
}
