/**
 * Connects to a PostgreSQL server through a bounded pool with time limits and errors that contain
 * no value of a row.
 */

import type { ConnectionOptions } from 'node:tls';
import type { ClientConfig, Pool, PoolClient } from 'pg';
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
  /** Time limit of a lock that an operation without a time limit takes, in milliseconds. */
  readonly lockTimeout: number;
  /** Runs one statement in a transaction of its own. */
  query: Query;
  /**
   * Runs `work` in one transaction, and rolls back if it throws. Each statement sees what was
   * committed before it, whatever the default isolation of the role is. `work` may run twice: what
   * it does outside of the transaction must bear that.
   * @param isUnhurried Removes the time limit; default: `false`.
   */
  transaction<Result>(
    work: (query: Query) => Promise<Result>,
    isUnhurried?: boolean,
  ): Promise<Result>;
  close(): Promise<void>;
}

type Matches<Value> = readonly (readonly [pattern: RegExp, value: Value])[];

/** SQLSTATE of a server that only reads: a standby, or a primary that another one replaced. */
const READ_ONLY = '25006';

const FAILURES: Matches<Message> = [
  [/^(57014|55P03|40001|40P01)$/, LEDGER.ledgerTimeout],
  [/^28/, LEDGER.postgresLogin],
  [/^42501$/, LEDGER.ledgerRole],
  [/^(3D000|57P04)$/, LEDGER.postgresDatabaseMissing],
  [/^3F000$/, LEDGER.ledgerMissing],
  [/^25006$/, LEDGER.postgresReadOnly],
  [/^53300$/, LEDGER.postgresConnectionsFull],
  [/^53/, LEDGER.ledgerServerFull],
  [/^(08004|08P01)$/, LEDGER.postgresRefused],
  [/^(EPROTO|ERR_(SSL|TLS)_.*|UNABLE_TO_.*|.*CERT.*)$/, LEDGER.postgresTlsRefused],
  // The other system error codes, such as `ECONNREFUSED`.
  [/^(08|57P|E[A-Z]+$|[A-Z]+_)/, LEDGER.ledgerUnreachable],
];

/**
 * PgBouncer 1.18 answers everything with the same SQLSTATE, even what the server answered.
 * Its text is compared, and never quoted.
 */
const POOLER_FAILURES: Matches<Message> = [
  [/startup parameter/, LEDGER.postgresParameterRefused],
  [/no such database|database .* does not exist/, LEDGER.postgresDatabaseMissing],
  [/authentication|password|no such user|role .* does not exist/, LEDGER.postgresLogin],
  [/no more connections|too many|connection slots/, LEDGER.postgresConnectionsFull],
  [/query_wait_timeout|query timeout|idle transaction timeout/, LEDGER.ledgerTimeout],
  [/cannot connect|crashed|server down|shut/, LEDGER.ledgerUnreachable],
];

/** Errors of the driver have no code. Recognises them by the message. */
const DRIVER_FAILURES: Matches<string> = [
  [/timeout/i, 'ETIMEDOUT'],
  [/SASL|password/, '28P01'],
  [/does not support SSL/, 'EPROTO'],
];

const firstMatch = <Value>(matches: Matches<Value>, text: string): Value | undefined =>
  matches.find(([pattern]) => pattern.test(text))?.[1];

/**
 * Converts a driver error to an error without row values: PostgreSQL messages quote rows, so only
 * the code is used. An error without a code comes from the driver, such as a broken connection.
 */
