/** Tests the exact code and message of each refusal of the law, at the edge of each bound. */
import { describe, expect, it } from 'vitest';
import {
  decideRule,
  explain,
  type PortabilityError,
  parseEvent,
  zoneOfTerritory,
} from '../../src/index.ts';
import { completeOffer } from '../../src/law/offer.ts';
import { basisOf, LOCATION_NOT_ESTABLISHED, REASONS } from '../../src/law/reasons.ts';
import { checkMeans } from '../../src/law/residence.ts';
import { reasonFor, STANDINGS, standingCode } from '../../src/law/rule.ts';
import {
  addEvent,
  checkWaivers,
  contractEnd,
  isInForce,
  removeEvent,
  standingAt,
} from '../../src/law/standing.ts';
import { checkDay, checkHome, isTerritory } from '../../src/law/territory.ts';

const ELEVEN_MEANS =
  'means must be letters of the means in Art. 5(1): (a) identity document, (b) payment details, (c) location of a set-top box, (d) payment of a licence fee for public broadcasting, (e) internet or telephone contract, (f) electoral roll, (g) local taxes, (h) utility bill, (i) billing or postal address, (j) declaration, (k) IP address check';

/** The code and message that a call throws. */
function refusalOf(call: () => unknown): string {
  try {
    return `did not throw: ${JSON.stringify(call())}`;
  } catch (error) {
    const { code, message } = error as PortabilityError;
    return `${code}: ${message}`;
  }
}
const VERIFIED = {
  type: 'residence-verified',
  on: '2026-01-10',
  outcome: 'home',
  means: ['a'],
  occasion: 'conclusion',
  by: 'provider',
};
const CONCLUDED = { type: 'contract-concluded', on: '2026-01-10' };
const D = 'ERR_DOSSIER_EVENT: ';

describe('events', () => {
  it.each([
    [null, 'a dossier event must be an object with a type and a day'],
    ['x', 'a dossier event must be an object with a type and a day'],
    [{ ...CONCLUDED, on: '2026-02-30' }, 'on must be a day, YYYY-MM-DD, from 1970 to 2999'],
    [{ ...CONCLUDED, on: '1969-12-31' }, 'on must be a day, YYYY-MM-DD, from 1970 to 2999'],
    [{ ...CONCLUDED, on: '3000-01-01' }, 'on must be a day, YYYY-MM-DD, from 1970 to 2999'],
    [
      { ...CONCLUDED, renewsEvery: 0 },
      'renewsEvery must be a whole number of months from 1 to 120',
    ],
    [
      { ...CONCLUDED, renewsEvery: 121 },
      'renewsEvery must be a whole number of months from 1 to 120',
    ],
    [
      { ...CONCLUDED, renewsEvery: 1.5 },
      'renewsEvery must be a whole number of months from 1 to 120',
    ],
    [
      { ...CONCLUDED, passport: 'x' },
      'unknown field in a dossier event: a dossier keeps outcomes only, never the proofs',
    ],
    [
      { type: 'contract', on: '2026-01-10' },
      'unknown type of dossier event; known types: contract-concluded, contract-renewed, contract-ended, residence-verified, doubt-raised, doubt-dropped, information-requested, information-answered, information-not-answered, verification-waived, waiver-withdrawn',
    ],
    [{ ...VERIFIED, outcome: undefined }, 'outcome must be home or elsewhere'],
    [
      { type: 'information-requested', on: '2026-02-02' },
      'answerBy must be a day, YYYY-MM-DD, from 1970 to 2999',
    ],
    [
      { type: 'information-not-answered', on: '2026-02-02' },
      'heldDataProveResidence must be true or false',
    ],
    [
      { ...VERIFIED, means: ['i'] },
      'these means do not verify residence: an address (i), a declaration (j) and an IP address check (k) count only with one of the means (a) to (h) (Art. 5(1))',
    ],
    [{ ...VERIFIED, means: ['a', 'z'] }, ELEVEN_MEANS],
    [{ ...VERIFIED, means: 'a' }, ELEVEN_MEANS],
    [{ ...VERIFIED, outcome: 'x' }, 'outcome must be home or elsewhere'],
    [
      { ...VERIFIED, postalAddressRegistered: 'yes' },
      'postalAddressRegistered must be true or false',
    ],
    [
      { ...VERIFIED, means: ['j'] },
      'these means do not verify residence: an address (i), a declaration (j) and an IP address check (k) count only with one of the means (a) to (h) (Art. 5(1))',
    ],
    [
      { ...VERIFIED, means: ['k'], occasion: 'doubt', outcome: 'elsewhere' },
      'an IP address check alone never establishes residence elsewhere (Art. 5(2), recital 28)',
    ],
    [
      { type: 'information-requested', on: '2026-02-02', answerBy: '2026-02-01' },
      'the day for the answer must not be before the day of the request',
    ],
    [
      { type: 'verification-waived', on: '2026-02-02', until: '2026-02-01' },
      'a waiver must not end before its first day',
    ],
  ])('are refused: %j: %s', (event, message) => {
    expect(refusalOf(() => parseEvent(event))).toBe(D + message);
  });

  it.each([
    { ...CONCLUDED, on: '1970-01-01', renewsEvery: 1 },
    { ...CONCLUDED, on: '2999-12-31', renewsEvery: 120 },
    { ...CONCLUDED, renewsEvery: undefined },
    { ...VERIFIED, means: ['k'], occasion: 'doubt' },
    { ...VERIFIED, means: ['a', 'k'], outcome: 'elsewhere' },
    { ...VERIFIED, means: ['i'], postalAddressRegistered: true },
    { type: 'information-requested', on: '2026-02-02', answerBy: '2026-02-02' },
    { type: 'verification-waived', on: '2026-02-02', until: '2026-02-02' },
    { type: 'verification-waived', on: '2026-02-02' },
  ])('are read unchanged: %j', event => {
    expect(parseEvent(event)).toEqual(JSON.parse(JSON.stringify(event)));
  });
});

