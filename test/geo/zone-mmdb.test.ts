/** Exported tables, read by `maxmind` and by a plain reader of the format. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileZoneTable, encodeMmdb } from '../../src/entry/tables.ts';
import { parseAddress } from '../../src/geo/address.ts';
import type { Intervals } from '../../src/geo/intervals.ts';
import { LOCATIONS } from '../../src/geo/location.ts';
import { SearchTreeBuilder } from '../../src/geo/search-tree.ts';
import { intervalsOf } from '../../src/geo/table-intervals.ts';
import { isZoneMmdb } from '../../src/geo/zone-mmdb.ts';
import { loadZoneTable, type ZoneTable } from '../../src/index.ts';
import { leavesOf, locationAt } from '../oracle/mmdb.ts';
import { textOf } from '../oracle/networks.ts';
import { bordersOf } from '../support/borders.ts';
import { createZoneTable, decodeBundle } from '../support/bundles.ts';
import { asText, compared, readerOf } from '../support/exported.ts';
import { ipv4Bits, writeMmdb } from '../support/mmdb-writer.ts';
import { compiledHere, fileOf } from '../support/tables.ts';

const BUNDLED = readFileSync(new URL('../../data/zones.bin', import.meta.url));

/** The descriptions that the metadata of a file hold, by language. */
const descriptionsOf = (file: Uint8Array): Readonly<Record<string, string>> =>
  readerOf(file).metadata.description as unknown as Record<string, string>;

/** Rows of a few networks of every length, so that they nest and touch. */
const prefix4 = fc
  .tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 1, max: 32 }))
  .map(([value, bits]) => {
    const network = (value & (0xffffffff << (32 - bits))) >>> 0;
    return `${textOf(4, BigInt(network))}/${bits}`;
  });
const prefix6 = fc
  .tuple(fc.bigInt({ min: 0n, max: 2n ** 125n - 1n }), fc.integer({ min: 4, max: 128 }))
  .map(([value, bits]) => {
    const host = 128n - BigInt(bits);
    return `${textOf(6, (((1n << 125n) | value) >> host) << host)}/${bits}`;
  });
const row = fc
  .tuple(fc.oneof(prefix4, prefix6), fc.constantFrom('FR', 'DE', 'US', 'MC', 'GP'))
  .map(columns => columns.join(','));
const rows = fc
  .uniqueArray(row, { minLength: 1, maxLength: 12, selector: line => line.split(',')[0] })
  .map(lines => `${lines.join('\n')}\n9.9.9.9/32,FR\n`);

async function randomTable(sources: readonly string[], anonymisers: string): Promise<ZoneTable> {
  return compiledHere({
    sources: sources.map(text => ({ path: fileOf(text, 'rows.csv'), built: '2026-06-01' })),
    overlays: [{ path: fileOf(anonymisers, 'list.csv'), kind: 'anonymisers' }],
    licence: { also: ['MC'], except: ['GP'] },
  });
}

/** Whether an address is in ::/96, where the format has IPv4. */
const isIPv4Compatible = (text: string): boolean => {
  const address = parseAddress(text);
  return address?.version === 6 && address.groups.slice(0, 6).every(group => group === 0);
};

/** The first or the last address of a leaf; below ::/96 it is an IPv4 address. */
const addressOf = (bits: string, end: '0' | '1'): string => {
  const value = BigInt(`0b${bits.padEnd(128, end)}`);
  return value >> 32n === 0n ? textOf(4, value) : textOf(6, value);
};

const ROWS = '2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB\n2a01:cb00::/32,FR\n';
const small = (name?: string): Promise<ZoneTable> =>
  compiledHere({ sources: [{ path: fileOf(ROWS), built: '2026-06-01', ...(name && { name }) }] });