export function ledgerError(error: unknown): PortabilityError {
  if (error instanceof PortabilityError) return error;
  const text = error instanceof Error ? error.message : '';
  const hasCode = error instanceof Error && 'code' in error;
  const system = systemCodeOf(error) ?? (hasCode ? undefined : firstMatch(DRIVER_FAILURES, text));
  const message =
    (system === '08P01' ? firstMatch(POOLER_FAILURES, text) : undefined) ??
    firstMatch(FAILURES, system ?? 'ECONNECTION') ??
    LEDGER.ledgerFailed;
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

/** @param onBegin called when a connection begins, before it reaches the server */
async function openPool(
  url: string,
  options: PostgresOptions,
  onBegin: (client: object) => void,
): Promise<Pool> {
  const {
    connections = 4,
    statementTimeout = SERVER_WAIT_MS,
    connectTimeout = CONNECT_WAIT_MS,
    tls,
  } = options;
  const driver = await import('pg').catch(() => {
    throw portabilityError(LEDGER.postgresDriverMissing);
  });
  class Client extends driver.default.Client {
    constructor(config?: ClientConfig) {
      super(config);
      onBegin(this);
    }
  }
  const pool = new driver.default.Pool({
    Client,
    connectionString: tls === undefined ? url : withoutTls(url),
    max: connections,
    connectionTimeoutMillis: connectTimeout,
    // If the server stops responding, the driver gives up by itself.
    query_timeout: statementTimeout * 2,
    // The only startup parameter that every pooler accepts. Time limits are set by transaction.
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
 * Hands out the connections of a pool. Connections that lead to a server that became read-only are
 * all closed: the next ones go to the server that the host name or address leads to by then. A
 * connection that began before the change may be there only after it: it counts from its beginning.
 */
class Connections {
  #pool!: Pool;
  readonly #generations = new WeakMap<object, number>();
  #generation = 0;

  static async open(url: string, options: PostgresOptions): Promise<Connections> {
    const connections = new Connections();
    connections.#pool = await openPool(url, options, client =>
      connections.#generations.set(client, connections.#generation),
    );
    return connections;
  }

  #isStale(client: PoolClient): boolean {
    return this.#generations.get(client) !== this.#generation;
  }

  async #connect(): Promise<PoolClient> {
    for (;;) {
      const client = await this.#pool.connect();
      if (!this.#isStale(client)) return client;
      client.release(true);
    }
  }

  /**
   * Runs `work` on a connection. After an error the connection is discarded, because its state is
   * unknown.
   */
  async lend<Result>(work: Work<PoolClient, Result>): Promise<Result> {
    // The driver may also throw on a setting that it cannot use.
    const client = await this.#connect().catch(error => Promise.reject(ledgerError(error)));
    let isBroken = true;
    try {
      const result = await work(client);
      isBroken = false;
      return result;
    } catch (error) {
      const known = ledgerError(error);
      if (known.system === READ_ONLY && !this.#isStale(client)) this.#generation++;
      throw known;
    } finally {
      client.release(isBroken || this.#isStale(client));
    }
  }

  end(): Promise<void> {
    return this.#pool.end();
  }
}

/**
 * Runs `work` in a transaction. Its settings end with it: behind a pooler, the next transaction may
 * run on another connection of the server, and this connection may serve another client.
 */
async function inTransaction<Result>(
  client: PoolClient,
  work: Work<Query, Result>,
  statementTimeout: number,
  isUnhurried: boolean,
): Promise<Result> {
  await client.query(
    `BEGIN ISOLATION LEVEL READ COMMITTED;
     SET LOCAL statement_timeout = ${isUnhurried ? 0 : statementTimeout};
     SET LOCAL idle_in_transaction_session_timeout = ${statementTimeout}`,
  );
  const result = await work(isUnhurried ? unhurriedOn(client) : queryOn(client));
  // No time limit of the server ends the wait for a synchronous standby: that of the driver does.
  await client.query('COMMIT');
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
  const statementTimeout = Math.trunc(options.statementTimeout ?? SERVER_WAIT_MS);
  const connections = await Connections.open(url, options);
  let closing: Promise<void> | undefined;
  const transaction = async <Result>(
    work: (query: Query) => Promise<Result>,
    isUnhurried = false,
  ): Promise<Result> => {
    if (closing !== undefined) throw portabilityError(LEDGER.ledgerClosed);
    const attempt = (): Promise<Result> =>
      connections.lend(client => inTransaction(client, work, statementTimeout, isUnhurried));
    try {
      // A server that became read-only has written nothing, and the second attempt goes to the
      // server that took its place, if there is one.
      return await attempt().catch(error =>
        (error as PortabilityError).system === READ_ONLY ? attempt() : Promise.reject(error),
      );
    } catch (error) {
      throw withDetails(error, { host });
    }
  };
  return {
    host,
    schema: `"${schema}"`,
    plain: schema,
    lockTimeout: Math.trunc(statementTimeout / 2),
    query: (sql, values) => transaction(each => each(sql, values)) as never,
    transaction,
    close: () => {
      closing ??= connections.end();
      return closing;
    },
  };
}
