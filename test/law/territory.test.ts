import { describe, expect, it } from 'vitest';
import data from '../../data/territories.json' with { type: 'json' };
import { zoneOfTerritory } from '../../src/index.ts';
import { territories } from '../../src/law/territory.ts';

/** ISO 3166-1 alpha-2, typed by hand and not taken from the data file. */
const ISO = `
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL
CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU
GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC
MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT
PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA
UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW`
  .trim()
  .split(/\s+/);

const MEMBER_STATES =
  'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE'.split(' ');
const OUTERMOST = 'GP MQ GF RE YT MF'.split(' ');

/** A naive version: lists and ifs. */
function naiveZone(code: string, home: string, on: string): string {
  if (!ISO.includes(code) && code !== 'IC' && code !== 'EA') return 'unknown';
  const state = OUTERMOST.includes(code)
    ? 'FR'
    : code === 'AX'
      ? 'FI'
      : code === 'IC' || code === 'EA'
        ? 'ES'
        : code;
  let isIn = MEMBER_STATES.includes(state);
  if (['IS', 'LI', 'NO'].includes(state) && on >= '2019-08-01') isIn = true;
  if (['GB', 'GI'].includes(state) && on <= '2020-12-31') isIn = true;
  if (!isIn) return 'outside';
  if (code === 'GI' && home === 'GB') return 'home';
  return state === home ? 'home' : 'eea';
}

it('the list of territories has each code once, with its State in the list', () => {
  const rows = territories();
  expect(rows.map(({ code }) => code).toSorted()).toEqual([...ISO, 'EA', 'IC'].toSorted());
  expect(rows.filter(({ state }) => !ISO.includes(state))).toEqual([]);
});

describe('zoneOfTerritory', () => {
  it('knows every ISO 3166-1 alpha-2 code once, and two reserved ones', () => {
    expect(ISO).toHaveLength(249);
    const codes = data.territories.map(row => row.code);
    expect(codes.toSorted()).toEqual([...ISO, 'EA', 'IC'].toSorted());
    expect(data.territories.filter(row => 'reserved' in row).map(row => row.code)).toEqual([
      'EA',
      'IC',
    ]);
  });

  it('names for every row a State that is itself a row', () => {
    const codes = new Set(data.territories.map(row => row.code));
    for (const row of data.territories) expect(codes.has(row.state)).toBe(true);
  });

  it('equals a naive version for every code, home State and day of change', () => {
    const days = [
      '2018-04-01',
      '2019-07-31',
      '2019-08-01',
      '2020-12-31',
      '2021-01-01',
      '2026-11-22',
    ];
    const homes = [...MEMBER_STATES, 'IS', 'LI', 'NO', 'GB'];
    for (const on of days) {
      for (const home of homes.filter(
        candidate => naiveZone(candidate, candidate, on) === 'home',
      )) {
        for (const code of [...ISO, 'EA', 'IC', 'EU', 'AP', 'XX']) {
          if (zoneOfTerritory(code, { home, on }) !== naiveZone(code, home, on)) {
            expect(`${code} from ${home} on ${on}: ${zoneOfTerritory(code, { home, on })}`).toBe(
              naiveZone(code, home, on),
            );
          }
        }
      }
    }
  });

  it.each([
    ['FR', 'home'],
    ['RE', 'home'],
    ['MF', 'home'],
    ['BL', 'outside'],
    ['PM', 'outside'],
    ['NC', 'outside'],
    ['ES', 'eea'],
    ['IC', 'eea'],
    ['NO', 'eea'],
    ['SJ', 'outside'],
    ['CH', 'outside'],
    ['MC', 'outside'],
    ['GB', 'outside'],
    ['CY', 'eea'],
    ['XK', 'unknown'],
  ])('%s is %s, seen from France today', (code, zone) => {
    expect(zoneOfTerritory(code)).toBe(zone);
  });

  it('works from any home State', () => {
    expect(zoneOfTerritory('FR', { home: 'DE' })).toBe('eea');
    expect(zoneOfTerritory('AX', { home: 'FI' })).toBe('home');
    expect(zoneOfTerritory('IC', { home: 'ES' })).toBe('home');
    expect(zoneOfTerritory('NO', { home: 'NO' })).toBe('home');
  });

  it("returns 'unknown' for any value that is not a code in upper case", () => {
    const none = [
      'EU',
      'AP',
      'A1',
      'A2',
      'O1',
      'T1',
      'XX',
      'ZZ',
      'UK',
      'EL',
      'fr',
      'Fr',
      ' FR',
      'FR ',
      'FRA',
      'F',
      '',
      '__proto__',
      'constructor',
    ];
    for (const code of [...none, undefined, null, 33, Number.NaN, {}, [], ['FR'], Symbol('FR')]) {
      expect(zoneOfTerritory(code as string)).toBe('unknown');
    }
  });

  it.each(['2018-03-31', '2026-02-30', '2026-1-1', 'today', '', 20260101])(
    'refuses the day %s',
    on => {
      expect(() => zoneOfTerritory('FR', { on: on as string })).toThrow(
        expect.objectContaining({ code: 'ERR_DAY' }),
      );
    },
  );

  it.each(['CH', 'RE', 'US', 'EU', 'fr', ''])('refuses %s as a home State', home => {
    expect(() => zoneOfTerritory('FR', { home })).toThrow(
      expect.objectContaining({ code: 'ERR_HOME' }),
    );
  });

  it('accepts null as no options', () => {
    expect(zoneOfTerritory('FR', null as never)).toBe('home');
  });

  it('accepts the United Kingdom as a home State until its last day', () => {
    expect(zoneOfTerritory('GB', { home: 'GB', on: '2020-12-31' })).toBe('home');
    expect(() => zoneOfTerritory('GB', { home: 'GB', on: '2021-01-01' })).toThrow(
      expect.objectContaining({ code: 'ERR_HOME' }),
    );
  });
});
