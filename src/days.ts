/**
 * Validates calendar days and months and calculates with them. All are in UTC, written `YYYY-MM-DD`
 * and `YYYY-MM`.
 */

import type { LocalisedText } from './messages/localised-text.ts';

/** Number of days of each month in a year that is not a leap year. */
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

export function isCalendarDay(text: unknown): text is string {
  if (typeof text !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const month = Number(text.slice(5, 7));
  const day = Number(text.slice(8));
  const length = month === 2 && isLeap(Number(text.slice(0, 4))) ? 29 : MONTH_DAYS[month - 1];
  return length !== undefined && day >= 1 && day <= length;
}

/** Returns a day or a month as French writes it: `05/12/2026`, `12/2026`. */
export const frenchDate = (date: string): string => date.split('-').reverse().join('/');

/** Returns a day as a value of a message: ISO in English, `05/12/2026` in French. */
export const dayInWords = (day: string): LocalisedText => ({
  en: day,
  fr: frenchDate(day),
});

/** Returns the UTC day of a time in milliseconds since 1970. */
export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/**
 * Returns the same day of the month `count` months later, or the last day of that month if it has
 * no such day (31 January + 1 = 28 February).
 */
export function addMonths(day: string, count: number): string {
  const index = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1 + count;
  const year = Math.floor(index / 12);
  const month = index % 12;
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return dayOf(Date.UTC(year, month, Math.min(Number(day.slice(8)), last)));
}

export const addDays = (day: string, count: number): string =>
  dayOf(Date.parse(day) + count * DAY_MS);

/** A UTC day, with its month and its bit in a card. */
export interface UtcDay {
  /** `YYYY-MM-DD` */
  readonly day: string;
  /** `YYYY-MM` */
  readonly month: string;
  /** The bit of the day in a card of its month. */
  readonly bit: number;
  /** First millisecond of the day, and first millisecond after it. */
  readonly from: number;
  readonly until: number;
}

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;
const EARLIEST = Date.UTC(2018, 3, 1);
const LATEST = Date.UTC(9999, 11, 31);

/**
 * Returns the UTC day of a time in milliseconds. Returns `undefined` for an implausible time: not a
 * number, or outside the range from 2018-04-01 to 9999.
 */
export function utcDay(time: number): UtcDay | undefined {
  if (!(time >= EARLIEST && time < LATEST)) return undefined;
  const from = Math.floor(time / DAY_MS) * DAY_MS;
  const day = new Date(from).toISOString().slice(0, 10);
  return {
    day,
    month: day.slice(0, 7),
    bit: 1 << (Number(day.slice(8)) - 1),
    from,
    until: from + DAY_MS,
  };
}

/**
 * Returns the bits of all days of a month up to and including a day `YYYY-MM-DD`: all bits if the
 * day is after the month, none if it is before.
 */
export function daysThrough(month: string, day: string): number {
  if (day.slice(0, 7) !== month) return day < month ? 0 : 0x7fffffff;
  return (2 ** Number(day.slice(8)) - 1) & 0x7fffffff;
}

/** Returns the month that is `count` months earlier. */
export function monthsBefore(month: string, count: number): string {
  const index = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1 - count;
  return `${String(Math.floor(index / 12)).padStart(4, '0')}-${String((index % 12) + 1).padStart(2, '0')}`;
}

export const nextMonth = (month: string): string => monthsBefore(month, -1);

export const isMonth = (text: unknown): text is string =>
  typeof text === 'string' && /^\d{4}-(0[1-9]|1[0-2])$/.test(text);
