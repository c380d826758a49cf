/**
 * Edge cases of compiling: one source or several, rows of extreme length, overlays, damaged data.
 */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compileBundle, type OverlayKind } from '../../src/entry/tables.ts';
import { guardViolations } from '../../src/geo/guard-violations.ts';
import type { ZoneIntervals } from '../../src/geo/merge-sources.ts';
import { readMmdb } from '../../src/geo/mmdb.ts';
import { type Cursor, isTrue, skipValue, unsigned } from '../../src/geo/mmdb-data.ts';
import { overlayFormat } from '../../src/geo/overlay.ts';
import { intervalsOf } from '../../src/geo/table-intervals.ts';
import { loadZoneTable, type PortabilityError } from '../../src/index.ts';
import { isTerritory } from '../../src/law/territory.ts';
import { compileTable } from '../../src/tables/compile-sources.ts';
import { createZoneTable } from '../support/bundles.ts';
import { writeMmdb } from '../support/mmdb-writer.ts';
import { compiledHere, fileOf } from '../support/tables.ts';

const source = (rows: string) => ({ path: fileOf(rows, 'rows.csv'), built: '2026-06-01' });
const failureOf = (work: Promise<unknown>): Promise<PortabilityError> =>
  work.then(
    () => expect.fail('it did not fail'),
    error => error,
  );

