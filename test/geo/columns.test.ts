/** The files of others, as sources and overlays of a table: header rows, ranges, locations files. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Overlay, OverlayKind, Source } from '../../src/entry/tables.ts';
import { loadSource } from '../../src/geo/source.ts';
import type { Location, PortabilityError, ZoneTable } from '../../src/index.ts';
import { compiledHere, fileOf, inFolder } from '../support/tables.ts';

const built = '2026-11-01';
const sourceOf = (text: string | Buffer, more: Partial<Source> = {}): Source => ({
  path: fileOf(text, 'source.csv'),
  built,
  ...more,
});
const tableOf = (text: string | Buffer, more?: Partial<Source>): Promise<ZoneTable> =>
  compiledHere({ sources: [sourceOf(text, more)] });

const zonesOf = (table: ZoneTable, addresses: readonly string[]): string =>
  addresses.map(address => table.locate(address).zone).join(' ');

const GROUND = '2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB\n2a01:cb00::/32,FR';
const overlaid = (text: string | Buffer, kind: OverlayKind, more: Partial<Overlay> = {}) =>
  compiledHere({
    sources: [sourceOf(GROUND)],
    overlays: [{ path: fileOf(text, 'overlay.csv'), kind, ...more }],
  });

/** Code, line and column of a refusal. */
const failureOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    ({ code, line, column }: PortabilityError) => `${code} ${line ?? '-'}:${column ?? '-'}`,
  );

