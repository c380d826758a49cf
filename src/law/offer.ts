/**
 * Defines the seven choices that the Regulation leaves to the provider, each with two answers, and
 * completes them with defaults.
 */

import { checkSchema, fields, optional, word } from '../config-schema.ts';

/**
 * The provider's own choices for one kind of contract. Every default is the strict reading, except
 * those of `homeUnlicensed` and `disputed`.
 */
export interface Offer {
  /**
   * Whether the service is provided against payment. A trial, a gift card and a bundle count as
   * paid. Default: `true`.
   */
  readonly paid: boolean;
  /** Whether a free offer has opted in to portability (Art. 6). Default: `false`. */
  readonly portable: boolean;
  /** How to treat a location that is not established. Default: `refuse`. */
  readonly unknown: 'refuse' | 'tolerate';
  /** How to treat the address of an anonymiser. Default: `refuse`. */
  readonly anonymised: 'refuse' | 'ignore';
  /**
   * How to treat a location on which the sources disagree: follow their vote, or refuse. Default:
   * `vote`.
   */
  readonly disputed: 'vote' | 'refuse';
  /** How to treat a subscriber abroad whose residence was never verified. Default: `refuse`. */
  readonly unverified: 'refuse' | 'grant';
  /** How to treat a part of the home State that the licence excludes. Default: `grant`. */
  readonly homeUnlicensed: 'refuse' | 'grant';
}

/** The choices that a provider makes. A choice that is missing or `undefined` has its default. */
export type OfferChoices = { readonly [Choice in keyof Offer]?: Offer[Choice] | undefined };

/** The two answers to each choice; the default is the first. */
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

/** Number of possible offers: two answers to each choice. */
const OFFER_CODES = 1 << NAMES.length;

/** All possible offers. The first has every default. */
export const OFFERS: readonly Offer[] = Array.from({ length: OFFER_CODES }, (_, code) =>
  Object.freeze(
    Object.fromEntries(
      NAMES.map((name, bit) => [name, CHOICES[name][(code >> bit) & 1]]),
    ) as unknown as Offer,
  ),
);

/** They are frozen, so that one of them needs no check. */
const COMPLETE = new Set<OfferChoices>(OFFERS);

const SCHEMA = fields({
  paid: optional(word(CHOICES.paid)),
  portable: optional(word(CHOICES.portable)),
  unknown: optional(word(CHOICES.unknown)),
  anonymised: optional(word(CHOICES.anonymised)),
  disputed: optional(word(CHOICES.disputed)),
  unverified: optional(word(CHOICES.unverified)),
  homeUnlicensed: optional(word(CHOICES.homeUnlicensed)),
});

/**
 * Completes the choices of a provider to a whole offer. A choice that is missing or `undefined` has
 * its default.
 * @throws PortabilityError `ERR_OFFER` if a choice or an answer does not exist.
 */
export function completeOffer(choices: OfferChoices): Offer {
  if (COMPLETE.has(choices)) return choices as Offer;
  const checked: OfferChoices = checkSchema(SCHEMA, choices, 'ERR_OFFER', {
    en: 'an offer',
    fr: 'une offre',
  });
  const code = NAMES.reduce((bits, name, bit) => {
    const answers: readonly unknown[] = CHOICES[name];
    return bits | (Math.max(0, answers.indexOf(checked[name])) << bit);
  }, 0);
  return OFFERS[code]!;
}
