/**
 * Keeps the pseudonymisation keys in one file: one key for each month, destroyed when retention
 * ends, and lasting keys that outlive the months.
 */

import { randomBytes } from 'node:crypto';
import { portabilityError, withDetails } from '../errors.ts';
import type { Tombstone } from '../ledger/ledger.ts';
import {
  isTombstoneExpired,
  mergedTombstones,
  missingFrom,
  PIECE,
  tombstoneKey,
} from '../ledger/tombstones.ts';
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
  unnamedBefore,
} from './keyring.ts';
import {
  checkWrap,
  differingKeys,
  isDestroyed,
  isSameKeys,
  type KeyringContent,
  type KeyringHead,
  type KeyringKeys,
  keyringText,
  mergeKeys,
  monthsOf,
  parseKeyring,
  withoutUnnamed,
} from './keyring-content.ts';
import {
  changeSecret,
  checkSecretWritable,
  readSecret,
  type SecretChange,
  type SecretFile,
} from './secret-file.ts';
import { endOfLog, linesOf, type Moved, offsetOf, purgeLog, readPiece } from './tombstone-log.ts';

const newKey = (): Buffer => randomBytes(KEY_BYTES);
const newLasting = (): Record<string, Buffer> =>
  Object.fromEntries(LASTING_KEYS.map(name => [name, newKey()]));

const missing = (path: string) => portabilityError(KEYS.keyringMissing, { path, system: 'ENOENT' });

/**
 * Parses the head of a keyring file. A missing file is an error: new keys would produce other
 * pseudonyms.
 */
function headOf(
  path: string,
  file: SecretFile | undefined,
  wrap: Uint8Array | undefined,
): KeyringHead {
  if (file === undefined) throw missing(path);
  try {
    return parseKeyring(file.head, wrap);
  } catch (error) {
    throw withDetails(error, { path });
  }
}

const fresh = (): KeyringKeys => ({ keys: newLasting(), destroyed: {} });

/** Returns the keys without those before `month`, and the list of those months. */
function withoutMonths(
  { keys, destroyed, destroyedBefore = '' }: KeyringKeys,
  month: string,
  on: string,
): { after: KeyringKeys; gone: string[] } {
  const unnamed = unnamedBefore(month, on);
  const gone = Object.keys(keys)
    .filter(name => name.startsWith('card-') && name < nameOf(month))
    .map(name => name.slice(5))
    .sort();
  const left = Object.entries(keys).filter(([name]) => !gone.includes(name.slice(5)));
  const all = { ...destroyed, ...Object.fromEntries(gone.map(each => [each, on])) };
  const isLater = unnamed > destroyedBefore && Object.keys(all).some(each => each < unnamed);
  return {
    after: withoutUnnamed({
      keys: Object.fromEntries(left),
      destroyed: all,
      destroyedBefore: isLater ? unnamed : destroyedBefore,
    }),
    gone,
  };
}

/**
 * The lines of a file as they are, with the tombstones that an earlier version left in the head.
 */
async function linesIn(file: SecretFile, head: KeyringHead): Promise<(string | Uint8Array)[]> {
  const from = file.linesFrom ?? file.size;
  const kept = await file.read(from, (await endOfLog(file)) - from);
  return [...linesOf(head.earlier), kept];
}

/** The same without the tombstones that expire before a month. */
async function linesSince(
  file: SecretFile,
  head: KeyringHead,
  month: string,
): Promise<{ lines: readonly string[]; moved?: Moved | undefined }> {
  const earlier = head.earlier.filter(tombstone => !isTombstoneExpired(tombstone, month));
  const { lines, moved } = await purgeLog(file, month);
  return { lines: [...linesOf(earlier), ...lines], moved };
}

/** Appends tombstones; the first time, moves those of an earlier version out of the head. */
async function withTombstones(
  file: SecretFile,
  head: KeyringHead,
  wrap: Uint8Array | undefined,
  tombstones: readonly Tombstone[],
): Promise<SecretChange> {
  const [line = ''] = linesOf(tombstones);
  const isEarlier = file.linesFrom === undefined || head.earlier.length > 0;
  if (!isEarlier) return { append: { from: await endOfLog(file), line } };
  return { replace: [keyringText(head, wrap), ...(await linesIn(file, head)), line] };
}

/** Returns the next tombstones after a position. An earlier version left them all in the head. */
async function pieceAfter(
  file: SecretFile,
  { earlier, moved }: KeyringHead,
  position: string,
): Promise<TombstonePiece | undefined> {
  if (earlier.length > 0) return { tombstones: earlier, position: '' };
  return readPiece(file, (await offsetOf(file, position, moved)) ?? 0);
}