describe('sources with a header row', () => {
  const ADDRESSES = ['2.0.0.0', '2.0.0.255', '2.0.1.0', '3.0.0.1', '2a01::1'];
  it.each([
    ['a prefix and a place', 'prefix,place\n2.0.0.0/24,FR\n3.0.0.0/24,ES\n2a01::/16,GB'],
    [
      'columns in another order',
      'country_code,network\nFR,2.0.0.0/24\nES,3.0.0.0/24\nGB,2a01::/16',
    ],
    [
      'ranges',
      'start_ip,end_ip,country\n2.0.0.0,2.0.0.255,FR\n3.0.0.0,3.0.0.255,ES\n2a01::,2a01:ffff::,GB',
    ],
    [
      'integers, as IP2Location has them',
      '"ip_from","ip_to","country_code","country_name"\n"33554432","33554687","FR","France"\n"50331648","50331903","ES","Spain"\n"55832768119825001489588427028103692288","55832769387475601717817828524806897664","GB","United Kingdom"',
    ],
    [
      'IPinfo’s names and codes',
      'network,country,country_code,continent,continent_code,asn,as_name,as_domain\n2.0.0.0/24,France,FR,Europe,EU,AS1,"A, Inc.",a.example\n3.0.0.0/24,Spain,ES,Europe,EU,,,\n2a01::/16,United Kingdom,GB,Europe,EU,,,',
    ],
    [
      'IPinfo’s ranges',
      'start_ip,end_ip,country,country_name,continent\n2.0.0.0,2.0.0.255,FR,France,EU\n3.0.0.0,3.0.0.255,ES,Spain,EU\n2a01::,2a01:ffff::,GB,United Kingdom,EU',
    ],
    [
      'semicolons, French names and Windows line ends',
      'Début;Fin;Code pays;Motif\r\n2.0.0.0;2.0.0.255;FR;\r\n3.0.0.0;3.0.0.255;ES;\r\n2a01::;2a01:ffff::;GB;\r\n;;;\r\n',
    ],
    [
      'the header of a second file',
      'network,country\n2.0.0.0/24,FR\n3.0.0.0/24,ES\nnetwork,country\n2a01::/16,GB',
    ],
    [
      'an address and the end of its range',
      'ip,end_ip,cc\n2.0.0.0,2.0.0.255,FR\n3.0.0.0,3.0.0.255,ES\n2a01::,2a01:ffff::,GB',
    ],
    [
      'names with characters of addresses',
      'IP/prefix,région.nom,country\n2.0.0.0/24,DE,FR\n3.0.0.0/24,FR,ES\n2a01::/16,FR,GB',
    ],
    [
      'names of no Latin letters',
      'network,国,都市,country\n2.0.0.0/24,,,FR\n3.0.0.0/24,,,ES\n2a01::/16,,,GB',
    ],
    ['single ranges', 'ip_range,cc\n2.0.0.0-2.0.0.255,FR\n3.0.0.0 - 3.0.0.255,ES\n2a01::/16,GB'],
  ])('are read: %s', async (_, text) => {
    expect(zonesOf(await tableOf(text), ADDRESSES)).toBe('home home unknown eea outside');
  });

  it.each([
    ['no column of addresses', 'netblock,country\n2.0.0.0/24,FR', '1:-'],
    ['no column of countries', 'network,asn\n2.0.0.0/24,3215', '1:-'],
    ['no end of its ranges', 'start_ip,country\n2.0.0.0,FR', '1:-'],
    ['a column twice', 'network,country,country\n2.0.0.0/24,FR,ES', '1:3'],
    ['names in its only column of countries', 'network,country\n2.0.0.0/24,France', '2:2'],
    ['alpha-3 codes in it', 'network,pays\n2.0.0.0/24,FRA', '2:2'],
    ['ids without their locations file', 'network,geoname_id\n2.0.0.0/24,3017382', '1:2'],
    ['a row that is longer', 'network,country\n2.0.0.0/24,FR,ES', '2:3'],
    ['a row that lacks the country', 'network,country\n2.0.0.0/24', '2:2'],
    ['a row that lacks the end', 'country,start_ip,end_ip\nFR,2.0.0.0', '2:2'],
    ['a row without an address', 'network,country\n,FR', '2:1'],
    ['a row that lacks the address', 'country,network\nFR', '2:2'],
    ['a reversed range', 'start_ip,end_ip,country\n2.0.0.9,2.0.0.1,FR', '2:1'],
    ['a prefix and a range', 'network,start_ip,end_ip,cc\n2.0.0.0/8,2.0.0.0,2.0.0.9,FR', '1:3'],
    ['an address and a length', 'ip,prefix_length,country\n2.0.0.0/24,24,FR', '1:2'],
    ['an address and a mask', 'country,ip,mask\nFR,2.0.0.0,255.0.0.0', '1:3'],
    ['an end alone', 'end_ip,country\n2.0.0.0,FR', '1:-'],
    ['an empty first row', ',FR\n2.0.0.0/24,FR', '1:1'],
  ])('are refused with line and column: %s', async (_, text, where) => {
    expect(await failureOf(tableOf(text))).toBe(`ERR_SOURCE_ROW ${where}`);
  });

  it('may have an empty or a dashed country, which is no answer, and empty fields at the end', async () => {
    const table = await tableOf('network,country\n2.0.0.0/24,\n3.0.0.0/24,-\n4.0.0.0/24,FR,,\n');
    expect(zonesOf(table, ['2.0.0.1', '3.0.0.1', '4.0.0.1'])).toBe('unknown unknown home');
    expect(table.edition.sources[0]).not.toHaveProperty('findings');
  });
});

