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
  | 'ERR_RECIPIENT'
  | 'ERR_REQUEST'
  | 'ERR_RIGHT'
  | 'ERR_RIGHT_HELD'
  | 'ERR_SOURCE_BUILT'
  | 'ERR_SOURCE_CHECKSUM'
  | 'ERR_SOURCE_DATA'
  | 'ERR_SOURCE_EMPTY'
  | 'ERR_SOURCE_FORMAT'
  | 'ERR_SOURCE_GZIP'
  | 'ERR_SOURCE_METADATA'
  | 'ERR_SOURCE_OPEN'
  | 'ERR_SOURCE_OVERLAP'
  | 'ERR_SOURCE_ROW'
  | 'ERR_SOURCE_TREE'
  | 'ERR_SOURCE_TRUNCATED'
  | 'ERR_TABLE_CHECKSUM'
  | 'ERR_TABLE_FORMAT'
  | 'ERR_TABLE_OPEN'
  | 'ERR_TABLE_TRUNCATED'
  | 'ERR_TERRITORY'
  | 'ERR_TRANSFER';

/** Where an error happened. There is no cause: those of the system quote the path, which may be anything that was typed. */
export interface ErrorDetails {
  /** Byte offset in a binary file. */
  readonly offset?: number;
  /** Line in a text file, from 1. */
  readonly line?: number;
}

/**
 * The only error the library throws. Runtime doubt is a reason of a decision, never an error.
 * Messages are one lower-case line and never hold a client address or a subscriber.
 */
export class PortabilityError extends Error {
  readonly code: ErrorCode;
  declare readonly offset?: number;
  declare readonly line?: number;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    this.name = 'PortabilityError';
    this.code = code;
    if (details.offset !== undefined) this.offset = details.offset;
    if (details.line !== undefined) this.line = details.line;
  }
}
