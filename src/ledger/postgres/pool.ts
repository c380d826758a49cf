/**
 * Connects to a PostgreSQL server through a bounded pool with time limits and errors that contain
 * no value of a row.
 */

import type { ConnectionOptions } from 'node:tls';
import type { Pool, PoolClient } from 'pg';
import { PortabilityError, portabilityError, systemCodeOf, withDetails } from '../../errors.ts';
import * as LEDGER from '../../messages/ledger.ts';
import type { Message } from '../../messages.ts';
import { CONNECT_WAIT_MS, SERVER_WAIT_MS } from '../../timeouts.ts';
import { hostOf, isLocal, parseServer } from '../server-url.ts';

/** Connection options for the ledger and the keyring. */
export interface PostgresOptions {
  /**
   * Schema of the ledger: lower-case letters, digits and underscores; default: `laissez_passer`.
   */
  readonly schema?: string | undefined;
  /** Maximum number of connections; default: 4. */
  readonly connections?: number | undefined;
  /**
   * Time limit of a statement in milliseconds; default: 10,000. Erasures and purges have no limit.
   */
  readonly statementTimeout?: number | undefined;
  /** Time limit of a connection attempt in milliseconds; default: 5,000. */
  readonly connectTimeout?: number | undefined;
  /**
   * TLS options of Node, such as `{ ca }`. Set `false` to reach another machine without TLS. The
   * `sslmode` of the URL can configure TLS instead.
   */
  readonly tls?: ConnectionOptions | boolean | undefined;
  /**
   * `false` rejects a schema that does not exist or has an earlier version, for a role that may not
   * change it. Default: `true`.
   */
  readonly create?: boolean | undefined;
}

/** Runs one statement. The row type is asserted by the caller, not checked. */
export type Query = <Row = Record<string, unknown>>(
  sql: string,
  values?: readonly unknown[],
) => Promise<{ readonly rows: Row[]; readonly count: number }>;

