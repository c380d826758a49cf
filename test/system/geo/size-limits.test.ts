/** Tests the size limits, which only hostile files reach, and what happens one above. */
import { truncateSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createGrowableArray } from '../../../src/geo/growable-array.ts';
import { createIntervalsBuilder, MAX_INTERVALS, MAX_VALUES } from '../../../src/geo/intervals.ts';
import { compile, type Standpoint, type ZoneIntervals } from '../../../src/geo/merge-sources.ts';
import { type CountryIntervals, readMmdb } from '../../../src/geo/mmdb.ts';
import { readWhole } from '../../../src/geo/read-file.ts';
import type { PortabilityError } from '../../../src/index.ts';
import { loadZoneTable } from '../../../src/index.ts';
import { encodeBundle } from '../../support/bundles.ts';
import { encode, ipv4Bits, writeMmdb } from '../../support/mmdb-writer.ts';
import { fileOf, tableOf } from '../../support/tables.ts';

function failureOf(call: () => unknown): Partial<PortabilityError> {
  try {
    call();
  } catch (error) {
    const { code, message, offset } = error as PortabilityError;
    return { code, message, ...(offset !== undefined && { offset }) };
  }
  return expect.fail('it did not fail');
}
const TOO_MANY_INTERVALS = {
  code: 'ERR_SOURCE_LIMIT',
  message: 'the files cut the address space into more intervals than a table can hold',
};
const NOWHERE: ZoneIntervals = {
  ipv4: { width: 1, length: 1, starts: new Uint32Array(1), values: new Uint16Array(1) },
  ipv6: { width: 4, length: 1, starts: new Uint32Array(4), values: new Uint16Array(1) },
};

/**
 * A complete tree of 2^depth records for IPv4, one byte each: empty maps, except France in the
 * first and the last.
 */
function wholeTree(depth: number): Buffer {
  const nodes = 2 ** depth - 1;
  const leaves = nodes + 1;
  const france = encode({ country: { iso_code: 'FR' } });
  const tree = Buffer.alloc(nodes * 8);
  for (let node = 0; node < nodes; node++)
    for (const side of [0, 1]) {
      const child = 2 * node + 1 + side;
      const isEdge = child === nodes || child === 2 * nodes;
      const offset = isEdge ? leaves : child - nodes;
      tree.writeUInt32BE(child < nodes ? child : nodes + 16 + offset, node * 8 + side * 4);
    }
  const metadata = writeMmdb([], { version: 4, recordSize: 32, metadata: { node_count: nodes } });
  const marker = metadata.lastIndexOf('\xab\xcd\xefMaxMind.com', undefined, 'latin1');
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    Buffer.alloc(leaves, 0xe0),
    france,
    metadata.subarray(marker),
  ]);
}

/** A source whose label changes every `size` addresses of IPv4, from 1 to `labels` and again. */
function cutEvery(
  size: number,
  labels: number,
  codeOf: (label: number) => string,
): CountryIntervals {
  const length = 2 ** 32 / size;
  const countries = ['', ...Array.from({ length: labels }, (_, label) => codeOf(label))];
  const starts = Uint32Array.from({ length }, (_, index) => index * size);
  const values = Uint16Array.from({ length }, (_, index) => 1 + (index % labels));
  return { countries, ipv4: { width: 1, length, starts, values }, ipv6: NOWHERE.ipv6 };
}
const FRENCH: Standpoint = {
  home: 'FR',
  zone: code => (code === 'FR' ? 'home' : 'outside'),
  licensed: code => code === 'FR',
};

