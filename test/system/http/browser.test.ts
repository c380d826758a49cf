/** Plays a programme in a real browser, with a page and a gateway on two origins. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import fastifyCors from '@fastify/cors';
import cors from 'cors';
import express from 'express';
import fastify, { type FastifyRequest } from 'fastify';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { memoryLedger } from '../../../src/entry/ledger.ts';
import { laissezPasser as forExpress } from '../../../src/http/express.ts';
import { laissezPasser as forFastify } from '../../../src/http/fastify.ts';
import { explain, type Gate, openGate } from '../../../src/index.ts';
import {
  CHROMIUM,
  CHROMIUM_ARGS,
  closeServers,
  hasBrowser,
  listen,
  PROGRAMME,
  type Proxied,
  proxyTo,
  servePages,
} from '../../support/browser.ts';
import { newKeyring, table } from '../../support/gate.ts';

const FRANCE = '2.1.1.1';
const BRITAIN = '4.1.1.1';
const MANIFEST = '/hls/master.m3u8';
/** The signed-in viewer by what the page sends. */
const SESSIONS: ReadonlyMap<string | undefined, string> = new Map([
  ['Bearer token-of-a-viewer', 'viewer'],
  ['session=cookie-of-a-viewer', 'viewer'],
]);

const closing: (() => Promise<unknown>)[] = [];
let pages = '';
let browser: Browser;

interface Setting {
  readonly gate: Gate;
  /** Which of the two is registered first. */
  readonly first: 'cors' | 'guard';
}

const corsOptions = () => ({
  origin: pages,
  credentials: true,
  exposedHeaders: ['Retry-After', 'Link'],
});

/** A gateway of each kind with the programme behind the guard; each returns its port. */
const KINDS: Readonly<Record<string, (setting: Setting) => Promise<number>>> = {
  fastify: async ({ gate, first }) => {
    const app = fastify({ forceCloseConnections: true });
    const guard = {
      gate,
      trusted: ['loopback'],
      subscriber: ({ headers }: FastifyRequest) =>
        SESSIONS.get(headers.authorization ?? headers.cookie),
      standing: () => 'verified' as const,
    };
    if (first === 'cors') await app.register(fastifyCors, corsOptions());
    await app.register(async programmes => {
      await programmes.register(forFastify, guard);
      if (first === 'guard') await programmes.register(fastifyCors, corsOptions());
      programmes.get('/hls/:file', (request, reply) =>
        reply
          .type('application/octet-stream')
          .send(createReadStream(join(PROGRAMME, (request.params as { file: string }).file))),
      );
    });
    closing.push(() => app.close());
    return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
  },
  express: async ({ gate, first }) => {
    const app = express();
    const guard = forExpress({
      gate,
      trusted: ['loopback'],
      subscriber: ({ headers }) => SESSIONS.get(headers.authorization ?? headers.cookie),
      standing: () => 'verified',
    });
    const layers = [guard, cors(corsOptions())];
    app.use(
      '/hls',
      ...(first === 'cors' ? layers.toReversed() : layers),
      express.static(PROGRAMME),
    );
    return listen(app);
  },
};

interface Viewing {
  readonly gate: Gate;
  readonly proxy: Proxied;
  readonly tab: Page;
}

interface Wanted extends Partial<Setting> {
  readonly address?: string;
  readonly locale?: string;
  readonly page?: 'token' | 'cookie' | 'native';
  /** Runs before the page is opened. */
  readonly prepare?: (proxy: Proxied, tab: Page) => unknown;
}

/** Opens a viewer's page at an address, in front of a gateway of its own. */
async function view(kind: string, wanted: Wanted = {}): Promise<Viewing> {
  const { address = FRANCE, locale = 'fr-FR', page = 'token', first = 'cors' } = wanted;
  const gate = wanted.gate ?? (await openGate({ table }));
  const proxy = await proxyTo(await KINDS[kind]!({ gate, first }), address);
  const context = await browser.newContext({ locale });
  closing.push(() => context.close());
  await context.addCookies([
    { name: 'session', value: 'cookie-of-a-viewer', domain: '127.0.0.1', path: '/' },
  ]);
  const tab = await context.newPage();
  await wanted.prepare?.(proxy, tab);
  await tab.goto(`${pages}/${page}?${encodeURIComponent(proxy.origin + MANIFEST)}`);
  return { gate, proxy, tab };
}

