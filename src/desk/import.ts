/** Implements the import of the dossiers of many subscribers at the desk. */

import { portabilityError } from '../errors.ts';
import * as DESK from '../messages/desk.ts';
import {
  compareImport,
  IMPORT_BATCH,
  type ImportCounts,
  type ImportRow,
  parseImport,
  type RejectedRow,
  writeImport,
} from '../subjects/dossier-import.ts';
import type { DeskContext } from './journaled-operations.ts';

/** The rows of an import, which are read three times: to check, to compare and to write them. */
export interface ImportSource {
  /**
   * Reads the rows from the first to the last. Rows of the same subscriber stand together, in the
   * order in which events of the same day count.
   */
  rows(): AsyncIterable<ImportRow>;
  /** Returns the SHA-256 of what `rows` read last, in hexadecimal digits. */
  digest(): string;
}

/** What an import does with its rows. */
export interface ImportOptions {
  /** Writes nothing, and returns what would be written. Default: `false`. */
  readonly dryRun?: boolean | undefined;
  /** Imports the other subscribers if rows are rejected. Default: `false`, nothing is written. */
  readonly skipRejected?: boolean | undefined;
  /** Subscribers whose dossiers are read and written at a time. Default: 5000. */
  readonly batchSize?: number | undefined;
  /** Receives each rejected row, once. */
  readonly onRejected?: ((row: RejectedRow) => void) | undefined;
  /** Receives the number of subscribers handled so far in a step, after each batch. */
  readonly onProgress?: ((step: ImportStep, subscribers: number) => void) | undefined;
}

/** The steps of an import: checks the file, compares it with the ledger, writes. */
export type ImportStep = 'check' | 'compare' | 'write';

/** The result of an import. */
export interface ImportResult extends ImportCounts {
  /** Subscribers whose rows are valid by themselves. */
  readonly subscribers: number;
  /** Rows that are not imported. */
  readonly rejected: number;
  /**
   * Identifies the file in the journal: a keyed digest of its SHA-256, 32 hexadecimal digits. The
   * same file has the same digest under the same keyring.
   */
  readonly digest: string;
  readonly isDryRun: boolean;
}

/** A set of line numbers, one bit each. */
class LineSet {
  #bits = new Uint8Array(1024);
  has(line: number): boolean {
    return ((this.#bits[line >> 3] ?? 0) & (1 << (line & 7))) !== 0;
  }

  /** Adds a line. Returns `false` if it is already in the set. */
  add(line: number): boolean {
    const index = line >> 3;
    if (index >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(index + 1, this.#bits.length * 2));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    const bit = 1 << (line & 7);
    if ((this.#bits[index]! & bit) !== 0) return false;
    this.#bits[index]! |= bit;
    return true;
  }
}

const DIGEST_LENGTH = 32;

/** Enters the import in the journal, with its count and digest, before the ledger is read. */
export type EnterImport = <Result>(
  number: string,
  work: (act: DeskContext) => Promise<Result>,
) => Promise<Result>;

/**
 * Checks the rows, enters the import in the journal, compares the rows with the ledger and writes
 * them.
 * @param seal Returns the keyed digest of a text.
 */
export async function importDossiers(
  enter: EnterImport,
  seal: (text: string) => string,
  source: ImportSource,
  {
    dryRun = false,
    skipRejected = false,
    batchSize = IMPORT_BATCH,
    onRejected,
    onProgress,
  }: ImportOptions,
): Promise<ImportResult> {
  let rejected = 0;
  const lines = new LineSet();
  const reject = (row: RejectedRow): void => {
    if (!lines.add(row.line)) return;
    rejected++;
    onRejected?.(row);
  };
  const progressOf = (step: ImportStep): ((subscribers: number) => void) => {
    let sum = 0;
    return subscribers => {
      sum += subscribers;
      onProgress?.(step, sum);
    };
  };
  const subscribers = await parseImport(source.rows(), {
    reject,
    batchSize,
    progress: progressOf('check'),
  });
  const fileDigest = source.digest();
  const digest = seal(`import ${fileDigest}`).slice(0, DIGEST_LENGTH);
  const number = `${dryRun ? 'dry-run/' : ''}${subscribers}/${digest}`;
  return enter(number, async act => {
    const { ledger, keyring, today, entry } = act;
    const isRejected = (line: number): boolean => lines.has(line);
    const context = { ledger, keyring, today, entry, reject, isRejected, batchSize };
    const isChanged = (): boolean => source.digest() !== fileDigest;
    const found = await compareImport(source.rows(), {
      ...context,
      progress: progressOf('compare'),
    });
    if (isChanged()) throw portabilityError(DESK.importChanged);
    const result = { subscribers, digest, isDryRun: dryRun };
    if (dryRun) return { ...found, ...result, rejected };
    if (rejected > 0 && !skipRejected)
      throw portabilityError(DESK.importRejected, {}, { rejected });
    act.done();
    const written = await writeImport(source.rows(), {
      ...context,
      progress: progressOf('write'),
    });
    if (isChanged()) throw portabilityError(DESK.importChangedLate);
    return { ...written, ...result, rejected };
  });
}