describe('sources without a header row', () => {
  it('may have empty fields at the end, which Excel writes', async () => {
    expect(zonesOf(await tableOf('2.0.0.0/24,FR,,\n'), ['2.0.0.1'])).toBe('home');
  });

  it('are read by loadSource as by a compilation, with their locations file', async () => {
    const locations = fileOf('geoname_id,country_iso_code\n1,FR\n');
    const source = sourceOf('network,geoname_id\n2.0.0.0/24,1\n', { locations });
    expect((await loadSource(source)).countries).toEqual(['', 'FR']);
  });

  it('are read as IP2Location and DB-IP write them', async () => {
    const ip2location = await tableOf(
      '"0","16777215","-","-"\n"33554432","33554687","FR","France"\n"50331648","50331903","ES","Spain"\n',
    );
    expect(zonesOf(ip2location, ['1.0.0.1', '2.0.0.1', '3.0.0.1'])).toBe('unknown home eea');
    const dbip = await tableOf('2.0.0.0,2.0.0.255,FR\n2a01::,2a01:ffff::,ES\n');
    expect(zonesOf(dbip, ['2.0.0.1', '2a01::1'])).toBe('home eea');
  });

  it.each([
    ['DB-IP’s cities', '2.0.0.0,2.0.0.255,EU,FR,Paris,Paris,48.8,2.3', '1:4'],
    ['integers and two codes', '33554432,33554687,EU,FR', '1:4'],
    ['a number after an address', '2.0.0.7,3215,Orange', '1:2'],
    ['an address after a number', '33554432,2.0.0.7,FR', '1:2'],
    ['another separator', '2.0.0.0/8|FR', '1:-'],
    ['a number after a prefix', '2.0.0.0/24,3215', '1:2'],
    ['one digit after a prefix', '2.0.0.0/24,1', '1:2'],
    ['a prefix after an address', '2.0.0.0,2.1.0.0/16,FR', '1:1'],
    ['two families', '2.0.0.0,2a01::,FR', '1:1'],
    ['a hyphen and a second end', '2.0.0.0-2.0.0.9,2.0.0.12,FR', '1:2'],
    ['a reversed hyphen', '2.0.0.9-2.0.0.0,FR', '1:1'],
    ['a netmask', '2.1.0.0,255.255.0.0,FR', '1:1'],
    ['a range of all addresses', '0.0.0.0,255.255.255.255,FR', '1:1'],
  ])('are refused: %s', async (_, text, where) => {
    expect(await failureOf(tableOf(text))).toBe(`ERR_SOURCE_ROW ${where}`);
  });

  it('may end where multicast and class E end', async () => {
    const rows = '2.0.0.0,2.0.0.255,FR\n3.0.0.0,223.255.255.255,ES\n224.0.0.0,255.255.255.255,ES\n';
    expect(zonesOf(await tableOf(rows), ['2.0.0.1', '3.0.0.1'])).toBe('home eea');
    const integers = await tableOf('33554432,33554687,FR\n50331648,4294967295,ES\n');
    expect(zonesOf(integers, ['3.0.0.1'])).toBe('eea');
  });

  it('report rows whose code is not that of a territory, with the codes and the first lines', async () => {
    const strange = ['5,fr', '6,EL', '7,UK', '8,EL', '9,XK', '10,ZZ', '11,-', '12,France', '13,fr'];
    const rows = strange.map(row => row.replace(',', '.0.0.0/8,'));
    const table = await tableOf(`2.0.0.0/8,FR\n${rows.join('\n')}\n`);
    expect(table.edition.sources[0]!.findings).toEqual([
      {
        problem: 'code',
        effect: 'unknown',
        count: 7,
        lines: [2, 3, 4, 5, 6],
        codes: ['fr', 'EL', 'UK', 'XK'],
      },
    ]);
    expect(zonesOf(table, ['2.0.0.1', '5.0.0.1', '7.0.0.1'])).toBe('home unknown unknown');
    const names = await tableOf('2.0.0.0/8,FR\n3.0.0.0/8,Spain\n');
    expect(names.edition.sources[0]!.findings![0]).not.toHaveProperty('codes');
  });
});