/** Reads all tombstones of a file. */
async function allTombstones(file: SecretFile, head: KeyringHead): Promise<Tombstone[]> {
  const all: Tombstone[] = [];
  let position = '';
  do {
    const piece = await pieceAfter(file, head, position);
    all.push(...(piece?.tombstones ?? []));
    position = piece?.position ?? '';
  } while (position !== '');
  return mergedTombstones(all);
}

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
 * Opens a keyring file. Creates it with mode 0600 if it does not exist. Several processes on one
 * machine may share it. Keep it out of the backup of the ledger. The keys in memory stay if another
 * keyring is put in the place of the file: then every later call rejects with
 * `ERR_KEYRING_MISMATCH`. An erasure appends to the file, and the keys alone are read again and
 * replaced: neither depends on the number of erasures.
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
  /** A key that was never destroyed cannot change: with another one, it is another keyring. */
  const ownHead = (file: SecretFile | undefined): KeyringHead => {
    const head = headOf(path, file, wrap);
    if (differingKeys(Object.fromEntries(keys), head.keys).length > 0)
      throw portabilityError(KEYS.keyringReplaced, { path });
    return head;
  };
  /** Takes over keys that others added, and forgets those that they destroyed. */
  const adopt = (head: KeyringKeys): void => {
    for (const name of keys.keys()) if (isDestroyed(head, name.slice(5))) keys.delete(name);
    for (const [name, key] of Object.entries(head.keys)) keys.set(name, key);
  };
  /**
   * Changes the keys. Keys that stay the same are not written, although they would be wrapped
   * again.
   * @param purgedBefore the tombstones that expire before this month are removed
   */
  const change = async (
    edit: (head: KeyringHead) => KeyringKeys,
    purgedBefore?: string,
  ): Promise<void> => {
    let result: KeyringKeys | undefined;
    await changeSecret(path, async file => {
      const head = ownHead(file);
      result = edit(head);
      if (result === head) return undefined;
      const { lines, moved = undefined } =
        purgedBefore === undefined
          ? { lines: await linesIn(file!, head), moved: head.moved }
          : await linesSince(file!, head, purgedBefore);
      return { replace: [keyringText({ ...result, moved }, wrap), ...lines] };
    });
    adopt(result!);
  };
  const read = async <Result>(
    work: (file: SecretFile, head: KeyringHead) => Result | Promise<Result>,
  ): Promise<Result> => {
    const found = await readSecret(path, async file => {
      const head = ownHead(file);
      adopt(head);
      return { result: await work(file, head) };
    });
    if (found === undefined) throw missing(path);
    return found.result;
  };
  /** Reads one piece at a time: the file may be replaced in the meantime. */
  async function* piecesAfter(position: string): AsyncGenerator<TombstonePiece> {
    let after = position;
    do {
      const piece = await read((file, head) => pieceAfter(file, head, after));
      if (piece !== undefined) yield piece;
      after = piece?.position ?? '';
    } while (after !== '');
  }
  if (create)
    await changeSecret(path, async file =>
      file === undefined ? { replace: [keyringText(fresh(), wrap)] } : undefined,
    );
  const present = await read((_, head) => head);
  // A keyring written by an earlier version lacks the keys of purposes that were added later.
  if (LASTING_KEYS.some(name => !(name in present.keys)))
    await change(head => ({ ...head, keys: { ...newLasting(), ...head.keys } }));
  return {
    ...pseudonymsFrom(keys),
    listsMonths: true,
    checkWritable: () => checkSecretWritable(path),
    ensureMonth: async month => {
      checkMonth(month);
      if (keys.has(nameOf(month))) return;
      await change(head => {
        if (isDestroyed(head, month)) throw destroyedError();
        if (nameOf(month) in head.keys) return head;
        return { ...head, keys: { [nameOf(month)]: newKey(), ...head.keys } };
      });
    },
    months: () => read((_, head) => monthsOf(head)),
    destroyBefore: async (month, on) => {
      checkDestroy(month, on);
      let destroyed: string[] = [];
      await change(head => {
        const { after, gone } = withoutMonths(head, month, on);
        destroyed = gone;
        const isSame = gone.length === 0 && after.destroyedBefore === head.destroyedBefore;
        return isSame ? head : after;
      }, month);
      return destroyed;
    },
    addTombstones: async tombstones => {
      const merged = mergedTombstones(tombstones);
      if (merged.length === 0) await read(() => undefined);
      for (let from = 0; from < merged.length; from += PIECE)
        await changeSecret(path, async file => {
          const head = ownHead(file);
          adopt(head);
          return withTombstones(file!, head, wrap, merged.slice(from, from + PIECE));
        });
    },
    tombstones: () => read(allTombstones),
    tombstonesAfter: async position => ({
      isUnknown: await read(
        async (file, { moved }) => (await offsetOf(file, position, moved)) === undefined,
      ),
      pieces: piecesAfter(position),
    }),
  };
}

/**
 * Reads the whole content of a keyring file, for a copy.
 * @throws PortabilityError the errors of {@link openKeyring}
 */
export async function readKeyringFile(
  path: string,
  wrap: Uint8Array | undefined,
): Promise<KeyringContent> {
  const content = await readSecret(path, async file => {
    const head = headOf(path, file, wrap);
    return { ...head, tombstones: await allTombstones(file, head) };
  });
  if (content === undefined) throw missing(path);
  return content;
}

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
  await changeSecret(path, async file => {
    if (file === undefined)
      return { replace: [keyringText(source, wrap), ...linesOf(source.tombstones)] };
    const head = headOf(path, file, wrap);
    const merged = mergeKeys(head, source);
    const target = await allTombstones(file, head);
    const known = new Map(target.map(each => [tombstoneKey(each), each]));
    const added = missingFrom(known, source.tombstones).filter(
      ({ month }) => !isDestroyed(merged, month),
    );
    const isPurged = target.some(({ month }) => isDestroyed(merged, month));
    if (isSameKeys(merged, head) && added.length === 0 && !isPurged) return undefined;
    const kept = isPurged
      ? linesOf(target.filter(({ month }) => !isDestroyed(merged, month)))
      : await linesIn(file, head);
    const moved = isPurged ? undefined : head.moved;
    return { replace: [keyringText({ ...merged, moved }, wrap), ...kept, ...linesOf(added)] };
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
  await changeSecret(path, async file => {
    const head = headOf(path, file, wrap);
    return { replace: [keyringText(head, next), ...(await linesIn(file!, head))] };
  });
}
