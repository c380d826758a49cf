/**
 * Types the requests that cross to the thread of a SQLite file, and says what each does to the
 * file.
 */
import type { PlainError } from '../../errors.ts';
import type { spoolStore } from './spool-store.ts';
import type { sqliteStore } from './store.ts';

type Operations = ReturnType<typeof sqliteStore> &
  ReturnType<typeof spoolStore> & { readonly close: () => void };

/** The name of an operation. */
export type OperationName = keyof Operations;

/**
 * What an operation does: `read` needs no transaction, `write` runs in one, `erase` runs in one and
 * then truncates the write-ahead log, so that no erased byte stays in it. `shrink` truncates it
 * after the last step, and `rewrite` runs by itself. An operation that is
 * missing here does not compile.
 */
export const OPERATION_KINDS = {
  accesses: 'read',
  among: 'read',
  cards: 'read',
  dossiersAfter: 'read',
  countDue: 'read',
  dossiersDue: 'read',
  dossiersOf: 'read',
  editions: 'read',
  journalAfter: 'read',
  journalHead: 'read',
  journalOf: 'read',
  keyChecks: 'read',
  months: 'read',
  purgedBefore: 'read',
  read: 'read',
  residencesOf: 'read',
  runs: 'read',
  scan: 'read',
  spoolFirst: 'read',
  spoolSize: 'read',
  tally: 'read',
  tombstonePage: 'read',
  tombstonePosition: 'read',
  tombstones: 'read',
  add: 'write',
  addDossiers: 'write',
  addKeyChecks: 'write',
  appendJournal: 'write',
  put: 'write',
  recordRun: 'write',
  setTombstonePosition: 'write',
  spoolPut: 'write',
  write: 'write',
  change: 'erase',
  clear: 'erase',
  cutJournal: 'erase',
  erase: 'erase',
  forgetInJournal: 'erase',
  purgeAccesses: 'erase',
  purgeBefore: 'erase',
  remove: 'erase',
  removeBefore: 'erase',
  replaceDossiers: 'erase',
  restoreTombstones: 'erase',
  spoolRemove: 'erase',
  shrink: 'shrink',
  rewrite: 'rewrite',
  verify: 'verify',
  close: 'close',
} as const satisfies Readonly<
  Record<OperationName, 'read' | 'write' | 'erase' | 'shrink' | 'rewrite' | 'verify' | 'close'>
>;

/** The file that a thread opens: a ledger, its private copy that is only read, or a spool. */
export type FilePlace = string | { readonly copy: string } | { readonly spool: string };

/** What the thread is started with: its file, and the path of the native driver. */
export interface ThreadStart {
  readonly place: FilePlace;
  readonly driver: string;
}

/** A request to the thread. */
export type Request = {
  readonly [Name in OperationName]: {
    readonly id: number;
    readonly kind: (typeof OPERATION_KINDS)[Name];
    readonly operation: Name;
    readonly args: Parameters<Operations[Name]>;
  };
}[OperationName];

/** The result of a request, or its failure without any row. Number 0 says that the file is open. */
export interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly failure?: PlainError;
}

/** Sends one operation to the thread and returns its result. */
export type Send = <Name extends OperationName>(
  operation: Name,
  ...args: Parameters<Operations[Name]>
) => Promise<ReturnType<Operations[Name]>>;
