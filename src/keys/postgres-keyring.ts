/**
 * Stores the keyring of a fleet in PostgreSQL, each key wrapped by a key that the operator holds
 * elsewhere.
 */

import { randomBytes } from 'node:crypto';
import { portabilityError, withDetails } from '../errors.ts';
import type { Tombstone } from '../ledger/ledger.ts';
import {
  connectPostgres,
  type Database,
  type PostgresOptions,
  type Query,
} from '../ledger/postgres/pool.ts';
import { isTombstoneExpired, mergedTombstones } from '../ledger/tombstones.ts';
import * as KEYS from '../messages/keys.ts';
import {
  checkDestroy,
  checkMonth,
  destroyedError,
  KEY_BYTES,
  type Keyring,
  LASTING_KEYS,
  nameOf,
  pseudonymsFrom,
} from './keyring.ts';
import {
  checkWrap,
  differingKeys,
  type KeyringContent,
  mergeContents,
  monthsOf,
  unwrapKey,
  wrapKey,
} from './keyring-content.ts';

/**
 * Options of {@link openPostgresKeyring}: those of the ledger, and the key that wraps the others.
 */
export interface PostgresKeyringOptions extends PostgresOptions {
  /**
   * 32 bytes that wrap every key (AES-256-GCM). Take them from a secret manager, never from the
   * database.
   */
  readonly wrap: Uint8Array;
}

/**
 * Returns SQL that creates the tables of keys and tombstones. Existing keys never change, and
 * destroyed keys are never created again: the row stays with the day of destruction.
 */
const schemaOf = (schema: string): string => `
  CREATE TABLE IF NOT EXISTS ${schema}.keys (name text COLLATE "C" PRIMARY KEY, wrapped bytea NOT NULL, destroyed text COLLATE "C" NOT NULL);
  CREATE TABLE IF NOT EXISTS ${schema}.key_marks (month text COLLATE "C", digest text COLLATE "C", mark text NOT NULL, PRIMARY KEY (month, digest));`;

async function prepare(
  { query, transaction, schema, plain }: Database,
  mayCreate: boolean,
): Promise<void> {
  const { rows } = await query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
    `${plain}.key_marks`,
  ]);
  if (rows[0]?.there === true) return;
  if (!mayCreate) throw portabilityError(KEYS.keyringMissing);
  await transaction(async each => {
    await each('SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))', [
      'laissez-passer keyring',
      plain,
    ]);
    const { count } = await each('SELECT FROM pg_namespace WHERE nspname = $1', [plain]);
    if (count === 0) await each(`CREATE SCHEMA ${schema}`);
    await each(schemaOf(schema));
  });
}

/** Locks under which keys are created (shared), or all of them are wrapped again (exclusive). */
const LOCK = `hashtext('laissez-passer keys'), hashtext`;

interface KeyRow {
  readonly name: string;
  readonly wrapped: Buffer;
  readonly destroyed: string;
}

/**
 * Returns the key of a name and creates it if it does not exist. If several gateways ask at the
 * same moment, one creates the key and all get the same one. A key is created only under the
 * wrapping key of the keyring: a process that was started before `keyring rewrap` has another one.
 */
async function keyOf(database: Database, wrap: Uint8Array, name: string): Promise<Buffer> {
  const { query, transaction, schema, plain } = database;
  const read = async (each: Query, which: string): Promise<KeyRow | undefined> =>
    (
      await each<KeyRow>(`SELECT name, wrapped, destroyed FROM ${schema}.keys WHERE name = $1`, [
        which,
      ])
    ).rows[0];
  const create = (): Promise<KeyRow> =>
    transaction(async each => {
      await each(`SELECT pg_advisory_xact_lock_shared(${LOCK}($1))`, [plain]);
      const first = await read(each, LASTING_KEYS[0]);
      if (first !== undefined) unwrapKey(wrap, first.name, first.wrapped);
      await each(`INSERT INTO ${schema}.keys VALUES ($1, $2, '') ON CONFLICT DO NOTHING`, [
        name,
        wrapKey(wrap, name, randomBytes(KEY_BYTES)),
      ]);
      return (await read(each, name))!;
    });
  const row = (await read(query, name)) ?? (await create());
  if (row.destroyed !== '') throw destroyedError();
  return unwrapKey(wrap, name, row.wrapped);
}

