/**
 * Keeps the pseudonymisation keys in one file: one key for each month, destroyed when retention
 * ends, and lasting keys that outlive the months.
 */

import { randomBytes } from 'node:crypto';
import { portabilityError, withDetails } from '../errors.ts';
import type { Tombstone } from '../ledger/ledger.ts';
import { isTombstoneExpired, mergedTombstones } from '../ledger/tombstones.ts';
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
} from './keyring.ts';
import {
  checkWrap,
  differingKeys,
  type KeyringContent,
  keyringText,
  mergeContents,
  monthsOf,
  parseKeyring,
} from './keyring-content.ts';
import { changeSecret, checkSecretWritable, readSecret } from './secret-file.ts';

const newKey = (): Buffer => randomBytes(KEY_BYTES);
const newLasting = (): Record<string, Buffer> =>
  Object.fromEntries(LASTING_KEYS.map(name => [name, newKey()]));

/**
 * Parses the content of a keyring file. A missing file is an error: new keys would produce other
 * pseudonyms.
 */
function contentOf(
  path: string,
  text: string | undefined,
  wrap: Uint8Array | undefined,
): KeyringContent {
  if (text === undefined)
    throw portabilityError(KEYS.keyringMissing, {
      path,
      system: 'ENOENT',
    });
  try {
    return parseKeyring(text, wrap);
  } catch (error) {
    throw withDetails(error, { path });
  }
}

const fresh = (): KeyringContent => ({ keys: newLasting(), destroyed: {}, tombstones: [] });

/** Returns the content without the keys before `month`, and the list of those months. */
function withoutMonths(
  content: KeyringContent,
  month: string,
  on: string,
): { after: KeyringContent; gone: string[] } {
  const gone = Object.keys(content.keys)
    .filter(name => name.startsWith('card-') && name < nameOf(month))
    .map(name => name.slice(5))
    .sort();
  const keys = Object.fromEntries(
    Object.entries(content.keys).filter(([name]) => !gone.includes(name.slice(5))),
  );
  const destroyed = { ...content.destroyed, ...Object.fromEntries(gone.map(each => [each, on])) };
  return {
    after: {
      keys,
      destroyed,
      tombstones: content.tombstones.filter(tombstone => !isTombstoneExpired(tombstone, month)),
    },
    gone,
  };
}

const withTombstones = (
  content: KeyringContent,
  tombstones: readonly Tombstone[],
): KeyringContent => ({
  ...content,
  tombstones: mergedTombstones([...content.tombstones, ...tombstones]),
});

/** Options of {@link openKeyring}. */
export interface KeyringFileOptions {
  /** `false` rejects if the file does not exist; default: `true`. */
  readonly create?: boolean | undefined;
  /**
   * 32 bytes that wrap every key in the file (AES-256-GCM), kept elsewhere; default: the keys are
   * in the clear. A file that is created is wrapped if it is given; a file that exists must be
   * wrapped under this key, or not at all.
   */
  readonly wrap?: Uint8Array | undefined;
}

/**
 * Changes the content of a keyring file atomically. A content that stays the same is not written,
 * although its keys would be wrapped again.
 */
async function changeContent(
  path: string,
  wrap: Uint8Array | undefined,
  edit: (content: KeyringContent) => KeyringContent,
): Promise<KeyringContent> {
  let result: KeyringContent | undefined;
  await changeSecret(path, text => {
    const before = contentOf(path, text, wrap);
    result = edit(before);
    return result === before ? text! : keyringText(result, wrap);
  });
  return result!;
}

/**
 * Opens a keyring file. Creates it with mode 0600 if it does not exist. Several processes on one
 * machine may share it. Keep it out of the backup of the ledger. The keys in memory stay if another
 * keyring is put in the place of the file: then every later call rejects with
 * `ERR_KEYRING_MISMATCH`.
 * @param path Path of the file. Its folder must not be accessible to other users.
 * @throws PortabilityError `ERR_KEYRING_MODE`, `ERR_KEYRING_LINK`, `ERR_KEYRING_OPEN`,
 *   `ERR_KEYRING_FORMAT`, `ERR_KEYRING_LOCKED`, `ERR_KEYRING_KEY` if the wrapping key is missing,
 *   wrong or not needed.
 */
