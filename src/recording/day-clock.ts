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

/**
 * Reads the current day. A clock is plausible while it stays within the day or moves forward by
 * days. It is not plausible if it goes back across midnight, leaps by more than 45 days or returns
 * no number. It becomes plausible again when its time is right again; after a leap forward this
 * means that the gate must be reopened.
 */
export class DayClock {
  private readonly clock: () => number;
  private readonly isCoarse: boolean;
  private readonly timer: NodeJS.Timeout | undefined;
  private time = Number.NaN;
  /** The last plausible day. */
  private day: UtcDay | undefined;
  /** The result of the last reading: `undefined` if it was not plausible. */
  private current: UtcDay | undefined;
  private callsLeft = 0;

  /**
   * @param clock returns milliseconds since 1970
   * @param isCoarse whether the clock is read at intervals instead of at every call; default:
   *   `false`
   */
  constructor(clock: () => number, isCoarse = false) {
    this.clock = clock;
    this.isCoarse = isCoarse;
    const expire = (): void => {
      this.callsLeft = 0;
    };
    this.timer = isCoarse ? setInterval(expire, READING_MS).unref() : undefined;
  }

  /**
   * Returns the current day, as the same object all day; `undefined` while the clock is not
   * plausible.
   */
  today(): UtcDay | undefined {
    if (this.callsLeft === 0) this.current = this.read();
    else this.callsLeft--;
    return this.current;
  }

  /** Returns the time in milliseconds, as last read. */
  now(): number {
    return this.time;
  }

  close(): void {
    clearInterval(this.timer);
  }

  private read(): UtcDay | undefined {
    const time = this.clock();
    const { day } = this;
    this.time = time;
    this.callsLeft = this.isCoarse ? CALLS_PER_READING - 1 : 0;
    if (day !== undefined && time >= day.from && time < day.until) return day;
    if (day !== undefined && !(time >= day.until && time < day.until + LONGEST_LEAP_DAYS * DAY_MS))
      return undefined;
    const next = utcDay(time);
    if (next !== undefined) this.day = next;
    return next;
  }
}
