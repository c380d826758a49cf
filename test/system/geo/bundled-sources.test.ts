import { open } from 'maxmind';
import { describe, expect, it } from 'vitest';
import { fetchedSources } from '../../../data/fetch.ts';
import { compileZoneTable } from '../../../src/entry/tables.ts';
import { loadSource } from '../../../src/geo/source.ts';
import { parseAddress, zoneOfTerritory } from '../../../src/index.ts';
import { isSpecial, naiveVote, textOf, unwrapped } from '../../oracle/networks.ts';

const sources = fetchedSources();

/** The full sources of the bundled table: fetched by `npm run data:fetch`, which CI does. */
describe.skipIf(sources === undefined && process.env['CI'] !== 'true')(
  'the full bundled sources',
  () => {
    it('compile to their vote, on both sides of every border and at random points', async () => {
      const loaded = await Promise.all(sources!.map(loadSource));
      const table = await compileZoneTable({ sources: sources! });
      for (const family of ['ipv4', 'ipv6'] as const) {
        const width = family === 'ipv4' ? 1 : 4;
        const version = family === 'ipv4' ? 4 : 6;
        const cuts = loaded.map(source => source[family]);
        const zonesOf = loaded.map(source => source.countries.map(code => zoneOfTerritory(code)));
        const cursor = cuts.map(() => 0);
        const valueAt = (starts: Uint32Array, at: number): bigint => {
          let value = 0n;
          for (let word = 0; word < width; word++)
            value = (value << 32n) | BigInt(starts[at * width + word]!);
          return value;
        };
        const starts = cuts.flatMap(cut =>
          Array.from({ length: cut.length }, (_, at) => valueAt(cut.starts, at)),
        );
        const borders = starts
          .sort((a, b) => (a < b ? -1 : 1))
          .filter((start, index) => start !== starts[index - 1]);
        let differences = 0;
        for (const [index, first] of borders.entries()) {
          const next = borders[index + 1] ?? (version === 4 ? 2n ** 32n : 2n ** 128n);
          const voted = naiveVote(
            cuts.map((cut, source) => {
              while (
                cursor[source]! + 1 < cut.length &&
                valueAt(cut.starts, cursor[source]! + 1) <= first
              )
                cursor[source]!++;
              return zonesOf[source]![cut.values[cursor[source]!]!]!;
            }),
          );
          const within = first + ((next - first) * BigInt((index * 2654435761) % 4093)) / 4093n;
          for (const value of [first, within, next - 1n]) {
            const asked = unwrapped(version, value);
            if (asked.version !== version) continue;
            const text = version === 4 ? textOf(4, value) : groupsOf(value);
            const { zone, disputed } = table.locate(text);
            const want = isSpecial(version, value) ? { zone: 'unknown', disputed: false } : voted;
            if (zone !== want.zone || disputed !== want.disputed) differences++;
          }
        }
        expect(borders.length).toBeGreaterThan(300_000);
        expect([family, differences]).toEqual([family, 0]);
      }
    }, 300_000);
  },
);

describe.skipIf(sources === undefined && process.env['CI'] !== 'true')(
  'each bundled MMDB source',
  () => {
    it('reads the same in our reader and in the reference reader, on both sides of its borders', async () => {
      for (const source of sources!.filter(({ path }) => path.endsWith('.mmdb'))) {
        const { ipv6, countries } = await loadSource(source);
        const reference = await open<never>(source.path);
        let differences = 0;
        for (let at = 0; at < ipv6.length; at += 7) {
          const words = Array.from(ipv6.starts.subarray(at * 4, at * 4 + 4));
          if (words[0]! >>> 29 !== 1 || words[0] === 0x20010000 || words[0]! >>> 16 === 0x2002)
            continue;
          const text = words
            .map(word => `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`)
            .join(':');
          const code =
            (reference.get(text) as { country_code?: string } | null)?.country_code ?? '';
          if (code !== countries[ipv6.values[at]!]) differences++;
        }
        expect([source.name, differences]).toEqual([source.name, 0]);
      }
    });
  },
);

const groupsOf = (value: bigint): string =>
  Array.from({ length: 8 }, (_, group) =>
    Number((value >> BigInt(16 * (7 - group))) & 0xffffn).toString(16),
  ).join(':');

it('the MMDB oracle reads what the MMDB writer writes', () => {
  expect(parseAddress(groupsOf(0x2a01cb00n << 96n))).toEqual(parseAddress('2a01:cb00::'));
});
