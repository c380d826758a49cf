/**
 * Implements the reads and writes of a PostgreSQL ledger. A batch writes all its cards in one
 * statement; a subscriber's read fetches one row for each month.
 */

import { isMonth } from '../../days.ts';
import { type Finding, finding } from '../../messages/verification-findings.ts';
import type { Card } from '../card.ts';
import {
  type Access,
  type Batch,
  type CardKey,
  type EditionDay,
  type Ledger,
  type MonthCount,
  ownersOf,
  type Run,
  withoutOwners,
} from '../ledger.ts';
import { personRecordOperations, runAsync } from '../sql/person-records.ts';
import { postgresDialect, statementsOver } from './person-records.ts';
import type { Database, Query } from './pool.ts';
import { POSTGRES_TABLES } from './schema.ts';

/**
 * Advisory lock that writers share and an erasure takes exclusively. Therefore no writer that has
 * read the tombstones before an erasure writes after it.
 */
export const ERASURE_LOCK = `hashtext('laissez-passer erasure'), hashtext`;

/** Returns one column of the rows as an array for `unnest`. */
const columnOf = <Row, Value>(rows: readonly Row[], value: (row: Row) => Value): Value[] =>
  rows.map(value);

/**
 * Leaves out the bits that a tombstone drops and combines rows of the same card. All writers use
 * the same order, so that no two of them wait for each other. A row without new bits is not
 * rewritten.
 */
const putCards = (schema: string): string => `
  INSERT INTO ${schema}.cards AS c (month, pseudonym, home_days, outside_days)
  SELECT n.month, n.pseudonym, bit_or(n.home & ~coalesce(d.erased | m.home_days, 0)), bit_or(n.outside & ~coalesce(d.erased | m.outside_days, 0))
  FROM (SELECT month, decode(pseudonym, 'hex') AS pseudonym, home, outside
        FROM unnest($1::text[], $2::text[], $3::integer[], $4::integer[]) AS u(month, pseudonym, home, outside)) n
  LEFT JOIN ${schema}.marks m ON m.month = n.month AND m.digest = ${schema}.mark_digest(n.pseudonym)
  LEFT JOIN LATERAL (SELECT ${schema}.days_through(m.month, m.through) AS erased) d ON true
  GROUP BY 1, 2
  HAVING bit_or(n.home & ~coalesce(d.erased | m.home_days, 0)) | bit_or(n.outside & ~coalesce(d.erased | m.outside_days, 0)) <> 0
  ORDER BY 1, 2
  ON CONFLICT (month, pseudonym) DO UPDATE
  SET home_days = c.home_days | excluded.home_days, outside_days = c.outside_days | excluded.outside_days
  WHERE c.home_days | excluded.home_days <> c.home_days OR c.outside_days | excluded.outside_days <> c.outside_days`;

const putAccesses = (schema: string): string => `
  INSERT INTO ${schema}.accesses (month, pseudonym, at, from_home)
  SELECT n.month, n.pseudonym, n.at, n.home
  FROM (SELECT month, decode(pseudonym, 'hex') AS pseudonym, at, home
        FROM unnest($1::text[], $2::text[], $3::integer[], $4::integer[]) AS u(month, pseudonym, at, home)) n
  LEFT JOIN ${schema}.marks m ON m.month = n.month AND m.digest = ${schema}.mark_digest(n.pseudonym)
  WHERE m.month IS NULL OR (${schema}.days_through(m.month, m.through) | CASE n.home WHEN 1 THEN m.home_days ELSE m.outside_days END)
    & ${schema}.day_bit(n.at) = 0
  ORDER BY 1, 2, 3, 4 ON CONFLICT DO NOTHING`;

const putTally = (schema: string): string => `
  INSERT INTO ${schema}.tally AS t (day, reason, writer, epoch, count)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) ORDER BY 1, 2, 3, 4
  ON CONFLICT (day, reason, writer, epoch) DO UPDATE SET count = excluded.count WHERE excluded.count > t.count`;

const putEditions = (schema: string): string => `
  INSERT INTO ${schema}.editions SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) ORDER BY 1, 2 ON CONFLICT DO NOTHING`;

