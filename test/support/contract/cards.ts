/** Cards for the contract suite, and the slow oracle of their merge. */
import fc from 'fast-check';
import type { Batch, Card } from '../../../src/entry/ledger.ts';

export const EMPTY: Batch = { cards: [], accesses: [], tally: [], editions: [] };
export const name = (n: number): string => n.toString(16).padStart(32, '0');
export const card = (n: number, homeDays: number, outsideDays = 0, month = '2026-11'): Card => ({
  month,
  pseudonym: name(n),
  homeDays,
  outsideDays,
});
export const keys = (...cards: readonly Card[]) =>
  cards.map(({ month, pseudonym }) => ({ month, pseudonym }));
export const sorted = (cards: readonly Card[]): Card[] =>
  cards.toSorted((a, b) => (a.month + a.pseudonym < b.month + b.pseudonym ? -1 : 1));

export const cardArbitrary = fc
  .record({
    n: fc.integer({ min: 1, max: 4 }),
    homeDays: fc.integer({ min: 0, max: 0x7fffffff }),
    outsideDays: fc.integer({ min: 0, max: 0x7fffffff }),
    month: fc.constantFrom('2026-10', '2026-11'),
  })
  .filter(({ homeDays, outsideDays }) => (homeDays | outsideDays) !== 0)
  .map(({ n, homeDays, outsideDays, month }) => card(n, homeDays, outsideDays, month));

/** The slow oracle: a set of (card, day, side). */
export function naiveMerge(batches: readonly (readonly Card[])[]): Card[] {
  const bits = new Map<
    string,
    { home: number; outside: number; month: string; pseudonym: string }
  >();
  for (const { month, pseudonym, homeDays, outsideDays } of batches.flat()) {
    const known = bits.get(month + pseudonym) ?? { home: 0, outside: 0, month, pseudonym };
    bits.set(month + pseudonym, {
      ...known,
      home: known.home | homeDays,
      outside: known.outside | outsideDays,
    });
  }
  return sorted(
    [...bits.values()].map(({ month, pseudonym, home, outside }) => ({
      month,
      pseudonym,
      homeDays: home,
      outsideDays: outside,
    })),
  );
}
