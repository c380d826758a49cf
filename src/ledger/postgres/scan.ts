/** Scans a whole PostgreSQL ledger in pieces, in the order of its keys. */

import type { EditionDay, Ledger, TallyRow } from '../ledger.ts';
import {
  cursorAfter,
  NOTHING,
  parseCursor,
  type ScannedRow,
  scannedAccess,
  scannedCard,
} from '../scan-cursor.ts';
import type { Database } from './pool.ts';

const NAME = `encode(pseudonym, 'hex') AS pseudonym`;

export const postgresScan =
  ({ schema, query }: Database): Ledger['scan'] =>
  async (text, limit) => {
    const cursor = parseCursor(text);
    const { family, month, pseudonym, at, home } = cursor;
    const after = [month, Buffer.from(pseudonym, 'hex')];
    if (family === 'cards') {
      const { rows } = await query<ScannedRow>(
        `SELECT month, ${NAME}, home_days AS home, outside_days AS outside FROM ${schema}.cards t
         WHERE (month, t.pseudonym) > ($1, $2) ORDER BY month, t.pseudonym LIMIT $3`,
        [...after, limit],
      );
      return {
        batch: { ...NOTHING, cards: rows.map(scannedCard) },
        next: cursorAfter(cursor, rows, limit),
      };
    }
    if (family === 'accesses') {
      const { rows } = await query<ScannedRow>(
        `SELECT month, ${NAME}, at, from_home AS home FROM ${schema}.accesses t
         WHERE (month, t.pseudonym, at, from_home) > ($1, $2, $3, $4) ORDER BY month, t.pseudonym, at, from_home LIMIT $5`,
        [...after, at, home, limit],
      );
      return {
        batch: { ...NOTHING, accesses: rows.map(scannedAccess) },
        next: cursorAfter(cursor, rows, limit),
      };
    }
    const tally = await query<TallyRow>(
      `SELECT day, reason, writer, epoch::float8 AS epoch, count::float8 AS count FROM ${schema}.tally`,
    );
    const editions = await query<EditionDay>(`SELECT day, edition FROM ${schema}.editions`);
    return { batch: { ...NOTHING, tally: tally.rows, editions: editions.rows }, next: '' };
  };