/**
 * Returns the tally row with the highest count for each key, because a statement can change a row
 * only once.
 */
function latest(tally: Batch['tally']): Batch['tally'] {
  const rows = new Map<string, Batch['tally'][number]>();
  for (const row of tally) {
    const key = `${row.day} ${row.reason} ${row.writer} ${row.epoch}`;
    if (row.count > (rows.get(key)?.count ?? -1)) rows.set(key, row);
  }
  return [...rows.values()];
}

async function writeRows(
  query: Query,
  schema: string,
  { cards, accesses, tally, editions }: Batch,
): Promise<void> {
  const part = async <Row>(
    sql: string,
    rows: readonly Row[],
    ...values: readonly ((row: Row) => unknown)[]
  ) => {
    if (rows.length > 0)
      await query(
        sql,
        values.map(value => columnOf(rows, value)),
      );
  };
  const key = [(row: CardKey) => row.month, (row: CardKey) => row.pseudonym];
  await part(
    putCards(schema),
    cards,
    ...key,
    ({ homeDays }) => homeDays,
    ({ outsideDays }) => outsideDays,
  );
  await part(
    putAccesses(schema),
    accesses,
    ...key,
    ({ at }) => at,
    ({ fromHome }) => (fromHome ? 1 : 0),
  );
  await part(
    putTally(schema),
    latest(tally),
    ({ day }: Batch['tally'][number]) => day,
    ({ reason }: Batch['tally'][number]) => reason,

    ({ writer }: Batch['tally'][number]) => writer,
    ({ epoch }: Batch['tally'][number]) => epoch,
    ({ count }) => count,
  );
  await part(
    putEditions(schema),
    editions,
    ({ day }) => day,
    ({ edition }) => edition,
  );
}

/** Remembers the months whose partitions exist, until a write fails. */
function openMonths({ query, schema }: Database) {
  const known = new Set<string>();
  return {
    forget: () => known.clear(),
    ensure: async (months: Iterable<string>): Promise<void> => {
      for (const month of new Set(months)) {
        if (known.has(month)) continue;
        await query(`SELECT ${schema}.ensure_month($1)`, [month]);
        known.add(month);
      }
    },
  };
}

type Writes = Pick<Ledger, 'write' | 'recordRun' | 'addKeyChecks'>;

export function postgresWrites(database: Database): Writes {
  const { schema, plain, query, transaction } = database;
  const months = openMonths(database);
  const { among } = personRecordOperations(postgresDialect(schema));
  return {
    write: async batch => {
      await months.ensure([...batch.cards, ...batch.accesses].map(({ month }) => month));
      try {
        return await transaction(async each => {
          await each(`SELECT pg_advisory_xact_lock_shared(${ERASURE_LOCK}($1))`, [plain]);
          const asked = among('restrictions', ownersOf(batch));
          const restricted = await runAsync(asked, statementsOver(each));
          await writeRows(each, schema, withoutOwners(batch, restricted));
          return restricted;
        });
      } catch (error) {
        // Another process may have purged a month in the meantime.
        months.forget();
        throw error;
      }
    },
    addKeyChecks: async checks => {
      await query(
        `INSERT INTO ${schema}.key_checks SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING`,
        [Object.keys(checks), Object.values(checks)],
      );
    },
    recordRun: async ({ at, what, before, cards, accesses, keys }) => {
      await query(
        `INSERT INTO ${schema}.runs (at, what, before, cards, accesses, keys) VALUES ($1, $2, $3, $4, $5, $6)`,
        [at, what, before, cards, accesses, keys],
      );
    },
  };
}

type Reads = Pick<
  Ledger,
  | 'cards'
  | 'accesses'
  | 'months'
  | 'tally'
  | 'editions'
  | 'runs'
  | 'purgedBefore'
  | 'keyChecks'
  | 'verify'
>;

/**
 * Builds a query by month: `$1` and `$2` are a month and its pseudonyms, `$3` and `$4` the next.
 * Each branch opens one partition and probes its primary key.
 */
