import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSqliteLedger } from '../../src/evidence/sqlite.ts';
import { compileBundle, explain, openDesk, openKeyring } from '../../src/index.ts';
import { cli } from '../support/cli.ts';
import { CALL, CONCLUDED, VERIFIED } from '../support/desk.ts';
import { ask, startSidecar } from '../support/sidecar.ts';
import { fileOf, inFolder } from '../support/tables.ts';

const table = fileOf(
  await compileBundle({
    sources: [{ path: fileOf('2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB', 'rows.csv'), built: '2026-11-20' }],
  }),
  'zones.bin',
);
const TABLE = ['--table', table];
const STANDING = [...TABLE, '--standing-header', 'x-standing'];
const newStore = () => {
  const folder = mkdtempSync(inFolder('sidecar-'));
  return { ledger: join(folder, 'ledger.db'), keyring: join(folder, 'keys') };
};
const placesOf = ({ ledger, keyring }: ReturnType<typeof newStore>): string[] => [
  '--ledger',
  ledger,
  '--keyring',
  keyring,
];
const from = (address: string, more = {}) => ({
  ...{ 'x-forwarded-for': address, 'laissez-passer-subscriber': 's', 'x-standing': 'verified' },
  ...more,
});
const CHECK = { path: '/check' };

describe('the sidecar', () => {
  it('answers 200 or 403 with verdict, reason, code and the fitting status in headers', async () => {
    const { to, stop } = await startSidecar(STANDING);
    const check = (headers: object) => ask({ ...to, ...CHECK }, headers as Record<string, string>);
    const home = await check(from('2.1.1.1'));
    expect([home.status, home.body]).toEqual([200, '']);
    expect(home.headers).toMatchObject({
      'laissez-passer-verdict': 'domestic',
      'laissez-passer-reason': 'present-at-home',
      'laissez-passer-code': 'LP-05',
      'laissez-passer-status': '200',
      'cache-control': 'no-store',
    });
    const london = await check(from('4.1.1.1', { 'accept-language': 'en' }));
    expect(london.status).toBe(403);
    expect(london.headers).toMatchObject({ 'laissez-passer-reason': 'outside-eea', 'laissez-passer-status': '451' });
    expect(JSON.parse(london.body)).toMatchObject({ status: 451, detail: explain('outside-eea', 'en') });
    expect((await check(from('9.9.9.9'))).headers['laissez-passer-status']).toBe('503');
    for (const [standing, reason] of [
      ['elsewhere', 'residence-elsewhere'],
      ['nonsense', 'residence-unverified'],
      [undefined, 'residence-unverified'],
    ] as const) {
      const { 'x-standing': _, ...rest } = from('3.1.1.1');
      const answer = await check({ ...rest, ...(standing && { 'x-standing': standing }) });
      expect([answer.status, answer.headers['laissez-passer-reason']]).toEqual([403, reason]);
    }
    expect(await stop()).toBe(0);
  });

  it('reads the client from the right through trusted proxies only, from several lines, whatever path, method and body', async () => {
    const { to } = await startSidecar([...STANDING, '--trusted', '203.0.113.0/24']);
    const reason = async (chain: string | string[], more: object = {}, body?: string): Promise<unknown> =>
      (await ask({ ...to, ...CHECK, ...more }, { ...from(''), 'x-forwarded-for': chain }, body)).headers[
        'laissez-passer-reason'
      ];
    expect(await reason('2.1.1.1, 4.1.1.1')).toBe('outside-eea');
    expect(await reason('2.1.1.1, 4.1.1.1, 203.0.113.9')).toBe('outside-eea');
    expect(await reason(['4.1.1.1', '2.1.1.1, 203.0.113.9', '127.0.0.1'])).toBe('present-at-home');
    expect(await reason('2.1.1.1, x')).toBe('address-invalid');
    for (const path of ['/check/hls/a%zz?token=1', '/check?x', '/check/../../metrics', `/check/${'a'.repeat(5000)}`])
      expect(await reason('2.1.1.1', { path })).toBe('present-at-home');
    expect(await reason('2.1.1.1', { method: 'POST' }, '{"a":')).toBe('present-at-home');
    expect(await reason('2.1.1.1', { method: 'HEAD' })).toBe('present-at-home');
    expect((await ask({ ...to, path: '/checked' })).status).toBe(404);
  });

  it('takes headers by the names it was given, Forwarded too, and an offer by its name', async () => {
    const offers = fileOf('{"free":{"paid":false}}', 'offers.json');
    const named = ['--address-header', 'Forwarded', '--subscriber-header', 'X-Id', '--standing-header', 'X-Standing'];
    const { to } = await startSidecar([...TABLE, ...named, '--offers', offers, '--offer-header', 'X-Offer']);
    const spain = { forwarded: 'for=3.1.1.1', 'x-id': 's', 'x-standing': 'verified' };
    expect((await ask({ ...to, ...CHECK }, spain)).status).toBe(200);
    const free = await ask({ ...to, ...CHECK }, { ...spain, 'x-offer': 'free' });
    expect(free.headers['laissez-passer-reason']).toBe('service-not-portable');
  });

  it('answers its peers only', async () => {
    const { to } = await startSidecar([...STANDING, '--peer', '10.0.0.0/8']);
    const answer = await ask({ ...to, ...CHECK }, from('2.1.1.1'));
    expect([answer.status, answer.headers['laissez-passer-reason']]).toEqual([403, undefined]);
    expect((await ask({ ...to, path: '/metrics' })).body).toContain('reason="present-at-home"} 0');
  });

  it('gives Envoy the status itself, and refuses nothing in shadow mode', async () => {
    const envoy = await startSidecar([...STANDING, '--fitting-status']);
    const refused = await ask({ ...envoy.to, ...CHECK }, from('4.1.1.1'));
    expect([refused.status, refused.headers['content-type']]).toEqual([451, 'application/problem+json; charset=utf-8']);
    const unknown = await ask({ ...envoy.to, ...CHECK }, from('9.9.9.9'));
    expect([unknown.status, unknown.headers['retry-after']]).toEqual([503, '30']);
    const shadow = await startSidecar([...STANDING, '--shadow']);
    const passed = await ask({ ...shadow.to, ...CHECK }, from('4.1.1.1'));
    expect([passed.status, passed.headers['laissez-passer-reason']]).toEqual([200, 'outside-eea']);
    expect((await ask({ ...shadow.to, path: '/metrics' })).body).toContain('reason="outside-eea"} 1');
  });

  it('gives the document of a refusal by its reason, in the language of the client', async () => {
    const { to } = await startSidecar([...STANDING, '--lang', 'fr', '--client-language', 'fr']);
    const read = (reason: string, headers = {}) => ask({ ...to, path: `/refusal/${reason}` }, headers);
    const french = await read('outside-eea');
    expect([french.status, JSON.parse(french.body).detail]).toEqual([451, explain('outside-eea', 'fr')]);
    expect(JSON.parse((await read('LP-12', { 'accept-language': 'en' })).body).detail).toBe(
      explain('outside-eea', 'en'),
    );
    for (const reason of ['present-at-home', 'nonsense', '%2e%2e', '']) expect((await read(reason)).status).toBe(404);
  });

  it('says how it is: alive, ready, in numbers', async () => {
    const { to } = await startSidecar(STANDING);
    expect((await ask({ ...to, path: '/healthz' })).status).toBe(200);
    const ready = await ask({ ...to, path: '/readyz' });
    expect([ready.status, JSON.parse(ready.body)]).toEqual([
      200,
      { status: 'ok', edition: expect.any(String), tableAgeDays: expect.any(Number), isTableStale: false },
    ]);
    await ask({ ...to, ...CHECK }, from('2.1.1.1'));
    const { body } = await ask({ ...to, path: '/metrics' });
    expect(body).toContain('laissez_passer_decisions_total{verdict="domestic",reason="present-at-home"} 1');
  });
});

