/**
 * Implements erasures and purges of a PostgreSQL ledger. An erasure stores and applies its
 * tombstones in one transaction that no writer overlaps; a purge drops the partitions of old
 * months.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type PortabilityError, portabilityError } from '../../errors.ts';
import * as LEDGER from '../../messages/ledger.ts';
import type { DayBits } from '../card.ts';
import {
  type CardKey,
  digestOf,
  type Ledger,
  PERSON_TOMBSTONE,
  PERSON_TOMBSTONES,
  type RecordsBefore,
  type Tombstone,
} from '../ledger.ts';
import { UPHELD } from '../person-records.ts';
import { droppedBy, mergedTombstones, missingFrom, tombstoneKey } from '../tombstones.ts';
import type { Database, Query } from './pool.ts';
import { ERASURE_LOCK } from './store.ts';

const TOMBSTONE_COLUMNS = `month, encode(digest, 'hex') AS digest, through, home_days AS "homeDays", outside_days AS "outsideDays"`;

const tombstoneOf = ({
  month,
  digest,
  through,
  homeDays,
  outsideDays,
}: Required<Tombstone>): Tombstone => ({
  month,
  digest,
  through,
  ...(homeDays !== 0 && { homeDays }),
  ...(outsideDays !== 0 && { outsideDays }),
});

async function putTombstones(
  query: Query,
  schema: string,
  tombstones: readonly Tombstone[],
): Promise<void> {
  await query(
    `INSERT INTO ${schema}.marks AS m (month, digest, through, home_days, outside_days)
     SELECT month, decode(digest, 'hex'), through, home, outside
     FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::integer[]) AS u(month, digest, through, home, outside)
     ON CONFLICT (month, digest) DO UPDATE SET through = greatest(m.through, excluded.through),
       home_days = m.home_days | excluded.home_days, outside_days = m.outside_days | excluded.outside_days`,
    [
      tombstones.map(({ month }) => month),
      tombstones.map(({ digest }) => digest),
      tombstones.map(({ through }) => through),

      tombstones.map(({ homeDays = 0 }) => homeDays),
      tombstones.map(({ outsideDays = 0 }) => outsideDays),
    ],
  );
}

/**
 * A card and the bits to drop from it. `name` is the pseudonym if it is known, otherwise its
 * digest, which requires a read of the whole month.
 */
interface Drop extends DayBits {
  readonly month: string;
  readonly name: string;
}

/** Applies dropped bits to the stored data. Returns the number of cards removed. */
async function applyDrops(
  query: Query,
  schema: string,
  drops: readonly Drop[],
  by: 'pseudonym' | 'digest',
) {
  const name = by === 'pseudonym' ? 't.pseudonym' : `${schema}.mark_digest(t.pseudonym)`;
  const from = `FROM (SELECT month, decode(name, 'hex') AS name, home, outside
    FROM unnest($1::text[], $2::text[], $3::integer[], $4::integer[]) AS u(month, name, home, outside)) d`;
  const where = `t.month = ANY($1) AND t.month = d.month AND ${name} = d.name`;
  const values = [
    drops.map(({ month }) => month),
    drops.map(each => each.name),
    drops.map(({ homeDays }) => homeDays),
    drops.map(({ outsideDays }) => outsideDays),
  ];
  await query(
    `DELETE FROM ${schema}.accesses t USING ${from.slice(5)} WHERE ${where}
       AND CASE t.from_home WHEN 1 THEN d.home ELSE d.outside END & ${schema}.day_bit(t.at) <> 0`,
    values,
  );
  const { count } = await query(
    `DELETE FROM ${schema}.cards t USING ${from.slice(5)} WHERE ${where} AND (t.home_days & ~d.home) | (t.outside_days & ~d.outside) = 0`,
    values,
  );
  await query(
    `UPDATE ${schema}.cards t SET home_days = t.home_days & ~d.home, outside_days = t.outside_days & ~d.outside ${from}
     WHERE ${where} AND (t.home_days & d.home) | (t.outside_days & d.outside) <> 0`,
    values,
  );
  return count;
}

/**
 * Removes the person records under an erased pseudonym that are not newer than its erasure. The
 * restriction after an upheld objection stays.
 */
