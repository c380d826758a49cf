/** A bad file of a configuration keeps its last good content; the other files go on. */
import { unlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TableEvent } from '../../../src/entry/tables.ts';
import { compileTable } from '../../../src/tables/compile-sources.ts';
import { ipv4Bits, writeMmdb } from '../../support/mmdb-writer.ts';
import { fileOf } from '../../support/tables.ts';
import { rename, watching } from '../../support/watching.ts';

const SOURCE = '2.0.0.0/8,FR\n9.0.0.0/8,FR\n';
const LAST_DAY = Date.parse('2026-11-24T23:59:00Z');

/** A watch of a source, places and corrections. */
async function watchingThree(now = LAST_DAY) {
  const time = { now };
  const source = fileOf(SOURCE, 'source.csv');
  const places = fileOf('2.1.0.0/16,ES\n', 'places.csv');
  const corrections = fileOf('2.2.0.0/16,GB,2026-11-24,ticket 7\n', 'corrections.csv');
  const watched = await watching(
    {
      sources: [{ path: source, built: '2026-06-01' }],
      overlays: [
        { path: places, kind: 'places' },
        { path: corrections, kind: 'corrections' },
      ],
    },
    { clock: () => time.now },
  );
  const zones = (): string =>
    ['2.0.0.1', '2.1.0.1', '2.2.0.1', '2.3.0.1']
      .map(address => watched.gate.table.locate(address).zone)
      .join(' ');
  expect((await watched.next()).type).toBe('replaced');
  expect(zones()).toBe('home eea outside home');
  /** The next event that fits; repeated attempts report the same again. */
  const nextLike = async (isWanted: (event: TableEvent) => boolean): Promise<TableEvent> => {
    for (;;) {
      const event = await watched.next();
      if (isWanted(event)) return event;
    }
  };
  return { ...watched, time, source, places, corrections, zones, nextLike };
}

const staleIn = (event: TableEvent) => ('stale' in event ? (event.stale ?? []) : []);

describe('a bad file of a watch', () => {
  it('keeps its last good content and is reported stale, while the others are replaced', async () => {
    const { places, corrections, zones, time, nextLike, watch } = await watchingThree();
    rename(places, Buffer.from('2.1.0.0/16,UK\n'));
    const stale = await nextLike(event => staleIn(event).length > 0);
    expect(stale).toMatchObject({
      type: 'unchanged',
      stale: [
        {
          file: 2,
          path: places,
          error: { code: 'ERR_SOURCE_ROW', line: 1, column: 2, file: 2, path: places },
          since: '2026-11-24T23:59:00.000Z',
        },
      ],
      retryInMs: 20,
    });
    time.now += 1000;
    rename(corrections, Buffer.from('2.3.0.0/16,ES,2026-11-30,ticket 8\n'));
    const replaced = await nextLike(event => event.type === 'replaced');
    expect(zones()).toBe('home eea home eea');
    expect(staleIn(replaced)).toMatchObject([{ file: 2, since: '2026-11-24T23:59:00.000Z' }]);
    rename(places, Buffer.from('2.1.0.0/16,GB\n'));
    const good = await nextLike(event => event.type === 'replaced');
    expect([staleIn(good), zones()]).toEqual([[], 'home outside home eea']);
    expect(await watch.check()).not.toHaveProperty('retryInMs');
  });

  it('is tried again at longer and longer intervals, and may be missing', async () => {
    const { source, nextLike, zones } = await watchingThree();
    unlinkSync(source);
    const waits: number[] = [];
    while (waits.length < 4) {
      const event = await nextLike(each => staleIn(each).length > 0);
      expect(staleIn(event)).toMatchObject([
        { file: 1, error: { code: 'ERR_SOURCE_OPEN', system: 'ENOENT' } },
      ]);
      waits.push((event as { retryInMs: number }).retryInMs);
    }
    expect([waits, zones()]).toEqual([[20, 40, 80, 90], 'home eea outside home']);
  });

  it('lets corrections of its last good content end by their day', async () => {
    const { corrections, nextLike, zones, time } = await watchingThree();
    writeFileSync(corrections, '2.2.0.0/16;GB;24/11/2026;ticket 7\n');
    await nextLike(event => staleIn(event).length > 0);
    expect(zones()).toBe('home eea outside home');
    time.now += 120_000;
    const ended = await nextLike(event => event.type === 'replaced');
    expect(zones()).toBe('home eea home home');
    expect(staleIn(ended)).toMatchObject([{ file: 3, error: { line: 1, column: 3 } }]);
  });

  it('may be a source that names no territory any more, or a database', async () => {
    const { source, nextLike, zones } = await watchingThree();
    rename(source, Buffer.from('2.0.0.0/8,fr\n9.0.0.0/8,fr\n'));
    const event = await nextLike(each => staleIn(each).length > 0);
    expect(staleIn(event)).toMatchObject([{ file: 1, error: { code: 'ERR_SOURCE_EMPTY' } }]);
    const database = writeMmdb([
      { bits: ipv4Bits('2.0.0.0/8'), record: { country: { iso_code: 'ES' } } },
    ]);
    rename(source, database);
    expect((await nextLike(each => each.type === 'replaced')).type).toBe('replaced');
    rename(source, database.subarray(0, 100));
    expect(staleIn(await nextLike(each => staleIn(each).length > 0))).toHaveLength(1);
    expect(zones()).toBe('eea eea outside eea');
  });

  it('still refuses the first table, and a configuration of one file', async () => {
    const missing = { path: '/nowhere/places.csv' };
    const sources = [{ path: fileOf(SOURCE), built: '2026-06-01' }];
    const first = await watching({ sources, overlays: [missing] });
    expect(await first.next()).toMatchObject({
      type: 'refused',
      error: { code: 'ERR_SOURCE_OPEN', file: 2 },
    });
    const alone = await watching({ sources });
    expect((await alone.next()).type).toBe('replaced');
    rename(sources[0]!.path, Buffer.from('nonsense'));
    expect(await alone.next()).toMatchObject({ type: 'refused', error: { line: 1 } });
  });
});

