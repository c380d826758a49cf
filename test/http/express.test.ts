import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import cors from 'cors';
import express, { type Express } from 'express';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { laissezPasser } from '../../src/http/express.ts';
import { compileMounts } from '../../src/http/path-spelling.ts';
import { openGate } from '../../src/index.ts';
import { inFolder, tableOf } from '../support/tables.ts';
import { warningsOf } from '../support/warnings.ts';

const table = await tableOf(['2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB']);
const FRANCE = { 'x-forwarded-for': '2.1.1.1' };
const LONDON = { 'x-forwarded-for': '4.1.1.1' };
const PREFLIGHT = { origin: 'https://tv.example', 'access-control-request-method': 'GET' };

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const optionsFor = async (more = {}) => ({
  gate: await openGate({ table }),
  subscriber: () => 's',
  standing: () => 'verified' as const,
  trusted: ['loopback'],
  ...more,
});

/** A folder with a programme, as a file server would serve it. */
const ROOT = mkdtempSync(inFolder('programmes-'));
for (const folder of ['hls', 'x']) mkdirSync(join(ROOT, folder));
writeFileSync(join(ROOT, 'hls', 'm'), 'PAYLOAD');
writeFileSync(join(ROOT, 'open'), 'open');

interface Heard {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Sends the path exactly as it is written. */
async function serve(app: Express) {
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return (path: string, headers = {}, method = 'GET'): Promise<Heard> =>
    new Promise((resolve, reject) => {
      const asking = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false });
      asking.on('error', reject).on('response', async response => {
        let body = '';
        try {
          for await (const chunk of response.setEncoding('utf8')) body += chunk;
        } catch {
          body = 'cut off';
        }
        resolve({ status: response.statusCode!, headers: response.headers, body });
      });
      asking.end();
    });
}

const SPELLINGS = [
  '/hls/m',
  '/%68ls/m',
  '/%68%6C%73/m',
  '//hls/m',
  '///hls//m',
  '/hls%2Fm',
  '/hls%2fm',
  '/./hls/m',
  '/x/../hls/m',
  '/x/%2e%2e/hls/m',
  '/x/..%2fhls/m',
  '/.%2Fhls/m',
  '/HLS/m',
  '/hls/./m',
  '/hls/x/../m',
  '/hls/m/',
  '/hls/m?token=1',
  '/%2568ls/m',
  '/hls\\m',
  '\\hls\\m',
  '/x/..\\hls\\m',
  'http://tv.example/hls/m',
  'http://tv.example/%68ls/m',
  '/a\\b/../hls/m',
  '/a%5cb%2f..%2fhls/m',
  '/a%5Cb%2f%2e%2e/hls/m',
  '/hls%5cm',
];

