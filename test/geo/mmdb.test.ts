import { readFileSync } from 'node:fs';
import { open } from 'maxmind';
import { describe, expect, it } from 'vitest';
import { compileZoneTable } from '../../src/entry/tables.ts';
import { loadZoneTable, type ZoneTable, zoneOfTerritory } from '../../src/index.ts';
import { isSpecial, networkOf, textOf, unwrapped } from '../oracle/networks.ts';
import { corpus, hasCorpora, readCorpus } from '../support/corpora.ts';
import {
  ipv4Bits,
  ipv6Bits,
  type MmdbOptions,
  type Network,
  type Value,
  writeMmdb,
} from '../support/mmdb-writer.ts';
import { fileOf } from '../support/tables.ts';

const country = (code: string): Value => ({
  country: { iso_code: code, names: { en: 'somewhere' } },
  registered_country: { iso_code: 'US' },
});

const NETWORKS: readonly Network[] = [
  { bits: ipv4Bits('2.0.0.0/8'), record: country('FR') },
  { bits: ipv4Bits('2.16.0.0/12'), record: country('ES') },
  { bits: ipv4Bits('2.16.7.0/24'), record: country('GB') },
  { bits: ipv4Bits('2.16.7.128/32'), record: country('FR') },
  {
    bits: ipv4Bits('3.0.0.0/8'),
    record: { registered_country: { iso_code: 'FR' }, represented_country: { iso_code: 'FR' } },
  },
  { bits: ipv6Bits('2a01:cb00:0:0:0:0:0:0/32'), record: country('FR') },
  { bits: ipv6Bits('2a01:cb00:1:0:0:0:0:0/48'), record: country('DE') },
  { bits: ipv6Bits('2a01:cb00:2:3:4:5:6:7/128'), record: country('US') },
];

const WANTED: readonly (readonly [address: string, zone: string, known: string])[] = [
  ['1.255.255.255', 'unknown', 'unlisted'],
  ['2.0.0.0', 'home', 'listed'],
  ['2.15.255.255', 'home', 'listed'],
  ['2.16.0.0', 'eea', 'listed'],
  ['2.16.7.0', 'outside', 'listed'],
  ['2.16.7.127', 'outside', 'listed'],
  ['2.16.7.128', 'home', 'listed'],
  ['2.16.7.129', 'outside', 'listed'],
  ['2.16.8.0', 'eea', 'listed'],
  ['2.255.255.255', 'home', 'listed'],
  ['3.0.0.0', 'unknown', 'unlisted'],
  ['::ffff:2.16.7.128', 'home', 'listed'],
  ['2a01:cb00::', 'home', 'listed'],
  ['2a01:cb00:1::', 'eea', 'listed'],
  ['2a01:cb00:1:ffff:ffff:ffff:ffff:ffff', 'eea', 'listed'],
  ['2a01:cb00:2::', 'home', 'listed'],
  ['2a01:cb00:2:3:4:5:6:6', 'home', 'listed'],
  ['2a01:cb00:2:3:4:5:6:7', 'outside', 'listed'],
  ['2a01:cb00:2:3:4:5:6:8', 'home', 'listed'],
  ['2a01:cb01::', 'unknown', 'unlisted'],
  ['2002:0210::1', 'unknown', 'special-purpose'],
  ['2001:0:0210::1', 'unknown', 'special-purpose'],
];

const tableOfFile = (networks: readonly Network[], options: MmdbOptions = {}): Promise<ZoneTable> =>
  loadZoneTable(writeMmdb(networks, options));

