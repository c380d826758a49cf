/** Creates and migrates the PostgreSQL schema of a ledger, and adds month partitions. */

import { portabilityError } from '../../errors.ts';
import * as LEDGER from '../../messages/ledger.ts';
import { JOURNAL_COLUMNS, PERSON_TABLES, type PersonTable } from '../person-records.ts';
import {
  addLaterColumns,
  DUE_INDEX,
  firstColumns,
  RENAME_DOUBT_REASON,
} from '../sql/person-records.ts';
import type { Database, Query } from './pool.ts';

/** Text sorts by code point, as in the other ledgers. */
const TEXT = 'text COLLATE "C" NOT NULL';
const typeOf = (type: 'TEXT' | 'INTEGER'): string => (type === 'TEXT' ? TEXT : 'integer NOT NULL');

function create(table: PersonTable): string {
  const { key } = PERSON_TABLES[table];
  const list = firstColumns(table).map(([column, type]) => `${column} ${typeOf(type)}`);
  return `CREATE TABLE ${table} (${list.join(', ')}, PRIMARY KEY (${key.join(', ')}));`;
}

/** Person record tables of the first schema version. */
const FIRST: readonly PersonTable[] = [
  'dossiers',
  'restrictions',
  'holds',
  'apart',
  'directives',
  'exceptions',
  'requests',
];

const FIXED = JOURNAL_COLUMNS.filter(column => column !== 'salt' && column !== 'subject')
  .map(column => `NEW.${column} IS DISTINCT FROM OLD.${column}`)
  .join(' OR ');

const DIGEST_PREFIX = Buffer.from('laissez-passer mark\0').toString('hex');

/**
 * `ensure_month` adds a month by attaching a separate table, which does not take a lock that blocks
 * others noticeably. It runs as its owner, so that the role of a gateway needs no right to create a
 * table. It first drops a partition that an interrupted purge left detached.
 */
const functionsIn = (schema: string): string => `
  CREATE FUNCTION mark_digest(pseudonym bytea) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT pg_catalog.sha256('\\x${DIGEST_PREFIX}'::bytea || pseudonym) $$;
  CREATE FUNCTION days_through(month text, day text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN left(day, 7) = month THEN (2 ^ right(day, 2)::integer - 1)::bigint::integer
      WHEN day COLLATE "C" < month COLLATE "C" THEN 0 ELSE 2147483647 END $$;
  CREATE FUNCTION day_bit(at integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT 1 << (extract(day FROM to_timestamp(at) AT TIME ZONE 'UTC')::integer - 1) $$;
  CREATE FUNCTION ensure_month(month text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${schema}, pg_temp AS $$
  DECLARE family text; part text;
  BEGIN
    IF month !~ '^[0-9]{4}-(0[1-9]|1[0-2])$' THEN RAISE EXCEPTION 'no month'; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('laissez-passer months'), hashtext('${schema}'));
    FOREACH family IN ARRAY ARRAY['cards', 'accesses'] LOOP
      part := family || '_' || replace(month, '-', '_');
      CONTINUE WHEN EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(part));
      EXECUTE format('DROP TABLE IF EXISTS %I', part);
      EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL, CHECK (month = %L))', part, family, month);
      EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES IN (%L)', family, part, month);
    END LOOP;
  END $$;
  CREATE FUNCTION journal_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF ${FIXED} OR NEW.salt <> '' OR NEW.subject <> '' THEN RAISE EXCEPTION 'the journal is only appended to'; END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER journal_is_fixed BEFORE UPDATE ON journal FOR EACH ROW EXECUTE FUNCTION journal_is_fixed();`;

/**
 * Each step migrates the schema from the version of its index to the next. Released steps are never
 * edited.
 */
