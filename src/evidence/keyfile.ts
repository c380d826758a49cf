/** How is a small secret file read and replaced safely? Owner only, no links, atomically, durably, by one process at a time. */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../clock.ts';
import { PortabilityError } from '../errors.ts';

const OTHERS = 0o077;
const OWNER_ONLY = 0o600;
const WAIT_MS = 5;
const WAITS = 2000;
/** A lock is held for milliseconds; one that is this old was left by a process that died. */
const STALE_MS = 5000;

/** The folder must be closed to others too: who may rename a file in it may put another in its place. */
async function checkFolder(path: string): Promise<void> {
  const folder = await stat(dirname(path)).catch(() => {
    throw new PortabilityError('ERR_KEYRING_OPEN', 'the folder of the keyring can not be opened');
  });
  if ((folder.mode & OTHERS) !== 0) {
    throw new PortabilityError('ERR_KEYRING_MODE', 'the folder of the keyring is open to others: chmod 700');
  }
}

async function openUnlinked(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const found = await lstat(path).catch(() => undefined);
    if (found?.isSymbolicLink()) throw new PortabilityError('ERR_KEYRING_LINK', 'the keyring is a symbolic link');
    throw new PortabilityError('ERR_KEYRING_OPEN', 'the keyring can not be opened');
  }
}

function checkFile(found: Stats): void {
  const { mode, nlink, uid } = found;
  if (!found.isFile()) throw new PortabilityError('ERR_KEYRING_OPEN', 'the keyring is no file');
  if (nlink > 1) throw new PortabilityError('ERR_KEYRING_LINK', 'the keyring has more than one name: a hard link');
  if ((mode & OTHERS) !== 0) throw new PortabilityError('ERR_KEYRING_MODE', 'the keyring is open to others: chmod 600');
  if (uid !== process.getuid?.())
    throw new PortabilityError('ERR_KEYRING_MODE', 'the keyring belongs to somebody else');
}

/** Reads the file, or answers `undefined` where there is none. What is opened is what is checked: no link, one name, owner only. */
export async function readSecret(path: string): Promise<string | undefined> {
  await checkFolder(path);
  for (;;) {
    const handle = await openUnlinked(path);
    if (handle === undefined) return undefined;
    try {
      checkFile(await handle.stat());
      const text = await handle.readFile('utf8');
      // Replaced while it was read: its bytes may have been overwritten already, and there is a newer one.
      if ((await handle.stat()).nlink > 0) return text;
    } finally {
      await handle.close();
    }
  }
}

/** Replaces the file so that after a crash either the old or the new one is there, whole. The old bytes are overwritten first. */
async function writeSecret(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.new`;
  await unlink(temporary).catch(() => {});
  const handle = await open(temporary, 'wx', OWNER_ONLY);
  await handle.writeFile(text);
  await handle.sync();
  await handle.close();
  const old = await open(path, 'r+').catch(() => undefined);
  await rename(temporary, path);
  const folder = await open(dirname(path), 'r');
  await folder.sync();
  await folder.close();
  if (old === undefined) return;
  await old.write(Buffer.alloc((await old.stat()).size), 0, undefined, 0);
  await old.sync();
  await old.close();
}

async function lock(path: string): Promise<void> {
  const name = `${path}.lock`;
  for (let wait = 0; wait < WAITS; wait++) {
    const handle = await open(name, 'wx', OWNER_ONLY).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return undefined;
      throw new PortabilityError('ERR_KEYRING_OPEN', 'the keyring can not be written');
    });
    if (handle !== undefined) return handle.close();
    const held = await stat(name).catch(() => undefined);
    if (held !== undefined && Math.abs(systemClock() - held.mtimeMs) > STALE_MS)
      await rename(name, `${name}.stale`).catch(() => {});
    await sleep(WAIT_MS);
  }
  throw new PortabilityError('ERR_KEYRING_LOCKED', 'the keyring is locked by another process for too long');
}

/** Reads, changes and replaces the file while no other process does. A change that answers the same text writes nothing. */
export async function changeSecret(path: string, change: (text: string | undefined) => string): Promise<string> {
  await checkFolder(path);
  await lock(path);
  try {
    const before = await readSecret(path);
    const after = change(before);
    if (after !== before) await writeSecret(path, after);
    return after;
  } finally {
    await unlink(`${path}.lock`).catch(() => {});
  }
}
