/** Reads the current UTC day from a clock and reports no day while the clock is not plausible. */
import { LONGEST_LEAP_DAYS } from '../clock.ts';
import { DAY_MS, type UtcDay, utcDay } from '../days.ts';

/**
 * Number of calls per reading of the system clock on the hot path, and the longest time between two
 * readings in milliseconds. A reading allocates 16 bytes (measured: bench/decide.mjs). At midnight,
 * a request may therefore count for the previous day by up to that time, and after a stall of the
 * whole process by up to that number of requests.
 */
const CALLS_PER_READING = 64;
const READING_MS = 20;

export interface DayClock {
  /**
   * Returns the current day, as the same object all day; `undefined` while the clock is not
   * plausible.
   */
  today(): UtcDay | undefined;
  /** Returns the time in milliseconds, as last read. */
  now(): number;
  close(): void;
}

/**
 * Creates a day clock. A clock is plausible while it stays within the day or moves forward by days.
 * It is not plausible if it goes back across midnight, leaps by more than 45 days or returns no
 * number. It becomes plausible again when its time is right again; after a leap forward this means
 * that the gate must be reopened.
 * @param clock returns milliseconds since 1970
 * @param isCoarse whether the clock is read at intervals instead of at every call; default: `false`
 */
export function createDayClock(clock: () => number, isCoarse = false): DayClock {
  let now = Number.NaN;
  let day: UtcDay | undefined;
  let believed: UtcDay | undefined;
  let callsLeft = 0;
  const read = (): UtcDay | undefined => {
    now = clock();
    callsLeft = isCoarse ? CALLS_PER_READING - 1 : 0;
    if (day !== undefined && now >= day.from && now < day.until) return day;
    if (day !== undefined && !(now >= day.until && now < day.until + LONGEST_LEAP_DAYS * DAY_MS))
      return undefined;
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
