/** Reads the current UTC day from a clock and reports no day while the clock is not plausible. */
import { LONGEST_LEAP_DAYS } from '../clock.ts';
import { DAY_MS, type UtcDay, utcDay } from '../days.ts';

/**
 * Reading the system's clock allocates 16 bytes (measured: bench/decide.mjs), so on the hot path it is read once in so many calls, and
 * after so many milliseconds: at midnight a request may count for the day that has just ended by that much, and after a stall of the
 * whole process by that many requests.
 */
const CALLS_PER_READING = 64;
const READING_MS = 20;

export interface DayClock {
  /** The present day, the same object all day; `undefined` while the clock is not believed. */
  today(): UtcDay | undefined;
  /** Milliseconds, as last read. */
  now(): number;
  close(): void;
}

/**
 * Believes a clock as long as it stays within the day or moves on by days. Back across midnight, a leap of more than 45 days, or no
 * number: not believed until it comes right again, which for a leap forward means reopening the gate.
 * @param isCoarse whether the clock is read now and then instead of at every call
 */
export function dayClock(clock: () => number, isCoarse = false): DayClock {
  let now = Number.NaN;
  let day: UtcDay | undefined;
  let believed: UtcDay | undefined;
  let callsLeft = 0;
  const read = (): UtcDay | undefined => {
    now = clock();
    callsLeft = isCoarse ? CALLS_PER_READING - 1 : 0;
    if (day !== undefined && now >= day.from && now < day.until) return day;
    if (day !== undefined && !(now >= day.until && now < day.until + LONGEST_LEAP_DAYS * DAY_MS)) return undefined;
    const next = utcDay(now);
    if (next !== undefined) day = next;
    return next;
  };
  const expire = (): void => {
    callsLeft = 0;
  };
  const timer = isCoarse ? setInterval(expire, READING_MS).unref() : undefined;
  return {
    today: () => {
      if (callsLeft === 0) believed = read();
      else callsLeft--;
      return believed;
    },
    now: () => now,
    close: () => clearInterval(timer),
  };
}