describe('edge cases', () => {
  it('a source that names no territory is identified by its number where there are several', async () => {
    const good = '2.0.0.0/8,FR';
    const silent = '3.0.0.0/8,fr';
    const alone = await failureOf(compiledHere({ sources: [source(silent)] }));
    expect(alone).toMatchObject({ code: 'ERR_SOURCE_EMPTY', stage: 'data' });
    const several = await failureOf(compiledHere({ sources: [source(good), source(silent)] }));
    expect(several).toMatchObject({ code: 'ERR_SOURCE_EMPTY', file: 2 });
  });

  it('a row above the maximum length is refused with its line, and one of the maximum length is read', async () => {
    const padded = (length: number): string =>
      `2.0.0.0/8,FR\n3.0.0.0/8,ES${' '.repeat(length - 12)}`;
    expect((await compiledHere({ sources: [source(padded(4096))] })).locate('3.1.1.1').zone).toBe(
      'eea',
    );
    expect(await failureOf(compiledHere({ sources: [source(padded(4097))] }))).toMatchObject({
      code: 'ERR_SOURCE_ROW',
      line: 2,
    });
  });

  it('an edition keeps its overlays when its bundle is read', async () => {
    const overlays = [
      {
        path: fileOf('2.1.0.0/16,ES,2027-01-01,ours', 'corrections.csv'),
        kind: 'corrections' as const,
        name: 'ours',
      },
      { path: fileOf('2.2.0.0/16', 'vpn.csv'), kind: 'anonymisers' as const },
    ];
    const bundle = await compileBundle({ sources: [source('2.0.0.0/8,FR')], overlays });
    const table = await loadZoneTable(bundle);
    expect(table.edition.overlays).toMatchObject([
      { name: 'ours', kind: 'corrections' },
      { kind: 'anonymisers' },
    ]);
    expect([
      table.locate('2.1.1.1').zone,
      table.locate('2.2.1.1').anonymised,
      table.locate('2.3.1.1').zone,
    ]).toEqual(['eea', true, 'home']);
  });

  it('a compressed source is refused with an error of its own', async () => {
    const path = fileOf(gzipSync('2.0.0.0/8,FR'), 'rows.csv.gz');
    expect(
      await failureOf(compiledHere({ sources: [{ path, built: '2026-06-01' }] })),
    ).toMatchObject({
      code: 'ERR_SOURCE_GZIP',
    });
  });

  it('a compiled table cannot be a source', async () => {
    const path = fileOf(await compileBundle({ sources: [source('2.0.0.0/8,FR')] }), 'fr.lpz');
    expect(
      await failureOf(compiledHere({ sources: [{ path, built: '2026-06-01' }] })),
    ).toMatchObject({
      code: 'ERR_SOURCE_FORMAT',
      message: `a compiled table cannot be a source (${path})`,
    });
  });

  it('overlayFormat reads one row, and returns undefined for a correction that has ended', () => {
    const context = { isTerritory, today: '2026-06-02' };
    const read = overlayFormat({ kind: 'corrections' }, context).open(undefined, 1);
    expect(read(['2.0.0.0/8', 'ES', '2026-06-01', 'ours'], 1)).toBeUndefined();
    expect(read(['2.0.0.0/8', 'ES', '2026-06-02', 'ours'], 1)).toMatchObject({
      label: 'ES',
      range: { width: 1 },
    });
  });

  it('a file that cannot be read for an unusual reason gets the same message', async () => {
    expect(
      await failureOf(compiledHere({ sources: [{ path: 'a\0b', built: '2026-06-01' }] })),
    ).toMatchObject({
      code: 'ERR_SOURCE_OPEN',
      message: 'the file cannot be read (a\ufffdb: ERR_INVALID_ARG_VALUE)',
    });
  });

  it('a record that points into the separator or behind the data is refused', () => {
    const plain = { record: { country: { iso_code: 'FR' } } };
    for (const beyond of [-1, 1000]) {
      const file = writeMmdb([{ bits: '0', ...plain }], { version: 4 });
      file.writeUIntBE(1 + 16 + beyond, 0, 3);
      expect(() => readMmdb(file)).toThrow(
        expect.objectContaining({
          code: 'ERR_SOURCE_TREE',
          message: 'a record points outside the data section',
        }),
      );
    }
  });

  it('values of the data format are read through a pointer, and not past the end of their section', () => {
    const cursorOver = (...bytes: number[]): Cursor => ({
      file: Buffer.from(bytes),
      base: 0,
      end: bytes.length,
      code: 'ERR_SOURCE_DATA',
      at: 0,
      type: 0,
      size: 0,
      budget: 10,
    });
    // A pointer to byte 2, where the boolean true and the number 7 lie.
    const truth = cursorOver(0x20, 2, 0x01, 7);
    const seven = cursorOver(0x20, 2, 0xc1, 7);
    expect([isTrue(truth), truth.at, unsigned(seven), seven.at]).toEqual([true, 2, 7, 2]);
    expect(() => skipValue({ ...cursorOver(0x40), budget: 0 })).toThrow(
      expect.objectContaining({
        message: 'reading the records exceeds the limit for a file of this size',
        offset: 0,
      }),
    );
    expect(() => skipValue(cursorOver(0x5d))).toThrow(
      expect.objectContaining({ message: 'a value runs past the end of its section', offset: 1 }),
    );
  });

  it('a row with too few fields is refused with the field that it lacks', async () => {
    const withOverlay = (rows: string, kind: OverlayKind) =>
      compiledHere({
        sources: [source('2.0.0.0/8,FR')],
        overlays: [{ path: fileOf(rows, 'rows.csv'), kind }],
      });
    expect(await failureOf(withOverlay('2.1.0.0/16', 'geofeed'))).toMatchObject({
      text: {
        en: 'too many entries of the geofeed cannot be used: 1 of 1, the first in this line: correct them, or ask the publisher to',
      },
      line: 1,
    });
    expect(await failureOf(withOverlay('2.1.0.0/16,ES', 'corrections'))).toMatchObject({
      code: 'ERR_SOURCE_ROW',
      text: {
        en: 'a correction needs its last day in this column, as YYYY-MM-DD: no other form is guessed',
      },
      line: 1,
      column: 3,
    });
    expect(await failureOf(withOverlay('2.1.0.0/16,ES,2027-01-01', 'corrections'))).toMatchObject({
      text: { en: 'a correction needs a reason' },
    });
    expect((await withOverlay('2.1.0.0/16', 'relays')).locate('2.1.1.1')).toMatchObject({
      zone: 'home',
    });
  });

  it.each([
    ['is cut by itself', '2a01::/128,ES\n2a02::/64,ES'],
    [
      'continues what cuts the last /64 before it',
      '2a00:ffff:ffff:ffff:8000::/65,ES\n2a01::/32,ES',
    ],
  ])('a table reads back to its intervals where the first /64 of a /16 %s', async (_, rows) => {
    const { edition, intervals } = await compileTable(
      { sources: [source(`${rows}\n2b00::/8,FR`)] },
      0,
    );
    const table = createZoneTable(edition, intervals);
    expect(intervalsOf(table.share())).toEqual(intervals);
    expect([
      table.locate('2a01::').zone,
      table.locate('2a01:1::').zone,
      table.locate('2a03::').zone,
    ]).toEqual(['eea', 'unknown', 'unknown']);
  });

  it('the first table has no earlier one to differ from', async () => {
    const { edition, intervals } = await compileTable({ sources: [source('2.0.0.0/8,FR')] }, 0);
    const candidate = { table: createZoneTable(edition, intervals), intervals };
    const guards = { moved: 0, bundledSentinels: false, shares: {} };
    const moved = (inForce: ZoneIntervals | undefined) =>
      guardViolations(candidate, inForce, [], guards).filter(({ guard }) => guard === 'moved');
    const other = await compileTable({ sources: [source('3.0.0.0/8,FR')] }, 0);
    expect(moved(undefined)).toEqual([]);
    expect(moved(intervals)).toEqual([]);
    expect(moved(other.intervals)).toMatchObject([{ family: 'ipv4', zone: 'home' }]);
  });
});
