/**
 * Runs in the worker thread that holds the SQLite file, so that the event loop of the gateway never
 * waits for a disk.
 */
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { type ErrorCode, PortabilityError, systemCodeOf } from '../../errors.ts';
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
  readonly failure?: Failure;
}

interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  /** Error code of SQLite, such as `SQLITE_FULL`. */
  readonly system?: string;
}

const FAILURES: readonly (readonly [pattern: RegExp, code: ErrorCode, message: string])[] = [
  [
    /^SQLITE_(BUSY|LOCKED)/,
    'ERR_LEDGER_BUSY',
    'the ledger is locked by another process for too long',
  ],
  [/^SQLITE_FULL/, 'ERR_LEDGER_WRITE', 'the disk of the ledger is full'],
  [
    /^SQLITE_(CORRUPT|NOTADB)/,
    'ERR_LEDGER_DAMAGED',
    'the file of the ledger is damaged or no ledger',
  ],
  [/^SQLITE_(CANTOPEN|PERM|AUTH)/, 'ERR_LEDGER_OPEN', 'the file of the ledger cannot be opened'],
  [/^SQLITE_/, 'ERR_LEDGER_WRITE', 'the ledger cannot be read or written'],
];

const UNBUILT = 'the driver of the sqlite ledger does not load: npm rebuild better-sqlite3';

/** The native part of the driver is missing or was built for another version of Node. */
const isUnbuilt = (error: unknown): boolean =>
  (error as { code?: unknown }).code === 'ERR_DLOPEN_FAILED' ||
  (error instanceof Error && 'tries' in error);

/** Converts an error to a failure. SQLite messages may quote a row, so only the code is used. */
function failureOf(error: unknown): Failure {
  if (error instanceof PortabilityError) return { code: error.code, message: error.sentence };
  if (isUnbuilt(error)) return { code: 'ERR_LEDGER_DRIVER', message: UNBUILT };
  const system = systemCodeOf(error);
  const [, known, message] = FAILURES.find(([pattern]) => pattern.test(system ?? '')) ?? [];
  return {
    code: known ?? 'ERR_LEDGER_WRITE',
    message: message ?? 'the ledger cannot be read or written',
    ...(system !== undefined && { system }),
  };
}

/**
 * Time to wait for a reader in another process that holds the log. If it takes longer, erased bytes
 * stay in the log until a later request can truncate it.
 */
const READER_PATIENCE_MS = 1000;
const STILL_IN_LOG = 'erased from the ledger, but a reader still holds the log with it: ask again';

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
    if (operation === 'verify' && isLogOwed) return [...(run() as string[]), STILL_IN_LOG];
    if (READS.includes(operation)) return run(...args);
    const result = database.transaction(() => run(...args)).immediate();
    if (ERASURES.includes(operation)) {
      isLogOwed = !truncateLog(database, READER_PATIENCE_MS);
      if (isLogOwed && operation === 'erase')
        throw new PortabilityError('ERR_LEDGER_BUSY', STILL_IN_LOG);
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
