/**
 * Tests that a table file whose checksum is right but whose arrays are forged is refused, or read
 * exactly as its intervals say. The oracle reads the arrays back to intervals and asks the table at
 * every border.
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBundle, encodeBundle } from '../../src/geo/bundle.ts';
import { checkLayout } from '../../src/geo/layout-check.ts';
import { BUCKETS, DEEP, UNIFORM } from '../../src/geo/paged-layout.ts';
import { fromSharedBuffer } from '../../src/geo/shared-memory.ts';
import { intervalsOf } from '../../src/geo/table-intervals.ts';
import { agreesWithIntervals, openShared, type SharedTable } from '../../src/geo/zone-table.ts';
import { PortabilityError } from '../../src/index.ts';
import { compileTable } from '../../src/tables/compile-sources.ts';
import { fileOf } from '../support/tables.ts';

const ROWS =
  '0.0.0.0/5,US\n2.0.0.0/8,FR\n2.1.1.1/32,US\n2.1.1.64/26,ES\n9.0.0.0/8,ES\n255.255.255.255/32,GB\n' +
  '2001:db9::/32,FR\n2a01::/16,FR\n2a01:5::6/128,ES\n2a01:5::8:0/112,US\n2a02:1::/32,ES\n' +
  '2a02:2:0:1::/64,US\n2a03::/16,US\n3000::/4,US\nffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128,FR';

const { edition, layout, intervals } = await compileTable(
  { sources: [{ path: fileOf(ROWS, 'rows.csv'), built: '2026-06-01' }] },
  0,
);
const bundle = encodeBundle({ edition, ...layout });

/** A table of its own whose arrays can be forged. */
const copy = (): SharedTable => decodeBundle(bundle);

type Arrays = ReturnType<typeof fromSharedBuffer>;

function forged(forge: (arrays: Arrays) => void): SharedTable {
  const table = copy();
  forge(fromSharedBuffer(table));
  return table;
}

const messageOf = (table: SharedTable): string | undefined => {
  try {
    checkLayout(table);
    return undefined;
  } catch (error) {
    if (!(error instanceof PortabilityError)) throw error;
    expect(error.code).toBe('ERR_TABLE_FORMAT');
    return error.message;
  }
};

const INDEX = 'the arrays of the table file contradict each other: build it again';
const LOCATION = 'the table file has an invalid location: build it again';
const ORDER = 'the intervals in the table file do not ascend';
const UNLISTED = 0b0111;
/** The offset of the edition in a file. */
const MAGIC_AND_LENGTH = 12;

