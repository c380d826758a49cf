/** Runs the operations of the person records in PostgreSQL. */

import type { PersonRecords } from '../person-records.ts';
import {
  type Dialect,
  type Operation,
  type Outcome,
  personRecordOperations,
  runAsync,
  type Statement,
} from '../sql/person-records.ts';
import type { Database, Query } from './pool.ts';

type AnyOperation = (...args: never[]) => Operation<unknown>;

export const postgresDialect = (schema: string): Dialect => ({
  prefix: `${schema}.`,
  isOneOf: column => `${column} = ANY($1)`,
  listOf: values => values,
  items: 'json_array_elements(CAST($1 AS json)) AS item(value)',
  lock: 'FOR UPDATE',
});

/** Returns the function that runs a statement in a transaction, or outside of one. */
export const statementsOver =
  (query: Query) =>
  ({ sql, values }: Statement): Promise<Outcome> =>
    query(sql, values);

/** Returns the person records of a schema. Each operation is one statement or one transaction. */
export function postgresPersonRecords({ schema, query, transaction }: Database): PersonRecords {
  const {
    cutJournal,
    addDossiers: _,
    replaceDossiers,
    ...others
  } = personRecordOperations(postgresDialect(schema));
  const single = Object.entries(others as Readonly<Record<string, AnyOperation>>).map(
    ([name, operation]) => [
      name,
      (...args: never[]) => runAsync(operation(...args), statementsOver(query)),
    ],
  );
  return {
    ...Object.fromEntries(single),
    cutJournal: anchor => transaction(each => runAsync(cutJournal(anchor), statementsOver(each))),
    replaceDossiers: rows =>
      transaction(each => runAsync(replaceDossiers(rows), statementsOver(each))),
  };
}
