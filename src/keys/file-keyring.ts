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
import { changeSecret, readSecret } from './secret-file.ts';

interface Content {
  readonly format: 1;
  readonly keys: Record<string, string>;
  readonly destroyed: Record<string, string>;
  readonly marks: readonly Tombstone[];
}

const newKey = (): string => randomBytes(KEY_BYTES).toString('hex');
const newLasting = (): Record<string, string> =>
  Object.fromEntries(LASTING_KEYS.map(name => [name, newKey()]));

function parseContent(text: string): Content {
  try {
    const content = JSON.parse(text) as Content;
    const keys = Object.values(content.keys);
    const isSound =
      content.format === 1 && Array.isArray(content.marks) && typeof content.destroyed === 'object';
    if (isSound && 'register' in content.keys && keys.every(key => /^[0-9a-f]{64}$/.test(key)))
      return content;
  } catch {
    // Falls through to the single error below, because a message of JSON.parse quotes the file.
  }
  throw portabilityError(KEYS.keyringDamaged);
}

/**
 * Parses the content of a keyring file. A missing file is an error: new keys would produce other
 * pseudonyms.
 */
function contentOf(path: string, text: string | undefined): Content {
  if (text === undefined)
    throw portabilityError(KEYS.keyringMissing, {
      path,
      system: 'ENOENT',
    });
  try {
    return parseContent(text);
  } catch (error) {
    throw withDetails(error, { path });
  }
}

const fresh = (): Content => ({ format: 1, keys: newLasting(), destroyed: {}, marks: [] });
const textOf = (content: Content): string => `${JSON.stringify(content, null, 1)}\n`;

/** Returns the content without the keys before `month`, and the list of those months. */
function withoutMonths(
  content: Content,
  month: string,
  on: string,
): { after: Content; gone: string[] } {
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
      ...content,
      keys,
      destroyed,
      marks: content.marks.filter(tombstone => !isTombstoneExpired(tombstone, month)),
    },
    gone,
  };
}

const withTombstones = (content: Content, tombstones: readonly Tombstone[]): Content => ({
  ...content,
  marks: mergedTombstones([...content.marks, ...tombstones]),
});

/**
 * Opens a keyring file. Creates it with mode 0600 if it does not exist. Several processes on one
 * machine may share it. Keep it out of the backup of the ledger.
 * @param path Path of the file. Its folder must not be accessible to other users.
 * @param options `create: false` rejects if the file does not exist; default: `true`.
 * @throws PortabilityError `ERR_KEYRING_MODE`, `ERR_KEYRING_LINK`, `ERR_KEYRING_OPEN`,
 *   `ERR_KEYRING_FORMAT`, `ERR_KEYRING_LOCKED`.
 */
export async function openKeyring(
  path: string,
  { create = true }: { readonly create?: boolean | undefined } = {},
): Promise<Keyring> {
  const keys = new Map<string, Buffer>();
  const adopt = (content: Content): Content => {
    for (const name of keys.keys()) if (!(name in content.keys)) keys.delete(name);
    for (const [name, key] of Object.entries(content.keys)) keys.set(name, Buffer.from(key, 'hex'));
    return content;
  };
  const change = async (edit: (content: Content) => Content): Promise<Content> =>
    adopt(parseContent(await changeSecret(path, text => textOf(edit(contentOf(path, text))))));
  const read = async (): Promise<Content> => adopt(contentOf(path, await readSecret(path)));
  if (create) await changeSecret(path, text => text ?? textOf(fresh()));
  const present = await read();
  // A keyring written by an earlier version lacks the keys of purposes that were added later.
  if (LASTING_KEYS.some(name => !(name in present.keys)))
    await change(content => ({ ...content, keys: { ...newLasting(), ...content.keys } }));
  return {
    ...pseudonymsFrom(keys),
    listsMonths: true,
    ensureMonth: async month => {
      checkMonth(month);
      if (keys.has(nameOf(month))) return;
      await change(content => {
        if (month in content.destroyed) throw destroyedError();
        return { ...content, keys: { [nameOf(month)]: newKey(), ...content.keys } };
      });
    },
    months: async () => {
      const { keys: held, destroyed } = await read();
      const here = Object.keys(held)
        .filter(name => name.startsWith('card-'))
        .map(name => ({ month: name.slice(5), state: 'held' as const }));
      const gone = Object.entries(destroyed).map(([month, day]) => ({
        month,
        state: 'destroyed' as const,
        destroyed: day,
      }));
      return [...gone, ...here].sort((a, b) => (a.month < b.month ? -1 : 1));
    },
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
      void (await change(content => withTombstones(content, tombstones))),
    tombstones: async () => [...(await read()).marks],
  };
}
