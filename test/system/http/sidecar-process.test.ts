import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openDesk } from '../../../src/entry/desk.ts';
import { openKeyring } from '../../../src/index.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { CHECK, from, newStore, placesOf, STANDING, TABLE } from '../../support/asking.ts';
import { cli } from '../../support/cli.ts';
import { CALL, CONCLUDED, VERIFIED } from '../../support/desk.ts';
import { ask, startSidecar } from '../../support/sidecar.ts';
import { acceptedBundle, fileOf, inFolder } from '../../support/tables.ts';

describe('the sidecar with evidence', () => {
  it('reads standings and exceptions from the register, keeps the bit, and stops with everything written', async () => {
    const store = newStore();
    const { to, stop, output } = await startSidecar([...TABLE, ...placesOf(store)]);
    const keyring = await openKeyring(store.keyring);
    const ledger = await openSqliteLedger(store.ledger);
    const desk = openDesk({ ledger, keyring, agent: 'Anna' });
    for (const event of [CONCLUDED, VERIFIED]) await desk.record('s', CALL, event);
    const today = new Date().toISOString().slice(0, 10);
    await desk.except('s', CALL, 'address-data', today);
    const reason = async (address: string, subscriber = 's') =>
      (await ask({ ...to, ...CHECK }, from(address, { 'laissez-passer-subscriber': subscriber })))
        .headers['laissez-passer-reason'];
    expect(await reason('3.1.1.1')).toBe('temporarily-abroad');
    expect(await reason('9.9.9.9')).toBe('granted-by-exception');
    expect(await reason('2.1.1.1', 'nobody')).toBe('no-contract');
    await desk.record('é7d1', CALL, CONCLUDED);
    expect(await reason('2.1.1.1', Buffer.from('é7d1').toString('latin1'))).toBe('present-at-home');
    expect(await stop()).toBe(0);
    expect(output()).toMatch(/stopped\n$/);
    expect((await ledger.months()).map(({ cards }) => cards)).toEqual([2]);
    const counted = await ledger.tally('2000-01-01', '2100-01-01');
    expect(counted.map(row => `${row.reason} ${row.count}`).toSorted()).toEqual([
      'granted-by-exception 1',
      'no-contract 1',
      'present-at-home 1',
      'temporarily-abroad 1',
    ]);
    await ledger.close();
  });

  it('reloads its table on SIGHUP', async () => {
    const own = fileOf(
      await acceptedBundle({
        sources: [{ path: fileOf('2.0.0.0/8,ES', 'a.csv'), built: '2026-11-20' }],
      }),
    );
    const { to, child, output } = await startSidecar([
      '--table',
      own,
      '--standing-header',
      'x-standing',
    ]);
    const reason = async () =>
      (await ask({ ...to, ...CHECK }, from('2.1.1.1'))).headers['laissez-passer-reason'];
    expect(await reason()).toBe('temporarily-abroad');
    writeFileSync(own, 'nonsense');
    child.kill('SIGHUP');
    while (!/ERR_TABLE|ERR_SOURCE/.test(output()))
      await new Promise(resolve => setTimeout(resolve, 10));
    expect(await reason()).toBe('temporarily-abroad');
  });

  it('listens on a Unix socket for its group, takes the place of one that was killed, and of no other', async () => {
    const path = inFolder('lp.sock');
    const first = await startSidecar([...STANDING, '--socket', path]);
    const check = () => ask({ socketPath: path, ...CHECK }, from('2.1.1.1'));
    expect((await check()).headers['laissez-passer-reason']).toBe('present-at-home');
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect((await cli(['serve', ...STANDING, '--socket', path])).stderr).toContain(
      'ERR_SERVE_LISTEN',
    );
    expect((await check()).status).toBe(200);
    const file = fileOf('precious', 'ledger.db');
    expect((await cli(['serve', ...STANDING, '--socket', file])).stderr).toContain(
      'ERR_SERVE_LISTEN',
    );
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect((await cli(['serve', ...STANDING, '--peer', 'unix'])).stderr).toContain('--socket');
    await first.stop('SIGKILL');
    expect(existsSync(path)).toBe(true);
    const second = await startSidecar([...STANDING, '--socket', path]);
    expect((await check()).status).toBe(200);
    await second.stop();
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    [['--listen', 'nonsense'], 'ERR_ARGUMENT'],
    [['--listen', '127.0.0.1:99999'], 'ERR_ARGUMENT'],
    [['--peer', '0.0.0.0/0'], 'ERR_PREFIX_TRUSTS_ALL'],
    [['--peer', 'nobody'], 'ERR_PREFIX'],
    [['--address-header', 'a b'], 'ERR_ARGUMENT'],
    [['--offers', '/nowhere.json'], 'ERR_OFFER'],
    [['--ledger', inFolder('alone.db')], 'ERR_ARGUMENT'],
    [['--max-table-age', '0'], 'ERR_ARGUMENT'],
  ])('does not start with %j', async (args, code) => {
    const { status, stderr } = await cli(['serve', ...STANDING, ...args]);
    expect([status, stderr]).toEqual([1, expect.stringContaining(code)]);
  });

  it('does not start without a standing from anywhere', async () => {
    expect((await cli(['serve', ...TABLE])).stderr).toContain('--standing-header');
  });
});

