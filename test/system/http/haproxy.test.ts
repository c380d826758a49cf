/** docs/gateway/haproxy.cfg and haproxy.lua with a real HAProxy in front of a real sidecar. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  byProxyProtocol,
  documented,
  freePort,
  isInstalled,
  isRequired,
  listenFor,
  newFolder,
  newStore,
  PROGRAMME,
  replaced,
  send,
  startProgram,
  startRecordedSidecar,
} from '../../support/proxy.ts';
import { type Site, testProxy } from '../../support/proxy-contract.ts';

const isThere = isInstalled('haproxy', '-v');

/** A server of programmes that accepts every spelling of the path, as the most lenient would. */
async function startOrigin(): Promise<number> {
  const origin = createServer((request, response) => {
    request.resume();
    response.end(PROGRAMME);
  });
  return listenFor(origin);
}

const same = (text: string): string => text;

async function startHaproxy(site: Site, editConfig = same, editLua = same): Promise<number> {
  const { folder, sidecars } = site;
  const port = await freePort();
  const asking = await freePort();
  const origin = await startOrigin();
  const servers = sidecars.map(
    (sidecar, index) => `server sidecar${index + 1} 127.0.0.1:${sidecar}`,
  );
  const lua = replaced(documented('haproxy.lua'), [['127.0.0.1:8450', `127.0.0.1:${asking}`]]);
  writeFileSync(join(folder, 'haproxy.lua'), editLua(lua));
  const config = replaced(documented('haproxy.cfg'), [
    ['/etc/haproxy/haproxy.lua', join(folder, 'haproxy.lua')],
    ['bind :8080', `bind 127.0.0.1:${port} accept-proxy`],
    ['bind 127.0.0.1:8450', `bind 127.0.0.1:${asking}`],
    ['server programmes 127.0.0.1:8081', `server programmes 127.0.0.1:${origin}`],
    ['  server sidecar1 127.0.0.1:8451', servers.map(server => `  ${server}`).join('\n')],
  ]);
  const path = join(folder, 'haproxy.cfg');
  writeFileSync(path, editConfig(config));
  const { child } = await startProgram('haproxy', ['-f', path, '-db'], port);
  const log = join(folder, 'access.log');
  writeFileSync(log, '');
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => writeFileSync(log, chunk, { flag: 'a' }));
  return port;
}

testProxy({
  name: 'HAProxy',
  isThere,
  start: site => startHaproxy(site),
  from: byProxyProtocol,
  accessLog: ({ folder }) => readFileSync(join(folder, 'access.log'), 'utf8'),
});

describe.skipIf(!isThere && !isRequired)('the configuration of HAProxy (needs HAProxy)', () => {
  async function setUp(editConfig = same, editLua = same) {
    const { folder, programmes } = newFolder('haproxy');
    const sidecars = [
      await startRecordedSidecar(await newStore(folder)),
      await startRecordedSidecar(await newStore(folder)),
    ] as const;
    const site = { folder, programmes, sidecars: sidecars.map(({ port }) => port) };
    return { sidecars, port: await startHaproxy(site, editConfig, editLua) };
  }

  it('asks the other sidecar where one does not answer, and no other where one has answered', async () => {
    const { port, sidecars } = await setUp();
    for (let round = 0; round < 4; round++)
      expect((await send(port, byProxyProtocol('4.1.1.1'))).status).toBe(451);
    expect(sidecars.map(({ questions }) => questions.length)).toEqual([2, 2]);
    await sidecars[0].stop();
    for (let round = 0; round < 4; round++)
      expect((await send(port, byProxyProtocol('2.1.1.1'))).status).toBe(200);
  });

  it('grants nothing where the Lua function fails, thanks to the line that its comment names', async () => {
    const failing = (text: string): string =>
      text.replace('function(txn)\n', 'function(txn)\n  error("x")\n');
    const failed = await send((await setUp(same, failing)).port, byProxyProtocol('4.1.1.1'));
    expect([failed.status, failed.body.includes(PROGRAMME)]).toEqual([503, false]);
    const withoutLine = (text: string): string =>
      text.replace(/^ *http-request return status 503 .*$/m, '');
    const passed = await send((await setUp(withoutLine, failing)).port, byProxyProtocol('4.1.1.1'));
    expect([passed.status, passed.body]).toEqual([200, PROGRAMME]);
  });

  it('decides every spelling; a condition on the path would not', async () => {
    const conditional = (text: string): string =>
      text
        .replace(
          'http-request lua.laissez_passer',
          'http-request lua.laissez_passer if { path_beg /hls/ }',
        )
        .replace(
          'str granted }',
          'str granted } !{ path_beg /hls/ } or { path_beg /hls/ } !{ var(txn.laissez_passer) -m found }',
        )
        .replace('unless { var(txn.laissez_passer) -m str granted } !', 'if { always_false } !');
    const { port } = await setUp(conditional);
    expect((await send(port, byProxyProtocol('4.1.1.1'))).status).toBe(451);
    for (const spelling of ['//hls/master.m3u8', '/%68ls/master.m3u8'])
      expect((await send(port, byProxyProtocol('4.1.1.1'), [], `GET ${spelling}`)).body).toBe(
        PROGRAMME,
      );
  });
});
