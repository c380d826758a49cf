/**
 * Implements the operations of the person records in the SQL that SQLite and PostgreSQL share. An
 * operation yields its statements and receives their outcomes, so that SQLite runs it in its thread
 * without waiting and PostgreSQL runs it over the network.
 */

import {
  ASSESSED_NOW,
  type DossierRow,
  JOURNAL_COLUMNS,
  type JournalRow,
  PERSON_TABLES,
  type PersonRecords,
  type PersonTable,
} from '../person-records.ts';

/** A statement with the values of its parameters `$1`, `$2`, ... */
export interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** What a statement returned: its rows, and the number of rows that it returned or changed. */
export interface Outcome {
  readonly rows: readonly unknown[];
  readonly count: number;
}

/** One operation: yields statements, receives their outcomes and returns its result. */
export type Operation<Result> = Generator<Statement, Result, Outcome>;

/**
 * Migrates stored dossiers: the reason of a doubt was called `ground`. No value of an event
 * contains these characters.
 */
export const RENAME_DOUBT_REASON = `UPDATE dossiers SET events = replace(events, '"ground":', '"reason":');`;

type AddedColumns = Partial<Record<PersonTable, readonly string[]>>;

/** Columns that later steps added to tables that had been created before. */
const ADDED_LATER = {
  references: {
    dossiers: ['reference', 'imported'],
    holds: ['reference'],
    requests: ['reference'],
  },
  standings: { dossiers: ['standing', 'assessed', 'recheck', 'due'] },
} as const satisfies Readonly<Record<string, AddedColumns>>;

/** Returns the columns with which a table was created first. A later step adds the others. */
export const firstColumns = (table: PersonTable): [column: string, type: 'TEXT' | 'INTEGER'][] =>
  Object.entries<'TEXT' | 'INTEGER'>(PERSON_TABLES[table].columns).filter(
    ([column]) =>
      !Object.values<AddedColumns>(ADDED_LATER).some(step => step[table]?.includes(column)),
  );

/** Returns the statements of a step that adds columns, in the type of the database. */
export const addLaterColumns = (step: keyof typeof ADDED_LATER, type: string): string =>
  Object.entries<readonly string[]>(ADDED_LATER[step])
    .flatMap(([table, columns]) =>
      columns.map(column => `ALTER TABLE ${table} ADD COLUMN ${column} ${type} DEFAULT '';`),
    )
    .join('\n  ');

/** The index by which overdue renewals are found. */
export const DUE_INDEX = 'CREATE INDEX dossiers_due ON dossiers (due, pseudonym);';

/** What differs between the databases. */
export interface Dialect {
  /** The schema with its dot, before each table name, or an empty string. */
  readonly prefix: string;
  /** Returns the condition that a column has one of the values in the parameter `$1`. */
  isOneOf(column: string): string;
  /** Encodes a list of values as the one parameter of `isOneOf`. */
  listOf(values: readonly string[]): unknown;
  /** The elements of the JSON array in the parameter `$1`, as a table `item` with `value`. */
  readonly items: string;
  /** Locks the rows that a query reads until the transaction ends; empty if all of it is locked. */
  readonly lock: string;
}

const parameters = (columns: readonly string[]): string =>
  columns.map((_, index) => `$${index + 1}`).join(', ');

const columnsOf = (table: PersonTable): string[] => Object.keys(PERSON_TABLES[table].columns);

const valuesOf = (columns: readonly string[], row: object): unknown[] =>
  columns.map(column => (row as Readonly<Record<string, unknown>>)[column]);

/**
 * Builds the condition that columns equal values, numbered after the `before` parameters of the
 * statement. Column names come from the table shape, never from a caller, so an unknown name is a
 * bug in the library.
 */
function equals(table: PersonTable, where: object, before = 0): Statement {
  const columns = Object.keys(where);
  if (columns.some(column => !(column in PERSON_TABLES[table].columns)))
    throw new Error('no such column');
  return {
    sql: columns.map((column, index) => `${column} = $${before + index + 1}`).join(' AND '),
    values: Object.values(where),
  };
}

