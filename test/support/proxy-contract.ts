/** The contract of every documented proxy configuration, whichever program runs it. */
import { describe, expect, it } from 'vitest';
import { explain } from '../../src/index.ts';
import {
  decisionsOf,
  type Heard,
  isRequired,
  newFolder,
  newStore,
  type Origin,
  openToAll,
  PROGRAMME,
  type RecordedSidecar,
  send,
  startRecordedSidecar,
} from './proxy.ts';

export interface Site {
  readonly folder: string;
  /** Folder of the programmes; it holds `hls/master.m3u8`. */
  readonly programmes: string;
  /** The ports of the sidecars. */
  readonly sidecars: readonly number[];
}

export interface ProxyUnderTest {
  readonly name: string;
  readonly isThere: boolean;
  /** Further options of the sidecar. */
  readonly options?: readonly string[];
  /** Starts the documented configuration with these paths and ports, and returns its port. */
  start(site: Site): Promise<number>;
  /** Makes a request come from an address. */
  from(address: string): Origin;
  /** The lines of all access logs. */
  accessLog(site: Site): string;
}

const PAGE = 'https://www.example.org';
const FORGED = [
  'X-Forwarded-For: 2.1.1.1',
  'Forwarded: for=2.1.1.1',
  'X-Real-IP: 2.1.1.1',
  'Laissez-Passer-Subscriber: somebody',
  'Laissez-Passer-Standing: verified',
  'laissez-passer-offer: free',
];
const PREFLIGHT = [
  `Origin: ${PAGE}`,
  'Access-Control-Request-Method: GET',
  'Access-Control-Request-Headers: range',
];

/** Spellings of the programme's path that one program or another takes for the same path. */
export const SPELLINGS = [
  '/%68ls/master.m3u8',
  '//hls/master.m3u8',
  '/hls//master.m3u8',
  '/hls%2Fmaster.m3u8',
  '/hls%2fmaster.m3u8',
  '/%2Fhls/master.m3u8',
  '/./hls/master.m3u8',
  '/.//hls/master.m3u8',
  '/x/../hls/master.m3u8',
  '/x/%2e%2e/hls/master.m3u8',
  '/x%2f..%2fhls/master.m3u8',
  '/hls/../hls/master.m3u8',
  '/hls/./master.m3u8',
  '/hls/%6daster.m3u8',
  '/hls/master.m3u8/',
  '/hls/master.m3u8?token=1',
  '/hls/master.m3u8%3Ftoken=1',
  '/hls/master.m3u8;a=b',
  '/hls;a=b/master.m3u8',
  '/HLS/master.m3u8',
  '/hls\\master.m3u8',
  '/hls%5Cmaster.m3u8',
  '/\\hls/master.m3u8',
  '/hls/master.m3u8%00',
  '/hls/master.m3u8%20',
  '/hls/master.m3u8#x',
  'http://tv/hls/master.m3u8',
  'http://other/hls/master.m3u8',
  'HTTP://tv//%68ls/master.m3u8',
  'hls/master.m3u8',
];

const only = ({ headers }: Heard, name: string): string | undefined => {
  const lines = headers.get(name) ?? [];
  expect(lines.length, `lines of ${name}`).toBeLessThan(2);
  return lines[0];
};
const varyOf = ({ headers }: Heard): string[] =>
  (headers.get('vary') ?? []).flatMap(line => line.toLowerCase().split(/\s*,\s*/));

const checksOf = ({ questions }: RecordedSidecar) =>
  questions.filter(({ url }) => url.startsWith('/check'));

/**
 * Checks that a refusal, even one that no sidecar could decide, reaches the page and stays out of
 * caches.
 */
function expectForPage(answer: Heard): void {
  expect(only(answer, 'content-type')).toContain('application/problem+json');
  expect(only(answer, 'cache-control')).toBe('no-store');
  expect(only(answer, 'access-control-allow-origin')).toBe(PAGE);
  expect(only(answer, 'access-control-allow-credentials')).toBe('true');
  expect(only(answer, 'access-control-expose-headers')).toContain('Retry-After');
  expect(varyOf(answer).filter(name => name === 'origin')).toEqual(['origin']);
}

function expectUndecided(answer: Heard): void {
  expect(answer.status).toBe(503);
  expect(JSON.parse(answer.body)).toMatchObject({ status: 503, title: expect.any(String) });
  expect(answer.headers.get('retry-after')).toEqual(['5']);
  expectForPage(answer);
}