describe('a watch', () => {
  it('notices a change of the locations file', async () => {
    const path = fileOf('network,geoname_id\n2.0.0.0/8,1\n9.0.0.0/8,2\n');
    const locations = fileOf('geoname_id,country_iso_code\n1,FR\n2,FR\n');
    const { next, zone } = await watching({ sources: [{ path, locations, built: '2026-06-01' }] });
    expect([(await next()).type, zone()]).toEqual(['replaced', 'home']);
    rename(locations, Buffer.from('geoname_id,country_iso_code\n1,ES\n2,FR\n'));
    expect([(await next()).type, zone()]).toEqual(['replaced', 'eea']);
  });

  it('reports discarded entries of a geofeed in the edition', async () => {
    const feed = `${'2.1.0.0/16,ES\n'.repeat(9)}2.2.0.0/16,XK\n`;
    const { next } = await watching({
      sources: [{ path: fileOf(SOURCE), built: '2026-06-01' }],
      overlays: [{ path: fileOf(feed), kind: 'geofeed' }],
    });
    expect(await next()).toMatchObject({
      type: 'replaced',
      edition: { overlays: [{ findings: [{ problem: 'code', count: 1, lines: [10] }] }] },
    });
  });

  it('is kept in the order of the configuration as long as the memory suffices', async () => {
    const sources = [{ path: fileOf(SOURCE, 'source.csv'), built: '2026-06-01' }];
    const paths = ['2.1.0.0/16,ES\n', `2.2.0.0/16,ES${' '.repeat(99)}\n`, '2.3.0.0/16,ES\n'];
    const overlays = paths.map(text => ({ path: fileOf(text, 'places.csv') }));
    const nothing = () => {};
    const room = SOURCE.length + 2 * paths[0]!.length;
    const keptOf = async (most: number, kept?: []) => {
      const { files } = await compileTable({ sources, overlays }, LAST_DAY, nothing, kept, most);
      return files.map(each => each?.file.length ?? 0);
    };
    const sizes = [SOURCE.length, paths[0]!.length, 0, paths[2]!.length];
    expect(await keptOf(room, [])).toEqual(sizes);
    expect(await keptOf(room - 1, [])).toEqual([...sizes.slice(0, 3), 0]);
    expect(await keptOf(room)).toEqual([0, 0, 0, 0]);
    const { files } = await compileTable({ sources, overlays }, LAST_DAY, nothing, [], room);
    writeFileSync(overlays[0]!.path, 'damaged');
    const again = await compileTable({ sources, overlays }, LAST_DAY, nothing, files, room);
    expect(again.failures).toHaveLength(1);
    expect(again.files[1]!.file.buffer).toBe(files[1]!.file.buffer);
    writeFileSync(overlays[1]!.path, 'damaged');
    await expect(
      compileTable({ sources, overlays }, LAST_DAY, nothing, files, room),
    ).rejects.toMatchObject({ code: 'ERR_SOURCE_ROW', file: 3 });
  });
});
