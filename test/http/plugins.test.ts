import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { laissezPasser as forExpress } from '../../src/http/express.ts';
import { laissezPasser as forFastify } from '../../src/http/fastify.ts';
import type { GatewayOptions } from '../../src/http/gateway.ts';
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
type Options = Partial<GatewayOptions<never>> & { readonly refuse?: never };

/** A real server of each kind on loopback, with a manifest behind the plugin and a page before it. */
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
    app.get('/hls/master.m3u8', (request, response) => void response.send(`#EXTM3U ${request.laissezPasser?.reason}`));
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

/** Throws what is no error. */
function nothing(): never {
  throw undefined;
}

describe.each(Object.keys(KINDS))('%s', kind => {
  const start = (options: Options = {}): Promise<string> => KINDS[kind]!(options);

  it('lets pass what is granted, with the decision on the request, each request by itself', async () => {
    const origin = await start();
    for (const [address, body] of [
      ['2.1.1.1', '#EXTM3U present-at-home'],
      ['3.1.1.1', '#EXTM3U temporarily-abroad'],
      ['9.9.9.9, 2.1.1.1', '#EXTM3U present-at-home'],
    ] as const)
      expect(await (await ask(origin, { 'x-forwarded-for': address })).text()).toBe(body);
    expect(await (await ask(origin, {}, '/')).text()).toBe('open');
  });

  it('refuses with a problem in the language of the client, and names no address and no subscriber', async () => {
    const origin = await start({ subscriber: () => 'canary-subscriber', clock: () => 0 });
    const response = await ask(origin, { 'x-forwarded-for': '4.1.1.1', 'accept-language': 'en-GB, fr;q=0.5' });
    expect([response.status, response.headers.get('cache-control'), response.headers.get('content-language')]).toEqual([
      451,
      'no-store',
      'en',
    ]);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const body = await response.text();
    expect(JSON.parse(body)).toEqual({
      ...{ type: 'urn:x-laissez-passer:outside-eea', title: 'The programmes may not be shown here', status: 451 },
      ...{
        detail: explain('outside-eea', 'en'),
        reason: 'outside-eea',
        code: 'LP-12',
        time: '1970-01-01T00:00:00.000Z',
      },
    });
    expect(body).not.toMatch(/canary|4\.1\.1\.1/);
    const french = await ask(origin, { 'x-forwarded-for': '4.1.1.1', 'accept-language': 'de' });
    expect(((await french.json()) as { title: string }).title).toBe('Les programmes ne peuvent pas être montrés ici');
  });

  it('says that another try may help where the place could not be established', async () => {
    const origin = await start();
    const response = await ask(origin, {});
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '30']);
    expect(await response.json()).toMatchObject({ reason: 'address-invalid' });
    expect((await ask(origin, { 'x-forwarded-for': '99.1.1.1' })).status).toBe(503);
  });

  it('reads nothing from headers where no proxy is trusted, and Forwarded where that is the one', async () => {
    const direct = await start({ trusted: [] });
    expect(await (await ask(direct, { 'x-forwarded-for': '2.1.1.1' })).json()).toMatchObject({
      reason: 'address-not-public',
    });
    const other = await start({ header: 'forwarded' });
    expect((await ask(other, { forwarded: 'for=2.1.1.1', 'x-forwarded-for': '4.1.1.1' })).status).toBe(200);
  });

  it('waits for a standing that has to be fetched, and passes on what fails', async () => {
    const origin = await start({ standing: async () => 'elsewhere' as const, subscriber: async () => 's' });
    expect((await ask(origin, { 'x-forwarded-for': '3.1.1.1' })).status).toBe(403);
    const failing = await start({ subscriber: async () => Promise.reject(new Error('no session')) });
    expect((await ask(failing, { 'x-forwarded-for': '2.1.1.1' })).status).toBe(500);
  });

  it.each([
    ['a rejection with nothing', { subscriber: () => Promise.reject() }],
    ['a rejection with the word route', { standing: () => Promise.reject('route') }],
    ['nothing thrown', { subscriber: () => nothing() }],
    ['both functions failing', { subscriber: async () => nothing(), standing: () => nothing() }],
    ['an answer of its own that fails', { refuse: async () => nothing() }],
    ['an answer of its own that throws', { refuse: () => nothing() }],
  ])('never serves after %s, and goes on living', async (_, options) => {
    const origin = await start(options as never);
    const response = await ask(origin, { 'x-forwarded-for': '4.1.1.1' });
    expect([response.status, (await response.text()).includes('EXTM3U')]).toEqual([500, false]);
    expect((await ask(origin, {}, '/')).status).toBe(200);
  });

  it('lets everything go on in shadow mode, also what can not be decided', async () => {
    const origin = await start({ shadow: true, subscriber: () => Promise.reject(new Error('no session')) });
    expect(await (await ask(origin, { 'x-forwarded-for': '4.1.1.1' })).text()).toContain('#EXTM3U');
  });

  it('takes any thenable for a promise, and nobody for somebody without a contract', async () => {
    // biome-ignore lint/suspicious/noThenProperty: a promise of a library of its own is what is tested
    const later = (value: unknown) => ({ then: (resolve: (value: unknown) => void) => setTimeout(resolve, 1, value) });
    const refused = await start({ subscriber: () => later('s'), standing: () => later('none') } as never);
    expect(await (await ask(refused, { 'x-forwarded-for': '2.1.1.1' })).json()).toMatchObject({
      reason: 'no-contract',
    });
    for (const subscriber of [undefined, '', ['s', 't'], 7]) {
      const nobody = await start({ subscriber: () => subscriber } as never);
      expect((await ask(nobody, { 'x-forwarded-for': '2.1.1.1' })).status).toBe(403);
    }
  });

  it('refuses nothing in shadow mode, and still decides', async () => {
    const origin = await start({ shadow: true });
    expect(await (await ask(origin, { 'x-forwarded-for': '4.1.1.1' })).text()).toBe('#EXTM3U outside-eea');
  });
});

