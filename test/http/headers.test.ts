import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect as connectH2, constants } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { laissezPasser as forExpress, headerOf } from '../../src/http/express.ts';
import { laissezPasser as forFastify } from '../../src/http/fastify.ts';
import { languageOf } from '../../src/http/refusal.ts';
import { appendToList } from '../../src/http/request-headers.ts';
import { openSidecar } from '../../src/http/sidecar.ts';
import { openGate } from '../../src/index.ts';
import { tableOf } from '../support/tables.ts';

const table = await tableOf(['2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB']);
const offers = { free: { paid: false } };
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Sends a request of exactly these lines over a real socket. Returns head and body. */
async function raw(
  port: number,
  lines: readonly string[],
  request = 'GET /check HTTP/1.1',
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write([request, 'Host: tv', 'Connection: close', ...lines, '', ''].join('\r\n'));
  let text = '';
  socket.setEncoding('latin1');
  for await (const chunk of socket) text += chunk;
  return text;
}

const statusOf = (answer: string): number => Number(answer.split(' ')[1]);
const JUNK = (count: number): string[] => Array.from({ length: count }, (_, n) => `X-J${n}: a`);

const options = async () => ({
  gate: await openGate({ table, offers }),
  subscriber: () => 's',
  standing: () => 'verified' as const,
  trusted: ['loopback'],
});

const SERVERS: Readonly<Record<string, () => Promise<number>>> = {
  fastify: async () => {
    const app = fastify();
    await app.register(forFastify, await options());
    app.get('/check', async () => 'PAYLOAD');
    closing.push(() => app.close());
    return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
  },
  express: async () => {
    const app = express().use(forExpress(await options()));
    app.get('/check', (_, response) => void response.send('PAYLOAD'));
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => server.close());
    return (server.address() as AddressInfo).port;
  },
  'express on a server that keeps 60 lines': async () => {
    const app = express().use(forExpress(await options()));
    app.get('/check', (_, response) => void response.send('PAYLOAD'));
    const server = createServer(app).listen(0, '127.0.0.1');
    server.maxHeadersCount = 60;
    await once(server, 'listening');
    closing.push(() => server.close());
    return (server.address() as AddressInfo).port;
  },
  'the sidecar': async () => {
    const { gate } = await options();
    const headers = {
      standing: 'x-standing',
      subscriber: 'x-id',
      offer: 'x-offer',
      channel: 'x-channel',
    };
    const app = openSidecar({ gate, peers: ['loopback'], headers });
    closing.push(() => app.close());
    return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
  },
};

const SELF = ['X-Id: s', 'X-Standing: verified'];

describe.each(Object.keys(SERVERS))('dropped header lines, in %s', name => {
  it('make all headers of a request unreliable, whichever line was lost', async () => {
    const port = await SERVERS[name]!();
    expect(statusOf(await raw(port, [...SELF, 'X-Forwarded-For: 2.1.1.1']))).toBe(200);
    // The proxy's own line comes last, after as many of the client's lines as Node keeps.
    for (const count of [990, 994, 995, 996, 997, 998, 999, 1000, 1001, 1005, 2000]) {
      const answer = await raw(port, [
        'X-Forwarded-For: 2.1.1.1',
        ...SELF,
        ...JUNK(count),
        'X-Forwarded-For: 4.1.1.1',
      ]);
      expect([count, statusOf(answer)]).toEqual([
        count,
        expect.toSatisfy((status: number) => status === 451 || status === 403),
      ]);
    }
    // All lines are read as long as none can be missing.
    const whole = await raw(port, [...SELF, ...JUNK(40), 'X-Forwarded-For: 2.1.1.1']);
    expect(statusOf(whole)).toBe(200);
    const lost = await raw(port, [...SELF, 'X-Forwarded-For: 2.1.1.1', ...JUNK(1200)]);
    expect(lost).toContain('address-invalid');
    expect(lost).toContain('headers-incomplete');
  });
});

