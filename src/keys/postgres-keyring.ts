/**
 * Stores the keyring of a fleet in PostgreSQL, each key wrapped by a key that the operator holds
 * elsewhere.
 */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
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
  type MonthKey,
  nameOf,
  pseudonymsFrom,
} from './keyring.ts';

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

const NONCE = 12;
const TAG = 16;

/** Wraps a key and binds it to its name, so that a row copied over another row does not unwrap. */
function wrapKey(wrap: Uint8Array, name: string, key: Buffer): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', wrap, nonce).setAAD(Buffer.from(name));
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
}

function unwrapKey(wrap: Uint8Array, name: string, wrapped: Buffer): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', wrap, wrapped.subarray(0, NONCE)).setAAD(
      Buffer.from(name),
    );
    decipher.setAuthTag(wrapped.subarray(-TAG));
    return Buffer.concat([decipher.update(wrapped.subarray(NONCE, -TAG)), decipher.final()]);
  } catch {
    throw portabilityError(KEYS.wrappingKeyWrong);
  }
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

/**
 * Returns the key of a name and creates it if it does not exist. If several gateways ask at the
 * same moment, one creates the key and all get the same one.
 */
async function keyOf({ query, schema }: Database, wrap: Uint8Array, name: string): Promise<Buffer> {
  const read = () =>
    query<{ wrapped: Buffer; destroyed: string }>(
      `SELECT wrapped, destroyed FROM ${schema}.keys WHERE name = $1`,
      [name],
    );
  let { rows } = await read();
  if (rows.length === 0) {
    const made = wrapKey(wrap, name, randomBytes(KEY_BYTES));
    await query(`INSERT INTO ${schema}.keys VALUES ($1, $2, '') ON CONFLICT DO NOTHING`, [
      name,
      made,
    ]);
    ({ rows } = await read());
  }
  if (rows[0]!.destroyed !== '') throw destroyedError();
  return unwrapKey(wrap, name, rows[0]!.wrapped);
}

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
    await each(
      `INSERT INTO ${schema}.key_marks SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
       ON CONFLICT (month, digest) DO UPDATE SET mark = excluded.mark`,
      [...columns(merged), merged.map(tombstone => JSON.stringify(tombstone))],
    );
  });
}

async function monthsIn({ query, schema }: Database): Promise<MonthKey[]> {
  const { rows } = await query<{ name: string; destroyed: string }>(
    `SELECT name, destroyed FROM ${schema}.keys WHERE name LIKE 'card-%' ORDER BY name`,
  );
  return rows.map(({ name, destroyed }) =>
    destroyed === ''
      ? { month: name.slice(5), state: 'held' as const }
      : { month: name.slice(5), state: 'destroyed' as const, destroyed },
  );
}

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
  const { wrap } = options;
  if (!(wrap instanceof Uint8Array) || wrap.length !== KEY_BYTES)
    throw portabilityError(KEYS.wrappingKeyLength);
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
      const months = await monthsIn(database);
      for (const { month, state } of months) if (state === 'destroyed') keys.delete(nameOf(month));
      return months;
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
