import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkVerdictLifetime, secondsToHold } from '../../src/http/verdict-lifetime.ts';

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

describe('the lifetime of a verdict', () => {
  it('never reaches into the next UTC day, and is never shorter than it could be', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: Date.UTC(2100, 0) }),
        (lifetime, time) => {
          const seconds = secondsToHold(lifetime, time);
          // As nginx does: the answer arrives up to a second later, and is used up to the end of the
          // second in which it ends.
          const arrival = Math.floor((time + 999) / 1000);
          const lastUse = (arrival + seconds + 1) * 1000 - 1;
          if (seconds > 0) expect(dayOf(lastUse)).toBe(dayOf(time));
          if (seconds < lifetime) expect(dayOf(time + (seconds + 3) * 1000)).not.toBe(dayOf(time));
          expect(seconds).toBeLessThanOrEqual(lifetime);
          expect(Number.isInteger(seconds) && seconds >= 0).toBe(true);
        },
      ),
    );
  });

  it('shrinks in the last seconds of the day, on 31 December and 29 February too', () => {
    for (const day of ['2026-12-31', '2028-02-29']) {
      const at = (time: string): number => secondsToHold(30, Date.parse(`${day}T${time}Z`));
      expect([at('12:00:00'), at('23:59:28'), at('23:59:45'), at('23:59:57')]).toEqual([
        30, 30, 13, 1,
      ]);
      expect([at('23:59:58'), at('23:59:59.500')]).toEqual([0, 0]);
    }
  });

  it.each([-1, 301, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '30'])('refuses %s', seconds => {
    expect(() => checkVerdictLifetime(seconds as number)).toThrow(
      expect.objectContaining({ code: 'ERR_ARGUMENT' }),
    );
  });
});
