/** Which UTC day is it, and may the clock be believed? A day is never written on the word of a clock that went wrong. */
import { DAY_MS, type UtcDay, utcDay } from './card.ts';

/** A gate that is in use looks at its clock all the time: a leap beyond this is a fault of the clock, not the passing of time. */
const LONGEST_LEAP_DAYS = 45;

export interface DayClock {
  /** The present day; `undefined` while the clock is not believed. Allocates only when the day changes. */
  today(): UtcDay | undefined;
  /** Milliseconds, as last told. */
  readonly now: number;
}

/**
 * Believes a clock as long as it stays within the day or moves on by days. Back across midnight, a leap of more than 45 days, or no
 * number: not believed until it comes right again, which for a leap forward means reopening the gate.
 */
export function dayClock(clock: () => number): DayClock {
  let now = Number.NaN;
  let day: UtcDay | undefined;
  return {
    today: () => {
      now = clock();
      if (day !== undefined && now >= day.from && now < day.until) return day;
      if (day !== undefined && !(now >= day.until && now < day.until + LONGEST_LEAP_DAYS * DAY_MS)) return undefined;
      const next = utcDay(now);
      if (next !== undefined) day = next;
      return next;
    },
    get now() {
      return now;
    },
  };
}
