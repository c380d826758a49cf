import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openSqliteLedger } from '../../src/evidence/sqlite.ts';
import { explain, openDesk, openKeyring } from '../../src/index.ts';
import { CALL, CONCLUDED } from '../support/desk.ts';
import { type Running, spawnFor, startSidecar } from '../support/sidecar.ts';
import { acceptedBundle, fileOf, inFolder } from '../support/tables.ts';

const isThere = spawnSync('nginx', ['-v']).status === 0;
const EXAMPLE = readFileSync(new URL('../../docs/gateway/nginx.conf', import.meta.url), 'utf8');
const table = fileOf(
  await acceptedBundle({
    sources: [{ path: fileOf('2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB', 'rows.csv'), built: '2026-11-20' }],
  }),
  'zones.bin',
);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** The example as it stands, but for its places; a balancer in front says who connects, so that a test can come from anywhere. */
function configure(folder: string, port: number, sidecar: Running): string {
  const replaced: readonly (readonly [string, string])[] = [
    ['server 127.0.0.1:8451;', `server 127.0.0.1:${sidecar.to.port};`],
    [
      'listen 8080;',
      `listen 127.0.0.1:${port} proxy_protocol; set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol;`,
    ],
    ['/srv/programmes', join(folder, 'programmes')],
    ['/var/log/nginx/access.log', join(folder, 'access.log')],
    ['/var/log/nginx/error.log', join(folder, 'error.log')],
  ];
  let text = EXAMPLE;
  for (const [before, after] of replaced) {
    expect(text).toContain(before);
    text = text.replace(before, after);
  }
  const path = join(folder, 'nginx.conf');
  writeFileSync(path, `pid ${join(folder, 'pid')};\n${text}`);
  return path;
}

interface Heard {
  readonly status: number;
  readonly headers: string;
  readonly body: string;
}

/** One request over a connection of its own, from an address of the test's choice. */
function ask(
  port: number,
  address: string,
  lines: readonly string[] = [],
  request = 'GET /hls/master.m3u8',
): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', chunk => {
      text += chunk;
    });
    socket.on('error', reject).on('close', () => {
      const [head, body] = [text.slice(0, text.indexOf('\r\n\r\n')), text.slice(text.indexOf('\r\n\r\n') + 4)];
      resolve({ status: Number(head.split(' ')[1]), headers: head.toLowerCase(), body });
    });
    socket.write(`PROXY TCP4 ${address} 127.0.0.1 40000 ${port}\r\n`);
    socket.write([`${request} HTTP/1.0`, 'Host: tv', 'Cookie: session=viewer', ...lines, '', ''].join('\r\n'));
  });
}

const isListening = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });

async function startNginx(sidecar: Running, folder: string): Promise<number> {
  mkdirSync(join(folder, 'programmes', 'hls'), { recursive: true });
  writeFileSync(join(folder, 'programmes', 'hls', 'master.m3u8'), '#EXTM3U\n');
  const port = await freePort();
  const path = configure(folder, port, sidecar);
  spawnSync('chmod', ['-R', 'a+rX', folder, join(folder, '..')]);
  spawnFor('nginx', ['-c', path, '-g', 'daemon off; master_process off;']);
  while (!(await isListening(port))) await delay(20);
  return port;
}

describe.skipIf(!isThere && process.env['CI'] !== 'true')('nginx in front of the sidecar (needs nginx)', () => {
  it('asks about each request, whatever the client forges, and passes on the document of a refusal', async () => {
    const folder = mkdtempSync(inFolder('nginx-'));
    const places = { ledger: join(folder, 'ledger.db'), keyring: join(mkdtempSync(join(folder, 'keys-')), 'keys') };
    const keyring = await openKeyring(places.keyring);
    const ledger = await openSqliteLedger(places.ledger);
    await openDesk({ ledger, keyring, operator: 'Anna' }).record('viewer', CALL, CONCLUDED);
    await ledger.close();
    const stores = ['--ledger', places.ledger, '--keyring', places.keyring];
    const sidecar = await startSidecar(['--table', table, ...stores]);
    const port = await startNginx(sidecar, folder);
    expect(await ask(port, '2.1.1.1')).toMatchObject({ status: 200, body: '#EXTM3U\n' });
    const forged = ['X-Forwarded-For: 2.1.1.1', 'Forwarded: for=2.1.1.1', 'Laissez-Passer-Subscriber: somebody'];
    const london = await ask(port, '4.1.1.1', [...forged, 'Accept-Language: en']);
    expect(london.status).toBe(451);
    expect(london.headers).toContain('application/problem+json');
    expect(london.headers).toContain('cache-control: no-store');
    expect(JSON.parse(london.body)).toMatchObject({ reason: 'outside-eea', detail: explain('outside-eea', 'en') });
    const nowhere = await ask(port, '9.1.1.1', forged);
    expect([nowhere.status, nowhere.headers.includes('retry-after')]).toEqual([503, true]);
    expect(JSON.parse(nowhere.body)).toMatchObject({ detail: explain('location-unknown', 'fr') });
    expect(await ask(port, '2.1.1.1', ['X-Forwarded-For: 4.1.1.1'])).toMatchObject({ status: 200 });
    expect(JSON.parse((await ask(port, '3.1.1.1')).body)).toMatchObject({
      status: 403,
      reason: 'residence-unverified',
    });
    const posted = await ask(port, '4.1.1.1', ['Content-Length: 0', 'Content-Type: application/json'], 'POST /hls/x');
    expect(posted.status).toBe(451);
    const long = ['X-Long: a', 'X-Longer: b'].map(line => line + 'x'.repeat(6000));
    expect((await ask(port, '2.1.1.1', long)).status).toBe(200);
    expect((await ask(port, '2.1.1.1', [], 'GET /hls/')).status).toBe(403);
    sidecar.child.kill('SIGSTOP');
    expect((await ask(port, '2.1.1.1')).status).toBe(500);
    sidecar.child.kill('SIGCONT');
    await sidecar.stop();
    expect((await ask(port, '2.1.1.1')).status).toBe(500);
    const log = readFileSync(join(folder, 'access.log'), 'utf8');
    expect(log.trim().split('\n')).toHaveLength(10);
    expect(log).toContain('"GET /hls/master.m3u8" 451');
    expect(log).not.toMatch(/[2349]\.1\.1\.1|127\.0\.0\.1|somebody/);
    expect(sidecar.output()).not.toMatch(/[2349]\.1\.1\.1|somebody/);
  });
});
