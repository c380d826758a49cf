/**
 * `table update` against an HTTPS server that plays each provider, well and badly.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, withinTime } from '../../../src/cli/update/https-client.ts';
import { monthsBefore } from '../../../src/days.ts';
import { cli, type Output } from '../../support/cli.ts';
import {
  type Authority,
  createAuthority,
  type HttpsServer,
  httpsServer,
} from '../../support/https-server.ts';
import { ipv4Bits, writeMmdb } from '../../support/mmdb-writer.ts';
import { fileOf, inFolder } from '../../support/tables.ts';
import { tarOf } from '../../support/tar.ts';

const CANARY = 'c4n4ry';
const SECRETS = {
  MAXMIND_ACCOUNT_ID: `account-${CANARY}`,
  MAXMIND_LICENSE_KEY: `key-${CANARY}`,
  IPINFO_TOKEN: `token-${CANARY}`,
  OWN_HEADER: `header-${CANARY}`,
};

/** Guards that a table of one network passes, once it is compared with nothing else. */
const GUARDS = {
  shares: { home: [0, 1], eea: [0, 1], outside: [0, 1], unknown: [0, 1], anonymised: [0, 1] },
  bundledSentinels: false,
  moved: 1,
  families: [],
};

const mmdb = (country: string, epoch = Date.UTC(2026, 10, 1) / 1000): Buffer =>
  writeMmdb([{ bits: ipv4Bits('81.2.69.0/24'), record: { country: { iso_code: country } } }], {
    epoch,
  });
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const release = (file: Buffer, name = 'GeoLite2-Country.mmdb'): Buffer =>
  gzipSync(
    tarOf([
      { name: 'GeoLite2-Country_20261101/', content: Buffer.alloc(0), type: '5' },
      { name: 'GeoLite2-Country_20261101/LICENSE.txt', content: Buffer.from('licence') },
      { name: `GeoLite2-Country_20261101/${name}`, content: file },
    ]),
  );

let authority: Authority;
let server: HttpsServer;
let other: HttpsServer;
let misnamed: HttpsServer;

beforeAll(async () => {
  authority = createAuthority();
  const certificate = authority.certify('DNS:localhost,IP:127.0.0.1');
  server = await httpsServer(certificate);
  other = await httpsServer(certificate);
  misnamed = await httpsServer(authority.certify('DNS:elsewhere.example'));
});

let folder = '';
const at = (name: string): string => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(inFolder('update-'));
  for (const each of [server, other]) {
    each.asked.length = 0;
    each.answer = (_, response) => void response.writeHead(404).end();
  }
});

/** Everything that was printed in a test, and every small file that an update left behind. */
let printed = '';
afterEach(() => {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    if (name.endsWith('.json') && !name.endsWith('config.json'))
      printed += readFileSync(at(name), 'utf8');
  expect(printed).not.toContain(CANARY);
  expect(printed).not.toContain(
    Buffer.from(`${SECRETS.MAXMIND_ACCOUNT_ID}:`).toString('base64').slice(0, 20),
  );
  printed = '';
});

const maxmind = (more: object = {}) => ({
  from: 'maxmind',
  edition: 'GeoLite2-Country',
  account: 'env:MAXMIND_ACCOUNT_ID',
  key: 'env:MAXMIND_LICENSE_KEY',
  url: server.url,
  ca: authority.ca,
  ...more,
});
const plain = (more: object = {}) => ({
  from: 'https',
  url: `${server.url}/data/country.mmdb`,
  ca: authority.ca,
  ...more,
});

interface Result extends Output {
  readonly report: {
    readonly outcome: string;
    readonly edition?: { readonly id: string };
    readonly sources: readonly Readonly<Record<string, string>>[];
    readonly violations: readonly unknown[];
    readonly code?: string;
  };
}

async function update(
  sources: readonly object[],
  more: object = {},
  args: readonly string[] = [],
): Promise<Result> {
  const config = at('config.json');
  writeFileSync(config, JSON.stringify({ table: 'zones.bin', guards: GUARDS, sources, ...more }));
  const result = await cli(['table', 'update', '--json', '--config', config, ...args], '', SECRETS);
  printed += result.stdout + result.stderr;
  const report = result.stdout === '' ? {} : JSON.parse(result.stdout);
  return { ...result, report };
}

const table = (): Buffer | undefined =>
  existsSync(at('zones.bin')) ? readFileSync(at('zones.bin')) : undefined;

/** What is left in the folder of the downloads: the state and whole files. */
const leftOver = (): string[] =>
  readdirSync(at('zones.bin.downloads')).filter(name => !/^state\.json$|\.source$/.test(name));

const send = (response: ServerResponse, body: Uint8Array, headers = {}): void =>
  void response.writeHead(200, { 'content-length': body.length, ...headers }).end(body);

/** Answers as MaxMind does: the release, its digest, and 304 for who has it. */
function serveMaxMind(file: Buffer, { lastModified = 'Sun, 01 Nov 2026 10:00:00 GMT' } = {}): void {
  const archive = release(file);
  const login = `${SECRETS.MAXMIND_ACCOUNT_ID}:${SECRETS.MAXMIND_LICENSE_KEY}`;
  server.answer = ({ url = '', headers }, response) => {
    if (headers.authorization !== `Basic ${Buffer.from(login).toString('base64')}`)
      return void response.writeHead(401).end();
    const path = '/geoip/databases/GeoLite2-Country/download?suffix=tar.gz';
    if (url === `${path}.sha256`)
      return send(response, Buffer.from(`${sha256(archive)}  GeoLite2-Country.tar.gz\n`));
    if (url !== path) return void response.writeHead(404).end();
    if (headers['if-modified-since'] === lastModified) return void response.writeHead(304).end();
    return send(response, archive, { 'last-modified': lastModified });
  };
}