/** Reads and unwraps all keys. */
async function readKeys(
  query: Query,
  schema: string,
  wrap: Uint8Array,
): Promise<Omit<KeyringContent, 'tombstones'>> {
  const { rows } = await query<KeyRow>(
    `SELECT name, wrapped, destroyed FROM ${schema}.keys ORDER BY name`,
  );
  const held = rows.filter(({ destroyed }) => destroyed === '');
  const gone = rows.filter(({ destroyed }) => destroyed !== '');
  return {
    keys: Object.fromEntries(
      held.map(({ name, wrapped }) => [name, unwrapKey(wrap, name, wrapped)]),
    ),
    destroyed: Object.fromEntries(gone.map(({ name, destroyed }) => [name.slice(5), destroyed])),
  };
}

const readContent = async (
  query: Query,
  schema: string,
  wrap: Uint8Array,
): Promise<KeyringContent> => ({
  ...(await readKeys(query, schema, wrap)),
  tombstones: await readTombstones(query, schema),
});

/** Runs `work` in a transaction in which no one else creates, destroys or wraps a key. */
const exclusively = <Result>(
  { transaction, schema, plain }: Database,
  work: (each: Query) => Promise<Result>,
): Promise<Result> =>
  transaction(async each => {
    await each(`SELECT pg_advisory_xact_lock(${LOCK}($1))`, [plain]);
    await each(`LOCK TABLE ${schema}.keys, ${schema}.key_marks IN SHARE ROW EXCLUSIVE MODE`);
    return work(each);
  });

/** Opens the tables of a keyring for one operation, and closes the connections. */
async function withDatabase<Result>(
  url: string,
  options: PostgresOptions,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const database = await connectPostgres(url, options);
  try {
    await prepare(database, options.create ?? true);
    return await work(database);
  } catch (error) {
    throw withDetails(error, { host: database.host });
  } finally {
    await database.close();
  }
}

/**
 * Reads the whole content of a keyring in PostgreSQL, for a copy.
 * @throws PortabilityError the errors of {@link openPostgresKeyring}
 */
export const readPostgresKeyring = (
  url: string,
  { wrap, ...options }: PostgresKeyringOptions,
): Promise<KeyringContent> =>
  withDatabase(url, { ...options, create: false }, ({ query, schema }) =>
    readContent(query, schema, checkWrap(wrap)),
  );

/**
 * Merges a content into a keyring in PostgreSQL in one transaction, and creates the tables if the
 * role may.
 * @throws PortabilityError the errors of {@link openPostgresKeyring}, and `ERR_KEYRING_MISMATCH` if
 *   the target holds another keyring
 */
export const mergePostgresKeyring = (
  url: string,
  { wrap, ...options }: PostgresKeyringOptions,
  source: KeyringContent,
): Promise<void> =>
  withDatabase(url, options, database =>
    exclusively(database, async each => {
      const { schema } = database;
      const before = await readContent(each, schema, checkWrap(wrap));
      const after = mergeContents(before, source);
      for (const [name, key] of Object.entries(after.keys))
        if (before.keys[name] === undefined)
          await each(`INSERT INTO ${schema}.keys VALUES ($1, $2, '')`, [
            name,
            wrapKey(wrap, name, key),
          ]);
      for (const [month, day] of Object.entries(after.destroyed))
        await each(
          `INSERT INTO ${schema}.keys AS k VALUES ($1, '', $2)
           ON CONFLICT (name) DO UPDATE SET wrapped = '', destroyed = $2 WHERE k.destroyed = ''`,
          [nameOf(month), day],
        );
      await each(`DELETE FROM ${schema}.key_marks`);
      await putTombstones(each, schema, after.tombstones);
    }),
  );

/**
 * Wraps every key of a keyring in PostgreSQL under another wrapping key, in one transaction: at any
 * moment, one of the two opens all of them.
 * @throws PortabilityError the errors of {@link openPostgresKeyring}
 */
export const rewrapPostgresKeyring = (
  url: string,
  { wrap, ...options }: PostgresKeyringOptions,
  next: Uint8Array,
): Promise<void> =>
  withDatabase(url, { ...options, create: false }, database =>
    exclusively(database, async each => {
      const { schema } = database;
      checkWrap(next);
      const { keys } = await readKeys(each, schema, checkWrap(wrap));
      for (const [name, key] of Object.entries(keys))
        await each(`UPDATE ${schema}.keys SET wrapped = $2 WHERE name = $1`, [
          name,
          wrapKey(next, name, key),
        ]);
    }),
  );

