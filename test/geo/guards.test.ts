import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileZoneTable } from '../../src/entry/tables.ts';
import { guardViolations } from '../../src/geo/guard-violations.ts';
import { checkGuards, type Guards } from '../../src/geo/guards.ts';
import { eachCommon, transitions } from '../../src/geo/table-diff.ts';
import { intervalsOf } from '../../src/geo/table-intervals.ts';
import { loadZoneTable, type ZoneTable, zoneOfTerritory } from '../../src/index.ts';
import { compileTable } from '../../src/tables/compile-sources.ts';
import { bundledSentinels } from '../../src/tables/sentinel-addresses.ts';
import { createZoneTable, encodeBundle } from '../support/bundles.ts';
import { prefixArbitrary, prefixText } from '../support/networks.ts';
import { fileOf, tableOf } from '../support/tables.ts';

const bundled = await loadZoneTable();
const inForce = intervalsOf(bundled.share());
const SENTINELS = bundledSentinels('FR', '2026-11-22');
const candidate = (table: ZoneTable) => ({ table, intervals: intervalsOf(table.share()) });
const violations = (table: ZoneTable, guards: Guards = {}) =>
  guardViolations(candidate(table), inForce, SENTINELS, guards);

describe('a table read back', () => {
  it('equals what was compiled: the bundled table', async () => {
    const bytes = encodeBundle(bundled.edition, inForce);
    expect(bytes.equals(readFileSync(new URL('../../data/zones.bin', import.meta.url)))).toBe(true);
  });

  it('equals what was compiled: random tables', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(prefixArbitrary, { minLength: 1, maxLength: 20 }), async rows => {
        const byPrefix = new Map([
          ['9.9.9.9/32', 'FR'],
          ...rows.map(row => [prefixText(row), row.code] as const),
        ]);
        const path = fileOf([...byPrefix].map(row => row.join(',')).join('\n'));
        const { edition, intervals } = await compileTable(
          { sources: [{ path, built: '2026-06-01' }] },
          0,
        );
        const read = intervalsOf(createZoneTable(edition, intervals).share());
        expect(encodeBundle(edition, read).equals(encodeBundle(edition, intervals))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

it('the bundled table passes the guards as a first table, as `serve` assumes', () => {
  const { home, on } = bundled.edition;
  expect(guardViolations(candidate(bundled), undefined, bundledSentinels(home, on), {})).toEqual(
    [],
  );
});

describe('table differences', () => {
  it('cover the whole space once, IPv4 by address and IPv6 by /64', async () => {
    const [before, after] = await Promise.all(
      ['2.0.0.0/8,FR\n2a01:cb00::/32,FR', '2.0.0.0/9,FR\n2.128.0.0/9,ES\n2a01:cb00::/33,FR'].map(
        text => tableOf([text]),
      ),
    );
    const from = intervalsOf(before!.share());
    const to = intervalsOf(after!.share());
    const total = (sums: ReadonlyMap<number, number>): number =>
      [...sums.values()].reduce((sum, size) => sum + size, 0);
    expect(total(transitions(from.ipv4, to.ipv4))).toBe(2 ** 32);
    expect(total(transitions(from.ipv6, to.ipv6))).toBe(2 ** 64);
    const changed: unknown[] = [];
    for (const family of ['ipv4', 'ipv6'] as const)
      eachCommon(from[family], to[family], ({ start, next, size, before, after }) => {
        if (before !== after) changed.push([[...start], [...next!], size]);
      });
    expect(changed).toEqual([
      [[0x02800000], [0x03000000], 2 ** 23],
      [[0x2a01cb00, 0x80000000, 0, 0], [0x2a01cb01, 0, 0, 0], 2 ** 31],
    ]);
  });
});

describe('bundled sentinels', () => {
  it('are undisputed and in the expected zone of the bundled table', () => {
    expect(SENTINELS.length).toBeGreaterThan(8);
    for (const { address, zone } of SENTINELS)
      expect(bundled.locate(address)).toMatchObject({ zone, disputed: false });
    expect(new Set(SENTINELS.map(({ zone }) => zone))).toEqual(new Set(['home', 'eea', 'outside']));
  });

  it('follow the home State and the day of the law', () => {
    const british = bundledSentinels('ES', '2020-06-01').find(({ address }) =>
      address.startsWith('131.111.'),
    );
    expect(british!.zone).toBe(zoneOfTerritory('GB', { home: 'ES', on: '2020-06-01' }));
    expect(british!.zone).toBe('eea');
  });
});

describe('guards', () => {
  it('let the table in force pass', () => {
    expect(violations(bundled)).toEqual([]);
  });

  it('hold an almost empty table by shares, sentinels and movement, and name no address', async () => {
    const found = violations(await tableOf(['2.0.0.0/8,FR']));
    expect(new Set(found.map(({ guard }) => guard))).toEqual(
      new Set(['share', 'sentinel', 'moved', 'family']),
    );
    expect(found).toContainEqual({
      guard: 'sentinel',
      list: 'bundled',
      which: 1,
      expected: 'home',
      found: 'unknown',
    });
    expect(JSON.stringify(found)).not.toMatch(/\d+\.\d+\.\d+\.\d+/);
    expect(violations(await tableOf(['2.0.0.0/8,FR']), WIDE)).toEqual([]);
  });

  const WIDE: Guards = {
    shares: { home: [0, 1], eea: [0, 1], outside: [0, 1], unknown: [0, 1], anonymised: [0, 1] },
    bundledSentinels: false,
    moved: 1,
    families: [],
  };

  it('count what enters and leaves the home State and the EEA, against the table in force', async () => {
    const base = '2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB\n2a01:cb00::/32,FR\n2a02::/32,ES';
    const before = intervalsOf((await tableOf([base])).share());
    const against = async (overlay: string, kind: 'places' | 'anonymisers', most: number) => {
      const sources = [{ path: fileOf(base), built: '2026-06-01' }];
      const table = await compileZoneTable({
        sources,
        overlays: [{ path: fileOf(overlay), kind }],
      });
      return guardViolations(candidate(table), before, [], { ...WIDE, moved: most });
    };
    // A sixteenth of home moves to the EEA, which gains a sixteenth.
    expect(await against('2.0.0.0/12,ES', 'places', 1 / 16)).toEqual([]);
    const both = [
      { guard: 'moved', family: 'ipv4', zone: 'home', moved: 1 / 16, most: 0.05 },
      { guard: 'moved', family: 'ipv4', zone: 'eea', moved: 1 / 16, most: 0.05 },
    ];
    expect(await against('2.0.0.0/12,ES', 'places', 0.05)).toEqual(both);
    expect(await against('2.0.0.0/12,GB', 'places', 0.05)).toEqual(both.slice(0, 1));
    expect(await against('4.0.0.0/12,FR', 'places', 0.05)).toEqual(both.slice(0, 1));
    expect(await against('2.0.0.0/12', 'anonymisers', 0.05)).toEqual(both.slice(0, 1));
    expect(await against('4.0.0.0/12', 'anonymisers', 0.05)).toEqual([]);
    expect(await against('2a02::/36,GB', 'places', 0.05)).toEqual([{ ...both[1], family: 'ipv6' }]);
  });

  it('hold a table that lacks a zone in one family, unless that family is not required', async () => {
    const both =
      '2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB\n2a01:cb00::/32,FR\n2a02::/32,ES\n2a03::/32,GB';
    const found = async (rows: string, families?: Guards['families']) => {
      const { families: _, ...rest } = WIDE;
      return guardViolations(
        candidate(await tableOf([rows])),
        undefined,
        [],
        families ? { ...rest, families } : rest,
      );
    };
    expect(await found(both)).toEqual([]);
    const ipv4 = both.split('\n').slice(0, 3).join('\n');
    const all = ['home', 'eea', 'outside'];
    expect(await found(ipv4)).toEqual([{ guard: 'family', family: 'ipv6', missing: all }]);
    expect(await found(`${ipv4}\n2a01:cb00::/32,FR`)).toEqual([
      { guard: 'family', family: 'ipv6', missing: ['eea', 'outside'] },
    ]);
    expect(await found(both.split('\n').slice(3).join('\n'))).toEqual([
      { guard: 'family', family: 'ipv4', missing: all },
    ]);
    expect(await found(ipv4, ['ipv4'])).toEqual([]);
    expect(await found(both, [])).toEqual([]);
  });

  it('check the operator’s own sentinels, identified by their position in the list', () => {
    const sentinels = [
      { address: '193.252.19.3', zone: 'home' },
      { address: '80.58.61.250', zone: 'home' },
    ] as const;
    expect(violations(bundled, { sentinels })).toEqual([
      { guard: 'sentinel', list: 'own', which: 2, expected: 'home', found: 'eea' },
    ]);
  });

  it('are not distorted by one block of IPv6 that is larger than all of Europe', async () => {
    const rows = Array.from(
      { length: 40 },
      (_, n) => `2a${(16 + n).toString(16)}::/32,${n < 20 ? 'FR' : 'ES'}`,
    ).join('\n');
    const before = intervalsOf((await tableOf([`${rows}\n2400::/12,CN`])).share());
    const after = candidate(await tableOf([`${rows}\n2400::/12,BE`]));
    expect(guardViolations(after, before, [], { ...WIDE, moved: 0.051 })).toEqual([]);
    expect(guardViolations(after, before, [], { ...WIDE, moved: 0.049 })).toMatchObject([
      { zone: 'eea', moved: 0.05 },
    ]);
  });

  it('see movement behind anonymisers, which an offer may ignore', async () => {
    const overlays = [{ path: fileOf('2.0.0.0/8'), kind: 'anonymisers' as const }];
    const table = (rows: string) =>
      compileZoneTable({
        sources: [{ path: fileOf(`${rows}\n9.0.0.0/8,FR`), built: '2026-06-01' }],
        overlays,
      });
    const before = intervalsOf((await table('2.0.0.0/8,FR')).share());
    const after = candidate(await table('2.0.0.0/8,GB'));
    expect(guardViolations(after, before, [], { ...WIDE, moved: 0.4 })).toMatchObject([
      { zone: 'home', moved: 0.5 },
    ]);
  });

  it.each<unknown>([
    null,
    false,
    { movd: 0 },
    { shares: { toString: [0, 1] } },
    { bundledSentinels: 'no' },
    { shares: { home: [0.5, 0.1] } },
    { shares: { paris: [0, 1] } },
    { shares: { home: 0.5 } },
    { sentinels: [{ address: '1.2.3', zone: 'home' }] },
    { sentinels: [{ address: '1.2.3.4', zone: 'paris' }] },
    { moved: -1 },
    { moved: '5 %' },
    { families: ['ipv5'] },
    { families: 'ipv4' },
  ])('are refused if invalid: %j', guards => {
    expect(() => checkGuards(guards as never)).toThrow(
      expect.objectContaining({ code: 'ERR_ARGUMENT' }),
    );
  });
});
