/**
 * Makes the numbers under which work lists show their lines: drawn for a request, derived from the
 * pseudonym for the other records, so that nothing more is stored.
 */

import { createHash, randomBytes } from 'node:crypto';
import { portabilityError } from '../errors.ts';
import * as SUBJECTS from '../messages/subjects.ts';

/** Digits and consonants without 0 and 1: no number contains a word, or an O that may be a 0. */
const ALPHABET = '23456789BCDFGHJKLMNPQRSTVWXYZ';
const LENGTH = 8;

const written = (bytes: Uint8Array): string =>
  Array.from(bytes.subarray(0, LENGTH), byte => ALPHABET[byte % ALPHABET.length]).join('');

export const newRequestNumber = (): string => `R-${written(randomBytes(LENGTH))}`;

const isNumber = (kinds: string, text: unknown): text is string =>
  typeof text === 'string' && new RegExp(`^[${kinds}]-[${ALPHABET}]{${LENGTH}}$`).test(text);

/** Whether a text is the number of a request. */
export const isRequestNumber = (text: unknown): text is string => isNumber('R', text);

/**
 * A record with a derived number: dossier (`D-...`), legal hold (`H-...`) or proposal (`P-...`).
 */
export type NumberedRecord = 'D' | 'H' | 'P';

/** Returns the number of a record. Without the keyring it leads to no person. */
export const recordNumber = (kind: NumberedRecord, pseudonym: string): string =>
  `${kind}-${written(
    createHash('sha256').update(`laissez-passer number ${kind}\0`).update(pseudonym).digest(),
  )}`;

/**
 * Checks that a text is a number of a work list, before it is kept in the journal.
 * @throws PortabilityError `ERR_REQUEST` if it is not
 */
export function checkRecordNumber(text: string): string {
  if (isNumber('RDHP', text)) return text;
  throw portabilityError(SUBJECTS.recordNumber);
}
