/** The whole content of a keyring, its two written forms, and how two contents are merged. */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { isMonth } from '../days.ts';
import { portabilityError } from '../errors.ts';
import type { Tombstone } from '../ledger/ledger.ts';
import * as KEYS from '../messages/keys.ts';
import { KEY_BYTES, type MonthKey } from './keyring.ts';
import type { Moved } from './tombstone-log.ts';

/** The keys of a keyring, in the clear: they never leave the process. */
export interface KeyringKeys {
  /** By name: `register`, `hold`, `journal`, `card-2026-11`. */
  readonly keys: Readonly<Record<string, Buffer>>;
  /** The UTC day on which the key of a month was destroyed, by month. */
  readonly destroyed: Readonly<Record<string, string>>;
  /** The keys of all months before this one are destroyed, and no longer in `destroyed`. */
  readonly destroyedBefore?: string | undefined;
}

/** Everything that a keyring stores. */
export interface KeyringContent extends KeyringKeys {
  readonly tombstones: readonly Tombstone[];
}

/** The head of a keyring file. The tombstones are in the lines after it. */
export interface KeyringHead extends KeyringKeys {
  /** Where the log of tombstones ended before its last purge, and after it. */
  readonly moved?: Moved | undefined;
  /** Tombstones of a file that an earlier version wrote: they are inside the head. */
  readonly earlier: readonly Tombstone[];
}

const NONCE = 12;
const TAG = 16;

export function checkWrap(wrap: Uint8Array): Uint8Array {
  if (wrap instanceof Uint8Array && wrap.length === KEY_BYTES) return wrap;
  throw portabilityError(KEYS.wrappingKeyLength);
}

/** Wraps a key and binds it to its name, so that a row copied over another row does not unwrap. */
export function wrapKey(wrap: Uint8Array, name: string, key: Buffer): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', wrap, nonce).setAAD(Buffer.from(name));
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
}

export function unwrapKey(wrap: Uint8Array, name: string, wrapped: Buffer): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', wrap, wrapped.subarray(0, NONCE)).setAAD(
      Buffer.from(name),
    );
    decipher.setAuthTag(wrapped.subarray(-TAG));
    return Buffer.concat([decipher.update(wrapped.subarray(NONCE, -TAG)), decipher.final()]);
  } catch {
    throw portabilityError(KEYS.wrappingKeyWrong);
  }
}

/**
 * The head of a keyring file. Format 1 has the keys in the clear, format 2 has them wrapped. An
 * earlier version wrote the tombstones as `marks`.
 */
interface KeyringFile {
  readonly format: 1 | 2;
  readonly keys: Readonly<Record<string, string>>;
  readonly destroyed: Readonly<Record<string, string>>;
  readonly destroyedBefore?: string | undefined;
  readonly moved?: Moved | undefined;
  readonly marks?: readonly Tombstone[];
}

const KEPT_BYTES = {
  1: KEY_BYTES,
  2: NONCE + KEY_BYTES + TAG,
} as const;

function parseFile(text: string): KeyringFile {
  try {
    const file = JSON.parse(text) as KeyringFile;
    const pattern = new RegExp(`^[0-9a-f]{${KEPT_BYTES[file.format] * 2}}$`);
    const isSound = Array.isArray(file.marks ?? []) && typeof file.destroyed === 'object';
    const keys = Object.values(file.keys);
    if (isSound && 'register' in file.keys && keys.every(key => pattern.test(key))) return file;
  } catch {
    // Falls through to the single error below, because a message of JSON.parse quotes the file.
  }
  throw portabilityError(KEYS.keyringDamaged);
}

const mapValues = <From, To>(
  record: Readonly<Record<string, From>>,
  map: (value: From, name: string) => To,
): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));

/**
 * Parses the head of a keyring file.
 * @param wrap the wrapping key; it must be given if the file is wrapped, and only then
 * @throws PortabilityError `ERR_KEYRING_FORMAT`, `ERR_KEYRING_KEY`
 */
