/**
 * Draws days as text calendars: one line per month, one letter per day, readable without colours.
 */
import type { Calendar } from '../../desk/desk.ts';
import { dateCell } from '../dates.ts';
import type { Terminal } from '../terminal.ts';

const DAYS = Array.from({ length: 31 }, (_, index) => index + 1);

const daysIn = (month: string): number =>
  new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate();

function cell(terminal: Terminal, isHome: boolean, isOutside: boolean): string {
  const { cyan, yellow, magenta, dim } = terminal.paint;
  if (isHome && isOutside) return magenta(terminal.say('letterBoth'));
  if (isHome) return cyan(terminal.say('letterHome'));
  return isOutside ? yellow(terminal.say('letterOutside')) : dim('·');
}

function monthLine(
  terminal: Terminal,
  month: string,
  homeDays: number,
  outsideDays: number,
): string {
  const cells = DAYS.slice(0, daysIn(month)).map(day => {
    const bit = 1 << (day - 1);
    return cell(terminal, (homeDays & bit) !== 0, (outsideDays & bit) !== 0);
  });
  return `${dateCell(terminal.language, month)}  ${cells.join(' ')}`;
}

/** Returns two lines with the day numbers, tens above units. */
function ruler(): string[] {
  const tens = DAYS.map(day => (day % 10 === 0 ? String(day / 10) : ' '));
  return [tens, DAYS.map(day => String(day % 10))].map(row =>
    `${' '.repeat(9)}${row.join(' ')}`.trimEnd(),
  );
}

/** Returns the last `count` months that are readable or whose key was destroyed, oldest first. */
export const knownMonths = (held: Calendar, today: string, count: number): string[] =>
  [...new Set([...held.readable, ...held.destroyed])]
    .filter(month => month <= today.slice(0, 7))
    .sort()
    .slice(-count);

/**
 * Returns the last months as lines of at most 72 characters, oldest first. A month whose key was
 * destroyed is marked as such.
 */
export function calendarLines(
  terminal: Terminal,
  held: Calendar,
  today: string,
  count: number,
): string[] {
  const lines = knownMonths(held, today, count).map(month => {
    const days = held.months.find(each => each.month === month);
    if (!held.readable.includes(month) && days === undefined)
      return `${dateCell(terminal.language, month)}  ${terminal.say('calendarDestroyed')}`;
    return monthLine(terminal, month, days?.homeDays ?? 0, days?.outsideDays ?? 0);
  });
  return [...ruler().map(terminal.paint.dim), ...lines, '', terminal.say('calendarLegend')];
}