/** Encodes dossiers as JSON arrays of their columns, for one parameter of a statement. */
const rowsAsJson = (rows: readonly DossierRow[]): string =>
  JSON.stringify(rows.map(row => valuesOf(columnsOf('dossiers'), row)));

const NEW_COLUMNS = columnsOf('dossiers')
  .map(column => `new_${column}`)
  .join(', ');

/** Returns the table of dossiers that are given as JSON, with the columns `new_...`. */
function given(items: string): string {
  const fields = columnsOf('dossiers').map((column, index) => {
    const type = PERSON_TABLES.dossiers.columns[column as keyof DossierRow];
    const value = `item.value->>${index}`;
    return `${type === 'TEXT' ? value : `CAST(${value} AS integer)`} AS new_${column}`;
  });
  return `(SELECT ${fields.join(', ')} FROM ${items}) AS given`;
}

/** Returns the pseudonyms of the dossiers that a statement did not return. */
function notWritten(dossiers: readonly DossierRow[], rows: readonly unknown[]): string[] {
  const written = new Set(
    (rows as readonly { readonly pseudonym: string }[]).map(({ pseudonym }) => pseudonym),
  );
  return dossiers.map(({ pseudonym }) => pseudonym).filter(pseudonym => !written.has(pseudonym));
}

