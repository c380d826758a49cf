/** `serve --update-every` as a process of its own, against an HTTPS server of the test. */
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { delayUntilUpdate, intervalAfter } from '../../../src/cli/serve/table-updates.ts';
import { cli, MAIN } from '../../support/cli.ts';
import {
  type Authority,
  createAuthority,
  type HttpsServer,
  httpsServer,
} from '../../support/https-server.ts';
import { ipv4Bits, writeMmdb } from '../../support/mmdb-writer.ts';
import { ask, type Running, start } from '../../support/sidecar.ts';
import { acceptedBundle, fileOf, inFolder } from '../../support/tables.ts';

const ADDRESS = '81.2.69.142';
const CANARY = 'c4n4ry';
const GUARDS = {
  shares: { home: [0, 1], eea: [0, 1], outside: [0, 1], unknown: [0, 1], anonymised: [0, 1] },
  bundledSentinels: false,
  moved: 1,
  families: [],
};
const mmdb = (country: string): Buffer =>
  writeMmdb([{ bits: ipv4Bits('81.2.69.0/24'), record: { country: { iso_code: country } } }], {
    epoch: Date.UTC(2026, 10, 1) / 1000,
  });

let authority: Authority;
let server: HttpsServer;
beforeAll(async () => {
  authority = createAuthority();
  server = await httpsServer(authority.certify('DNS:localhost'));
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let count = 0; count < 200; count++) {
    if (await condition()) return;
    await delay(100);
  }
  expect.fail('it does not happen');
}