async function applyToPersonRecords(
  query: Query,
  schema: string,
  tombstones: readonly Tombstone[],
  pseudonyms?: readonly string[],
): Promise<void> {
  const ofMonths = (...months: readonly string[]): unknown[] => {
    const of = mergedTombstones(
      tombstones
        .filter(({ month }) => months.includes(month))
        .map(tombstone => ({ ...tombstone, month: 'any' })),
    );
    const days = [of.map(({ digest }) => digest), of.map(({ through }) => through)];
    return pseudonyms === undefined ? days : [...days, pseudonyms];
  };
  const marked = `unnest($1::text[], $2::text[]) AS m(digest, through)`;
  const is = (column: string, day: string): string =>
    `t.${column} <> ''${pseudonyms === undefined ? '' : ` AND t.${column} = ANY($3::text[])`} AND ${schema}.mark_digest(decode(t.${column}, 'hex')) = decode(m.digest, 'hex') AND ${day} <= m.through COLLATE "C"`;
  const all = ofMonths(...PERSON_TOMBSTONES);
  for (const table of ['restrictions', 'holds', 'directives', 'exceptions', 'apart', 'proposals'])
    await query(
      `DELETE FROM ${schema}.${table} t USING ${marked} WHERE ${is('pseudonym', 't.since')}${table === 'restrictions' ? ` AND t.ground <> '${UPHELD}'` : ''}`,
      all,
    );
  await query(
    `UPDATE ${schema}.requests t SET pseudonym = '', reference = '' FROM ${marked} WHERE ${is('pseudonym', 't.received')}`,
    all,
  );
  // A dossier that stays because of its contract loses the reference alone.
  await query(
    `UPDATE ${schema}.dossiers t SET reference = '' FROM ${marked} WHERE ${is('pseudonym', 't.since')}`,
    all,
  );
  await query(
    `UPDATE ${schema}.journal t SET salt = '', subject = '' FROM ${marked} WHERE ${is('subject', 'left(t.at, 10)')}`,
    all,
  );
  await query(
    `DELETE FROM ${schema}.dossiers t USING ${marked} WHERE ${is('pseudonym', 't.since')}`,
    ofMonths(PERSON_TOMBSTONE),
  );
}

type Erasures = Pick<
  Ledger,
  | 'erase'
  | 'clear'
  | 'restoreTombstones'
  | 'tombstones'
  | 'tombstonePage'
  | 'tombstonePosition'
  | 'setTombstonePosition'
>;

export function postgresErasures({ schema, plain, query, transaction }: Database): Erasures {
  const exclusively = <Result>(work: (each: Query) => Promise<Result>): Promise<Result> =>
    transaction(async each => {
      await each(`SELECT pg_advisory_xact_lock(${ERASURE_LOCK}($1))`, [plain]);
      return work(each);
    }, true);
  const apply = (
    keys: readonly CardKey[],
    tombstone: Omit<Tombstone, 'month' | 'digest'>,
  ): Promise<number> =>
    exclusively(async each => {
      const tombstones = keys.map(({ month, pseudonym }) => ({
        month,
        digest: digestOf(pseudonym),
        ...tombstone,
      }));
      if (keys.length === 0) return 0;
      await putTombstones(each, schema, mergedTombstones(tombstones));
      const drops = keys.map(({ month, pseudonym }, n) => ({
        month,
        name: pseudonym,
        ...droppedBy(tombstones[n]),
      }));
      return applyDrops(each, schema, drops, 'pseudonym');
    });
  const read = async (rest: string, values: readonly unknown[] = []): Promise<Tombstone[]> =>
    (
      await query<Required<Tombstone>>(
        `SELECT ${TOMBSTONE_COLUMNS} FROM ${schema}.marks ${rest}`,
        values,
      )
    ).rows.map(tombstoneOf);
  /** Reads those of the marks that have the key of one of the tombstones. */
  const stored = (tombstones: readonly Tombstone[]): Promise<Tombstone[]> =>
    read(
      `WHERE (month, digest) IN (SELECT month, decode(digest, 'hex') FROM unnest($1::text[], $2::text[]) AS u(month, digest))`,
      [tombstones.map(({ month }) => month), tombstones.map(({ digest }) => digest)],
    );
  return {
    erase: (keys, through) => apply(keys, { through }),
    clear: async (key, bits) => void (await apply([key], { through: '', ...bits })),
    tombstones: () => read('ORDER BY month, digest'),
    tombstonePage: async (cursor, limit) => {
      const [month = '', digest = ''] = cursor.split(' ');
      const tombstones = await read(
        `WHERE (month, digest) > ($1, decode($2, 'hex')) ORDER BY marks.month, marks.digest LIMIT $3`,
        [month, digest, limit],
      );
      return {
        tombstones,
        next: tombstones.length < limit ? '' : tombstoneKey(tombstones.at(-1)!),
      };
    },
    tombstonePosition: async () =>
      (await query<{ position: string }>(`SELECT position FROM ${schema}.tombstone_position`))
        .rows[0]?.position ?? '',
    setTombstonePosition: async position => {
      await query(
        `INSERT INTO ${schema}.tombstone_position VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET position = excluded.position`,
        [position],
      );
    },
    restoreTombstones: async (tombstones, pseudonyms) => {
      const merged = mergedTombstones(tombstones);
      const present = new Map((await stored(merged)).map(each => [tombstoneKey(each), each]));
      const lost = missingFrom(present, merged);
      // Every gateway calls this when it starts. The lock blocks the writers only if a tombstone is
      // missing.
      if (lost.length === 0) return;
      await exclusively(async each => {
        await putTombstones(each, schema, lost);
        const drops = lost.map(tombstone => ({
          month: tombstone.month,
          name: tombstone.digest,
          ...droppedBy(tombstone),
        }));
        await applyDrops(each, schema, drops, 'digest');
        await applyToPersonRecords(each, schema, lost, pseudonyms);
      });
    },
  };
}

