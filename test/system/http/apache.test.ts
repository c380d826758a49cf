/** docs/gateway/apache.conf and apache.lua with a real Apache httpd in front of a real sidecar. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
  startRecordedSidecar,
} from '../../support/proxy.ts';
import { type Site, testProxy } from '../../support/proxy-contract.ts';

const MODULES = '/usr/lib/apache2/modules';
const isThere = isInstalled('apache2', '-v') && existsSync('/usr/share/lua/5.3/socket.lua');

/** The modules that Debian's own apache2.conf loads; there, the example lies in `sites-enabled`. */
const BASE = ['mpm_event', 'authz_core', 'alias', 'dir', 'mime', 'negotiation', 'remoteip']
  .map(name => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`)
  .join('\n');

const same = (text: string): string => text;

async function startApache(site: Site, editConfig = same, editLua = same): Promise<number> {
  const { folder, programmes, sidecars } = site;
  const port = await freePort();
  const named = sidecars.map(sidecar => `"127.0.0.1:${sidecar}"`).join(', ');
  const lua = documented('apache.lua').replace(
    'local SIDECARS = { "127.0.0.1:8451" }',
    `local SIDECARS = { ${named} }`,
  );
  writeFileSync(join(folder, 'apache.lua'), editLua(lua));
  const config = replaced(
    documented('apache.conf').replaceAll(
      '/etc/apache2/laissez-passer/apache.lua',
      join(folder, 'apache.lua'),
    ),
    [
      ['Listen 8080', `Listen 127.0.0.1:${port}`],
      ['<VirtualHost *:8080>', `<VirtualHost *:${port}>\n  RemoteIPProxyProtocol On`],
      ['DocumentRoot /var/www/html', `DocumentRoot ${folder}`],
      ['Alias /hls /srv/programmes/hls', `Alias /hls ${join(programmes, 'hls')}`],
      ['<Directory /srv/programmes>', `<Directory ${programmes}>`],
      ['/var/log/apache2/access.log', join(folder, 'access.log')],
      ['/var/log/apache2/error.log', join(folder, 'error.log')],
    ],
  );
  const own = [
    `ServerRoot ${folder}`,
    `PidFile ${join(folder, 'pid')}`,
    'ServerName tv',
    `DefaultRuntimeDir ${folder}`,
    `ErrorLog ${join(folder, 'main.log')}`,
    'User www-data',
    'Group www-data',
    'StartServers 1',
    BASE,
    'TypesConfig /dev/null',
  ];
  const path = join(folder, 'apache.conf');
  writeFileSync(path, `${own.join('\n')}\n${editConfig(config)}`);
  // `-X` runs one process: a child process would outlive the test.
  await startProgram('apache2', ['-f', path, '-X'], port);
  return port;
}

testProxy({
  name: 'Apache',
  isThere,
  start: site => startApache(site),
  from: byProxyProtocol,
  accessLog: ({ folder }) =>
    ['access.log', 'error.log', 'main.log']
      .map(name => join(folder, name))
      .filter(existsSync)
      .map(path => readFileSync(path, 'utf8'))
      .join(''),
});

describe.skipIf(!isThere && !isRequired)('the configuration of Apache (needs Apache)', () => {
  async function setUp(editConfig = same, editLua = same) {
    const { folder, programmes } = newFolder('apache');
    const sidecars = [
      await startRecordedSidecar(await newStore(folder)),
      await startRecordedSidecar(await newStore(folder)),
    ] as const;
    openToAll(folder);
    const site = { folder, programmes, sidecars: sidecars.map(({ port }) => port) };
    return { sidecars, port: await startApache(site, editConfig, editLua) };
  }

  it('asks two sidecars in turns, and the other one where one does not answer', async () => {
    const { port, sidecars } = await setUp();
    while ((await decisionsOf(sidecars[0])) === 0 || (await decisionsOf(sidecars[1])) === 0)
      expect((await send(port, byProxyProtocol('2.1.1.1'))).status).toBe(200);
    await sidecars[0].stop();
    for (let round = 0; round < 4; round++)
      expect((await send(port, byProxyProtocol('2.1.1.1'))).status).toBe(200);
  });

  it('serves nothing where the Lua function fails, is missing or cannot be compiled', async () => {
    const faults = [
      (text: string) => text.replace('function check(r)', 'function check(r)\n  error("x")'),
      (text: string) => text.replace('function check(r)', 'function other(r)'),
      (text: string) => text.replace('function check(r)', 'function check(r'),
      (text: string) => text.replace('require "socket"', 'require "no_such_module"'),
    ];
    for (const fault of faults) {
      const { port } = await setUp(same, fault);
      const answer = await send(port, byProxyProtocol('2.1.1.1'));
      expect([answer.status, answer.body.includes(PROGRAMME)]).toEqual([500, false]);
    }
  });

  it('guards a programme under an alias; a Location would not', async () => {
    const withAlias = (text: string): string =>
      text.replace(/ {2}Alias \/hls (\S+)/, '$&\n  Alias /other $1');
    const atLocation = (text: string): string => {
      const [, hook] = /^ *(LuaHookAccessChecker .*)$/m.exec(text)!;
      return withAlias(text.replace(hook!, '')).replace(
        '</VirtualHost>',
        `<Location /hls>\n${hook}\n</Location>\n$&`,
      );
    };
    for (const [edit, status] of [
      [withAlias, 451],
      [atLocation, 200],
    ] as const) {
      const { port } = await setUp(edit);
      expect((await send(port, byProxyProtocol('4.1.1.1'))).status).toBe(451);
      expect(
        (await send(port, byProxyProtocol('4.1.1.1'), [], 'GET /other/master.m3u8')).status,
      ).toBe(status);
    }
  });
});
