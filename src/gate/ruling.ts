/** Which reason has each location, standing and offer? The rule, tabulated: the space is finite, so a decision is one read of an array. */
import type { NotRecordable } from '../evidence/counters.ts';
import { HOME, OUTSIDE } from '../evidence/seen.ts';
import { completeOffer, type Offer, type OfferChoices } from '../law/offer.ts';
import { DECISIONS, type Decision, PLACE_NOT_ESTABLISHED, REASONS } from '../law/reasons.ts';
import { decideRule, STANDINGS, type Standing, standingCode } from '../law/rule.ts';
import { LOCATIONS, type Location } from '../place/location.ts';

/** By index of the reason. */
export const DECISION_OF: readonly Decision[] = REASONS.map(reason => DECISIONS[reason]);
export const EVIDENCE_UNAVAILABLE = REASONS.indexOf('evidence-unavailable');
export const BY_EXCEPTION = REASONS.indexOf('granted-by-exception');
const NO_CONTRACT = standingCode('none');

const ABROAD: Location = { zone: 'eea', known: 'listed', licensed: false, anonymised: false, disputed: false };

/** Bits of an entry: the index of the reason, and whether an exception would turn it into a grant. */
export const REASON_BITS = 31;
export const CURABLE = 32;

/**
 * The entry of a location and a standing under an offer.
 * INVARIANT (exception-cures-place-alone): an agent's exception cures a place that is not established, where the same request would be granted anywhere
 * in the EEA; so never a residence elsewhere or unverifiable, a missing contract, or a place outside.
 */
function entryOf(location: Location, standing: Standing, offer: Offer): number {
  const { reason } = decideRule(location, standing, offer);
  const isCurable =
    PLACE_NOT_ESTABLISHED.includes(reason) && decideRule(ABROAD, standing, offer).verdict === 'portable';
  return REASONS.indexOf(reason) | (isCurable ? CURABLE : 0);
}

/** The entries of one offer, by location code x 8 + standing code. */
const tabulate = (choices: OfferChoices): Uint8Array => {
  const offer = completeOffer(choices);
  return Uint8Array.from(LOCATIONS.flatMap(location => STANDINGS.map(standing => entryOf(location, standing, offer))));
};

/** Every offer by its name; `default` is always there. @throws PortabilityError `ERR_OFFER` */
export function tabulateAll(offers: Readonly<Record<string, OfferChoices>>): Map<unknown, Uint8Array> {
  const tables = new Map<unknown, Uint8Array>(
    Object.entries(offers).map(([name, choices]) => [name, tabulate(choices)]),
  );
  return tables.set('default', tables.get('default') ?? tabulate({}));
}

/** The evidence bit follows the zone; a location that is not established has none, nor has one in doubt. */
const sideOf = ({ zone, anonymised, disputed }: Location): number => {
  if (zone === 'unknown' || anonymised || disputed) return 0;
  return zone === 'home' ? HOME : OUTSIDE;
};
export const SIDES = Uint8Array.from(LOCATIONS, sideOf);

/** Why a decision leaves no bit, as far as place and contract tell. */
export function causeOf(side: number, standing: number): NotRecordable | undefined {
  if (standing === NO_CONTRACT) return 'no-contract';
  return side === 0 ? 'location-not-established' : undefined;
}
