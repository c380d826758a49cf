/** Defines the options of evidence recording with their bounds and defaults, and checks them. */

import {
  checkedElsewhere,
  checkSchema,
  fields,
  flag,
  optional,
  text,
  that,
  wholeNumber,
  word,
} from '../config-schema.ts';
import { portabilityError } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Ledger } from '../ledger/ledger.ts';
import * as LEDGER from '../messages/ledger.ts';
import * as RECORDING from '../messages/recording.ts';
import { RETENTION_MONTHS } from '../subjects/retention.ts';
import type { Safeguard } from './gdpr-transfer-check.ts';
import { hasChannels, type PrivacyNotice } from './privacy-notice.ts';

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
  /**
   * Whether the gate closes the ledger and the keyring when it is closed or cannot be opened;
   * default: `false`, the caller closes them. `readConfig` sets it.
   */
  readonly closesStores?: boolean | undefined;
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
   * The operator's privacy notice. Nothing is recorded of a subscriber of a channel that it does
   * not address. Default: the notice of OCS, 2021.
   */
  readonly notice?: PrivacyNotice | undefined;
  /**
   * Megabytes (2^20 bytes) to remember who was seen today, 1 to 4096; default: 32. A subscriber
   * takes 12 to 24 bytes. Beyond it, those not seen for longest are forgotten, which costs a write
   * for each and loses nothing.
   */
  readonly memoryMegabytes?: number | undefined;
  /**
   * Megabytes (2^20 bytes) of records that may wait for the ledger, 1 to 4096; default: 64. A
   * record takes 48 bytes, so 64 MB are 1.4 million records. They wait while the ledger fails;
   * beyond it, records count as `failed.memory`.
   */
  readonly queueMegabytes?: number | undefined;
  /**
   * Accepts the clock although the days on record contradict it: after a long stop, or after a run
   * under a wrong clock; default: `false`.
   */
  readonly acceptClock?: boolean | undefined;
  /**
   * Number of waiting records at which a write starts, 1 to 100,000; default: 1000. If more wait,
   * a write takes up to 10,000 of them.
   */
  readonly batchSize?: number | undefined;
  /**
   * Longest time in milliseconds that a record waits before a write starts, 0 to 60,000; default:
   * 200. While a write is in flight or the ledger fails, it waits longer.
   */
  readonly batchMs?: number | undefined;
}

/** Longest retention of single accesses, in days. */
const MAX_KEEP_DAYS = 400;
const MAX_MONTHS = 120;
const MAX_MEGABYTES = 4096;
const MEGABYTE = 2 ** 20;

const months = optional(wholeNumber(0, MAX_MONTHS));

/** The options that are not a store. */
export const RECORDING_FIELDS = {
  detail: optional(
    that<Detail>(isDetail, {
      en: `'day', or { access: { purpose, keepDays } }: the purpose that your privacy notice discloses, and 1 to ${MAX_KEEP_DAYS} days`,
      fr: `'day', ou { access: { purpose, keepDays } } : la finalité annoncée dans votre politique de confidentialité, et 1 à ${MAX_KEEP_DAYS} jours`,
    }),
  ),
  retentionMonths: months,
  journalMonths: months,
  requestMonths: months,
  purges: optional(flag),
  onFailure: optional(word(['count', 'refuse'] as const)),
  country: optional(text),
  safeguard: checkedElsewhere<Safeguard | undefined>(),
  memoryMegabytes: optional(wholeNumber(1, MAX_MEGABYTES)),
  queueMegabytes: optional(wholeNumber(1, MAX_MEGABYTES)),
  acceptClock: optional(flag),
  batchSize: optional(wholeNumber(1, 100_000)),
  batchMs: optional(wholeNumber(0, 60_000)),
};

const SCHEMA = fields({
  ledger: that<Ledger>(value => typeof (value as Ledger | undefined)?.write === 'function', {
    en: 'a ledger (for example openSqliteLedger), awaited',
    fr: 'un registre (openSqliteLedger, par exemple), avec await',
  }),
  keyring: that<Keyring>(
    value => typeof (value as Keyring | undefined)?.personPseudonym === 'function',
    {
      en: 'a keyring (openKeyring), awaited',
      fr: 'un trousseau (openKeyring), avec await',
    },
  ),
  closesStores: optional(flag),
  notice: optional(
    that<PrivacyNotice>(hasChannels, {
      en: 'a privacy notice, as parseNotice returns it',
      fr: 'une politique de confidentialité, comme parseNotice la renvoie',
    }),
  ),
  ...RECORDING_FIELDS,
});

function isDetail(value: unknown): value is Detail {
  if (value === 'day') return true;
  const { purpose, keepDays } = (value as Exclude<Detail, 'day'> | null)?.access ?? {};
  return (
    typeof purpose === 'string' &&
    purpose.trim() !== '' &&
    Number.isInteger(keepDays) &&
    keepDays! >= 1 &&
    keepDays! <= MAX_KEEP_DAYS
  );
}

/**
 * Checks the options.
 * @throws PortabilityError `ERR_EVIDENCE_OPTION`, with the name of the option at fault
 */
export function checkEvidence(options: EvidenceOptions): EvidenceOptions {
  const checked: EvidenceOptions = checkSchema(SCHEMA, options, 'ERR_EVIDENCE_OPTION', {
    en: 'the evidence options',
    fr: 'les options des preuves (evidence)',
  });
  const { ledger, retentionMonths = RETENTION_MONTHS } = checked;
  if (ledger.isReadOnly === true)
    throw portabilityError(LEDGER.ledgerReadOnly, { code: 'ERR_LEDGER_OPEN' });
  if ((ledger.keepMonths ?? retentionMonths) < retentionMonths)
    throw portabilityError(RECORDING.ledgerKeepsTooShort);
  return checked;
}

/** Returns the days for which single accesses are kept; `undefined` if none are kept. */
export const keepDaysOf = ({ detail = 'day' }: EvidenceOptions): number | undefined =>
  detail === 'day' ? undefined : detail.access.keepDays;

/** The bounds on memory and batches, with their defaults. */
export const boundsOf = ({
  memoryMegabytes = 32,
  queueMegabytes = 64,
  batchSize = 1000,
  batchMs = 200,
}: EvidenceOptions) => ({
  memoryBytes: memoryMegabytes * MEGABYTE,
  queueBytes: queueMegabytes * MEGABYTE,
  batchSize,
  batchMs,
});

/** Closes the ledger and the keyring, if the gate is to do so. */
export async function closeStores(options: EvidenceOptions | undefined): Promise<void> {
  if (options?.closesStores !== true) return;
  const keyring: Keyring & { close?(): Promise<void> } = options.keyring;
  await options.ledger.close().finally(() => keyring.close?.());
}
