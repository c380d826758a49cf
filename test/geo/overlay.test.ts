import { describe, expect, it } from 'vitest';
import { compileZoneTable, type Overlay } from '../../src/entry/tables.ts';
import type { Location, ZoneTable } from '../../src/index.ts';
import { corpus, hasCorpora } from '../support/corpora.ts';
import { ipv4Bits, writeMmdb } from '../support/mmdb-writer.ts';
import { fileOf } from '../support/tables.ts';

const ROWS = '2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB\n2a01:cb00::/32,FR';
const NOON = Date.parse('2026-11-24T12:00:00Z');

type OverlayText = Omit<Overlay, 'path'> & { readonly text: string | Uint8Array };

const tableWith = (overlays: readonly OverlayText[], rows = ROWS, now = NOON): Promise<ZoneTable> =>
  compileZoneTable({
    sources: [{ path: fileOf(rows, 'rows.csv'), built: '2026-06-01' }],
    overlays: overlays.map(({ text, ...overlay }) => ({
      path: fileOf(text, 'overlay'),
      ...overlay,
    })),
    licence: { also: ['MC'], except: ['RE'] },
    clock: () => now,
  });

const summaryOf = ({ zone, known, licensed, anonymised }: Location): string =>
  [zone, known, licensed && 'licensed', anonymised && 'anonymised'].filter(Boolean).join(' ');

