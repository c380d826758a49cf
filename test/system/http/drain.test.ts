import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect, createServer } from 'node:net';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openKeyring } from '../../../src/index.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { CHECK, from, newStore, placesOf, STANDING, TABLE } from '../../support/asking.ts';
import { cli } from '../../support/cli.ts';
import { ask, type Running, startSidecar } from '../../support/sidecar.ts';
import { acceptedBundle, fileOf } from '../../support/tables.ts';

const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await new Promise(resolve => setTimeout(resolve, 10));
};

const readyOf = ({ to }: Running) => ask({ ...to, path: '/readyz' });
const isStopping = async (running: Running): Promise<boolean> =>
  (await readyOf(running)).status === 503;
const isClosed = ({ to }: Running): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(Number(to.port), '127.0.0.1', () => resolve(false)).on('error', () =>
      resolve(true),
    );
    socket.on('connect', () => socket.destroy());
  });

/** Longer than any test: whoever gets to the end of it has failed. */
const LONG = ['--drain', '600'];

describe('a sidecar that is told to stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'says so at %s, and decides on until a second signal',
    async signal => {
      const store = newStore();
      const running = await startSidecar([...STANDING, ...placesOf(store), ...LONG]);
      const { to, child, stop, output } = running;
      expect((await readyOf(running)).status).toBe(200);
      child.kill(signal);
      await until(() => isStopping(running));
      expect(JSON.parse((await readyOf(running)).body)).toEqual({ status: 'stopping' });
      expect((await ask({ ...to, path: '/healthz' })).status).toBe(200);
      for (let n = 0; n < 5; n++) {
        const answer = await ask(
          { ...to, ...CHECK },
          from('2.1.1.1', { 'laissez-passer-subscriber': `s${n}` }),
        );
        expect([answer.status, answer.headers['laissez-passer-reason']]).toEqual([
          200,
          'present-at-home',
        ]);
      }
      expect(output()).toContain('requests are accepted for 600 s');
      expect(await stop(signal)).toBe(0);
      const ledger = await openSqliteLedger(store.ledger);
      expect((await ledger.months()).map(({ cards }) => cards)).toEqual([5]);
      await ledger.close();
    },
  );

  it('closes by itself when the time to drain is over', async () => {
    const running = await startSidecar([...STANDING, '--drain', '1']);
    running.child.kill('SIGTERM');
    await until(() => isClosed(running));
    expect(await running.stop(0)).toBe(0);
    expect(running.output()).toMatch(/ stopped\n$/);
  });

  it('asks clients to let go of connections that are kept alive', async () => {
    const running = await startSidecar([...STANDING, ...LONG]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const kept = { ...running.to, ...CHECK, agent };
    expect((await ask(kept, from('2.1.1.1'))).headers['connection']).toBe('keep-alive');
    running.child.kill('SIGTERM');
    await until(() => isStopping(running));
    expect((await ask(kept, from('2.1.1.1'))).headers['connection']).toBe('close');
    agent.destroy();
    expect(await running.stop('SIGTERM')).toBe(0);
  });

  it('answers a request that was on its way when the listener closed, and lets go of idle connections', async () => {
    const running = await startSidecar([...STANDING, '--drain', '0']);
    const idle = connect(Number(running.to.port), '127.0.0.1');
    const idleClosed = once(idle, 'close');
    idle.write('GET /healthz HTTP/1.1\r\nHost: tv\r\n\r\n');
    await once(idle, 'data');
    const late = connect(Number(running.to.port), '127.0.0.1');
    let answer = '';
    late.on('data', chunk => {
      answer += chunk;
    });
    late.write('GET /check HTTP/1.1\r\nHost: tv\r\n');
    // By the time that this is answered the half of the other has been read.
    await readyOf(running);
    running.child.kill('SIGTERM');
    await until(() => isClosed(running));
    await idleClosed;
    const lines = Object.entries(from('2.1.1.1')).map(([name, value]) => `${name}: ${value}\r\n`);
    late.write(`${lines.join('')}\r\n`);
    await once(late, 'close');
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(answer).toContain('laissez-passer-reason: present-at-home');
    expect(await running.stop(0)).toBe(0);
  });
});

