/**
 * Opens the embedded ledger: one SQLite file, accessed in worker threads, shared by several
 * processes. Exported by `laissez-passer/sqlite`.
 * @module sqlite
 */

import { chmod, open, stat } from 'node:fs/promises';
import { type FileInput, loadWith, startThread } from '../assets.ts';
import {
  deniesWriting,
  errorOf,
  type PlainError,
  PortabilityError,
  plainError,
  portabilityError,
  systemCodeOf,
  withDetails,
} from '../errors.ts';
import * as LEDGER from '../messages/ledger.ts';
import type { Ledger } from './ledger.ts';
import { packedForm } from './packed-cards.ts';
import type { DossierRow, JournalRow, PersonRecords, ResidenceRow } from './person-records.ts';
import { type Entry, type SpoolOptions, spooled } from './spool.ts';
import { copyPrivately, type LedgerCopy, writeRefusal } from './sqlite/read-only.ts';
import {
  type FilePlace,
  OPERATION_KINDS,
  type OperationName,
  type Reply,
  type Request,
  type Send,
  type ThreadStart,
} from './sqlite/thread-protocol.ts';
import { SQLITE_WORKER } from './sqlite/worker-file.ts';

const OWNER_ONLY = 0o600;
const DRIVER = 'better-sqlite3';
const DRIVER_MAJOR = '12';
const DRIVER_PACKAGE = `${DRIVER}@${DRIVER_MAJOR}`;

/** Runtimes that run Node's programs and not its native addons; `process.versions` names them. */
const OTHER_RUNTIMES = ['Bun', 'Deno'] as const;

/**
 * Returns the path of the native driver. Checks the runtime and the version of the driver, so that a
 * missing or incompatible driver is reported as an error and does not crash Node.
 */
function findDriver(): string {
  const runtime = OTHER_RUNTIMES.find(name => process.versions[name.toLowerCase()] !== undefined);
  if (runtime !== undefined) throw portabilityError(LEDGER.sqliteRuntime, {}, { runtime });
  const missing = portabilityError(LEDGER.sqliteDriverMissing, {}, { driver: DRIVER_PACKAGE });
  const found = loadWith(require => ({
    version: require(`${DRIVER}/package.json`).version as string,
    resolve: () => require.resolve(DRIVER),
  }));
  if (found === undefined) throw missing;
  if (found.version.split('.')[0] !== DRIVER_MAJOR)
    throw portabilityError(LEDGER.sqliteDriverVersion, {}, { driver: DRIVER_PACKAGE });
  try {
    return found.resolve();
  } catch {
    throw missing;
  }
}

const cannotOpen = (path: string, error: unknown): PortabilityError => {
  const system = systemCodeOf(error);
  const details = { path, ...(system !== undefined && { system }) };
  return portabilityError(LEDGER.ledgerFileUnreadable, details);
};

const notWritable = (
  path: string,
  system: string | undefined,
  isSpool = false,
): PortabilityError => {
  if (isSpool) return portabilityError(LEDGER.spoolReadOnly, { path, system });
  const message = system === 'EROFS' ? LEDGER.ledgerReadOnlyFileSystem : LEDGER.ledgerReadOnly;
  return portabilityError(message, { code: 'ERR_LEDGER_OPEN', path, system });
};

/** Refuses a file that cannot be written, or whose folder cannot, before SQLite opens it. */
async function checkWritable(path: string, isSpool = false): Promise<void> {
  const system = await writeRefusal(path).catch(error => {
    throw cannotOpen(path, error);
  });
  if (system !== undefined) throw notWritable(path, system, isSpool);
}

/**
 * Creates the file with owner-only access before SQLite opens it. The write-ahead log takes the
 * same mode.
 */
