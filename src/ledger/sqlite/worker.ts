/**
 * Runs in the worker thread that holds the SQLite file, so that the event loop of the gateway never
 * waits for a disk.
 */

import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import {
  type PlainError,
  PortabilityError,
  plainError,
  portabilityError,
  systemCodeOf,
} from '../../errors.ts';
import { type Finding, finding } from '../../messages/findings.ts';
import * as LEDGER from '../../messages/ledger.ts';
import type { Message } from '../../messages.ts';
import { openSpoolFile, spoolStore } from './spool-store.ts';
import { openDatabase, sqliteStore, truncateLog } from './store.ts';

/**
 * A request names an operation of the store. The reply contains its result, or the code of a
 * failure without any row.
 */
export interface Request {
  readonly id: number;
  readonly operation: string;
  readonly args: readonly unknown[];
}

export interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly failure?: PlainError;
}

const FAILURES: readonly (readonly [pattern: RegExp, message: Message])[] = [
  [/^SQLITE_(BUSY|LOCKED)/, LEDGER.ledgerLocked],
  [/^SQLITE_FULL/, LEDGER.ledgerDiskFull],
  [/^SQLITE_(CORRUPT|NOTADB)/, LEDGER.ledgerDamaged],
  [/^SQLITE_(CANTOPEN|PERM|AUTH)/, LEDGER.ledgerFileUnreadable],
  [/^SQLITE_/, LEDGER.ledgerFailed],
];

/** The native part of the driver is missing or was built for another version of Node. */
const isUnbuilt = (error: unknown): boolean =>
  (error as { code?: unknown }).code === 'ERR_DLOPEN_FAILED' ||
  (error instanceof Error && 'tries' in error);

/** Converts an error to a failure. SQLite messages may quote a row, so only the code is used. */
function failureOf(error: unknown): PlainError {
  if (error instanceof PortabilityError) return plainError(error);
  if (isUnbuilt(error)) return plainError(portabilityError(LEDGER.sqliteDriverBroken));
  const system = systemCodeOf(error);
  const [, message = LEDGER.ledgerFailed] =
    FAILURES.find(([pattern]) => pattern.test(system ?? '')) ?? [];
  return plainError(portabilityError(message, { system }));
}

/**
 * Time to wait for a reader in another process that holds the log. If it takes longer, erased bytes
 * stay in the log until a later request can truncate it.
 */
const READER_PATIENCE_MS = 1000;

const READS = [
  ...[
    'spoolFirst',
    'spoolSize',
    'scan',
    'cards',
    'accesses',
    'marks',
    'months',
    'tally',
    'editions',
    'runs',
    'columns',
    'verify',
  ],
  ...['readRows', 'restrictedAmong', 'dossiersAfter', 'journalAfter', 'journalHead', 'journalOf'],
];
const ERASURES = [
  ...['spoolRemove', 'erase', 'clear', 'restoreMarks', 'purgeBefore', 'purgeAccesses'],
  ...[
    'removeRows',
    'removeRowsBefore',
    'forgetInJournal',
    'cutJournal',
    'replaceDossier',
    'changeRow',
  ],
];

function serve(port: NonNullable<typeof parentPort>): void {
  const Sqlite = createRequire(import.meta.url)('better-sqlite3');
  const database =
    typeof workerData === 'string'
      ? openDatabase(Sqlite, workerData)
      : openSpoolFile(Sqlite, workerData.spool);
  const operations = typeof workerData === 'string' ? sqliteStore(database) : spoolStore(database);
  const store = operations as unknown as Readonly<
    Record<string, (...args: readonly unknown[]) => unknown>
  >;
  let isLogOwed = false;
  const perform = ({ operation, args }: Request): unknown => {
    if (operation === 'close') return void database.close();
    const run = store[operation]!;
    if (operation === 'verify' && isLogOwed) isLogOwed = !truncateLog(database, 0);
    if (operation === 'verify' && isLogOwed)
      return [...(run() as Finding[]), finding('erased-log-held', {})];
    if (READS.includes(operation)) return run(...args);
    const result = database.transaction(() => run(...args)).immediate();
    if (ERASURES.includes(operation)) {
      isLogOwed = !truncateLog(database, READER_PATIENCE_MS);
      if (isLogOwed && operation === 'erase') throw portabilityError(LEDGER.erasedLogHeld);
    } else if (isLogOwed) isLogOwed = !truncateLog(database, 0);
    return result;
  };
  port.on('message', (request: Request) => {
    try {
      port.postMessage({ id: request.id, result: perform(request) } satisfies Reply);
    } catch (error) {
      port.postMessage({ id: request.id, failure: failureOf(error) } satisfies Reply);
    }
    if (request.operation === 'close') port.close();
  });
}

if (parentPort !== null) {
  try {
    serve(parentPort);
    parentPort.postMessage({ id: 0 } satisfies Reply);
  } catch (error) {
    parentPort.postMessage({ id: 0, failure: failureOf(error) } satisfies Reply);
    parentPort.close();
  }
}
