/** Checks whether a ledger may keep personal data in a given country (GDPR Chapter V). */

import { decisions } from '../../data/adequacy.json';
import { portabilityError } from '../errors.ts';
import * as RECORDING from '../messages/recording.ts';

/**
 * A safeguard under GDPR Chapter V: an adequacy decision in force on that day, with its scope if it
 * has one, or standard contractual clauses.
 */
export type Safeguard =
  | { readonly adequacy: true; readonly scope?: string | undefined }
  | 'standard-contractual-clauses';

interface AdequacyDecision {
  readonly country: string;
  readonly from: string;
  readonly until?: string;
  readonly scope?: string;
  readonly reference: string;
}

const DECISIONS: readonly AdequacyDecision[] = decisions;

export interface Transfer {
  /** ISO 3166-1 alpha-2 code of the country where the data are kept. */
  readonly country: string;
  /** UTC day, `YYYY-MM-DD`. */
  readonly on: string;
  /**
   * Whether the country is in the EEA on that day. Injected, because this layer does not import the
   * law.
   */
  readonly isInEea: boolean;
  readonly safeguard?: Safeguard | undefined;
}

/**
 * Checks that data may be kept in a country. In doubt it refuses: an adequacy decision that is not
 * listed, or not in force on that day, does not count.
 * @throws PortabilityError `ERR_TRANSFER` if the country is outside the EEA and no valid safeguard
 * is given
 */
export function checkTransfer({ country, on, isInEea, safeguard }: Transfer): void {
  if (isInEea || safeguard === 'standard-contractual-clauses') return;
  if (typeof safeguard !== 'object' || safeguard?.adequacy !== true) {
    throw portabilityError(RECORDING.transferNoSafeguard);
  }
  const decision = DECISIONS.find(
    each => each.country === country && each.from <= on && on <= (each.until ?? '9999-12-31'),
  );
  if (decision === undefined) throw portabilityError(RECORDING.transferNoDecision);
  if (decision.scope !== undefined && !safeguard.scope?.trim()) {
    throw portabilityError(RECORDING.transferScope, {}, { scope: decision.scope });
  }
}
