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
  days: readonly number[],
  month: string,
  homeDays: number,
  outsideDays: number,
): string {
  const cells = days
    .filter(day => day <= daysIn(month))
    .map(day => {
      const bit = 1 << (day - 1);
      return cell(terminal, (homeDays & bit) !== 0, (outsideDays & bit) !== 0);
    });
  return `${dateCell(terminal.language, month)}  ${cells.join(' ')}`;
}

/** Returns two lines with the numbers of days, tens above units. */
function ruler(days: readonly number[]): string[] {
  const tens = days.map(day => (day % 10 === 0 ? String(day / 10) : ' '));
  return [tens, days.map(day => String(day % 10))].map(row =>
    `${' '.repeat(9)}${row.join(' ')}`.trimEnd(),
  );
}

/** Returns the last `count` months that are readable or whose key was destroyed, oldest first. */
export const knownMonths = (held: Calendar, today: string, count: number): string[] =>
  [...new Set([...held.readable, ...held.destroyed])]
    .filter(month => month <= today.slice(0, 7))
    .sort()
    .slice(-count);

/** The columns of a whole month, and half of its days for a terminal that is narrower. */
const WHOLE_WIDTH = 71;
const HALF = 16;

/**
 * Returns the last months as lines of at most 71 columns, oldest first, or of at most 40 in two
 * parts if the terminal is narrower. A month whose key was destroyed is marked as such.
 */
export function calendarLines(
  terminal: Terminal,
  held: Calendar,
  today: string,
  count: number,
): string[] {
  const months = knownMonths(held, today, count);
  const parts = terminal.width >= WHOLE_WIDTH ? [DAYS] : [DAYS.slice(0, HALF), DAYS.slice(HALF)];
  const linesOf = (part: readonly number[]): string[] =>
    months.map(month => {
      const days = held.months.find(each => each.month === month);
      if (!held.readable.includes(month) && days === undefined)
        return `${dateCell(terminal.language, month)}  ${terminal.say('calendarDestroyed')}`;
      return monthLine(terminal, part, month, days?.homeDays ?? 0, days?.outsideDays ?? 0);
    });
  const blocks = parts.flatMap(part => [
    ...ruler(part).map(terminal.paint.dim),
    ...linesOf(part),
    '',
  ]);
  return [...blocks, terminal.say('calendarLegend')];
}
