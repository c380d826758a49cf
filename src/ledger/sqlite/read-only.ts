/**
 * Finds out whether the file of a ledger can be written, and makes the private copy by which a
 * ledger is read that cannot.
 *
 * SQLite cannot open such a file in place: a ledger is in WAL mode, which needs a writable index
 * next to the file, and the driver is built without `immutable=1`, which would ignore the log and
 * with it the newest evidence.
 */

import { rmSync } from 'node:fs';
import {
  access,
  chmod,
  constants,
  copyFile,
  lstat,
  mkdtemp,
  open,
  readdir,
  realpath,
  rm,
  stat,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deniesWriting, PortabilityError, portabilityError, systemCodeOf } from '../../errors.ts';
import * as LEDGER from '../../messages/ledger.ts';

const OWNER_ONLY = 0o600;
/** How often a ledger is copied that changes meanwhile. */
const COPY_ATTEMPTS = 5;
const WAL_HEADER_BYTES = 32;
/** The name of the folder of a copy, with the number of its process. */
const COPY_FOLDER = /^laissez-passer-copy-(\d+)-/;
const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/** The copy by which a read-only ledger is read. */
export interface LedgerCopy {
  /** Bytes of the file and its log. */
  readonly bytes: number;
  /** The private folder of the copy; it is removed as soon as the copy is open. */
  readonly folder: string;
}

/**
 * Returns the code of the system that forbids this process to write the file or its folder, where
 * SQLite keeps the log; `undefined` if both can be written.
 */
export async function writeRefusal(path: string): Promise<string | undefined> {
  try {
    const file = await realpath(path);
    await access(file, constants.W_OK);
    await access(dirname(file), constants.W_OK);
    return undefined;
  } catch (error) {
    const system = systemCodeOf(error);
    if (deniesWriting(system)) return system;
    throw error;
  }
}

/**
 * Removes the folder if a signal ends the process, `process.exit` or an error that nothing caught.
 * Returns a function that ends this.
 */
function removedAtEnd(folder: string): () => void {
  const remove = (): void => {
    end();
    rmSync(folder, { recursive: true, force: true });
  };
  const removeOnSignal = (signal: NodeJS.Signals): void => {
    remove();
    // Another listener decides what the signal does; without one, it ends the process as usual.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  const end = (): void => {
    process.removeListener('exit', remove);
    for (const signal of SIGNALS) process.removeListener(signal, removeOnSignal);
  };
  process.on('exit', remove);
  for (const signal of SIGNALS) process.on(signal, removeOnSignal);
  return end;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCodeOf(error) !== 'ESRCH';
  }
}

/** Removes the copies that processes of the same user left behind when they were killed. */
async function removeLeftCopies(): Promise<void> {
  const own = process.getuid?.();
  for (const name of await readdir(tmpdir())) {
    const [, pid] = COPY_FOLDER.exec(name) ?? [];
    if (pid === undefined || isRunning(Number(pid))) continue;
    const folder = join(tmpdir(), name);
    const { uid } = await lstat(folder);
    if (own === undefined || uid === own) await rm(folder, { recursive: true, force: true });
  }
}

/** Returns the first bytes of the log, which change whenever it begins again. */
async function logHeader(path: string): Promise<string> {
  const log = await open(`${path}-wal`).catch(error => {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (log === undefined) return '';
  try {
    const { buffer } = await log.read(Buffer.alloc(WAL_HEADER_BYTES), 0, WAL_HEADER_BYTES, 0);
    return buffer.toString('hex');
  } finally {
    await log.close();
  }
}

/**
 * Returns a text that stays the same as long as the log is only appended to. Then a copy of the
 * file, and of the log after it, is the ledger at one moment.
 */
async function stateOf(path: string): Promise<string> {
  const { ino, size, mtimeNs } = await stat(path, { bigint: true });
  return `${ino} ${size} ${mtimeNs} ${await logHeader(path)}`;
}

async function copyIfThere(source: string, target: string): Promise<void> {
  await copyFile(source, target, constants.COPYFILE_FICLONE).then(
    () => chmod(target, OWNER_ONLY),
    error => systemCodeOf(error) === 'ENOENT' || Promise.reject(error),
  );
}

/** Copies a ledger and its log. Another process may write to them through another mount. */
async function copyWhole(source: string, target: string): Promise<void> {
  for (let attempt = 0; attempt < COPY_ATTEMPTS; attempt++) {
    const before = await stateOf(source);
    await rm(`${target}-wal`, { force: true });
    await copyFile(source, target, constants.COPYFILE_FICLONE);
    await chmod(target, OWNER_ONLY);
    await copyIfThere(`${source}-wal`, `${target}-wal`);
    if ((await stateOf(source)) === before) return;
    await rm(target, { force: true });
  }
  throw portabilityError(LEDGER.ledgerCopyChanging);
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

/**
 * Copies a ledger and its log to a private folder among the temporary files.
 * @param onCopy called before the copy is made
 * @returns the path of the copy, and a function that removes it. The end of the process removes it
 *   too, until that function was called; after `SIGKILL`, the next copy does.
 */
export async function copyPrivately(
  path: string,
  onCopy: (copy: LedgerCopy) => void = () => {},
): Promise<{ readonly file: string; remove(): void }> {
  const source = await realpath(path);
  // Not to be read is another fault than no room for the copy.
  await access(source, constants.R_OK);
  const bytes = (await sizeOf(source)) + (await sizeOf(`${source}-wal`));
  const failed = (error: unknown): PortabilityError =>
    error instanceof PortabilityError
      ? error
      : portabilityError(
          LEDGER.ledgerCopyFailed,
          { system: systemCodeOf(error) },
          { folder: tmpdir() },
        );
  // Another process may remove the same folder; what stays is left to the next copy.
  await removeLeftCopies().catch(() => undefined);
  const prefix = join(tmpdir(), `laissez-passer-copy-${process.pid}-`);
  const folder = await mkdtemp(prefix).catch(error => {
    throw failed(error);
  });
  const stopWaiting = removedAtEnd(folder);
  const remove = (): void => {
    stopWaiting();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    onCopy({ bytes, folder });
    const file = join(folder, 'ledger.db');
    await copyWhole(source, file);
    return { file, remove };
  } catch (error) {
    remove();
    throw failed(error);
  }
}
