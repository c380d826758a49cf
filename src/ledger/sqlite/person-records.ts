/**
 * Implements the operations of the person records on an SQLite file. Runs synchronously in the
 * worker thread.
 */
import type DatabaseConstructor from 'better-sqlite3';
import { digestOf, PERSON_TOMBSTONE, PERSON_TOMBSTONES, type Tombstone } from '../ledger.ts';
import {
  type DossierRow,
  isNext,
  JOURNAL_COLUMNS,
  type JournalRow,
  PERSON_TABLES,
  type PersonTable,
  UPHELD,
} from '../person-records.ts';

type Database = DatabaseConstructor.Database;
/** Columns and the values that they must have. */
type Where = object;

const named = (columns: readonly string[]): string =>
  columns.map(column => `@${column}`).join(', ');

/**
 * Builds the condition of a query. Column names come from the table shape, never from a caller, so
 * an unknown name is a bug in the library.
 */
function condition(table: PersonTable, where: Where): string {
  const columns = Object.keys(where);
  const known = PERSON_TABLES[table].columns;
  if (columns.some(column => !(column in known))) throw new Error('no such column');
  return columns.map(column => `${column} = @${column}`).join(' AND ');
}

function rowOperations(database: Database) {
  const columnsOf = (table: PersonTable): string[] => Object.keys(PERSON_TABLES[table].columns);
  return {
    readRows: (table: PersonTable, where: Where = {}): unknown[] => {
      const filter = condition(table, where);
      const { key } = PERSON_TABLES[table];
      return database
        .prepare(
          `SELECT * FROM ${table} ${filter === '' ? '' : `WHERE ${filter}`} ORDER BY ${key.join(', ')}`,
        )
        .all(where);
    },
    putRow: (table: PersonTable, row: object): void =>
      void database
        .prepare(
          `INSERT OR REPLACE INTO ${table} (${columnsOf(table)}) VALUES (${named(columnsOf(table))})`,
        )
        .run(row),
    addRow: (table: PersonTable, row: object): boolean =>
      database
        .prepare(
          `INSERT OR IGNORE INTO ${table} (${columnsOf(table)}) VALUES (${named(columnsOf(table))})`,
        )
        .run(row).changes === 1,
    changeRow: (table: PersonTable, before: object, after: object): boolean => {
      const columns = columnsOf(table);
      const changes = columns.map(column => `${column} = @${column}`).join(', ');
      const same = columns.map(column => `${column} = @was_${column}`).join(' AND ');
      const was = Object.fromEntries(
        Object.entries(before).map(([column, value]) => [`was_${column}`, value]),
      );
      return (
        database.prepare(`UPDATE ${table} SET ${changes} WHERE ${same}`).run({ ...after, ...was })
          .changes === 1
      );
    },
    removeRows: (table: PersonTable, where: Where): number => {
      const filter = condition(table, where);
      if (filter === '') throw new Error('removes all rows');
      return database.prepare(`DELETE FROM ${table} WHERE ${filter}`).run(where).changes;
    },
    removeRowsBefore: (
      table: PersonTable,
      column: string,
      before: string,
      where: Where = {},
    ): number => {
      const filters = [`${column} != ''`, `${column} < @before`, condition(table, where)].filter(
        each => each !== '',
      );
      condition(table, { [column]: '' });
      return database
        .prepare(`DELETE FROM ${table} WHERE ${filters.join(' AND ')}`)
        .run({ ...where, before }).changes;
    },
  };
}

function dossierOperations(database: Database) {
  const any = database.prepare('SELECT 1 FROM restrictions LIMIT 1');
  const has = database.prepare('SELECT 1 FROM restrictions WHERE pseudonym = ?');
  const after = database.prepare(
    'SELECT * FROM dossiers WHERE pseudonym > ? ORDER BY pseudonym LIMIT ?',
  );
  const insert = database.prepare(
    'INSERT INTO dossiers VALUES (@pseudonym, @events, @ends, @since, @revision) ON CONFLICT DO NOTHING',
  );
  const update = database.prepare(
    `UPDATE dossiers SET events = @events, ends = @ends, since = @since, revision = @revision
     WHERE pseudonym = @pseudonym AND revision = @revision - 1`,
  );
  return {
    restrictedAmong: (pseudonyms: readonly string[]): string[] =>
      any.get() === undefined
        ? []
        : pseudonyms.filter(pseudonym => has.get(pseudonym) !== undefined),
    replaceDossier: (row: DossierRow): boolean =>
      (row.revision === 1 ? insert : update).run(row).changes === 1,
    dossiersAfter: (pseudonym: string, limit: number): DossierRow[] =>
      after.all(pseudonym, limit) as DossierRow[],
  };
}

