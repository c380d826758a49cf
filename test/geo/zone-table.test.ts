/**
 * Tests that a table agrees with the intervals that it was built from, and that the check for this
 * sees a single difference.
 */
import { describe, expect, it } from 'vitest';
import { agreesWithIntervals, checkTable, openShared } from '../../src/geo/zone-table.ts';
import { PortabilityError } from '../../src/index.ts';
import { compileTable } from '../../src/tables/compile-sources.ts';
import { createZoneTable } from '../support/bundles.ts';
import { fileOf } from '../support/tables.ts';

const rows =
  '0.0.0.0/5,US\n8.8.8.8/32,FR\n9.0.0.0/8,ES\n255.255.255.255/32,GB\n2001:db9::/32,FR\n2a00::/12,ES\n2a00:1:2:3:4:5:6:7/128,FR\n3000::/4,US';
const compiled = () =>
  compileTable({ sources: [{ path: fileOf(rows, 'rows.csv'), built: '2026-06-01' }] }, 0);

describe('a zone table', () => {
  it('agrees with its intervals, and with no others: a value changed, a border moved by one', async () => {
    const { edition, intervals } = await compiled();
    const table = createZoneTable(edition, intervals);
    expect(agreesWithIntervals(table, intervals)).toBe(true);
    for (const family of ['ipv4', 'ipv6'] as const) {
      const { width, starts, values } = intervals[family];
      for (let n = 0; n < values.length; n++) {
        const other = values.slice();
        other[n] = other[n] === 0 ? 1 : 0;
        expect(
          agreesWithIntervals(table, {
            ...intervals,
            [family]: { ...intervals[family], values: other },
          }),
          `${family} value ${n}`,
        ).toBe(false);
        if (n === 0 || n + 1 === values.length) continue;
        for (const step of [-1, 1]) {
          const moved = starts.slice();
          moved[n * width + width - 1]! += step;
          expect(
            agreesWithIntervals(table, {
              ...intervals,
              [family]: { ...intervals[family], starts: moved },
            }),
            `${family} start ${n}`,
          ).toBe(false);
        }
      }
    }
  });

  it('holds a whole /16 of the lowest code: home, where nothing is licensed', async () => {
    const source = {
      path: fileOf('2a00::/15,RE\n2a02:1::/32,RE', 'rows.csv'),
      built: '2026-06-01',
    };
    const { edition, intervals } = await compileTable(
      { sources: [source], licence: { except: ['RE'] } },
      0,
    );
    const table = createZoneTable(edition, intervals);
    expect(agreesWithIntervals(table, intervals)).toBe(true);
    for (const address of ['2a00::', '2a01:ffff::1', '2a02:1::'])
      expect(table.locate(address)).toMatchObject({
        zone: 'home',
        known: 'listed',
        licensed: false,
      });
    expect(table.locate('2a02::')).toMatchObject({ zone: 'unknown' });
  });

  it('opens over shared memory, frozen, with the same answers', async () => {
    const { edition, intervals } = await compiled();
    const table = createZoneTable(edition, intervals);
    const shared = table.share();
    expect(shared.buffer.byteLength).toBe(table.byteLength);
    const other = openShared({ ...shared, edition: { ...shared.edition } });
    expect([Object.isFrozen(other), Object.isFrozen(other.edition)]).toEqual([true, true]);
    expect(agreesWithIntervals(other, intervals)).toBe(true);
    for (const [address, zone] of [
      ['8.8.8.8', 'home'],
      ['8.8.8.7', 'unknown'],
      ['9.9.9.9', 'eea'],
      ['255.255.255.255', 'unknown'],
      ['2a00:1:2:3:4:5:6:7', 'home'],
      ['2a00:1:2:3:4:5:6:8', 'eea'],
      ['1:2', 'unknown'],
    ] as const)
      expect([address, other.locate(address).zone]).toEqual([address, zone]);
    for (const number of [0x08080808, 0, -1, 2 ** 32, 1.5, Number.NaN, '134744072'] as never[])
      expect(other.locateIPv4(number)).toBe(
        number === 0x08080808 || number === 0
          ? other.locate(number === 0 ? '0.0.0.0' : '8.8.8.8')
          : other.locate('x'),
      );
  });

  it('is recognised by both of its functions', () => {
    for (const none of [
      undefined,
      null,
      {},
      { locationCode: () => 0 },
      { share: () => 0 },
      { locationCode: 1, share: () => 0 },
    ] as never[]) {
      let message = '';
      try {
        checkTable(none);
      } catch (error) {
        if (error instanceof PortabilityError) message = `${error.code}: ${error.message}`;
      }
      expect(message).toBe('ERR_ARGUMENT: this value is not a zone table');
    }
  });
});