describe('the log', () => {
  const stderrOf = (running: Running): string[] =>
    running
      .output()
      .split('\n')
      .filter(line => line !== '' && !/^(listening on |\{"listening":"[^"]*"\}$)/.test(line));

  it('says at the start how everything is set up, as text and in both languages', async () => {
    const store = newStore();
    const options = [
      '--trusted',
      '203.0.113.0/24',
      '--trusted',
      'uniquelocal',
      '--peer',
      'loopback',
      '--no-purge',
    ];
    const running = await startSidecar([...STANDING, ...placesOf(store), ...options, '--shadow']);
    const lines = stderrOf(running);
    const pid = running.child.pid;
    for (const line of lines)
      expect(line).toMatch(new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[\\d:.]{12}Z (INFO|WARN) ${pid} `));
    const text = lines.join('\n');
    for (const part of [
      `Node.js ${process.versions.node}`,
      `accepts requests at http://127.0.0.1:${running.to.port}; allowed peers: loopback`,
      'further trusted proxies: 203.0.113.0/24, uniquelocal',
      'standing x-standing',
      'for home State FR, data of 2026-11-20',
      `ledger sqlite ${store.ledger}, keyring file ${store.keyring}, spool none, purge off`,
      'offers: default',
    ])
      expect(text).toContain(part);
    const warnings = lines.filter(line => line.includes(' WARN '));
    expect(warnings.some(line => line.includes('the header x-standing'))).toBe(true);
    expect(warnings.at(-1)).toContain('SHADOW MODE: NOTHING IS REFUSED');
    await running.stop();
    const french = await startSidecar([...STANDING, '--lang', 'fr']);
    expect(stderrOf(french).join('\n')).toContain('aucune preuve n’est conservée');
    expect(french.output()).not.toMatch(/SHADOW|OBSERVATION/);
  });

  it('is JSON for a program, one object a line, with a stable event', async () => {
    const store = newStore();
    const args = ['--log-format', 'json', '--shadow', '--max-table-age', '1', '--months', '6'];
    const sources = [{ path: fileOf('2.0.0.0/8,FR', 'old.csv'), built: '2020-01-01' }];
    const table = fileOf(await acceptedBundle({ sources }), 'old.bin');
    const running = await startSidecar([
      '--table',
      table,
      '--standing-header',
      's',
      ...placesOf(store),
      ...args,
    ]);
    expect(await running.stop()).toBe(0);
    const logged = stderrOf(running).map(line => JSON.parse(line) as Record<string, unknown>);
    for (const line of logged) {
      expect(line).toMatchObject({ pid: running.child.pid, msg: expect.any(String) });
      expect(new Date(line['time'] as string).toISOString()).toBe(line['time']);
      expect(['info', 'warn', 'error']).toContain(line['level']);
      expect(line).not.toHaveProperty('hostname');
    }
    const of = (event: string) => logged.find(line => line['event'] === event);
    expect(of('evidence')).toMatchObject({
      ledger: { engine: 'sqlite', at: store.ledger },
      keyring: { engine: 'file', at: store.keyring },
      purge: true,
      months: 6,
    });
    expect(of('shadow')).toMatchObject({ level: 'warn', shadow: true });
    expect(of('table-stale')).toMatchObject({ level: 'warn', ageDays: expect.any(Number) });
    expect(of('headers')).toMatchObject({ headers: { standing: 's', address: 'x-forwarded-for' } });
    expect(logged.at(-1)).toMatchObject({ event: 'stopped', level: 'info' });
  });

  it('says once that the ledger takes nothing, and why, and once that it does again', async () => {
    const store = newStore();
    const running = await startSidecar([...STANDING, ...placesOf(store), '--log-format', 'json']);
    const { to } = running;
    let last = 0;
    const askAs = () =>
      ask(
        { ...to, ...CHECK },
        from('2.1.1.1', { 'laissez-passer-subscriber': `canary-${++last}` }),
      );
    const events = () =>
      stderrOf(running)
        .map(line => JSON.parse(line) as Record<string, unknown>)
        .filter(({ event }) => /^ledger-/.test(String(event)));
    const database = new Sqlite(store.ledger);
    database.exec('ALTER TABLE cards RENAME TO elsewhere');
    await askAs();
    await until(() => events().length === 1);
    await askAs();
    database.exec('ALTER TABLE elsewhere RENAME TO cards');
    database.close();
    await until(async () => {
      await askAs();
      return events().length === 2;
    });
    expect(events()).toMatchObject([
      {
        level: 'error',
        event: 'ledger-failing',
        code: 'ERR_LEDGER_WRITE',
        path: store.ledger,
        system: 'SQLITE_ERROR',
      },
      { level: 'info', event: 'ledger-well' },
    ]);
    // Nothing was lost: what the ledger did not take has waited.
    expect(await running.stop()).toBe(0);
    const written = new Sqlite(store.ledger, { readonly: true });
    expect(written.prepare('SELECT count(*) AS cards FROM cards').get()).toEqual({ cards: last });
    written.close();
    expect(running.output()).not.toContain('canary');
  });

  it('says at its end what a ledger that takes nothing has lost', async () => {
    const store = newStore();
    const running = await startSidecar([...STANDING, ...placesOf(store), '--log-format', 'json']);
    const { to } = running;
    const database = new Sqlite(store.ledger);
    database.exec('ALTER TABLE cards RENAME TO elsewhere');
    database.close();
    await ask({ ...to, ...CHECK }, from('2.1.1.1', { 'laissez-passer-subscriber': 'canary' }));
    expect(await running.stop()).toBe(1);
    expect(JSON.parse(stderrOf(running).at(-1)!)).toMatchObject({
      event: 'failed',
      code: 'ERR_EVIDENCE_LOST',
    });
    expect(running.output()).not.toContain('canary');
  });

  it('has one line for a start that fails, with what is at fault in fields', async () => {
    const { status, stdout, stderr } = await cli([
      'serve',
      '--log-format',
      'json',
      '--standing-header',
      's',
      '--trusted',
      'x',
    ]);
    expect([status, stdout]).toEqual([1, '']);
    expect(JSON.parse(stderr)).toMatchObject({
      level: 'error',
      event: 'failed',
      code: 'ERR_PREFIX',
      option: '--trusted',
      value: 'x',
    });
  });

  it('names a server without user and password', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise(resolve => closed.once('listening', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise(resolve => closed.close(resolve));
    const url = `postgres://canary-user:canary-pass@127.0.0.1:${port}/cards?password=canary`;
    const store = newStore();
    await openKeyring(store.keyring);
    const places = ['--ledger', 'env:PLACE', '--keyring', store.keyring, '--log-format', 'json'];
    const { status, stderr } = await cli(['serve', ...TABLE, ...places], '', { PLACE: url });
    expect(status).toBe(1);
    expect(JSON.parse(stderr.trim().split('\n').at(-1)!)).toMatchObject({
      event: 'failed',
      host: `127.0.0.1:${port}/cards`,
      option: '--ledger',
      system: 'ECONNREFUSED',
    });
    expect(stderr).not.toContain('canary');
  });
});
