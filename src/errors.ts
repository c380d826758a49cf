/** What can go wrong while opening, loading, compiling or reading a command line? One class, one closed table of codes. */

/** Every code a {@link PortabilityError} can carry. Codes are never renamed; new ones may be added. */
export type ErrorCode =
  | 'ERR_ARGUMENT'
  | 'ERR_CODE_OR_REASON'
  | 'ERR_CONFIRMATION'
  | 'ERR_DAY'
  | 'ERR_DOSSIER_EVENT'
  | 'ERR_ERRAND'
  | 'ERR_EVIDENCE_LOST'
  | 'ERR_EVIDENCE_OPTION'
  | 'ERR_HOME'
  | 'ERR_KEYRING_DESTROYED'
  | 'ERR_KEYRING_FORMAT'
  | 'ERR_KEYRING_KEY'
  | 'ERR_KEYRING_LINK'
  | 'ERR_KEYRING_LOCKED'
  | 'ERR_KEYRING_MODE'
  | 'ERR_KEYRING_OPEN'
  | 'ERR_LEDGER_BUSY'
  | 'ERR_LEDGER_CLOSED'
  | 'ERR_LEDGER_DAMAGED'
  | 'ERR_LEDGER_DRIVER'
  | 'ERR_LEDGER_OPEN'
  | 'ERR_LEDGER_SCHEMA'
  | 'ERR_LEDGER_WRITE'
  | 'ERR_OFFER'
  | 'ERR_OUTPUT'
  | 'ERR_PREFIX'
  | 'ERR_PREFIX_TRUSTS_ALL'
  | 'ERR_RECIPIENT'
  | 'ERR_REQUEST'
  | 'ERR_RIGHT'
  | 'ERR_RIGHT_HELD'
  | 'ERR_SERVE_LISTEN'
  | 'ERR_SERVE_PACKAGE'
  | 'ERR_SOURCE_BUILT'
  | 'ERR_SOURCE_CHECKSUM'
  | 'ERR_SOURCE_DATA'
  | 'ERR_SOURCE_EMPTY'
  | 'ERR_SOURCE_FORMAT'
  | 'ERR_SOURCE_GZIP'
  | 'ERR_SOURCE_LIMIT'
  | 'ERR_SOURCE_METADATA'
  | 'ERR_SOURCE_OPEN'
  | 'ERR_SOURCE_OVERLAP'
  | 'ERR_SOURCE_ROW'
  | 'ERR_SOURCE_TREE'
  | 'ERR_SOURCE_TRUNCATED'
  | 'ERR_TABLE_CHECKSUM'
  | 'ERR_TABLE_FORMAT'
  | 'ERR_TABLE_OPEN'
  | 'ERR_TABLE_STATE'
  | 'ERR_TABLE_TRUNCATED'
  | 'ERR_TERRITORY'
  | 'ERR_TRANSFER';

/** How far the check of a source had come when it refused. */
export type Stage = 'open' | 'metadata' | 'tree' | 'data';

const STAGES: Partial<Record<ErrorCode, Stage>> = {
  ERR_SOURCE_OPEN: 'open',
  ERR_SOURCE_EMPTY: 'open',
  ERR_SOURCE_GZIP: 'open',
  ERR_SOURCE_FORMAT: 'open',
  ERR_SOURCE_CHECKSUM: 'open',
  ERR_SOURCE_METADATA: 'metadata',
  ERR_SOURCE_BUILT: 'metadata',
  ERR_SOURCE_TRUNCATED: 'tree',
  ERR_SOURCE_TREE: 'tree',
  ERR_SOURCE_DATA: 'data',
  ERR_SOURCE_ROW: 'data',
  ERR_SOURCE_OVERLAP: 'data',
};

/** Where an error happened. There is no cause: those of the system quote the path, which may be anything that was typed. */
export interface ErrorDetails {
  /** Byte offset in a binary file. */
  readonly offset?: number;
  /** Line in a text file, from 1. */
  readonly line?: number;
  /** The stage of the check, where the code does not tell. */
  readonly stage?: Stage;
  /** Which of the files: sources in their order, then overlays, from 1. */
  readonly file?: number;
}

const defined = ([name, value]: readonly [string, unknown]) => value !== undefined && { [name]: value };

/** Each entry point, by import and by require, brings a copy of the class: `instanceof` has to know them all. */
const BRAND = Symbol.for('laissez-passer.PortabilityError');

/**
 * The only error the library throws. Runtime doubt is a reason of a decision, never an error.
 * Messages are one lower-case line and never hold a client address or a subscriber.
 */
export class PortabilityError extends Error {
  readonly code: ErrorCode;
  declare readonly offset?: number;
  declare readonly line?: number;
  declare readonly file?: number;
  /** Of an `ERR_SOURCE_...`: the stage of the check that refused. */
  declare readonly stage?: Stage;

  /** Knows errors of every copy of this class. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    this.name = 'PortabilityError';
    this.code = code;
    const { offset, line, file, stage = STAGES[code] } = details;
    Object.assign(this, ...Object.entries({ offset, line, file, stage }).map(defined));
  }
}

Object.defineProperty(PortabilityError.prototype, BRAND, { value: true });