/** Answers every request with one file. */
function servePlain(file: Uint8Array, etag = `"${sha256(file).slice(0, 8)}"`): void {
  server.answer = ({ headers }, response) =>
    headers['if-none-match'] === etag
      ? void response.writeHead(304).end()
      : send(response, file, { etag });
}

describe('a database of MaxMind', () => {
  it('is fetched with account and key, checked by its digest, and fetched again only if newer', async () => {
    serveMaxMind(mmdb('FR'));
    const first = await update([maxmind()]);
    expect(first.report).toMatchObject({
      outcome: 'updated',
      sources: [
        {
          name: 'GeoLite2-Country',
          outcome: 'new',
          built: '2026-11-01',
          sha256: sha256(mmdb('FR')),
        },
      ],
    });
    expect(first.status).toBe(0);
    const before = table();
    const second = await update([maxmind()]);
    expect([second.status, second.report.outcome]).toEqual([0, 'unchanged']);
    expect(server.asked.at(-1)!.headers['if-modified-since']).toBe('Sun, 01 Nov 2026 10:00:00 GMT');
    expect(server.asked).toHaveLength(3);
    expect(table()).toEqual(before);
    serveMaxMind(mmdb('DE'), { lastModified: 'Tue, 03 Nov 2026 10:00:00 GMT' });
    const third = await update([maxmind()]);
    expect([third.status, third.report.outcome]).toEqual([0, 'updated']);
    expect(table()).not.toEqual(before);
    expect(leftOver()).toEqual([]);
  });
});

it('a release of MaxMind with another digest than the stated one replaces nothing', async () => {
  serveMaxMind(mmdb('FR'));
  expect((await update([maxmind()])).status).toBe(0);
  const before = table();
  serveMaxMind(mmdb('DE'), { lastModified: 'Tue, 03 Nov 2026 10:00:00 GMT' });
  const { answer } = server;
  server.answer = (request, response) =>
    request.url?.endsWith('.sha256') === true
      ? send(response, Buffer.from(`${'0'.repeat(64)}  GeoLite2-Country.tar.gz\n`))
      : answer(request, response);
  const { status, report, stderr } = await update([maxmind()]);
  expect([status, report.sources[0]]).toMatchObject([1, { code: 'ERR_DOWNLOAD_CHECKSUM' }]);
  expect(stderr).toContain('does not have the SHA-256 that the server states');
  const french = await update([maxmind()], {}, ['--lang', 'fr']);
  expect(french.stderr).toContain('n’a pas l’empreinte SHA-256 que le serveur indique');
  expect([table(), leftOver()]).toEqual([before, []]);
});

const MALTESE = mmdb('MT');

/** An update that found a table in place and could not fetch its only source. */
async function failing(
  sources: readonly object[],
  code: string,
  status = 1,
): Promise<{ readonly english: string; readonly french: string; readonly first: Result }> {
  const before = table();
  const first = await update(sources);
  expect([first.report.sources[0], first.status]).toMatchObject([
    { outcome: 'failed', code },
    status,
  ]);
  expect(first.report.sources[0]!['failingSince']).toMatch(/^\d{4}-\d\d-\d\dT/);
  const french = await update(sources, {}, ['--lang', 'fr']);
  expect([table(), leftOver()]).toEqual([before, []]);
  return { english: first.stderr, french: french.stderr, first };
}