async function destroyMonths(
  { transaction, schema }: Database,
  month: string,
  on: string,
): Promise<string[]> {
  return transaction(async each => {
    const { rows } = await each<{ name: string }>(
      `UPDATE ${schema}.keys SET wrapped = '', destroyed = $2 WHERE name LIKE 'card-%' AND name < $1 AND destroyed = '' RETURNING name`,
      [nameOf(month), on],
    );
    for (const tombstone of await readTombstones(each, schema))
      if (isTombstoneExpired(tombstone, month))
        await each(
          `DELETE FROM ${schema}.key_marks WHERE month = $1 AND digest = $2 AND mark = $3`,
          [
            // A tombstone that was renewed in the meantime is a different one and stays.
            tombstone.month,
            tombstone.digest,
            JSON.stringify(tombstone),
          ],
        );
    return rows.map(({ name }) => name.slice(5)).sort();
  });
}

const readTombstones = async (query: Query, schema: string): Promise<Tombstone[]> =>
  (
    await query<{ mark: string }>(`SELECT mark FROM ${schema}.key_marks ORDER BY month, digest`)
  ).rows.map(({ mark: tombstone }) => JSON.parse(tombstone) as Tombstone);

async function addTombstones(
  { transaction, schema }: Database,
  tombstones: readonly Tombstone[],
): Promise<void> {
  if (tombstones.length === 0) return;
  await transaction(async each => {
    await each(`LOCK TABLE ${schema}.key_marks IN SHARE ROW EXCLUSIVE MODE`);
    const columns = (rows: readonly Tombstone[]) => [
      rows.map(({ month }) => month),
      rows.map(({ digest }) => digest),
    ];
    const { rows } = await each<{ mark: string }>(
      `SELECT mark FROM ${schema}.key_marks JOIN unnest($1::text[], $2::text[]) AS u(month, digest) USING (month, digest)`,
      columns(mergedTombstones(tombstones)),
    );
    const merged = mergedTombstones([
      ...rows.map(({ mark: tombstone }) => JSON.parse(tombstone) as Tombstone),
      ...tombstones,
    ]);
    await putTombstones(each, schema, merged);
  });
}

const putTombstones = (
  query: Query,
  schema: string,
  tombstones: readonly Tombstone[],
): Promise<unknown> =>
  query(
    `INSERT INTO ${schema}.key_marks SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
     ON CONFLICT (month, digest) DO UPDATE SET mark = excluded.mark`,
    [
      tombstones.map(({ month }) => month),
      tombstones.map(({ digest }) => digest),
      tombstones.map(tombstone => JSON.stringify(tombstone)),
    ],
  );

/** A keyring that holds connections and must be closed. */
export interface PostgresKeyring extends Keyring {
  /** Closes the connections. */
  close(): Promise<void>;
}

/**
 * Opens the keyring of a fleet. Creates it if the role may. Keep it in another database than the
 * ledger, or out of the ledger's backup: a backup that contains both undoes the destruction of a
 * key until `wrap` itself is changed.
 * @throws PortabilityError `ERR_KEYRING_KEY` if `wrap` does not have 32 bytes or is not the key of
 *   this keyring, `ERR_KEYRING_OPEN`, and the errors of {@link openPostgresLedger}.
 */
export async function openPostgresKeyring(
  url: string,
  options: PostgresKeyringOptions,
): Promise<PostgresKeyring> {
  const wrap = checkWrap(options.wrap);
  const database = await connectPostgres(url, options);
  const keys = new Map<string, Buffer>();
  const fetchKey = async (name: string): Promise<void> =>
    void keys.set(name, await keyOf(database, wrap, name));
  try {
    await prepare(database, options.create ?? true);
    for (const name of LASTING_KEYS) await fetchKey(name);
  } catch (error) {
    await database.close();
    throw withDetails(error, { host: database.host });
  }
  return {
    ...pseudonymsFrom(keys),
    listsMonths: true,
    ensureMonth: async month => {
      checkMonth(month);
      if (!keys.has(nameOf(month))) await fetchKey(nameOf(month));
    },
    months: async () => {
      const { host, query, schema } = database;
      const content = await readKeys(query, schema, wrap).catch(error =>
        Promise.reject(withDetails(error, { host })),
      );
      // A key that was never destroyed cannot change: with another one, it is another keyring.
      if (differingKeys(Object.fromEntries(keys), content.keys).length > 0)
        throw portabilityError(KEYS.keyringReplaced, { host });
      for (const month of Object.keys(content.destroyed)) keys.delete(nameOf(month));
      return monthsOf(content);
    },
    destroyBefore: async (month, on) => {
      checkDestroy(month, on);
      const gone = await destroyMonths(database, month, on);
      for (const each of gone) keys.delete(nameOf(each));
      return gone;
    },
    addTombstones: tombstones => addTombstones(database, tombstones),
    tombstones: () => readTombstones(database.query, database.schema),
    close: database.close,
  };
}