async function createPrivate(path: string, isSpool = false): Promise<void> {
  try {
    await (await open(path, 'a', OWNER_ONLY)).close();
  } catch (error) {
    const system = systemCodeOf(error);
    throw deniesWriting(system) ? notWritable(path, system, isSpool) : cannotOpen(path, error);
  }
  await checkWritable(path, isSpool);
  await chmod(path, OWNER_ONLY).catch(error => {
    throw cannotOpen(path, error);
  });
}

async function checkThere(path: string): Promise<void> {
  const found = await stat(path).catch(error => {
    const system = systemCodeOf(error);
    if (system !== 'ENOENT') throw cannotOpen(path, error);
    throw portabilityError(LEDGER.ledgerMissing, { path, system });
  });
  if (found.isFile()) return;
  const details = { path, ...(found.isDirectory() && { system: 'EISDIR' }) };
  throw portabilityError(LEDGER.ledgerMissing, details);
}

/** Failures that do not concern the file of the ledger. */
const ABOUT_NO_LEDGER = ['ERR_LEDGER_DRIVER', 'ERR_ASSET'];

/**
 * The worker must not inherit the flags of the process: with `--input-type`, for example, it would
 * not start. Under Yarn's Plug'n'Play it needs the hook that finds packages.
 */
function workerFlags(): string[] {
  if (process.versions['pnp'] === undefined) return [];
  return ['--require', loadWith(require => require.resolve('pnpapi'))!];
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: PortabilityError): void;
}

/**
 * Starts the worker thread and matches its replies to requests. The thread keeps the process alive
 * only while a request is pending.
 */
function connect(place: FilePlace, path: string, program: FileInput | undefined) {
  const start: ThreadStart = { place, driver: findDriver() };
  const options = { workerData: start, execArgv: workerFlags() };
  const { worker, notStarted } = startThread(SQLITE_WORKER, program, options);
  const waiting = new Map<number, Waiting>();
  let last = 0;
  let isRunning = false;
  let isClosing = false;
  let isBroken = false;
  let over: PlainError | undefined;
  const failed = (failure: PlainError): PortabilityError => {
    const place = ABOUT_NO_LEDGER.includes(failure.code) ? {} : { path };
    return errorOf({ ...failure, details: { ...place, ...failure.details } });
  };
  const settle = ({ id, result, failure }: Reply): void => {
    isRunning = true;
    const caller = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
    if (failure === undefined) caller?.resolve(result);
    else caller?.reject(failed(failure));
  };
  const reasonOfEnd = (error: unknown): PortabilityError => {
    if (isClosing) return portabilityError(LEDGER.ledgerClosed);
    if (!isRunning) return notStarted(error);
    return portabilityError(LEDGER.ledgerThreadEnded, { system: systemCodeOf(error) });
  };
  const abandon = (error?: unknown): void => {
    isBroken ||= !isClosing;
    over ??= plainError(reasonOfEnd(error));
    for (const id of [...waiting.keys()]) settle({ id, failure: over });
  };
  worker.on('message', settle);
  worker.on('error', abandon);
  worker.on('exit', () => abandon());
  const expect = (id: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.ref();
    });
  const send = (operation: OperationName, ...args: readonly unknown[]): Promise<unknown> => {
    if (over !== undefined) return Promise.reject(failed(over));
    const reply = expect(++last);
    const kind = OPERATION_KINDS[operation];
    worker.postMessage({ id: last, kind, operation, args } as Request);
    return reply;
  };
  const request = send as Send;
  const finish = (): Promise<void> => {
    isClosing = true;
    return isBroken ? Promise.resolve() : request('close').finally(abandon);
  };
  return { ready: expect(0), request, finish };
}

/**
 * Only `read` uses the second connection: a gateway that needs a standing must not wait for a write
 * that waits for another process.
 */