describe('a download that fails leaves the table byte for byte, and is told in both languages', () => {
  beforeEach(async () => {
    servePlain(MALTESE);
    expect((await update([plain()])).status).toBe(0);
    server.asked.length = 0;
  });

  it('half a file', async () => {
    server.answer = (_, response) => {
      response.writeHead(200, { 'content-length': MALTESE.length });
      response.write(MALTESE.subarray(0, 100), () => response.destroy());
    };
    const { english, french, first } = await failing([plain()], 'ERR_DOWNLOAD_INCOMPLETE');
    expect(english).toContain('country.mmdb: the download ends before the file is complete');
    expect(english).toContain('(sources[0] localhost:');
    expect(english).toMatch(/since 20\d\d-\d\d-\d\d, its last good file is used/);
    expect(french).toContain('le téléchargement s’arrête avant la fin du fichier');
    expect(french).toContain('son dernier fichier valable est utilisé');
    expect(server.asked).toHaveLength(6);
    // The rest went on with the last good file: nothing is new.
    expect(first.report.outcome).toBe('unchanged');
    expect(first.report.sources[0]!['sha256']).toBe(sha256(MALTESE));
  }, 60_000);

  it('half an archive, which was sent whole', async () => {
    const archive = release(MALTESE);
    servePlain(archive.subarray(0, archive.length - 20));
    await failing([plain()], 'ERR_DOWNLOAD_INCOMPLETE');
  });

  it.each([
    [502, 'the server fails with status 502', 'le serveur échoue avec le statut 502', 3],
    [500, 'the server fails with status 500', 'le serveur échoue avec le statut 500', 3],
    [418, 'the server answers with status 418', 'le serveur répond par le statut 418', 1],
    [404, 'has no such file (404)', 'n’a pas ce fichier (404)', 1],
  ])(
    'status %i',
    async (status, words, mots, times) => {
      server.answer = (_, response) => void response.writeHead(status).end('oops');
      const { english, french } = await failing([plain()], 'ERR_DOWNLOAD');
      expect(english).toContain(words);
      expect(french).toContain(mots);
      expect(server.asked).toHaveLength(2 * times);
    },
    60_000,
  );

  it('a failure of the server that passes is not told', async () => {
    const file = mmdb('SE');
    server.answer = (_, response) => {
      if (server.asked.length < 3) return void response.writeHead(503).end();
      return send(response, file);
    };
    const { status, report } = await update([plain()]);
    expect([status, report.outcome, report.sources[0]!['outcome']]).toEqual([0, 'updated', 'new']);
    expect(server.asked).toHaveLength(3);
  });

  it('429 with Retry-After: a second is waited for, an hour is told and kept to', async () => {
    server.answer = (_, response) =>
      server.asked.length === 1
        ? void response.writeHead(429, { 'retry-after': '1' }).end()
        : void response.writeHead(304).end();
    expect((await update([plain()])).report.sources[0]).toMatchObject({ outcome: 'unchanged' });
    expect(server.asked).toHaveLength(2);
    for (const retryAfter of ['3600', new Date(Date.now() + 3_600_000).toUTCString()]) {
      server.asked.length = 0;
      server.answer = (_, response) =>
        void response.writeHead(429, { 'retry-after': retryAfter }).end();
      const { english, french } = await failing([plain()], 'ERR_DOWNLOAD_BUSY');
      expect(english).toMatch(/come back after 20\d\d-\d\d-\d\dT\d\d:\d\dZ/);
      expect(french).toMatch(/revenir après 20\d\d-\d\d-\d\dT\d\d:\d\dZ/);
      // The second run knew it and left the server alone.
      expect(server.asked).toHaveLength(1);
      writeFileSync(
        at('zones.bin.downloads/state.json'),
        readFileSync(at('zones.bin.downloads/state.json'), 'utf8').replace(
          /"notBefore": ".*?"/,
          '"notBefore": "2020-01-01T00:00:00.000Z"',
        ),
      );
    }
  }, 60_000);

  it('a slow body, and a server that says nothing', async () => {
    const patient = plain({ timeoutSeconds: 1 });
    const open: ServerResponse[] = [];
    server.answer = (_, response) => {
      response.writeHead(200, { 'content-length': 1_000_000 });
      const timer = setInterval(() => response.write('.'), 100);
      response.on('close', () => clearInterval(timer));
    };
    const slow = await failing([patient], 'ERR_DOWNLOAD_SLOW');
    expect(slow.english).toContain('sends nothing, or too little, within 1 s');
    expect(slow.french).toContain('n’envoie rien, ou trop peu, en 1 s');
    server.answer = (_, response) => void open.push(response);
    await failing([patient], 'ERR_DOWNLOAD_SLOW');
    for (const response of open) response.destroy();
  }, 60_000);

  it('a server that cannot be reached', async () => {
    const nowhere = plain({ url: 'https://localhost:1/data/country.mmdb' });
    const { status, report, stderr } = await update([nowhere]);
    expect(status).toBe(1);
    // Another address is another file: there is no last good one, and no table without it.
    expect(report).toMatchObject({ outcome: 'failed', sources: [{ code: 'ERR_DOWNLOAD' }] });
    expect(stderr).toContain('(sources[0] localhost:1: ECONNREFUSED)');
    expect(stderr).toContain('there is no earlier file of it');
    expect(stderr).toContain('no table was compiled: the one in place stays');
  }, 60_000);

  it.each([
    ['a page to log in', Buffer.from('<!doctype html><title>Log in</title>'), 'ERR_SOURCE_'],
    ['an empty file', Buffer.alloc(0), 'ERR_SOURCE_EMPTY'],
    ['half a database', MALTESE.subarray(0, MALTESE.length / 2), 'ERR_SOURCE_'],
    ['an archive without a database', release(MALTESE, 'GeoLite2-ASN.csv'), 'ERR_DOWNLOAD_CONTENT'],
    [
      'an archive that is damaged',
      gzipSync(
        tarOf([
          { name: 'a', content: Buffer.alloc(600), size: 9 },
          { name: 'b.mmdb', content: MALTESE },
        ]),
      ),
      'ERR_DOWNLOAD_CONTENT',
    ],
    ['an archive that is a bomb', gzipSync(Buffer.alloc(2 ** 27)), 'ERR_DOWNLOAD_LIMIT'],
  ])('%s', async (_, body, code) => {
    servePlain(body);
    const { status, report, stderr } = await update([plain()]);
    expect(status).toBe(1);
    expect(report.sources[0]).toMatchObject({ outcome: 'failed', sha256: sha256(MALTESE) });
    expect(report.sources[0]!['code']).toMatch(new RegExp(`^${code}`));
    expect(stderr).toContain('country.mmdb: ');
    expect(stderr).not.toContain('.source.new');
    expect(leftOver()).toEqual([]);
  });

  it('a certificate that does not match, or that no one knows', async () => {
    misnamed.answer = (_, response) => send(response, mmdb('FR'));
    const wrong = plain({ url: `${misnamed.url}/data/country.mmdb` });
    const first = await update([wrong]);
    expect(first.report.sources[0]).toMatchObject({
      code: 'ERR_DOWNLOAD_CERTIFICATE',
      system: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    const french = await update([plain({ ca: undefined })], {}, ['--lang', 'fr']);
    expect(french.report.sources[0]).toMatchObject({ code: 'ERR_DOWNLOAD_CERTIFICATE' });
    expect(french.stderr).toContain('le certificat du serveur n’est pas valable');
    expect([first.status, french.status, misnamed.asked]).toEqual([1, 1, []]);
  });
});

describe('a credential', () => {
  it('that is refused is told by its fields', async () => {
    server.answer = (_, response) => void response.writeHead(401).end('Invalid license key');
    const { status, stderr, report } = await update([maxmind()]);
    expect([status, report.sources[0]!['code']]).toEqual([1, 'ERR_DOWNLOAD_REFUSED']);
    expect(stderr).toContain('(status 401): check sources[0].account, sources[0].key');
    const french = await update([maxmind()], {}, ['--lang', 'fr']);
    expect(french.stderr).toContain('le serveur refuse le compte, la clé ou le jeton (statut 401)');
    expect(server.asked).toHaveLength(2);
  });

  it('does not follow a redirect to another origin, but one within its own', async () => {
    const file = mmdb('FR');
    const archive = release(file);
    other.answer = (_, response) => send(response, archive);
    server.answer = ({ url = '' }, response) => {
      if (url.endsWith('.sha256')) return send(response, Buffer.from(`${sha256(archive)}  x\n`));
      if (url.startsWith('/moved'))
        return void response.writeHead(302, { location: `${other.url}/signed?x=1` }).end();
      return void response.writeHead(301, { location: '/moved' }).end();
    };
    expect((await update([maxmind()])).status).toBe(0);
    expect(server.asked.map(({ headers }) => headers.authorization !== undefined)).toEqual([
      true,
      true,
      true,
    ]);
    expect(other.asked.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/signed?x=1', undefined],
    ]);
  });

  it('is not sent again to its own origin, once another one was asked', async () => {
    other.answer = (_, response) =>
      void response.writeHead(302, { location: `${server.url}/back` }).end();
    server.answer = ({ url = '' }, response) =>
      url === '/back'
        ? send(response, mmdb('FR'))
        : void response.writeHead(302, { location: other.url }).end();
    const own = plain({ headers: { 'x-key': 'env:OWN_HEADER' } });
    expect((await update([own])).status).toBe(0);
    expect([...server.asked, ...other.asked].map(({ headers }) => headers['x-key'])).toEqual([
      SECRETS.OWN_HEADER,
      undefined,
      undefined,
    ]);
  });

  it('is not sent to the server of a digest at another origin, even after redirects', async () => {
    const file = mmdb('FR');
    other.answer = ({ url = '' }, response) =>
      url === '/sum'
        ? void response.writeHead(302, { location: '/moved' }).end()
        : send(response, Buffer.from(sha256(file)));
    servePlain(file);
    const headers = { 'x-key': 'env:OWN_HEADER' };
    const own = plain({ headers, sha256Url: `${other.url}/sum` });
    expect((await update([own])).status).toBe(0);
    expect(server.asked.map(request => request.headers['x-key'])).toEqual([SECRETS.OWN_HEADER]);
    expect(other.asked.map(request => [request.url, request.headers['x-key']])).toEqual([
      ['/sum', undefined],
      ['/moved', undefined],
    ]);
  });

  it('that a header cannot carry is told by its field, without its value', async () => {
    const secret = fileOf(`one\n${CANARY}`, 'secret');
    const { report } = await update([plain({ headers: { 'x-key': `file:${secret}` } })]);
    expect(report.sources[0]).toMatchObject({
      code: 'ERR_CONFIG',
      option: 'sources[0].headers.x-key',
    });
    expect(server.asked).toEqual([]);
  });

  it('is not sent in plain, and redirects end', async () => {
    const heard: unknown[] = [];
    const open = createServer(request => void heard.push(request.headers)).listen(0, '127.0.0.1');
    await once(open, 'listening');
    const { port } = open.address() as AddressInfo;
    for (const location of [`http://localhost:${port}/x`, `${server.url}/again`]) {
      server.asked.length = 0;
      server.answer = (_, response) => void response.writeHead(302, { location }).end();
      const own = plain({ headers: { 'x-key': 'env:OWN_HEADER' } });
      const { report, stderr } = await update([own]);
      expect(report.sources[0]).toMatchObject({ outcome: 'failed', code: 'ERR_DOWNLOAD' });
      expect(stderr).toContain(
        'redirects more than 5 times, or to an address that is not https://',
      );
    }
    expect([server.asked.length, heard]).toEqual([6, []]);
    open.close();
  });

  it('that the environment lacks is told by its field, and no server is asked', async () => {
    const { status, stderr } = await update([maxmind({ key: 'env:NOT_THERE' })]);
    expect(status).toBe(1);
    expect(stderr).toContain('the environment variable is not set (sources[0] env:NOT_THERE)');
    expect(server.asked).toEqual([]);
  });

  it('in the file itself is refused, and not quoted', async () => {
    const { status, stderr } = await update([maxmind({ key: `key-${CANARY}` })]);
    expect(status).toBe(1);
    expect(stderr).toContain(
      'sources[0].key in the configuration file must be env:NAME or file:PATH',
    );
    const login = await update([plain({ url: `https://u:${CANARY}@localhost/x` })]);
    expect(login.stderr).toContain(
      'sources[0].url in the configuration file must be an address https://',
    );
  });
});

describe('other providers', () => {
  it('DB-IP: the month that is there, the last one until then, and never an older one', async () => {
    const month = new Date().toISOString().slice(0, 7);
    const last = monthsBefore(month, 1);
    const pathOf = (of: string): string => `/free/dbip-country-lite-${of}.mmdb.gz`;
    const source = {
      from: 'db-ip',
      edition: 'dbip-country-lite',
      url: `${server.url}/free/`,
      ca: authority.ca,
    };
    const before = mmdb('FR');
    const files: Record<string, Buffer | undefined> = { [pathOf(last)]: before };
    server.answer = ({ url = '', headers }, response) => {
      const file = files[url];
      if (file === undefined) return void response.writeHead(404).end();
      const etag = `"${sha256(file)}"`;
      if (headers['if-none-match'] === etag) return void response.writeHead(304).end();
      return send(response, gzipSync(file), { etag });
    };
    const asked = (): string[] => server.asked.splice(0).map(({ url }) => url);
    expect((await update([source])).report.sources[0]).toMatchObject({
      outcome: 'new',
      sha256: sha256(before),
    });
    expect(asked()).toEqual([pathOf(month), pathOf(last)]);
    expect((await update([source])).report.sources[0]).toMatchObject({ outcome: 'unchanged' });
    expect(asked()).toEqual([pathOf(month), pathOf(last)]);
    files[pathOf(month)] = mmdb('DE');
    expect((await update([source])).report).toMatchObject({
      outcome: 'updated',
      sources: [{ outcome: 'new' }],
    });
    expect(asked()).toEqual([pathOf(month)]);
    files[pathOf(month)] = undefined;
    expect((await update([source])).report.sources[0]).toMatchObject({
      outcome: 'failed',
      code: 'ERR_DOWNLOAD',
      sha256: sha256(mmdb('DE')),
    });
    expect(asked()).toEqual([pathOf(month)]);
  });

  it('IPinfo: the token stays at its server, and the digest is asked for first', async () => {
    const source = {
      from: 'ipinfo',
      edition: 'ipinfo_lite',
      token: 'env:IPINFO_TOKEN',
      url: server.url,
      ca: authority.ca,
    };
    const file = writeMmdb([{ bits: ipv4Bits('81.2.69.0/24'), record: { country_code: 'FR' } }]);
    let digest = sha256(file);
    other.answer = (_, response) => send(response, file);
    const query = `?token=${SECRETS.IPINFO_TOKEN}`;
    server.answer = ({ url }, response) => {
      if (url === `/ipinfo_lite.mmdb/checksums${query}`)
        return send(
          response,
          Buffer.from(JSON.stringify({ checksums: { md5: '', sha256: digest } })),
        );
      if (url !== `/ipinfo_lite.mmdb${query}`) return void response.writeHead(404).end();
      return void response.writeHead(302, { location: `${other.url}/signed/a.mmdb` }).end();
    };
    expect((await update([source])).report).toMatchObject({
      outcome: 'updated',
      sources: [{ name: 'ipinfo_lite' }],
    });
    expect([server.asked.length, other.asked.map(({ url }) => url)]).toEqual([
      2,
      ['/signed/a.mmdb'],
    ]);
    expect((await update([source])).report.sources[0]).toMatchObject({ outcome: 'unchanged' });
    expect([server.asked.length, other.asked.length]).toEqual([3, 1]);
    digest = sha256(Buffer.from('another file'));
    expect((await update([source])).report.sources[0]).toMatchObject({
      code: 'ERR_DOWNLOAD_CHECKSUM',
    });
  });

  it('an npm package, by the npm of the machine, which checks its digest', async () => {
    const source = {
      from: 'npm',
      package: '@ip-location-db/test',
      file: 'country.mmdb',
      url: server.url,
      ca: authority.ca,
    };
    const files: Record<string, Buffer> = {};
    const publish = (version: string, file: Buffer, integrity?: string): void => {
      const archive = gzipSync(
        tarOf([
          {
            name: 'package/package.json',
            content: Buffer.from(`{"name":"@ip-location-db/test","version":"${version}"}`),
          },
          { name: 'package/old/country.mmdb', content: Buffer.from('not this one') },
          { name: 'package/country.mmdb', content: file },
        ]),
      );
      const dist = {
        tarball: `${server.url}/${version}.tgz`,
        integrity: integrity ?? `sha512-${createHash('sha512').update(archive).digest('base64')}`,
      };
      files[`/${version}.tgz`] = archive;
      const document = {
        name: '@ip-location-db/test',
        'dist-tags': { latest: version },
        versions: { [version]: { name: '@ip-location-db/test', version, dist } },
      };
      server.answer = ({ url = '' }, response) => {
        const found = files[url];
        if (found !== undefined) return send(response, found);
        if (url.startsWith('/@ip-location-db'))
          return send(response, Buffer.from(JSON.stringify(document)), {
            'content-type': 'application/json',
          });
        return void response.writeHead(404).end();
      };
    };
    expect((await update([{ ...source, timeoutSeconds: 5 }])).stderr).toContain('timeoutSeconds');
    publish('1.0.0', mmdb('FR'));
    const first = await update([source]);
    expect([first.status, first.report]).toMatchObject([
      0,
      { outcome: 'updated', sources: [{ name: '@ip-location-db/test', outcome: 'new' }] },
    ]);
    expect((await update([source])).report.sources[0]).toMatchObject({ outcome: 'unchanged' });
    publish('1.1.0', mmdb('DE'), `sha512-${Buffer.alloc(64).toString('base64')}`);
    const altered = await update([source]);
    expect(altered.report.sources[0]).toMatchObject({
      code: 'ERR_DOWNLOAD_CHECKSUM',
      system: 'EINTEGRITY',
    });
    publish('1.2.0', mmdb('DE'));
    expect((await update([source])).report.outcome).toBe('updated');
    // npm gets no secret of the configuration, not even for its own settings.
    publish('1.3.0', mmdb('FR'));
    files['/data/country.mmdb'] = mmdb('FR');
    const settings = at('zones.bin.downloads/.npmrc');
    writeFileSync(settings, `${server.url.slice(6)}/:_authToken=\${OWN_HEADER}\n`);
    server.asked.length = 0;
    await update([source, plain({ headers: { 'x-key': 'env:OWN_HEADER' } })]);
    rmSync(settings);
    const logins = server.asked.map(({ headers }) => headers.authorization ?? '');
    expect([logins.length > 1, logins.join()]).toEqual([true, expect.not.stringContaining(CANARY)]);
    server.answer = (_, response) => void response.writeHead(404).end('{}');
    expect((await update([source])).report.sources[0]).toMatchObject({
      outcome: 'failed',
      code: 'ERR_DOWNLOAD',
      system: 'E404',
    });
    expect(leftOver()).toEqual([]);
  }, 120_000);

  it('any address, with the digest that it states, and any file of this machine', async () => {
    const rows = Buffer.from('81.2.69.0/24,FR\n');
    let digest = sha256(rows);
    server.answer = ({ url = '' }, response) =>
      send(response, url.endsWith('.sum') ? Buffer.from(`${digest} *rows.csv\n`) : rows, {
        'last-modified': 'Mon, 02 Nov 2026 10:00:00 GMT',
      });
    const own = fileOf(mmdb('FR'), 'own.mmdb');
    const sources = [
      plain({ url: `${server.url}/rows.csv`, sha256Url: `${server.url}/rows.csv.sum` }),
      { path: own, name: 'own' },
    ];
    const first = await update(sources, {
      overlays: [{ path: fileOf('81.2.69.0/28,unknown\n', 'ships.csv'), kind: 'places' }],
    });
    expect([first.status, first.report.sources]).toMatchObject([
      0,
      [
        { built: '2026-11-02', outcome: 'new' },
        { name: 'own', outcome: 'new' },
        { outcome: 'new' },
      ],
    ]);
    digest = sha256(Buffer.from('other'));
    const wrong = await update([
      plain({ url: `${server.url}/rows2.csv`, sha256Url: `${server.url}/rows.csv.sum` }),
    ]);
    expect(wrong.report.sources[0]).toMatchObject({ code: 'ERR_DOWNLOAD_CHECKSUM' });
    expect(wrong.stderr).toContain('does not have the SHA-256 that the server states');
    const missing = await update([{ from: 'file', path: '/nowhere/x.mmdb' }]);
    expect(missing.report.sources[0]).toMatchObject({
      code: 'ERR_SOURCE_OPEN',
      path: '/nowhere/x.mmdb',
    });
  });
});

describe('an update', () => {
  it('goes on with the other sources if one fails, and tells which', async () => {
    const own = fileOf(mmdb('FR'), 'own.mmdb');
    servePlain(MALTESE);
    const sources = [plain({ name: 'remote' }), { path: own, name: 'own' }];
    const first = await update(sources);
    expect([first.status, first.report.outcome]).toEqual([0, 'updated']);
    writeFileSync(own, mmdb('DE'));
    server.answer = (_, response) => void response.writeHead(403).end();
    const second = await update(sources);
    expect([second.status, second.report]).toMatchObject([
      1,
      {
        outcome: 'updated',
        sources: [
          { name: 'remote', outcome: 'failed', code: 'ERR_DOWNLOAD_REFUSED', built: '2026-11-01' },
          { name: 'own', outcome: 'new' },
        ],
      },
    ]);
    const since = second.report.sources[0]!['failingSince'];
    const third = await update(sources);
    expect(third.report.sources[0]).toMatchObject({ outcome: 'failed', failingSince: since });
    servePlain(MALTESE);
    const fourth = await update(sources);
    expect([fourth.status, fourth.report.outcome]).toEqual([0, 'unchanged']);
    expect(fourth.report.sources[0]).not.toHaveProperty('failingSince');
  });

  it('does not put a table in place that violates its guards, until it is accepted', async () => {
    servePlain(mmdb('FR'));
    const guards = { ...GUARDS, moved: 0.1 };
    await update([plain()], { guards });
    const before = table();
    servePlain(mmdb('US'));
    for (const lang of ['en', 'fr']) {
      const { status, report, stderr } = await update([plain()], { guards }, ['--lang', lang]);
      expect([status, report.outcome, report.violations.length > 0]).toEqual([2, 'held', true]);
      expect(stderr).toContain(
        lang === 'en' ? 'run table update --accept' : 'lancez table update --accept',
      );
      expect(table()).toEqual(before);
      expect(existsSync(at('zones.bin.held'))).toBe(true);
    }
    // A newer release that no one looked at is held back in its turn.
    servePlain(mmdb('DE'));
    const newer = await update([plain()], { guards }, ['--accept']);
    expect([newer.status, newer.report.outcome, table()]).toEqual([2, 'held', before]);
    const accepted = await update([plain()], { guards }, ['--accept']);
    expect([accepted.status, accepted.report.outcome]).toEqual([0, 'updated']);
    expect(accepted.report.edition).toMatchObject({ accepted: expect.any(String) });
    expect([table()?.equals(before!), existsSync(at('zones.bin.held'))]).toEqual([false, false]);
    expect((await update([plain()], { guards })).report.outcome).toBe('unchanged');
    // A release that is taken back leaves nothing to accept.
    servePlain(mmdb('FR'));
    expect((await update([plain()], { guards })).report.outcome).toBe('held');
    servePlain(mmdb('DE'));
    expect((await update([plain()], { guards })).report.outcome).toBe('unchanged');
    expect(existsSync(at('zones.bin.held'))).toBe(false);
  }, 60_000);

  it('compares with the last edition if the table is gone, and else holds the new one back', async () => {
    const guards = { ...GUARDS, moved: 0.1 };
    servePlain(mmdb('FR'));
    expect((await update([plain()], { guards, editions: 'editions' })).status).toBe(0);
    rmSync(at('zones.bin'));
    servePlain(mmdb('US'));
    const compared = await update([plain()], { guards, editions: 'editions' });
    expect([compared.status, compared.report.violations.length > 0]).toEqual([2, true]);
    const alone = await update([plain()], { guards });
    expect([alone.status, alone.report]).toMatchObject([
      2,
      { outcome: 'held', violations: [], code: 'ERR_OUTPUT' },
    ]);
    expect(table()).toBeUndefined();
    expect(alone.stderr).toContain('the table that the last update put in place is gone');
    const accepted = await update([plain()], { guards }, ['--accept']);
    expect([accepted.status, accepted.report.outcome]).toEqual([0, 'updated']);
  }, 60_000);

  it('writes no table for another home State, even if it is accepted', async () => {
    servePlain(mmdb('FR'));
    await update([plain()]);
    const before = table();
    for (const args of [[], ['--accept']]) {
      const moved = await update([plain()], { home: 'DE' }, args);
      expect(moved.report).toMatchObject({ outcome: 'failed', code: 'ERR_HOME' });
      expect(moved.status).not.toBe(0);
    }
    expect([table(), existsSync(at('zones.bin.held'))]).toEqual([before, false]);
  });

  it('fetches a last good file again that has changed on the disk', async () => {
    servePlain(mmdb('FR'));
    await update([plain()]);
    const name = readdirSync(at('zones.bin.downloads')).find(each => each.endsWith('.source'))!;
    const good = join(at('zones.bin.downloads'), name);
    expect([statSync(good).mode & 0o777, statSync(at('zones.bin.downloads')).mode & 0o777]).toEqual(
      [0o600, 0o700],
    );
    writeFileSync(good, mmdb('US'));
    expect((await update([plain()])).report).toMatchObject({
      outcome: 'unchanged',
      sources: [{ outcome: 'new', sha256: sha256(mmdb('FR')) }],
    });
    expect(readFileSync(good).equals(mmdb('FR'))).toBe(true);
    // Without the server, the changed file is not used for it.
    writeFileSync(good, mmdb('US'));
    server.answer = (_, response) => void response.writeHead(404).end();
    expect((await update([plain()])).report).toMatchObject({ outcome: 'failed' });
  });

  it('keeps the files of other entries until the new ones are there', async () => {
    servePlain(mmdb('FR'));
    writeFileSync(at('note.source'), 'not ours');
    await update([plain()], { downloads: '.' });
    const files = (): string[] => readdirSync(folder).filter(name => name.endsWith('.source'));
    const [old] = files();
    const { url, ...rest } = plain();
    server.answer = (_, response) => void response.writeHead(404).end();
    const moved = plain({ url: `${server.url}/elsewhere/country.mmdb` });
    expect((await update([moved], { downloads: '.' })).report.outcome).toBe('failed');
    expect(files()).toContain(old);
    // The order of the fields names no other file.
    const again = await update([{ ...rest, timeoutSeconds: 9, url }], { downloads: '.' });
    expect(again.report.sources[0]).toMatchObject({ sha256: sha256(mmdb('FR')) });
    servePlain(mmdb('DE'));
    expect((await update([moved], { downloads: '.' })).status).toBe(0);
    expect([files().includes(old!), files().length]).toEqual([false, 2]);
  });

  it('takes no cut body for a whole one', async () => {
    const rows = '81.2.69.0/24,FR\n81.2.70.0/24,FR\n';
    server.answer = (_, response) => {
      response.useChunkedEncodingByDefault = false;
      response.writeHead(200, { connection: 'close' });
      response.write(rows.slice(0, 16), () => response.socket?.end());
    };
    const { report } = await update([
      plain({ url: `${server.url}/rows.csv`, built: '2026-11-01' }),
    ]);
    expect(report.sources[0]).toMatchObject({ code: 'ERR_DOWNLOAD_INCOMPLETE' });
  });

  it('takes 304 for a failure if it has no file, and says that overlays wait', async () => {
    server.answer = (_, response) => void response.writeHead(304).end();
    const overlays = [{ path: fileOf('81.2.69.0/28,unknown\n', 'ships.csv'), kind: 'places' }];
    const { report, stderr } = await update([plain()], { overlays });
    expect(report).toMatchObject({
      outcome: 'failed',
      sources: [{ outcome: 'failed', code: 'ERR_DOWNLOAD' }, { outcome: 'waiting' }],
    });
    expect(stderr).toContain('answers with status 304');
  });

  it('gives a file up once its time is over, however long the server drips', async () => {
    server.answer = (_, response) => {
      response.writeHead(200, { 'content-length': 1e9 });
      const timer = setInterval(() => response.write(Buffer.alloc(20_000)), 50);
      response.on('close', () => clearInterval(timer));
    };
    const question = {
      url: new URL(server.url),
      headers: {},
      credentials: {},
      credentialFields: [],
      ca: [readFileSync(authority.ca, 'utf8')],
      timeoutSeconds: 1,
      hasDigest: false,
    };
    const asking = withinTime(new AbortController().signal, 1500, signal =>
      ask({ ...question, signal }, async body => {
        for await (const _ of body.chunks());
      }),
    );
    await expect(asking).rejects.toMatchObject({
      code: 'ERR_DOWNLOAD_SLOW',
      message: expect.stringContaining('not there after 60 minutes'),
    });
  });

  it('prints a report with --json if the table in place cannot be read', async () => {
    servePlain(mmdb('FR'));
    await update([plain()]);
    writeFileSync(at('zones.bin'), table()!.subarray(0, 200));
    const { status, report } = await update([plain()]);
    expect([status, report]).toMatchObject([
      3,
      { outcome: 'failed', code: expect.stringMatching(/^ERR_TABLE_/), sources: [{}] },
    ]);
  });

  it('keeps the table that it puts in place in the folder of editions', async () => {
    servePlain(mmdb('FR'));
    const { report } = await update([plain()], { editions: 'editions' });
    const kept = readdirSync(at('editions')).filter(name => name.startsWith(report.edition!.id));
    expect(kept).toHaveLength(1);
    expect(readFileSync(join(at('editions'), kept[0]!)).equals(table()!)).toBe(true);
    servePlain(mmdb('DE'));
    writeFileSync(at('a-file'), '');
    const failed = await update([plain()], { editions: 'a-file/editions' });
    expect([failed.status, failed.report]).toMatchObject([
      1,
      { outcome: 'updated', code: 'ERR_EDITION' },
    ]);
    // What could not be kept is kept at the next run, and editions whose time is over are removed.
    mkdirSync(at('others'));
    for (const day of ['01', '02', '03', '04']) {
      const old = at(`others/2019-01-${day}-0123456789ab.zones`);
      writeFileSync(old, '');
      utimesSync(old, new Date(`2019-01-${day}`), new Date(`2019-01-${day}`));
    }
    const next = await update([plain()], { editions: 'others' });
    expect(next.report.outcome).toBe('unchanged');
    expect(readdirSync(at('others')).sort()).toEqual([
      '2019-01-03-0123456789ab.zones',
      '2019-01-04-0123456789ab.zones',
      `${next.report.edition!.id}.zones`,
    ]);
  });

  it('needs sources and a table, one at a time, and a state that can be read', async () => {
    const without = await update([]);
    expect([without.status, without.stderr]).toEqual([
      1,
      expect.stringContaining('table update needs a configuration file with sources'),
    ]);
    const nowhere = await update([plain()], { table: undefined });
    expect(nowhere.stderr).toContain('table update needs the file that it writes');
    expect((await update([plain(), plain()])).stderr).toContain('name the same file');
    const namesakes = [plain(), plain({ url: `${server.url}/other/country.mmdb` })];
    expect((await update(namesakes)).stderr).toContain('have the same name');
    servePlain(MALTESE);
    await update([plain()]);
    const lock = at('zones.bin.downloads/update.lock');
    writeFileSync(lock, `${process.ppid} ${hostname()} 1`);
    const locked = await update([plain()]);
    expect([locked.status, locked.stderr]).toEqual([
      1,
      expect.stringContaining('another update works in the folder'),
    ]);
    expect(locked.report).toMatchObject({ outcome: 'failed', code: 'ERR_OUTPUT' });
    // A process of another container may be alive as long as it renews its lock.
    writeFileSync(lock, '999999999 elsewhere 1');
    expect((await update([plain()])).report.code).toBe('ERR_OUTPUT');
    const before = new Date(Date.now() - 3_600_000);
    utimesSync(lock, before, before);
    expect((await update([plain()])).status).toBe(0);
    // A process that is gone holds nothing, even if this one has its number, as in a container.
    for (const pid of [999_999_999, process.pid]) {
      writeFileSync(lock, `${pid} ${hostname()} 1`);
      expect((await update([plain()])).status).toBe(0);
    }
    const state = at('zones.bin.downloads/state.json');
    writeFileSync(state, '{"files": [{"key": 1}]}');
    const damaged = await update([plain()]);
    expect([damaged.status, damaged.report]).toMatchObject([
      1,
      { outcome: 'unchanged', code: 'ERR_OUTPUT', path: expect.stringMatching(/state\.json$/) },
    ]);
    expect(existsSync(`${state}.damaged`)).toBe(true);
    expect((await update([plain()])).status).toBe(0);
  });

  it('prints sentences without --json, in both languages', async () => {
    servePlain(MALTESE);
    await update([plain()]);
    const run = (lang: string) =>
      cli(['table', 'update', '--config', at('config.json'), '--lang', lang], '', SECRETS);
    const english = await run('en');
    expect(english.stdout).toMatch(
      /^country\.mmdb: unchanged, 2026-11-01\nnothing new: table \S+ stays in place\n$/,
    );
    const french = await run('fr');
    expect(french.stdout).toMatch(
      /^country\.mmdb: inchangé, 01\/11\/2026\nrien de nouveau : la table \S+ reste en place\n$/,
    );
    servePlain(mmdb('FR'));
    expect((await run('fr')).stdout).toMatch(
      /^country\.mmdb: nouveau, .*\nla table \S+ est en place \(.* Mo\)\n$/,
    );
  });

  it('is checked by config check, which shows no query and asks no server', async () => {
    const sources = [maxmind(), plain({ url: `${server.url}/x?token=${CANARY}` })];
    writeFileSync(at('config.json'), JSON.stringify({ table: 'zones.bin', sources }));
    const check = (env = SECRETS) =>
      cli(['config', 'check', '--config', at('config.json')], '', env as typeof SECRETS);
    const { status, stdout, stderr } = await check();
    printed += stdout + stderr;
    expect([status, stdout]).toEqual([0, expect.stringContaining('"edition":"GeoLite2-Country"')]);
    const { MAXMIND_LICENSE_KEY: _, ...less } = SECRETS;
    const missing = await check(less as typeof SECRETS);
    expect([missing.status, missing.stderr]).toEqual([
      1,
      expect.stringContaining('(sources[0].key env:MAXMIND_LICENSE_KEY)'),
    ]);
    expect(server.asked).toEqual([]);
  });
});

const canMount =
  spawnSync('bash', ['-c', 'd=$(mktemp -d) && mount -t tmpfs none $d && umount $d && rmdir $d'])
    .status === 0;

describe('a full disk', () => {
  it.skipIf(!canMount)(
    'is told, and nothing is lost (needs permission to mount)',
    async () => {
      servePlain(MALTESE);
      await update([plain()]);
      const before = table();
      const small = mkdtempSync(inFolder('small-'));
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', small]);
      try {
        const more = { downloads: small };
        expect((await update([plain()], more)).status).toBe(0);
        const state = readFileSync(join(small, 'state.json'), 'utf8');
        servePlain(randomBytes(400_000));
        const full = await update([plain()], more);
        expect([full.status, full.report.sources[0]]).toMatchObject([
          1,
          { code: 'ERR_OUTPUT', system: 'ENOSPC', sha256: sha256(MALTESE) },
        ]);
        expect(full.stderr).toContain('the file cannot be written');
        const french = await update([plain()], more, ['--lang', 'fr']);
        expect(french.stderr).toContain('le fichier ne peut pas être écrit');
        expect(readdirSync(small).length).toBe(2);
        expect(state).toContain(sha256(MALTESE));
        expect(table()).toEqual(before);
        // With no room for even the state, the command fails and the files stay.
        writeFileSync(join(small, 'filler'), '');
        spawnSync('dd', ['if=/dev/zero', `of=${join(small, 'filler')}`, 'bs=4k']);
        const none = await update([plain()], more);
        expect(none.status).toBe(1);
        expect(none.stderr).toContain('ENOSPC');
        expect(table()).toEqual(before);
        expect(readFileSync(join(small, 'state.json'), 'utf8')).toContain(sha256(MALTESE));
      } finally {
        execFileSync('umount', [small]);
      }
    },
    60_000,
  );
});
