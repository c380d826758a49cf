import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asMarkdown, asSvg, shareText } from '../../data/accuracy-page.ts';
import {
  errorOf,
  errorsOf,
  parseTruth,
  score,
  TRUE_ZONES,
  valuesWithin,
  wilson,
  worstOf,
} from '../../data/truth.ts';
import { compile } from '../../src/geo/merge-sources.ts';
import { parsePrefixOrAddress } from '../../src/geo/prefix.ts';
import { parseSource } from '../../src/geo/source.ts';
import { zoneOfTerritory } from '../../src/index.ts';
import { ZONES } from '../../src/zone.ts';

const zone = (code: string) => zoneOfTerritory(code);
const standpoint = { home: 'FR', zone, licensed: (code: string) => zone(code) === 'home' };

const sourceOf = (...rows: readonly string[]) =>
  parseSource(Buffer.from(rows.join('\n')), { path: 'source.csv', built: '2026-11-20' });

const scoredOf = (name: string, ...sources: ReturnType<typeof sourceOf>[]) => ({
  name,
  intervals: compile(sources, standpoint),
});

/** The definition of the interval: all p for which the count is within Z standard deviations. */
function slowWilson(count: number, of: number): [number, number] {
  const share = count / of;
  const isWithin = (p: number): boolean =>
    Math.abs(share - p) <= 1.959963984540054 * Math.sqrt((p * (1 - p)) / of);
  const bisect = (inside: number, outside: number): number => {
    let [within, beyond] = [inside, outside];
    for (let step = 0; step < 200; step++) {
      const middle = (within + beyond) / 2;
      if (isWithin(middle)) within = middle;
      else beyond = middle;
    }
    return within;
  };
  return [isWithin(0) ? 0 : bisect(share, 0), isWithin(1) ? 1 : bisect(share, 1)];
}

describe('wilson', () => {
  // R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('gives the published interval of %d of %d', (count, of, low, high) => {
    const bounds = wilson({ count, of });
    expect(bounds[0]).toBeCloseTo(low, 4);
    expect(bounds[1]).toBeCloseTo(high, 4);
  });

  it('is the interval that its definition gives by bisection', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(), (of, any) => {
        const count = any % (of + 1);
        const [low, high] = slowWilson(count, of);
        const bounds = wilson({ count, of });
        expect(bounds[0]).toBeCloseTo(low, 9);
        expect(bounds[1]).toBeCloseTo(high, 9);
      }),
    );
  });

  it('says nothing about no row', () => {
    expect(wilson({ count: 0, of: 0 })).toEqual([0, 1]);
    expect(shareText({ count: 0, of: 0 })).toBe('no row');
  });
});

describe('an answer', () => {
  it('has the error that it causes, for each truth', () => {
    const errors = TRUE_ZONES.flatMap(truth =>
      ZONES.map(answer => `${truth} ${answer} ${errorOf(truth, answer)}`),
    );
    expect(errors.sort()).toEqual(
      [
        'home home undefined',
        'home eea wrong side',
        'home outside refused',
        'home unknown refused',
        'eea home wrong side',
        'eea eea undefined',
        'eea outside refused',
        'eea unknown refused',
        'outside home shown',
        'outside eea shown',
        'outside outside undefined',
        'outside unknown undefined',
      ].sort(),
    );
  });

  it('is the worst one, where a range has several', () => {
    expect(worstOf('home', ['home', 'eea'])).toBe('eea');
    expect(worstOf('home', ['home', 'eea', 'unknown', 'home'])).toBe('unknown');
    expect(worstOf('eea', ['eea', 'eea'])).toBe('eea');
    expect(worstOf('outside', ['unknown', 'outside', 'home'])).toBe('home');
  });
});

describe('valuesWithin', () => {
  it('finds what every single address of a range finds', () => {
    const { ipv4 } = sourceOf('2.0.0.4/30,FR', '2.0.0.8,2.0.0.9,DE', '2.0.0.13,2.0.0.20,US');
    for (let first = 0x02000000; first < 0x02000020; first++)
      for (let last = first; last < 0x02000020; last++) {
        const range = {
          width: 1,
          first: Uint32Array.of(first),
          last: Uint32Array.of(last),
        } as const;
        const single = new Set<number>();
        for (let at = first; at <= last; at++) {
          const one = Uint32Array.of(at);
          for (const value of valuesWithin(ipv4, { width: 1, first: one, last: one }))
            single.add(value);
        }
        expect(valuesWithin(ipv4, range)).toEqual(single);
      }
  });

  it('finds the first and the last interval of the whole space', () => {
    const { ipv4, countries } = sourceOf('0.0.0.0/1,FR', '255.255.255.255/32,US');
    const found = valuesWithin(ipv4, parsePrefixOrAddress('0.0.0.0/0'));
    expect([...found].map(value => countries[value])).toEqual(['FR', '', 'US']);
  });
});

