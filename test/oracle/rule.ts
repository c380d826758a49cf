/**
 * A second, naive version of the law, written from the articles and not from the code: long-winded
 * on purpose.
 */

interface Located {
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
  /** The article that must be cited, where the basis is the Regulation. */
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

/** Art. 5: whether the residence of this person entitles them to use abroad. */
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

/**
 * A person without a contract has no right (Art. 2(1)); a location must be known before the
 * Regulation applies.
 */
function threshold(location: Located, standing: string, terms: Terms): Reading | undefined {
  if (standing === 'none') return refused('no-contract', 'Art. 2(1)');
  if (location.known === 'not-an-address') return refused('address-invalid');
  if (location.anonymised === true) {
    if (terms.anonymised !== 'ignore') return refused('address-anonymised');
  }
  if (location.disputed === true) {
    if (terms.disputed !== 'vote') return refused('location-disputed');
  }
  return undefined;
}

/** Where the contract itself serves, the Regulation is not engaged. */
function contract(location: Located, terms: Terms): Reading | undefined {
  if (location.zone === 'home') {
    if (location.licensed) return domestic('present-at-home');
    if (terms.homeUnlicensed === 'refuse') return refused('home-not-licensed');
    return portable('home-not-licensed-granted');
  }
  return location.licensed ? domestic('present-where-licensed') : undefined;
}

/** Decides for a location that is not established. */
function nowhere(location: Located, standing: string, terms: Terms): Reading {
  const enabledAbroad = residence(standing, terms).verdict === 'portable';
  if (terms.unknown === 'tolerate' && enabledAbroad) return domestic('location-tolerated');
  if (location.known === 'special-purpose') return refused('address-not-public');
  return refused('location-unknown');
}

export function naiveRule(location: Located, standing: string, terms: Terms): Reading {
  const early = threshold(location, standing, terms) ?? contract(location, terms);
  if (early !== undefined) return early;
  if (location.zone === 'outside') return refused('outside-eea', 'Art. 2(4), 3(1)');
  if (location.zone === 'unknown') return nowhere(location, standing, terms);
  const regulationApplies = terms.paid ? true : terms.portable;
  if (!regulationApplies) return refused('service-not-portable', 'Art. 6(1)');
  return residence(standing, terms);
}
