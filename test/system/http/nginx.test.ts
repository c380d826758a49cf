/** docs/gateway/nginx.conf with a real nginx in front of a real sidecar. */
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  byProxyProtocol,
  decisionsOf,
  documented,
  freePort,
  isInstalled,
  isRequired,
  newFolder,
  newStore,
  openToAll,
  PROGRAMME,
  replaced,
  send,
  startProgram,
} from '../../support/proxy.ts';
import { type Site, testProxy } from '../../support/proxy-contract.ts';
import { type Running, spawnFor, startSidecar } from '../../support/sidecar.ts';

const isThere = isInstalled('nginx', '-v');

/**
 * The example unchanged except for its paths and ports; a balancer in front sets the client by the
 * PROXY protocol.
 */
function configure({ folder, programmes, sidecars }: Site, port: number): string {
  const servers = sidecars
    .map(sidecar => `server 127.0.0.1:${sidecar} max_fails=0;`)
    .join('\n    ');
  const listen = `listen 127.0.0.1:${port} proxy_protocol;`;
  return replaced(documented('nginx.conf'), [
    ['    server 127.0.0.1:8451 max_fails=0;', `    ${servers}`],
    ['listen 8080;', `${listen} set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol;`],
    ['/srv/programmes', programmes],
    ['/var/log/nginx/access.log', join(folder, 'access.log')],
    ['/var/log/nginx/error.log', join(folder, 'error.log')],
  ]);
}

async function startNginx(site: Site, edit = (text: string): string => text): Promise<number> {
  const port = await freePort();
  const path = join(site.folder, 'nginx.conf');
  writeFileSync(path, `pid ${join(site.folder, 'pid')};\n${edit(configure(site, port))}`);
  await startProgram('nginx', ['-c', path, '-g', 'daemon off; master_process off;'], port);
  return port;
}

testProxy({
  name: 'nginx',
  isThere,
  start: startNginx,
  from: byProxyProtocol,
  accessLog: ({ folder }) => readFileSync(join(folder, 'access.log'), 'utf8'),
});

async function setUp(edit: (text: string) => string) {
  const { folder, programmes } = newFolder('nginx');
  const store = await newStore(folder);
  const ports = [await freePort(), await freePort()];
  const startAt = (port: number) => startSidecar([...store, '--listen', `127.0.0.1:${port}`]);
  const sidecars = await Promise.all(ports.map(startAt));
  openToAll(folder);
  const port = await startNginx({ folder, programmes, sidecars: ports }, edit);
  return { folder, ports, port, sidecars, startAt };
}

/** A balancer without the PROXY protocol: the load itself sets its address. */
const byHeader = (text: string): string =>
  text
    .replace(' proxy_protocol;', ';')
    .replace('real_ip_header proxy_protocol', 'real_ip_header X-Test-Address');

/** Puts load on a port until it is stopped; `stop` returns what wrk prints. */
function startLoad(port: number, folder: string): { stop(): Promise<string> } {
  const script = join(folder, 'load.lua');
  writeFileSync(
    script,
    'wrk.headers["X-Test-Address"] = "2.1.1.1"\nwrk.headers["Cookie"] = "session=viewer"\n',
  );
  const url = `http://127.0.0.1:${port}/hls/master.m3u8`;
  const wrk = spawnFor('wrk', ['-t', '1', '-c', '16', '-d', '60s', '-s', script, url]);
  let printed = '';
  wrk.stdout.on('data', chunk => {
    printed += chunk;
  });
  const stop = async (): Promise<string> => {
    wrk.kill('SIGINT');
    await once(wrk, 'close');
    return printed;
  };
  return { stop };
}

describe.skipIf(!isThere && !isRequired)('nginx in front of two sidecars (needs nginx)', () => {
  it('decides what a regular expression of another location also matches', async () => {
    const more = 'location ~ \\.m3u8$ { root PROGRAMMES; }';
    for (const [edit, isDecided] of [
      [(text: string) => text, true],
      // Without `^~` the other location would win, as the example warns.
      [(text: string) => text.replace('location ^~ /hls/', 'location /hls/'), false],
    ] as const) {
      const { port, sidecars } = await setUp(text => {
        const [, root] = / root (\S+);/.exec(text)!;
        return edit(text).replace(
          'location / {',
          `${more.replace('PROGRAMMES', root!)}\n    location / {`,
        );
      });
      const answer = await send(port, byProxyProtocol('4.1.1.1'));
      expect([answer.status, answer.body === PROGRAMME]).toEqual(
        isDecided ? [451, false] : [200, true],
      );
      expect((await decisionsOf(sidecars[0]!)) + (await decisionsOf(sidecars[1]!))).toBe(
        isDecided ? 1 : 0,
      );
    }
  });

  it('asks the other sidecar where one does not answer, and no other where one has answered', async () => {
    const { port, sidecars } = await setUp(text => text);
    for (let round = 0; round < 4; round++)
      expect((await send(port, byProxyProtocol('4.1.1.1'))).status).toBe(451);
    expect((await decisionsOf(sidecars[0]!)) + (await decisionsOf(sidecars[1]!))).toBe(4);
    await sidecars[0]!.stop();
    for (let round = 0; round < 4; round++) {
      expect((await send(port, byProxyProtocol('2.1.1.1'))).status).toBe(200);
      expect((await send(port, byProxyProtocol('4.1.1.1'), [], 'POST /hls/x')).status).toBe(451);
    }
  });
});