describe('MaxMind’s CSV', () => {
  const HEADER =
    'network,geoname_id,registered_country_geoname_id,represented_country_geoname_id,is_anonymous_proxy,is_satellite_provider,is_anycast';
  const BLOCKS = `${HEADER}\n2.0.0.0/24,3017382,2635167,,0,0,\n3.0.0.0/24,2510769,,,0,0,\n4.0.0.0/24,,3017382,,0,0,\n5.0.0.0/24,6255148,3017382,,0,0,\n`;
  const LOCATIONS =
    'geoname_id,locale_code,continent_code,continent_name,country_iso_code,country_name,is_in_european_union\n3017382,en,EU,Europe,FR,France,1\n2510769,en,EU,Europe,ES,Spain,1\n6255148,en,EU,Europe,,,0\n';
  let folders = 0;
  const download = (blocks: string, locations?: string): string => {
    const folder = inFolder(`maxmind-${++folders}`);
    mkdirSync(folder);
    const path = join(folder, 'GeoLite2-Country-Blocks-IPv4.csv');
    writeFileSync(path, blocks);
    if (locations !== undefined)
      writeFileSync(join(folder, 'GeoLite2-Country-Locations-en.csv'), locations);
    return path;
  };
  const compiled = (path: string, more: Partial<Source> = {}) =>
    compiledHere({ sources: [{ path, built, ...more }] });

  it('is read with the locations file next to it: geoname_id alone decides', async () => {
    const table = await compiled(download(BLOCKS, LOCATIONS));
    expect(zonesOf(table, ['2.0.0.1', '3.0.0.1', '4.0.0.1', '5.0.0.1'])).toBe(
      'home eea unknown unknown',
    );
    const [{ sha256, locationsSha256 }] = table.edition.sources as [
      Required<ZoneTable['edition']['sources'][number]>,
    ];
    expect(locationsSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(locationsSha256).not.toBe(sha256);
  });

  it('is read with a given locations file, for both families in one file', async () => {
    const both = `${BLOCKS}${HEADER}\n2a01::/16,2510769,,,0,0,\n`;
    const table = await tableOf(both, { locations: fileOf(LOCATIONS, 'locations.csv') });
    expect(zonesOf(table, ['2.0.0.1', '2a01::1'])).toBe('home eea');
  });

  it('is refused without its locations file, with another edition of it, or with another file', async () => {
    expect(await failureOf(compiled(download(BLOCKS)))).toBe('ERR_SOURCE_ROW 1:2');
    const older = LOCATIONS.replace('2510769', '1');
    expect(await failureOf(compiled(download(BLOCKS, older)))).toBe('ERR_SOURCE_ROW 3:2');
    const path = download(BLOCKS, 'id,name\n1,France');
    const wrong = await compiled(path).catch((error: PortabilityError) => error);
    expect(wrong).toMatchObject({
      code: 'ERR_SOURCE_ROW',
      line: 1,
      file: 1,
      path: path.replace('Blocks-IPv4', 'Locations-en'),
    });
    expect(await failureOf(compiled(download(BLOCKS, `${LOCATIONS}\n"x`)))).toBe(
      'ERR_SOURCE_ROW 6:1',
    );
    const locations = '/nowhere/locations.csv';
    expect(await compiled(download(BLOCKS), { locations }).catch(error => error)).toMatchObject({
      code: 'ERR_SOURCE_OPEN',
      path: locations,
    });
    const folder = download(BLOCKS);
    mkdirSync(folder.replace('Blocks-IPv4', 'Locations-en'));
    expect(await failureOf(compiled(folder))).toBe('ERR_SOURCE_OPEN -:-');
  });

  it('is refused with a locations file that is empty, packed, not text, or contradicts itself', async () => {
    const withFile = (locations: string | Buffer) =>
      failureOf(tableOf(BLOCKS, { locations: fileOf(locations, 'locations.csv') }));
    expect(await withFile('')).toBe('ERR_SOURCE_EMPTY -:-');
    expect(await withFile(Buffer.from([0x1f, 0x8b, 8]))).toBe('ERR_SOURCE_GZIP -:-');
    expect(await withFile('<!doctype html>')).toBe('ERR_SOURCE_FORMAT -:-');
    expect(await withFile('geoname_id,country_iso_code\n1,F\0R\n')).toBe('ERR_SOURCE_FORMAT -:-');
    expect(await withFile(`${LOCATIONS}2510769,en,EU,Europe,FR,France,1\n`)).toBe(
      'ERR_SOURCE_ROW 5:5',
    );
    const repeated = `${LOCATIONS}2510769,es,EU,Europa,ES,España,1\n`;
    expect(await withFile(repeated)).toBe('accepted');
  });

  it('is not looked for next to an overlay', async () => {
    const path = download('network,place\n2.1.0.0/16,ES\n');
    mkdirSync(path.replace('Blocks-IPv4', 'Locations-en'));
    const table = await compiledHere({ sources: [sourceOf(GROUND)], overlays: [{ path }] });
    expect(zonesOf(table, ['2.1.0.1'])).toBe('eea');
  });

  it('reads locations whose row ends early as no country, and refuses a row without an id', async () => {
    const reordered = 'country_iso_code,geoname_id\nFR,3017382\nES,2510769\n,6255148\n';
    expect(zonesOf(await compiled(download(BLOCKS, reordered)), ['3.0.0.1'])).toBe('eea');
    const early = 'geoname_id,country_iso_code\n3017382,FR\n2510769\n6255148\n';
    expect(zonesOf(await compiled(download(BLOCKS, early)), ['3.0.0.1'])).toBe('unknown');
    expect(await failureOf(compiled(download(BLOCKS, `${reordered}GB\n`)))).toBe(
      'ERR_SOURCE_ROW 5:2',
    );
  });
});

const flags = ({ zone, anonymised }: Location): string =>
  `${zone}${anonymised ? ' anonymised' : ''}`;

describe('a row that begins with a range is a range in every kind of overlay', () => {
  const RANGES = [
    ['two fields', '2.1.0.0,2.1.3.255'],
    ['integers', '33619968,33620991'],
    ['a hyphen', '2.1.0.0-2.1.3.255'],
    ['a hyphen between spaces', '2.1.0.0 - 2.1.3.255'],
    ['quotes', '"2.1.0.0","2.1.3.255"'],
  ] as const;
  const KINDS: readonly (readonly [OverlayKind, string, string])[] = [
    ['places', ',ES', 'eea'],
    ['geofeed', ',es,ES-MD,Madrid,', 'eea'],
    ['corrections', ',ES,2099-12-31,ticket 7', 'eea'],
    ['anonymisers', '', 'home anonymised'],
    ['anonymisers', ',Some Hoster', 'home anonymised'],
  ];
  it.each(
    KINDS.flatMap(([kind, rest, want]) =>
      RANGES.map(([how, range]) => [kind, how, range + rest, want]),
    ),
  )('%s with %s: %s', async (kind, _, row, want) => {
    const table = await overlaid(row, kind as OverlayKind);
    const answers = ['2.0.255.255', '2.1.0.0', '2.1.3.255', '2.1.4.0'].map(address =>
      flags(table.locate(address)),
    );
    expect(answers).toEqual(['home', want, want, 'home']);
  });

  it('relays: the whole range loses the flag', async () => {
    const table = await compiledHere({
      sources: [sourceOf(GROUND)],
      overlays: [
        { path: fileOf('2.0.0.0/8'), kind: 'anonymisers' },
        { path: fileOf('2.1.0.0,2.1.3.255,Some Hoster'), kind: 'relays' },
      ],
    });
    expect(['2.1.0.1', '2.1.3.255', '2.1.4.0'].map(a => table.locate(a).anonymised)).toEqual([
      false,
      false,
      true,
    ]);
  });

  it.each<[OverlayKind, string, string, string]>([
    ['relays', 'a reversed range', '2.1.3.255,2.1.0.0,Some Hoster', '1:1'],
    ['relays', 'two families', '2.1.0.0,2a01::,Some Hoster', '1:1'],
    ['relays', 'a prefix and an address', '2.1.0.0/16,2.1.3.255', '1:2'],
    ['relays', 'a sloppy address', '2.1.0.0,2.1.3.0255', '1:1'],
    ['relays', 'a sloppy IPv6 address', '2a01::,2a01::/', '1:1'],
    ['anonymisers', 'a prefix and a number', '2.1.0.0/16,3215', '1:2'],
    ['anonymisers', 'a later address', '2.1.0.0/16,Some Hoster,2.1.3.255', '1:3'],
    ['anonymisers', 'a later prefix', '2.1.0.0/16,Some Hoster,2.2.0.0/16', '1:3'],
    ['anonymisers', 'a boolean', '2.1.0.0/16,false', '1:2'],
    ['anonymisers', 'a later day', '2.1.0.0/16,Some Hoster,2026-12-31', '1:3'],
    ['anonymisers', 'a length of its own', '2.1.0.0,/16,Hoster', '1:2'],
    ['anonymisers', 'an end before another separator', '2.1.0.0,2.1.3.255;Some Hoster', '1:2'],
    ['relays', 'an end and more in one field', '2.1.0.0,2.1.3.255 (a)', '1:2'],
    ['relays', 'an address inside a label', '2.1.0.0/16,seen [2a01::7]', '1:2'],
    ['anonymisers', 'a netmask', '2.1.0.0,255.255.0.0', '1:1'],
    ['relays', 'a French boolean', '2.1.0.0/16;FAUX', '1:2'],
    ['relays', 'one letter', '2.1.0.0/16,Some Hoster,f', '1:3'],
    ['relays', 'no in lower case', '2.1.0.0/16,no', '1:2'],
    ['relays', 'a French day', '2.1.0.0/16;Some Hoster;31/12/2020', '1:3'],
    ['relays', 'a short day', '2.1.0.0/16,1.2.20', '1:2'],
    ['relays', 'a timestamp', '2.1.0.0/16,2020-12-31T10:00:00Z', '1:2'],
    ['relays', 'a compact timestamp', '2.1.0.0/16,Hoster,20201231T100000Z', '1:3'],
    ['relays', 'the name of a month', '2.1.0.0/16,until 31 déc. 2020', '1:2'],
    ['relays', 'an American day', '2.1.0.0/16,"Dec 31, 2020"', '1:2'],
    ['places', 'a fourth field', '2.1.0.0,2.1.0.9,ES,2026-12-31', '1:4'],
    ['places', 'no place', '2.1.0.0/16', '1:2'],
    ['corrections', 'no place', '2.1.0.0/16', '1:2'],
    ['corrections', 'a single address', '2.1.0.0,ES,2099-12-31,x', '1:1'],
  ])('%s are refused with %s', async (kind, _, row, where) => {
    expect(await failureOf(overlaid(row, kind))).toBe(`ERR_SOURCE_ROW ${where}`);
  });

  it('labels, comments and later numbers of bare lists are no meaning', async () => {
    const rows = '2.1.0.0/16,Some Hoster #1,3215\n2.2.0.7 # seen\n2.3.0.0/16\n';
    const table = await overlaid(rows, 'anonymisers');
    expect(
      ['2.1.0.1', '2.2.0.7', '2.2.0.8', '2.3.0.1'].map(a => table.locate(a).anonymised),
    ).toEqual([true, true, false, true]);
    const norway = '2.1.0.0/16,NO,NO-03,Oslo,\n2.2.0.7,Level 3 (EU-2): b.example,65000,\n';
    const egress = await overlaid(norway, 'anonymisers');
    expect(['2.1.0.1', '2.2.0.7'].map(a => egress.locate(a).anonymised)).toEqual([true, true]);
    const drop = await overlaid('2.1.0.0/16 ; SBL1\n2.2.0.0/16 ; SBL2\n', 'anonymisers');
    expect(drop.locate('2.2.0.1').anonymised).toBe(true);
  });
});

describe('overlays with a header row', () => {
  it('of places and corrections name their columns', async () => {
    const places = await overlaid('Lieu;Préfixe\nES;2.1.0.0/16\nunknown;2.2.0.0/16', 'places');
    expect(zonesOf(places, ['2.1.0.1', '2.2.0.1', '2.3.0.1'])).toBe('eea unknown home');
    const text =
      'reason,last_day,place,start_ip,end_ip\n"moved, says the carrier",2099-12-31,ES,2.1.0.0,2.1.0.255\nover,1969-12-31,GB,2.2.0.0,2.2.0.255\n';
    const corrections = await overlaid(text, 'corrections');
    expect(zonesOf(corrections, ['2.1.0.1', '2.2.0.1'])).toBe('eea home');
    expect(corrections.edition.overlays).toMatchObject([{ through: '2099-12-31', ended: 1 }]);
    const last = 'prefix,place,last_day,reason\n2.1.0.0/16,ES,2099-12-31,moved, says the carrier\n';
    expect(zonesOf(await overlaid(last, 'corrections'), ['2.1.0.1'])).toBe('eea');
  });

  it('of corrections in the Latin-1 of Excel are read; days in another form are refused with their column', async () => {
    const rows = 'Préfixe;Lieu;Dernier jour;Motif\r\n2.1.0.0/16;ES;2099-12-31;déménagé\r\n;;;\r\n';
    const table = await overlaid(Buffer.from(rows, 'latin1'), 'corrections');
    expect(zonesOf(table, ['2.1.0.1'])).toBe('eea');
    for (const day of ['31/12/2026', '12/31/2026', '31.12.2026', '', '2026-02-30'])
      expect(await failureOf(overlaid(rows.replace('2099-12-31', day), 'corrections'))).toBe(
        'ERR_SOURCE_ROW 2:3',
      );
  });

  const MAXMIND =
    'network,is_anonymous,is_anonymous_vpn,is_hosting_provider,is_public_proxy,is_tor_exit_node,is_residential_proxy\n2.0.0.0/16,1,1,0,0,0,0\n2.1.0.0/16,1,0,1,0,0,0\n2.2.0.0/16,1,0,0,1,,0\n2.3.0.0/16,1,0,0,0,1,0\n2.4.0.0/16,1,0,0,0,0,1\n';
  const IPINFO =
    'start_ip,end_ip,join_key,hosting,proxy,tor,vpn,relay,service\n2.0.0.0,2.0.255.255,2.0.0.0,false,false,false,true,false,a\n2.1.0.0,2.1.255.255,2.1.0.0,true,false,false,false,false,\n2.2.0.0,2.2.255.255,2.2.0.0,,true,,,,\n2.3.0.0,2.3.255.255,2.3.0.0,false,false,TRUE,false,false,\n2.4.0.0,2.4.255.255,2.4.0.0,false,false,false,false,true,\n';
  it.each([
    ['MaxMind', MAXMIND],
    ['IPinfo', IPINFO],
  ])('of anonymisers count by their columns: %s', async (_, text) => {
    const anonymised = (table: ZoneTable): boolean[] =>
      [0, 1, 2, 3, 4].map(n => table.locate(`2.${n}.0.1`).anonymised);
    expect(anonymised(await overlaid(text, 'anonymisers'))).toEqual([
      true,
      false,
      true,
      true,
      false,
    ]);
    const hosting = await overlaid(text, 'anonymisers', { fields: ['is_hosting_provider'] });
    expect(anonymised(hosting)).toEqual([false, true, false, false, false]);
  });

  it.each<[OverlayKind, string, string, string]>([
    ['anonymisers', 'an invalid flag', 'network,is_vpn\n2.1.0.0/16,maybe', '2:2'],
    ['anonymisers', 'no flag that counts', 'network,hosting\n2.1.0.0/16,1', '1:-'],
    ['anonymisers', 'the sum of flags alone', 'network,is_anonymous\n2.1.0.0/16,0', '1:2'],
    ['anonymisers', 'an unknown condition', 'network,is_satellite\n2.1.0.0/16,0', '1:2'],
    ['anonymisers', 'a last day', 'network,expires\n2.1.0.0/16,2020-01-01', '1:2'],
    ['relays', 'a flag', 'network,is_vpn\n2.1.0.0/16,false', '1:2'],
    ['relays', 'a condition', 'network,active\n2.1.0.0/16,no', '1:2'],
    ['relays', 'a French condition', 'réseau;actif\n2.1.0.0/16;non', '1:2'],
    ['relays', 'a French end', 'réseau;date de fin\n2.1.0.0/16;hier', '1:2'],
    ['anonymisers', 'an expiry', 'network,expiry\n2.1.0.0/16,2020-01-01', '1:2'],
    ['places', 'a period', 'prefix,place,valid_from,valid_to\n2.1.0.0/16,ES,x,y', '1:3'],
    [
      'anonymisers',
      'a condition next to flags',
      'network,is_vpn,active,expires\n2.1.0.0/16,1,0,2020-01-01',
      '1:3',
    ],
    ['anonymisers', 'IP2Proxy’s types', 'ip,proxy_type,country_code\n2.1.0.7,VPN,FR', '1:2'],
    ['places', 'two places', 'prefix,place,lieu\n2.1.0.0/16,ES,FR', '1:3'],
    ['places', 'two codes', 'prefix,country_code,cc\n2.1.0.0/16,ES,FR', '1:3'],
    ['places', 'a last day', 'prefix,place,last_day\n2.1.0.0/16,ES,2020-01-01', '1:3'],
    ['places', 'no place', 'prefix,name\n2.1.0.0/16,ES', '1:-'],
    ['places', 'an unknown place', 'prefix,place\n2.1.0.0/16,UK', '2:2'],
    ['places', 'a long condition', `prefix,place,is_${'x'.repeat(60)}\n2.1.0.0/16,ES,0`, '1:3'],
    ['corrections', 'no day', 'prefix,place,reason\n2.1.0.0/16,ES,x', '1:-'],
    ['corrections', 'no reason', 'prefix,place,last_day\n2.1.0.0/16,ES,2099-01-01', '1:-'],
    [
      'corrections',
      'a condition',
      'prefix,place,until,reason,active\n2.1.0.0/16,ES,2099-01-01,x,0',
      '1:5',
    ],
  ])('of %s are refused with %s', async (kind, _, text, where) => {
    expect(await failureOf(overlaid(text, kind))).toBe(`ERR_SOURCE_ROW ${where}`);
  });

  it('of anonymisers are refused if a row ends before its flags, also at a tab', async () => {
    const early = 'network,is_vpn\n2.1.0.0/16\n2.2.0.0/16,yes\n';
    expect(await failureOf(overlaid(early, 'anonymisers'))).toBe('ERR_SOURCE_ROW 2:2');
    const tabs = 'sep=\t\nnetwork\tis_tor\tis_vpn\n2.1.0.0/16\t1\t \n2.2.0.0/16\t\t\n';
    const table = await overlaid(tabs, 'anonymisers');
    expect(['2.1.0.1', '2.2.0.1'].map(a => table.locate(a).anonymised)).toEqual([true, false]);
  });

  it('of anonymisers leave a narrower network without a flag out of a wider one', async () => {
    const rows = 'network,is_vpn\n2.0.0.0/8,1\n2.1.0.0/16,0\n';
    const table = await overlaid(rows, 'anonymisers');
    expect(['2.0.0.1', '2.1.0.1'].map(a => table.locate(a).anonymised)).toEqual([true, false]);
  });

  it('of places follow the place that the operator wrote, whatever country is next to it', async () => {
    const rows = 'prefix,country_code,lieu\n4.1.0.0/16,FR,unknown\n2.1.0.0/16,FR,ES\n';
    expect(zonesOf(await overlaid(rows, 'places'), ['4.1.0.1', '2.1.0.1'])).toBe('unknown eea');
    const corrections =
      'prefix,country_code,place,until,reason\n4.1.0.0/16,FR,unknown,2099-12-31,x\n';
    expect(zonesOf(await overlaid(corrections, 'corrections'), ['4.1.0.1'])).toBe('unknown');
    const country = await overlaid('prefix,country\n2.1.0.0/16,ES\n', 'places');
    expect(zonesOf(country, ['2.1.0.1'])).toBe('eea');
  });

  it.each<OverlayKind>(['places', 'geofeed', 'anonymisers', 'relays'])(
    'or without one are refused without an entry: %s',
    async kind => {
      for (const text of ['prefix,country,is_vpn\n', '# nothing yet\n'])
        expect(
          await failureOf(
            overlaid(kind === 'anonymisers' ? text : text.replace(',is_vpn', ''), kind),
          ),
        ).toBe('ERR_SOURCE_EMPTY -:-');
    },
  );

  it('of corrections may be empty: they all end', async () => {
    const table = await overlaid('prefix,place,until,reason\n', 'corrections');
    expect(zonesOf(table, ['2.1.0.1'])).toBe('home');
  });

  it('of anonymisers of which no row counts are refused', async () => {
    expect(await failureOf(overlaid('network,is_vpn\n2.1.0.0/16,0', 'anonymisers'))).toBe(
      'ERR_SOURCE_EMPTY -:-',
    );
  });

  it('of relays may name other columns, such as a country', async () => {
    const table = await compiledHere({
      sources: [sourceOf(GROUND)],
      overlays: [
        { path: fileOf('2.0.0.0/8'), kind: 'anonymisers' },
        { path: fileOf('prefix,country\n2.1.0.0/16,FR\n2.2.0.7,'), kind: 'relays' },
      ],
    });
    expect(['2.1.0.1', '2.2.0.7', '2.2.0.8'].map(a => table.locate(a).anonymised)).toEqual([
      false,
      false,
      true,
    ]);
  });
});