describe('the sidecar', () => {
  it.each([
    [
      'a subscriber',
      ['X-Id: s', 'X-Id: t', 'X-Standing: verified', 'X-Forwarded-For: 2.1.1.1'],
      'no-contract',
    ],
    [
      'a subscriber in another case',
      ['X-Id: s', 'x-iD: t', 'X-Standing: verified', 'X-Forwarded-For: 2.1.1.1'],
      'no-contract',
    ],
    [
      'an empty subscriber',
      ['X-Id: s', 'X-Id:', 'X-Standing: verified', 'X-Forwarded-For: 2.1.1.1'],
      'no-contract',
    ],
    [
      'a standing',
      ['X-Id: s', 'X-Standing: verified', 'X-Standing: elsewhere', 'X-Forwarded-For: 2.1.1.1'],
      'no-contract',
    ],
    [
      'an offer',
      [...SELF, 'X-Offer: free', 'X-Offer: default', 'X-Forwarded-For: 3.1.1.1'],
      'offer-unknown',
    ],
  ])('ignores %s that comes twice with different values', async (_, lines, reason) => {
    const answer = await raw(await SERVERS['the sidecar']!(), lines);
    expect([statusOf(answer), answer.includes(`laissez-passer-reason: ${reason}`)]).toEqual([
      403,
      true,
    ]);
  });

  it('accepts the same value twice, and treats an ambiguous channel as one without a notice', async () => {
    const port = await SERVERS['the sidecar']!();
    const same = [
      'X-Id: s',
      'X-Id: s',
      'X-Standing: verified',
      'X-Standing: verified',
      'X-Forwarded-For: 2.1.1.1',
    ];
    expect(statusOf(await raw(port, same))).toBe(200);
    const channels = [
      ...SELF,
      'X-Channel: direct',
      'X-Channel: partner',
      'X-Forwarded-For: 2.1.1.1',
    ];
    expect(statusOf(await raw(port, channels))).toBe(200);
  });

  it('ignores an identifier longer than the maximum length', async () => {
    const answer = await raw(await SERVERS['the sidecar']!(), [
      `X-Id: ${'s'.repeat(5000)}`,
      'X-Standing: verified',
      'X-Forwarded-For: 2.1.1.1',
    ]);
    expect(answer).toContain('laissez-passer-reason: no-contract');
  });

  it('decides for every method', async () => {
    const port = await SERVERS['the sidecar']!();
    for (const method of [
      'GET',
      'PROPFIND',
      'MKCOL',
      'PURGE',
      'M-SEARCH',
      'TRACE',
      'OPTIONS',
      'QUERY',
      'ACL',
      'UNLOCK',
    ])
      for (const [address, status] of [
        ['2.1.1.1', 200],
        ['4.1.1.1', 403],
      ] as const) {
        const answer = await raw(
          port,
          [...SELF, `X-Forwarded-For: ${address}`],
          `${method} /check/hls/m HTTP/1.1`,
        );
        // Node's own parser supports QUERY from Node 22 on.
        if (method === 'QUERY' && statusOf(answer) === 400) continue;
        expect([method, statusOf(answer)]).toEqual([method, status]);
      }
  });
});

it('a header that carries one address carries none if its lines differ', async () => {
  const app = fastify();
  await app.register(forFastify, { ...(await options()), header: 'True-Client-IP' });
  app.get('/check', async () => 'PAYLOAD');
  closing.push(() => app.close());
  const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
  expect(statusOf(await raw(port, ['True-Client-IP: 2.1.1.1']))).toBe(200);
  expect(statusOf(await raw(port, ['True-Client-IP: 2.1.1.1', 'true-client-ip: 2.1.1.1']))).toBe(
    200,
  );
  for (const lines of [
    ['True-Client-IP: 4.1.1.1', 'True-Client-IP: 2.1.1.1'],
    ['True-Client-IP: 2.1.1.1', 'True-Client-IP: 4.1.1.1'],
  ])
    expect(await raw(port, lines)).toMatch(/^HTTP\/1\.1 403 [\s\S]*address-invalid/);
});

