/**
 * Tests the copy of a keyring between a file and PostgreSQL, and the change of its wrapping key, on
 * a real server.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { openPostgresKeyring, type PostgresKeyring } from '../../../src/entry/postgres.ts';
import { type Keyring, openKeyring } from '../../../src/index.ts';
import { cli, MAIN, PLAIN } from '../../support/cli.ts';
import { hasPostgres, POSTGRES, psql, psqlAt } from '../../support/postgres.ts';
import { inFolder } from '../../support/tables.ts';

const NAMES = ['register', 'hold', 'journal', 'card-2026-10', 'card-2026-11'];
const DATABASES: string[] = [];

/** A database of its own, because the command line uses the usual schema. */
async function newDatabase(): Promise<string> {
  const name = `lp_keys_${process.pid}_${DATABASES.length}`;
  await psql(`CREATE DATABASE ${name}`);
  DATABASES.push(name);
  return Object.assign(new URL(POSTGRES), { pathname: `/${name}` }).href;
}

async function valuesOf(keyring: Keyring): Promise<(string | undefined)[]> {
  for (const { month, state } of await keyring.months())
    if (state === 'held') await keyring.ensureMonth(month);
  return NAMES.map(name => keyring.checkValue(name));
}

let folders = 0;
async function source() {
  const folder = inFolder(`keys-${++folders}`);
  mkdirSync(folder, { mode: 0o700 });
  const file = `${folder}/keys`;
  const keyring = await openKeyring(file);
  for (const month of ['2026-10', '2026-11']) await keyring.ensureMonth(month);
  await keyring.addTombstones([
    { month: 'register', digest: 'ab'.repeat(32), through: '2026-11-22' },
  ]);
  const url = await newDatabase();
  const [wrap, next] = [randomBytes(32), randomBytes(32)];
  const env = { KEYS: url, WRAP: wrap.toString('hex'), NEXT: next.toString('hex') };
  const run = (...args: string[]) => cli(['keyring', ...args], '', env);
  const toServer = ['copy', '--from', file, '--to', 'env:KEYS', '--to-key', 'env:WRAP'];
  const open = (key: Uint8Array): Promise<PostgresKeyring> =>
    openPostgresKeyring(url, { wrap: key, create: false });
  return { folder, file, keyring, url, wrap, next, env, run, toServer, open };
}