function rowOperations({ prefix, isOneOf, listOf, items }: Dialect) {
  const insert = (table: PersonTable, row: object, onConflict: string): Statement => {
    const columns = columnsOf(table);
    return {
      sql: `INSERT INTO ${prefix}${table} (${columns.join(', ')}) VALUES (${parameters(columns)}) ON CONFLICT ${onConflict}`,
      values: valuesOf(columns, row),
    };
  };
  /** Writes dossiers of revision 1. */
  function* addDossiers(dossiers: readonly DossierRow[]): Operation<string[]> {
    const columns = columnsOf('dossiers').join(', ');
    const { rows } = yield {
      sql: `INSERT INTO ${prefix}dossiers (${columns}) SELECT ${NEW_COLUMNS} FROM ${given(items)} WHERE true ON CONFLICT DO NOTHING RETURNING pseudonym`,
      values: [rowsAsJson(dossiers)],
    };
    return notWritten(dossiers, rows);
  }
  return {
    *read(table: PersonTable, where: object = {}): Operation<readonly unknown[]> {
      const { sql, values } = equals(table, where);
      const filter = sql === '' ? '' : `WHERE ${sql}`;
      const order = PERSON_TABLES[table].key.join(', ');
      const { rows } = yield {
        sql: `SELECT * FROM ${prefix}${table} ${filter} ORDER BY ${order}`,
        values,
      };
      return rows;
    },
    *put(table: PersonTable, row: object): Operation<void> {
      const key = PERSON_TABLES[table].key.join(', ');
      const changes = columnsOf(table).map(column => `${column} = excluded.${column}`);
      yield insert(table, row, `(${key}) DO UPDATE SET ${changes.join(', ')}`);
    },
    *add(table: PersonTable, row: object): Operation<boolean> {
      const { count } = yield insert(table, row, 'DO NOTHING');
      return count === 1;
    },
    *change(table: PersonTable, before: object, after: object): Operation<boolean> {
      const columns = columnsOf(table);
      const changes = columns.map((column, index) => `${column} = $${index + 1}`).join(', ');
      const same = equals(table, before, columns.length);
      const { count } = yield {
        sql: `UPDATE ${prefix}${table} SET ${changes} WHERE ${same.sql}`,
        values: [...valuesOf(columns, after), ...same.values],
      };
      return count === 1;
    },
    *remove(table: PersonTable, where: object): Operation<number> {
      const { sql, values } = equals(table, where);
      if (sql === '') throw new Error('removes all rows');
      const { count } = yield { sql: `DELETE FROM ${prefix}${table} WHERE ${sql}`, values };
      return count;
    },
    *removeBefore(
      table: PersonTable,
      column: string,
      before: string,
      where: object = {},
    ): Operation<number> {
      equals(table, { [column]: '' });
      const { sql, values } = equals(table, where, 1);
      const filters = [`${column} <> ''`, `${column} < $1`, sql].filter(filter => filter !== '');
      const { count } = yield {
        sql: `DELETE FROM ${prefix}${table} WHERE ${filters.join(' AND ')}`,
        values: [before, ...values],
      };
      return count;
    },
    *among(table: 'restrictions', pseudonyms: readonly string[]): Operation<string[]> {
      if (pseudonyms.length === 0) return [];
      const { rows } = yield {
        sql: `SELECT pseudonym FROM ${prefix}${table} WHERE ${isOneOf('pseudonym')}`,
        values: [listOf([...new Set(pseudonyms)])],
      };
      const found = new Set(
        (rows as readonly { readonly pseudonym: string }[]).map(({ pseudonym }) => pseudonym),
      );
      return pseudonyms.filter(pseudonym => found.has(pseudonym));
    },
    *dossiersOf(pseudonyms: readonly string[]): Operation<readonly unknown[]> {
      if (pseudonyms.length === 0) return [];
      const { rows } = yield {
        sql: `SELECT * FROM ${prefix}dossiers WHERE ${isOneOf('pseudonym')}`,
        values: [listOf(pseudonyms)],
      };
      return rows;
    },
    *residencesOf(pseudonyms: readonly string[], day: string): Operation<readonly unknown[]> {
      if (pseudonyms.length === 0) return [];
      const holds = `standing <> '' AND assessed = ${ASSESSED_NOW} AND since <= $2 AND (recheck = '' OR recheck > $2)`;
      const { rows } = yield {
        sql: `SELECT pseudonym, CASE WHEN ${holds} THEN standing ELSE '' END AS standing, CASE WHEN ${holds} THEN '' ELSE events END AS events, '' AS until FROM ${prefix}dossiers WHERE ${isOneOf('pseudonym')} UNION ALL SELECT pseudonym, '', '', until FROM ${prefix}exceptions WHERE ${isOneOf('pseudonym')}`,
        values: [listOf(pseudonyms), day],
      };
      return rows;
    },
    *countDue(day: string): Operation<{ readonly dossiers: number; readonly since: string }> {
      const { rows } = yield {
        sql: `SELECT CAST(count(*) AS integer) AS dossiers, coalesce(min(due), '') AS since FROM ${prefix}dossiers WHERE due > '' AND due <= $1`,
        values: [day],
      };
      return rows[0] as { dossiers: number; since: string };
    },
    *dossiersDue(
      day: string,
      after: Pick<DossierRow, 'due' | 'pseudonym'>,
      limit: number,
    ): Operation<readonly unknown[]> {
      const { rows } = yield {
        sql: `SELECT * FROM ${prefix}dossiers WHERE due <= $1 AND (due, pseudonym) > ($2, $3) ORDER BY due, pseudonym LIMIT $4`,
        values: [day, after.due, after.pseudonym, limit],
      };
      return rows;
    },
    addDossiers,
    /** Runs in one transaction. */
    *replaceDossiers(dossiers: readonly DossierRow[]): Operation<string[]> {
      const changes = columnsOf('dossiers')
        .filter(column => column !== 'pseudonym')
        .map(column => `${column} = new_${column}`);
      const isFirst = ({ revision }: DossierRow): boolean => revision === 1;
      const overtaken = yield* addDossiers(dossiers.filter(isFirst));
      const others = dossiers.filter(row => !isFirst(row));
      const { rows } = yield {
        sql: `UPDATE ${prefix}dossiers SET ${changes.join(', ')} FROM ${given(items)} WHERE pseudonym = new_pseudonym AND revision = new_revision - 1 RETURNING pseudonym`,
        values: [rowsAsJson(others)],
      };
      return [...overtaken, ...notWritten(others, rows)];
    },
    *dossiersAfter(pseudonym: string, limit: number): Operation<readonly unknown[]> {
      const { rows } = yield {
        sql: `SELECT * FROM ${prefix}dossiers WHERE pseudonym > $1 ORDER BY pseudonym LIMIT $2`,
        values: [pseudonym, limit],
      };
      return rows;
    },
  };
}