export function parseKeyring(text: string, wrap: Uint8Array | undefined): KeyringHead {
  const { format, keys, marks: earlier = [], ...rest } = parseFile(text);
  if (format === 2 && wrap === undefined) throw portabilityError(KEYS.wrappingKeyMissing);
  if (format === 1 && wrap !== undefined) throw portabilityError(KEYS.wrappingKeyUnneeded);
  const bytes = mapValues(keys, key => Buffer.from(key, 'hex'));
  return {
    keys: wrap === undefined ? bytes : mapValues(bytes, (key, name) => unwrapKey(wrap, name, key)),
    ...rest,
    earlier,
  };
}

/** Returns the text of the head of a keyring file: wrapped if there is a wrapping key. */
export function keyringText(
  { keys, destroyed, destroyedBefore, moved }: Omit<KeyringHead, 'earlier'>,
  wrap: Uint8Array | undefined,
): string {
  const written = mapValues(keys, (key, name) =>
    (wrap === undefined ? key : wrapKey(wrap, name, key)).toString('hex'),
  );
  const file: KeyringFile = {
    format: wrap === undefined ? 1 : 2,
    keys: written,
    destroyed,
    destroyedBefore,
    moved,
  };
  return `${JSON.stringify(file, null, 1)}\n`;
}

/** Returns the names of the keys that two contents both hold, with different bytes. */
export const differingKeys = (
  a: Readonly<Record<string, Buffer>>,
  b: Readonly<Record<string, Buffer>>,
): string[] => Object.keys(a).filter(name => b[name] !== undefined && !a[name]!.equals(b[name]));

/**
 * Merges the keys of two contents of one keyring. A key that either has destroyed is destroyed in
 * the result, so an old backup brings no key back.
 * @throws PortabilityError `ERR_KEYRING_MISMATCH` if a key differs: they are two keyrings
 */
export function mergeKeys(target: KeyringKeys, source: KeyringKeys): KeyringKeys {
  if (differingKeys(target.keys, source.keys).length > 0) throw portabilityError(KEYS.keyringOther);
  const both = {
    keys: { ...source.keys, ...target.keys },
    destroyed: { ...source.destroyed, ...target.destroyed },
    destroyedBefore: laterOf(source.destroyedBefore, target.destroyedBefore),
  };
  return withoutUnnamed({
    ...both,
    keys: Object.fromEntries(
      Object.entries(both.keys).filter(([name]) => !isDestroyed(both, name.slice(5))),
    ),
  });
}

const laterOf = (a = '', b = ''): string | undefined => (a > b ? a : b) || undefined;

/** Whether the key of a month is destroyed. `month` may be the end of the name of another key. */
export const isDestroyed = (
  { destroyed, destroyedBefore = '' }: Omit<KeyringKeys, 'keys'>,
  month: string,
): boolean => month in destroyed || (isMonth(month) && month < destroyedBefore);

/** Leaves out the names of the months that {@link KeyringKeys.destroyedBefore} covers. */
export function withoutUnnamed({
  destroyed,
  destroyedBefore = '',
  ...rest
}: KeyringKeys): KeyringKeys {
  const named = Object.entries(destroyed).filter(([month]) => month >= destroyedBefore);
  return {
    ...rest,
    destroyed: Object.fromEntries(named),
    destroyedBefore: destroyedBefore || undefined,
  };
}

/** Whether two contents have the same keys, and have destroyed the same ones. */
export const isSameKeys = (a: KeyringKeys, b: KeyringKeys): boolean =>
  keyringText(a, undefined) === keyringText(b, undefined);

/** Returns every month that has or had a key, in order. */
export function monthsOf({ keys, destroyed }: KeyringKeys): MonthKey[] {
  const held = Object.keys(keys)
    .filter(name => name.startsWith('card-'))
    .map((name): MonthKey => ({ month: name.slice(5), state: 'held' }));
  const gone = Object.entries(destroyed).map(
    ([month, day]): MonthKey => ({ month, state: 'destroyed', destroyed: day }),
  );
  return [...gone, ...held].sort((a, b) => (a.month < b.month ? -1 : 1));
}