describe('the Express guard', () => {
  it.each([
    [
      'under a path, the files at the root',
      (app: Express, guard: express.RequestHandler) =>
        app.use('/hls', guard).use(express.static(ROOT)),
    ],
    [
      'under several paths',
      (app: Express, guard: express.RequestHandler) =>
        app.use(['/dash', '/hls'], guard).use(express.static(ROOT)),
    ],
    [
      'without a path',
      (app: Express, guard: express.RequestHandler) => app.use(guard).use(express.static(ROOT)),
    ],
    [
      'in the router that serves',
      (app: Express, guard: express.RequestHandler) =>
        app.use(
          '/hls',
          express
            .Router()
            .use(guard)
            .use(express.static(join(ROOT, 'hls'))),
        ),
    ],
    [
      'in an application that is mounted',
      (app: Express, guard: express.RequestHandler) =>
        app.use(express().use('/hls', guard).use(express.static(ROOT))),
    ],
  ] as const)('serves nothing undecided in any spelling: %s', async (_, build) => {
    const app = express();
    const options = await optionsFor();
    build(app, laissezPasser(options));
    const ask = await serve(app);
    for (const path of SPELLINGS) {
      const { status, body } = await ask(path, LONDON);
      expect([path, body.includes('PAYLOAD'), [451, 404, 400, 403].includes(status)]).toEqual([
        path,
        false,
        true,
      ]);
    }
    expect((await ask('/hls/m', FRANCE)).body).toBe('PAYLOAD');
    const before = options.gate.health().decided;
    await ask('/hls/m', FRANCE);
    expect(options.gate.health().decided).toBe(before + 1);
  });

  it('does not decide what is outside its path', async () => {
    const app = express();
    const options = await optionsFor();
    app.use('/hls', laissezPasser(options)).use(express.static(ROOT));
    const ask = await serve(app);
    for (const path of ['/open', '/%6fpen', '//open', '/x/../open', '/hlsx', '/'])
      await ask(path, LONDON);
    expect((await ask('/open', LONDON)).body).toBe('open');
    expect(options.gate.health().decided).toBe(0);
  });

  it('refuses a mount path that is a pattern, whose other spellings it cannot know', async () => {
    const guard = laissezPasser(await optionsFor());
    for (const path of ['/hls/:name', '/*rest', /hls/])
      expect(() => express().use(path, guard)).toThrow(
        expect.objectContaining({ code: 'ERR_ARGUMENT' }),
      );
  });

  it('warns if a router mounts it under a path that Express does not pass on', async () => {
    const { warnings, stop } = warningsOf('LAISSEZ_PASSER_MOUNT');
    const guard = laissezPasser(await optionsFor());
    const safe = express().use('/hls', express.Router().use(laissezPasser(await optionsFor())));
    await (await serve(safe))('/hls/m', FRANCE);
    expect(warnings()).toHaveLength(0);
    const app = express().use(express.Router().use('/hls', guard).use(express.static(ROOT)));
    const ask = await serve(app);
    await ask('/hls/m', FRANCE);
    await ask('/hls/m', FRANCE);
    expect(warnings()).toHaveLength(1);
    stop();
  });

  it('guards a single route', async () => {
    const app = express();
    app.get(
      '/one',
      laissezPasser(await optionsFor()),
      (_, response) => void response.send('PAYLOAD'),
    );
    const ask = await serve(app);
    expect((await ask('/one', LONDON)).status).toBe(451);
    expect((await ask('/one', FRANCE)).body).toBe('PAYLOAD');
  });

  it("warns where Express trusts proxies and the guard's `trusted` option is missing", async () => {
    const { warnings, stop } = warningsOf('LAISSEZ_PASSER_TRUST');
    express().use(laissezPasser(await optionsFor({ trusted: undefined })));
    express()
      .set('trust proxy', 1)
      .use(laissezPasser(await optionsFor()));
    expect(warnings()).toHaveLength(0);
    express()
      .set('trust proxy', 1)
      .use(laissezPasser(await optionsFor({ trusted: undefined })));
    expect(warnings()).toHaveLength(1);
    stop();
  });

  it('passes a preflight undecided, but lets it have nothing but what a preflight asks for', async () => {
    const app = express();
    const options = await optionsFor({ subscriber: () => '' });
    app.use('/hls', laissezPasser(options));
    app.options('/hls/cors', cors({ origin: 'https://tv.example' }));
    app.all('/hls/all', (_, response) => void response.send('PAYLOAD'));
    app.all('/hls/redirect', (_, response) =>
      response.redirect(302, 'https://cdn.example/m?sig=SECRET'),
    );
    app.all('/hls/cookie', (_, response) => void response.cookie('signature', 'SECRET').end());
    app.all('/hls/hints', (_, response) => {
      response.writeEarlyHints({ link: '</m?sig=SECRET>; rel=preload' });
      response.set('x-accel-redirect', '/SECRET').end();
    });
    app.all('/hls/raw', (_, response) => {
      response.writeHead(200, {
        'content-length': 7,
        'x-secret': 'SECRET',
        'access-control-max-age': '5',
      });
      response.write('PAY', () => response.end('LOAD'));
    });
    const ask = await serve(app);
    const preflight = await ask('/hls/cors', PREFLIGHT, 'OPTIONS');
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([
      204,
      'https://tv.example',
    ]);
    for (const path of ['all', 'redirect', 'cookie', 'hints', 'raw', 'nothing']) {
      const answer = await ask(`/hls/${path}`, PREFLIGHT, 'OPTIONS');
      expect([path, answer.status, answer.body, JSON.stringify(answer.headers)]).toEqual([
        path,
        204,
        '',
        expect.not.stringMatching(/SECRET/),
      ]);
    }
    expect((await ask('/hls/raw', PREFLIGHT, 'OPTIONS')).headers['access-control-max-age']).toBe(
      '5',
    );
    expect(options.gate.health().decided).toBe(0);
    expect((await ask('/hls/all', { origin: 'https://tv.example' }, 'OPTIONS')).status).toBe(403);
    expect(options.gate.health().decided).toBe(1);
  });

  it('is not bypassed under a mount path that is percent-encoded', async () => {
    mkdirSync(join(ROOT, 'my shows'), { recursive: true });
    writeFileSync(join(ROOT, 'my shows', 'm'), 'PAYLOAD');
    const ask = await serve(
      express()
        .use('/my%20shows', laissezPasser(await optionsFor()))
        .use(express.static(ROOT)),
    );
    for (const path of ['/my%20shows/m', '/m%79%20shows/m', '/%6dy%20shows/m', '//my%20shows/m'])
      expect([path, (await ask(path, LONDON)).body.includes('PAYLOAD')]).toEqual([path, false]);
    expect((await ask('/my%20shows/m', FRANCE)).body).toBe('PAYLOAD');
  });

  it('decides again after an error that an error handler ignores', async () => {
    const app = express();
    let isFirst = true;
    const subscriber = () => {
      const failed = isFirst;
      isFirst = false;
      return failed ? Promise.reject(new Error('no session')) : 's';
    };
    const guard = laissezPasser(await optionsFor({ subscriber }));
    app.use(guard);
    app.use((_error: unknown, _request: unknown, _response: unknown, next: () => void) => next());
    app.use('/hls', guard).use(express.static(ROOT));
    expect((await (await serve(app))('/hls/m', LONDON)).status).toBe(451);
  });

  it('decides where another framework calls it as an application without mounting it', async () => {
    const guard = laissezPasser(await optionsFor()) as unknown as {
      handle: express.RequestHandler;
    };
    const app = express().use(
      (request, response, next) => guard.handle(request, response, next),
      express.static(ROOT),
    );
    expect((await (await serve(app))('/hls/m', LONDON)).status).toBe(451);
  });

  it.each([
    [
      'throws after it has begun to answer',
      async (_: unknown, response: express.Response) => {
        response.status(403).write('part');
        throw new Error('x');
      },
    ],
    [
      'answers after the document was sent',
      (_: unknown, response: express.Response) =>
        void setTimeout(() => response.status(403).send('mine'), 2300),
    ],
  ])('neither hangs nor ends the process where a `refuse` function %s', async (_, refuse) => {
    const errors: unknown[] = [];
    const note = (error: unknown) => void errors.push(error);
    process.on('uncaughtException', note);
    const ask = await serve(express().use(laissezPasser(await optionsFor({ refuse }))));
    await ask('/', LONDON).catch(() => {});
    await new Promise(resolve => setTimeout(resolve, 500));
    process.off('uncaughtException', note);
    expect(errors).toEqual([]);
  });

  it('appends to the lists of a CORS layer', async () => {
    const app = express();
    app.use(cors({ origin: 'https://tv.example', exposedHeaders: ['X-Trace'], credentials: true }));
    app.use(
      laissezPasser(await optionsFor({ blockedBy: 'https://tv.example/why' })),
      express.static(ROOT),
    );
    const ask = await serve(app);
    const refused = await ask('/hls/m', { ...LONDON, origin: 'https://tv.example' });
    expect(refused.headers).toMatchObject({
      vary: 'Origin, Accept-Language',
      'access-control-allow-origin': 'https://tv.example',
      'access-control-expose-headers': 'X-Trace, Link',
    });
    const granted = await ask('/hls/m', { ...FRANCE, origin: 'https://tv.example' });
    expect(granted.headers['access-control-allow-origin']).toBe('https://tv.example');
  });

  it.each([
    ['undefined', () => undefined],
    ['a promise of undefined', async () => undefined],
    ['a promise that never settles', () => new Promise(() => {})],
  ])('ends in the refusal where a `refuse` function returns %s', async (_, refuse) => {
    const app = express().use(laissezPasser(await optionsFor({ refuse })));
    expect(JSON.parse((await (await serve(app))('/', LONDON)).body).code).toBe('LP-12');
  });

  it('sends the document through a middleware that writes later, such as compression', async () => {
    const app = express();
    app.use((_, response, next) => {
      const end = response.end.bind(response) as (chunk: unknown) => express.Response;
      response.end = ((chunk: unknown) => {
        setTimeout(() => end(chunk), 20);
        return response;
      }) as typeof response.end;
      next();
    });
    app.use(laissezPasser(await optionsFor({ refuse: async () => undefined })));
    const answer = await (await serve(app))('/', LONDON);
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([451, 'LP-12']);
  });

  it('does not interfere with a `refuse` function that answers late', async () => {
    const refuse = (_: unknown, response: express.Response) =>
      void setTimeout(() => response.status(418).send('mine'), 20);
    const app = express().use(laissezPasser(await optionsFor({ refuse })));
    expect(await (await serve(app))('/', LONDON)).toMatchObject({ status: 418, body: 'mine' });
  });
});

