/**
 * Implements the operations of the person records in PostgreSQL. Each is a single statement, except
 * `cutJournal`, which runs in a transaction.
 */

import {
  type DossierRow,
  JOURNAL_COLUMNS,
  type JournalRow,
  PERSON_TABLES,
  type PersonRecords,
  type PersonTable,
} from '../person-records.ts';
import type { Database, Query } from './pool.ts';

type Values = Readonly<Record<string, string | number>>;

/**
 * Builds the condition of a query. Column names come from the table shape, never from a caller, so
 * an unknown name is a bug in the library.
 */
function equals(table: PersonTable, where: object, from = 0): { sql: string; values: unknown[] } {
  const columns = Object.keys(where);
  if (columns.some(column => !(column in PERSON_TABLES[table].columns)))
    throw new Error('no such column');
  return {
    sql: columns.map((column, n) => `${column} = $${from + n + 1}`).join(' AND '),
    values: Object.values(where),
  };
}

const columnsOf = (table: PersonTable): string[] => Object.keys(PERSON_TABLES[table].columns);
const places = (columns: readonly string[]): string =>
  columns.map((_, n) => `$${n + 1}`).join(', ');
const valuesOf = (columns: readonly string[], row: object): unknown[] =>
  columns.map(column => (row as Values)[column]);

function insert(schema: string, table: PersonTable, row: object, onConflict: string) {
  const columns = columnsOf(table);
  const sql = `INSERT INTO ${schema}.${table} (${columns.join(', ')}) VALUES (${places(columns)}) ON CONFLICT ${onConflict}`;
  return [sql, valuesOf(columns, row)] as const;
}

type Rows = Pick<
  PersonRecords,
  'read' | 'put' | 'add' | 'change' | 'remove' | 'removeBefore' | 'among'
>;

function rowOperations({ schema, query }: Database): Rows {
  return {
    read: async (table, where = {}) => {
      const { sql, values } = equals(table, where);
      const order = PERSON_TABLES[table].key.join(', ');
      const { rows } = await query(
        `SELECT * FROM ${schema}.${table} ${sql && `WHERE ${sql}`} ORDER BY ${order}`,
        values,
      );
      return rows as never[];
    },
    put: async (table, row) => {
      const changes = columnsOf(table).map(column => `${column} = excluded.${column}`);
      await query(
        ...insert(
          schema,
          table,
          row,
          `(${PERSON_TABLES[table].key.join(', ')}) DO UPDATE SET ${changes.join(', ')}`,
        ),
      );
    },
    add: async (table, row) =>
      (await query(...insert(schema, table, row, 'DO NOTHING'))).count === 1,
    change: async (table, before, after) => {
      const columns = columnsOf(table);
      const changes = columns.map((column, n) => `${column} = $${n + 1}`).join(', ');
      const { sql, values } = equals(table, before, columns.length);
      const { count } = await query(`UPDATE ${schema}.${table} SET ${changes} WHERE ${sql}`, [
        ...valuesOf(columns, after),
        ...values,
      ]);
      return count === 1;
    },
    remove: async (table, where) => {
      const { sql, values } = equals(table, where);
      if (sql === '') throw new Error('removes all rows');
      return (await query(`DELETE FROM ${schema}.${table} WHERE ${sql}`, values)).count;
    },
    removeBefore: async (table, column, before, where = {}) => {
      const name = String(column);
      equals(table, { [name]: '' });
      const { sql, values } = equals(table, where, 1);
      const filters = [`${name} <> ''`, `${name} < $1`, ...(sql === '' ? [] : [sql])].join(' AND ');
      return (await query(`DELETE FROM ${schema}.${table} WHERE ${filters}`, [before, ...values]))
        .count;
    },
    among: (table, pseudonyms) => among(query, `${schema}.${table}`, pseudonyms),
  };
}

async function among(
  query: Query,
  table: string,
  pseudonyms: readonly string[],
): Promise<string[]> {
  if (pseudonyms.length === 0) return [];
  const { rows } = await query<{ pseudonym: string }>(
    `SELECT pseudonym FROM ${table} WHERE pseudonym = ANY($1)`,
    [[...new Set(pseudonyms)]],
  );
  const found = new Set(rows.map(({ pseudonym }) => pseudonym));
  return pseudonyms.filter(pseudonym => found.has(pseudonym));
}

async function replaceDossier(query: Query, schema: string, row: DossierRow): Promise<boolean> {
  if (row.revision === 1)
    return (await query(...insert(schema, 'dossiers', row, 'DO NOTHING'))).count === 1;
  const { count } = await query(
    `UPDATE ${schema}.dossiers SET events = $2, ends = $3, since = $4, revision = $5 WHERE pseudonym = $1 AND revision = $5 - 1`,
    [row.pseudonym, row.events, row.ends, row.since, row.revision],
  );
  return count === 1;
}

type Journal = Pick<
  PersonRecords,
  'appendJournal' | 'journalAfter' | 'journalHead' | 'journalOf' | 'forgetInJournal' | 'cutJournal'
>;

function journalOperations({ schema, query, transaction }: Database): Journal {
  const columns = JOURNAL_COLUMNS.join(', ');
  const read = async (rest: string, values: readonly unknown[] = []): Promise<JournalRow[]> =>
    (await query<JournalRow>(`SELECT ${columns} FROM ${schema}.journal ${rest}`, values)).rows;
  const values = (row: JournalRow): unknown[] => JOURNAL_COLUMNS.map(column => row[column]);
  const types = JOURNAL_COLUMNS.map(
    (column, n) => `$${n + 1}::${column === 'seq' ? 'integer' : 'text'}`,
  ).join(', ');
  return {
    appendJournal: async row => {
      const { count } = await query(
        `INSERT INTO ${schema}.journal (${columns}) SELECT ${types}
         WHERE $1::integer = (SELECT coalesce(max(seq) + 1, CASE $4::text WHEN 'cut' THEN $1::integer ELSE 1 END) FROM ${schema}.journal) ON CONFLICT DO NOTHING`,
        values(row),
      );
      return count === 1;
    },
    journalAfter: (seq, limit) => read('WHERE seq > $1 ORDER BY seq LIMIT $2', [seq, limit]),
    journalHead: async () => (await read('ORDER BY seq DESC LIMIT 1'))[0],
    journalOf: subject => read('WHERE subject = $1 ORDER BY seq', [subject]),
    forgetInJournal: async subject =>
      (
        await query(`UPDATE ${schema}.journal SET salt = '', subject = '' WHERE subject = $1`, [
          subject,
        ])
      ).count,
    cutJournal: anchor =>
      transaction(async each => {
        const { count: isThere } = await each(
          `SELECT FROM ${schema}.journal WHERE seq = $1 FOR UPDATE`,
          [anchor.seq],
        );
        if (isThere === 0) return 0;
        const { count } = await each(`DELETE FROM ${schema}.journal WHERE seq <= $1`, [anchor.seq]);
        await each(`INSERT INTO ${schema}.journal (${columns}) VALUES (${types})`, values(anchor));
        return count;
      }),
  };
}

export const postgresPersonRecords = (database: Database): PersonRecords => ({
  ...rowOperations(database),
  replaceDossier: row => replaceDossier(database.query, database.schema, row),
  dossiersAfter: async (pseudonym, limit) =>
    (
      await database.query<DossierRow>(
        `SELECT * FROM ${database.schema}.dossiers WHERE pseudonym > $1 ORDER BY pseudonym LIMIT $2`,
        [pseudonym, limit],
      )
    ).rows,
  ...journalOperations(database),
});