/** Declares the tests of one proxy. */
export function testProxy(proxy: ProxyUnderTest): void {
  const { from, name } = proxy;

  async function set(args: readonly string[] = []) {
    const { folder, programmes } = newFolder(name.toLowerCase());
    const store = await newStore(folder);
    const sidecar = await startRecordedSidecar([...store, ...(proxy.options ?? []), ...args]);
    openToAll(folder);
    const site = { folder, programmes, sidecars: [sidecar.port] };
    const port = await proxy.start(site);
    const askFrom = (
      address: string,
      lines: readonly string[] = [],
      request?: string,
      body?: string,
    ) => send(port, from(address), lines, request, body);
    return { sidecar, site, port, askFrom };
  }

  describe.skipIf(!proxy.isThere && !isRequired)(
    `${name} in front of the sidecar (needs ${name})`,
    () => {
      it('serves what is granted and passes the document of a refusal on unchanged', async () => {
        const { askFrom, site } = await set();
        expect(await askFrom('2.1.1.1')).toMatchObject({ status: 200, body: PROGRAMME });
        const london = await askFrom('4.1.1.1', ['Accept-Language: en']);
        expect(london.status).toBe(451);
        expect(only(london, 'content-type')).toContain('application/problem+json');
        expect(only(london, 'cache-control')).toBe('no-store');
        expect(only(london, 'content-language')).toBe('en');
        expect(varyOf(london)).toEqual(expect.arrayContaining(['accept-language', 'origin']));
        expect(JSON.parse(london.body)).toMatchObject({
          reason: 'outside-eea',
          detail: explain('outside-eea', 'en'),
        });
        const madrid = await askFrom('3.1.1.1');
        expect(madrid.status).toBe(403);
        expect(JSON.parse(madrid.body)).toMatchObject({
          status: 403,
          reason: 'residence-unverified',
        });
        expect(JSON.parse((await askFrom('9.1.1.1')).body)).toMatchObject({
          detail: explain('location-unknown', 'fr'),
        });
        const withoutSession = await askFrom('2.1.1.1', ['Cookie: other=1']);
        expect(JSON.parse(withoutSession.body)).toMatchObject({ reason: 'no-contract' });
        const unknownSession = await askFrom('2.1.1.1', ['Cookie: session=nobody']);
        expect(JSON.parse(unknownSession.body)).toMatchObject({ reason: 'no-contract' });
        const second = await askFrom('2.1.1.1', ['Cookie: a=b; session=viewer; c=d']);
        expect(second.status).toBe(200);
        expect(proxy.accessLog(site)).not.toMatch(/[2349]\.1\.1\.1|127\.0\.0\.1/);
      });

      it('lets no client set its own headers, and forwards no query and no cookie', async () => {
        const { askFrom, sidecar, site } = await set([
          '--standing-header',
          'laissez-passer-standing',
        ]);
        const secrets = [
          'Cookie: session=viewer; other=c00kie',
          'Authorization: Bearer t0ken',
          'Referer: http://tv/?t0ken',
          'Origin: https://www.example.org',
        ];
        const hop =
          'Connection: X-Forwarded-For, Laissez-Passer-Subscriber, Laissez-Passer-Standing';
        for (const lines of [
          [...FORGED, ...secrets],
          [...secrets, ...FORGED, hop],
        ])
          for (const address of ['2.1.1.1', '4.1.1.1'])
            expect(
              (await askFrom(address, lines, 'GET /hls/master.m3u8?token=t0ken')).body,
            ).not.toBe(PROGRAMME);
        expect(checksOf(sidecar)).toHaveLength(4);
        for (const { url, headers } of sidecar.questions) {
          expect(url).toMatch(/^\/(check|refusal\/[a-z-]+\/[a-z-]*)$/);
          expect(JSON.stringify(headers)).not.toMatch(
            /t0ken|c00kie|somebody|verified|free|forwarded",.*for=/,
          );
        }
        for (const [index, { headers }] of checksOf(sidecar).entries()) {
          const linesOf = (wanted: string) =>
            headers.filter(([field]) => field === wanted).map(([, value]) => value);
          expect(linesOf('x-forwarded-for')).toEqual([index % 2 === 0 ? '2.1.1.1' : '4.1.1.1']);
          expect(linesOf('laissez-passer-subscriber')).toEqual(['viewer']);
          for (const absent of [
            'origin',
            'forwarded',
            'x-real-ip',
            'laissez-passer-standing',
            'laissez-passer-offer',
          ])
            expect(linesOf(absent), absent).toEqual([]);
        }
        expect(proxy.accessLog(site)).not.toMatch(/t0ken|c00kie|somebody/);
      });

      it('answers a preflight undecided, and gives grants and refusals the same CORS headers', async () => {
        const { askFrom, sidecar } = await set();
        const preflight = await askFrom(
          '4.1.1.1',
          ['Cookie: a=b', ...PREFLIGHT],
          'OPTIONS /hls/master.m3u8',
        );
        expect([preflight.status, preflight.body]).toEqual([204, '']);
        expect(only(preflight, 'access-control-allow-origin')).toBe(PAGE);
        expect(only(preflight, 'access-control-allow-credentials')).toBe('true');
        expect(only(preflight, 'access-control-allow-methods')).toContain('GET');
        expect(only(preflight, 'access-control-allow-headers')).toContain('Range');
        expect(only(preflight, 'access-control-max-age')).toBe('600');
        expect(varyOf(preflight)).toContain('origin');
        const elsewhere = PREFLIGHT.map(line => line.replace(PAGE, 'https://elsewhere.example'));
        const foreign = await askFrom('4.1.1.1', elsewhere, 'OPTIONS /hls/master.m3u8');
        expect(
          [...foreign.headers.keys()].filter(header => header.startsWith('access-control')),
        ).toEqual([]);
        expect([foreign.status, varyOf(foreign).includes('origin')]).toEqual([204, true]);
        expect([sidecar.questions, await decisionsOf(sidecar)]).toEqual([[], 0]);

        // An OPTIONS request that is not a preflight is decided.
        for (const lines of [[], [PREFLIGHT[0]!], [PREFLIGHT[1]!]])
          expect((await askFrom('4.1.1.1', lines, 'OPTIONS /hls/master.m3u8')).status).toBe(451);
        expect(await decisionsOf(sidecar)).toBe(3);
        // So is a request of another method with the headers of a preflight.
        expect((await askFrom('4.1.1.1', PREFLIGHT)).status).toBe(451);

        const granted = await askFrom('2.1.1.1', [`Origin: ${PAGE}`]);
        expect([granted.status, granted.body]).toEqual([200, PROGRAMME]);
        expect(only(granted, 'access-control-allow-origin')).toBe(PAGE);
        expect(only(granted, 'access-control-allow-credentials')).toBe('true');
        expect(only(granted, 'access-control-expose-headers')).toContain('Retry-After');
        expect(varyOf(granted).filter(field => field === 'origin')).toEqual(['origin']);
        const refused = await askFrom('4.1.1.1', [`Origin: ${PAGE}`]);
        expect(refused.status).toBe(451);
        expectForPage(refused);
        expect(varyOf(refused)).toContain('accept-language');
        for (const address of ['2.1.1.1', '4.1.1.1']) {
          const other = await askFrom(address, ['Origin: https://elsewhere.example']);
          expect(
            [...other.headers.keys()].filter(header => header.startsWith('access-control')),
          ).toEqual([]);
          expect(varyOf(other)).toContain('origin');
        }
      });

      it('has every method decided', async () => {
        const { askFrom, sidecar } = await set();
        const methods = [
          'HEAD',
          'POST',
          'PUT',
          'DELETE',
          'PATCH',
          'PROPFIND',
          'REPORT',
          'LOCK',
          'M-SEARCH',
        ];
        for (const method of methods) {
          const body = ['POST', 'PUT', 'PATCH', 'PROPFIND'].includes(method) ? '{"a":' : '';
          const refused = await askFrom('4.1.1.1', [], `${method} /hls/master.m3u8`, body);
          expect([method, refused.status]).toEqual([method, 451]);
        }
        expect(await decisionsOf(sidecar)).toBe(methods.length);
        // The proxy may itself refuse a method that it does not know, but must not serve it.
        for (const method of ['TRACE', 'FROB', 'get', 'CONNECT'])
          expect((await askFrom('4.1.1.1', [], `${method} /hls/master.m3u8`)).body).not.toContain(
            PROGRAMME,
          );
      });

      it('serves nothing undecided, however the path is spelled', async () => {
        const { askFrom, sidecar } = await set();
        for (const spelling of SPELLINGS) {
          const abroad = await askFrom('4.1.1.1', [], `GET ${spelling}`);
          expect(abroad.body, spelling).not.toContain(PROGRAMME);
          const before = checksOf(sidecar).length;
          const home = await askFrom('2.1.1.1', [], `GET ${spelling}`);
          const served = home.body.includes(PROGRAMME) ? 1 : 0;
          expect(checksOf(sidecar).length - before, spelling).toBeGreaterThanOrEqual(served);
        }
        expect((await askFrom('2.1.1.1')).body).toBe(PROGRAMME);
      });

      it('answers 503 and never serves a programme where the sidecar hangs or is gone', async () => {
        const { askFrom, sidecar, site } = await set();
        const lines = [`Origin: ${PAGE}`];
        expect((await askFrom('2.1.1.1', lines)).status).toBe(200);
        sidecar.child.kill('SIGSTOP');
        expectUndecided(await askFrom('2.1.1.1', lines));
        sidecar.child.kill('SIGCONT');
        await sidecar.stop();
        expectUndecided(await askFrom('2.1.1.1', lines));
        expectUndecided(await askFrom('2.1.1.1', lines, 'POST /hls/master.m3u8', '{}'));
        expect(proxy.accessLog(site)).not.toMatch(/2\.1\.1\.1/);
        expect(sidecar.output()).not.toMatch(/2\.1\.1\.1|viewer/);
      });
    },
  );
}
