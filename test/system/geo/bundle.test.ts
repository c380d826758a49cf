import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileBundle, verifyZoneTable } from '../../../src/entry/tables.ts';
import {
  decodeBundle as decodeLayout,
  encodeBundle as encodeLayout,
  swapBytes,
} from '../../../src/geo/bundle.ts';
import { fromSharedBuffer } from '../../../src/geo/shared-memory.ts';
import { agreesWithIntervals } from '../../../src/geo/zone-table.ts';
import { loadZoneTable, PortabilityError } from '../../../src/index.ts';
import { editionOf as idOfLayout } from '../../../src/tables/compile-sources.ts';
import { decodeBundle, encodeBundle } from '../../support/bundles.ts';
import { fileOf, inFolder } from '../../support/tables.ts';

const rows = '2.0.0.0/8,FR\n2.1.1.1/32,US\n2a01::/16,FR\n2a01:5::6/128,ES\n2a01:5::8:0/112,US';
const sources = [{ path: fileOf(rows, 'rows.csv'), built: '2026-06-01', licence: 'CC0' }];
const bundle = Buffer.from(await compileBundle({ sources, clock: () => 0 }));

/** Length of the magic, the edition and the lengths of the arrays. */
const HEAD = (Math.ceil((12 + bundle.readUInt32LE(8)) / 8) + 5) * 8;

/** Every position of the head and the digest, and one in 131 between them. */
function* positions(): Generator<number> {
  for (let at = 0; at < bundle.length; at++)
    if (at < HEAD || at % 131 === 0 || at >= bundle.length - 40) yield at;
}

describe('bundles', () => {
  it('hold what was compiled: the same edition, the same answers', async () => {
    const table = await loadZoneTable(bundle);
    expect(table.edition).toMatchObject({
      home: 'FR',
      compiled: '1970-01-01T00:00:00.000Z',
      sources: [{ name: expect.stringMatching(/rows\.csv$/), licence: 'CC0' }],
    });
    const answers = [
      '2.1.1.0',
      '2.1.1.1',
      '2.1.1.2',
      '2a01:5::5',
      '2a01:5::6',
      '2a01:5::7',
      '2a01:5::8:ffff',
      '2a01:5::9:0',
      '10.0.0.1',
    ];
    expect(answers.map(address => table.locate(address).zone)).toEqual([
      'home',
      'outside',
      'home',
      'home',
      'eea',
      'home',
      'outside',
      'home',
      'unknown',
    ]);
  });

  it('hold findings about rows, and nothing else in their place', () => {
    const { edition, intervals } = decodeBundle(bundle);
    const decodedWith = (findings: unknown) => {
      const changed = [{ ...edition.sources[0]!, findings }] as never;
      return decodeBundle(encodeBundle({ ...edition, sources: changed }, intervals)).edition;
    };
    const finding = { problem: 'code', effect: 'unknown', count: 1, lines: [7], codes: ['EL'] };
    expect(decodedWith([finding]).sources[0]!.findings).toEqual([finding]);
    for (const wrong of [
      7,
      [7],
      [null],
      [{ ...finding, count: '1' }],
      [{ ...finding, lines: 7 }],
      [{ ...finding, lines: [0.5] }],
      [{ ...finding, problem: 1 }],
      [{ ...finding, effect: undefined }],
      [{ ...finding, codes: 'EL' }],
      [{ ...finding, codes: [1] }],
    ])
      expect(() => decodedWith(wrong)).toThrow(
        expect.objectContaining({ code: 'ERR_TABLE_FORMAT' }),
      );
  });

  it('hold a time of acceptance, and nothing else in its place', () => {
    const { edition, intervals } = decodeBundle(bundle);
    const withAcceptance = (accepted: unknown) =>
      encodeBundle({ ...edition, accepted } as never, intervals);
    expect(decodeBundle(withAcceptance('2026-11-26T10:00:00.000Z')).edition.accepted).toBe(
      '2026-11-26T10:00:00.000Z',
    );
    for (const accepted of [
      true,
      1,
      null,
      '',
      'yes',
      '2026-11-26',
      '2026-11-26T10:00:00.000Z or never',
    ])
      expect(() => decodeBundle(withAcceptance(accepted))).toThrow(
        expect.objectContaining({ code: 'ERR_TABLE_FORMAT' }),
      );
  });

  it('are equal to the byte for equal input', async () => {
    expect(Buffer.from(await compileBundle({ sources, clock: () => 0 })).equals(bundle)).toBe(true);
  });

  it('are unchanged by decoding and encoding', () => {
    const { edition, intervals } = decodeBundle(bundle);
    expect(encodeBundle(edition, intervals).equals(bundle)).toBe(true);
  });

  // INVARIANT (damage-is-noticed)
  it('damage-is-noticed: every flipped bit is refused', async () => {
    const copy = Buffer.from(bundle);
    for (const at of positions()) {
      copy[at]! ^= 1 << (at & 7);
      await expect(loadZoneTable(copy)).rejects.toBeInstanceOf(PortabilityError);
      copy[at] = bundle[at]!;
    }
    expect((await loadZoneTable(copy)).edition.home).toBe('FR');
  });

  it('damage-is-noticed: every truncation is refused', async () => {
    for (const length of positions()) {
      await expect(loadZoneTable(bundle.subarray(0, length))).rejects.toBeInstanceOf(
        PortabilityError,
      );
    }
    await expect(loadZoneTable(Buffer.concat([bundle, Buffer.from([0])]))).rejects.toMatchObject({
      code: 'ERR_TABLE_FORMAT',
    });
  });

  it('are refused with the code of what is wrong', async () => {
    const patched = Buffer.from(bundle);
    patched[bundle.length - 40]! ^= 1;
    await expect(loadZoneTable(patched)).rejects.toMatchObject({ code: 'ERR_TABLE_CHECKSUM' });
    await expect(loadZoneTable(bundle.subarray(0, 60))).rejects.toMatchObject({
      code: 'ERR_TABLE_TRUNCATED',
    });
    await expect(loadZoneTable(inFolder('nothing.bin'))).rejects.toMatchObject({
      code: 'ERR_TABLE_OPEN',
    });
  });

  it('lie in the file as in memory, at multiples of eight bytes', async () => {
    const { buffer, places } = (await loadZoneTable(bundle)).share();
    expect(Buffer.from(buffer).equals(bundle)).toBe(true);
    for (const { offset } of places) expect(offset % 8).toBe(0);
  });

  it.each([
    ['bytes', new ArrayBuffer(bundle.length)],
    ['bytes in shared memory', new SharedArrayBuffer(bundle.length)],
  ])('are not affected by a later change of the %s that were given', async (_, buffer) => {
    const given = new Uint8Array(buffer);
    given.set(bundle);
    const table = await loadZoneTable(given);
    given.fill(0);
    expect(table.locate('2.1.1.1').zone).toBe('outside');
  });

  it('name no country but the home State', () => {
    const { edition } = decodeBundle(bundle);
    const text = bundle.subarray(12, 12 + bundle.readUInt32LE(8)).toString();
    expect(JSON.parse(text)).toEqual(edition);
    expect(text.match(/"[A-Z]{2}"/g)).toEqual(['"FR"']);
  });

  it('are refused by name if their version is another', async () => {
    for (const version of [1, 3]) {
      const other = Buffer.from(bundle);
      other[7] = version;
      await expect(loadZoneTable(other)).rejects.toMatchObject({
        code: 'ERR_TABLE_FORMAT',
        message: expect.stringContaining('version'),
      });
    }
  });

  it('are read on a machine of the other byte order by reversing each element', () => {
    const bytes = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]);
    const swapped = (elementBytes: number): number[] => {
      const copy = Buffer.from(bytes);
      swapBytes(copy, elementBytes);
      return [...copy];
    };
    expect(swapped(1)).toEqual([...bytes]);
    expect(swapped(2)).toEqual([2, 1, 4, 3, 6, 5, 8, 7]);
    expect(swapped(4)).toEqual([4, 3, 2, 1, 8, 7, 6, 5]);
    expect(swapped(8)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
  });
});