export async function openKeyring(
  path: string,
  { create = true, wrap }: KeyringFileOptions = {},
): Promise<Keyring> {
  if (wrap !== undefined) checkWrap(wrap);
  const keys = new Map<string, Buffer>();
  /** Takes over keys that others added, and forgets those that they destroyed. */
  const adopt = (content: KeyringContent): KeyringContent => {
    checkSame(content);
    for (const month of Object.keys(content.destroyed)) keys.delete(nameOf(month));
    for (const [name, key] of Object.entries(content.keys)) keys.set(name, key);
    return content;
  };
  /** A key that was never destroyed cannot change: with another one, it is another keyring. */
  const checkSame = (content: KeyringContent): void => {
    if (differingKeys(Object.fromEntries(keys), content.keys).length > 0)
      throw portabilityError(KEYS.keyringReplaced, { path });
  };
  const change = async (
    edit: (content: KeyringContent) => KeyringContent,
  ): Promise<KeyringContent> =>
    adopt(
      await changeContent(path, wrap, content => {
        checkSame(content);
        return edit(content);
      }),
    );
  const read = async (): Promise<KeyringContent> =>
    adopt(contentOf(path, await readSecret(path), wrap));
  if (create) await changeSecret(path, text => text ?? keyringText(fresh(), wrap));
  const present = await read();
  // A keyring written by an earlier version lacks the keys of purposes that were added later.
  if (LASTING_KEYS.some(name => !(name in present.keys)))
    await change(content => ({ ...content, keys: { ...newLasting(), ...content.keys } }));
  return {
    ...pseudonymsFrom(keys),
    listsMonths: true,
    checkWritable: () => checkSecretWritable(path),
    ensureMonth: async month => {
      checkMonth(month);
      if (keys.has(nameOf(month))) return;
      await change(content => {
        if (month in content.destroyed) throw destroyedError();
        if (nameOf(month) in content.keys) return content;
        return { ...content, keys: { [nameOf(month)]: newKey(), ...content.keys } };
      });
    },
    months: async () => monthsOf(await read()),
    destroyBefore: async (month, on) => {
      checkDestroy(month, on);
      let destroyed: string[] = [];
      await change(content => {
        const { after, gone } = withoutMonths(content, month, on);
        destroyed = gone;
        return gone.length === 0 ? content : after;
      });
      return destroyed;
    },
    addTombstones: async tombstones =>
      void (await change(content =>
        tombstones.length === 0 ? content : withTombstones(content, tombstones),
      )),
    tombstones: async () => [...(await read()).tombstones],
  };
}

/**
 * Reads the whole content of a keyring file, for a copy.
 * @throws PortabilityError the errors of {@link openKeyring}
 */
export const readKeyringFile = async (
  path: string,
  wrap: Uint8Array | undefined,
): Promise<KeyringContent> => contentOf(path, await readSecret(path), wrap);

/**
 * Merges a content into a keyring file, which is created if it does not exist. Does nothing if the
 * file has everything already.
 * @throws PortabilityError the errors of {@link openKeyring}, and `ERR_KEYRING_MISMATCH` if the
 *   file holds another keyring
 */
export async function mergeKeyringFile(
  path: string,
  wrap: Uint8Array | undefined,
  source: KeyringContent,
): Promise<void> {
  await changeSecret(path, text => {
    if (text === undefined) return keyringText(source, wrap);
    const before = contentOf(path, text, wrap);
    const after = mergeContents(before, source);
    const isSame = keyringText(after, undefined) === keyringText(before, undefined);
    return isSame ? text : keyringText(after, wrap);
  }).catch(error => Promise.reject(withDetails(error, { path })));
}

/**
 * Wraps the keys of a keyring file under another wrapping key, or for the first time. The file is
 * replaced atomically: at any moment, one of the two opens it.
 * @param wrap the present wrapping key; `undefined` if the keys are in the clear
 * @throws PortabilityError the errors of {@link openKeyring}
 */
export async function rewrapKeyringFile(
  path: string,
  wrap: Uint8Array | undefined,
  next: Uint8Array,
): Promise<void> {
  checkWrap(next);
  await changeSecret(path, text => keyringText(contentOf(path, text, wrap), next));
}
