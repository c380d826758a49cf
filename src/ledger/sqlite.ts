/**
 * Opens the embedded ledger: one SQLite file, accessed in worker threads, shared by several
 * processes. Exported by `laissez-passer/sqlite`.
 * @module sqlite
 */

import { chmod, open, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import {
  errorOf,
  type PlainError,
  type PortabilityError,
  plainError,
  portabilityError,
  systemCodeOf,
} from '../errors.ts';
import * as LEDGER from '../messages/ledger.ts';
import type { Ledger } from './ledger.ts';
import type { DossierRow, JournalRow, PersonRecords } from './person-records.ts';
import { type SpoolOptions, spooled } from './spool.ts';
import {
  OPERATION_KINDS,
  type OperationName,
  type Reply,
  type Request,
  type Send,
} from './sqlite/thread-protocol.ts';

const OWNER_ONLY = 0o600;
const DRIVER = 'better-sqlite3';
const DRIVER_MAJOR = '12';
const DRIVER_PACKAGE = `${DRIVER}@${DRIVER_MAJOR}`;

/**
 * Checks the version of the native driver, so that a missing or incompatible driver is reported as
 * an error and does not crash Node.
 */
function checkDriver(): void {
  let version: string;
  try {
    version = createRequire(import.meta.url)(`${DRIVER}/package.json`).version;
  } catch {
    throw portabilityError(LEDGER.sqliteDriverMissing, {}, { driver: DRIVER_PACKAGE });
  }
  if (version.split('.')[0] !== DRIVER_MAJOR) {
    throw portabilityError(LEDGER.sqliteDriverVersion, {}, { driver: DRIVER_PACKAGE });
  }
}

const cannotOpen = (path: string, error: unknown): PortabilityError => {
  const system = systemCodeOf(error);
  const details = { path, ...(system !== undefined && { system }) };
  return portabilityError(LEDGER.ledgerFileUnreadable, details);
};

/**
 * Creates the file with owner-only access before SQLite opens it. The write-ahead log takes the
 * same mode.
 */
async function createPrivate(path: string): Promise<void> {
  try {
    await (await open(path, 'a', OWNER_ONLY)).close();
    await chmod(path, OWNER_ONLY);
  } catch (error) {
    throw cannotOpen(path, error);
  }
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

/** The built worker is next to the built module, also when this module runs from source. */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/sqlite-worker.js' : './sqlite-worker.js',
  import.meta.url,
);

const CLOSED = plainError(portabilityError(LEDGER.ledgerClosed));
const BROKEN = plainError(portabilityError(LEDGER.ledgerThreadEnded));

interface Waiting {
  resolve(value: unknown): void;
  reject(error: PortabilityError): void;
}

/**
 * Starts the worker thread and matches its replies to requests. The thread keeps the process alive
 * only while a request is pending.
 */
function connect(place: string | { readonly spool: string }) {
  const path = typeof place === 'string' ? place : place.spool;
  // The worker must not inherit the flags of the process: with `--input-type`, for example, it
  // would not start.
  const worker = new Worker(WORKER, { workerData: place, execArgv: [] });
  const waiting = new Map<number, Waiting>();
  let last = 0;
  let isClosing = false;
  let over: PlainError | undefined;
  const failed = (failure: PlainError): PortabilityError => {
    // A driver that does not load is unrelated to the file, so the error has no path.
    const place = failure.code === 'ERR_LEDGER_DRIVER' ? {} : { path };
    return errorOf({ ...failure, details: { ...place, ...failure.details } });
  };
  const settle = ({ id, result, failure }: Reply): void => {
    const caller = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
    if (failure === undefined) caller?.resolve(result);
    else caller?.reject(failed(failure));
  };
  const abandon = (): void => {
    over ??= isClosing ? CLOSED : BROKEN;
    for (const id of [...waiting.keys()]) settle({ id, failure: over });
  };
  worker.on('message', settle);
  worker.on('error', abandon);
  worker.on('exit', abandon);
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
    return over === BROKEN ? Promise.resolve() : request('close').finally(abandon);
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

/**
 * Opens the embedded ledger. Creates the file with mode 0600 if it does not exist. Durable (WAL,
 * `synchronous=FULL`, `secure_delete=ON`): `write` resolves after the commit is on disk. Several
 * processes on one machine may share the file. A network file system is not supported.
 * @param options `create: false` rejects if the file does not exist; default: `true`.
 * @throws PortabilityError `ERR_LEDGER_DRIVER` without better-sqlite3 12, `ERR_LEDGER_OPEN`,
 *   `ERR_LEDGER_DAMAGED`, `ERR_LEDGER_SCHEMA`.
 */
export async function openSqliteLedger(
  path: string,
  { create = true }: { readonly create?: boolean | undefined } = {},
): Promise<Ledger> {
  checkDriver();
  if (create) await createPrivate(path);
  else await checkThere(path);
  const writer = connect(path);
  await writer.ready;
  const reader = connect(path);
  await reader.ready.catch(async error => {
    await writer.finish();
    throw error;
  });
  const { request } = writer;
  let closing: Promise<void> | undefined;
  return {
    kind: 'sqlite',
    personRecords: personRecordsOf(request, reader.request),
    write: batch => request('write', batch),
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
      closing ??= reader.finish().finally(writer.finish);
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
  options: SpoolOptions = {},
): Promise<Ledger> {
  checkDriver();
  await createPrivate(path);
  const { request, ready, finish } = connect({ spool: path });
  await ready;
  const queue = {
    put: (body: string) => request('spoolPut', body),
    first: () => request('spoolFirst'),
    remove: (seq: number) => request('spoolRemove', seq),
    size: () => request('spoolSize'),
    close: finish,
  };
  return spooled(ledger, queue, options).catch(async error => {
    await finish();
    throw error;
  });
}

export type { SpoolOptions } from './spool.ts';