describe('verifyZoneTable', () => {
  it('accepts the bundled table, whose edition names its sources', async () => {
    const edition = await verifyZoneTable();
    expect(edition.sources.map(source => source.name)).toEqual([
      'ipfire-location',
      'dbip-country-lite',
      'geo-whois-asn-country',
    ]);
    expect(edition.home).toBe('FR');
  });

  it('refuses a bundle whose edition does not match its content', async () => {
    const { edition, intervals } = decodeBundle(bundle);
    const lying = encodeBundle({ ...edition, home: 'ES' }, intervals);
    await expect(verifyZoneTable(lying)).rejects.toMatchObject({ code: 'ERR_TABLE_FORMAT' });
    expect((await loadZoneTable(lying)).edition.home).toBe('ES');
  });

  it('refuses arrays that are sound, but not those of their intervals, under an id of their own', async () => {
    const { edition, ...layout } = decodeLayout(bundle);
    // Two neighbouring intervals with one code could be one.
    const { deepCodes } = fromSharedBuffer(layout).ipv4;
    deepCodes[1] = deepCodes[0]!;
    const other = encodeLayout({ edition: idOfLayout(layout, edition), ...layout });
    expect((await loadZoneTable(other)).locate('2.1.1.1').zone).toBe('home');
    await expect(verifyZoneTable(other)).rejects.toMatchObject({ code: 'ERR_TABLE_FORMAT' });
  });
});

it('agreesWithIntervals tells a table from intervals that are not its own', async () => {
  const { intervals } = decodeBundle(bundle);
  const table = await loadZoneTable(bundle);
  expect(agreesWithIntervals(table, intervals)).toBe(true);
  for (const family of ['ipv4', 'ipv6'] as const) {
    const cut = intervals[family];
    const values = cut.values.map((value, at) => (at === cut.length - 2 ? value ^ 1 : value));
    expect(agreesWithIntervals(table, { ...intervals, [family]: { ...cut, values } })).toBe(false);
  }
});

it('the bundled table is the one of data/SOURCES.md', async () => {
  const { edition } = await loadZoneTable();
  const text = readFileSync(new URL('../../../data/SOURCES.md', import.meta.url), 'utf8');
  expect(text).toContain(edition.id);
  for (const source of edition.sources) expect(text).toContain(source.sha256);
});

it('the bundled table fits in 8 MB of memory', async () => {
  const { byteLength } = await loadZoneTable();
  expect(byteLength).toBeGreaterThan(1e6);
  expect(byteLength).toBeLessThan(8e6);
});
