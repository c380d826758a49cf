/**
 * Reads, atomically replaces and appends to a secret file that only its owner may access, under a
 * lock between processes. The file has a head, which is replaced, and lines after it, which are
 * appended: an append costs the same however long the file is.
 */

import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import {
  access,
  type FileHandle,
  lstat,
  open,
  readFile,
  rename,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../clock.ts';
import {
  deniesWriting,
  type ErrorDetails,
  PortabilityError,
  portabilityError,
  systemCodeOf,
} from '../errors.ts';
import * as KEYS from '../messages/keys.ts';
import { syncToDisk } from '../sync-to-disk.ts';
import { EMPTY_LOCK_MS, LOCK_RETRY_MS, LOCK_WAIT_MS } from '../timeouts.ts';

const OTHERS = 0o077;
const OWNER_ONLY = 0o600;
const detailsFor = (path: string, error: unknown): ErrorDetails => {
  const system = systemCodeOf(error);
  return { path, ...(system !== undefined && { system }) };
};

function cannotWrite(path: string, error: unknown): PortabilityError {
  const details = detailsFor(path, error);
  const isReadOnly = deniesWriting(details.system);
  return portabilityError(isReadOnly ? KEYS.keyringReadOnly : KEYS.keyringUnwritable, details);
}

/**
 * Checks that the file can be replaced, without writing anything.
 * @throws PortabilityError `ERR_KEYRING_OPEN` if the file or its folder is read-only
 */
export async function checkSecretWritable(path: string): Promise<void> {
  try {
    await access(path, constants.W_OK);
    await access(dirname(path), constants.W_OK);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/**
 * The folder must not be accessible to others either: a user who may rename files in it can replace
 * the secret file.
 */
async function checkFolder(path: string): Promise<void> {
  const at = dirname(path);
  const folder = await stat(at).catch(error => {
    throw portabilityError(KEYS.keyringFolderUnreadable, detailsFor(at, error));
  });
  if ((folder.mode & OTHERS) !== 0) throw portabilityError(KEYS.keyringFolderMode, { path: at });
}

async function openUnlinked(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const found = await lstat(path).catch(() => undefined);
    if (found?.isSymbolicLink()) throw portabilityError(KEYS.keyringSymbolicLink, { path });
    throw portabilityError(KEYS.keyringUnreadable, detailsFor(path, error));
  }
}

function checkFile(path: string, found: Stats): void {
  const { mode, nlink, uid } = found;
  if (!found.isFile()) {
    const details = { path, ...(found.isDirectory() && { system: 'EISDIR' }) };
    throw portabilityError(KEYS.keyringNotAFile, details);
  }
  if (nlink > 1) throw portabilityError(KEYS.keyringHardLink, { path });
  if ((mode & OTHERS) !== 0) throw portabilityError(KEYS.keyringMode, { path });
  if (uid !== process.getuid?.()) throw portabilityError(KEYS.keyringOwner, { path });
}

/** The end of the head. A JSON text with an indent has this at its end and nowhere else. */
const HEAD_END = '\n}\n';
const BLOCK = 1 << 14;

/** An opened secret file. Offsets and lengths are in bytes. */
export interface SecretFile {
  readonly head: string;
  /** Where the lines after the head begin; `undefined` if the end of the head is not found. */
  readonly linesFrom: number | undefined;
  readonly size: number;
  /** Reads up to `length` bytes from an offset; fewer only at the end of the file. */
  read(offset: number, length: number): Promise<Buffer>;
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

/** Reads the head of a file, however long the rest is. */
async function secretIn(handle: FileHandle): Promise<SecretFile> {
  const { size } = await handle.stat();
  const blocks: Buffer[] = [];
  let length = 0;
  let found = -1;
  let overlap = Buffer.alloc(0);
  while (found === -1) {
    const block = await readAt(handle, length, BLOCK);
    if (block.length === 0) break;
    const searched = Buffer.concat([overlap, block]);
    const at = searched.indexOf(HEAD_END);
    if (at !== -1) found = length - overlap.length + at + HEAD_END.length;
    overlap = searched.subarray(-(HEAD_END.length - 1));
    blocks.push(block);
    length += block.length;
  }
  const text = Buffer.concat(blocks);
  return {
    head: (found === -1 ? text : text.subarray(0, found)).toString('utf8'),
    linesFrom: found === -1 ? undefined : found,
    size,
    read: (offset, bytes) => readAt(handle, offset, bytes),
  };
}

/**
 * Opens the file and runs `read` on it, or returns `undefined` if it does not exist. The checks run
 * on the opened file: a regular file, no symbolic or hard link, accessible to its owner only. If
 * the file was replaced during the read, its bytes may already be overwritten: then `read` runs
 * again, on the newer file.
 */
export async function readSecret<Result>(
  path: string,
  read: (file: SecretFile) => Promise<Result>,
): Promise<Result | undefined> {
  await checkFolder(path);
  for (;;) {
    const handle = await openUnlinked(path);
    if (handle === undefined) return undefined;
    try {
      checkFile(path, await handle.stat());
      const isThere = async (): Promise<boolean> => (await handle.stat()).nlink > 0;
      const outcome = await read(await secretIn(handle)).then(
        result => () => result,
        error => () => {
          throw error;
        },
      );
      if (await isThere()) return outcome();
    } finally {
      await handle.close();
    }
  }
}

/** Opens an existing file to overwrite it; never follows a symbolic link. */
const openOld = (path: string): Promise<FileHandle | undefined> =>
  open(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined);

/** Overwrites and removes a file that held keys, if it exists. */
async function wipe(path: string): Promise<void> {
  const handle = await openOld(path);
  if (handle !== undefined) await overwrite(handle).finally(() => handle.close());
  await unlink(path).catch(() => {});
}

const WIPE_BLOCK = 1 << 16;

async function overwrite(handle: FileHandle): Promise<void> {
  const zeros = Buffer.alloc(WIPE_BLOCK);
  const { size } = await handle.stat();
  for (let at = 0; at < size; at += WIPE_BLOCK)
    await handle.write(zeros, 0, Math.min(WIPE_BLOCK, size - at), at);
  await syncToDisk(handle);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  await syncToDisk(folder).finally(() => folder.close());
}

async function writeWhole(path: string, parts: readonly (string | Uint8Array)[]): Promise<void> {
  const handle = await open(path, 'wx', OWNER_ONLY);
  try {
    for (const part of parts) await handle.writeFile(part);
    await syncToDisk(handle);
  } finally {
    await handle.close();
  }
}

/**
 * Replaces the file atomically: after a crash either the old or the new file is complete. Then
 * overwrites the bytes of the old file. Returns `false` if the lock was lost before the
 * replacement.
 */
async function replaceSecret(
  path: string,
  parts: readonly (string | Uint8Array)[],
  isStillMine: () => Promise<boolean>,
): Promise<boolean> {
  const temporary = `${path}.new`;
  let old: FileHandle | undefined;
  try {
    await writeWhole(temporary, parts);
    if (!(await isStillMine())) return false;
    old = await openOld(path);
    await rename(temporary, path);
    await syncFolder(path);
    if (old !== undefined) await overwrite(old);
    return true;
  } catch (error) {
    throw cannotWrite(path, error);
  } finally {
    await old?.close();
  }
}

/**
 * Appends a line, durably. What a crash left after `from` is cut off first. Returns `false` if the
 * lock was lost, or the file replaced, before the line was on disk.
 */
async function appendSecret(
  path: string,
  { from, line }: AppendedLine,
  isStillMine: () => Promise<boolean>,
): Promise<boolean> {
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, flags);
    checkFile(path, await handle.stat());
    if (!(await isStillMine())) return false;
    if ((await handle.stat()).size > from) await handle.truncate(from);
    await handle.appendFile(line);
    await handle.datasync();
    return (await handle.stat()).nlink > 0 && (await isStillMine());
  } catch (error) {
    if (error instanceof PortabilityError) throw error;
    // A line that is there in part is cut off again; if not now, then by the next writer.
    if (await isStillMine()) await handle?.truncate(from).catch(() => {});
    throw portabilityError(KEYS.keyringUnwritable, detailsFor(path, error));
  } finally {
    await handle?.close();
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
};

/**
 * Returns the start time of a process in clock ticks, or an empty string if the system does not
 * report it.
 */
async function beginningOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text.slice(text.lastIndexOf(')')).split(' ')[20] ?? '';
}

/**
 * Returns whether the process that wrote a lock has ended. The process id is not enough: in a
 * restarted container every process has the same id again.
 */
async function isOfTheDead(owner: string): Promise<boolean> {
  const [pid = '', beginning = ''] = owner.split(' ');
  if (!isAlive(Number(pid))) return true;
  const now = await beginningOf(Number(pid));
  return now !== '' && now !== beginning;
}

/**
 * Removes the lock of a process that died. An empty lock was left between two steps and counts as
 * dead after a while.
 */
async function removeDeadLock(name: string): Promise<void> {
  const owner = await readFile(name, 'utf8').catch(() => undefined);
  const found = await stat(name).catch(() => undefined);
  if (owner === undefined || found === undefined) return;
  const isDead =
    owner === ''
      ? Math.abs(systemClock() - found.mtimeMs) > EMPTY_LOCK_MS
      : await isOfTheDead(owner);
  if (isDead) await unlink(name).catch(() => {});
}

/**
 * Takes the lock and returns its content: the process id, the start time of the process and a
 * random value.
 */
async function lock(path: string): Promise<string> {
  const name = `${path}.lock`;
  const owner = `${process.pid} ${await beginningOf(process.pid)} ${randomUUID()}`;
  for (let waited = 0; waited < LOCK_WAIT_MS; waited += LOCK_RETRY_MS) {
    try {
      await writeFile(name, owner, { flag: 'wx', mode: OWNER_ONLY });
      return owner;
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EEXIST';
      if (!isTaken) throw cannotWrite(path, error);
    }
    await removeDeadLock(name);
    await sleep(LOCK_RETRY_MS);
  }
  throw portabilityError(KEYS.keyringLocked, { path: name });
}

interface AppendedLine {
  /** Length of the part of the file that stays. */
  readonly from: number;
  /** One line with its end. */
  readonly line: string;
}

/** What a change does to the file: it replaces the whole, appends a line, or does nothing. */
export type SecretChange =
  | { readonly replace: readonly (string | Uint8Array)[] }
  | { readonly append: AppendedLine }
  | undefined;

/**
 * Reads the file and replaces it or appends to it under an exclusive lock. If the lock is lost
 * before the change is in place, the operation starts again.
 */
export async function changeSecret(
  path: string,
  change: (file: SecretFile | undefined) => Promise<SecretChange>,
): Promise<void> {
  await checkFolder(path);
  for (;;) {
    const owner = await lock(path);
    const isStillMine = async (): Promise<boolean> =>
      (await readFile(`${path}.lock`, 'utf8').catch(() => '')) === owner;
    const make = async (): Promise<boolean> => {
      const found = await readSecret(path, async file => ({ change: await change(file) }));
      const made = found === undefined ? await change(undefined) : found.change;
      if (made === undefined) return true;
      return 'replace' in made
        ? replaceSecret(path, made.replace, isStillMine)
        : appendSecret(path, made.append, isStillMine);
    };
    try {
      await wipe(`${path}.new`);
      if (await make()) return;
    } finally {
      // If the lock is lost, both files belong to another process and must stay.
      if (await isStillMine()) {
        await wipe(`${path}.new`);
        await unlink(`${path}.lock`).catch(() => {});
      }
    }
  }
}