describe.skipIf(!hasPostgres)('a keyring between a file and PostgreSQL', () => {
  afterAll(async () => {
    for (const name of DATABASES) await psql(`DROP DATABASE ${name} WITH (FORCE)`);
  });

  it('arrives whole, wrapped, comes back, and is the same the second time', async () => {
    const { folder, keyring, wrap, run, toServer, open } = await source();
    const values = await valuesOf(keyring);
    for (let n = 0; n < 2; n++)
      expect(await run(...toServer)).toMatchObject({
        status: 0,
        stdout: 'copied; the check values are the same, keys: 5\n',
      });
    const there = await open(wrap);
    expect(await valuesOf(there)).toEqual(values);
    expect(await there.tombstones()).toEqual(await keyring.tombstones());
    await there.close();
    const back = `${folder}/back`;
    const returned = await run(
      'copy',
      '--from',
      'env:KEYS',
      '--from-key',
      'env:WRAP',
      '--to',
      back,
    );
    expect(returned.status).toBe(0);
    expect(await valuesOf(await openKeyring(back))).toEqual(values);
  });

  it('refuses a server that holds other keys, and leaves it as it was', async () => {
    const { url, wrap, run, toServer } = await source();
    const other = await openPostgresKeyring(url, { wrap });
    const before = await psqlAt(url, 'SELECT * FROM laissez_passer.keys ORDER BY name');
    expect(await run(...toServer)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('[ERR_KEYRING_MISMATCH]'),
    });
    expect(await psqlAt(url, 'SELECT * FROM laissez_passer.keys ORDER BY name')).toEqual(before);
    await other.close();
  });

  it('brings no destroyed key back, in either direction', async () => {
    const { file, keyring, url, wrap, run, toServer, open } = await source();
    await run(...toServer);
    const there = await open(wrap);
    await there.destroyBefore('2026-11', '2026-12-01');
    await there.close();
    expect((await run(...toServer)).stdout).toContain('destroyed, not brought back: 2026-10');
    expect(
      await psqlAt(
        url,
        `SELECT length(wrapped) AS bytes FROM laissez_passer.keys WHERE name = 'card-2026-10'`,
      ),
    ).toEqual([{ bytes: 0 }]);
    await run('copy', '--from', 'env:KEYS', '--from-key', 'env:WRAP', '--to', file);
    expect((await keyring.months()).map(({ state }) => state)).toEqual(['destroyed', 'held']);
  });

  it('is wrapped under a new key, and a gateway that was started before creates no key under the former one', async () => {
    const { keyring, wrap, next, run, toServer, open } = await source();
    const values = await valuesOf(keyring);
    await run(...toServer);
    const gateway = await open(wrap);
    const rewrap = ['rewrap', '--keyring', 'env:KEYS', '--keyring-key'];
    expect((await run(...rewrap, 'env:WRAP', '--new-key', 'env:NEXT')).status).toBe(0);
    for (const call of [() => gateway.ensureMonth('2027-01'), () => gateway.months()])
      await expect(call()).rejects.toMatchObject({ code: 'ERR_KEYRING_KEY' });
    expect(gateway.personPseudonym('s')).toBe(keyring.personPseudonym('s'));
    await gateway.close();
    await expect(open(wrap)).rejects.toMatchObject({ code: 'ERR_KEYRING_KEY' });
    const again = await open(next);
    expect(await valuesOf(again)).toEqual(values);
    await again.ensureMonth('2027-01');
    await again.close();
    const former = await run(...rewrap, 'env:WRAP', '--new-key', 'env:NEXT');
    expect(former).toMatchObject({ status: 1, stderr: expect.stringContaining('--keyring-key') });
  });

  it('is opened by one of the two keys, whenever its rewrap is killed', async () => {
    const { keyring, url, wrap, next, env, run, toServer, open } = await source();
    const values = await valuesOf(keyring);
    await run(...toServer);
    const outcome = async (key: Uint8Array) => {
      const opened = await open(key).catch((error: { code: string }) => {
        expect(error.code).toBe('ERR_KEYRING_KEY');
        return undefined;
      });
      const found = opened && (await valuesOf(opened));
      await opened?.close();
      return found;
    };
    const killedAfter = async (wait: () => Promise<unknown>) => {
      const [now, then] = (await outcome(wrap)) === undefined ? ['NEXT', 'WRAP'] : ['WRAP', 'NEXT'];
      const keys = ['--keyring-key', `env:${now}`, '--new-key', `env:${then}`];
      const child = spawn(
        process.execPath,
        [MAIN, 'keyring', 'rewrap', '--keyring', 'env:KEYS', ...keys],
        { stdio: 'ignore', env: { ...PLAIN, ...env } },
      );
      const ended = once(child, 'exit');
      await wait();
      child.kill('SIGKILL');
      const [, signal] = await ended;
      return signal;
    };
    const expectOneOpens = async () => {
      const outcomes = [await outcome(wrap), await outcome(next)];
      expect(outcomes.filter(each => each !== undefined)).toEqual([values]);
    };

    // Killed when all keys but the last one are wrapped again: the last row is locked.
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query(`SELECT FROM laissez_passer.keys WHERE name = 'register' FOR UPDATE`);
    const waiting = () =>
      psqlAt<{ count: number }>(
        url,
        `SELECT count(*)::integer AS count FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      ).then(([row]) => row!.count);
    const signal = await killedAfter(() =>
      expect.poll(waiting, { timeout: 10_000, interval: 20 }).toBeGreaterThan(0),
    );
    expect(signal).toBe('SIGKILL');
    await holder.query('ROLLBACK');
    await holder.end();
    await expectOneOpens();
    expect(await outcome(wrap)).toEqual(values);

    for (let n = 0; n < 5; n++) {
      await killedAfter(() => new Promise(resolve => setTimeout(resolve, 120 + n * 40)));
      await expectOneOpens();
    }
  });

  it('is told from another keyring that was restored in its place while a gateway runs', async () => {
    const { url, wrap, run, toServer, open } = await source();
    await run(...toServer);
    const gateway = await open(wrap);
    await psqlAt(url, 'DELETE FROM laissez_passer.keys');
    await (await open(wrap)).close();
    await expect(gateway.months()).rejects.toMatchObject({ code: 'ERR_KEYRING_MISMATCH' });
    await gateway.close();
  });
});