/** Finds the months before a month, also those that an interrupted purge left detached. */
const OLD = `SELECT c.relname AS part FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relkind = 'r' AND c.relname ~ ('^' || $2 || '_[0-9]{4}_[0-9]{2}$') AND right(c.relname, 7) COLLATE "C" < $3`;

const UNDEFINED_TABLE = '42P01';
const LOCK_NOT_AVAILABLE = '55P03';
/** The server looked up a table while another transaction dropped it. */
const INTERNAL_ERROR = 'XX000';

/**
 * How often a purge tries to drop a table that a long read holds. It waits for the lock up to the
 * limit each time, and as long between two attempts, so that the batches that waited for the drop
 * are written: 45 seconds in total by default.
 */
const DROP_ATTEMPTS = 5;

/** Runs a part of a purge in a transaction that waits for a lock no longer than the limit. */
async function purging<Result>(
  { transaction, lockTimeout }: Database,
  work: (query: Query) => Promise<Result>,
): Promise<Result> {
  try {
    return await transaction(async query => {
      await query(`SET LOCAL lock_timeout = ${lockTimeout}`);
      return work(query);
    }, true);
  } catch (error) {
    const { system, host } = error as PortabilityError;
    if (system !== LOCK_NOT_AVAILABLE) throw error;
    throw portabilityError(LEDGER.postgresPurgeBlocked, { host, system });
  }
}

/**
 * Drops the table of a month, which visits no single row and writes no log of rows. Returns the
 * number of its rows, or 0 if another purge has dropped it in the meantime.
 *
 * The drop locks out readers and writers for a moment, and makes them wait for as long as itself
 * waits, at most the limit. `DETACH PARTITION CONCURRENTLY` would lock out no one, but it cannot
 * run in a transaction: it could neither have a time limit nor be kept apart from another purge
 * without a lock of the session, which a pooler hands to other clients.
 */
async function dropMonth(
  database: Database,
  part: string,
  attempts = DROP_ATTEMPTS,
): Promise<number> {
  const name = `${database.schema}."${part}"`;
  try {
    // Counts in a transaction of its own: two purges that both hold the lock of a reader would wait
    // for each other.
    const { rows } = await purging(database, query =>
      query<{ rows: number }>(`SELECT count(*)::integer AS rows FROM ${name}`),
    );
    await dropTable(database, name);
    return rows[0]!.rows;
  } catch (error) {
    const { system } = error as PortabilityError;
    if (system === UNDEFINED_TABLE) return 0;
    // The next attempt finds the table, or that another purge was faster.
    if (system === INTERNAL_ERROR && attempts > 1) return dropMonth(database, part, attempts - 1);
    throw error;
  }
}

/** Drops a table, and tries again a few times if a long read holds it, such as a backup. */
async function dropTable(database: Database, name: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await purging(database, query => query(`DROP TABLE ${name}`));
      return;
    } catch (error) {
      const isHeld = (error as PortabilityError).system === LOCK_NOT_AVAILABLE;
      if (!isHeld || attempt === DROP_ATTEMPTS) throw error;
      await delay(database.lockTimeout);
    }
  }
}

async function dropMonths(database: Database, family: string, before: string): Promise<number> {
  const { rows } = await database.query<{ part: string }>(OLD, [
    database.plain,
    family,
    before.replace('-', '_'),
  ]);
  let dropped = 0;
  for (const { part } of rows) dropped += await dropMonth(database, part);
  return dropped;
}

async function purgeRecords(
  query: Query,
  schema: string,
  { counts, runs }: RecordsBefore,
): Promise<void> {
  await query(`DELETE FROM ${schema}.tally WHERE day < $1`, [counts]);
  await query(
    `DELETE FROM ${schema}.editions WHERE day < $1 AND day < (SELECT max(day) FROM ${schema}.editions)`,
    [counts],
  );
  await query(
    `DELETE FROM ${schema}.runs WHERE at < $1
     AND (what = 'erase' OR before < (SELECT max(before) FROM ${schema}.runs WHERE what <> 'erase'))`,
    [runs],
  );
}

export const postgresPurges = (
  database: Database,
): Pick<Ledger, 'purgeBefore' | 'purgeAccesses'> => ({
  purgeBefore: async (month, records) => {
    const { schema } = database;
    const cards = await dropMonths(database, 'cards', month);
    const accesses = await dropMonths(database, 'accesses', month);
    // Last: as long as a month cannot be dropped, its tombstones keep erased persons out of it.
    await purging(database, async query => {
      if (records !== undefined) await purgeRecords(query, schema, records);
      return query(
        `DELETE FROM ${schema}.marks WHERE CASE WHEN month = ANY($2) THEN through ELSE month END < $1 COLLATE "C"`,
        [month, PERSON_TOMBSTONES],
      );
    });
    return { cards, accesses };
  },
  purgeAccesses: async before => {
    const { count } = await purging(database, query =>
      query(`DELETE FROM ${database.schema}.accesses WHERE at < $1`, [before]),
    );
    return count;
  },
});
