import { describe, expect, it } from 'vitest';
import { LOCATIONS, type Location } from '../../src/geo/location.ts';
import { decideRule, explain, PortabilityError, REASONS } from '../../src/index.ts';
import { completeOffer, OFFERS, type Offer } from '../../src/law/offer.ts';
import { basisOf, DECISIONS } from '../../src/law/reasons.ts';
import { STANDINGS, type Standing } from '../../src/law/rule.ts';
import { naiveRule } from '../oracle/rule.ts';

const at = (zone: Location['zone'], more: Partial<Location> = {}): Location => ({
  zone,
  known: zone === 'unknown' ? 'unlisted' : 'listed',
  licensed: zone === 'home',
  anonymised: false,
  disputed: false,
  ...more,
});

describe('the rule', () => {
  it('equals a second, naive version of the law over the whole space', () => {
    let compared = 0;
    for (const location of LOCATIONS) {
      for (const standing of STANDINGS) {
        for (const offer of OFFERS) {
          const want = naiveRule(location, standing, offer);
          const { verdict, reason, basis } = decideRule(location, standing, offer);
          if (
            verdict !== want.verdict ||
            reason !== want.reason ||
            (want.article && !basis.startsWith(want.article))
          ) {
            expect({ location, standing, offer, verdict, reason, basis }).toEqual(want);
          }
          compared++;
        }
      }
    }
    expect(compared).toBe(128 * 8 * 128);
  });

  it('reaches every reason but the three that the gate adds', () => {
    const reached = new Set(
      LOCATIONS.flatMap(l => STANDINGS.flatMap(s => OFFERS.map(o => decideRule(l, s, o).reason))),
    );
    expect(REASONS.filter(reason => !reached.has(reason))).toEqual([
      'evidence-unavailable',
      'granted-by-exception',
      'offer-unknown',
    ]);
  });

  it.each<[string, Location, Standing, Partial<Offer>, string]>([
    ['a verified subscriber in Spain', at('eea'), 'verified', {}, 'temporarily-abroad'],
    ['the same on a free offer', at('eea'), 'verified', { paid: false }, 'service-not-portable'],
    [
      'the same on a free offer that opted in',
      at('eea'),
      'verified',
      { paid: false, portable: true },
      'temporarily-abroad',
    ],
    [
      'an unverifiable subscriber at home keeps access',
      at('home'),
      'unverifiable',
      {},
      'present-at-home',
    ],
    ['a resident of Belgium at home in Belgium', at('eea'), 'elsewhere', {}, 'residence-elsewhere'],
    ['London', at('outside'), 'verified', {}, 'outside-eea'],
    [
      'Monaco with a licence',
      at('outside', { licensed: true }),
      'verified',
      {},
      'present-where-licensed',
    ],
    [
      'Réunion without a licence',
      at('home', { licensed: false }),
      'verified',
      {},
      'home-not-licensed-granted',
    ],
    ['disputed, by vote', at('home', { disputed: true }), 'verified', {}, 'present-at-home'],
    [
      'disputed, on a strict offer',
      at('home', { disputed: true }),
      'verified',
      { disputed: 'refuse' },
      'location-disputed',
    ],
    [
      'an anonymiser at home',
      at('home', { anonymised: true }),
      'verified',
      {},
      'address-anonymised',
    ],
    [
      'unknown, tolerated',
      at('unknown'),
      'renewal-due',
      { unknown: 'tolerate' },
      'location-tolerated',
    ],
    [
      'unknown, not tolerated for an unverified subscriber',
      at('unknown'),
      'unverified',
      { unknown: 'tolerate' },
      'location-unknown',
    ],
  ])('decides %s', (_, location, standing, offer, reason) => {
    expect(decideRule(location, standing, offer).reason).toBe(reason);
  });

  it('treats an unknown standing as unverified', () => {
    for (const word of ['', 'VERIFIED', 'toString', undefined, null, 7, {}]) {
      expect(decideRule(at('eea'), word as Standing).reason).toBe('residence-unverified');
    }
  });

  it('is total over locations: an invalid one counts as no address', () => {
    for (const location of [undefined, null, 7, 'home', {}, { zone: 'bogus', licensed: true }]) {
      expect(decideRule(location as unknown as Location, 'verified').reason).toBe(
        'address-invalid',
      );
    }
  });
});

