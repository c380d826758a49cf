/**
 * Tests what happens at the bounds that have no test of their own, and that docs/bounds.md names
 * metrics and defaults that exist.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Registry } from 'prom-client';
import { afterAll, describe, expect, it } from 'vitest';
import { readTrustedFile } from '../../src/cli/serve/trusted-proxies-file.ts';
import * as UPDATE from '../../src/cli/update/limits.ts';
import { LONGEST_LEAP_DAYS } from '../../src/clock.ts';
import { MAX_INTERVALS, MAX_VALUES } from '../../src/geo/intervals.ts';
import { registerMetrics } from '../../src/http/metrics.ts';
import { createReloadStatus } from '../../src/http/reload-status.ts';
import { openSidecar } from '../../src/http/sidecar.ts';
import { createSidecarMetrics } from '../../src/http/sidecar-metrics.ts';
import { createUpdateStatus } from '../../src/http/update-status.ts';
import { openGate } from '../../src/index.ts';
import { boundsOf } from '../../src/recording/evidence-options.ts';
import { IMPORT_BATCH } from '../../src/subjects/dossier-import.ts';
import { MOST_EXCEPTION_DAYS } from '../../src/subjects/exceptions.ts';
import { setUp, table } from '../support/gate.ts';
import { fileOf } from '../support/tables.ts';

const closing: (() => Promise<unknown>)[] = [];
afterAll(() => Promise.all(closing.map(close => close())));

const page = readFileSync(new URL('../../docs/bounds.md', import.meta.url), 'utf8');
const rows = page
  .split('\n')
  .filter(line => /^\| (?!bound |---)/.test(line))
  .map(line =>
    line
      .slice(1, -1)
      .split('|')
      .map(cell => cell.trim()),
  );

describe('docs/bounds.md', () => {
  it('names metrics that a gate or a sidecar has, or says why there is none', async () => {
    const registry = new Registry();
    const { gate } = await setUp();
    registerMetrics(registry, gate);
    createSidecarMetrics(registry);
    createReloadStatus().register(registry);
    createUpdateStatus().register(registry);
    await gate.close();
    const present = registry.getMetricsAsArray().map(({ name }) => name);
    expect(rows.length).toBeGreaterThan(25);
    for (const [bound, , , happens, metric = ''] of rows) {
      const named = [...metric.matchAll(/`([a-z][a-z_]+)`/g)].map(([, name]) => name);
      expect([bound, happens !== '']).toEqual([bound, true]);
      if (!metric.startsWith('none: ')) expect([bound, named.length > 0]).toEqual([bound, true]);
      expect([bound, named.filter(name => !present.includes(name!))]).toEqual([bound, []]);
    }
  });

  it('names the defaults of the code', async () => {
    const { memoryBytes, queueBytes, batchSize } = boundsOf({} as never);
    const { gate } = await setUp();
    const { most } = gate.health().standings!;
    await gate.close();
    const defaults: Readonly<Record<string, number>> = {
      'memory of who was seen today': memoryBytes / 2 ** 20,
      'records that wait for the ledger': queueBytes / 2 ** 20,
      'records of a write': batchSize,
      'standings in memory': most,
      'leap of the clock': LONGEST_LEAP_DAYS,
      'ranges of a table': MAX_INTERVALS,
      'different values in a source': MAX_VALUES,
      'events of an import in one write': IMPORT_BATCH,
      'download of a source, and file in it': UPDATE.LARGEST_DOWNLOAD / 2 ** 20,
      'growth of a compressed file': UPDATE.LARGEST_RATIO,
      'answer of a provider': UPDATE.DEFAULT_TIMEOUT_SECONDS,
      'attempts and redirects of a download': UPDATE.MOST_ATTEMPTS,
      'time for a file of a provider': UPDATE.LONGEST_FILE_MS / 1000,
      'wait that a provider asks for': UPDATE.LONGEST_WAIT_MS / 1000,
      'days of an exception': MOST_EXCEPTION_DAYS,
    };
    for (const [bound, value] of Object.entries(defaults)) {
      const [, , said = ''] = rows.find(([name]) => name === bound) ?? [];
      expect([bound, Number.parseInt(said.replaceAll(',', ''), 10)]).toEqual([bound, value]);
    }
  });
});

/** Values of metrics by name with labels. */
const valuesOf = (scraped: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    scraped
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('#'))
      .map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );

describe('the memory of standings', () => {
  it('fills up to its bound, and then each new subscriber takes the place of another', async () => {
    const { ledger, keyring, gate: other } = await setUp();
    await other.close();
    const gate = await openGate({ table, evidence: { ledger, keyring }, residence: { max: 10 } });
    closing.push(() => gate.close());
    const registry = new Registry();
    registerMetrics(registry, gate);
    const load = async (from: number, to: number): Promise<readonly (number | undefined)[]> => {
      for (let n = from; n < to; n++) await gate.loadStanding(`s${n}`);
      const values = valuesOf(await registry.metrics());
      return ['', '_limit', '_evicted_total'].map(end => values[`laissez_passer_standings${end}`]);
    };
    expect(await load(0, 8)).toEqual([8, 10, 0]);
    expect(await load(8, 10)).toEqual([10, 10, 0]);
    expect(await load(10, 13)).toEqual([10, 10, 3]);
    // Whoever had to give way is read again, and decided as before.
    expect(gate.standingOf('s0')).toBeUndefined();
    expect(await gate.loadStanding('s0')).toBe('none');
    const plain = new Registry();
    registerMetrics(plain, await openGate({ table }));
    expect(await plain.metrics()).not.toContain('laissez_passer_standings');
  });
});

describe('a request at the bounds of the sidecar', async () => {
  const headers = { standing: 'x-standing', subscriber: 'x-id' };
  const app = openSidecar({ gate: await openGate({ table }), peers: ['loopback'], headers });
  closing.push(() => app.close());
  const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
  const send = (...lines: readonly string[]): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    socket.write(
      `GET ${lines[0]} HTTP/1.1\r\n${['Host: x', 'Connection: close', ...lines.slice(1)].join('\r\n')}\r\n\r\n`,
    );
    return text(socket);
  };
  const check = (...lines: readonly string[]): Promise<string> =>
    send('/check', 'X-Standing: verified', 'X-Forwarded-For: 2.1.1.1', ...lines);
  const unread = async (): Promise<number | undefined> =>
    valuesOf(await send('/metrics'))['laissez_passer_unread_requests_total'];

  it('has a subscriber of 1,024 bytes, and none beyond', async () => {
    expect(await check(`X-Id: ${'s'.repeat(1024)}`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await check(`X-Id: ${'s'.repeat(1025)}`)).toMatch(/^HTTP\/1\.1 403 .*no-contract/s);
  });

  it('is answered with 431 and counted if its headers are larger than 65,536 bytes', async () => {
    expect(await check('X-Id: s', `Cookie: ${'c'.repeat(65_000)}`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await unread()).toBe(0);
    expect(await check('X-Id: s', `Cookie: ${'c'.repeat(66_000)}`)).toMatch(/^HTTP\/1\.1 431 /);
    expect(await unread()).toBe(1);
  });

  it('is refused in the language of the service if it names more languages than are read', async () => {
    const asking = (length: number): Promise<string> =>
      send('/check', 'X-Id: s', `Accept-Language: en,${'x'.repeat(length - 3)}`);
    expect(await asking(512)).toMatch(/Content-Language: en/i);
    expect(await asking(513)).toMatch(/Content-Language: fr/i);
  });
});

it('a file of trusted proxies has a million characters, and is refused beyond', () => {
  const padded = (length: number): string =>
    fileOf(`10.0.0.0/8 #${'x'.repeat(length - 12)}`, `trusted-${length}`);
  expect(readTrustedFile(padded(1_000_000))).toEqual(['10.0.0.0/8']);
  expect(() => readTrustedFile(padded(1_000_001))).toThrow(/--trusted-file .*trusted-1000001/);
});