describe('MMDB files', () => {
  for (const recordSize of [24, 28, 32] as const) {
    for (const aliases of [false, true]) {
      it(`are read with records of ${recordSize} bits${aliases ? ' and aliases' : ''}`, async () => {
        const table = await tableOfFile(NETWORKS, { recordSize, aliases });
        for (const [address, zone, known] of WANTED) {
          expect([address, table.locate(address).zone, table.locate(address).known]).toEqual([
            address,
            zone,
            known,
          ]);
        }
      });
    }
  }

  it('agree with the reference reader on the same file', async () => {
    const bytes = writeMmdb(NETWORKS, { recordSize: 28, aliases: true });
    const table = await loadZoneTable(bytes);
    const reference = await open<never>(fileOf(bytes, 'a.mmdb'));
    for (const [address] of WANTED.filter(row => row[2] !== 'special-purpose')) {
      const record = reference.get(address) as { country?: { iso_code: string } } | null;
      expect([address, table.locate(address).zone]).toEqual([
        address,
        zoneOfTerritory(record?.country?.iso_code ?? ''),
      ]);
    }
  });

  it.each<[string, Value, string]>([
    ['country.iso_code', { country: { geoname_id: 1, iso_code: 'FR' } }, 'home'],
    ['country_code', { country_code: 'ES', country: 'Spain' }, 'eea'],
    ['a plain country', { continent: 'EU', country: 'FR', country_name: 'France' }, 'home'],
    [
      'country.iso_code before country_code',
      { country_code: 'US', country: { iso_code: 'FR' } },
      'home',
    ],
    ['registered_country alone', { registered_country: { iso_code: 'FR' } }, 'unknown'],
    ['represented_country alone', { represented_country: { iso_code: 'FR' } }, 'unknown'],
    ['no country at all', { traits: { is_anycast: true } }, 'unknown'],
    ['a code that is a number', { country: { iso_code: 7 } }, 'unknown'],
    ['a code in lower case', { country: { iso_code: 'fr' } }, 'unknown'],
    ['a value that is not a map', 'FR', 'unknown'],
    [
      'values of every type before the country',
      { a: [1, [true, { b: 'c' }]], z: 2 ** 40, country: { iso_code: 'FR' } },
      'home',
    ],
    ['a long text before the country', { a: 'x'.repeat(700), country: { iso_code: 'FR' } }, 'home'],
  ])('take the country from %s', async (_, record, zone) => {
    const other = { bits: ipv4Bits('9.0.0.0/8'), record: { country: { iso_code: 'US' } } };
    const table = await tableOfFile([{ bits: ipv4Bits('2.0.0.0/8'), record }, other]);
    expect(table.locate('2.1.1.1').zone).toBe(zone);
    expect(table.locate('9.1.1.1').zone).toBe('outside');
  });

  it('of IPv4 only answer nothing for IPv6, not another network’s record', async () => {
    const networks = [
      { bits: ipv4Bits('0.0.0.0/1', 4), record: country('FR') },
      { bits: ipv4Bits('128.0.0.0/1', 4), record: country('ES') },
    ];
    const table = await tableOfFile(networks, { version: 4 });
    expect(table.locate('2.1.1.1').zone).toBe('home');
    expect(table.locate('193.1.1.1').zone).toBe('eea');
    for (const address of ['2a01:cb00::1', '2001:4860::1', '3000::']) {
      expect(table.locate(address)).toMatchObject({ zone: 'unknown', known: 'unlisted' });
    }
  });

  it('whose IPv6 tree ends above IPv4 answer with that record for all of IPv4, as the reference reader does', async () => {
    const bytes = writeMmdb([{ bits: '0'.repeat(64), record: country('FR') }]);
    const reference = await open<never>(fileOf(bytes, 'b.mmdb'));
    expect(reference.get('1.1.1.1')).toMatchObject({ country: { iso_code: 'FR' } });
    expect((await loadZoneTable(bytes)).locate('1.1.1.1').zone).toBe('home');
  });

  it('give their build date to the edition', async () => {
    const table = await tableOfFile(NETWORKS, { epoch: Date.UTC(2026, 1, 3) / 1000 });
    expect(table.edition.sources[0]).toMatchObject({ built: '2026-02-03', name: 'memory' });
    expect(table.edition.id).toMatch(/^2026-02-03-[0-9a-f]{12}$/);
  });
});

