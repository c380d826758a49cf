/**
 * Reads the days and months that people type, and shows them: day first in French, ISO 8601 or with
 * the name of the month in English. JSON and CSV always hold ISO 8601.
 */
import { Option } from 'commander';
import { systemClock } from '../clock.ts';
import { frenchDate, isCalendarDay, isMonth } from '../days.ts';
import { portabilityError } from '../errors.ts';
import type { Language } from '../law/reasons.ts';
import * as CLI from '../messages/cli.ts';
import type { Message } from '../messages.ts';

/** `5/12/2026` or `05.12.2026`: the day first, one separator. */
const DAY_FIRST = /^(\d{1,2})([/.])(\d{1,2})\2(\d{4})$/;
/** A year of two digits, which may also be a day. */
const SHORT_YEAR = /^\d{1,2}([/.-])\d{1,2}\1\d{2}$/;
const MONTH_FIRST = /^(\d{1,2})[/.](\d{4})$/;

const padded = (digits: string): string => digits.padStart(2, '0');

/** Returns a day that is written day first as `YYYY-MM-DD`, and any other text as it is. */
export function isoDay(text: string): string {
  const [, day, , month, year] = DAY_FIRST.exec(text) ?? [];
  return year === undefined ? text : `${year}-${padded(month!)}-${padded(day!)}`;
}

/**
 * Returns the day that was typed, as `YYYY-MM-DD`. Accepts `2026-12-05` and, with the day first,
 * `05/12/2026`, `5/12/2026` and `05.12.2026`.
 * @throws PortabilityError `ERR_DAY`, with the option if there is one, if it is written otherwise or does not exist
 */
export function readDay(text: string, option?: string): string {
  const typed = text.trim();
  const day = isoDay(typed);
  if (isCalendarDay(day)) return day;
  const details = option === undefined ? {} : { option };
  if (SHORT_YEAR.test(typed)) throw portabilityError(CLI.dayYearShort, details);
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(day);
  throw portabilityError(isDay ? CLI.dayNotThere : CLI.dayForm, details);
}

/**
 * Returns the month that was typed, as `YYYY-MM`. Accepts `2026-12`, `12/2026` and `12.2026`.
 * @throws PortabilityError `ERR_DAY`, with the option, if it is written otherwise
 */
export function readMonth(text: string, option?: string): string {
  const typed = text.trim();
  const [, number, year] = MONTH_FIRST.exec(typed) ?? [];
  const month = year === undefined ? typed : `${year}-${padded(number!)}`;
  if (isMonth(month)) return month;
  throw portabilityError(CLI.monthForm, option === undefined ? {} : { option });
}

const nameOf = (flags: string): string => flags.split(' ')[0]!;

/** Creates an option that takes a day, such as `--on <day>`. */
export const dayOption = (flags: string, description: string): Option =>
  new Option(flags, description).argParser(text => readDay(text, nameOf(flags)));

/** A moment with its offset from UTC: `2026-11-21T20:15Z`, `21/11/2026 21:15+01:00`. */
const MOMENT = /^(\S+?)[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?) ?(Z|[+-]\d{2}:?\d{2})?$/i;

/**
 * Returns a moment of the past in milliseconds since 1970. Accepts a day as the other options do, a
 * time, and `Z` or an offset from UTC.
 * @returns a message instead if the text is not one
 */
export function parseMoment(text: string): number | Message {
  const [, typed = '', time = '', offset] = MOMENT.exec(text.trim()) ?? [];
  const day = isoDay(typed);
  if (!isCalendarDay(day)) return CLI.momentForm;
  if (offset === undefined) return CLI.momentOffset;
  const zone = offset.toUpperCase().replace(/^(...)(\d\d)$/, '$1:$2');
  const moment = Date.parse(`${day}T${time}${zone}`);
  if (Number.isNaN(moment)) return CLI.momentForm;
  return moment <= systemClock() ? moment : CLI.momentToCome;
}

function readMoment(text: string, option: string): number {
  const moment = parseMoment(text);
  if (typeof moment === 'number') return moment;
  throw portabilityError(moment, { option });
}

/** Creates an option that takes a moment of the past, such as `--at <moment>`. */
export const momentOption = (flags: string, description: string): Option =>
  new Option(flags, description).argParser(text => readMoment(text, nameOf(flags)));

/** Creates an option that takes a month, such as `--before <month>`. */
export const monthOption = (flags: string, description: string): Option =>
  new Option(flags, description).argParser(text => readMonth(text, nameOf(flags)));

/**
 * Formats a day in a sentence: 5 Dec 2026, 05/12/2026 in French. Without `Intl`, whose data take 8 MB
 * of memory from the first use.
 */
export const dayWord = (language: Language, day: string): string =>
  language === 'fr'
    ? frenchDate(day)
    : new Date(day).toUTCString().slice('Sat, '.length, -' 00:00:00 GMT'.length).replace(/^0/, '');

/** Formats a day or a month in a column: 2026-12-05, 05/12/2026 in French. Keeps other text. */
export const dateCell = (language: Language, date: string): string =>
  language === 'fr' && (isCalendarDay(date) || isMonth(date)) ? frenchDate(date) : date;

/** Formats a time in a column: 2026-12-05T09:30:00Z, 05/12/2026 09:30:00 in French. */
export const timeCell = (language: Language, time: string): string =>
  language === 'fr' && isCalendarDay(time.slice(0, 10))
    ? `${frenchDate(time.slice(0, 10))} ${time.slice(11, 19)}`
    : time;

/** Formats a month in a sentence: November 2026, novembre 2026. */
export const monthWord = (language: Language, month: string): string =>
  new Intl.DateTimeFormat(language === 'fr' ? 'fr-FR' : 'en-GB', {
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  }).format(new Date(`${month}-01`));