export const readKeyed = (table: string, columns: string, months: number): string =>
  Array.from(
    { length: months },
    (_, n) =>
      `SELECT month, encode(pseudonym, 'hex') AS pseudonym, ${columns} FROM ${table} WHERE month = $${2 * n + 1} AND pseudonym = ANY($${2 * n + 2}::bytea[])`,
  ).join(' UNION ALL ');

export function keyedValues(keys: readonly CardKey[]): (string | Buffer[])[] {
  const months = [...new Set(keys.map(({ month }) => month))];
  return months.flatMap(month => [
    month,
    keys.filter(key => key.month === month).map(({ pseudonym }) => Buffer.from(pseudonym, 'hex')),
  ]);
}

export const CARD_COLUMNS = 'home_days AS "homeDays", outside_days AS "outsideDays"';

export function postgresReads(database: Database): Reads {
  const { schema, query, transaction } = database;
  const rowsOf = async <Row>(sql: string, values: readonly unknown[] = []): Promise<Row[]> =>
    (await query<Row>(sql, values)).rows;
  const keyed = async <Row>(
    table: string,
    columns: string,
    keys: readonly CardKey[],
    order = '',
  ): Promise<Row[]> => {
    const values = keyedValues(keys);
    if (keys.length === 0) return [];
    return rowsOf<Row>(
      `${readKeyed(`${schema}.${table}`, columns, values.length / 2)} ${order}`,
      values,
    );
  };
  return {
    cards: keys => keyed<Card>('cards', CARD_COLUMNS, keys),
    accesses: keys =>
      keyed<Access>('accesses', 'at, from_home = 1 AS "fromHome"', keys, 'ORDER BY at'),
    months: () =>
      transaction(
        async each =>
          (
            await each<MonthCount>(
              `SELECT month, count(*)::float8 AS cards FROM ${schema}.cards GROUP BY 1 ORDER BY 1`,
            )
          ).rows,
        true,
      ),
    tally: (from, to) =>
      rowsOf(
        `SELECT day, reason, sum(count)::float8 AS count FROM ${schema}.tally WHERE day BETWEEN $1 AND $2 GROUP BY 1, 2 ORDER BY 1, 2`,
        [from, to],
      ),
    editions: (from, to) =>
      rowsOf<EditionDay>(
        `SELECT day, edition FROM ${schema}.editions WHERE day BETWEEN $1 AND $2 ORDER BY 1, 2`,
        [from, to],
      ),
    runs: () =>
      rowsOf<Run>(
        `SELECT at, what, before, cards::integer, accesses::integer, keys::integer FROM ${schema}.runs ORDER BY id`,
      ),
    purgedBefore: async () => {
      const [row] = await rowsOf<{ before: string | null }>(
        `SELECT max(before) AS before FROM ${schema}.runs WHERE what <> 'erase'`,
      );
      return row?.before ?? '';
    },
    keyChecks: async () => {
      const rows = await rowsOf<{ name: string; value: string }>(
        `SELECT name, value FROM ${schema}.key_checks`,
      );
      return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
    },
    verify: () => problemsIn(database),
  };
}

/**
 * Returns what differs from the expected schema. PostgreSQL checks its pages itself (`pg_amcheck`,
 * data checksums).
 */
async function problemsIn({ query, schema, plain }: Database): Promise<Finding[]> {
  const { rows } = await query<{ name: string }>(
    'SELECT tablename AS name FROM pg_tables WHERE schemaname = $1',
    [plain],
  );
  const missing = POSTGRES_TABLES.filter(table => !rows.some(({ name }) => name === table));
  if (missing.length > 0) return missing.map(table => finding('table-missing', { table }));
  const pending = await query(
    `SELECT FROM pg_inherits WHERE inhparent IN (to_regclass($1), to_regclass($2)) AND inhdetachpending`,
    [`${plain}.cards`, `${plain}.accesses`],
  );
  const months = await query<{ month: string }>(
    `SELECT DISTINCT month FROM ${schema}.cards UNION SELECT DISTINCT month FROM ${schema}.accesses`,
  );
  return [
    ...months.rows.filter(({ month }) => !isMonth(month)).map(() => finding('card-month', {})),
    ...(pending.count > 0 ? [finding('purge-unfinished', {})] : []),
  ];
}
