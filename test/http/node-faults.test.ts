/** Tests that known faults of Node, unfixed in some release lines, affect no decision. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import express from 'express';
import fastify from 'fastify';
import { afterAll, describe, expect, it } from 'vitest';
import { laissezPasser as middleware } from '../../src/http/express.ts';
import { laissezPasser as plugin } from '../../src/http/fastify.ts';
import { openSidecar } from '../../src/http/sidecar.ts';
import { openGate } from '../../src/index.ts';
import { table } from '../support/gate.ts';

const gate = await openGate({ table });
afterAll(() => gate.close());

/** Sends the lines of a request as they are, and returns the status. */
async function statusOf(port: number, path: string, lines: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(
    `GET ${path} HTTP/1.1\r\nHost: x\r\n${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`,
  );
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  await once(socket, 'close');
  return answer.slice(9, 12);
}

const HOME = ['x-subscriber: s', 'x-forwarded-for: 2.1.1.1'];
const options = { gate, trusted: ['loopback'], standing: () => 'verified' as const } as const;

/** Starts each server and returns it with the path that is decided. */
const SERVERS = {
  fastify: async () => {
    const app = fastify();
    await app.register(plugin, {
      ...options,
      subscriber: request => request.headers['x-subscriber'],
    });
    app.get('/', async () => 'granted');
    await app.listen({ host: '127.0.0.1', port: 0 });
    return { server: app.server, path: '/' };
  },
  express: async () => {
    const app = express();
    app.use(middleware({ ...options, subscriber: request => request.get('x-subscriber') }));
    app.get('/', (_, response) => void response.send('granted'));
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, path: '/' };
  },
  sidecar: async () => {
    const app = openSidecar({
      gate,
      peers: ['loopback'],
      headers: { subscriber: 'x-subscriber', standing: 'x-standing' },
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    return { server: app.server, path: '/check' };
  },
};

describe('a header named __proto__ (CVE-2026-21710)', () => {
  it.each(Object.entries(SERVERS))('changes nothing in %s', async (_, open) => {
    const { server, path } = await open();
    const { port } = server.address() as AddressInfo;
    const lines = [...HOME, 'x-standing: verified'];
    expect(await statusOf(port, path, lines)).toBe('200');
    expect(await statusOf(port, path, ['__proto__: x', ...lines, '__proto__: y'])).toBe('200');
    expect(
      await statusOf(port, path, [
        '__proto__: x',
        'x-forwarded-for: 4.1.1.1',
        ...lines.slice(0, 1),
      ]),
    ).not.toBe('200');
    server.close();
  });

  it('cannot make source code throw: no file reads the affected properties', () => {
    const root = fileURLToPath(new URL('../../src', import.meta.url));
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(name =>
      name.endsWith('.ts'),
    );
    expect(files.length).toBeGreaterThan(100);
    expect(
      files.filter(name =>
        /(headers|trailers)Distinct/.test(readFileSync(`${root}/${name}`, 'utf8')),
      ),
    ).toEqual([]);
  });
});
