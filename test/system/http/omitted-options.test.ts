/**
 * Tests that the plugins and the sidecar accept an option that is `undefined` as one that is left
 * out.
 */
import express from 'express';
import fastify from 'fastify';
import { afterAll, describe, expect, it } from 'vitest';
import { memoryLedger } from '../../../src/entry/ledger.ts';
import { type ExpressOptions, laissezPasser as middleware } from '../../../src/http/express.ts';
import { type FastifyOptions, laissezPasser as plugin } from '../../../src/http/fastify.ts';
import {
  openSidecar,
  type SidecarHeaders,
  type SidecarOptions,
} from '../../../src/http/sidecar.ts';
import { openGate } from '../../../src/index.ts';
import { newKeyring, table } from '../../support/gate.ts';

type OptionalNames<Options> = {
  [Name in keyof Options]-?: Record<never, never> extends Pick<Options, Name> ? Name : never;
}[keyof Options];

/** Every optional name of the options, each as `undefined`: the compiler requires all of them. */
type LeftOut<Options> = Record<OptionalNames<Options>, undefined>;

const gate = await openGate({
  table,
  evidence: { ledger: memoryLedger(), keyring: await newKeyring() },
});
afterAll(() => gate.close());

/** The answer of a server to one request, without what differs each time. */
const seen = async (url: string): Promise<unknown> => {
  const response = await fetch(url, {
    headers: { 'laissez-passer-subscriber': 's', 'accept-language': 'en' },
  });
  const { vary, 'content-type': type } = Object.fromEntries(response.headers) as Record<
    string,
    string
  >;
  return [response.status, vary, type, (await response.text()).replace(/"time":"[^"]*"/, '')];
};

const PLUGIN = {
  trusted: undefined,
  header: undefined,
  standing: undefined,
  offer: undefined,
  channel: undefined,
  shadow: undefined,
  language: undefined,
  preflight: undefined,
  blockedBy: undefined,
  clock: undefined,
  refuse: undefined,
} satisfies LeftOut<ExpressOptions>;

const FASTIFY = { ...PLUGIN, hook: undefined } satisfies LeftOut<FastifyOptions>;

const HEADERS = {
  address: undefined,
  subscriber: undefined,
  standing: undefined,
  offer: undefined,
  channel: undefined,
} satisfies LeftOut<SidecarHeaders>;

const SIDECAR = {
  trusted: undefined,
  headers: undefined,
  hasFittingStatus: undefined,
  shadow: undefined,
  language: undefined,
  preflight: undefined,
  corsOrigins: undefined,
  blockedBy: undefined,
  tryAddress: undefined,
  verdictLifetime: undefined,
  isStopping: undefined,
  reloads: undefined,
  updates: undefined,
} satisfies LeftOut<SidecarOptions>;

async function byFastify(more: Partial<FastifyOptions>): Promise<unknown> {
  const app = fastify();
  await app.register(plugin, { gate, subscriber: () => 's', ...more });
  app.get('/', async () => 'granted');
  const answer = await seen(await app.listen({ host: '127.0.0.1', port: 0 }));
  await app.close();
  return answer;
}

async function byExpress(more: Partial<ExpressOptions>): Promise<unknown> {
  const app = express();
  app.use(middleware({ gate, subscriber: () => 's', ...more }));
  const server = app.listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const address = server.address();
  const answer = await seen(
    `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`,
  );
  server.closeAllConnections();
  server.close();
  return answer;
}

async function bySidecar(more: Partial<SidecarOptions>): Promise<unknown> {
  const app = openSidecar({ gate, peers: ['loopback'], ...more });
  const answer = await seen(`${await app.listen({ host: '127.0.0.1', port: 0 })}/check`);
  await app.close();
  return answer;
}

describe('an option that is undefined equals one that is left out', () => {
  it.each([
    ['the Fastify plugin', byFastify, FASTIFY],
    ['the Express middleware', byExpress, PLUGIN],
    ['the sidecar', bySidecar, SIDECAR],
    ['the headers of the sidecar', (headers: object) => bySidecar({ headers }), HEADERS],
  ] as readonly [string, (more: object) => Promise<unknown>, object][])(
    'of %s',
    async (_, see, undefinedOnes) => {
      const expected = await see({});
      expect(await see(undefinedOnes)).toEqual(expected);
      for (const name of Object.keys(undefinedOnes))
        expect([name, await see({ [name]: undefined })]).toEqual([name, expected]);
    },
  );
});
