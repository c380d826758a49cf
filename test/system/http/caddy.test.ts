/** docs/gateway/Caddyfile with a real Caddy in front of a real sidecar. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TABLE } from '../../support/asking.ts';
import {
  documented,
  freePort,
  isInstalled,
  isRequired,
  newFolder,
  openToAll,
  PROGRAMME,
  replaced,
  send,
  startProgram,
  startRecordedSidecar,
} from '../../support/proxy.ts';
import { type Site, SPELLINGS, testProxy } from '../../support/proxy-contract.ts';

const isThere = isInstalled('caddy', 'version');

function configure({ folder, programmes, sidecars }: Site, port: number): string {
  return replaced(documented('Caddyfile'), [
    ['\n:8080 {', `\nhttp://:${port} {\n\tbind 127.0.0.1`],
    [
      'forward_auth 127.0.0.1:8451 {',
      `forward_auth ${sidecars.map(at => `127.0.0.1:${at}`).join(' ')} {`,
    ],
    ['/srv/programmes', programmes],
    ['/var/log/caddy/access.log', join(folder, 'access.log')],
  ]);
}

async function startCaddy(site: Site, edit = (text: string): string => text): Promise<number> {
  const port = await freePort();
  const path = join(site.folder, 'Caddyfile');
  writeFileSync(path, edit(configure(site, port)));
  const env = { HOME: site.folder };
  const { child } = await startProgram(
    'caddy',
    ['run', '--adapter', 'caddyfile', '--config', path],
    port,
    env,
  );
  const log = join(site.folder, 'error.log');
  writeFileSync(log, '');
  child.stderr.on('data', chunk => writeFileSync(log, chunk, { flag: 'a' }));
  return port;
}

/**
 * Debian's Caddy reads no PROXY protocol: a header set by the test stands for the peer's address.
 */
const byHeader = (text: string): string =>
  replaced(text, [['{remote_host}', '{http.request.header.X-Test-Peer}']]);

testProxy({
  name: 'Caddy',
  isThere,
  options: ['--fitting-status'],
  start: site => startCaddy(site, byHeader),
  from: address => ({ line: `X-Test-Peer: ${address}` }),
  accessLog: ({ folder }) =>
    readFileSync(join(folder, 'access.log'), 'utf8') +
    readFileSync(join(folder, 'error.log'), 'utf8'),
});

describe.skipIf(!isThere && !isRequired)('the Caddyfile (needs Caddy)', () => {
  it('names only the peer as the client', async () => {
    const { folder, programmes } = newFolder('caddy');
    openToAll(folder);
    const sidecar = await startRecordedSidecar([
      ...TABLE,
      '--standing-header',
      'x-standing',
      '--fitting-status',
    ]);
    const port = await startCaddy({ folder, programmes, sidecars: [sidecar.port] });
    const forged = [
      'X-Forwarded-For: 2.1.1.1',
      'X-Forwarded-For: 2.1.1.2',
      'Forwarded: for=2.1.1.1',
    ];
    expect((await send(port, {}, forged)).body).not.toBe(PROGRAMME);
    const chains = sidecar.questions[0]!.headers.filter(([name]) => name.includes('forwarded-for'));
    expect(chains).toEqual([['x-forwarded-for', '127.0.0.1']]);
  });

  it('would let a client grant itself a standing without request_header', async () => {
    const line = 'request_header -Laissez-Passer-*';
    const standing = ['--standing-header', 'laissez-passer-standing', '--fitting-status'];
    for (const [edit, isGranted] of [
      [byHeader, false],
      [(text: string) => byHeader(replaced(text, [[line, '']])), true],
    ] as const) {
      const { folder, programmes } = newFolder('caddy');
      openToAll(folder);
      const sidecar = await startRecordedSidecar([...TABLE, ...standing]);
      const port = await startCaddy({ folder, programmes, sidecars: [sidecar.port] }, edit);
      const answer = await send(port, { line: 'X-Test-Peer: 2.1.1.1' }, [
        'Laissez-Passer-Standing: verified',
      ]);
      expect(answer.body === PROGRAMME).toBe(isGranted);
    }
  });

  it('serves no other spelling of the path, even with a file_server outside of the guarded block', async () => {
    const { folder, programmes } = newFolder('caddy');
    openToAll(folder);
    const sidecar = await startRecordedSidecar([
      ...TABLE,
      '--standing-header',
      'x-standing',
      '--fitting-status',
    ]);
    const outside = `handle {\n\t\troot * ${programmes}\n\t\tfile_server`;
    const port = await startCaddy({ folder, programmes, sidecars: [sidecar.port] }, text =>
      byHeader(replaced(text, [['handle {\n\t\trespond 404', outside]])),
    );
    const served: string[] = [];
    for (const spelling of SPELLINGS)
      if (
        (await send(port, { line: 'X-Test-Peer: 4.1.1.1' }, [], `GET ${spelling}`)).body ===
        PROGRAMME
      )
        served.push(spelling);
    expect(served).toEqual([]);
  });
});
