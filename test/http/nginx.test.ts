/** docs/gateway/nginx.conf with a real nginx in front of a real sidecar. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  byProxyProtocol,
  documented,
  freePort,
  isInstalled,
  replaced,
  startProgram,
} from '../support/proxy.ts';
import { type Places, testProxy } from '../support/proxy-contract.ts';

const isThere = isInstalled('nginx', '-v');

/** The example as it stands, but for its places; a balancer in front says who connects. */
function configure({ folder, programmes, sidecars }: Places, port: number): string {
  const servers = sidecars.map(sidecar => `server 127.0.0.1:${sidecar} max_fails=0;`).join('\n    ');
  const listen = `listen 127.0.0.1:${port} proxy_protocol;`;
  return replaced(documented('nginx.conf'), [
    ['    server 127.0.0.1:8451 max_fails=0;', `    ${servers}`],
    ['listen 8080;', `${listen} set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol;`],
    ['/srv/programmes', programmes],
    ['/var/log/nginx/access.log', join(folder, 'access.log')],
    ['/var/log/nginx/error.log', join(folder, 'error.log')],
  ]);
}

async function startNginx(places: Places, edit = (text: string): string => text): Promise<number> {
  const port = await freePort();
  const path = join(places.folder, 'nginx.conf');
  writeFileSync(path, `pid ${join(places.folder, 'pid')};\n${edit(configure(places, port))}`);
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