describe('score', () => {
  const { rows } = parseTruth(
    [
      'prefix,country,kind',
      '2.1.0.0/24,FR,access',
      '2.1.1.0/24,FR,access',
      '2.1.2.7,DE,access',
      '2.1.3.0/24,US,access',
      '2.1.4.0/24,US,access',
      '2.1.5.0/24,DE,access',
      '2.1.0.0/16,FR,wide',
      '2a01:cb00::/48,FR,access',
    ].join('\n'),
    'truth.csv',
  );
  const first = sourceOf(
    ...['2.1.0.0/24,FR', '2.1.1.0/24,DE', '2.1.2.0/24,US', '2.1.3.0/24,US', '2.1.4.0/24,ES'],
    '2a01:cb00::/32,FR',
  );
  const second = sourceOf('2.1.0.0/24,FR', '2.1.1.0/24,FR', '2a01:cb00::/32,US');
  const groups = score(rows, [scoredOf('voted', first, second), scoredOf('first', first)], zone);

  it('counts by family and kind', () => {
    expect(groups.map(({ family, kind }) => [family, kind])).toEqual([
      ['IPv4', 'access'],
      ['IPv6', 'access'],
      ['IPv4', 'wide'],
    ]);
  });

  it('counts each row once, by its true zone and the answer', () => {
    const { confusion } = groups[0]!.scores[1]!;
    expect(confusion).toEqual({
      home: { home: 1, eea: 1, outside: 0, unknown: 0 },
      eea: { home: 0, eea: 0, outside: 1, unknown: 1 },
      outside: { home: 0, eea: 1, outside: 1, unknown: 0 },
    });
    expect(errorsOf(confusion)).toEqual({
      refused: { count: 2, of: 4 },
      shown: { count: 1, of: 2 },
      'wrong side': { count: 1, of: 4 },
    });
    const wide = groups[2]!.scores[1]!.confusion.home;
    expect(wide.outside + wide.unknown).toBe(1);
  });

  it('has the disputed rows apart', () => {
    const [voted, alone] = groups[0]!.scores;
    expect(voted!.disputed!.home).toEqual({ home: 0, eea: 1, outside: 0, unknown: 0 });
    expect(voted!.disputed!.eea).toEqual({ home: 0, eea: 0, outside: 0, unknown: 0 });
    expect(alone!.disputed).toBeUndefined();
    const page = asMarkdown(groups);
    expect(page).toContain('| voted, disputed | 0 of 1: 0.00 % (0.00 to 79.35) |');
    expect(page).toContain('| voted, undisputed | 2 of 3: 66.67 % (20.77 to 93.85) |');
  });

  it('is written without an address, as Markdown and as SVG', () => {
    const svg = asSvg(groups, 'A & <b>');
    expect(svg).toContain('A &#38; &#60;b&#62;');
    for (const page of [asMarkdown(groups), svg]) {
      expect(page).toContain('access, IPv6');
      expect(page).not.toMatch(/\d+\.\d+\.\d+\.\d+|2a01|cb00/);
    }
  });
});

describe('parseTruth', () => {
  it('reads a header, comments, Windows line ends and a byte order mark', () => {
    const text =
      '\ufeffprefix,country\r\n# comment\r\n\r\n2.1.0.0/24,FR\r\n2a01:cb00::1,DE,access\r\n';
    const { rows } = parseTruth(text, 'folder/some-truth.csv');
    expect(rows.map(({ country, kind }) => [country, kind])).toEqual([
      ['FR', 'some-truth'],
      ['DE', 'access'],
    ]);
  });

  it('takes no kind from a file whose name could be an address', () => {
    expect(parseTruth('2.1.0.7,FR', '/tmp/2.1.0.7.csv').rows[0]!.kind).toBe('all');
    expect(parseTruth('2.1.0.7,FR', '/tmp/2a01:cb00::7.csv').rows[0]!.kind).toBe('all');
  });

  it('counts the rows whose country is not a territory apart', () => {
    const { rows, withoutCountry } = parseTruth('2.1.0.7,\n2.1.0.8,XK\n2.1.0.9,ZZ\n', 'truth.csv');
    expect([rows.length, withoutCountry]).toEqual([0, 3]);
  });

  it.each([
    ['2.1.0.7', /address-or-prefix,country/],
    ['2.1.0.7,FR,access,2.1.0.7', /address-or-prefix,country/],
    ['2.1.0.7/24,FR', /not an address or a prefix/],
    ['2.1.0.7/99,FR', /not an address or a prefix/],
    ['FR,2.1.0.7', /not an address or a prefix/],
    ['2.1.0.7,2.1.0.8', /country must be/],
    ['2.1.0.7,fr', /country must be/],
    ['2.1.0.7,FR,2.1.0.7', /kind must/],
    ['2a01:cb00::7,FR,2a01:cb00::7', /kind must/],
  ])('refuses %s by file and line, without quoting it', (row, message) => {
    const read = () => parseTruth(`2.1.0.0/24,FR\n${row}\n`, 'truth.csv');
    expect(read).toThrow(message);
    expect(read).toThrow(/^truth\.csv, line 2: /);
    expect(read).not.toThrow(/2\.1\.0|2a01|cb00/);
  });
});
