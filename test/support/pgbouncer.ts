/**
 * Starts a PgBouncer in front of a PostgreSQL server. Without the program the tests are skipped,
 * except under CI, where they fail.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { freePort, unprivileged, unprivilegedFolder } from './postgres.ts';

const PROGRAM = ['pgbouncer', '/usr/sbin/pgbouncer'].find(
  program => spawnSync(program, ['--version']).status === 0,
);
export const hasPgbouncer = PROGRAM !== undefined;
if (!hasPgbouncer && process.env['CI'] === 'true')
  throw new Error('the tests need pgbouncer under CI');

export interface Pooler {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts a pooler of the given mode with few connections to the server, and otherwise with the
 * settings that it has by default.
 * @param target URL of the server
 * @param settings further lines of its section `[pgbouncer]`
 */
export async function startPgbouncer(
  target: string,
  mode: 'transaction' | 'session',
  settings: readonly string[] = [],
): Promise<Pooler> {
  const folder = unprivilegedFolder('pgbouncer');
  const { hostname, port: to, pathname } = new URL(target);
  const port = await freePort();
  const file = (name: string): string => join(folder, name);
  const { uid, gid } = unprivileged();
  writeFileSync(file('users'), '"postgres" ""\n', { mode: 0o644 });
  writeFileSync(
    file('pgbouncer.ini'),
    [
      '[databases]',
      `postgres = host=${hostname} port=${to} dbname=${pathname.slice(1)}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = trust',
      `auth_file = ${file('users')}`,
      `pool_mode = ${mode}`,
      'default_pool_size = 3',
      ...settings,
      '',
    ].join('\n'),
    { mode: 0o644 },
  );
  const child = spawn(PROGRAM!, [file('pgbouncer.ini')], {
    stdio: 'ignore',
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
  });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const answers = async (): Promise<boolean> => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    return client.connect().then(
      () => client.end().then(() => true),
      error => (error as { code?: string }).code === '08P01',
    );
  };
  while (!(await answers())) {
    if (child.exitCode !== null) throw new Error('pgbouncer ended at its start');
    await delay(20);
  }
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
