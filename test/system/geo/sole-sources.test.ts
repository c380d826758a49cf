import { mkdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fetchedSources, ORIGINS } from '../../../data/fetch.ts';
import { SOLE_SOURCES, soleSourceOverlays } from '../../../data/sole-sources.ts';
import { isCalendarDay } from '../../../src/days.ts';
import { sweepIntervals } from '../../../src/geo/intervals.ts';
import { DISPUTED } from '../../../src/geo/location.ts';
import { isWithin, parsePrefix } from '../../../src/geo/prefix.ts';
import { loadZoneTable, zoneOfTerritory } from '../../../src/index.ts';
import { compileTable } from '../../../src/tables/compile-sources.ts';
import { bundledTable } from '../../../src/tables.ts';
import { createZoneTable, decodeBundle } from '../../support/bundles.ts';
import { inFolder } from '../../support/tables.ts';

const sources = fetchedSources();
const ranges = SOLE_SOURCES.flatMap(({ blocks }) => blocks.map(parsePrefix));

describe('the blocks in which one source decides', () => {
  it('are named in the edition of the bundled table, with a known source, a reason and a day', () => {
    const { edition } = decodeBundle(readFileSync(bundledTable()));
    expect(edition.overlays?.map(({ name }) => name)).toEqual(SOLE_SOURCES.map(({ name }) => name));
    for (const { source, reason, reviewed } of SOLE_SOURCES) {
      expect(ORIGINS.map(({ name }) => name)).toContain(source);
      expect(reason).not.toBe('');
      expect(isCalendarDay(reviewed)).toBe(true);
    }
  });

  it('do not overlap', () => {
    for (const [at, { first, last }] of ranges.entries())
      for (const other of ranges.slice(at + 1))
        expect([isWithin(other, first), isWithin(other, last)]).toEqual([false, false]);
  });

  it('are undisputed in the bundled table', async () => {
    const table = await loadZoneTable();
    const blocks = SOLE_SOURCES.flatMap(each => each.blocks);
    const firsts = blocks.map(block => block.split('/')[0]!);
    expect(firsts.map(address => table.locate(address).disputed)).toEqual(firsts.map(() => false));
  });
});

/** CI fetches the sources. */
describe.skipIf(sources === undefined && process.env['CI'] !== 'true')(
  'a table with one deciding source in some blocks',
  () => {
    const folder = inFolder('sole-sources');
    beforeAll(() => mkdirSync(folder));

    it('is the bundled one, if the sources are the same', async () => {
      const { edition } = decodeBundle(readFileSync(bundledTable()));
      const overlays = await soleSourceOverlays(sources!, folder);
      const made = await compileTable({ sources: sources!, overlays }, 0);
      const digests = ({ sources }: Pick<typeof edition, 'sources'>) =>
        sources.map(({ sha256 }) => sha256).join();
      const isSame = digests(made.edition) === digests(edition);
      expect(isSame ? made.edition.id : edition.id).toBe(edition.id);
    });

    it('says there what that source says, and elsewhere what the vote says', async () => {
      const overlays = await soleSourceOverlays(sources!, folder);
      const voted = await compileTable({ sources: sources! }, 0);
      const made = await compileTable({ sources: sources!, overlays }, 0);

      for (const family of ['ipv4', 'ipv6'] as const) {
        let outside = 0;
        let disputed = 0;
        let changed = 0;
        sweepIntervals(
          [voted.intervals[family], made.intervals[family]],
          (start, [before, after]) => {
            if (before === after) return;
            changed++;
            if (!ranges.some(range => isWithin(range, start))) outside++;
            if ((after! & DISPUTED) !== 0) disputed++;
          },
        );
        expect([family, outside, disputed]).toEqual([family, 0, 0]);
        expect(changed).toBeGreaterThan(1000);
      }

      const table = createZoneTable(made.edition, made.intervals);
      let differences = 0;
      let rows = 0;
      for (const { path } of overlays)
        for (const row of readFileSync(path, 'utf8').trim().split('\n')) {
          const [first, last, code] = row.split(',') as [string, string, string];
          rows++;
          for (const address of [first, last])
            if (table.locate(address).zone !== zoneOfTerritory(code)) differences++;
        }
      expect(rows).toBeGreaterThan(10_000);
      expect(differences).toBe(0);
    });
  },
);
