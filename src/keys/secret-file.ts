/**
 * Reads and atomically replaces a small secret file that only its owner may access, under a lock
 * between processes.
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
  type PortabilityError,
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

/**
 * Reads the file, or returns `undefined` if it does not exist. The checks run on the opened file: a
 * regular file, no symbolic or hard link, accessible to its owner only.
 */
export async function readSecret(path: string): Promise<string | undefined> {
  await checkFolder(path);
  for (;;) {
    const handle = await openUnlinked(path);
    if (handle === undefined) return undefined;
    try {
      checkFile(path, await handle.stat());
      const text = await handle.readFile('utf8');
      // The file was replaced during the read: its bytes may already be overwritten, so the newer
      // file is read.
      if ((await handle.stat()).nlink > 0) return text;
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

async function overwrite(handle: FileHandle): Promise<void> {
  await handle.write(Buffer.alloc((await handle.stat()).size), 0, undefined, 0);
  await syncToDisk(handle);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  await syncToDisk(folder).finally(() => folder.close());
}

async function writeWhole(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', OWNER_ONLY);
  try {
    await handle.writeFile(text);
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
async function writeSecret(
  path: string,
  text: string,
  isStillMine: () => Promise<boolean>,
): Promise<boolean> {
  const temporary = `${path}.new`;
  let old: FileHandle | undefined;
  try {
    await writeWhole(temporary, text);
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

/**
 * Reads, changes and replaces the file under an exclusive lock. If `change` returns the same text,
 * nothing is written. If the lock is lost before the new file is in place, the operation starts
 * again.
 */
export async function changeSecret(
  path: string,
  change: (text: string | undefined) => string,
): Promise<string> {
  await checkFolder(path);
  for (;;) {
    const owner = await lock(path);
    const isStillMine = async (): Promise<boolean> =>
      (await readFile(`${path}.lock`, 'utf8').catch(() => '')) === owner;
    try {
      await wipe(`${path}.new`);
      const before = await readSecret(path);
      const after = change(before);
      if (after === before || (await writeSecret(path, after, isStillMine))) return after;
    } finally {
      // If the lock is lost, both files belong to another process and must stay.
      if (await isStillMine()) {
        await wipe(`${path}.new`);
        await unlink(`${path}.lock`).catch(() => {});
      }
    }
  }
}