describe('overlays', () => {
  it('of places override the sources with territories, zones and `unknown`', async () => {
    const text =
      '2.1.0.0/16,ES\n2.1.1.0/24,GB\n2.2.0.0/16,RE\n2.3.0.0/16,MC\n2.4.0.0/16,unknown\n3.1.0.0/16,home\n3.2.0.0,3.2.0.9,outside\n9.0.0.0/8,eea';
    const table = await tableWith([{ text }]);
    expect(
      [
        '2.1.0.1',
        '2.1.1.1',
        '2.2.0.1',
        '2.3.0.1',
        '2.4.0.1',
        '2.5.0.1',
        '3.1.0.1',
        '3.2.0.9',
        '3.2.0.10',
        '9.1.1.1',
      ].map(address => summaryOf(table.locate(address))),
    ).toEqual([
      'eea listed',
      'outside listed',
      'home listed',
      'outside listed licensed',
      'unknown unlisted',
      'home listed licensed',
      'home listed licensed',
      'outside listed',
      'eea listed',
      'eea listed',
    ]);
  });

  it('settle what the sources dispute', async () => {
    const overlay = { path: fileOf('2.1.0.0/16,FR') };
    const sources = ['2.0.0.0/8,FR', '2.0.0.0/8,ES'].map(text => ({
      path: fileOf(text),
      built: '2026-06-01',
    }));
    const table = await compileZoneTable({ sources, overlays: [overlay] });
    expect([table.locate('2.2.0.1').disputed, table.locate('2.1.0.1').disputed]).toEqual([
      true,
      false,
    ]);
  });

  it('never give a special-purpose block a location or the flag `anonymised`', async () => {
    const table = await tableWith([
      { text: '10.0.0.0/8,FR' },
      { text: '10.1.0.0/16', kind: 'anonymisers' },
    ]);
    expect(summaryOf(table.locate('10.1.1.1'))).toBe('unknown special-purpose');
  });

  it('of RFC 8805 use prefix and country in any case, accept single addresses, and read no country as unknown', async () => {
    const text =
      '# a feed\n2.1.0.0/16,es,ES-MD,Madrid,\n2.2.0.0/16,,,,\n2.3.0.7,GB,GB-LND,"London, City",\r\n2.4.0.0/16,ZZ # of nobody\n2.5.0.0/16,es # Madrid, say\n2a01:cb00:1::/48,DE,,,\n';
    const table = await tableWith([{ text, kind: 'geofeed' }]);
    expect(
      ['2.1.0.1', '2.2.0.1', '2.3.0.6', '2.3.0.7', '2.4.0.1', '2.5.0.1', '2a01:cb00:1::1'].map(
        a => table.locate(a).zone,
      ),
    ).toEqual(['eea', 'unknown', 'home', 'outside', 'unknown', 'eea', 'eea']);
  });

  it('of corrections apply through their last day, and the edition has the day on which the next one ends', async () => {
    const text =
      '2.1.0.0/16,GB,2026-11-24,ticket 71\n2.2.0.0/16,GB,2026-11-25,"moved, says the carrier"\n2.3.0.0/16,GB,2026-11-23,over\n';
    const overlay = { text, kind: 'corrections', name: 'desk' } as const;
    const table = await tableWith([overlay]);
    expect(['2.1.0.1', '2.2.0.1', '2.3.0.1'].map(a => table.locate(a).zone)).toEqual([
      'outside',
      'outside',
      'home',
    ]);
    expect(table.edition.overlays).toMatchObject([
      { name: 'desk', kind: 'corrections', through: '2026-11-24' },
    ]);
    const tomorrow = await tableWith([overlay], ROWS, NOON + 86_400_000);
    expect(['2.1.0.1', '2.2.0.1'].map(a => tomorrow.locate(a).zone)).toEqual(['home', 'outside']);
    expect(tomorrow.edition.overlays).toMatchObject([{ through: '2026-11-25' }]);
    expect(tomorrow.edition.id).not.toBe(table.edition.id);
    const later = await tableWith([overlay], ROWS, NOON + 9 * 86_400_000);
    expect(later.edition.overlays![0]).not.toHaveProperty('through');
  });

  it('of anonymisers set `anonymised` and keep the location; later relays that keep the country clear it', async () => {
    const vpn: OverlayText = {
      text: '2.1.0.0/16\n2.2.0.7\n9.1.0.0/16,somebody',
      kind: 'anonymisers',
    };
    const relays: OverlayText = { text: '2.1.1.0/24,FR,,,', kind: 'relays' };
    const table = await tableWith([vpn, relays]);
    expect(
      ['2.1.0.1', '2.1.1.1', '2.2.0.6', '2.2.0.7', '9.1.0.1'].map(a => summaryOf(table.locate(a))),
    ).toEqual([
      'home listed licensed anonymised',
      'home listed licensed',
      'home listed licensed',
      'home listed licensed anonymised',
      'unknown unlisted anonymised',
    ]);
    expect((await tableWith([relays, vpn])).locate('2.1.1.1').anonymised).toBe(true);
    const moved = await tableWith([vpn, { text: '2.1.0.0/16,ES' }]);
    expect(summaryOf(moved.locate('2.1.0.1'))).toBe('eea listed anonymised');
  });

  const flagged = (flag: string, value = true) => ({ is_anonymous: true, [flag]: value });
  const FLAGS = [
    'is_anonymous_vpn',
    'is_tor_exit_node',
    'is_public_proxy',
    'is_hosting_provider',
    'is_residential_proxy',
  ];
  const database = writeMmdb([
    ...FLAGS.map((flag, n) => ({ bits: ipv4Bits(`2.${n}.0.0/16`), record: flagged(flag) })),
    { bits: ipv4Bits('2.5.0.0/16'), record: flagged('is_anonymous_vpn', false) },
  ]);

  it('of an MMDB file of anonymisers mark VPN, Tor and public proxies, or the chosen fields', async () => {
    const asked = (table: ZoneTable): boolean[] =>
      [0, 1, 2, 3, 4, 5, 6].map(n => table.locate(`2.${n}.1.1`).anonymised);
    const table = await tableWith([{ text: database, kind: 'anonymisers' }]);
    expect(asked(table)).toEqual([true, true, true, false, false, false, false]);
    expect(table.edition.overlays).toMatchObject([{ kind: 'anonymisers', built: '2026-06-01' }]);
    const fields = ['is_hosting_provider', 'is_residential_proxy'] as const;
    expect(asked(await tableWith([{ text: database, kind: 'anonymisers', fields }]))).toEqual([
      false,
      false,
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  it.skipIf(!hasCorpora)('of MaxMind’s own test file of anonymous addresses are read', async () => {
    const kind = 'anonymisers' as const;
    const path = corpus('mmdb/test-data/GeoIP2-Anonymous-IP-Test.mmdb');
    const sources = [{ path: fileOf('1.0.0.0/8,FR\n2.0.0.0/8,FR'), built: '2026-06-01' }];
    const table = await compileZoneTable({ sources, overlays: [{ path, kind }] });
    // From the published source of the file: 1.2.0.0/16 is a VPN, 1.124.213.1/32 has every flag,
    // 71.160.223.0/24 is hosting alone.
    expect(
      ['1.2.0.1', '1.3.0.1', '1.124.213.1', '71.160.223.1'].map(a => table.locate(a).anonymised),
    ).toEqual([true, false, true, false]);
  });

  it('are listed in the edition in order, with name and sha-256', async () => {
    const table = await tableWith([
      { text: '2.1.0.0/16,ES', name: 'ships' },
      { text: '2.2.0.1', kind: 'anonymisers', name: 'vpn' },
    ]);
    expect(table.edition.overlays!.map(({ name, kind }) => [name, kind])).toEqual([
      ['ships', 'places'],
      ['vpn', 'anonymisers'],
    ]);
    expect(table.edition.overlays![0]!.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect((await tableWith([])).edition).not.toHaveProperty('overlays');
  });

  it.each<[string, OverlayText, string, number?]>([
    ['an invalid place', { text: '2.1.0.0/16,UK' }, 'ERR_SOURCE_ROW', 1],
    ['a place in lower case', { text: '#\n2.1.0.0/16,fr' }, 'ERR_SOURCE_ROW', 2],
    [
      'a correction without a last day',
      { text: '2.1.0.0/16,FR', kind: 'corrections' },
      'ERR_SOURCE_ROW',
      1,
    ],
    [
      'a correction with an invalid day',
      { text: '2.1.0.0/16,FR,2026-02-30,x', kind: 'corrections' },
      'ERR_SOURCE_ROW',
      1,
    ],
    [
      'a correction without a reason',
      { text: '2.1.0.0/16,FR,2027-01-01,', kind: 'corrections' },
      'ERR_SOURCE_ROW',
      1,
    ],
    [
      'a feed with an invalid country',
      { text: '2.1.0.0/16,UK,,,', kind: 'geofeed' },
      'ERR_SOURCE_ROW',
      1,
    ],
    ['a feed without a prefix', { text: 'Paris,FR', kind: 'geofeed' }, 'ERR_SOURCE_ROW', 1],
    [
      'rows that contradict each other',
      { text: '2.1.0.0/16,FR\n2.1.0.0/16,ES' },
      'ERR_SOURCE_OVERLAP',
      2,
    ],
    ['anonymisers without a row', { text: '# empty', kind: 'anonymisers' }, 'ERR_SOURCE_EMPTY'],
    [
      'an unknown field of anonymisers',
      { text: database, kind: 'anonymisers', fields: ['is_satellite' as never] },
      'ERR_ARGUMENT',
    ],
    ['an empty file', { text: '' }, 'ERR_SOURCE_EMPTY'],
    ['a database of places', { text: database }, 'ERR_SOURCE_FORMAT'],
    [
      'a file with another sha-256',
      { text: '2.1.0.0/16,FR', sha256: '0'.repeat(64) },
      'ERR_SOURCE_CHECKSUM',
    ],
    ['an unknown kind', { text: '2.1.0.0/16,FR', kind: 'rumours' as never }, 'ERR_ARGUMENT'],
  ])('are refused: %s', async (_, overlay, code, line) => {
    const error = await tableWith([overlay]).catch(caught => caught);
    expect(error).toMatchObject({ name: 'PortabilityError', code, ...(line && { line }) });
    if (code !== 'ERR_ARGUMENT') expect(error.file).toBe(2);
  });
});