const stepsIn = (schema: string): readonly string[] => [
  `
  CREATE TABLE cards (
    month ${TEXT}, pseudonym bytea NOT NULL, home_days integer NOT NULL, outside_days integer NOT NULL,
    PRIMARY KEY (month, pseudonym), CHECK (length(pseudonym) = 16 AND home_days >= 0 AND outside_days >= 0 AND (home_days | outside_days) > 0)
  ) PARTITION BY LIST (month);
  CREATE TABLE accesses (
    month ${TEXT}, pseudonym bytea NOT NULL, at integer NOT NULL, from_home integer NOT NULL,
    PRIMARY KEY (month, pseudonym, at, from_home)
  ) PARTITION BY LIST (month);
  CREATE INDEX accesses_at ON accesses (at);
  CREATE TABLE marks (
    month ${TEXT}, digest bytea NOT NULL, through ${TEXT}, home_days integer NOT NULL, outside_days integer NOT NULL,
    PRIMARY KEY (month, digest)
  );
  CREATE TABLE tally (
    day ${TEXT}, reason ${TEXT}, writer ${TEXT}, epoch bigint NOT NULL, count bigint NOT NULL, PRIMARY KEY (day, reason, writer, epoch)
  );
  CREATE TABLE editions (day ${TEXT}, edition ${TEXT}, PRIMARY KEY (day, edition));
  CREATE TABLE runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at ${TEXT}, what ${TEXT}, before ${TEXT},
    cards bigint NOT NULL, accesses bigint NOT NULL, keys bigint NOT NULL
  );
  ${FIRST.map(create).join('\n')}
  CREATE INDEX apart_month ON apart (month);
  CREATE INDEX dossiers_ends ON dossiers (ends) WHERE ends <> '';
  CREATE INDEX requests_pseudonym ON requests (pseudonym);
  CREATE TABLE journal (
    seq integer PRIMARY KEY, at ${TEXT}, operator ${TEXT}, action ${TEXT}, reason ${TEXT}, reference ${TEXT},
    commitment ${TEXT}, salt ${TEXT}, subject ${TEXT}, hash ${TEXT}
  );
  CREATE INDEX journal_subject ON journal (subject) WHERE subject <> '';
  ${functionsIn(schema)}`,
  `
  CREATE TABLE key_checks (name ${TEXT} PRIMARY KEY, value ${TEXT});
  ${RENAME_DOUBT_REASON}
  ${addLaterColumns('references', TEXT)}
  ${create('proposals')}`,
  `
  ${addLaterColumns('standings', TEXT)}
  ${DUE_INDEX}
  CREATE TABLE tombstone_position (id smallint PRIMARY KEY CHECK (id = 1), position ${TEXT});
  CREATE INDEX runs_before ON runs (before) WHERE what <> 'erase';`,
];

const VERSION = stepsIn('').length;

/**
 * Returns the version of the schema. Reads the catalogue table, because a lookup by name may still
 * return a cached miss after the lock is taken.
 */
async function versionOf(query: Query, plain: string): Promise<number> {
  const { count } = await query(
    "SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = 'meta'",
    [plain],
  );
  if (count === 0) return 0;
  return (
    (await query<{ version: number }>(`SELECT version FROM "${plain}".meta`)).rows[0]?.version ?? 0
  );
}

/**
 * Migrates the schema to the current version. If many gateways start at once, one of them does it.
 */
export async function migrate(database: Database, mayCreate: boolean): Promise<void> {
  const { schema, plain } = database;
  const found = await versionOf(database.query, plain);
  if (found > VERSION) throw portabilityError(LEDGER.ledgerNewer);
  if (found === VERSION) return;
  if (!mayCreate) throw portabilityError(LEDGER.ledgerMissing);
  await database.transaction(async query => {
    await query('SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))', [
      'laissez-passer schema',
      plain,
    ]);
    const version = await versionOf(query, plain);
    if (version === VERSION) return;
    // Behind a long read, the statements of gateways would wait for this one.
    await query(`SET LOCAL lock_timeout = ${database.lockTimeout}`);
    // `IF NOT EXISTS` is not enough: it requires the right to create schemas even if the schema
    // exists.
    const { rows } = await query('SELECT FROM pg_namespace WHERE nspname = $1', [plain]);
    if (rows.length === 0) await query(`CREATE SCHEMA ${schema}`);
    await query(`SET LOCAL search_path = ${schema}, pg_temp`);
    if (version === 0) await query('CREATE TABLE meta (version integer NOT NULL)');
    await query(stepsIn(plain).slice(version).join('\n'));
    await query('DELETE FROM meta');
    await query('INSERT INTO meta VALUES ($1)', [VERSION]);
    // An index of a large ledger takes longer than a statement may.
  }, true);
}

/** Tables that the schema must contain. */
export const POSTGRES_TABLES: readonly string[] = [
  'cards',
  'accesses',
  'marks',
  'tally',
  'editions',
  'runs',
  'journal',
  'key_checks',
  'tombstone_position',
  'meta',
  ...Object.keys(PERSON_TABLES),
];
