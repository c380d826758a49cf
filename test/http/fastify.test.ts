import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { laissezPasser } from '../../src/http/fastify.ts';
import { openGate } from '../../src/index.ts';
import { tableOf } from '../support/tables.ts';
import { warningsOf } from '../support/warnings.ts';

const table = await tableOf(['2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB']);
const FRANCE = { 'x-forwarded-for': '2.1.1.1' };
const LONDON = { 'x-forwarded-for': '4.1.1.1' };
const PREFLIGHT = { origin: 'https://tv.example', 'access-control-request-method': 'GET' };

const apps: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

function newApp(options = {}): FastifyInstance {
  const app = fastify(options);
  apps.push(app);
  return app;
}

const optionsFor = async (more = {}) => ({
  gate: await openGate({ table, offers: { free: { paid: false } } }),
  subscriber: () => 's',
  standing: () => 'verified' as const,
  trusted: ['loopback'],
  ...more,
});

describe('the Fastify plugin', () => {
  it('decides before a body is read: a refused subscriber is refused, whatever was posted', async () => {
    const app = newApp();
    const options = await optionsFor();
    await app.register(laissezPasser, options);
    const schema = {
      body: {
        type: 'object',
        required: ['challenge'],
        properties: { challenge: { type: 'string' } },
      },
    };
    app.post('/drm', { schema }, async () => 'licence');
    const bodies = [
      ['application/json', '{"challenge":'],
      ['application/json', '{}'],
      ['application/octet-stream', 'x'],
      ['application/json', 'x'.repeat(2_000_000)],
    ] as const;
    for (const [type, payload] of bodies) {
      const answer = await app.inject({
        method: 'POST',
        url: '/drm',
        headers: { ...LONDON, 'content-type': type },
        payload,
      });
      expect([answer.statusCode, answer.json().code]).toEqual([451, 'LP-12']);
    }
    expect(options.gate.health().decided).toBe(4);
  });

  it.each(['preParsing', 'preValidation', 'preHandler'] as const)(
    'decides in %s where the session is known only then',
    async hook => {
      const app = newApp();
      app.decorateRequest('account', '');
      app.addHook('onRequest', async request => {
        (request as { account?: string }).account = 's';
      });
      await app.register(
        laissezPasser,
        await optionsFor({ hook, subscriber: (request: { account: string }) => request.account }),
      );
      app.post('/', async () => 'served');
      const post = (headers: object) =>
        app.inject({
          method: 'POST',
          url: '/',
          headers: { ...headers, 'content-type': 'text/plain' },
          payload: 'body',
        });
      expect((await post(FRANCE)).payload).toBe('served');
      expect((await post(LONDON)).statusCode).toBe(451);
    },
  );

  it('reads a session of a plugin that was registered before it', async () => {
    const app = newApp();
    await app.register(cookie);
    const subscriber = (request: { cookies: Record<string, string | undefined> }) =>
      request.cookies['session'];
    await app.register(laissezPasser, await optionsFor({ subscriber }));
    app.get('/', async () => 'served');
    expect(
      (await app.inject({ url: '/', headers: FRANCE, cookies: { session: 's' } })).payload,
    ).toBe('served');
    expect((await app.inject({ url: '/', headers: FRANCE })).json().reason).toBe('no-contract');
  });

  it('does not decide a route that opts out, or one that does not exist', async () => {
    const app = newApp();
    const options = await optionsFor();
    await app.register(laissezPasser, options);
    app.get(
      '/help',
      { config: { laissezPasser: false } },
      async request => `open ${request.laissezPasser}`,
    );
    expect((await app.inject({ url: '/help', headers: LONDON })).payload).toBe('open null');
    expect((await app.inject({ url: '/nothing', headers: LONDON })).statusCode).toBe(404);
    expect(options.gate.health().decided).toBe(0);
  });

  it('decides and counts once in a scope inside a guarded one, by the nearest guard', async () => {
    const app = newApp();
    const options = await optionsFor();
    await app.register(laissezPasser, options);
    app.get('/paid', async request => request.laissezPasser?.reason);
    await app.register(async scope => {
      await scope.register(laissezPasser, { ...options, offer: () => 'free' });
      scope.get('/free', async () => 'served');
      await scope.register(async inner => {
        inner.get('/inner', async () => 'served');
      });
    });
    const spain = { 'x-forwarded-for': '3.1.1.1' };
    expect((await app.inject({ url: '/paid', headers: spain })).payload).toBe('temporarily-abroad');
    for (const url of ['/free', '/inner'])
      expect((await app.inject({ url, headers: spain })).json().reason).toBe(
        'service-not-portable',
      );
    expect(options.gate.health().decided).toBe(3);
  });

  it('passes a preflight undecided to the CORS layer, and decides what only looks like one', async () => {
    const app = newApp();
    const options = await optionsFor({ subscriber: () => '' });
    await app.register(laissezPasser, options);
    await app.register(cors, { origin: 'https://tv.example', exposedHeaders: ['Retry-After'] });
    app.get('/hls/m', async () => 'served');
    app.all('/any', async () => 'served');
    const preflight = await app.inject({ method: 'OPTIONS', url: '/hls/m', headers: PREFLIGHT });
    expect([preflight.statusCode, preflight.headers['access-control-allow-origin']]).toEqual([
      204,
      'https://tv.example',
    ]);
    expect(options.gate.health().decided).toBe(0);
    // A route for all methods would serve its programme to any request that looks like a preflight.
    const all = await app.inject({ method: 'OPTIONS', url: '/any', headers: PREFLIGHT });
    expect([all.statusCode, all.payload.includes('served')]).toEqual([403, false]);
    const bare = await app.inject({
      method: 'OPTIONS',
      url: '/any',
      headers: { origin: 'https://tv.example' },
    });
    expect(bare.statusCode).toBe(403);
    const strict = newApp();
    await strict.register(laissezPasser, { ...options, preflight: 'decide' });
    strict.options('/hls/m', async () => 'open');
    expect(
      (await strict.inject({ method: 'OPTIONS', url: '/hls/m', headers: PREFLIGHT })).statusCode,
    ).toBe(403);
  });

  it('appends to the lists of a CORS layer: Vary, Link, exposed headers', async () => {
    const app = newApp();
    await app.register(cors, {
      origin: ['https://tv.example', 'https://b.example'],
      exposedHeaders: ['X-Trace'],
      credentials: true,
    });
    app.addHook('onRequest', async (_, reply) => {
      reply.header('link', '<https://tv.example/>; rel="index"');
    });
    await app.register(laissezPasser, await optionsFor({ blockedBy: 'https://tv.example/why' }));
    app.get('/', async () => 'served');
    const { headers } = await app.inject({
      url: '/',
      headers: { ...LONDON, origin: 'https://tv.example' },
    });
    expect(headers).toMatchObject({
      vary: 'Origin, Accept-Language',
      link: '<https://tv.example/>; rel="index", <https://tv.example/why>; rel="blocked-by"',
      'access-control-allow-origin': 'https://tv.example',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'X-Trace, Link',
    });
    const granted = await app.inject({
      url: '/',
      headers: { ...FRANCE, origin: 'https://tv.example' },
    });
    expect(granted.headers['access-control-allow-origin']).toBe('https://tv.example');
  });

  it.each([
    ['undefined', () => undefined],
    ['a promise of undefined', async () => undefined],
    ['a promise that never settles', () => new Promise(() => {})],
  ])('ends in the refusal where a `refuse` function returns %s', async (_, refuse) => {
    const app = newApp();
    await app.register(laissezPasser, await optionsFor({ refuse }));
    app.get('/', async () => 'served');
    const answer = await app.inject({ url: '/', headers: LONDON });
    expect([answer.statusCode, answer.json().code]).toEqual([451, 'LP-12']);
  });

  it('sends what a `refuse` function returns, sends itself, or sends later', async () => {
    const answers = {
      returned: (_: unknown, __: unknown, decision: { code: string }) => ({ mine: decision.code }),
      promised: async (_: unknown, __: unknown, decision: { code: string }) => ({
        mine: decision.code,
      }),
      sent: (_: unknown, reply: { send(body: object): unknown }, decision: { code: string }) =>
        reply.send({ mine: decision.code }),
      later: (_: unknown, reply: { send(body: object): unknown }, decision: { code: string }) =>
        void setTimeout(() => reply.send({ mine: decision.code }), 20),
    };
    for (const refuse of Object.values(answers)) {
      const app = newApp();
      await app.register(laissezPasser, await optionsFor({ refuse }));
      app.get('/', async () => 'served');
      expect((await app.inject({ url: '/', headers: LONDON })).json()).toEqual({ mine: 'LP-12' });
    }
  });

  it('sends what a `refuse` function returns with the status and headers of the refusal', async () => {
    for (const refuse of [() => ({ sorry: 1 }), async () => ({ sorry: 1 })]) {
      const app = newApp();
      await app.register(laissezPasser, await optionsFor({ refuse }));
      app.get('/', async () => 'served');
      const answer = await app.inject({ url: '/', headers: LONDON });
      expect([answer.statusCode, answer.headers['cache-control'], answer.json()]).toEqual([
        451,
        'no-store',
        { sorry: 1 },
      ]);
    }
  });

  it('neither hangs nor fails where the value of a `refuse` function cannot be sent, streams slowly, or is delayed by a hook', async () => {
    const { PassThrough } = await import('node:stream');
    const slow = () => {
      const stream = new PassThrough();
      stream.write('slate');
      setTimeout(() => stream.end('end'), 2400);
      return stream;
    };
    const answers = {
      unsendable: [
        async (_: unknown, reply: FastifyReply) => {
          reply.type('text/plain');
          return { a: 1 };
        },
        500,
      ],
      unsendableAtOnce: [
        (_: unknown, reply: FastifyReply) => {
          reply.type('text/plain');
          return { a: 1 };
        },
        500,
      ],
      streams: [(_: unknown, reply: FastifyReply) => void reply.code(403).send(slow()), 403],
      streamsAndReturns: [(_: unknown, reply: FastifyReply) => reply.code(403).send(slow()), 403],
      redirects: [
        async (_: unknown, reply: FastifyReply) => void reply.code(302).redirect('/sorry'),
        302,
      ],
    } as const;
    for (const [name, [refuse, status]] of Object.entries(answers)) {
      const app = newApp();
      app.addHook('onSend', async () => {
        await new Promise(resolve => setTimeout(resolve, 20));
      });
      await app.register(laissezPasser, await optionsFor({ refuse }));
      app.get('/', async () => 'served');
      const answer = await app.inject({ url: '/', headers: LONDON });
      expect([name, answer.statusCode, answer.payload.includes('served')]).toEqual([
        name,
        status,
        false,
      ]);
    }
  });

  it('gives a preflight no more than CORS headers, also from a route for OPTIONS alone', async () => {
    const app = newApp();
    const options = await optionsFor();
    await app.register(laissezPasser, options);
    for (const method of ['GET', 'OPTIONS'] as const)
      app.route({
        method,
        url: '/hls/m',
        handler: async (_, reply) => {
          reply.header('location', '/SECRET').header('access-control-allow-origin', '*');
          return 'PAYLOAD';
        },
      });
    const answer = await app.inject({
      method: 'OPTIONS',
      url: '/hls/m',
      headers: { ...PREFLIGHT, ...LONDON },
    });
    expect([
      answer.statusCode,
      answer.payload,
      answer.headers['location'],
      answer.headers['access-control-allow-origin'],
    ]).toEqual([204, '', undefined, '*']);
    expect(options.gate.health().decided).toBe(0);
  });

  it('guards a scope once, and accepts no promise as an offer', async () => {
    const app = newApp();
    await app.register(laissezPasser, await optionsFor());
    await expect(
      app.register(laissezPasser, await optionsFor({ shadow: true })),
    ).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
    });
    const late = newApp();
    await late.register(
      laissezPasser,
      await optionsFor({ offer: async () => Promise.reject(new Error('x')) }),
    );
    late.get('/', async () => 'served');
    expect((await late.inject({ url: '/', headers: FRANCE })).statusCode).toBe(500);
  });

  it("warns where Fastify trusts proxies and the guard's `trusted` option is missing, and only there", async () => {
    const { warnings, stop } = warningsOf('LAISSEZ_PASSER_TRUST');
    await newApp({ trustProxy: true }).register(laissezPasser, await optionsFor({ trusted: [] }));
    await newApp().register(laissezPasser, await optionsFor({ trusted: undefined }));
    expect(warnings()).toHaveLength(0);
    await newApp({ trustProxy: true }).register(
      laissezPasser,
      await optionsFor({ trusted: undefined }),
    );
    expect(warnings()).toHaveLength(1);
    stop();
  });

  it('counts requests of an untrusted proxy, and warns once', async () => {
    const { warnings, stop } = warningsOf('LAISSEZ_PASSER_UNTRUSTED_PROXY');
    const app = newApp();
    const options = await optionsFor({ trusted: ['192.0.2.1'] });
    await app.register(laissezPasser, options);
    app.get('/', async () => 'served');
    for (let n = 0; n < 3; n++)
      expect((await app.inject({ url: '/', headers: FRANCE })).statusCode).toBe(403);
    await app.inject({ url: '/' });
    expect(options.gate.health().addressNotes['untrusted-proxy']).toBe(3);
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).not.toMatch(/\d+\.\d+\.\d+/);
    stop();
  });

  it('leaves other spellings of a route unguarded, which Fastify does not serve either', async () => {
    const app = newApp();
    const options = await optionsFor();
    await app.register(async scope => {
      await scope.register(laissezPasser, options);
      scope.get('/hls/:name', async () => 'served');
    });
    for (const url of [
      '/%68ls/m',
      '//hls/m',
      '/hls%2Fm',
      '/./hls/m',
      '/x/../hls/m',
      '/HLS/m',
      '/hls//m',
    ]) {
      const answer = await app.inject({ url, headers: LONDON });
      expect([url, answer.payload.includes('served')]).toEqual([url, false]);
    }
  });

  it('reads the list of trusted proxies again if it is a function', async () => {
    const { trustedPrefixes } = await import('../../src/index.ts');
    let trusted = trustedPrefixes(['192.0.2.1']);
    const app = newApp();
    await app.register(laissezPasser, await optionsFor({ trusted: () => trusted }));
    app.get('/', async () => 'served');
    expect((await app.inject({ url: '/', headers: FRANCE })).statusCode).toBe(403);
    trusted = trustedPrefixes(['loopback']);
    expect((await app.inject({ url: '/', headers: FRANCE })).payload).toBe('served');
  });
});
