import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import type { AdapterOptions } from '../../src/http/adapter-options.ts';
import { laissezPasser as forExpress } from '../../src/http/express.ts';
import { laissezPasser as forFastify } from '../../src/http/fastify.ts';
import { refusalOf, statusOf } from '../../src/http/refusal.ts';
import { explain, openGate, REASONS } from '../../src/index.ts';
import { DECISIONS } from '../../src/law/reasons.ts';
import { tableOf } from '../support/tables.ts';

const table = await tableOf(['2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB']);
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

type Headers = Readonly<Record<string, string | string[]>>;
type Options = Partial<AdapterOptions<never>> & { readonly refuse?: never };

/**
 * A real server of each kind on loopback, with a manifest behind the plugin and an open page in
 * front of it.
 */
const KINDS: Readonly<Record<string, (options: Options) => Promise<string>>> = {
  fastify: async options => {
    const app = fastify();
    app.get('/', async () => 'open');
    await app.register(async scope => {
      await scope.register(forFastify, {
        gate: await openGate({ table }),
        subscriber: () => 's',
        standing: () => 'verified',
        trusted: ['loopback'],
        ...options,
      } as never);
      scope.get('/hls/master.m3u8', async request => `#EXTM3U ${request.laissezPasser?.reason}`);
    });
    closing.push(() => app.close());
    return app.listen({ host: '127.0.0.1', port: 0 });
  },
  express: async options => {
    const app = express();
    app.get('/', (_, response) => void response.send('open'));
    app.use(
      '/hls',
      forExpress({
        gate: await openGate({ table }),
        subscriber: () => 's',
        standing: () => 'verified',
        trusted: ['loopback'],
        ...options,
      } as never),
    );
    app.get(
      '/hls/master.m3u8',
      (request, response) => void response.send(`#EXTM3U ${request.laissezPasser?.reason}`),
    );
    const server: Server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(async () => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
};

const ask = (origin: string, headers: Headers, path = '/hls/master.m3u8'): Promise<Response> =>
  fetch(origin + path, { headers: headers as Record<string, string> });

/** Throws a value that is not an error. */
function throwUndefined(): never {
  throw undefined;
}

describe.each(Object.keys(KINDS))('%s', kind => {
  const start = (options: Options = {}): Promise<string> => KINDS[kind]!(options);

  it('passes what is granted, with the decision on the request, each request by itself', async () => {
    const origin = await start();
    for (const [address, body] of [
      ['2.1.1.1', '#EXTM3U present-at-home'],
      ['3.1.1.1', '#EXTM3U temporarily-abroad'],
      ['9.9.9.9, 2.1.1.1', '#EXTM3U present-at-home'],
    ] as const)
      expect(await (await ask(origin, { 'x-forwarded-for': address })).text()).toBe(body);
    expect(await (await ask(origin, {}, '/')).text()).toBe('open');
  });

  it("refuses with a problem document in the client's language, without address or subscriber", async () => {
    const origin = await start({ subscriber: () => 'canary-subscriber', clock: () => 0 });
    const response = await ask(origin, {
      'x-forwarded-for': '4.1.1.1',
      'accept-language': 'en-GB, fr;q=0.5',
    });
    expect([
      response.status,
      response.headers.get('cache-control'),
      response.headers.get('content-language'),
    ]).toEqual([451, 'no-store', 'en']);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const body = await response.text();
    expect(JSON.parse(body)).toEqual({
      type: 'urn:x-laissez-passer:outside-eea',
      title: 'The programmes may not be shown here',
      status: 451,

      detail: explain('outside-eea', 'en'),
      reason: 'outside-eea',
      code: 'LP-12',
      time: '1970-01-01T00:00:00.000Z',
    });
    expect(body).not.toMatch(/canary|4\.1\.1\.1/);
    const french = await ask(origin, { 'x-forwarded-for': '4.1.1.1', 'accept-language': 'de' });
    expect(((await french.json()) as { title: string }).title).toBe(
      'Les programmes ne peuvent pas être diffusés ici',
    );
  });

  it('refuses with 403 where the location is not established, and reports what it saw of the address', async () => {
    const origin = await start();
    const seen = async (chain?: string): Promise<unknown> => {
      const headers = {
        'accept-language': 'en',
        ...(chain !== undefined && { 'x-forwarded-for': chain }),
      };
      const response = await ask(origin, headers as Headers);
      expect([response.status, response.headers.get('retry-after')]).toEqual([403, null]);
      const problem = (await response.json()) as { title: string; seen: string; hint: string };
      expect(problem.title).toBe('The place could not be established');
      expect(problem.hint ?? '').not.toMatch(/\d+\.\d+/);
      return problem.seen;
    };
    expect(await seen()).toBe('no-header');
    expect(await seen('x')).toBe('unreadable');
    expect(await seen('127.0.0.1')).toBe('only-proxies');
    expect(await seen(`2.1.1.1${', 127.0.0.1'.repeat(40)}`)).toBe('too-many-hops');
    expect(await seen('10.1.1.1')).toBe('private');
    expect(await seen('99.1.1.1')).toBeUndefined();
  });

  it('names who blocks in the Link of a 451, where the operator configured it', async () => {
    const origin = await start({ blockedBy: 'https://tv.example/why' });
    expect((await ask(origin, { 'x-forwarded-for': '4.1.1.1' })).headers.get('link')).toBe(
      '<https://tv.example/why>; rel="blocked-by"',
    );
    expect((await ask(origin, { 'x-forwarded-for': '99.1.1.1' })).headers.get('link')).toBeNull();
  });

  it('reads no header where no proxy is trusted, and Forwarded where that is the configured header', async () => {
    const direct = await start({ trusted: [] });
    expect(await (await ask(direct, { 'x-forwarded-for': '2.1.1.1' })).json()).toMatchObject({
      reason: 'address-not-public',
    });
    const other = await start({ header: 'forwarded' });
    expect(
      (await ask(other, { forwarded: 'for=2.1.1.1', 'x-forwarded-for': '4.1.1.1' })).status,
    ).toBe(200);
  });

  it('waits for a standing that must be fetched, and passes errors on', async () => {
    const origin = await start({
      standing: async () => 'elsewhere' as const,
      subscriber: async () => 's',
    });
    expect((await ask(origin, { 'x-forwarded-for': '3.1.1.1' })).status).toBe(403);
    const failing = await start({
      subscriber: async () => Promise.reject(new Error('no session')),
    });
    expect((await ask(failing, { 'x-forwarded-for': '2.1.1.1' })).status).toBe(500);
  });

  it.each([
    ['a rejection with undefined', { subscriber: () => Promise.reject() }],
    ['a rejection with the word route', { standing: () => Promise.reject('route') }],
    ['undefined thrown', { subscriber: () => throwUndefined() }],
    [
      'both functions failing',
      { subscriber: async () => throwUndefined(), standing: () => throwUndefined() },
    ],
    ['a refuse function that rejects', { refuse: async () => throwUndefined() }],
    ['a refuse function that throws', { refuse: () => throwUndefined() }],
  ])('never serves after %s, and keeps running', async (_, options) => {
    const origin = await start(options as never);
    const response = await ask(origin, { 'x-forwarded-for': '4.1.1.1' });
    expect([response.status, (await response.text()).includes('EXTM3U')]).toEqual([500, false]);
    expect((await ask(origin, {}, '/')).status).toBe(200);
  });

  it('passes everything in shadow mode, even requests that cannot be decided', async () => {
    const origin = await start({
      shadow: true,
      subscriber: () => Promise.reject(new Error('no session')),
    });
    expect(await (await ask(origin, { 'x-forwarded-for': '4.1.1.1' })).text()).toContain('#EXTM3U');
  });

  it('accepts any thenable as a promise, and treats a missing subscriber as one without a contract', async () => {
    const later = (value: unknown) => ({
      // biome-ignore lint/suspicious/noThenProperty: a foreign thenable is what is tested
      then: (resolve: (value: unknown) => void) => setTimeout(resolve, 1, value),
    });
    const refused = await start({
      subscriber: () => later('s'),
      standing: () => later('none'),
    } as never);
    expect(await (await ask(refused, { 'x-forwarded-for': '2.1.1.1' })).json()).toMatchObject({
      reason: 'no-contract',
    });
    for (const subscriber of [undefined, '', ['s', 't'], 7]) {
      const origin = await start({ subscriber: () => subscriber } as never);
      expect((await ask(origin, { 'x-forwarded-for': '2.1.1.1' })).status).toBe(403);
    }
  });

  it('refuses nothing in shadow mode, and still decides', async () => {
    const origin = await start({ shadow: true });
    expect(await (await ask(origin, { 'x-forwarded-for': '4.1.1.1' })).text()).toBe(
      '#EXTM3U outside-eea',
    );
  });
});

describe('refusals', () => {
  it('have a fitting status for every reason that refuses', () => {
    const refused = REASONS.map(reason => DECISIONS[reason]).filter(
      ({ verdict }) => verdict === 'refused',
    );
    const by = (status: number): string[] =>
      refused.filter(decision => statusOf(decision) === status).map(({ reason }) => reason);
    expect(by(451)).toEqual(['home-not-licensed', 'outside-eea']);
    expect(by(503)).toEqual(['evidence-unavailable']);
    expect(by(451).length + by(503).length + by(403).length).toBe(refused.length);
    for (const decision of refused)
      expect(refusalOf(decision, { language: 'fr', time: 0 }).problem.title).toMatch(/\w/);
  });

  it.each([
    [{ subscriber: undefined }, 'ERR_ARGUMENT', /subscriber/],
    [{ gate: {} }, 'ERR_ARGUMENT', /gate/],
    [{ gate: openGate({ table }) }, 'ERR_ARGUMENT', /gate is a promise/],
    [{ header: 'x real ip' }, 'ERR_ARGUMENT', /header/],
    [{ standing: undefined }, 'ERR_EVIDENCE_OPTION', /standing/],
    [{ standing: 'verified' }, 'ERR_ARGUMENT', /standing/],
    [{ trusted: ['0.0.0.0/0'] }, 'ERR_PREFIX_TRUSTS_ALL', /trust/],
    [{ trusted: ['cdn'] }, 'ERR_PREFIX', /prefix/],
    [{ trusted: () => ['loopback'] }, 'ERR_ARGUMENT', /trusted/],
    [{ shadwo: true }, 'ERR_ARGUMENT', /unknown option shadwo/],
    [{ shadow: 'false' }, 'ERR_ARGUMENT', /shadow/],
    [{ language: 'de' }, 'ERR_ARGUMENT', /language/],
    [{ preflight: true }, 'ERR_ARGUMENT', /preflight/],
    [{ blockedBy: 'us' }, 'ERR_ARGUMENT', /blockedBy/],
    [{ blockedBy: 'https://a/> ; x' }, 'ERR_ARGUMENT', /blockedBy/],
    [{ refuse: 'no' }, 'ERR_ARGUMENT', /refuse/],
    [{ offer: 'free' }, 'ERR_ARGUMENT', /offer/],
  ] as const)(
    'reject unknown and invalid options and name them in the error: %o',
    async (options, code, message) => {
      const base = {
        gate: await openGate({ table }),
        subscriber: () => 's',
        standing: () => 'verified',
      };
      const error = expect.objectContaining({ code, message: expect.stringMatching(message) });
      expect(() => forExpress({ ...base, ...options } as never)).toThrow(error);
      const app = fastify();
      // The rejection of an awaited registration can be caught: the process keeps running.
      await expect(app.register(forFastify, { ...base, ...options } as never)).rejects.toEqual(
        error,
      );
      await app.close();
    },
  );

  it('accept an undefined option as one that is left out', async () => {
    const base = {
      gate: await openGate({ table }),
      subscriber: () => 's',
      standing: () => 'verified' as const,
    };
    const rest = {
      trusted: undefined,
      header: undefined,
      offer: undefined,
      channel: undefined,
      shadow: undefined,
    };
    const more = {
      language: undefined,
      clock: undefined,
      preflight: undefined,
      blockedBy: undefined,
    };
    expect(() => forExpress({ ...base, ...rest, ...more, refuse: undefined })).not.toThrow();
    const app = fastify();
    await app.register(forFastify, {
      ...base,
      ...rest,
      ...more,
      refuse: undefined,
      hook: undefined,
    });
    await app.close();
  });
});