describe('damaged MMDB files', () => {
  const good = writeMmdb(NETWORKS);
  const patched = (at: number, ...bytes: number[]): Buffer => {
    const copy = Buffer.from(good);
    copy.set(bytes, at);
    return copy;
  };
  const marker = good.lastIndexOf('MaxMind.com') - 3;

  it.each<[string, Uint8Array, string]>([
    ['empty', Buffer.alloc(0), 'ERR_SOURCE_EMPTY'],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0]), 'ERR_SOURCE_GZIP'],
    ['cut before the metadata', good.subarray(0, marker), 'ERR_SOURCE_FORMAT'],
    ['cut inside the metadata', good.subarray(0, good.length - 10), 'ERR_SOURCE_METADATA'],
    ['metadata only', good.subarray(marker), 'ERR_SOURCE_TRUNCATED'],
    ['no nodes', writeMmdb(NETWORKS, { metadata: { node_count: 0 } }), 'ERR_SOURCE_METADATA'],
    [
      'an invalid record size',
      writeMmdb(NETWORKS, { metadata: { record_size: 30 } }),
      'ERR_SOURCE_METADATA',
    ],
    [
      'an invalid version',
      writeMmdb(NETWORKS, { metadata: { ip_version: 5 } }),
      'ERR_SOURCE_METADATA',
    ],
    [
      'a node count beyond the file',
      writeMmdb(NETWORKS, { metadata: { node_count: 1e6 } }),
      'ERR_SOURCE_TRUNCATED',
    ],
    [
      'a build date out of range',
      writeMmdb(NETWORKS, { metadata: { build_epoch: 2 ** 47 } }),
      'ERR_SOURCE_METADATA',
    ],
    [
      'a build date that is text',
      writeMmdb(NETWORKS, { metadata: { build_epoch: 'soon' } }),
      'ERR_SOURCE_METADATA',
    ],
    ['a tree that loops', patched(0, 0, 0, 0, 0, 0, 0), 'ERR_SOURCE_TREE'],
    ['a record that points past the data', patched(0, 0xff, 0xff, 0xff), 'ERR_SOURCE_TREE'],
    [
      'data that cannot be read as values',
      patched(marker - 6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
      'ERR_SOURCE_DATA',
    ],
  ])('are refused: %s (%3$s)', async (_, bytes, code) => {
    await expect(loadZoneTable(bytes)).rejects.toMatchObject({ name: 'PortabilityError', code });
  });

  it('are refused with a byte offset inside the file', async () => {
    const error = await loadZoneTable(patched(0, 0, 0, 0, 0, 0, 0)).catch(caught => caught);
    expect(error.offset).toBe(0);
  });

  it('are refused by their checksum where one is given', async () => {
    const path = fileOf(patched(marker - 1, 1));
    const sources = [{ path, sha256: '0'.repeat(64) }];
    await expect(compileZoneTable({ sources })).rejects.toMatchObject({
      code: 'ERR_SOURCE_CHECKSUM',
    });
  });
});

describe.skipIf(!hasCorpora)('MaxMind’s own test files', () => {
  type Json = readonly Readonly<
    Record<string, { readonly country?: { readonly iso_code?: string } }>
  >[];

  /** Keys such as `::2.125.160.216/125` are IPv4 networks in the notation of the tree. */
  const prefixOf = (key: string): string =>
    key.replace(
      /^::(\d+\.\d+\.\d+\.\d+)\/(\d+)$/,
      (_, host: string, length: string) => `${host}/${Number(length) - 96}`,
    );

  it.each(['GeoIP2-Country-Test', 'GeoLite2-Country-Test'])(
    '%s: every network has the zone of its country',
    async name => {
      const table = await loadZoneTable(corpus(`mmdb/test-data/${name}.mmdb`));
      const rows = readCorpus<Json>(`mmdb/test-data/${name}.json`).flatMap(row =>
        Object.entries(row),
      );
      expect(rows.length).toBeGreaterThan(200);
      let withoutCountry = 0;
      for (const [key, record] of rows) {
        const { version, first, last } = networkOf(prefixOf(key), '');
        const code = record.country?.iso_code;
        if (code === undefined) withoutCountry++;
        for (const value of [first, (first + last) / 2n, last]) {
          const text = textOf(version, value);
          const asked = unwrapped(version, value);
          const want = isSpecial(asked.version, asked.value)
            ? 'unknown'
            : zoneOfTerritory(code ?? '');
          expect([key, text, table.locate(text).zone]).toEqual([key, text, want]);
        }
      }
      expect(withoutCountry).toBeGreaterThan(0);
    },
  );

  it('are never read through their aliases for Teredo and 6to4', async () => {
    const path = corpus('mmdb/test-data/GeoIP2-Country-Test.mmdb');
    const table = await loadZoneTable(path);
    const reference = await open<never>(path);
    expect(reference.get('2001:0:5102:458e::1')).toMatchObject({ country: { iso_code: 'GB' } });
    expect(table.locate('2001:0:5102:458e::1').known).toBe('special-purpose');
    expect(table.locate('81.2.69.142').zone).toBe('outside');
  });

  it.each(['ipv4-24', 'ipv4-28', 'ipv4-32', 'mixed-24', 'mixed-28', 'mixed-32', 'no-ipv4'])(
    '%s has no country and is refused',
    async name => {
      const file =
        name === 'no-ipv4' ? 'MaxMind-DB-no-ipv4-search-tree' : `MaxMind-DB-test-${name}`;
      await expect(loadZoneTable(corpus(`mmdb/test-data/${file}.mmdb`))).rejects.toMatchObject({
        code: 'ERR_SOURCE_EMPTY',
      });
    },
  );

  it('give the same table from bytes and from a path', async () => {
    const path = corpus('mmdb/test-data/GeoIP2-Country-Test.mmdb');
    const one = await loadZoneTable(path);
    const other = await loadZoneTable(readFileSync(path));
    expect(one.edition.id).toBe(other.edition.id);
  });
});
