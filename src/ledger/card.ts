/** What is kept of one subscriber for one month? Two maps of days: seen from home, seen from outside. Days are UTC. */

/** All that is kept of where a person is. A blank day says nothing. */
export interface Card {
  /** UTC month, `YYYY-MM`. */
  readonly month: string;
  /** 32 hexadecimal digits, under the key of the month. */
  readonly pseudonym: string;
  /** Bit `d - 1` is set where a request of day `d` was seen from the home State. */
  readonly homeDays: number;
  /** The same from anywhere else: the bit does not say whether from the EEA or from beyond. */
  readonly outsideDays: number;
}

/** Bits of days, by side. */
export interface DayBits {
  readonly homeDays: number;
  readonly outsideDays: number;
}

/** The side of the border from which a request was seen. */
export type Side = 'home' | 'outside';

/** A UTC day, as a card sees it. */
export interface UtcDay {
  /** `YYYY-MM-DD` */
  readonly day: string;
  /** `YYYY-MM` */
  readonly month: string;
  /** The bit of the day in a card of its month. */
  readonly bit: number;
  /** First millisecond of the day, and first after it. */
  readonly from: number;
  readonly until: number;
}

export const DAY_MS = 86_400_000;
const EARLIEST = Date.UTC(2018, 3, 1);
const LATEST = Date.UTC(9999, 11, 31);

/** The UTC day of a time, or `undefined` for a time that no clock tells: not a number, or outside of 2018-04-01 to 9999. */
export function utcDay(time: number): UtcDay | undefined {
  if (!(time >= EARLIEST && time < LATEST)) return undefined;
  const from = Math.floor(time / DAY_MS) * DAY_MS;
  const day = new Date(from).toISOString().slice(0, 10);
  return { day, month: day.slice(0, 7), bit: 1 << (Number(day.slice(8)) - 1), from, until: from + DAY_MS };
}

/** All bits of a month up to and with a day `YYYY-MM-DD`; all of them where the day lies after the month, none where before. */
export function daysThrough(month: string, day: string): number {
  if (day.slice(0, 7) !== month) return day < month ? 0 : 0x7fffffff;
  return (2 ** Number(day.slice(8)) - 1) & 0x7fffffff;
}

/** The month that lies `count` months before. */
export function monthsBefore(month: string, count: number): string {
  const index = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1 - count;
  return `${String(Math.floor(index / 12)).padStart(4, '0')}-${String((index % 12) + 1).padStart(2, '0')}`;
}

export const nextMonth = (month: string): string => monthsBefore(month, -1);

export const isMonth = (text: unknown): text is string =>
  typeof text === 'string' && /^\d{4}-(0[1-9]|1[0-2])$/.test(text);