describe('an exported table', () => {
  it('of the bundled data answers as the table at the ends of intervals', async () => {
    const table = await loadZoneTable(BUNDLED);
    const borders = [...bordersOf(decodeBundle(BUNDLED).intervals)];
    const some = borders.filter((_, index) => index % 31 === 0);
    expect(compared(encodeMmdb(table), table, some)).toBeGreaterThan(30_000);
  });

  it('answers as the table for mapped addresses, and at the borders of special-purpose blocks', async () => {
    const table = await small();
    const addresses = [
      ...['::ffff:2.1.1.1', '::ffff:10.0.0.1', '::ffff:255.255.255.255', '::fffe:ffff:ffff'],
      ...['::1:0:0:0', '::', '::1', '2002::', '2002:201:101::1', '2001:0:201:101::', '2001::'],
      ...['64:ff9b::201:101', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff', '2001:200::', 'ff02::1'],
      ...['1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2000::', '3fff:fff:ffff::', '4000::'],
      ...['192.0.0.8', '192.0.0.9', '192.0.0.10', '192.0.0.11', '100.63.255.255', '100.64.0.0'],
    ];
    expect(compared(encodeMmdb(table), table, addresses)).toBe(addresses.length);
  });

  it('answers an IPv4-compatible address as the IPv4 address, because the format looks it up there', async () => {
    const table = await small();
    expect(readerOf(encodeMmdb(table)).get('::2.1.1.1')).toEqual(table.locate('2.1.1.1'));
    expect(table.locate('::2.1.1.1').known).toBe('special-purpose');
  });

  it('of random networks answers as the table everywhere', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(rows, { minLength: 1, maxLength: 3 }),
        fc.oneof(prefix4, prefix6),
        fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { maxLength: 20 }),
        async (sources, anonymisers, addresses) => {
          const table = await randomTable(sources, anonymisers);
          const file = Buffer.from(encodeMmdb(table));
          const asked = addresses.filter(address => !isIPv4Compatible(address));
          compared(file, table, [...bordersOf(intervalsOf(table.share())), ...asked]);
          const { version, leaves } = leavesOf(file, locationAt);
          expect(version).toBe(6);
          for (const { bits, code } of leaves)
            for (const end of ['0', '1'] as const)
              expect(code, bits).toBe(asText(table.locate(addressOf(bits, end))));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('can hold every location that a table can', () => {
    const codes = LOCATIONS.map((_, code) => code);
    const ipv4: Intervals = {
      width: 1,
      length: codes.length,
      starts: Uint32Array.from(codes, code => code * 2 ** 24 + (code === 0 ? 0 : 1)),
      values: Uint16Array.from(codes),
    };
    const ipv6: Intervals = {
      width: 4,
      length: 1,
      starts: new Uint32Array(4),
      values: Uint16Array.of(0),
    };
    const { edition } = decodeBundle(BUNDLED);
    const table = createZoneTable(edition, { ipv4, ipv6 });
    expect(compared(encodeMmdb(table), table, bordersOf({ ipv4, ipv6 }))).toBe(258);
  });

  it('names its edition and sources, and has the same bytes whenever it was compiled', async () => {
    const table = await small('own ranges');
    const { edition } = table;
    const later = createZoneTable(
      { ...edition, compiled: '2031-01-01T00:00:00.000Z' },
      intervalsOf(table.share()),
    );
    expect(encodeMmdb(later)).toEqual(encodeMmdb(table));
    const { metadata } = readerOf(encodeMmdb(table));
    expect(metadata).toMatchObject({
      binaryFormatMajorVersion: 2,
      buildEpoch: new Date('2026-06-01T00:00:00Z'),
      databaseType: 'laissez-passer-Zone',
      ipVersion: 6,
      languages: ['en', 'fr'],
      recordSize: 24,
    });
    for (const text of Object.values(descriptionsOf(encodeMmdb(table)))) {
      expect(text).toContain(edition.id);
      expect(text).toContain('own ranges');
    }
  });

  it('names the licences of its sources, and cuts a description that would not fit', async () => {
    const { edition } = decodeBundle(BUNDLED);
    const table = await loadZoneTable(BUNDLED);
    const description = descriptionsOf(encodeMmdb(table))['en'];
    for (const { name, licence } of edition.sources)
      expect(description).toContain(`${name} (${licence})`);
    const long = encodeMmdb(await small('x'.repeat(200_000)));
    expect(descriptionsOf(long)['fr']).toHaveLength(2000);
    expect(isZoneMmdb(Buffer.from(long))).toBe(true);
  });

  it('is refused as a table, a source or an overlay, because it has no country', async () => {
    const path = fileOf(encodeMmdb(await small()), 'zones.mmdb');
    const own = { path: fileOf(ROWS), built: '2026-06-01' };
    const refusal = expect.objectContaining({
      code: 'ERR_SOURCE_DATA',
      message: expect.stringContaining('is an export of a zone table'),
    });
    await expect(loadZoneTable(path)).rejects.toEqual(refusal);
    for (const config of [
      { sources: [own, { path }] },
      { sources: [own], overlays: [{ path, kind: 'anonymisers' as const }] },
    ])
      await expect(compileZoneTable(config)).rejects.toEqual(refusal);
  });

  it('is told from other files and from a damaged export', async () => {
    const file = Buffer.from(encodeMmdb(await small()));
    const other = writeMmdb([{ bits: ipv4Bits('2.0.0.0/8'), record: { country: 'FR' } }]);
    const cut = Buffer.concat([file.subarray(0, 50), file.subarray(100)]);
    expect([file, other, cut, BUNDLED, Buffer.alloc(0)].map(isZoneMmdb)).toEqual([
      ...[true, false, false, false, false],
    ]);
  });

  it('is made only of a zone table', () => {
    expect(() => encodeMmdb({} as ZoneTable)).toThrow(
      expect.objectContaining({ code: 'ERR_ARGUMENT' }),
    );
  });
});

describe('a search tree', () => {
  /** Two halves of which the first is cut once more. */
  const INTERVALS: Intervals = {
    width: 1,
    length: 3,
    starts: Uint32Array.of(0, 0x40000000, 0x80000000),
    values: Uint16Array.of(0, 1, 2),
  };

  it('has the shortest records that reach the last of its data', () => {
    for (const [recordSize, furthest] of [
      [24, 0],
      [24, 2 ** 24 - 19],
      [28, 2 ** 24 - 18],
      [28, 2 ** 28 - 19],
      [32, 2 ** 28 - 18],
    ] as const) {
      const tree = new SearchTreeBuilder();
      const encoded = tree.encode(tree.add(INTERVALS), [furthest, 7, 0x123]);
      expect([encoded.recordSize, encoded.nodes]).toEqual([recordSize, 2]);
      const { bytes } = encoded;
      const half = recordSize / 4;
      const record = (node: number, side: 0 | 1): number => {
        const value = BigInt(`0x${bytes.subarray(node * half, (node + 1) * half).toString('hex')}`);
        if (recordSize !== 28)
          return Number(
            (value >> BigInt(side === 0 ? recordSize : 0)) & (2n ** BigInt(recordSize) - 1n),
          );
        const middle = Number((value >> 24n) & 0xffn);
        const low = Number((value >> (side === 0 ? 32n : 0n)) & 0xffffffn);
        return (side === 0 ? middle >> 4 : middle & 15) * 2 ** 24 + low;
      };
      expect([record(0, 0), record(0, 1)]).toEqual([1, 2 + 16 + 0x123]);
      expect([record(1, 0), record(1, 1)]).toEqual([2 + 16 + furthest, 2 + 16 + 7]);
    }
  });

  it('is found below a prefix, also where a leaf above it covers the prefix', () => {
    const tree = new SearchTreeBuilder();
    const root = tree.add(INTERVALS);
    expect(['00', '01', '1', '10110'].map(prefix => tree.below(root, prefix))).toEqual([
      0, 1, 2, 2,
    ]);
  });

  it('is refused beyond its number of nodes', () => {
    expect(() => new SearchTreeBuilder(1).add(INTERVALS)).toThrow(
      expect.objectContaining({ code: 'ERR_SOURCE_LIMIT' }),
    );
  });
});
