import { describe, expect, it } from 'vitest';
import { isCalendarDay } from '../src/days.ts';

/** The same question, asked of the calendar of the language. */
const isDayOfDate = (text: string): boolean => {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === text;
};

describe('a calendar day', () => {
  it('is one that the calendar has, in every year from 0 to 9999', () => {
    const differences: string[] = [];
    const two = (value: number): string => String(value).padStart(2, '0');
    for (let year = 0; year < 10_000; year += year % 100 > 4 ? 13 : 1)
      for (let month = 0; month <= 13; month++)
        for (const day of [0, 1, 28, 29, 30, 31, 32]) {
          const text = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
          if (isCalendarDay(text) !== isDayOfDate(text)) differences.push(text);
        }
    expect(differences).toEqual([]);
  });

  it('has no other form', () => {
    const others = [
      '2026-1-01',
      '26-01-01',
      '2026-01-01T00:00',
      ' 2026-01-01',
      '2026/01/01',
      '',
      5,
    ];
    expect(others.filter(isCalendarDay)).toEqual([]);
  });
});
