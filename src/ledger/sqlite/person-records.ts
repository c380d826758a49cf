/** Runs the operations of the person records on an SQLite file, in the worker thread. */

import type DatabaseConstructor from 'better-sqlite3';
import { digestOf, PERSON_TOMBSTONE, PERSON_TOMBSTONES, type Tombstone } from '../ledger.ts';
import { PERSON_TABLES, UPHELD } from '../person-records.ts';
import {
  type Operation,
  type Outcome,
  type PersonRecordOperations,
  personRecordOperations,
  runSync,
  type Statement,
} from '../sql/person-records.ts';

type Database = DatabaseConstructor.Database;
type AnyOperation = (...args: never[]) => Operation<unknown>;

/** The operations as the thread offers them: each returns its result. */
type Synchronous = {
  readonly [Name in keyof PersonRecordOperations]: (
    ...args: Parameters<PersonRecordOperations[Name]>
  ) => ReturnType<PersonRecordOperations[Name]> extends Operation<infer Result> ? Result : never;
};

/** Returns a function that runs a statement. The number of different statements is bounded. */
function runner(database: Database): (statement: Statement) => Outcome {
  const prepared = new Map<string, DatabaseConstructor.Statement>();
  return ({ sql, values }) => {
    const statement = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, statement);
    const named = Object.fromEntries(values.map((value, index) => [index + 1, value]));
    if (!statement.reader) return { rows: [], count: statement.run(named).changes };
    const rows = statement.all(named);
    return { rows, count: rows.length };
  };
}

/** Returns all operations of the person records on an open database. */
export function sqlitePersonRecords(database: Database): Synchronous {
  const run = runner(database);
  const operations = personRecordOperations({
    prefix: '',
    isOneOf: column => `${column} IN (SELECT value FROM json_each($1))`,
    listOf: values => JSON.stringify(values),
    items: 'json_each($1) AS item',
    // A transaction locks the whole file.
    lock: '',
  });
  const entries = Object.entries(operations as Readonly<Record<string, AnyOperation>>);
  return Object.fromEntries(
    entries.map(([name, operation]) => [
      name,
      (...args: never[]) => runSync(operation(...args), run),
    ]),
  ) as Synchronous;
}

/**
 * Returns a function that applies tombstones that a restored backup has lost. It removes the rows
 * under an erased pseudonym that are not newer than its erasure.
 */
export function personTombstones(
  database: Database,
): (tombstones: readonly Tombstone[], known?: readonly string[]) => void {
  const blank = database.prepare(
    `UPDATE requests SET pseudonym = '', reference = '' WHERE pseudonym = ? AND received <= ?`,
  );
  // A dossier that stays because of its contract loses the reference alone.
  const unlink = database.prepare(
    `UPDATE dossiers SET reference = '' WHERE pseudonym = ? AND since <= ?`,
  );
  const forget = database.prepare(
    `UPDATE journal SET salt = '', subject = '' WHERE subject = ? AND substr(at, 1, 10) <= ?`,
  );
  const drop = (table: string, more = ''): DatabaseConstructor.Statement =>
    database.prepare(`DELETE FROM ${table} WHERE pseudonym = ? AND since <= ?${more}`);
  // The restriction after an upheld objection is permanent, so it outlives an erasure.
  const drops = [
    drop('restrictions', ` AND ground != '${UPHELD}'`),
    ...['holds', 'directives', 'exceptions', 'apart', 'proposals'].map(each => drop(each)),
  ];
  const dropDossier = drop('dossiers');
  const pseudonyms = database.prepare<unknown[], { pseudonym: string }>(
    `${Object.keys(PERSON_TABLES)
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
  return (tombstones, known): void => {
    const all = throughsOf(tombstones, ...PERSON_TOMBSTONES);
    const whole = throughsOf(tombstones, PERSON_TOMBSTONE);
    if (all.size === 0) return;
    for (const pseudonym of known ?? pseudonyms.all().map(row => row.pseudonym)) {
      const digest = pseudonym === '' ? '' : digestOf(pseudonym);
      const through = all.get(digest);
      if (through !== undefined)
        for (const statement of [...drops, blank, unlink, forget])
          statement.run(pseudonym, through);
      if (whole.has(digest)) dropDossier.run(pseudonym, whole.get(digest));
    }
  };
}
