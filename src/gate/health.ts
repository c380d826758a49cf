/**
 * Reports the health of a gate: its table, counts and evidence, for readiness checks and metrics.
 */

import { portabilityError } from '../errors.ts';
import type { Edition } from '../geo/zone-table.ts';
import { REASONS, type Reason } from '../law/reasons.ts';
import * as GATE from '../messages/gate.ts';
import type { EvidenceHealth } from '../recording/evidence-recorder.ts';
import { ageOf, endOf } from '../tables/table-age.ts';
import type { StandingMemory } from './standing-cache.ts';

/** Observations of an adapter about the addresses of requests; see docs/gateway.md. */
export const ADDRESS_NOTES = [
  'headers-incomplete',
  'no-peer',
  'no-header',
  'unreadable',
  'too-many-hops',
  'only-proxies',
  'untrusted-proxy',
] as const;

/**
 * Why a request had no client address; or `untrusted-proxy`, if it had the header of the proxies
 * but came from a peer that is not one of them.
 */
export type AddressNote = (typeof ADDRESS_NOTES)[number];

/** The health of a gate: its counts, its failures, and the age of its table. */
export interface Health {
  /**
   * `degraded` if evidence cannot be recorded at the moment, the keyring is wrong or unproven, the
   * person records cannot be read, or the table is stale. The gate still decides, so a readiness
   * check keeps it in service. `closed` after `close`.
   */
  readonly status: 'ok' | 'degraded' | 'closed';
  readonly edition: Edition;
  /** Days since the oldest source of the table was built. */
  readonly tableAgeDays: number;
  /** Whether the table is older than its maximum age, or a correction in it has ended. */
  readonly isTableStale: boolean;
  /** Decisions since the gate was opened. */
  readonly decided: number;
  /** Decisions by reason; every reason is present. */
  readonly decisions: Readonly<Record<Reason, number>>;
  /**
   * Decisions whose request named an offer that the gate does not have: a mistake in a
   * configuration.
   */
  readonly unknownOffers: number;
  /**
   * Requests that could not be decided, because the person records could not be read and no
   * standing was known.
   */
  readonly undecided: number;
  /**
   * Requests whose client address could not be established, or that came from a proxy that is not
   * trusted, by observation.
   */
  readonly addressNotes: Readonly<Record<AddressNote, number>>;
  /** How full the memory of standings is; absent without evidence. */
  readonly standings?: StandingMemory;
  readonly evidence?: EvidenceHealth;
}

interface Watched {
  readonly edition: Edition;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly maxDays: number;
  readonly isClosed: boolean;
  /** By index of the reason. */
  readonly counts: Float64Array;
  readonly unknownOffers: number;
  readonly undecided: number;
  readonly addressNotes: Readonly<Record<AddressNote, number>>;
  readonly arePersonRecordsFailing: boolean;
  readonly standings: StandingMemory | undefined;
}

const isWell = (kept: EvidenceHealth | undefined): boolean =>
  kept === undefined || (!kept.isFailing && kept.isClockPlausible && kept.isKeyringProven);

/**
 * Computes the health. A table is stale if it is too old, if one of its corrections has ended, if
 * the clock has no valid time, or if its data are more than two days in the future.
 */
export function healthOf(watched: Watched, kept: EvidenceHealth | undefined): Health {
  const {
    edition,
    time,
    maxDays,
    isClosed,
    arePersonRecordsFailing,
    counts,
    unknownOffers,
    undecided,
    addressNotes,
    standings,
  } = watched;
  const { days: tableAgeDays } = ageOf(edition, time);
  const isTableStale = !(tableAgeDays >= -2 && tableAgeDays <= maxDays && time < endOf(edition));
  const status: Health['status'] = isClosed
    ? 'closed'
    : isWell(kept) && !isTableStale && !arePersonRecordsFailing
      ? 'ok'
      : 'degraded';
  const decisions = Object.fromEntries(REASONS.map((reason, index) => [reason, counts[index]!]));
  return {
    status,
    edition,
    tableAgeDays,
    isTableStale,
    decided: counts.reduce((sum, count) => sum + count, 0),
    decisions: decisions as Record<Reason, number>,
    unknownOffers,
    undecided,
    addressNotes: { ...addressNotes },
    ...(standings && { standings }),
    ...(kept && { evidence: kept }),
  };
}

export function checkMaxAge(days: number): number {
  if (typeof days === 'number' && days > 0) return days;
  throw portabilityError(GATE.maxTableAgeInvalid);
}