const isUnder = (mount: string, path: string): boolean => compileMounts([mount])(path);

describe('the match of a mount path', () => {
  it('accepts each spelling that a file server resolves to it', () => {
    for (const path of SPELLINGS.map(
      spelling => spelling.replace('http://tv.example', '').split('?')[0]!,
    ))
      expect([path, isUnder('/hls', path)]).toEqual([path, true]);
    for (const path of ['/', '/open', '/hlsx/m', '/x/hls/m', '/x/../y/hls', '/%hls', '/é'])
      expect([path, isUnder('/hls', path)]).toEqual([path, false]);
    expect(isUnder('/é/a', '/%C3%A9/a/b')).toBe(true);
    expect(isUnder('/', '/anything')).toBe(true);
  });

  /** The file that `path.posix.normalize` and one decoding lead to, as in Express's file server. */
  it('holds wherever a file server would find the file there', () => {
    const part = fc.constantFrom(
      'hls',
      '%68ls',
      'HLS',
      '..',
      '.',
      '',
      '%2e%2e',
      'x',
      '%2f',
      'm',
      'a\\b',
      'a%5cb',
      '%5c',
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), parts => {
        const path = `/${parts.join('/')}`;
        const file = new URL(`file://${join('/', decodeURIComponent(path)).replace(/%/g, '%25')}`)
          .pathname;
        if (/^\/hls(\/|$)/i.test(file)) expect([path, isUnder('/hls', path)]).toEqual([path, true]);
      }),
      { numRuns: 2000 },
    );
  });
});