describe('histories', () => {
  const of = (...events: readonly object[]) => ({ events: events.map(parseEvent) });
  const day = '2026-06-01';
  const ASKED = { type: 'information-requested', on: '2026-02-01', answerBy: '2026-02-10' };
  it.each([
    [[CONCLUDED, CONCLUDED], 'a contract is already in force: end it before you conclude another'],
    [[VERIFIED], 'no contract is in force on that day (Art. 2(1))'],
    [
      [CONCLUDED, { ...VERIFIED, occasion: 'doubt' }],
      'a verification on doubts needs a doubt that was raised before (Art. 5(2))',
    ],
    [[CONCLUDED, { type: 'doubt-dropped', on: '2026-02-01' }], 'there is no doubt to drop'],
    [
      [CONCLUDED, { type: 'information-answered', on: '2026-02-01' }],
      'no information was requested',
    ],
    [
      [
        CONCLUDED,
        { type: 'information-not-answered', on: '2026-02-01', heldDataProveResidence: false },
      ],
      'no information was requested',
    ],
    [
      [
        CONCLUDED,
        ASKED,
        { type: 'information-not-answered', on: '2026-02-10', heldDataProveResidence: false },
      ],
      'the day for the answer has not passed yet',
    ],
    [[{ type: 'waiver-withdrawn', on: '2026-02-01' }], 'there is no waiver to withdraw'],
  ])('are refused: %j: %s', (events, message) => {
    expect(refusalOf(() => standingAt(of(...events), day))).toBe(D + message);
  });

  it('must be lists of real days, and lose only events that exist', () => {
    const dossier = of(CONCLUDED, VERIFIED);
    for (const none of [undefined, {}, { events: 'x' }] as never[])
      for (const call of [
        () => standingAt(none, day),
        () => addEvent(none, CONCLUDED as never),
        () => removeEvent(none, 0),
      ])
        expect(refusalOf(call)).toBe(`${D}a dossier must be a list of events`);
    expect(refusalOf(() => standingAt(dossier, '2026-02-30'))).toBe(
      'ERR_DAY: a day must be written YYYY-MM-DD, from 1970 to 2999',
    );
    for (const index of [-1, 2, 0.5, '0'] as never[])
      expect(refusalOf(() => removeEvent(dossier, index))).toBe(`${D}there is no such event`);
    expect(removeEvent(dossier, 1).events).toEqual([CONCLUDED]);
    expect(refusalOf(() => checkWaivers('x' as never))).toBe(
      `${D}waivers must be a list of events`,
    );
    expect(refusalOf(() => checkWaivers([parseEvent(CONCLUDED)]))).toBe(
      `${D}the waivers of the service hold an event that is neither a waiver nor its withdrawal`,
    );
  });

  it('end where the last contract ended, and are in force until then', () => {
    const ended = of(CONCLUDED, { type: 'contract-ended', on: '2026-03-01' });
    expect([contractEnd(ended), contractEnd(of(CONCLUDED)), contractEnd(of())]).toEqual([
      '2026-03-01',
      undefined,
      undefined,
    ]);
    expect(
      ['2026-01-09', '2026-01-10', '2026-02-28', '2026-03-01'].map(each => isInForce(ended, each)),
    ).toEqual([false, true, true, false]);
  });

  it('keep events of one day in the order in which they were noted', () => {
    const sameDay = of(
      CONCLUDED,
      { type: 'doubt-raised', on: '2026-02-01', reason: 'own-statement' },
      { type: 'doubt-dropped', on: '2026-02-01' },
    );
    expect(standingAt(sameDay, day).standing).toBe('unverified');
  });
});