describe('offers', () => {
  it('have the documented defaults', () => {
    expect(completeOffer({})).toEqual({
      paid: true,
      portable: false,
      unknown: 'refuse',
      anonymised: 'refuse',
      disputed: 'vote',
      unverified: 'refuse',
      homeUnlicensed: 'grant',
    });
  });

  it('are completed from every partial offer', () => {
    for (const offer of OFFERS) expect(completeOffer(offer)).toBe(offer);
    expect(completeOffer({ unknown: undefined as never })).toBe(OFFERS[0]);
  });

  it('are refused with unknown choices or values', () => {
    for (const offer of [
      { payed: true },
      { paid: 'yes' },
      { unknown: 'grant' },
      null,
      7,
      { __proto__x: 1 },
    ]) {
      expect(() => completeOffer(offer as Partial<Offer>)).toThrow(PortabilityError);
    }
  });
});

describe('reasons', () => {
  it('are decided by frozen constants, compared by identity', () => {
    expect(decideRule(at('eea'), 'verified')).toBe(
      decideRule(at('eea', { disputed: true }), 'verified'),
    );
    expect(Object.isFrozen(decideRule(at('eea'), 'verified'))).toBe(true);
  });

  // Codes are printed on screens and read out on the telephone: this list only grows at its end.
  it('keep their short codes', () => {
    expect(
      REASONS.map(reason => `${DECISIONS[reason].code} ${reason} ${DECISIONS[reason].verdict}`),
    ).toMatchInlineSnapshot(`
      [
        "LP-01 no-contract refused",
        "LP-02 address-invalid refused",
        "LP-03 address-anonymised refused",
        "LP-04 location-disputed refused",
        "LP-05 present-at-home domestic",
        "LP-06 home-not-licensed-granted portable",
        "LP-07 home-not-licensed refused",
        "LP-08 present-where-licensed domestic",
        "LP-09 location-tolerated domestic",
        "LP-10 address-not-public refused",
        "LP-11 location-unknown refused",
        "LP-12 outside-eea refused",
        "LP-13 service-not-portable refused",
        "LP-14 temporarily-abroad portable",
        "LP-15 residence-renewal-due portable",
        "LP-16 residence-doubted portable",
        "LP-17 verification-waived portable",
        "LP-18 residence-pending portable",
        "LP-19 residence-unverified refused",
        "LP-20 residence-unverifiable refused",
        "LP-21 residence-elsewhere refused",
        "LP-22 evidence-unavailable refused",
        "LP-23 granted-by-exception portable",
        "LP-24 offer-unknown refused",
      ]
    `);
  });

  it('are explained in both languages, by name and by short code in any case', () => {
    for (const reason of REASONS) {
      const { code } = DECISIONS[reason];
      expect(explain(reason)).toBe(explain(code.toLowerCase(), 'en'));
      expect(explain(reason, 'fr')).toBe(explain(` ${code} `, 'fr'));
      expect(explain(reason, 'fr')).not.toBe(explain(reason, 'en'));
      expect(explain(reason, 'fr')).toMatch(/^[A-ZÀ-Ý].*\.$/);
      expect(basisOf(reason, 'en')).toBe(DECISIONS[reason].basis);
      expect(basisOf(reason, 'fr')).not.toMatch(/Art\.|our reading|presence/);
    }
  });

  it('are refused by explain if unknown', () => {
    for (const word of ['', 'LP-99', 'constructor', undefined, null, 7]) {
      expect(() => explain(word as string)).toThrow(
        expect.objectContaining({ code: 'ERR_CODE_OR_REASON' }),
      );
    }
  });
});
