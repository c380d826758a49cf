/** Runs the operations of the person records in PostgreSQL. */

import type { PersonRecords } from '../person-records.ts';
import {
  type Operation,
  personRecordOperations,
  runAsync,
  type Statement,
} from '../sql/person-records.ts';
import type { Database, Query } from './pool.ts';

type AnyOperation = (...args: never[]) => Operation<unknown>;

/** Returns the person records of a schema. Each operation is one statement or one transaction. */
export function postgresPersonRecords({ schema, query, transaction }: Database): PersonRecords {
  const { cutJournal, ...others } = personRecordOperations({
    prefix: `${schema}.`,
    isOneOf: column => `${column} = ANY($1)`,
    listOf: values => values,
    lock: 'FOR UPDATE',
  });
  const over =
    (each: Query) =>
    ({ sql, values }: Statement) =>
      each(sql, values);
  const single = Object.entries(others as Readonly<Record<string, AnyOperation>>).map(
    ([name, operation]) => [name, (...args: never[]) => runAsync(operation(...args), over(query))],
  );
  return {
    ...Object.fromEntries(single),
    cutJournal: anchor => transaction(each => runAsync(cutJournal(anchor), over(each))),
  };
}
