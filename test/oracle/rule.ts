/** A second, naive reading of the law, written from the articles and not from the code: long-winded on purpose. */

interface Place {
  readonly zone: string;
  readonly known: string;
  readonly licensed: boolean;
  readonly anonymised: boolean;
  readonly disputed: boolean;
}

interface Terms {
  readonly paid: boolean;
  readonly portable: boolean;
  readonly unknown: string;
  readonly anonymised: string;
  readonly disputed: string;
  readonly unverified: string;
  readonly homeUnlicensed: string;
}

export interface Reading {
  readonly verdict: string;
  readonly reason: string;
  /** The article that must be cited, where the ground is the Regulation. */
  readonly article?: string;
}

const refused = (reason: string, article?: string): Reading => ({
  verdict: 'refused',
  reason,
  ...(article ? { article } : {}),
});
const portable = (reason: string, article?: string): Reading => ({
  verdict: 'portable',
  reason,
  ...(article ? { article } : {}),
});
const domestic = (reason: string): Reading => ({ verdict: 'domestic', reason });

/** Art. 5: has the residence of this person been dealt with so that use abroad must be enabled? */
function residence(standing: string, terms: Terms): Reading {
  switch (standing) {
    case 'verified':
      return portable('temporarily-abroad', 'Art. 3(1)');
    case 'renewal-due':
      return portable('residence-renewal-due', 'Art. 5(1)');
    case 'doubted':
      return portable('residence-doubted', 'Art. 5(2)');
    case 'waived':
      return portable('verification-waived', 'Art. 5(4)');
    case 'unverifiable':
      return refused('residence-unverifiable', 'Art. 5(3)');
    case 'elsewhere':
      return refused('residence-elsewhere', 'Art. 2(3), 3(1)');
    default:
      if (terms.unverified === 'grant') return portable('residence-pending', 'Art. 5(1)');
      return refused('residence-unverified', 'Art. 5(1)');
  }
}

/** Who is no subscriber has no right (Art. 2(1)); where a person is must be known before the Regulation can be asked. */
function threshold(place: Place, standing: string, terms: Terms): Reading | undefined {
  if (standing === 'none') return refused('no-contract', 'Art. 2(1)');
  if (place.known === 'not-an-address') return refused('address-invalid');
  if (place.anonymised === true) {
    if (terms.anonymised !== 'ignore') return refused('address-anonymised');
  }
  if (place.disputed === true) {
    if (terms.disputed !== 'vote') return refused('location-disputed');
  }
  return undefined;
}

/** Where the contract itself serves, the Regulation is not engaged. */
function contract(place: Place, terms: Terms): Reading | undefined {
  if (place.zone === 'home') {
    if (place.licensed) return domestic('present-at-home');
    if (terms.homeUnlicensed === 'refuse') return refused('home-not-licensed');
    return portable('home-not-licensed-granted');
  }
  return place.licensed ? domestic('present-where-licensed') : undefined;
}

/** A place that is not established. */
function nowhere(place: Place, standing: string, terms: Terms): Reading {
  const enabledAbroad = residence(standing, terms).verdict === 'portable';
  if (terms.unknown === 'tolerate' && enabledAbroad) return domestic('location-tolerated');
  if (place.known === 'special-purpose') return refused('address-not-public');
  return refused('location-unknown');
}

export function naiveRule(place: Place, standing: string, terms: Terms): Reading {
  const early = threshold(place, standing, terms) ?? contract(place, terms);
  if (early !== undefined) return early;
  if (place.zone === 'outside') return refused('outside-eea', 'Art. 2(4), 3(1)');
  if (place.zone === 'unknown') return nowhere(place, standing, terms);
  const regulationApplies = terms.paid ? true : terms.portable;
  if (!regulationApplies) return refused('service-not-portable', 'Art. 6(1)');
  return residence(standing, terms);
}
