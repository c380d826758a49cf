import { describe, expect, it } from 'vitest';
import { compileZoneTable, type Overlay } from '../../src/entry/tables.ts';
import type { Location, ZoneTable } from '../../src/index.ts';
import { corpus, hasCorpora } from '../support/corpora.ts';
import { ipv4Bits, writeMmdb } from '../support/mmdb-writer.ts';
import { fileOf } from '../support/tables.ts';

const ROWS = '2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB\n2a01:cb00::/32,FR';
const NOON = Date.parse('2026-11-24T12:00:00Z');

type Laid = Omit<Overlay, 'path'> & { readonly text: string | Uint8Array };

const laid = (overlays: readonly Laid[], rows = ROWS, now = NOON): Promise<ZoneTable> =>
  compileZoneTable({
    sources: [{ path: fileOf(rows, 'rows.csv'), built: '2026-06-01' }],
    overlays: overlays.map(({ text, ...overlay }) => ({
      path: fileOf(text, 'overlay'),
      ...overlay,
    })),
    licence: { also: ['MC'], except: ['RE'] },
    clock: () => now,
  });

const said = ({ zone, known, licensed, anonymised }: Location): string =>
  [zone, known, licensed && 'licensed', anonymised && 'anonymised'].filter(Boolean).join(' ');