const personRecordsOf = (request: Send, read: Send): PersonRecords => ({
  // The rows of a table have the shape of the table.
  read: (table, where) => read('read', table, where) as Promise<never[]>,
  put: (table, row) => request('put', table, row),
  add: (table, row) => request('add', table, row),
  change: (table, before, after) => request('change', table, before, after),
  remove: (table, where) => request('remove', table, where),
  removeBefore: (table, column, before, where) =>
    request('removeBefore', table, String(column), before, where),
  among: (table, pseudonyms) => request('among', table, pseudonyms),
  dossiersOf: pseudonyms => read('dossiersOf', pseudonyms) as Promise<DossierRow[]>,
  residencesOf: (pseudonyms, day) =>
    read('residencesOf', pseudonyms, day) as Promise<ResidenceRow[]>,
  countDue: day => read('countDue', day),
  dossiersDue: (day, after, limit) =>
    read('dossiersDue', day, after, limit) as Promise<DossierRow[]>,
  // What is only added erases nothing, and the write-ahead log may keep it.
  replaceDossiers: rows =>
    rows.every(({ revision }) => revision === 1)
      ? request('addDossiers', rows)
      : request('replaceDossiers', rows),
  dossiersAfter: (pseudonym, limit) =>
    request('dossiersAfter', pseudonym, limit) as Promise<DossierRow[]>,
  appendJournal: row => request('appendJournal', row),
  journalAfter: (seq, limit) => request('journalAfter', seq, limit) as Promise<JournalRow[]>,
  journalHead: () => request('journalHead') as Promise<JournalRow | undefined>,
  journalOf: subject => request('journalOf', subject) as Promise<JournalRow[]>,
  forgetInJournal: subject => request('forgetInJournal', subject),
  cutJournal: anchor => request('cutJournal', anchor),
});

/** Options of {@link openSqliteLedger}. */
export interface SqliteOptions {
  /** `false` rejects if the file does not exist; default: `true`. */
  readonly create?: boolean | undefined;
  /**
   * Opens a ledger too that cannot be written, because of a read-only mount or missing rights: it
   * is read through a private copy, and every write rejects with `ERR_LEDGER_WRITE`. Creates
   * nothing. Default: `false`, such a ledger is refused.
   */
  readonly acceptReadOnly?: boolean | undefined;
  /** Called before that copy is made, which takes as much room as the ledger. */
  readonly onCopy?: ((copy: LedgerCopy) => void) | undefined;
  /**
   * The file `laissez-passer/sqlite-worker.cjs`, for an application whose bundler does not copy it:
   * its path, its `file:` URL, or its bytes. Default: the file in the package.
   */
  readonly sqliteWorker?: FileInput | undefined;
}

/**
 * Opens the embedded ledger. Creates the file with mode 0600 if it does not exist. Durable (WAL,
 * `synchronous=FULL`, `secure_delete=ON`): `write` resolves after the commit is on disk. Several
 * processes on one machine may share the file. A network file system is not supported.
 * @throws PortabilityError `ERR_LEDGER_DRIVER` without better-sqlite3 12, `ERR_ASSET` without the
 *   program of the thread, `ERR_LEDGER_OPEN`, `ERR_LEDGER_DAMAGED`, `ERR_LEDGER_SCHEMA`.
 */
export async function openSqliteLedger(
  path: string,
  { create = true, acceptReadOnly = false, onCopy, sqliteWorker }: SqliteOptions = {},
): Promise<Ledger> {
  findDriver();
  if (create && !acceptReadOnly) await createPrivate(path);
  else await checkThere(path);
  if (acceptReadOnly) {
    const system = await writeRefusal(path).catch(error => {
      throw cannotOpen(path, error);
    });
    if (system !== undefined) return openCopy(path, onCopy, sqliteWorker);
  } else await checkWritable(path);
  const writer = connect(path, path, sqliteWorker);
  await writer.ready;
  const reader = connect(path, path, sqliteWorker);
  await reader.ready.catch(async error => {
    await writer.finish();
    throw error;
  });
  return ledgerOf(writer.request, reader.request, () => reader.finish().finally(writer.finish));
}

