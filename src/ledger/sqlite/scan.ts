/** Scans a whole SQLite ledger in pieces, in the order of its keys. Runs in the worker thread. */
import type DatabaseConstructor from 'better-sqlite3';
import type { EditionDay, Piece, TallyRow } from '../ledger.ts';
import {
  cursorAfter,
  NOTHING,
  parseCursor,
  type ScannedRow,
  scannedAccess,
  scannedCard,
} from '../scan-cursor.ts';
import { bytes } from './tombstones.ts';

export function sqliteScan(
  database: DatabaseConstructor.Database,
): (cursor: string, limit: number) => Piece {
  const all = <R>(sql: string) => database.prepare<unknown[], R>(sql);
  const cards =
    all<ScannedRow>(`SELECT month, lower(hex(pseudonym)) AS pseudonym, home_days AS home, outside_days AS outside FROM cards
    WHERE (month, pseudonym) > (?, ?) ORDER BY month, pseudonym LIMIT ?`);
  const accesses =
    all<ScannedRow>(`SELECT month, lower(hex(pseudonym)) AS pseudonym, at, from_home AS home FROM accesses
    WHERE (month, pseudonym, at, from_home) > (?, ?, ?, ?) ORDER BY month, pseudonym, at, from_home LIMIT ?`);
  return (text, limit) => {
    const cursor = parseCursor(text);
    const { family, month, pseudonym, at, home } = cursor;
    if (family === 'cards') {
      const rows = cards.all(month, bytes(pseudonym), limit);
      return {
        batch: { ...NOTHING, cards: rows.map(scannedCard) },
        next: cursorAfter(cursor, rows, limit),
      };
    }
    if (family === 'accesses') {
      const rows = accesses.all(month, bytes(pseudonym), at, home, limit);
      return {
        batch: { ...NOTHING, accesses: rows.map(scannedAccess) },
        next: cursorAfter(cursor, rows, limit),
      };
    }
    const tally = all<TallyRow>('SELECT day, reason, writer, epoch, count FROM tally').all();
    const editions = all<EditionDay>('SELECT day, edition FROM editions').all();
    return { batch: { ...NOTHING, tally, editions }, next: '' };
  };
}