describe.skipIf(!isThere && !isRequired)('verdicts that hold (needs nginx)', () => {
  /** The example with its marked lines in force. */
  const holding =
    (folder: string) =>
    (text: string): string =>
      text.replaceAll('#hold# ', '').replace('/dev/shm/laissez-passer', join(folder, 'verdicts'));

  async function setUpHolding(seconds: number) {
    const { folder, programmes } = newFolder('nginx');
    const store = await newStore(folder);
    const sidecarPort = await freePort();
    const lifetime = ['--verdict-lifetime', String(seconds)];
    const options = [...store, '--listen', `127.0.0.1:${sidecarPort}`, ...lifetime];
    const sidecar = await startSidecar(options);
    openToAll(folder);
    const site = { folder, programmes, sidecars: [sidecarPort] };
    const port = await startNginx(site, holding(folder));
    return { folder, port, sidecar, options };
  }
  const cookie = (session: string): string[] => [`Cookie: session=${session}`];

  it('are used again for the same subscriber at the same address, and for no other', async () => {
    const { port, sidecar, folder } = await setUpHolding(300);
    const status = async (address: string, session = 'viewer'): Promise<number> =>
      (await send(port, byProxyProtocol(address), cookie(session))).status;
    for (let round = 0; round < 5; round++) expect(await status('2.1.1.1')).toBe(200);
    expect(await decisionsOf(sidecar)).toBe(1);
    expect(await status('2.1.1.2')).toBe(200);
    expect(await status('2.1.1.1', 'another')).toBe(403);
    expect(await decisionsOf(sidecar)).toBe(3);
    // What a client writes into its cookie makes no key of another viewer.
    expect(await status('4.1.1.1', '2.1.1.1 viewer')).toBe(403);
    // A refusal is decided each time.
    for (let round = 0; round < 3; round++) expect(await status('4.1.1.1')).toBe(451);
    expect(await decisionsOf(sidecar)).toBe(7);
    // The entry holds the key, readable for nginx alone.
    const entries = readdirSync(join(folder, 'verdicts'), { recursive: true, withFileTypes: true });
    const files = entries.filter(entry => entry.isFile());
    expect(files).toHaveLength(2);
    for (const { parentPath, name } of files)
      expect(statSync(join(parentPath, name)).mode & 0o077).toBe(0);
  });

  it('end with their lifetime, and no old one is used when the sidecar is away', async () => {
    const { port, sidecar } = await setUpHolding(2);
    const status = async (): Promise<number> =>
      (await send(port, byProxyProtocol('2.1.1.1'), cookie('viewer'))).status;
    expect(await status()).toBe(200);
    await sidecar.stop();
    expect(await status()).toBe(200);
    await delay(3100);
    expect(await status()).toBe(503);
  });
});

describe.skipIf(!(isThere && isInstalled('which', 'wrk')) && !isRequired)(
  'a restart (needs nginx, wrk)',
  () => {
    it('of two sidecars one after the other fails no request', async () => {
      const { port, folder, ports, sidecars, startAt } = await setUp(byHeader);
      const isUnderLoad = async (sidecar: Running): Promise<void> => {
        const before = await decisionsOf(sidecar);
        while ((await decisionsOf(sidecar)) < before + 100) await delay(20);
      };
      const load = startLoad(port, folder);
      await Promise.all(sidecars.map(isUnderLoad));
      const restarted: Running[] = [];
      // The second stops at once: with nginx's own `max_fails=1`, the first would still count as
      // failed then.
      for (const [index, sidecar] of sidecars.entries()) {
        expect(await sidecar.stop()).toBe(0);
        restarted.push(await startAt(ports[index]!));
      }
      await Promise.all(restarted.map(isUnderLoad));
      const printed = await load.stop();
      expect(printed).toMatch(/ requests in /);
      expect(printed).not.toMatch(/Non-2xx|Socket errors/);
    });
  },
);
