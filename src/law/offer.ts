/**
 * Defines the seven choices that the Regulation leaves to the provider, each with two answers, and
 * completes them with defaults.
 */
import { PortabilityError } from '../errors.ts';

/** The provider's own choices for one kind of contract. Every default is the strict reading, but for `homeUnlicensed` and `disputed`. */
export interface Offer {
  /** Whether it is provided against payment; a trial, a gift card and a bundle are. Default `true`. */
  readonly paid: boolean;
  /** Whether a free offer has opted in to portability (Art. 6). Default `false`. */
  readonly portable: boolean;
  /** What to make of a location that is not established. Default `refuse`. */
  readonly unknown: 'refuse' | 'tolerate';
  /** What to make of an anonymiser's address. Default `refuse`. */
  readonly anonymised: 'refuse' | 'ignore';
  /** What to make of a place on which the sources disagree: go by their vote, or refuse. Default `vote`. */
  readonly disputed: 'vote' | 'refuse';
  /** What to make of a residence that was never verified, abroad. Default `refuse`. */
  readonly unverified: 'refuse' | 'grant';
  /** What to make of a part of the home State that the licence leaves out. Default `grant`. */
  readonly homeUnlicensed: 'refuse' | 'grant';
}

/** The choices that a provider names; what is left out, or `undefined`, has its default. */
export type OfferChoices = { readonly [Choice in keyof Offer]?: Offer[Choice] | undefined };

/** For each choice its two answers, the default first. */
const CHOICES = {
  paid: [true, false],
  portable: [false, true],
  unknown: ['refuse', 'tolerate'],
  anonymised: ['refuse', 'ignore'],
  disputed: ['vote', 'refuse'],
  unverified: ['refuse', 'grant'],
  homeUnlicensed: ['grant', 'refuse'],
} as const satisfies { [Choice in keyof Offer]: readonly [Offer[Choice], Offer[Choice]] };

const NAMES = Object.keys(CHOICES) as readonly (keyof Offer)[];

/** Offers are as many: two answers to each choice. */
const OFFER_CODES = 1 << NAMES.length;

/** Every offer there can be; the default is the first. */
export const OFFERS: readonly Offer[] = Array.from({ length: OFFER_CODES }, (_, code) =>
  Object.freeze(
    Object.fromEntries(NAMES.map((name, bit) => [name, CHOICES[name][(code >> bit) & 1]])) as unknown as Offer,
  ),
);

/**
 * The whole offer behind the choices that a provider names; what is left out, or `undefined`, has its default.
 * @throws PortabilityError `ERR_OFFER` on a choice or an answer that does not exist.
 */
export function completeOffer(choices: OfferChoices): Offer {
  if (typeof choices !== 'object' || choices === null)
    throw new PortabilityError('ERR_OFFER', 'an offer is an object of choices');
  let code = 0;
  for (const [name, answer] of Object.entries(choices)) {
    const bit = NAMES.indexOf(name as keyof Offer);
    if (bit < 0) throw new PortabilityError('ERR_OFFER', `an offer has no such choice; it has ${NAMES.join(', ')}`);
    if (answer === undefined) continue;
    const answers: readonly unknown[] = CHOICES[name as keyof Offer];
    const index = answers.indexOf(answer);
    if (index < 0) throw new PortabilityError('ERR_OFFER', `the choice ${name} is ${answers.map(String).join(' or ')}`);
    code |= index << bit;
  }
  return OFFERS[code]!;
}