describe('the sidecar with evidence', () => {
  it('reads standings and exceptions from the register, keeps the bit, and stops with everything written', async () => {
    const store = newStore();
    const { to, stop, output } = await startSidecar([...TABLE, ...placesOf(store)]);
    const keyring = await openKeyring(store.keyring);
    const ledger = await openSqliteLedger(store.ledger);
    const desk = openDesk({ ledger, keyring, operator: 'Anna' });
    for (const event of [CONCLUDED, VERIFIED]) await desk.record('s', CALL, event);
    const today = new Date().toISOString().slice(0, 10);
    await desk.except('s', CALL, 'address-data', today);
    const reason = async (address: string, subscriber = 's') =>
      (await ask({ ...to, ...CHECK }, from(address, { 'laissez-passer-subscriber': subscriber }))).headers[
        'laissez-passer-reason'
      ];
    expect(await reason('3.1.1.1')).toBe('temporarily-abroad');
    expect(await reason('9.9.9.9')).toBe('granted-by-exception');
    expect(await reason('2.1.1.1', 'nobody')).toBe('no-contract');
    expect(await stop()).toBe(0);
    expect(output()).toMatch(/stopped\n$/);
    expect((await ledger.months()).map(({ cards }) => cards)).toEqual([1]);
    const counted = await ledger.tally('2000-01-01', '2100-01-01');
    expect(counted.map(row => `${row.reason} ${row.count}`).toSorted()).toEqual([
      'granted-by-exception 1',
      'no-contract 1',
      'temporarily-abroad 1',
    ]);
    await ledger.close();
  });

  it('reloads its table on SIGHUP', async () => {
    const own = fileOf(
      await compileBundle({ sources: [{ path: fileOf('2.0.0.0/8,ES', 'a.csv'), built: '2026-11-20' }] }),
    );
    const { to, child, output } = await startSidecar(['--table', own, '--standing-header', 'x-standing']);
    const reason = async () => (await ask({ ...to, ...CHECK }, from('2.1.1.1'))).headers['laissez-passer-reason'];
    expect(await reason()).toBe('temporarily-abroad');
    writeFileSync(own, 'nonsense');
    child.kill('SIGHUP');
    while (!/ERR_TABLE|ERR_SOURCE/.test(output())) await new Promise(resolve => setTimeout(resolve, 10));
    expect(await reason()).toBe('temporarily-abroad');
  });

  it('listens on a Unix socket for its group, takes the place of one that was killed, and of no other', async () => {
    const path = inFolder('lp.sock');
    const first = await startSidecar([...STANDING, '--socket', path]);
    const check = () => ask({ socketPath: path, ...CHECK }, from('2.1.1.1'));
    expect((await check()).headers['laissez-passer-reason']).toBe('present-at-home');
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(cli(['serve', ...STANDING, '--socket', path]).stderr).toContain('ERR_SERVE_LISTEN');
    expect((await check()).status).toBe(200);
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
  ])('does not start with %j', (args, code) => {
    const { status, stderr } = cli(['serve', ...STANDING, ...args]);
    expect([status, stderr]).toEqual([1, expect.stringContaining(code)]);
  });

  it('does not start without a standing from anywhere', () => {
    expect(cli(['serve', ...TABLE]).stderr).toContain('--standing-header');
  });
});

describe('what the sidecar says', () => {
  it('holds no address, no subscriber and no decision, whatever it is asked', async () => {
    const store = newStore();
    const { to, stop, output } = await startSidecar([...STANDING, ...placesOf(store)], { NODE_DEBUG: '' });
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
    expect(output().trim().split('\n')).toHaveLength(3);
  });
});
