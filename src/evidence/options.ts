/** What may an operator choose about evidence? The options, their bounds, and what they are unless given. */
import { checkOptionNames, PortabilityError } from '../errors.ts';
import type { Ledger } from './ledger.ts';
import type { Keyring } from './pseudonyms.ts';
import { JOURNAL_MONTHS, REQUEST_MONTHS } from './register-retention.ts';
import { checkMonths, RETENTION_MONTHS } from './retention.ts';
import type { Safeguard } from './transfers.ts';

/** The day alone, or each access to the second: the latter only with a stated purpose and for its own shorter time. */
export type Detail = 'day' | { readonly access: { readonly purpose: string; readonly keepDays: number } };

/** Where evidence is kept, for how long, and what happens where it can not be. */
export interface EvidenceOptions {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  /** `day` unless given. Refused without a purpose. */
  readonly detail?: Detail | undefined;
  /** Complete months kept beside the current one; 12 unless given. */
  readonly retentionMonths?: number | undefined;
  /** Months for which the journal of who looked is kept; 12 unless given. */
  readonly journalMonths?: number | undefined;
  /** Months for which a request is kept after its answer; 36 unless given. */
  readonly requestMonths?: number | undefined;
  /** `false` where a job of its own purges, so that the role of a gateway needs no right to remove anything; `true` unless given. */
  readonly purges?: boolean | undefined;
  /** Where evidence can not be kept: count it (the default) or refuse the request with `evidence-unavailable`. */
  readonly onFailure?: 'count' | 'refuse' | undefined;
  /** Country where the ledger keeps its data, ISO 3166-1 alpha-2; the home State unless given. Outside the EEA it needs a safeguard. */
  readonly country?: string | undefined;
  readonly safeguard?: Safeguard | undefined;
  /** Subscribers a day that are told apart in memory (17 bytes each; rounded up to a power of two, 12 to 24); 1,000,000 unless given. */
  readonly subscribers?: number | undefined;
  /** Records that may wait for the ledger; 100,000 unless given. */
  readonly queue?: number | undefined;
  /** Says that the clock is right though the days on record speak against it: after a long stop, or a run under a wrong clock. */
  readonly acceptClock?: boolean | undefined;
  /** Records written at once; 1000 unless given. */
  readonly batchSize?: number | undefined;
  /** Milliseconds that a record waits at most before it is written; 200 unless given. */
  readonly batchMs?: number | undefined;
}

const MAX_KEEP_DAYS = 400;

/** The numbers among the options, with their bounds and what they are unless given. */
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
  throw new PortabilityError('ERR_EVIDENCE_OPTION', `${name} is a whole number from ${least} to ${most}`);
}

/** The bounds on memory and on batches, each within its own. */
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

/** @throws PortabilityError `ERR_EVIDENCE_OPTION` where ledger or keyring is missing, or an option is not known */
export function checkEvidence(options: EvidenceOptions): EvidenceOptions {
  checkOptionNames(options, NAMES, 'ERR_EVIDENCE_OPTION');
  const { ledger, keyring } = options as Partial<EvidenceOptions>;
  if (typeof ledger?.write !== 'function' || typeof keyring?.registerPseudonym !== 'function')
    throw new PortabilityError(
      'ERR_EVIDENCE_OPTION',
      'evidence needs a ledger (openSqliteLedger, say) and a keyring (openKeyring); await both',
    );
  return options;
}

/** Throws on what is not allowed; answers the days for which single accesses are kept, or `undefined` where none are. */
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
    throw new PortabilityError(
      'ERR_EVIDENCE_OPTION',
      'the ledger lets cards go before their retention ends: see keepMonths',
    );
  if (onFailure !== 'count' && onFailure !== 'refuse')
    throw new PortabilityError('ERR_EVIDENCE_OPTION', 'onFailure is count or refuse');
  if (detail === 'day') return undefined;
  const { purpose, keepDays } = detail?.access ?? {};
  if (typeof purpose !== 'string' || purpose.trim() === '') {
    throw new PortabilityError(
      'ERR_EVIDENCE_OPTION',
      'a log of single accesses needs the purpose that the notice discloses',
    );
  }
  if (!Number.isInteger(keepDays) || keepDays! < 1 || keepDays! > MAX_KEEP_DAYS) {
    throw new PortabilityError('ERR_EVIDENCE_OPTION', `single accesses are kept from 1 to ${MAX_KEEP_DAYS} days`);
  }
  return keepDays;
}