describe('headers over HTTP/2', () => {
  it('are complete, or the stream is reset', async () => {
    const app = fastify({ http2: true });
    await app.register(forFastify, {
      ...(await options()),
      subscriber: request => headerOf(request, 'x-id'),
    });
    app.get('/check', async () => 'PAYLOAD');
    closing.push(() => app.close());
    const session = connectH2(await app.listen({ host: '127.0.0.1', port: 0 }));
    closing.push(() => session.destroy());
    const ask = (headers: Record<string, string | string[]>): Promise<unknown> =>
      new Promise(resolve => {
        const stream = session.request({ ':path': '/check', ...headers });
        stream.on('response', answer => resolve(answer[':status']));
        stream.on('error', () => resolve('reset'));
        stream.on('close', () =>
          resolve(stream.rstCode === constants.NGHTTP2_NO_ERROR ? 'closed' : 'reset'),
        );
        stream.end();
      });
    const many = Object.fromEntries(Array.from({ length: 1500 }, (_, n) => [`x-j${n}`, 'a']));
    expect(await ask({ 'x-id': 's', 'x-forwarded-for': '2.1.1.1' })).toBe(200);
    expect(await ask({ 'x-id': ['s', 't'], 'x-forwarded-for': '2.1.1.1' })).toBe(403);
    expect(await ask({ 'x-id': 's', 'x-forwarded-for': ['2.1.1.1', '4.1.1.1'] })).toBe(451);
    expect(await ask({ 'x-forwarded-for': '2.1.1.1', ...many, 'x-id': 's' })).not.toBe(200);
  });
});

describe('headerOf', () => {
  const request = (rawHeaders: string[], headers: object) =>
    ({ raw: { headers, rawHeaders } }) as never;

  it('reads one value, from any framework, in any case', () => {
    expect(headerOf(request(['X-Id', 's'], { 'x-id': 's' }), 'X-Id')).toBe('s');
    expect(headerOf({ headers: { 'x-id': 's' }, rawHeaders: ['x-id', 's'] } as never, 'x-id')).toBe(
      's',
    );
    expect(headerOf(request([], {}), 'x-id')).toBeUndefined();
  });

  it('reads nothing where two values differ, even where Node keeps only the first', () => {
    expect(
      headerOf(request(['X-Id', 's', 'x-id', 't'], { 'x-id': 's, t' }), 'x-id'),
    ).toBeUndefined();
    expect(
      headerOf(
        request(['Authorization', 'a', 'authorization', 'b'], { authorization: 'a' }),
        'authorization',
      ),
    ).toBeUndefined();
    expect(headerOf(request(['X-Id', 's', 'x-id', 's'], { 'x-id': 's, s' }), 'x-id')).toBe('s');
  });

  it('uses the value that a hook of the framework has set', () => {
    expect(headerOf(request(['X-Id', 'forged'], {}), 'x-id')).toBeUndefined();
    expect(headerOf(request(['X-Id', 'forged'], { 'x-id': 'real' }), 'x-id')).toBe('real');
  });

  it('reads nothing where lines may have been dropped', () => {
    const lines = ['x-id', 's', ...Array.from({ length: 1998 }, () => 'x')];
    expect(headerOf(request(lines, { 'x-id': 's' }), 'x-id')).toBeUndefined();
  });
});

it('appendToList adds a value once, whatever the list holds', () => {
  expect(appendToList(undefined, ['Accept-Language'])).toBe('Accept-Language');
  expect(appendToList('Origin', ['Accept-Language'])).toBe('Origin, Accept-Language');
  expect(appendToList(['Origin', 'accept-language'], ['Accept-Language'])).toBe(
    'Origin, accept-language',
  );
  expect(appendToList('*', ['Accept-Language'])).toBe('*');
  expect(appendToList(' , Origin ,', ['Accept-Language'])).toBe('Origin, Accept-Language');
});

it('languageOf ignores a field above its maximum length', () => {
  expect(languageOf('en', 'fr')).toBe('en');
  expect(languageOf(`en${', x;q=0.1'.repeat(8000)}`, 'fr')).toBe('fr');
});