export interface Database {
  /** Address of the server for messages: `host:port/database`. */
  readonly host: string;
  /** The quoted schema name. */
  readonly schema: string;
  /** The unquoted schema name, for use as a string value. */
  readonly plain: string;
  query: Query;
  /**
   * Runs `work` in one transaction, and rolls back if it throws. Each statement sees what was
   * committed before it, whatever the default isolation of the role is.
   * @param isUnhurried Removes the time limit; default: `false`.
   */
  transaction<Result>(
    work: (query: Query) => Promise<Result>,
    isUnhurried?: boolean,
  ): Promise<Result>;
  /** Runs `work` on one connection without a transaction and without a time limit. */
  alone<Result>(work: (query: Query) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

const FAILURES: readonly (readonly [pattern: RegExp, message: Message])[] = [
  [/^(57014|55P03|40001|40P01)$/, LEDGER.ledgerTimeout],
  [/^(42501|28)/, LEDGER.ledgerRole],
  [/^(3D000|3F000)$/, LEDGER.ledgerMissing],
  // System error codes and TLS error codes such as `SELF_SIGNED_CERT_IN_CHAIN`.
  [/^(08|57P|E[A-Z]+$|[A-Z]+_)/, LEDGER.ledgerUnreachable],
  [/^53/, LEDGER.ledgerServerFull],
];

/** Errors of the driver have no code. Recognises its timeout by the message. */
const driverCodeOf = (error: unknown): string | undefined =>
  error instanceof Error && /timeout/i.test(error.message) && !('code' in error)
    ? 'ETIMEDOUT'
    : undefined;

/**
 * Converts a driver error to an error without row values: PostgreSQL messages quote rows, so only
 * the code is used. An error without a code comes from the driver, such as a broken connection.
 */
export function ledgerError(error: unknown): PortabilityError {
  if (error instanceof PortabilityError) return error;
  const system = systemCodeOf(error) ?? driverCodeOf(error);
  const [, message = LEDGER.ledgerFailed] =
    FAILURES.find(([pattern]) => pattern.test(system ?? 'ECONNECTION')) ?? [];
  return portabilityError(message, { system });
}

function checkTls(url: string, tls: PostgresOptions['tls']): void {
  const parsed = parseServer(url, /^postgres(ql)?:$/, 'postgres://...');
  const host = parsed.searchParams.get('host') ?? parsed.hostname;
  // Without a host the driver uses the environment, which may name any machine.
  if (host === '') throw portabilityError(LEDGER.ledgerUrl, {}, { example: 'postgres://...' });
  const isNear = host.startsWith('/') || isLocal(host);
  const mode = parsed.searchParams.get('sslmode') ?? 'disable';
  if (isNear || tls !== undefined || !['disable', 'allow', 'prefer'].includes(mode)) return;
  throw portabilityError(LEDGER.postgresTls);
}

/** Removes TLS settings from the URL, because they would override those of the program. */
function withoutTls(url: string): string {
  const parsed = new URL(url);
  for (const name of [...parsed.searchParams.keys()])
    if (name.startsWith('ssl')) parsed.searchParams.delete(name);
  return parsed.href;
}

const BOOLEAN = 16;
const BYTEA = 17;
const NUMBERS = [21, 23, 700, 701];

/**
 * Reads the values of a result by their type, identified by the number that PostgreSQL gives it.
 * The parsers of `pg.types` belong to the whole process: what another part of it sets there must
 * not change what a ledger reads.
 */
function typeParser(type: number): (value: string) => unknown {
  if (type === BOOLEAN) return value => value === 't';
  if (type === BYTEA) return value => Buffer.from(value.slice(2), 'hex');
  if (NUMBERS.includes(type)) return Number;
  return value => value;
}

async function openPool(url: string, options: PostgresOptions): Promise<Pool> {
  const {
    connections = 4,
    statementTimeout = SERVER_WAIT_MS,
    connectTimeout = CONNECT_WAIT_MS,
    tls,
  } = options;
  const driver = await import('pg').catch(() => {
    throw portabilityError(LEDGER.postgresDriverMissing);
  });
  const pool = new driver.default.Pool({
    connectionString: tls === undefined ? url : withoutTls(url),
    max: connections,
    connectionTimeoutMillis: connectTimeout,
    statement_timeout: statementTimeout,
    // If the server stops responding, the driver gives up by itself.
    query_timeout: statementTimeout * 2,
    idle_in_transaction_session_timeout: statementTimeout,
    application_name: 'laissez-passer',
    keepAlive: true,
    allowExitOnIdle: true,
    types: { getTypeParser: typeParser as never },
    ...(tls !== undefined && { ssl: tls }),
  });
  // An idle connection may break; the next request opens another one.
  pool.on('error', () => undefined);
  // A connection may also break while it is handed out or between two statements. The end of a
  // connection can arrive in the same packet as its beginning, so the listener is there at once.
  // Without it the process would end.
  pool.on('connect', client => client.on('error', () => undefined));
  return pool;
}

const CLOSED = () => portabilityError(LEDGER.ledgerClosed);

const queryOn =
  (client: Pick<PoolClient, 'query'>): Query =>
  async (sql, values = []) => {
    const { rows, rowCount } = await client.query(sql, values as unknown[]);
    return { rows, count: rowCount ?? 0 };
  };

/** The longest delay of a timer in milliseconds. */
const WITHOUT_LIMIT = 2 ** 31 - 1;

const unhurriedOn =
  (client: PoolClient): Query =>
  async (text, values = []) => {
    const { rows, rowCount } = await client.query({
      text,
      values: [...values],
      query_timeout: WITHOUT_LIMIT,
    } as never);
    return { rows: rows as never[], count: rowCount ?? 0 };
  };

type Work<Client, Result> = (client: Client) => Promise<Result>;

/**
 * Runs `work` on a connection of the pool. After an error the connection is discarded, because its
 * state is unknown.
 */
async function lend<Result>(pool: Pool, work: Work<PoolClient, Result>): Promise<Result> {
  // The driver throws synchronously, rather than rejecting, on a setting that it cannot use.
  const client = await Promise.resolve()
    .then(() => pool.connect())
    .catch(error => Promise.reject(ledgerError(error)));
  let isBroken = true;
  try {
    const result = await work(client);
    isBroken = false;
    return result;
  } catch (error) {
    throw ledgerError(error);
  } finally {
    client.release(isBroken);
  }
}

async function inTransaction<Result>(
  client: PoolClient,
  work: Work<Query, Result>,
  isUnhurried: boolean,
) {
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  if (isUnhurried) await client.query('SET LOCAL statement_timeout = 0');
  const result = await work(isUnhurried ? unhurriedOn(client) : queryOn(client));
  await client.query('COMMIT');
  return result;
}

async function withoutLimit<Result>(
  client: PoolClient,
  work: Work<Query, Result>,
): Promise<Result> {
  await client.query('SET statement_timeout = 0');
  const result = await work(unhurriedOn(client));
  await client.query('RESET statement_timeout');
  return result;
}

/** Creates the pool. The first request detects whether the server is reachable. */
export async function connectPostgres(url: string, options: PostgresOptions): Promise<Database> {
  const { schema = 'laissez_passer' } = options;
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) throw portabilityError(LEDGER.schemaName);
  const host = hostOf(url, '5432');
  try {
    checkTls(url, options.tls);
  } catch (error) {
    // A URL with another protocol has no host to report.
    const isNamed = error instanceof PortabilityError && error.code === 'ERR_LEDGER_OPEN';
    throw isNamed ? withDetails(error, { host }) : error;
  }
  const pool = await openPool(url, options);
  let closing: Promise<void> | undefined;
  const borrow = <Result>(work: Work<PoolClient, Result>): Promise<Result> =>
    closing === undefined
      ? lend(pool, work).catch(error => Promise.reject(withDetails(error, { host })))
      : Promise.reject(CLOSED());
  return {
    host,
    schema: `"${schema}"`,
    plain: schema,
    query: (sql, values) => borrow(client => queryOn(client)(sql, values)) as never,
    transaction: (work, isUnhurried = false) =>
      borrow(client => inTransaction(client, work, isUnhurried)),
    alone: work => borrow(client => withoutLimit(client, work)),
    close: () => {
      closing ??= pool.end();
      return closing;
    },
  };
}
