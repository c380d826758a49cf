import { describe, expect, it } from 'vitest';
import { DayClock } from '../../src/recording/day-clock.ts';

describe('the day clock', () => {
  const at = (times: number[]) => {
    const queue = [...times];
    const clock = new DayClock(() => queue.shift()!);
    return times.map(() => clock.today()?.day);
  };
  const time = (day: string, hour = 12): number =>
    Date.parse(`${day}T00:00:00Z`) + hour * 3_600_000;

  it('is plausible within a day and from day to day', () => {
    expect(
      at([
        time('2026-11-22', 0),
        time('2026-11-22', 23.9),
        time('2026-11-23', 0),
        time('2026-12-31'),
      ]),
    ).toEqual(['2026-11-22', '2026-11-22', '2026-11-23', '2026-12-31']);
    expect(at([time('2026-11-22', 20), time('2026-11-22', 3)])).toEqual([
      '2026-11-22',
      '2026-11-22',
    ]);
  });

  it('is not plausible back across midnight, until it is right again', () => {
    expect(at([time('2026-11-22'), time('2026-11-21', 23.99), time('2026-11-22')])).toEqual([
      '2026-11-22',
      undefined,
      '2026-11-22',
    ]);
  });

  it('is not plausible when it jumps a year, returns no number, or an impossible time', () => {
    expect(at([time('2026-11-22'), time('2027-11-22'), Number.NaN, time('2026-11-23')])).toEqual([
      '2026-11-22',
      undefined,
      undefined,
      '2026-11-23',
    ]);
    expect(at([Number.NaN, 0, Number.POSITIVE_INFINITY, -1, 1e20])).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('read at intervals is at most 64 calls and some milliseconds behind', async () => {
    let now = time('2026-11-22', 23.999);
    let readings = 0;
    const clock = new DayClock(() => {
      readings++;
      return now;
    }, true);
    expect(clock.today()?.day).toBe('2026-11-22');
    now = time('2026-11-23', 0);
    const days = Array.from({ length: 64 }, () => clock.today()?.day);
    expect([days[62], days[63], readings]).toEqual(['2026-11-22', '2026-11-23', 2]);
    now = time('2026-11-24', 0);
    await new Promise(resolve => setTimeout(resolve, 60));
    expect(clock.today()?.day).toBe('2026-11-24');
    clock.close();
  });
});
