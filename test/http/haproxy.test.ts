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
  PROGRAMME,
  replaced,
  startProgram,
} from '../support/proxy.ts';
import { type Places, testProxy } from '../support/proxy-contract.ts';

const isThere = isInstalled('haproxy', '-v');

/** A server of programmes that takes every spelling for the programme, as the most lenient would. */
async function startOrigin(): Promise<number> {
  const origin = createServer((request, response) => {
    request.resume();
    response.end(PROGRAMME);
  });
  return listenFor(origin);
}

async function startHaproxy(places: Places, edit = (text: string): string => text): Promise<number> {
  const { folder, sidecars } = places;
  const [port, asking, origin] = [await freePort(), await freePort(), await startOrigin()];
  const servers = sidecars.map((sidecar, index) => `server sidecar${index + 1} 127.0.0.1:${sidecar}`);
  const lua = replaced(documented('haproxy.lua'), [['127.0.0.1:8450', `127.0.0.1:${asking}`]]);
  writeFileSync(join(folder, 'haproxy.lua'), lua);
  const config = replaced(documented('haproxy.cfg'), [
    ['/etc/haproxy/haproxy.lua', join(folder, 'haproxy.lua')],
    ['bind :8080', `bind 127.0.0.1:${port} accept-proxy`],
    ['bind 127.0.0.1:8450', `bind 127.0.0.1:${asking}`],
    ['server programmes 127.0.0.1:8081', `server programmes 127.0.0.1:${origin}`],
    ['  server sidecar1 127.0.0.1:8451', servers.map(server => `  ${server}`).join('\n')],
  ]);
  const path = join(folder, 'haproxy.cfg');
  writeFileSync(path, edit(config));
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
  start: startHaproxy,
  from: byProxyProtocol,
  accessLog: ({ folder }) => readFileSync(join(folder, 'access.log'), 'utf8'),
});
