/**
 * Runs in the worker thread that holds the SQLite file, so that the event loop of the gateway never
 * waits for a disk.
 */

import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type DatabaseConstructor from 'better-sqlite3';
import {
  type PlainError,
  PortabilityError,
  plainError,
  portabilityError,
  systemCodeOf,
} from '../../errors.ts';
import * as LEDGER from '../../messages/ledger.ts';
import { type Finding, finding } from '../../messages/verification-findings.ts';
import type { Message } from '../../messages.ts';
import { SQLITE_READER_WAIT_MS } from '../../timeouts.ts';
import { openSpoolFile, spoolStore } from './spool-store.ts';
import { openCopyFile, openDatabase, sqliteStore, truncateLog } from './store.ts';
import type { FilePlace, Reply, Request, ThreadStart } from './thread-protocol.ts';

const FAILURES: readonly (readonly [pattern: RegExp, message: Message])[] = [
  [/^SQLITE_(BUSY|LOCKED)/, LEDGER.ledgerLocked],
  [/^SQLITE_FULL/, LEDGER.ledgerDiskFull],
  [/^SQLITE_(CORRUPT|NOTADB)/, LEDGER.ledgerDamaged],
  [/^SQLITE_READONLY/, LEDGER.ledgerReadOnly],
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

/** Opens the file, and returns its operations by name. */
function openPlace(
  Sqlite: typeof DatabaseConstructor,
  place: FilePlace,
): {
  readonly database: DatabaseConstructor.Database;
  readonly store: Readonly<Record<string, unknown>>;
} {
  if (typeof place === 'string') {
    const database = openDatabase(Sqlite, place);
    return { database, store: sqliteStore(database) };
  }
  if ('copy' in place) {
    const database = openCopyFile(Sqlite, place.copy);
    return { database, store: sqliteStore(database) };
  }
  const database = openSpoolFile(Sqlite, place.spool);
  return { database, store: spoolStore(database) };
}

function serve(port: NonNullable<typeof parentPort>): void {
  const { place, driver } = workerData as ThreadStart;
  const { database, store } = openPlace(createRequire(driver)(driver), place);
  /** Whether erased bytes are still in the log, because a reader held it. */
  let isLogOwed = false;
  const settleLog = (patience: number): void => {
    isLogOwed = !truncateLog(database, patience);
  };
  const perform = ({ kind, operation, args }: Request): unknown => {
    const run = (): unknown =>
      (store[operation] as (...args: readonly unknown[]) => unknown)(...args);
    switch (kind) {
      case 'read':
        return run();
      case 'write': {
        const result = database.transaction(run).immediate();
        if (isLogOwed) settleLog(0);
        return result;
      }
      case 'erase': {
        const result = database.transaction(run).immediate();
        settleLog(SQLITE_READER_WAIT_MS);
        if (isLogOwed && operation === 'erase') throw portabilityError(LEDGER.erasedLogHeld);
        return result;
      }
      case 'shrink': {
        const left = database.transaction(run).immediate();
        // The file is cut with the log. A reader that holds it delays that until a later write.
        if (left === 0 && truncateLog(database, 0)) isLogOwed = false;
        return left;
      }
      case 'rewrite': {
        run();
        settleLog(SQLITE_READER_WAIT_MS);
        return undefined;
      }
      case 'verify': {
        if (isLogOwed) settleLog(0);
        const findings = run() as Finding[];
        return isLogOwed ? [...findings, finding('erased-log-held', {})] : findings;
      }
      case 'close':
        return void database.close();
    }
  };
  port.on('message', (request: Request) => {
    try {
      port.postMessage({ id: request.id, result: perform(request) } satisfies Reply);
    } catch (error) {
      port.postMessage({ id: request.id, failure: failureOf(error) } satisfies Reply);
    }
    if (request.kind === 'close') port.close();
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