describe('a sidecar that is stopped', () => {
  /**
   * Asks for twenty, holds a request half sent, and sends signals; answers the exit code and how
   * many are on record.
   */
  async function stopWith(signals: readonly NodeJS.Signals[]) {
    const store = newStore();
    const { to, child, stop } = await startSidecar([...STANDING, ...placesOf(store)]);
    const held = connect(Number(to.port), '127.0.0.1');
    held.on('error', () => {}).write('GET /check HTTP/1.1\r\nHost: tv\r\n');
    for (let n = 0; n < 20; n++)
      await ask({ ...to, ...CHECK }, from('2.1.1.1', { 'laissez-passer-subscriber': `s${n}` }));
    for (const signal of signals) {
      child.kill(signal);
      await new Promise(resolve => setTimeout(resolve, 30));
    }
    const code = await stop(0);
    const ledger = await openSqliteLedger(store.ledger);
    const [kept] = await ledger.months();
    await ledger.close();
    return { code, cards: kept?.cards };
  }

  it.each([
    [['SIGTERM', 'SIGHUP']],
    [['SIGINT', 'SIGINT']],
    [['SIGHUP', 'SIGTERM', 'SIGTERM']],
  ] as const)(
    'has everything on record after %j, though a client holds a connection open',
    async signals => {
      expect(await stopWith(signals)).toEqual({ code: 0, cards: 20 });
    },
  );
});

describe('what the sidecar says', () => {
  it('holds no address, no subscriber and no decision, whatever it is asked', async () => {
    const store = newStore();
    const { to, stop, output } = await startSidecar([...STANDING, ...placesOf(store)], {
      NODE_DEBUG: '',
    });
    const canary = { 'laissez-passer-subscriber': 'canary-subscriber' };
    for (const address of ['2.1.1.1', '3.1.1.1', '4.1.1.1', '9.9.9.9', 'canary-address'])
      for (const path of ['/check', '/check/canary-path', '/refusal/canary', '/canary'])
        await ask({ ...to, path }, from(address, canary));
    for (const raw of [
      'GET /check canary-broken\r\n\r\n',
      'canary\r\n\r\n',
      `GET /check HTTP/1.1\r\nx: ${'canary'.repeat(9999)}`,
    ])
      await new Promise<void>(resolve => {
        const socket = connect(Number(to.port), '127.0.0.1', () => socket.end(raw));
        socket.on('error', () => resolve()).on('close', () => resolve());
        socket.resume();
      });
    expect(await stop()).toBe(0);
    expect(output()).not.toMatch(
      /canary|[2349]\.(1\.1\.1|9\.9\.9)|outside-eea|present-at-home|refused|domestic|portable/,
    );
    const lines = output().trim().split('\n');
    const logged = lines.filter(line => !line.startsWith('listening on '));
    expect(lines.length - logged.length).toBe(1);
    for (const line of logged)
      expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z (INFO|WARN) \d+ \S/);
    // Nothing between the start and the end, whatever was asked.
    expect(lines.slice(lines.findIndex(line => line.startsWith('listening on ')) + 1)).toEqual([
      expect.stringContaining('stopping'),
      expect.stringMatching(/ stopped$/),
    ]);
  });
});