describe('the size limit', () => {
  it('of a file is a gigabyte: one byte more is not opened', async () => {
    const path = fileOf('');
    truncateSync(path, 2 ** 30 + 1);
    await expect(readWhole(path, 'ERR_SOURCE_OPEN')).rejects.toMatchObject({
      code: 'ERR_SOURCE_LIMIT',
      message: `the file exceeds the size limit of a table or source (${path})`,
    });
  });

  it('of a growable array is 2^27 numbers', () => {
    const list = createGrowableArray(Uint8Array);
    for (let count = 0; count < 2 ** 27; count++) list.push(7);
    expect(failureOf(() => list.push(7))).toEqual({
      code: 'ERR_SOURCE_LIMIT',
      message: 'the files hold more than a table can',
    });
    expect(list.length).toBe(2 ** 27);
  });

  it('of compiled sources is 2^25 intervals', () => {
    const builder = createIntervalsBuilder(1);
    const start = [0];
    for (let address = 0; address < MAX_INTERVALS; address++) {
      start[0] = address;
      builder.begin(start, 1 + (address & 1));
    }
    expect(failureOf(() => builder.begin([MAX_INTERVALS], 3))).toEqual(TOO_MANY_INTERVALS);
  });

  it('of an MMDB file is 65,535 codes', () => {
    const networks = (count: number) =>
      Array.from({ length: count }, (_, n) => ({
        bits: ipv4Bits(`${n >> 8}.${n & 255}.0.0/16`),
        record: { country: { iso_code: `code ${n}` } },
      }));
    expect(readMmdb(writeMmdb(networks(MAX_VALUES - 1))).countries.length).toBe(MAX_VALUES);
    expect(failureOf(() => readMmdb(writeMmdb(networks(MAX_VALUES))))).toMatchObject({
      code: 'ERR_SOURCE_DATA',
      message: 'the file names more codes than exist',
    });
  });

  it('of a CSV file is 65,535 codes', async () => {
    const rows = Array.from(
      { length: MAX_VALUES },
      (_, n) => `${n >> 8}.${n & 255}.0.0/16,code ${n}`,
    );
    await expect(tableOf([`${rows.join('\n')}\n`])).rejects.toMatchObject({
      code: 'ERR_SOURCE_ROW',
      line: MAX_VALUES,
    });
  });

  it('does not apply to records and combinations, whose caches are bounded instead', () => {
    const { countries, ipv4 } = readMmdb(wholeTree(20));
    expect(countries).toEqual(['', 'FR']);
    expect([[...ipv4.starts], [...ipv4.values]]).toEqual([
      [0, 0x1000, 0xfffff000],
      [1, 0, 1],
    ]);
    const coarse = cutEvery(2 ** 23, 512, label => (label % 2 === 0 ? 'US' : 'FR'));
    const fine = cutEvery(2 ** 14, 256, () => 'FR');
    const plain = cutEvery(2 ** 31, 1, () => 'FR');
    expect(compile([coarse, fine], FRENCH)).toEqual(compile([coarse, plain], FRENCH));
  });

  it('of an edition is a mebibyte, and its fields must have their types', async () => {
    const bundleOf = (name: string, more = {}) =>
      encodeBundle(
        {
          id: 'x',
          home: 'FR',
          on: '2026-06-01',
          compiled: '2026-06-01T00:00:00Z',
          sources: [{ name, built: '2026-06-01', sha256: '0' }],
          ...more,
        },
        NOWHERE,
      );
    expect((await loadZoneTable(bundleOf('x'.repeat(1000)))).edition.home).toBe('FR');
    for (const more of [
      { licence: { also: 'MC' } },
      { licence: { except: [1] } },
      { overlays: {} },
      { overlays: [{ name: 'x', kind: 'places', sha256: '0', built: 1 }] },
    ])
      await expect(loadZoneTable(bundleOf('x', more))).rejects.toMatchObject({
        code: 'ERR_TABLE_FORMAT',
        message: 'the edition in the table file cannot be read',
      });
    await expect(loadZoneTable(bundleOf('x'.repeat(2 ** 20)))).rejects.toMatchObject({
      code: 'ERR_TABLE_FORMAT',
      message: 'the edition in the table file exceeds the size limit',
    });
  });
});