const playing = (tab: Page): Promise<unknown> =>
  tab.waitForFunction('document.querySelector("video").currentTime > 0.1');

interface Notice {
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly language: string;
}

/** Returns what the page shows once it shows a notice. */
async function noticeOf(tab: Page): Promise<Notice> {
  await tab.waitForSelector('#notice small', { state: 'attached' });
  return (await tab.evaluate(`(() => {
    const notice = document.querySelector('#notice');
    const [title, detail, code] = [...notice.children].map(child => child.textContent);
    return { title, detail, code, language: notice.lang };
  })()`)) as Notice;
}

/** Whether the video element has nothing left to show. */
const isEmpty = (tab: Page): Promise<unknown> =>
  tab.evaluate('document.querySelector("video").readyState === 0');
const heardBy = (tab: Page): Promise<unknown> => tab.evaluate('window.heard');
const count = ({ passed }: Proxied, method: string, path?: string): number =>
  passed.filter(entry => entry.method === method && (path === undefined || entry.path === path))
    .length;

const statusesOf = ({ passed }: Proxied, method: string): number[] =>
  passed.filter(entry => entry.method === method).map(({ status }) => status);

/**
 * Lets the page's timers run until it has sent so many requests, in steps too short for a time
 * limit to end a request.
 */
const untilAsked = (tab: Page, proxy: Proxied, times: number): Promise<void> =>
  expect
    .poll(
      async () => {
        await tab.clock.runFor(500);
        return count(proxy, 'GET');
      },
      { timeout: 30_000 },
    )
    .toBe(times);

/** A barrier that a request waits at until the test opens it. */
function createBarrier(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const passed = new Promise<void>(resolve => {
    open = resolve;
  });
  return { passed, open };
}

/** Runs a minute of the page's timers: long enough for every repeated request. */
const aMinute = (tab: Page): Promise<void> => tab.clock.runFor(60_000);

