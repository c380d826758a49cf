/** Defines the options of evidence recording with their bounds and defaults, and checks them. */

import { checkOptionNames, portabilityError } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Ledger } from '../ledger/ledger.ts';
import * as RECORDING from '../messages/recording.ts';
import { JOURNAL_MONTHS, REQUEST_MONTHS } from '../subjects/records-retention.ts';
import { checkMonths, RETENTION_MONTHS } from '../subjects/retention.ts';
import type { Safeguard } from './transfers.ts';

/**
 * What is kept of a request: the day only, or each access to the second. Single accesses require a
 * stated purpose and have their own, shorter retention of 1 to 400 days.
 */
export type Detail =
  | 'day'
  | { readonly access: { readonly purpose: string; readonly keepDays: number } };

/** Where evidence is kept, for how long, and what happens if it cannot be kept. */
export interface EvidenceOptions {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  /** What is kept of a request; default: `day`. Single accesses are refused without a purpose. */
  readonly detail?: Detail | undefined;
  /** Complete months kept in addition to the current one, 0 to 120; default: 12. */
  readonly retentionMonths?: number | undefined;
  /** Months for which the journal of accesses to personal data is kept, 0 to 120; default: 12. */
  readonly journalMonths?: number | undefined;
  /** Months for which a request is kept after its answer, 0 to 120; default: 36. */
  readonly requestMonths?: number | undefined;
  /**
   * Whether the gate purges; default: `true`. Set `false` if a separate job purges, so that the
   * role of a gateway needs no right to delete.
   */
  readonly purges?: boolean | undefined;
  /**
   * What happens if evidence cannot be kept: count the failure or refuse the request with
   * `evidence-unavailable`; default: `count`.
   */
  readonly onFailure?: 'count' | 'refuse' | undefined;
  /**
   * Country where the ledger keeps its data, ISO 3166-1 alpha-2; default: the home State. A country
   * outside the EEA requires a safeguard.
   */
  readonly country?: string | undefined;
  readonly safeguard?: Safeguard | undefined;
  /**
   * Subscribers per day that are distinguished in memory (17 bytes each; the table is rounded up to
   * a power of two, 12 to 24 bytes), 1 to 2^26; default: 1,000,000.
   */
  readonly subscribers?: number | undefined;
  /** Records that may wait for the ledger, 1 to 2^26; default: 100,000. */
  readonly queue?: number | undefined;
  /**
   * Accepts the clock although the days on record contradict it: after a long stop, or after a run
   * under a wrong clock; default: `false`.
   */
  readonly acceptClock?: boolean | undefined;
  /** Records per write, 1 to 100,000; default: 1000. */
  readonly batchSize?: number | undefined;
  /**
   * Longest time in milliseconds that a record waits before it is written, 0 to 60,000; default:
   * 200.
   */
  readonly batchMs?: number | undefined;
}

const MAX_KEEP_DAYS = 400;

/** The numeric options: minimum, maximum, default. */
const NUMBERS = {
  subscribers: [1, 2 ** 26, 1_000_000],
  queue: [1, 2 ** 26, 100_000],
  batchSize: [1, 100_000, 1000],
  batchMs: [0, 60_000, 200],
} as const;

type Bound = keyof typeof NUMBERS;

function numberOf(options: EvidenceOptions, name: Bound): number {
  const [least, most, usual] = NUMBERS[name];
  const value = options[name] ?? usual;
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw portabilityError(RECORDING.evidenceNumber, {}, { name, least, most });
}

/**
 * Returns the bounds on memory and batches, with their defaults.
 * @throws PortabilityError `ERR_EVIDENCE_OPTION` if a number is not an integer within its range
 */
export const boundsOf = (options: EvidenceOptions): Readonly<Record<Bound, number>> => ({
  subscribers: numberOf(options, 'subscribers'),
  queue: numberOf(options, 'queue'),
  batchSize: numberOf(options, 'batchSize'),
  batchMs: numberOf(options, 'batchMs'),
});

const NAMES = [
  'ledger',
  'keyring',
  'detail',
  'retentionMonths',
  'journalMonths',
  'requestMonths',
  'purges',
  'onFailure',
  'country',
  'safeguard',
  'subscribers',
  'queue',
  'acceptClock',
  'batchSize',
  'batchMs',
];

/**
 * @throws PortabilityError `ERR_EVIDENCE_OPTION` where ledger or keyring is missing, or an option
 * is not known
 */
export function checkEvidence(options: EvidenceOptions): EvidenceOptions {
  checkOptionNames(options, NAMES, 'ERR_EVIDENCE_OPTION');
  const { ledger, keyring } = options as Partial<EvidenceOptions>;
  if (typeof ledger?.write !== 'function' || typeof keyring?.personPseudonym !== 'function')
    throw portabilityError(RECORDING.evidencePartsMissing);
  return options;
}

/**
 * Checks the options. Returns the days for which single accesses are kept, or `undefined` if none
 * are kept.
 * @throws PortabilityError `ERR_EVIDENCE_OPTION` if an option is invalid
 */
export function checkOptions({
  ledger,
  detail = 'day',
  onFailure = 'count',
  retentionMonths = RETENTION_MONTHS,
  journalMonths = JOURNAL_MONTHS,
  requestMonths = REQUEST_MONTHS,
}: EvidenceOptions): number | undefined {
  for (const months of [retentionMonths, journalMonths, requestMonths]) checkMonths(months);
  if ((ledger?.keepMonths ?? retentionMonths) < retentionMonths)
    throw portabilityError(RECORDING.ledgerKeepsTooShort);
  if (onFailure !== 'count' && onFailure !== 'refuse')
    throw portabilityError(RECORDING.onFailureInvalid);
  if (detail === 'day') return undefined;
  const { purpose, keepDays } = detail?.access ?? {};
  if (typeof purpose !== 'string' || purpose.trim() === '') {
    throw portabilityError(RECORDING.accessPurposeMissing);
  }
  if (!Number.isInteger(keepDays) || keepDays! < 1 || keepDays! > MAX_KEEP_DAYS) {
    throw portabilityError(RECORDING.accessKeepDays, {}, { most: MAX_KEEP_DAYS });
  }
  return keepDays;
}
