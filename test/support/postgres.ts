/**
 * Finds a PostgreSQL server on loopback for the tests. Without one the tests are skipped, except
 * under CI, where they fail.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export const POSTGRES =
  process.env['LAISSEZ_PASSER_TEST_POSTGRES'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';

async function isThere(): Promise<boolean> {
  const client = new pg.Client({ connectionString: POSTGRES, connectionTimeoutMillis: 2000 });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

export const hasPostgres = await isThere();
if (!hasPostgres && process.env['CI'] === 'true')
  throw new Error('the tests need PostgreSQL on loopback under CI');

let schemas = 0;
/** A schema name that no other test uses; `dropSchemas` removes all those of this process. */
export const newSchema = (): string => `lp_test_${process.pid}_${++schemas}`;

/** Runs one statement on the common server, on a connection of its own. */
export const psql = <Row>(sql: string, values: unknown[] = []): Promise<Row[]> =>
  psqlAt<Row>(POSTGRES, sql, values);

export async function dropSchemas(): Promise<void> {
  const rows = await psql<{ nspname: string }>(
    'SELECT nspname FROM pg_namespace WHERE nspname LIKE $1',
    [`lp\\_test\\_${process.pid}\\_%`],
  );
  for (const { nspname } of rows) await psql(`DROP SCHEMA "${nspname}" CASCADE`);
}

/** Runs one statement on the given server and database. */
export async function psqlAt<Row>(
  url: string,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}

export interface PostgresServer {
  readonly url: string;
  /** Stops and starts the server as a power cut would. */
  crash(): void;
  stop(): void;
}

const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/**
 * Starts a separate server that can be killed. PostgreSQL refuses to run as root: there it runs as
 * the user `postgres`.
 */
export async function startPostgres(): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  const bin = spawnSync('sh', ['-c', 'ls -d /usr/lib/postgresql/*/bin | tail -1'], {
    encoding: 'utf8',
  }).stdout.trim();
  const isRoot = process.getuid?.() === 0;
  if (isRoot) execFileSync('chown', ['postgres', folder]);
  chmodSync(folder, 0o700);
  const run = (command: string, ...args: string[]): void => {
    const [program, ...rest] = [
      ...(isRoot ? ['runuser', '-u', 'postgres', '--'] : []),
      join(bin, command),
      ...args,
    ];
    execFileSync(program!, rest, { stdio: 'ignore', cwd: '/' });
  };
  const port = await freePort();
  const data = join(folder, 'data');
  run('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8');
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder}`;
  const start = (): void =>
    run('pg_ctl', '-D', data, '-w', '-l', join(folder, 'log'), '-o', settings, 'start');
  const stop = (): void => run('pg_ctl', '-D', data, '-w', '-m', 'immediate', 'stop');
  start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    crash: () => {
      stop();
      start();
    },
    stop: () => {
      stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
