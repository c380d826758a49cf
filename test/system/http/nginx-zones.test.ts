/** docs/gateway/nginx-zones.conf: a real nginx looks up addresses in an exported table. */

import { once } from 'node:events';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeMmdb } from '../../../src/entry/tables.ts';
import { type Location, loadZoneTable } from '../../../src/index.ts';
import {
  documented,
  freePort,
  isInstalled,
  isRequired,
  listenFor,
  newFolder,
  replaced,
  send,
  startProgram,
} from '../../support/proxy.ts';
import { tableOf } from '../../support/tables.ts';

const MODULE = '/usr/lib/nginx/modules/ngx_http_geoip2_module.so';
const isThere = isInstalled('nginx', '-v') && existsSync(MODULE);

const VARIABLES = ['zone', 'known', 'licensed', 'anonymised', 'disputed'] as const;
const asNginxPrints = (location: Location): string =>
  VARIABLES.map(name => location[name])
    .map(value => (typeof value === 'boolean' ? Number(value) : value))
    .join(' ');

/** Starts nginx with the example behind a balancer on this machine. */
async function startNginx(file: Uint8Array, mode = 'master_process off;') {
  const { folder } = newFolder('nginx-zones');
  const path = join(folder, 'zones.mmdb');
  writeFileSync(path, file);
  const origin = createServer((request, response) => {
    request.resume();
    response.end([request.headers['x-zone'], request.headers['x-zone-disputed']].join(' '));
  });
  const port = await freePort();
  const answer = `return 200 "${VARIABLES.map(name => `$lp_${name}`).join(' ')}";`;
  const config = replaced(documented('nginx-zones.conf'), [
    ['modules/ngx_http_geoip2_module.so', MODULE],
    ['/var/lib/laissez-passer/zones.mmdb', path],
    ['# geoip2_proxy 10.0.0.0/24;', 'geoip2_proxy 127.0.0.1;'],
    ['/var/log/nginx/zones.log', join(folder, 'zones.log')],
    ['/var/log/nginx/error.log', join(folder, 'error.log')],
    ['listen 8080;', `listen 127.0.0.1:${port}; location = /all { ${answer} }`],
    ['http://127.0.0.1:8081', `http://127.0.0.1:${await listenFor(origin)}`],
  ]);
  const configPath = join(folder, 'nginx.conf');
  writeFileSync(configPath, `pid ${join(folder, 'pid')};\n${config}`);
  const { child } = await startProgram(
    'nginx',
    ['-c', configPath, '-g', `daemon off; ${mode}`],
    port,
  );
  const askFrom = async (address: string, target = '/all', lines: readonly string[] = []) =>
    (await send(port, { line: `X-Forwarded-For: ${address}` }, lines, `GET ${target}`)).body;
  return { child, path, askFrom };
}

describe.skipIf(!isThere && !isRequired)(
  'nginx with an exported table (needs nginx, libnginx-mod-http-geoip2)',
  () => {
    it('sees for each address what the table says', async () => {
      const table = await loadZoneTable();
      const { askFrom } = await startNginx(encodeMmdb(table));
      for (const [address, zone] of [
        ['90.1.1.1', 'home'],
        ['129.187.0.1', 'eea'],
        ['128.59.0.1', 'outside'],
        ['10.0.0.1', 'unknown'],
        ['192.0.2.1', 'unknown'],
        ['::ffff:90.1.1.1', 'home'],
        ['2a01:cb00::1', 'home'],
        ['2a02:2e0::1', 'eea'],
        ['2600::1', 'outside'],
        ['2002::1', 'unknown'],
        ['fe80::1', 'unknown'],
      ] as const) {
        const location = table.locate(address);
        expect([address, location.zone]).toEqual([address, zone]);
        expect(await askFrom(address), address).toBe(asNginxPrints(location));
      }
    });

    it('passes the zone on, and not what a client sends in its place', async () => {
      const { askFrom } = await startNginx(
        encodeMmdb(await tableOf(['4.0.0.0/8,GB', '4.0.0.0/8,FR'])),
      );
      expect(await askFrom('4.1.1.1', '/', ['X-Zone: home', 'X-Zone-Disputed: 0'])).toBe(
        'outside 1',
      );
    });

    it('reads a file that was replaced when it is reloaded, without a restart', async () => {
      const before = encodeMmdb(await tableOf(['4.0.0.0/8,GB']));
      const { child, askFrom, path } = await startNginx(before, 'worker_shutdown_timeout 1s;');
      try {
        expect(await askFrom('4.1.1.1', '/')).toBe('outside 0');
        writeFileSync(`${path}.new`, encodeMmdb(await tableOf(['4.0.0.0/8,FR'])));
        renameSync(`${path}.new`, path);
        // What `nginx -s reload` sends.
        child.kill('SIGHUP');
        await expect.poll(() => askFrom('4.1.1.1', '/'), { timeout: 20_000 }).toBe('home 0');
      } finally {
        // Its workers end with it.
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
    });
  },
);
