/**
 * Finds a PostgreSQL server on loopback for the tests. Without one the tests are skipped, except
 * under CI, where they fail.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdtempSync, rmSync } from 'node:fs';
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
  readonly port: number;
  /** Folder of its data, with its configuration. */
  readonly data: string;
  /** Stops and starts the server as a power cut would. */
  crash(): void;
  /** Starts a stopped server again; `-W` among the arguments does not wait for it. */
  start(...args: string[]): void;
  /** Ends the server as a crash would. */
  halt(): void;
  /** Turns a standby into a primary. */
  promote(): void;
  stop(): void;
}

export const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const isRoot = process.getuid?.() === 0;

/**
 * The user for programs that refuse to run as root: `postgres`. Empty if the tests do not run as
 * root.
 */
export function unprivileged(): { uid?: number; gid?: number } {
  if (!isRoot) return {};
  const id = (option: string): number =>
    Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Creates a folder of the user that {@link unprivileged} returns. */
export function unprivilegedFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  if (isRoot) execFileSync('chown', ['postgres', folder]);
  chmodSync(folder, 0o700);
  return folder;
}

export interface ServerOptions {
  /** Settings as `name=value`. */
  readonly settings?: readonly string[];
  /** The primary that this server follows as a standby. */
  readonly standbyOf?: PostgresServer;
  /** Network namespace to run in, where it listens on every address and trusts every client. */
  readonly namespace?: string;
}

/**
 * Starts a separate server that can be killed. PostgreSQL refuses to run as root: there it runs as
 * the user `postgres`.
 */
export async function startPostgres({
  settings = [],
  standbyOf,
  namespace,
}: ServerOptions = {}): Promise<PostgresServer> {
  const folder = unprivilegedFolder('postgres');
  const bin = spawnSync('sh', ['-c', 'ls -d /usr/lib/postgresql/*/bin | tail -1'], {
    encoding: 'utf8',
  }).stdout.trim();
  const run = (command: string, ...args: string[]): void => {
    const { uid, gid } = unprivileged();
    if (namespace === undefined)
      execFileSync(join(bin, command), args, { stdio: 'ignore', cwd: '/', uid, gid });
    else {
      const as = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
      const inside = ['netns', 'exec', namespace, ...as, join(bin, command), ...args];
      execFileSync('ip', inside, { stdio: 'ignore', cwd: '/' });
    }
  };
  const port = await freePort();
  const data = join(folder, 'data');
  if (standbyOf === undefined)
    run('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8');
  else run('pg_basebackup', '-D', data, '-d', standbyOf.url, '-R', '-c', 'fast');
  const options = [
    `-p ${port}`,
    `listen_addresses=${namespace === undefined ? '127.0.0.1' : '*'}`,
    `unix_socket_directories=${folder}`,
    ...settings,
  ].join(' -c ');
  const start = (...args: string[]): void =>
    run('pg_ctl', '-D', data, '-w', ...args, '-l', join(folder, 'log'), '-o', options, 'start');
  const halt = (): void => run('pg_ctl', '-D', data, '-w', '-m', 'immediate', 'stop');
  if (namespace !== undefined)
    appendFileSync(join(data, 'pg_hba.conf'), 'host all all 0.0.0.0/0 trust\n');
  start();
  return {
    // The socket is a file, which every namespace sees.
    url:
      namespace === undefined
        ? `postgres://postgres@127.0.0.1:${port}/postgres`
        : `postgres://postgres@localhost:${port}/postgres?host=${folder}`,
    port,
    data,
    crash: () => {
      halt();
      start();
    },
    start,
    halt,
    promote: () => run('pg_ctl', '-D', data, '-w', 'promote'),
    stop: () => {
      try {
        halt();
      } catch {
        // A test has halted it.
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
