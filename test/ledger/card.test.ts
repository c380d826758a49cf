/** Compares the months and days of a card with a slow version of the calendar. */
import { expect, it } from 'vitest';
import { daysThrough, isMonth, monthsBefore, nextMonth } from '../../src/days.ts';

const MONTHS = ['2025-12', '2026-01', '2026-02', '2026-11', '2026-12'];
const daysOf = (month: string): string[] =>
  Array.from({ length: 31 }, (_, n) => `${month}-${String(n + 1).padStart(2, '0')}`);

it('bits through a day are those of each day of the month up to it', () => {
  for (const month of MONTHS)
    for (const day of MONTHS.flatMap(daysOf)) {
      const bits = daysOf(month).reduce((sum, each, n) => (each <= day ? sum | (1 << n) : sum), 0);
      expect([month, day, daysThrough(month, day)]).toEqual([month, day, bits & 0x7fffffff]);
    }
});

it('months before and after agree with date arithmetic', () => {
  for (const month of MONTHS)
    for (const count of [-13, -1, 0, 1, 12, 25]) {
      const [year, number] = month.split('-').map(Number) as [number, number];
      const want = new Date(Date.UTC(year, number - 1 - count, 1)).toISOString().slice(0, 7);
      expect(monthsBefore(month, count)).toBe(want);
      if (count === -1) expect(nextMonth(month)).toBe(want);
    }
});

it('a month is four digits, a dash and two digits from 01 to 12', () => {
  for (const month of MONTHS) expect(isMonth(month)).toBe(true);
  for (const text of [
    '',
    '2026-00',
    '2026-13',
    '2026-1',
    '26-01',
    '2026-01-01',
    ' 2026-01',
    '2026-01\n',
  ])
    expect(isMonth(text)).toBe(false);
});