function journalOperations(database: Database) {
  const columns = JOURNAL_COLUMNS.join(', ');
  const head = database.prepare(`SELECT ${columns} FROM journal ORDER BY seq DESC LIMIT 1`);
  const after = database.prepare(
    `SELECT ${columns} FROM journal WHERE seq > ? ORDER BY seq LIMIT ?`,
  );
  const of = database.prepare(`SELECT ${columns} FROM journal WHERE subject = ? ORDER BY seq`);
  const insert = database.prepare(
    `INSERT INTO journal (${columns}) VALUES (${named(JOURNAL_COLUMNS)})`,
  );
  const forget = database.prepare(`UPDATE journal SET salt = '', subject = '' WHERE subject = ?`);
  const cut = database.prepare('DELETE FROM journal WHERE seq <= ?');
  const has = database.prepare('SELECT 1 FROM journal WHERE seq = ?');
  const last = (): JournalRow | undefined => head.get() as JournalRow | undefined;
  return {
    appendJournal: (row: JournalRow): boolean =>
      isNext(last(), row) && insert.run(row).changes === 1,
    journalAfter: (seq: number, limit: number): JournalRow[] =>
      after.all(seq, limit) as JournalRow[],
    journalHead: last,
    journalOf: (subject: string): JournalRow[] => of.all(subject) as JournalRow[],
    forgetInJournal: (subject: string): number => forget.run(subject).changes,
    cutJournal: (anchor: JournalRow): number => {
      if (has.get(anchor.seq) === undefined) return 0;
      const { changes } = cut.run(anchor.seq);
      insert.run(anchor);
      return changes;
    },
  };
}

/**
 * Returns a function that applies tombstones that a restored backup has lost. It removes the rows
 * under an erased pseudonym that are not newer than its erasure.
 */
function tombstoneOperations(database: Database) {
  const blank = database.prepare(
    `UPDATE requests SET pseudonym = '' WHERE pseudonym = ? AND received <= ?`,
  );
  const forget = database.prepare(
    `UPDATE journal SET salt = '', subject = '' WHERE subject = ? AND substr(at, 1, 10) <= ?`,
  );
  const drop = (table: string, more = ''): DatabaseConstructor.Statement =>
    database.prepare(`DELETE FROM ${table} WHERE pseudonym = ? AND since <= ?${more}`);
  // The restriction after an upheld objection is permanent, so it outlives an erasure.
  const drops = [
    drop('restrictions', ` AND ground != '${UPHELD}'`),
    ...['holds', 'directives', 'exceptions', 'apart'].map(each => drop(each)),
  ];
  const dropDossier = drop('dossiers');
  const pseudonyms = database.prepare<unknown[], { pseudonym: string }>(
    `${['dossiers', 'restrictions', 'holds', 'directives', 'exceptions', 'apart', 'requests']
      .map(table => `SELECT pseudonym FROM ${table}`)
      .join(' UNION ')} UNION SELECT subject FROM journal`,
  );
  const throughsOf = (
    tombstones: readonly Tombstone[],
    ...months: readonly string[]
  ): Map<string, string> =>
    new Map(
      tombstones
        .filter(({ month }) => months.includes(month))
        .map(({ digest, through }) => [digest, through]),
    );
  return (tombstones: readonly Tombstone[]): void => {
    const all = throughsOf(tombstones, ...PERSON_TOMBSTONES);
    const whole = throughsOf(tombstones, PERSON_TOMBSTONE);
    if (all.size === 0) return;
    for (const { pseudonym } of pseudonyms.all()) {
      const digest = pseudonym === '' ? '' : digestOf(pseudonym);
      const through = all.get(digest);
      if (through !== undefined)
        for (const statement of [...drops, blank, forget]) statement.run(pseudonym, through);
      if (whole.has(digest)) dropDossier.run(pseudonym, whole.get(digest));
    }
  };
}

/** Returns all operations of the person records on an open database. */
export const sqlitePersonRecords = (database: Database) => ({
  ...rowOperations(database),
  ...dossierOperations(database),
  ...journalOperations(database),
});

export { tombstoneOperations as registerMarks };