function journalOperations({ prefix, lock }: Dialect) {
  const journal = `${prefix}journal`;
  const columns = JOURNAL_COLUMNS.join(', ');
  const typed = JOURNAL_COLUMNS.map(
    (column, index) => `CAST($${index + 1} AS ${column === 'seq' ? 'integer' : 'text'})`,
  ).join(', ');
  const select = (rest: string, values: readonly unknown[] = []): Statement => ({
    sql: `SELECT ${columns} FROM ${journal} ${rest}`,
    values,
  });
  return {
    *appendJournal(row: JournalRow): Operation<boolean> {
      // `$4` is the action: a journal begins with number 1, or with the anchor of one that was cut.
      const next = `coalesce(max(seq) + 1, CASE CAST($4 AS text) WHEN 'cut' THEN CAST($1 AS integer) ELSE 1 END)`;
      const { count } = yield {
        sql: `INSERT INTO ${journal} (${columns}) SELECT ${typed} WHERE CAST($1 AS integer) = (SELECT ${next} FROM ${journal}) ON CONFLICT DO NOTHING`,
        values: valuesOf(JOURNAL_COLUMNS, row),
      };
      return count === 1;
    },
    *journalAfter(seq: number, limit: number): Operation<readonly unknown[]> {
      const { rows } = yield select('WHERE seq > $1 ORDER BY seq LIMIT $2', [seq, limit]);
      return rows;
    },
    *journalHead(): Operation<unknown> {
      const { rows } = yield select('ORDER BY seq DESC LIMIT 1');
      return rows[0];
    },
    *journalOf(subject: string): Operation<readonly unknown[]> {
      const { rows } = yield select('WHERE subject = $1 ORDER BY seq', [subject]);
      return rows;
    },
    *forgetInJournal(subject: string): Operation<number> {
      const { count } = yield {
        sql: `UPDATE ${journal} SET salt = '', subject = '' WHERE subject = $1`,
        values: [subject],
      };
      return count;
    },
    /** Runs in one transaction. */
    *cutJournal(anchor: JournalRow): Operation<number> {
      const { count: present } = yield {
        sql: `SELECT seq FROM ${journal} WHERE seq = $1 ${lock}`,
        values: [anchor.seq],
      };
      if (present === 0) return 0;
      const { count } = yield {
        sql: `DELETE FROM ${journal} WHERE seq <= $1`,
        values: [anchor.seq],
      };
      yield {
        sql: `INSERT INTO ${journal} (${columns}) VALUES (${typed})`,
        values: valuesOf(JOURNAL_COLUMNS, anchor),
      };
      return count;
    },
  };
}

/** Returns all operations of the person records in a dialect. */
export const personRecordOperations = (dialect: Dialect) => ({
  ...rowOperations(dialect),
  ...journalOperations(dialect),
});

/** The operations of the person records, one for each method of `PersonRecords`. */
export type PersonRecordOperations = ReturnType<typeof personRecordOperations> & {
  readonly [Name in keyof PersonRecords]: unknown;
};

/** Runs an operation on a database that answers at once. */
export function runSync<Result>(
  operation: Operation<Result>,
  run: (statement: Statement) => Outcome,
): Result {
  let step = operation.next();
  while (step.done !== true) step = operation.next(run(step.value));
  return step.value;
}

/** Runs an operation on a database that answers later. */
export async function runAsync<Result>(
  operation: Operation<Result>,
  run: (statement: Statement) => Promise<Outcome>,
): Promise<Result> {
  let step = operation.next();
  while (step.done !== true) step = operation.next(await run(step.value));
  return step.value;
}