describe('overlays', () => {
  it('of places lie over the sources: territories, zones, and what is unknown', async () => {
    const text =
      '2.1.0.0/16,ES\n2.1.1.0/24,GB\n2.2.0.0/16,RE\n2.3.0.0/16,MC\n2.4.0.0/16,unknown\n3.1.0.0/16,home\n3.2.0.0,3.2.0.9,outside\n9.0.0.0/8,eea';
    const table = await laid([{ text }]);
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
      ].map(address => said(table.locate(address))),
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

  it('never make a special-purpose block a place, nor anonymised', async () => {
    const table = await laid([
      { text: '10.0.0.0/8,FR' },
      { text: '10.1.0.0/16', kind: 'anonymisers' },
    ]);
    expect(said(table.locate('10.1.1.1'))).toBe('unknown special-purpose');
  });

  it('of RFC 8805: prefix and country in any case, the rest unread; no country is unknown; single addresses', async () => {
    const text =
      '# a feed\n2.1.0.0/16,es,ES-MD,Madrid,\n2.2.0.0/16,,,,\n2.3.0.7,GB,GB-LND,"London, City",\r\n2.4.0.0/16,ZZ # of nobody\n2.5.0.0/16,es # Madrid, say\n2a01:cb00:1::/48,DE,,,\n';
    const table = await laid([{ text, kind: 'geofeed' }]);
    expect(
      ['2.1.0.1', '2.2.0.1', '2.3.0.6', '2.3.0.7', '2.4.0.1', '2.5.0.1', '2a01:cb00:1::1'].map(
        a => table.locate(a).zone,
      ),
    ).toEqual(['eea', 'unknown', 'home', 'outside', 'unknown', 'eea', 'eea']);
  });

  it('of corrections count through their last day, and say when the next one ends', async () => {
    const text =
      '2.1.0.0/16,GB,2026-11-24,ticket 71\n2.2.0.0/16,GB,2026-11-25,"moved, says the carrier"\n2.3.0.0/16,GB,2026-11-23,over\n';
    const overlay = { text, kind: 'corrections', name: 'desk' } as const;
    const table = await laid([overlay]);
    expect(['2.1.0.1', '2.2.0.1', '2.3.0.1'].map(a => table.locate(a).zone)).toEqual([
      'outside',
      'outside',
      'home',
    ]);
    expect(table.edition.overlays).toMatchObject([
      { name: 'desk', kind: 'corrections', through: '2026-11-24' },
    ]);
    const tomorrow = await laid([overlay], ROWS, NOON + 86_400_000);
    expect(['2.1.0.1', '2.2.0.1'].map(a => tomorrow.locate(a).zone)).toEqual(['home', 'outside']);
    expect(tomorrow.edition.overlays).toMatchObject([{ through: '2026-11-25' }]);
    expect(tomorrow.edition.id).not.toBe(table.edition.id);
    const later = await laid([overlay], ROWS, NOON + 9 * 86_400_000);
    expect(later.edition.overlays![0]).not.toHaveProperty('through');
  });

  it('of anonymisers set `anonymised` and no place; relays that keep the country take it back, in their order', async () => {
    const vpn: Laid = { text: '2.1.0.0/16\n2.2.0.7\n9.1.0.0/16,somebody', kind: 'anonymisers' };
    const relays: Laid = { text: '2.1.1.0/24,FR,,,', kind: 'relays' };
    const table = await laid([vpn, relays]);
    expect(
      ['2.1.0.1', '2.1.1.1', '2.2.0.6', '2.2.0.7', '9.1.0.1'].map(a => said(table.locate(a))),
    ).toEqual([
      'home listed licensed anonymised',
      'home listed licensed',
      'home listed licensed',
      'home listed licensed anonymised',
      'unknown unlisted anonymised',
    ]);
    expect((await laid([relays, vpn])).locate('2.1.1.1').anonymised).toBe(true);
    const moved = await laid([vpn, { text: '2.1.0.0/16,ES' }]);
    expect(said(moved.locate('2.1.0.1'))).toBe('eea listed anonymised');
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

  it('of an MMDB file of anonymisers: VPN, Tor and public proxies, or those that are chosen', async () => {
    const asked = (table: ZoneTable): boolean[] =>
      [0, 1, 2, 3, 4, 5, 6].map(n => table.locate(`2.${n}.1.1`).anonymised);
    const table = await laid([{ text: database, kind: 'anonymisers' }]);
    expect(asked(table)).toEqual([true, true, true, false, false, false, false]);
    expect(table.edition.overlays).toMatchObject([{ kind: 'anonymisers', built: '2026-06-01' }]);
    const fields = ['is_hosting_provider', 'is_residential_proxy'] as const;
    expect(asked(await laid([{ text: database, kind: 'anonymisers', fields }]))).toEqual([
      false,
      false,
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  it.skipIf(!hasCorpora)('of MaxMind’s own test file of anonymous addresses', async () => {
    const kind = 'anonymisers' as const;
    const path = corpus('mmdb/test-data/GeoIP2-Anonymous-IP-Test.mmdb');
    const sources = [{ path: fileOf('1.0.0.0/8,FR\n2.0.0.0/8,FR'), built: '2026-06-01' }];
    const table = await compileZoneTable({ sources, overlays: [{ path, kind }] });
    // From the file's published source: 1.2.0.0/16 is a VPN, 1.124.213.1/32 all of them, 71.160.223.0/24 hosting alone.
    expect(
      ['1.2.0.1', '1.3.0.1', '1.124.213.1', '71.160.223.1'].map(a => table.locate(a).anonymised),
    ).toEqual([true, false, true, false]);
  });

  it('name themselves in the edition, in order, and are known by their sha-256', async () => {
    const table = await laid([
      { text: '2.1.0.0/16,ES', name: 'ships' },
      { text: '2.2.0.1', kind: 'anonymisers', name: 'vpn' },
    ]);
    expect(table.edition.overlays!.map(({ name, kind }) => [name, kind])).toEqual([
      ['ships', 'places'],
      ['vpn', 'anonymisers'],
    ]);
    expect(table.edition.overlays![0]!.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect((await laid([])).edition).not.toHaveProperty('overlays');
  });

  it.each<[string, Laid, string, number?]>([
    ['a place that is none', { text: '2.1.0.0/16,UK' }, 'ERR_SOURCE_ROW', 1],
    ['a place in lower case', { text: '#\n2.1.0.0/16,fr' }, 'ERR_SOURCE_ROW', 2],
    [
      'a correction without end',
      { text: '2.1.0.0/16,FR', kind: 'corrections' },
      'ERR_SOURCE_ROW',
      1,
    ],
    [
      'a correction with no day',
      { text: '2.1.0.0/16,FR,2026-02-30,x', kind: 'corrections' },
      'ERR_SOURCE_ROW',
      1,
    ],
    [
      'a correction without reason',
      { text: '2.1.0.0/16,FR,2027-01-01,', kind: 'corrections' },
      'ERR_SOURCE_ROW',
      1,
    ],
    [
      'a feed with a country there is none of',
      { text: '2.1.0.0/16,UK,,,', kind: 'geofeed' },
      'ERR_SOURCE_ROW',
      1,
    ],
    ['a feed with no prefix', { text: 'Paris,FR', kind: 'geofeed' }, 'ERR_SOURCE_ROW', 1],
    [
      'rows that contradict each other',
      { text: '2.1.0.0/16,FR\n2.1.0.0/16,ES' },
      'ERR_SOURCE_OVERLAP',
      2,
    ],
    ['anonymisers that are none', { text: '# empty', kind: 'anonymisers' }, 'ERR_SOURCE_EMPTY'],
    [
      'a database in which nobody is one',
      { text: database, kind: 'anonymisers', fields: ['is_satellite' as never] },
      'ERR_ARGUMENT',
    ],
    ['an empty file', { text: '' }, 'ERR_SOURCE_EMPTY'],
    ['a database of places', { text: database }, 'ERR_SOURCE_FORMAT'],
    [
      'another file than was meant',
      { text: '2.1.0.0/16,FR', sha256: '0'.repeat(64) },
      'ERR_SOURCE_CHECKSUM',
    ],
    [
      'a kind there is none of',
      { text: '2.1.0.0/16,FR', kind: 'rumours' as never },
      'ERR_ARGUMENT',
    ],
  ])('are refused: %s', async (_, overlay, code, line) => {
    const error = await laid([overlay]).catch(caught => caught);
    expect(error).toMatchObject({ name: 'PortabilityError', code, ...(line && { line }) });
    if (code !== 'ERR_ARGUMENT') expect(error.file).toBe(2);
  });
});
