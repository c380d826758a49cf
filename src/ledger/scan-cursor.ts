/**
 * Encodes and decodes the cursor of a ledger scan, and converts scanned rows to cards and accesses.
 */
import type { Card } from './card.ts';
import type { Access } from './ledger.ts';

/** A row of cards or of accesses. Columns with the same meaning have the same name. */
export interface ScannedRow {
  readonly month: string;
  readonly pseudonym: string;
  /** Day bits of a card; 1 or 0 for an access. */
  readonly home: number;
  readonly outside: number;
  readonly at: number;
}

export const scannedCard = ({ month, pseudonym, home, outside }: ScannedRow): Card => ({
  month,
  pseudonym,
  homeDays: home,
  outsideDays: outside,
});
export const scannedAccess = ({ month, pseudonym, at, home }: ScannedRow): Access => ({
  month,
  pseudonym,
  at,
  fromHome: home === 1,
});

export const NOTHING = { cards: [], accesses: [], tally: [], editions: [] } as const;

export interface Cursor {
  readonly family: 'cards' | 'accesses' | 'rest';
  /** The key of the last row that was returned; empty strings and zeros before the first row. */
  readonly month: string;
  readonly pseudonym: string;
  readonly at: number;
  readonly home: number;
}

const first = (family: Cursor['family']): Cursor => ({
  family,
  month: '',
  pseudonym: '',
  at: 0,
  home: 0,
});

export function parseCursor(text: string): Cursor {
  if (text === '') return first('cards');
  const [family, month = '', pseudonym = '', at = '0', home = '0'] = text.split(' ');
  return {
    family: family as Cursor['family'],
    month,
    pseudonym,
    at: Number(at),
    home: Number(home),
  };
}

/**
 * Returns the cursor after a piece: after its last row or, if the piece was not full, at the start
 * of the next family.
 */
export function cursorAfter(
  cursor: Cursor,
  rows: readonly Partial<Cursor>[],
  limit: number,
): string {
  const last = rows.at(-1);
  const next = { cards: 'accesses', accesses: 'rest', rest: 'rest' } as const;
  if (last === undefined || rows.length < limit) return next[cursor.family];
  return [cursor.family, last.month, last.pseudonym, last.at ?? 0, last.home ?? 0].join(' ');
}