describe.skipIf(!hasBrowser)(
  'hls.js in a real browser (chromium), on another origin than the gateway',
  () => {
    beforeAll(async () => {
      pages = await servePages();
      browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
    });
    afterEach(async () => {
      for (const close of closing.splice(0).toReversed()) await close();
    });
    afterAll(async () => {
      await browser?.close();
      await closeServers();
    });

    describe.each(Object.keys(KINDS))('%s', kind => {
      it('plays what is granted; a preflight is neither decided nor counted', async () => {
        const { gate, proxy, tab } = await view(kind);
        await playing(tab);
        await expect.poll(() => count(proxy, 'GET', '/hls/2.mpegts')).toBe(1);
        await expect.poll(() => proxy.passed.every(({ status }) => status > 0)).toBe(true);
        const statuses = proxy.passed.map(({ method, status }) => `${method} ${status}`);
        expect([...new Set(statuses)]).toEqual(['OPTIONS 204', 'GET 200']);
        expect(count(proxy, 'OPTIONS', MANIFEST)).toBe(1);
        expect(gate.health().decided).toBe(count(proxy, 'GET'));
        expect(await tab.textContent('#notice')).toBe('');
      });

      it('plays with a session cookie, which needs credentials and no preflight', async () => {
        const { proxy, tab } = await view(kind, { page: 'cookie' });
        await playing(tab);
        expect(count(proxy, 'OPTIONS')).toBe(0);
      });

      it.each([
        ['fr-FR', 'fr', 'Les programmes ne peuvent pas être diffusés ici'],
        ['en-GB', 'en', 'The programmes may not be shown here'],
      ] as const)(
        'shows title, detail, code and language of a refusal to a browser in %s',
        async (...row) => {
          const [locale, language, title] = row;
          const { gate, proxy, tab } = await view(kind, {
            locale,
            address: BRITAIN,
            prepare: (_, page) => page.clock.install(),
          });
          expect(await noticeOf(tab)).toEqual({
            title,
            detail: explain('outside-eea', language),
            code: 'LP-12',
            language,
          });
          await aMinute(tab);
          expect(await heardBy(tab)).toEqual([
            { details: 'manifestLoadError', fatal: true, code: 451 },
          ]);
          expect(proxy.passed.map(({ method, status }) => [method, status])).toEqual([
            ['OPTIONS', 204],
            ['GET', 451],
          ]);
          expect(gate.health().decided).toBe(1);
        },
      );

      it('stops a programme that is refused on the way, with the message, and sends no more requests', async () => {
        const barrier = createBarrier();
        const { proxy, tab } = await view(kind, {
          prepare: (each, page) => {
            each.before = async path => (path === '/hls/1.mpegts' ? barrier.passed : undefined);
            return page.clock.install();
          },
        });
        await playing(tab);
        proxy.address = BRITAIN;
        barrier.open();
        expect(await noticeOf(tab)).toEqual({
          title: 'Les programmes ne peuvent pas être diffusés ici',
          detail: explain('outside-eea', 'fr'),
          code: 'LP-12',
          language: 'fr',
        });
        expect(await isEmpty(tab)).toBe(true);
        await aMinute(tab);
        expect(count(proxy, 'GET', '/hls/1.mpegts')).toBe(1);
        expect(proxy.passed.at(-1)).toEqual({ method: 'GET', path: '/hls/1.mpegts', status: 451 });
      });

      it('receives neither status nor text of a refusal where the guard comes before CORS', async () => {
        const { proxy, tab } = await view(kind, {
          address: BRITAIN,
          first: 'guard',
          prepare: (_, page) => page.clock.install(),
        });
        await untilAsked(tab, proxy, 5);
        expect(await noticeOf(tab)).toMatchObject({
          title: 'The programme cannot be played',
          code: '',
        });
        expect(await heardBy(tab)).toEqual([
          { details: 'manifestLoadError', fatal: true, code: 0 },
        ]);
        expect(statusesOf(proxy, 'GET')).toEqual([451, 451, 451, 451, 451]);
      });
    });

    it('retries a few times where the service cannot decide, and then shows its document', async () => {
      const ledger = { ...memoryLedger(), write: () => Promise.reject(new Error('disk')) };
      const gate = await openGate({
        table,
        evidence: { ledger, keyring: await newKeyring(), onFailure: 'refuse' },
      });
      gate.decide({ subscriber: 'somebody', standing: 'verified', address: FRANCE });
      await gate.flush().catch(() => {});
      const { proxy, tab } = await view('fastify', {
        gate,
        locale: 'en-GB',
        prepare: (_, page) => page.clock.install(),
      });
      await untilAsked(tab, proxy, 5);
      expect(await noticeOf(tab)).toMatchObject({
        title: 'The service is not available at the moment',
        language: 'en',
      });
      await aMinute(tab);
      expect(statusesOf(proxy, 'GET')).toEqual([503, 503, 503, 503, 503]);
    });

    describe("the browser's own player", () => {
      it('plays what is granted', async () => {
        const { tab } = await view('fastify', { page: 'native' });
        await playing(tab);
      });

      it('shows the text of a refusal, which the page has requested', async () => {
        const { proxy, tab } = await view('fastify', { page: 'native', address: BRITAIN });
        expect(await noticeOf(tab)).toMatchObject({ code: 'LP-12', language: 'fr' });
        expect(statusesOf(proxy, 'GET')).toEqual([451]);
      });

      it('stops a programme that is refused on the way, with the message', async () => {
        const barrier = createBarrier();
        const { proxy, tab } = await view('fastify', {
          page: 'native',
          prepare: each => {
            each.before = async path => (path === '/hls/2.mpegts' ? barrier.passed : undefined);
          },
        });
        await playing(tab);
        proxy.address = BRITAIN;
        barrier.open();
        expect(await noticeOf(tab)).toMatchObject({ code: 'LP-12', language: 'fr' });
        expect(await isEmpty(tab)).toBe(true);
      });
    });
  },
);