/** Reads a ledger that cannot be written through a private copy. One thread is enough for that. */
async function openCopy(
  path: string,
  onCopy: SqliteOptions['onCopy'],
  program: FileInput | undefined,
): Promise<Ledger> {
  const copy = await copyPrivately(path, onCopy).catch(error => {
    throw error instanceof PortabilityError
      ? withDetails(error, { path })
      : cannotOpen(path, error);
  });
  const { request, ready, finish } = connect({ copy: copy.file }, path, program);
  // What is open stays readable without a name. Where the system keeps an open file in its place,
  // the copy goes when it is closed.
  const removed = (): void => {
    try {
      copy.remove();
    } catch {}
  };
  await ready.catch(error => {
    removed();
    throw error;
  });
  removed();
  return { ...ledgerOf(request, request, () => finish().finally(removed)), isReadOnly: true };
}

function ledgerOf(request: Send, read: Send, finish: () => Promise<void>): Ledger {
  let closing: Promise<void> | undefined;
  return {
    kind: 'sqlite',
    personRecords: personRecordsOf(request, read),
    write: batch => request('write', packedForm(batch)),
    cards: keys => request('cards', keys),
    accesses: keys => request('accesses', keys),
    erase: (keys, through) => request('erase', keys, through),
    clear: (key, bits) => request('clear', key, bits),
    restoreTombstones: (tombstones, pseudonyms) =>
      request('restoreTombstones', tombstones, pseudonyms),
    tombstones: () => request('tombstones'),
    tombstonePage: (cursor, limit) => request('tombstonePage', cursor, limit),
    tombstonePosition: () => request('tombstonePosition'),
    setTombstonePosition: position => request('setTombstonePosition', position),
    purgeBefore: (month, records) => request('purgeBefore', month, records),
    purgeAccesses: before => request('purgeAccesses', before),
    months: () => request('months'),
    tally: (from, to) => request('tally', from, to),
    editions: (from, to) => request('editions', from, to),
    recordRun: run => request('recordRun', run),
    runs: () => request('runs'),
    purgedBefore: () => request('purgedBefore'),
    keyChecks: () => request('keyChecks'),
    addKeyChecks: checks => request('addKeyChecks', checks),
    verify: () => request('verify'),
    scan: (cursor, limit) => request('scan', cursor, limit),
    shrink: async ({ rewrites = false } = {}) => {
      if (rewrites) await request('rewrite');
      // Each step is a request of its own, so that other requests come in between.
      let left = await request('shrink');
      for (let before = Number.POSITIVE_INFINITY; left > 0 && left < before; ) {
        before = left;
        left = await request('shrink');
      }
    },
    close: () => {
      closing ??= finish();
      return closing;
    },
  };
}

/**
 * Adds a spool to a ledger that may be out of reach. A batch that the ledger does not accept waits
 * in a file and is written in order when the ledger is back; restrictions and tombstones are
 * applied at that time. Only one process may use the file. `gate.health()` counts the waiting
 * batches.
 * @param path File of the spool, created if it does not exist.
 * @throws PortabilityError `ERR_LEDGER_DRIVER` without better-sqlite3 12, `ERR_LEDGER_OPEN`,
 *   `ERR_LEDGER_DAMAGED`.
 */
export async function openSpool(
  ledger: Ledger,
  path: string,
  { sqliteWorker, ...options }: SpoolOptions = {},
): Promise<Ledger> {
  findDriver();
  await createPrivate(path, true);
  const { request, ready, finish } = connect({ spool: path }, path, sqliteWorker);
  await ready;
  const queue = {
    put: (entry: Entry) => request('spoolPut', entry),
    first: () => request('spoolFirst'),
    remove: (through: number) => request('spoolRemove', through),
    size: () => request('spoolSize'),
    close: finish,
  };
  return spooled(ledger, queue, options).catch(async error => {
    await finish();
    throw error;
  });
}

export type { SpoolOptions } from './spool.ts';
export type { LedgerCopy } from './sqlite/read-only.ts';
