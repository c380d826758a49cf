/** `serve --workers`: several processes on one socket that look like one. */
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { RequestOptions } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { compileBundle } from '../../../src/tables/compile.ts';
import { CHECK, from, newStore, placesOf, STANDING } from '../../support/asking.ts';
import { MAIN, program } from '../../support/cli.ts';
import { ask, type Running, start, startSidecar } from '../../support/sidecar.ts';
import { acceptedBundle, fileOf, inFolder } from '../../support/tables.ts';

type Line = Readonly<Record<string, unknown>>;

/** The log lines of an event. */
const linesOf = (sidecar: Pick<Running, 'output'>, event: string): Line[] =>
  sidecar
    .output()
    .split('\n')
    .filter(line => line.startsWith('{') && line.endsWith('}'))
    .map(line => JSON.parse(line) as Line)
    .filter(line => line['event'] === event);

const pidsOf = (sidecar: Running): number[] =>
  linesOf(sidecar, 'worker-started').map(line => Number(line['workerPid']));

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}/cmdline`);

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error(`it did not happen: ${isTrue}`);
    await delay(20);
  }
}

const readyOf = async (to: RequestOptions) =>
  JSON.parse((await ask({ ...to, path: '/readyz' })).body) as {
    readonly workers?: { readonly running: number; readonly of: number };
    readonly edition: string;
    readonly evidence?: string;
    readonly reload: { readonly outcome: string };
  };

const JSON_LOG = ['--log-format', 'json'];

/** Starts a sidecar, and waits until all workers serve. */
async function startWorkers(args: readonly string[], count = 2): Promise<Running> {
  const sidecar = await startSidecar([...args, ...JSON_LOG, '--workers', String(count)]);
  await until(() => pidsOf(sidecar).length === count);
  return sidecar;
}

const check = (to: RequestOptions, subscriber = 's') =>
  ask({ ...to, ...CHECK }, from('2.1.1.1', { 'laissez-passer-subscriber': subscriber }));

/** Returns the sum of a metric over its labels. */
async function metricOf(to: RequestOptions, name: string): Promise<number> {
  const { body } = await ask({ ...to, path: '/metrics' });
  const lines = body.split('\n').filter(line => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

const decisionsOf = (to: RequestOptions) => metricOf(to, 'laissez_passer_decisions_total{');

async function cardsOf(ledgerPath: string): Promise<number | undefined> {
  const ledger = await openSqliteLedger(ledgerPath);
  const [month] = await ledger.months();
  await ledger.close();
  return month?.cards;
}

describe('two workers', () => {
  it('answer on one port, count as one, and stop with everything written', async () => {
    const store = newStore();
    const sidecar = await startWorkers([...STANDING, ...placesOf(store)]);
    const { to } = sidecar;
    const served = () =>
      pidsOf(sidecar).map(pid => readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]);
    const before = served();
    const round = Array.from({ length: 50 }, (_, n) => n);
    for (let group = 0; group < 8; group++)
      await Promise.all(round.map(n => check(to, `s${group * 50 + n}`)));
    for (const [index, time] of served().entries()) expect(time).not.toBe(before[index]);
    for (let time = 0; time < 4; time++) expect(await decisionsOf(to)).toBe(400);
    expect(await metricOf(to, 'laissez_passer_check_seconds_count{outcome="granted"}')).toBe(400);
    expect(await metricOf(to, 'laissez_passer_up')).toBe(1);
    expect(await metricOf(to, 'laissez_passer_table_info')).toBe(1);
    expect(await readyOf(to)).toMatchObject({ workers: { running: 2, of: 2 }, evidence: 'ok' });
    const health = await ask({ ...to, path: '/healthz' });
    expect([health.status, JSON.parse(health.body)]).toEqual([
      200,
      { status: 'ok', evidence: 'ok', workers: { running: 2, of: 2 } },
    ]);
    expect(await sidecar.stop()).toBe(0);
    expect(await cardsOf(store.ledger)).toBe(400);
    // The settings and the line on standard output are there once.
    expect(linesOf(sidecar, 'start')).toHaveLength(1);
    expect(linesOf(sidecar, 'table')).toHaveLength(1);
    expect(sidecar.output().match(/^listening on /gm)).toHaveLength(1);
    expect(linesOf(sidecar, 'stopped')).toHaveLength(3);
  });

  it('serve on while one that was killed is started again, and keep what was acknowledged', async () => {
    const store = newStore();
    const sidecar = await startWorkers([...STANDING, ...placesOf(store)]);
    const { to } = sidecar;
    for (let n = 0; n < 100; n++) await check(to, `early${n}`);
    await until(async () => (await metricOf(to, 'laissez_passer_evidence_pending')) === 0);
    const [killed] = pidsOf(sidecar);
    process.kill(killed!, 'SIGKILL');
    let failed = 0;
    for (let n = 0; n < 300; n++)
      await check(to, `late${n}`).then(
        ({ status }) => expect(status).toBe(200),
        () => failed++,
      );
    // A connection that the killed one had accepted is cut.
    expect(failed).toBeLessThanOrEqual(1);
    await until(() => pidsOf(sidecar).length === 3);
    const [ended] = linesOf(sidecar, 'worker-ended');
    expect(ended).toMatchObject({ worker: 1, workerPid: killed, signal: 'SIGKILL', waitMs: 100 });
    expect(linesOf(sidecar, 'worker-started')[2]).toMatchObject({ worker: 1 });
    await until(async () => (await readyOf(to)).workers?.running === 2);
    // Counters do not go back.
    expect(await decisionsOf(to)).toBeGreaterThanOrEqual(400 - failed);
    expect(await metricOf(to, 'laissez_passer_check_seconds_count')).toBeGreaterThanOrEqual(
      400 - failed,
    );
    // The killed one may have lost evidence.
    expect(await sidecar.stop()).toBe(1);
    expect(await cardsOf(store.ledger)).toBeGreaterThanOrEqual(100 + 300 - failed);
  });

  it('wait longer from time to time before a worker that ends again is started', async () => {
    const sidecar = await startWorkers(STANDING);
    for (let time = 0; time < 3; time++) {
      process.kill(pidsOf(sidecar).at(-1)!, 'SIGKILL');
      await until(() => pidsOf(sidecar).length === 3 + time);
    }
    const waits = linesOf(sidecar, 'worker-ended').map(line => line['waitMs']);
    expect(waits).toEqual([100, 200, 400]);
  });

  it('say how many are there, and answer 200, while one is missing', async () => {
    const { to, ...sidecar } = await startWorkers(STANDING);
    process.kill(pidsOf({ to, ...sidecar })[1]!, 'SIGKILL');
    await until(() => linesOf(sidecar, 'worker-ended').length === 1);
    const ready = await ask({ ...to, path: '/readyz' });
    expect([ready.status, JSON.parse(ready.body).workers]).toEqual([200, { running: 1, of: 2 }]);
  });

  it('load a new table on SIGHUP, both of them', async () => {
    const bundleOf = (country: string) =>
      acceptedBundle({
        sources: [{ path: fileOf(`2.0.0.0/8,${country}`, 'a.csv'), built: '2026-11-20' }],
      });
    const own = fileOf(await bundleOf('ES'), 'own.bin');
    const sidecar = await startWorkers(['--table', own, '--standing-header', 'x-standing']);
    const { to, child } = sidecar;
    const reasons = async () => {
      const answers = await Promise.all(Array.from({ length: 40 }, () => check(to)));
      return [...new Set(answers.map(({ headers }) => headers['laissez-passer-reason']))];
    };
    expect(await reasons()).toEqual(['temporarily-abroad']);
    writeFileSync(own, await bundleOf('FR'));
    child.kill('SIGHUP');
    await until(() => linesOf(sidecar, 'table-replaced').length === 2);
    expect(await reasons()).toEqual(['present-at-home']);
    // One that starts again has the table of the others, and only the first one remembers it.
    writeFileSync(own, await bundleOf('ES'));
    process.kill(pidsOf(sidecar)[1]!, 'SIGKILL');
    await until(() => linesOf(sidecar, 'table-replaced').length === 3);
    expect(await reasons()).toEqual(['temporarily-abroad']);
    expect(existsSync(`${own}.in-force`)).toBe(true);
    // A file with a mistake is refused by both, and readiness says so.
    writeFileSync(own, 'nonsense');
    child.kill('SIGHUP');
    await until(() => linesOf(sidecar, 'table-refused').length === 2);
    expect(await readyOf(to)).toMatchObject({ reload: { outcome: 'refused' } });
    expect(await reasons()).toEqual(['temporarily-abroad']);
  });

  it('drain together after SIGTERM, and a second signal ends the wait', async () => {
    const { to, child, stop, output } = await startWorkers([...STANDING, '--drain', '30']);
    child.kill('SIGTERM');
    await until(() => linesOf({ output }, 'stopping').length === 2);
    for (let time = 0; time < 6; time++) {
      const ready = await ask({ ...to, path: '/readyz' });
      expect([ready.status, ready.body]).toEqual([503, '{"status":"stopping"}']);
      expect((await check(to)).status).toBe(200);
    }
    expect(await stop()).toBe(0);
  });

  it('take a signal to their process group for one signal', async () => {
    const { to, child, output } = await startWorkers([...STANDING, '--drain', '2']);
    const ended = once(child, 'exit');
    for (const pid of [child.pid!, ...pidsOf({ output } as Running)]) process.kill(pid, 'SIGINT');
    await until(() => linesOf({ output }, 'stopping').length === 2);
    await delay(500);
    // After a second signal, no worker would listen.
    expect((await check(to)).status).toBe(200);
    expect((await ended)[0]).toBe(0);
  });

  it('write their evidence and end if the process that supervises them is killed', async () => {
    const store = newStore();
    const sidecar = await startWorkers([...STANDING, ...placesOf(store)]);
    for (let n = 0; n < 20; n++) await check(sidecar.to, `s${n}`);
    const pids = pidsOf(sidecar);
    await sidecar.stop('SIGKILL');
    await until(() => !pids.some(isAlive));
    expect(await cardsOf(store.ledger)).toBe(20);
    expect(linesOf(sidecar, 'stopped')).toHaveLength(2);
  });

  it('share a Unix socket, which a killed sidecar may have left behind', async () => {
    const path = inFolder('workers.sock');
    const first = await startWorkers([...STANDING, '--socket', path]);
    const pids = pidsOf(first);
    await first.stop('SIGKILL');
    await until(() => !pids.some(isAlive));
    expect(existsSync(path)).toBe(true);
    const second = await startWorkers([...STANDING, '--socket', path]);
    expect(statSync(path).mode & 0o777).toBe(0o660);
    process.kill(pidsOf(second)[0]!, 'SIGKILL');
    for (let n = 0; n < 20; n++) expect((await check({ socketPath: path })).status).toBe(200);
    await until(() => pidsOf(second).length === 3);
    expect((await check({ socketPath: path })).status).toBe(200);
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(program(['serve', ...STANDING, '--socket', path, '--workers', '2']).stderr).toContain(
      'ERR_SERVE_LISTEN',
    );
    await second.stop();
    expect(existsSync(path)).toBe(false);
  });

  it('have a spool each, since only one process may use the file', async () => {
    const store = newStore();
    const spool = inFolder('workers-spool.db');
    const args = [...STANDING, ...placesOf(store), '--spool', spool];
    const sidecar = await startWorkers(args);
    expect([existsSync(spool), existsSync(`${spool}.2`)]).toEqual([true, true]);
    process.kill(pidsOf(sidecar)[1]!, 'SIGKILL');
    await until(() => pidsOf(sidecar).length === 3);
    await sidecar.stop();
  });

  it('come back after all were killed, and end if a signal finds one of them starting', async () => {
    const sidecar = await startWorkers(STANDING);
    for (const pid of pidsOf(sidecar)) process.kill(pid, 'SIGKILL');
    await until(() => pidsOf(sidecar).length === 4);
    process.kill(pidsOf(sidecar)[3]!, 'SIGKILL');
    await until(() => linesOf(sidecar, 'worker-ended').length === 3);
    await delay(250);
    expect(await sidecar.stop()).toBe(1);
    expect(linesOf(sidecar, 'worker-ended')).toHaveLength(3);
  });

  it('end at once with the third signal', async () => {
    const sidecar = await startWorkers([...STANDING, '--drain', '30']);
    const ended = once(sidecar.child, 'exit');
    for (let time = 0; time < 3; time++) process.kill(sidecar.child.pid!, 'SIGTERM');
    await ended;
    await until(() => !pidsOf(sidecar).some(isAlive));
  });
});

describe('a sidecar that does not start', () => {
  it.each([
    [['--workers', '65'], /ERR_ARGUMENT/],
    [['--workers', '2', '--peer', 'nobody'], /ERR_PREFIX/],
    [['--workers', '2', '--max-table-age', '0'], /ERR_ARGUMENT/],
    [['--workers', '2', '--offers', '/nowhere.json'], /ERR_OFFER/],
    [['--workers', '2', '--listen', '203.0.113.1:80'], /ERR_SERVE_LISTEN/],
  ])('says why once and ends with code 1: %j', (args, code) => {
    const { status, stderr, stdout } = program(['serve', ...STANDING, ...JSON_LOG, ...args]);
    const errors = stderr.split('\n').filter(line => line.includes('"level":"error"'));
    expect([status, stdout, errors.length]).toEqual([1, '', 1]);
    expect(errors[0]).toMatch(code);
  });

  it('ends with the code of the first worker', async () => {
    const start = ['serve', '--standing-header', 'x-standing', '--workers', '2', '--table'];
    const rows = { path: fileOf('2.0.0.0/8,FR', 'rows.csv'), built: '2026-11-20' };
    const held = fileOf(await compileBundle({ sources: [rows] }), 'held.bin');
    const guards = fileOf('{"families":["ipv4","ipv6"]}', 'guards.json');
    expect(program([...start, held, '--guards', guards]).status).toBe(2);
    expect(program([...start, '/nowhere.bin']).status).toBe(3);
  });
});

describe('one worker', () => {
  it('is the process itself', async () => {
    const { to, child, output } = await startSidecar([...STANDING, '--workers', '1']);
    expect(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).toBe('');
    expect(await readyOf(to)).not.toHaveProperty('workers');
    expect(output()).not.toContain('worker');
  });
});

it('a terminal that sends its signal to all processes stops them in order', async () => {
  const store = newStore();
  const args = [MAIN, 'serve', ...STANDING, ...placesOf(store), '--listen', '127.0.0.1:0'];
  // A group of its own, as a shell makes one for a job.
  const running = await start('setsid', [process.execPath, ...args, ...JSON_LOG, '--workers', '2']);
  await until(() => pidsOf(running).length === 2);
  await check(running.to);
  const ended = once(running.child, 'exit');
  process.kill(-running.child.pid!, 'SIGINT');
  expect((await ended)[0]).toBe(0);
  expect(await cardsOf(store.ledger)).toBe(1);
});