it('a Fastify gateway sends what its own answer returns, and may guard a scope inside a guarded one', async () => {
  const app = fastify();
  const gate = await openGate({ table });
  const options = { gate, subscriber: () => 's', standing: () => 'verified', trusted: ['loopback'] } as const;
  const refuse = async (_: unknown, __: unknown, decision: { code: string }) => ({ mine: decision.code });
  await app.register(forFastify, { ...options, refuse } as never);
  await app.register(async scope => {
    await scope.register(forFastify, options as never);
    scope.get('/', async () => 'served');
  });
  const answer = await app.inject({ url: '/', headers: { 'x-forwarded-for': '4.1.1.1' } });
  expect(answer.json()).toEqual({ mine: 'LP-12' });
  await app.close();
});

describe('refusals', () => {
  it('have a fitting status for every reason that refuses', () => {
    const refused = REASONS.map(reason => DECISIONS[reason]).filter(({ verdict }) => verdict === 'refused');
    const by = (status: number): string[] =>
      refused.filter(decision => statusOf(decision) === status).map(({ reason }) => reason);
    expect(by(451)).toEqual(['home-not-licensed', 'outside-eea']);
    expect(by(503).toSorted()).toEqual([
      'address-anonymised',
      'address-invalid',
      'address-not-public',
      'evidence-unavailable',
      'location-disputed',
      'location-unknown',
    ]);
    expect(by(451).length + by(503).length + by(403).length).toBe(refused.length);
    for (const decision of refused) expect(refusalOf(decision, 'fr', 0).problem.title).toMatch(/\w/);
  });

  it.each([
    [{ subscriber: undefined }, 'ERR_ARGUMENT'],
    [{ gate: {} }, 'ERR_ARGUMENT'],
    [{ header: 'x real ip' }, 'ERR_ARGUMENT'],
    [{ standing: undefined }, 'ERR_EVIDENCE_OPTION'],
    [{ trusted: ['0.0.0.0/0'] }, 'ERR_PREFIX_TRUSTS_ALL'],
  ])('need options that are some: %j', async (options, code) => {
    const base = { gate: await openGate({ table }), subscriber: () => 's', standing: () => 'verified' };
    expect(() => forExpress({ ...base, ...options } as never)).toThrow(expect.objectContaining({ code }));
  });
});