describe('the arrays of a table file', () => {
  it('pass as they were compiled', () => {
    expect(messageOf(copy())).toBe(undefined);
    expect(intervalsOf(copy())).toEqual(intervals);
  });

  it('are checked unless the digest of the file is that of a table that was checked before', () => {
    const bytes = encodeBundle(forged(({ ipv4: { pages } }) => pages.fill(0x80, 0, 1)));
    const digest = bytes.subarray(-32).toString('hex');
    expect(() => decodeBundle(bytes)).toThrow(expect.objectContaining({ message: LOCATION }));
    expect(() => decodeBundle(bytes, '0'.repeat(64))).toThrow(LOCATION);
    expect(decodeBundle(bytes, digest).edition).toEqual(edition);
    // Another file with the name of that digest has another checksum.
    bytes[MAGIC_AND_LENGTH] = bytes[MAGIC_AND_LENGTH]! ^ 1;
    expect(() => decodeBundle(bytes, digest)).toThrow(
      expect.objectContaining({ code: 'ERR_TABLE_CHECKSUM' }),
    );
  });

  /** The first position of the lists of this table, so that each forgery finds its target. */
  const { ipv4, ipv6 } = fromSharedBuffer(copy());
  const cutBlock = ipv4.pages.indexOf(DEEP);
  const cut64 = ipv6.codes.indexOf(DEEP);
  const uniform = ipv6.top.findIndex(entry => entry >= UNIFORM);
  const paged = ipv6.top.findIndex(entry => entry < UNIFORM);
  const filled = ipv6.index.findIndex((at, bucket) => bucket > 0 && at > ipv6.index[bucket - 1]!);

  it.each<[string, (arrays: Arrays) => void, string]>([
    ['a page beyond the pages', ({ ipv4 }) => ipv4.pageOf.fill(0xffff, 9, 10), INDEX],
    ['a code that no table contains', ({ ipv4 }) => ipv4.pages.fill(UNLISTED | 16, 0, 1), LOCATION],
    ['a code beyond all codes', ({ ipv4 }) => ipv4.pages.fill(0x80, 0, 1), LOCATION],
    ['a /24 that is cut, without intervals', ({ ipv4 }) => ipv4.pages.fill(DEEP, 0, 1), INDEX],
    [
      'intervals of a /24 that is not cut',
      ({ ipv4 }) => ipv4.pages.fill(UNLISTED, cutBlock, cutBlock + 1),
      INDEX,
    ],
    ['a cut within a cut', ({ ipv4 }) => ipv4.deepCodes.fill(DEEP, 0, 1), LOCATION],
    ['a start that repeats', ({ ipv4 }) => ipv4.deepStarts.copyWithin(1, 0, 1), ORDER],
    ['a start in another /24', ({ ipv4 }) => ipv4.deepStarts.fill(7, 0, 1), INDEX],
    [
      'a start beyond the last cut',
      ({ ipv4 }) => ipv4.deepStarts.fill(0, ipv4.deepStarts.length - 1),
      ORDER,
    ],
    [
      'a uniform /16 that is cut',
      ({ ipv6 }) => ipv6.top.fill(UNIFORM | DEEP, uniform, uniform + 1),
      LOCATION,
    ],
    [
      'a uniform /16 with a flag more',
      ({ ipv6 }) => ipv6.top.fill(0xc0000000 | UNLISTED, uniform, uniform + 1),
      LOCATION,
    ],
    [
      'an index page beyond the index',
      ({ ipv6 }) => ipv6.top.fill(0x7fffffff, paged, paged + 1),
      INDEX,
    ],
    ['a page that is used twice', ({ ipv6 }) => ipv6.top.fill(0, paged + 1, 0x8000), INDEX],
    ['a position before the first', ({ ipv6 }) => ipv6.index.fill(-2, 0, 1), INDEX],
    ['a page that begins nowhere', ({ ipv6 }) => ipv6.index.fill(-1, 0, 2), INDEX],
    [
      'a position beyond the keys',
      ({ ipv6 }) => ipv6.index.fill(0x7fffffff, filled, filled + 1),
      INDEX,
    ],
    ['positions that descend', ({ ipv6 }) => ipv6.index.fill(-1, filled + 1, filled + 2), INDEX],
    ['a key in another bucket', ({ ipv6 }) => ipv6.keys.fill(2 ** 52, cut64, cut64 + 1), ORDER],
    ['a key that is no number', ({ ipv6 }) => ipv6.keys.fill(Number.NaN, cut64, cut64 + 1), ORDER],
    [
      'a key between two addresses',
      ({ ipv6 }) => {
        ipv6.keys[cut64]! += 0.5;
      },
      ORDER,
    ],
    ['a first key that is not zero', ({ ipv6 }) => ipv6.keys.fill(1, 0, 1), INDEX],
    [
      'a /64 that is cut, without intervals',
      ({ ipv6 }) => ipv6.codes.fill(DEEP, cut64 + 1, cut64 + 2),
      INDEX,
    ],
    [
      'intervals of a /64 that is not cut',
      ({ ipv6 }) => ipv6.codes.fill(UNLISTED, cut64, cut64 + 1),
      INDEX,
    ],
    [
      'a cut /64 without a next interval',
      ({ ipv6 }) => {
        ipv6.keys[cut64 + 1]! += 1;
      },
      INDEX,
    ],
    ['a value that is no location', ({ ipv6 }) => ipv6.deep.values.fill(0x8000, 0, 1), LOCATION],
    [
      'a cut /64 whose first interval begins later',
      ({ ipv6 }) => ipv6.deep.starts.fill(1, 3, 4),
      INDEX,
    ],
    [
      'a uniform /16 whose own interval is cut',
      ({ ipv6: { index, codes } }) => {
        codes[index[index.length - BUCKETS]!] = DEEP;
      },
      INDEX,
    ],
    ['inner starts that repeat', ({ ipv6 }) => ipv6.deep.starts.copyWithin(4, 0, 4), ORDER],
  ])('are refused with %s', (_, forge, message) => {
    expect(messageOf(forged(forge))).toBe(message);
  });

  it.each<[string, number, number]>([
    ['keys and codes', 9, -1],
    ['deep starts and codes', 8, -1],
    ['inner starts and values', 5, -1],
    ['pages', 7, -1],
    ['the pages of each /16', 6, -1],
    ['the entries of each /16', 2, -1],
    ['index pages', 3, -1],
  ])('are refused if the lengths of %s do not match', (_, array, by) => {
    const table = copy();
    const places = table.places.map((place, at) =>
      at === array ? { ...place, length: place.length + by } : place,
    );
    expect(messageOf({ ...table, places })).toBe(INDEX);
  });

  it('are refused if the last uniform /16 has an interval of its own that is cut', async () => {
    const other = await compileTable(
      {
        sources: [{ path: fileOf('2a01:5::/32,ES\n3000::/4,US', 'rows.csv'), built: '2026-06-01' }],
      },
      0,
    );
    const table = decodeBundle(encodeBundle({ edition, ...other.layout }));
    expect(messageOf(table)).toBe(undefined);
    fromSharedBuffer(table).ipv6.codes.fill(DEEP, -1);
    expect(messageOf(table)).toBe(INDEX);
  });

  it('are refused, or read as their intervals, whatever their bytes are', () => {
    const head = copy().places[0]!.offset;
    const { places } = copy();
    /** Positions in each array with equal probability: most bytes are in two of them. */
    const position = fc.tuple(fc.nat(places.length - 1), fc.nat()).map(([array, at]) => {
      const { offset } = places[array]!;
      const end = places[array + 1]?.offset ?? bundle.length - 32;
      return offset + (at % (end - offset));
    });
    let read = 0;
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: position, value: fc.nat(255) }), { minLength: 1, maxLength: 3 }),
        patches => {
          const content = Buffer.from(bundle.subarray(0, -32));
          for (const { at, value } of patches) content[Math.max(at, head)] = value;
          const digest = createHash('sha256').update(content).digest();
          let table: SharedTable;
          try {
            table = decodeBundle(Buffer.concat([content, digest]));
          } catch (error) {
            if (!(error instanceof PortabilityError)) throw error;
            return;
          }
          read++;
          expect(agreesWithIntervals(openShared(table), intervalsOf(table))).toBe(true);
        },
      ),
      { numRuns: 400 },
    );
    // Codes may be changed to other codes: some forgeries are tables.
    expect(read).toBeGreaterThan(0);
  });

  it('are refused if their lengths in the file do not fill it', () => {
    const lengthsAt = copy().places[0]!.offset - 40;
    for (const [value, code] of [
      [0xffffffff, 'ERR_TABLE_TRUNCATED'],
      [0, 'ERR_TABLE_FORMAT'],
    ] as const) {
      const file = encodeBundle(copy());
      file.writeUInt32LE(value, lengthsAt);
      expect(() => decodeBundle(file)).toThrow(expect.objectContaining({ code }));
    }
  });
});