async function placed(): Promise<string> {
  const folder = mkdtempSync(inFolder('serve-update-'));
  const source = { path: fileOf('81.2.69.0/24,US\n', 'rows.csv'), built: '2026-06-01' };
  writeFileSync(join(folder, 'zones.bin'), await acceptedBundle({ sources: [source] }));
  const config = {
    table: 'zones.bin',
    guards: GUARDS,
    sources: [
      {
        from: 'https',
        url: `${server.url}/country.mmdb`,
        ca: authority.ca,
        headers: { 'x-key': 'env:OWN_KEY' },
        timeoutSeconds: 2,
      },
    ],
    serve: { listen: '127.0.0.1:0', drainSeconds: 0, updateEvery: 24, logFormat: 'json' },
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  return folder;
}

const serving = (folder: string, more: readonly string[] = []): Promise<Running> => {
  const config = ['--config', join(folder, 'config.json')];
  return start(
    process.execPath,
    [MAIN, 'serve', '--standing-header', 'x-standing', ...config, ...more],
    { OWN_KEY: CANARY },
  );
};

async function reasonAt({ to }: Running): Promise<unknown> {
  const headers = {
    'x-forwarded-for': ADDRESS,
    'laissez-passer-subscriber': 's',
    'x-standing': 'verified',
  };
  return (await ask({ ...to, path: '/check' }, headers)).headers['laissez-passer-reason'];
}

const readiness = async ({ to }: Running) =>
  JSON.parse((await ask({ ...to, path: '/readyz' })).body);
const metrics = async ({ to }: Running) => (await ask({ ...to, path: '/metrics' })).body;

it('a sidecar fetches its table at the start, swaps it without a restart, and says which source fails', async () => {
  const folder = await placed();
  let release: (() => void) | undefined;
  server.answer = (_, response) => {
    release = () => response.writeHead(200, { etag: '"1"' }).end(mmdb('FR'));
  };
  const running = await serving(folder);
  expect(await reasonAt(running)).toBe('outside-eea');
  await until(() => release !== undefined);
  release!();
  await until(async () => (await reasonAt(running)) === 'present-at-home');
  expect(await readiness(running)).toMatchObject({
    update: { outcome: 'updated', sources: [{ name: 'country.mmdb', built: '2026-11-01' }] },
    reload: { outcome: 'replaced' },
  });
  expect(await metrics(running)).toMatch(
    /^laissez_passer_table_updates_total\{outcome="updated"\} 1$/m,
  );
  expect(await metrics(running)).toMatch(
    /^laissez_passer_table_source_failing_seconds\{source="country.mmdb"\} 0$/m,
  );
  expect(await running.stop()).toBe(0);
  expect(running.output()).not.toContain(CANARY);
  expect(server.asked[0]!.headers['x-key']).toBe(CANARY);

  // The next start waits until the update is due. An older one is made up for at once.
  const asked = server.asked.length;
  const waiting = await serving(folder);
  await until(() => waiting.output().includes('"table-updates"'));
  // What is known of the last update outlives the process.
  expect((await readiness(waiting)).update).toMatchObject({
    outcome: 'updated',
    sources: [{ name: 'country.mmdb', built: '2026-11-01' }],
  });
  expect(await waiting.stop()).toBe(0);
  expect(server.asked).toHaveLength(asked);
  const state = join(folder, 'zones.bin.downloads/state.json');
  writeFileSync(
    state,
    readFileSync(state, 'utf8').replace(/"ran": ".*?"/, '"ran": "2026-01-01T00:00:00.000Z"'),
  );
  server.answer = (_, response) => void response.writeHead(401).end();
  const failing = await serving(folder);
  await until(async () => (await readiness(failing)).update?.outcome === 'unchanged');
  expect((await readiness(failing)).update).toMatchObject({
    outcome: 'unchanged',
    sources: [
      { name: 'country.mmdb', code: 'ERR_DOWNLOAD_REFUSED', failingSince: expect.any(String) },
    ],
  });
  expect(failing.output()).toContain('check sources[0].headers.x-key');
  expect(await reasonAt(failing)).toBe('present-at-home');
  expect(await failing.stop()).toBe(0);
  expect(failing.output()).not.toContain(CANARY);
}, 120_000);

it('of several workers one updates the table, and all of them use it', async () => {
  const folder = await placed();
  server.answer = (_, response) => void response.writeHead(200, { etag: '"1"' }).end(mmdb('FR'));
  const asked = server.asked.length;
  const editions = join(folder, 'editions');
  const running = await serving(folder, ['--workers', '2', '--editions', editions]);
  await until(() => running.output().split('"table-replaced"').length === 3);
  for (let time = 0; time < 10; time++) expect(await reasonAt(running)).toBe('present-at-home');
  expect(await readiness(running)).toMatchObject({
    workers: { running: 2, of: 2 },
    update: { outcome: 'updated', sources: [{ name: 'country.mmdb' }] },
  });
  expect(await metrics(running)).toMatch(
    /^laissez_passer_table_updates_total\{outcome="updated"\} 1$/m,
  );
  expect(server.asked).toHaveLength(asked + 1);
  expect(await running.stop()).toBe(0);
  expect(running.output()).not.toContain('editions-failing');
}, 60_000);

it('a sidecar takes a table that another process put in place', async () => {
  const [folder, elsewhere] = [await placed(), await placed()];
  server.answer = (_, response) => void response.end(mmdb('FR'));
  const config = join(elsewhere, 'config.json');
  expect((await cli(['table', 'update', '--config', config], '', { OWN_KEY: CANARY })).status).toBe(
    0,
  );
  let release: (() => void) | undefined;
  server.answer = (_, response) => {
    release = () => void response.end(mmdb('FR'));
  };
  const running = await serving(folder);
  await until(() => release !== undefined);
  copyFileSync(join(elsewhere, 'zones.bin'), join(folder, 'zones.bin'));
  release!();
  await until(async () => (await reasonAt(running)) === 'present-at-home');
  expect((await readiness(running)).update.outcome).toBe('unchanged');
  expect(await running.stop()).toBe(0);
}, 60_000);

it('a sidecar that stops cancels an update, and the table stays', async () => {
  const folder = await placed();
  const before = readFileSync(join(folder, 'zones.bin'));
  let isAsked = false;
  server.answer = (_, response) => {
    isAsked = true;
    // Not cancelled, the update would have its file before the sidecar has ended.
    setTimeout(() => response.end(mmdb('FR')), 1000);
  };
  const running = await serving(folder);
  await until(() => isAsked);
  const began = Date.now();
  expect(await running.stop()).toBe(0);
  expect(Date.now() - began).toBeLessThan(1500);
  await delay(1500);
  expect(readFileSync(join(folder, 'zones.bin'))).toEqual(before);
}, 60_000);

it('without sources, serve --update-every does not start, and says what is missing', async () => {
  const ended = start(process.execPath, [
    MAIN,
    'serve',
    '--standing-header',
    'x',
    '--listen',
    '127.0.0.1:0',
    '--update-every',
    '24',
  ]);
  await expect(ended).rejects.toThrow('table update needs a configuration file with sources');
}, 60_000);

it('an update is due at once after a long stop, else late by a tenth of the interval at most', () => {
  const every = 86_400_000;
  expect(delayUntilUpdate(undefined, 1e12, every, 0.5)).toBe(0);
  expect(delayUntilUpdate(1e12 - 2 * every, 1e12, every, 0.5)).toBe(0);
  expect(delayUntilUpdate(1e12 + 1, 1e12, every, 0.5)).toBe(0);
  expect(delayUntilUpdate(1e12, 1e12, every, 0)).toBe(every);
  expect(delayUntilUpdate(1e12 - every / 2, 1e12, every, 1)).toBeCloseTo(every * 0.6);
  // A failed one is made up for within the hour.
  expect([intervalAfter(true, every), intervalAfter(false, every)]).toEqual([every, 3_600_000]);
  expect(intervalAfter(false, 1000)).toBe(1000);
});
