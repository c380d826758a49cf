/**
 * Tabulates the rule for each location, standing and offer. The space is finite, so a decision is
 * one array read.
 */

import { portabilityError } from '../errors.ts';
import { LOCATIONS, type Location } from '../geo/location.ts';
import { completeOffer, type Offer, type OfferChoices } from '../law/offer.ts';
import { DECISIONS, type Decision, LOCATION_NOT_ESTABLISHED, REASONS } from '../law/reasons.ts';
import { decideRule, STANDINGS, type Standing, standingCode } from '../law/rule.ts';
import * as GATE from '../messages/gate.ts';
import { HOME, OUTSIDE } from '../recording/daily-dedup.ts';
import type { NotRecordable } from '../recording/day-bit-recorder.ts';

/** The decisions by index of the reason. */
export const DECISION_OF: readonly Decision[] = REASONS.map(reason => DECISIONS[reason]);
export const EVIDENCE_UNAVAILABLE = REASONS.indexOf('evidence-unavailable');
export const OFFER_UNKNOWN = REASONS.indexOf('offer-unknown');
export const BY_EXCEPTION = REASONS.indexOf('granted-by-exception');
const NO_CONTRACT = standingCode('none');

const ABROAD: Location = {
  zone: 'eea',
  known: 'listed',
  licensed: false,
  anonymised: false,
  disputed: false,
};

/**
 * Bits of an entry: the index of the reason, and whether an exception would change it to a grant.
 */
export const REASON_BITS = 31;
export const OVERRIDABLE = 32;

/**
 * Returns the entry of a location and a standing under an offer.
 * INVARIANT (exception-overrides-location-alone): an agent's exception overrides only a location
 * that is not established, and only if the same request would be granted anywhere in the EEA: never
 * a residence elsewhere or unverifiable, a missing contract, or a location outside.
 */
function entryOf(location: Location, standing: Standing, offer: Offer): number {
  const { reason } = decideRule(location, standing, offer);
  const isOverridable =
    LOCATION_NOT_ESTABLISHED.includes(reason) &&
    decideRule(ABROAD, standing, offer).verdict === 'portable';
  return REASONS.indexOf(reason) | (isOverridable ? OVERRIDABLE : 0);
}

/** Returns the entries of one offer, by location code x 8 + standing code. */
const tabulate = (choices: OfferChoices): Uint8Array => {
  const offer = completeOffer(choices);
  return Uint8Array.from(
    LOCATIONS.flatMap(location => STANDINGS.map(standing => entryOf(location, standing, offer))),
  );
};

/** The entries of every offer of a gate. */
export interface OfferTables {
  /** By name; `default` is always present. */
  readonly byName: ReadonlyMap<unknown, Uint8Array>;
  /** For a name that the gate does not have: the entries on which all offers agree. */
  readonly unknown: Uint8Array;
}

/**
 * Returns the entry on which all offers agree for a location and a standing; `offer-unknown` if
 * they differ. An exception counts only if it counts under every offer.
 */
function agreed(entries: readonly number[]): number {
  const reason = entries[0]! & REASON_BITS;
  if (entries.some(entry => (entry & REASON_BITS) !== reason)) return OFFER_UNKNOWN;
  return entries.every(entry => (entry & OVERRIDABLE) !== 0) ? reason | OVERRIDABLE : reason;
}

/**
 * Tabulates every offer.
 * INVARIANT (an-unknown-offer-grants-what-all-grant): a misspelt name never grants what one of the
 * offers refuses.
 * @throws PortabilityError `ERR_OFFER`
 */
export function tabulateAll(offers: Readonly<Record<string, OfferChoices>>): OfferTables {
  const byName = new Map<unknown, Uint8Array>();
  for (const [name, choices] of Object.entries(offers)) {
    // An empty name represents a header that could not be read.
    if (name === '') throw portabilityError(GATE.offerNameEmpty);
    byName.set(name, tabulate(choices));
  }
  if (!byName.has('default')) byName.set('default', tabulate({}));
  const tables = [...byName.values()];
  return {
    byName,
    unknown: tables[0]!.map((_, index) => agreed(tables.map(table => table[index]!))),
  };
}

/**
 * Returns the evidence bit of a zone. A location that is not established, anonymised or disputed
 * has none.
 */
const sideOf = ({ zone, anonymised, disputed }: Location): number => {
  if (zone === 'unknown' || anonymised || disputed) return 0;
  return zone === 'home' ? HOME : OUTSIDE;
};
export const SIDES = Uint8Array.from(LOCATIONS, sideOf);

/** Returns why a decision leaves no evidence bit, as far as location and contract determine it. */
export function notRecordableReason(side: number, standing: number): NotRecordable | undefined {
  if (standing === NO_CONTRACT) return 'no-contract';
  return side === 0 ? 'location-not-established' : undefined;
}
