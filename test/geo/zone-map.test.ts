/** Exported address maps, read by a plain search for the longest prefix. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/geo/address.ts';
import { intervalsOf } from '../../src/geo/table-intervals.ts';
import { encodeHaproxyMap, isHaproxyMap } from '../../src/geo/zone-map.ts';
import { type Location, loadZoneTable, type ZoneTable } from '../../src/index.ts';
import { numberOf } from '../oracle/networks.ts';
import { bordersOf } from '../support/borders.ts';
import { decodeBundle } from '../support/bundles.ts';
import { mapWords } from '../support/exported.ts';
import { prefixArbitrary, prefixText } from '../support/networks.ts';
import { compiledHere, fileOf } from '../support/tables.ts';

const BUNDLED = readFileSync(new URL('../../data/zones.bin', import.meta.url));

/** Reads a map as HAProxy does: an IPv6 address without a prefix is looked up as the IPv4 in it. */
function lookupIn(file: Uint8Array): (address: string) => string {
  const prefixes = { 4: new Map<string, string>(), 6: new Map<string, string>() };
  for (const line of Buffer.from(file).toString().trimEnd().split('\n')) {
    if (line.startsWith('#')) continue;
    const [, host, length, words] = /^([\d.:a-f]+)\/(\d+) ([a-z -]+)$/.exec(line)!;
    const { version, value } = numberOf(host!);
    const key = `${value >> (BigInt(version === 4 ? 32 : 128) - BigInt(length!))}/${length}`;
    if (prefixes[version].has(key)) throw new Error(`twice: ${line}`);
    prefixes[version].set(key, words!);
  }
  const longest = (version: 4 | 6, value: bigint): string | undefined => {
    const width = version === 4 ? 32 : 128;
    for (let length = width; length >= 0; length--) {
      const words = prefixes[version].get(`${value >> BigInt(width - length)}/${length}`);
      if (words !== undefined) return words;
    }
    return undefined;
  };
  return address => {
    const { version, value } = numberOf(address);
    const embedded = version === 6 && value >> 32n === 0xffffn ? value & 0xffffffffn : undefined;
    return (
      longest(version, value) ??
      (embedded === undefined ? undefined : longest(4, embedded)) ??
      'unknown special-purpose'
    );
  };
}

function compare(file: Uint8Array, table: ZoneTable, addresses: Iterable<string>): void {
  const lookup = lookupIn(file);
  for (const address of addresses) {
    const location: Location = table.locate(address);
    if (lookup(address) !== mapWords(location))
      expect(lookup(address), address).toBe(mapWords(location));
  }
}

describe('an address map', () => {
  it('of the bundled data names its edition, and has fewer lines than the table has intervals', async () => {
    const table = await loadZoneTable(BUNDLED);
    const { intervals } = decodeBundle(BUNDLED);
    const [first, ...lines] = Buffer.from(encodeHaproxyMap(table)).toString().trimEnd().split('\n');
    expect(first).toContain(table.edition.id);
    expect(lines.length).toBeGreaterThan(100_000);
    expect(lines.length).toBeLessThan(intervals.ipv4.length + intervals.ipv6.length);
  });

  it('of random networks answers as the table at both ends of every interval', async () => {
    const networks = fc.array(prefixArbitrary, { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(networks, networks, async (rows, others) => {
        const sources = [rows, others].map(list => {
          const byPrefix = new Map([
            ['9.9.9.9/32', 'FR'],
            ...list.map(row => [prefixText(row), row.code] as const),
          ]);
          const text = [...byPrefix].map(row => row.join(',')).join('\n');
          return { path: fileOf(text), built: '2026-06-01' };
        });
        const table = await compiledHere({ sources });
        compare(encodeHaproxyMap(table), table, bordersOf(intervalsOf(table.share())));
      }),
      { numRuns: 25 },
    );
  });

  it('answers as the table everywhere, for mapped addresses and 6to4 too', async () => {
    const rows =
      '2.0.0.0/8,FR\n2.1.0.0/16,ES\n2.1.1.1/32,US\n4.0.0.0/8,GB\n2a01:cb00::/32,FR\n2a01:cb00:1::/48,DE\n2a01:cb00:2:3:4:5:6:7/128,MC\n';
    const table = await compiledHere({
      sources: [
        { path: fileOf(rows), built: '2026-06-01' },
        { path: fileOf('4.0.0.0/9,FR\n'), built: '2026-06-01' },
      ],
      overlays: [{ path: fileOf('2.0.0.0/9\n2a01:cb00:1::/64\n'), kind: 'anonymisers' }],
      licence: { also: ['MC'], except: [] },
    });
    const mapped = ['::ffff:2.2.1.1', '::ffff:2.1.1.1', '::ffff:10.0.0.1', '::fffe:201:101'];
    const others = ['2002:201:101::1', '2001:db8::1', '2001:0:201:101::', '::1', 'ff02::1'];
    const file = encodeHaproxyMap(table);
    expect(mapped.map(address => parseAddress(address)?.version)).toEqual([4, 4, 4, 6]);
    compare(file, table, [...bordersOf(intervalsOf(table.share())), ...mapped, ...others]);
  });

  it('of a table of nothing but one zone has a line for each family, and is recognised', async () => {
    const table = await compiledHere({
      sources: [{ path: fileOf('9.9.9.9/32,FR\n'), built: '2026-06-01' }],
    });
    const file = encodeHaproxyMap(table);
    compare(file, table, bordersOf(intervalsOf(table.share())));
    expect(Buffer.from(file).toString()).toMatch(/^#.*\n# source: \S+\n/);
    expect([file, BUNDLED, Buffer.alloc(0)].map(isHaproxyMap)).toEqual([true, false, false]);
    expect(() => encodeHaproxyMap({} as ZoneTable)).toThrow(
      expect.objectContaining({ code: 'ERR_ARGUMENT' }),
    );
  });
});