describe('offers, reasons, means, territories', () => {
  it('are refused with these messages', () => {
    expect(refusalOf(() => completeOffer(null as never))).toBe(
      'ERR_OFFER: an offer must be an object',
    );
    expect(refusalOf(() => completeOffer('x' as never))).toBe(
      'ERR_OFFER: an offer must be an object',
    );
    expect(refusalOf(() => completeOffer({ colour: 'red' } as never))).toBe(
      'ERR_OFFER: unknown field colour in an offer; known fields: paid, portable, unknown, anonymised, disputed, unverified, homeUnlicensed',
    );
    expect(refusalOf(() => completeOffer({ unknown: 'maybe' } as never))).toBe(
      'ERR_OFFER: unknown in an offer must be refuse or tolerate',
    );
    expect(refusalOf(() => completeOffer({ paid: 'yes' } as never))).toBe(
      'ERR_OFFER: paid in an offer must be true or false',
    );
    expect(() => completeOffer({ paid: 'yes' } as never)).toThrow(
      expect.objectContaining({
        text: {
          en: 'paid in an offer must be true or false',
          fr: 'paid dans une offre doit être true ou false',
        },
      }),
    );
    expect(LOCATION_NOT_ESTABLISHED).toEqual([
      'address-invalid',
      'address-anonymised',
      'location-disputed',
      'address-not-public',
      'location-unknown',
    ]);
    expect(refusalOf(() => explain('LP-99'))).toBe(
      'ERR_CODE_OR_REASON: neither a reason nor a short code; short codes run from LP-01 to LP-24',
    );
    for (const strange of ['0', 'lp-0', '25', 'lp-25', '100', 'lp 7', '7.0', '-7'])
      expect(refusalOf(() => explain(strange))).toContain('ERR_CODE_OR_REASON');
    for (const same of ['LP-07', 'lp-07', 'lp-7', 'LP7', '07', ' 7 '])
      expect(explain(same, 'fr')).toBe(explain('LP-07', 'fr'));
    expect(explain('24')).toBe(explain('offer-unknown'));
    expect(refusalOf(() => explain(7 as never))).toBe(
      'ERR_CODE_OR_REASON: neither a reason nor a short code; short codes run from LP-01 to LP-24',
    );
    expect(refusalOf(() => explain('' as never))).toBe(
      'ERR_CODE_OR_REASON: neither a reason nor a short code; short codes run from LP-01 to LP-24',
    );
    expect(refusalOf(() => checkDay('2018-03-32'))).toBe(
      'ERR_DAY: a day must be a calendar day, written YYYY-MM-DD',
    );
    expect(refusalOf(() => checkDay('2018-03-31'))).toBe(
      'ERR_DAY: the Regulation applies from 2018-04-01; give that day or a later one',
    );
    expect(checkDay('2018-04-01')).toBe('2018-04-01');
    for (const home of ['US', 'RE', 'XX', 'fr'])
      expect(refusalOf(() => checkHome(home, '2026-11-01'))).toBe(
        'ERR_HOME: the Regulation does not apply in this home State on 2026-11-01',
      );
  });

  it('reasons and their basis are explained in both languages', () => {
    for (const reason of REASONS) {
      expect(explain(reason)).toBe(explain(reason, 'en'));
      expect(explain(reason, 'fr')).not.toBe(explain(reason));
      expect(basisOf(reason, 'fr') === basisOf(reason, 'en')).toBe(false);
      expect(basisOf(reason, 'fr')).not.toBe('');
    }
    expect(explain('no-contract')).toMatch(/^No contract is in force/);
    expect(explain(' lp-01 ', 'de' as never)).toBe(explain('no-contract', 'en'));
    expect([basisOf('location-unknown', 'en'), basisOf('location-unknown', 'fr')]).toEqual([
      'Art. 3(1), our reading: presence in a State is not established',
      'art. 3, § 1, notre lecture : la présence dans un État n’est pas établie',
    ]);
  });

  it('means: every letter is checked', () => {
    const options = { occasion: 'conclusion' } as const;
    expect(checkMeans(['a', 'z'] as never, options)).toEqual({
      valid: false,
      violation: 'unknown-means',
      article: 'Art. 5(1), rec. 26',
    });
    expect(checkMeans(['i'], options)).toMatchObject({ violation: 'weak-means-alone' });
    expect(checkMeans(['i'], { ...options, postalAddressRegistered: true })).toEqual({
      valid: true,
    });
    expect(checkMeans(['j'], { ...options, postalAddressRegistered: true })).toMatchObject({
      violation: 'weak-means-alone',
    });
    expect(checkMeans(['i', 'j'], { ...options, postalAddressRegistered: true })).toMatchObject({
      violation: 'weak-means-alone',
    });
    expect(checkMeans(['k', 'j'], { occasion: 'doubt' })).toMatchObject({
      violation: 'weak-means-alone',
    });
  });

  it('territories: codes are in upper case, and zones depend on the day', () => {
    expect(['FR', 'RE', 'EA', 'IC', 'US', 'fr', 'XX', ''].map(isTerritory)).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(zoneOfTerritory('GB', { on: '2020-01-31' })).toBe('eea');
    expect(zoneOfTerritory('GB', { on: '2021-01-01' })).toBe('outside');
    expect(zoneOfTerritory('FR', null as never)).toBe('home');
  });

  it('an invalid location counts as no address', () => {
    for (const location of [undefined, null, {}, { zone: 'moon', licensed: true }] as never[])
      for (const standing of STANDINGS)
        expect(decideRule(location, standing).reason).toBe(
          standing === 'none' ? 'no-contract' : 'address-invalid',
        );
    expect([standingCode('none'), standingCode('x'), standingCode(undefined)]).toEqual([
      STANDINGS.indexOf('none'),
      STANDINGS.indexOf('unverified'),
      STANDINGS.indexOf('unverified'),
    ]);
    const plain = {
      zone: 'unknown',
      known: 'special-purpose',
      licensed: false,
      anonymised: false,
      disputed: false,
    } as const;
    expect(reasonFor(plain, 'verified', completeOffer({}))).toBe('address-not-public');
  });
});
