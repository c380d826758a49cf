/** Decides a request from location, standing and offer: one pure function over a finite space. */
import type { Location } from '../geo/location.ts';
import { ZONES } from '../zone.ts';
import { completeOffer, type Offer, type OfferChoices } from './offer.ts';
import { DECISIONS, type Decision, type Reason } from './reasons.ts';

/** Residence standing of a subscriber under Art. 5. `none` means that no contract is in force. */
export type Standing = (typeof STANDINGS)[number];

/**
 * In order of precedence if a dossier supports several standings. `unverified` is the exception: it
 * is also the standing for any unknown value.
 */
export const STANDINGS = [
  'none',
  'elsewhere',
  'waived',
  'unverifiable',
  'doubted',
  'renewal-due',
  'verified',
  'unverified',
] as const;

const ABROAD: Readonly<Record<Exclude<Standing, 'none'>, Reason>> = {
  verified: 'temporarily-abroad',
  'renewal-due': 'residence-renewal-due',
  doubted: 'residence-doubted',
  waived: 'verification-waived',
  unverified: 'residence-unverified',
  unverifiable: 'residence-unverifiable',
  elsewhere: 'residence-elsewhere',
};

/**
 * The reason for a standing in another State of the EEA, if the service is portable (Art. 3 and 5).
 */
function abroad(standing: Exclude<Standing, 'none'>, offer: Offer): Reason {
  return standing === 'unverified' && offer.unverified === 'grant'
    ? 'residence-pending'
    : ABROAD[standing];
}

/** The rule itself: the first line that matches decides. */
export function reasonFor(location: Location, standing: Standing, offer: Offer): Reason {
  const { zone, known, licensed, anonymised, disputed } = location;
  if (standing === 'none') return 'no-contract';
  if (known === 'not-an-address') return 'address-invalid';
  if (anonymised && offer.anonymised === 'refuse') return 'address-anonymised';
  if (disputed && offer.disputed === 'refuse') return 'location-disputed';
  if (zone === 'home' && licensed) return 'present-at-home';
  if (zone === 'home')
    return offer.homeUnlicensed === 'grant' ? 'home-not-licensed-granted' : 'home-not-licensed';
  if (licensed) return 'present-where-licensed';
  if (zone === 'outside') return 'outside-eea';
  const residence = abroad(standing, offer);
  if (zone === 'eea') return offer.paid || offer.portable ? residence : 'service-not-portable';
  if (offer.unknown === 'tolerate' && DECISIONS[residence].verdict === 'portable')
    return 'location-tolerated';
  return known === 'special-purpose' ? 'address-not-public' : 'location-unknown';
}

const STANDING_CODES = new Map<unknown, number>(STANDINGS.map((word, code) => [word, code]));
const UNVERIFIED = STANDINGS.indexOf('unverified');

/** Returns a standing as a number from 0 to 7. An unknown value counts as `unverified`. */
export const standingCode = (standing: unknown): number =>
  STANDING_CODES.get(standing) ?? UNVERIFIED;

const NOWHERE: Location = {
  zone: 'unknown',
  known: 'not-an-address',
  licensed: false,
  anonymised: false,
  disputed: false,
};

/**
 * Decides a request by the law and the provider's own choices. Total: never throws on a location or
 * a standing. Allocates only to complete a partial offer. In doubt it refuses: an unreadable
 * standing counts as `unverified`, an unknown zone as `unknown`.
 *
 * Source: Regulation (EU) 2017/1128, Art. 2 to 6. The table of the rule is in
 * `docs/decision-table.md`.
 * @throws PortabilityError `ERR_OFFER` if the offer names a choice that does not exist.
 */
export function decideRule(
  location: Location,
  standing: Standing,
  offer: OfferChoices = {},
): Decision {
  if (!ZONES.includes(location?.zone)) return decideRule(NOWHERE, standing, offer);
  return DECISIONS[reasonFor(location, STANDINGS[standingCode(standing)]!, completeOffer(offer))];
}
