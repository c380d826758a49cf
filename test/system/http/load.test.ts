import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { type Ledger, memoryLedger } from '../../../src/entry/ledger.ts';
import { type Gate, openGate, openKeyring } from '../../../src/index.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { isBalanced } from '../../support/balance.ts';
import { newKeyring } from '../../support/gate.ts';
import { ask, type Running, start } from '../../support/sidecar.ts';
import { inFolder } from '../../support/tables.ts';

const EXAMPLE = fileURLToPath(new URL('../../../docs/gateway/example.mjs', import.meta.url));
const { buildGateway } = (await import(EXAMPLE)) as {
  buildGateway(options: object): Promise<FastifyInstance>;
};
/** Addresses of the bundled table, with the status that the example's gateway answers. */
const HOME = '193.252.19.3';
const SPAIN = '80.58.61.250';
const LOCATED: readonly (readonly [address: string, status: number])[] = [
  [HOME, 200],
  [SPAIN, 200],
  ['8.8.8.8', 451],
  ['10.0.0.1', 403],
  [`${HOME}, 8.8.8.8`, 451],
  ['nonsense', 403],
];
const MANIFEST = { path: '/hls/master.m3u8' };
const headersOf = (session: string, address: string) => ({
  cookie: `session=${session}`,
  'x-forwarded-for': address,
});
/**
 * A folder for the example in which these sessions are signed in, each as a subscriber of the same
 * name.
 */
function folderFor(sessions: readonly string[]): string {
  const folder = mkdtempSync(inFolder('load-'));
  const signedIn = Object.fromEntries(sessions.map(session => [session, session]));
  writeFileSync(join(folder, 'sessions.json'), JSON.stringify(signedIn));
  return folder;
}

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

describe('the example gateway', () => {
  const SIGNED_IN = 'session=of-s';
  it.each([
    ['a session that the store knows', SIGNED_IN, 200],
    ['its cookie among others', `theme=dark; ${SIGNED_IN}; xsession=of-t`, 200],
    ['no cookie', undefined, 403],
    ['a session that the store does not know', 'session=s', 403],
    ['a name of the store’s own prototype', 'session=__proto__', 403],
    ['a cookie that only ends in the name', 'xsession=of-s', 403],
    ['another cookie of the same length', 'sassion=of-s', 403],
    ['the cookie twice', `${SIGNED_IN}; session=of-t`, 403],
    ['the cookie twice, the same', `${SIGNED_IN}; ${SIGNED_IN}`, 403],
    ['the cookie twice in two lines', [SIGNED_IN, 'session=of-t'], 403],
    ['the cookie twice, once without a value', `${SIGNED_IN}; session`, 403],
  ])('identifies the subscriber by the session: %s', async (_, cookie, status) => {
    const seen: unknown[] = [];
    const sessions = new Map([
      ['of-s', 's'],
      ['of-t', 't'],
    ]);
    const gate = await openGate();
    const standing = ({ subscriber }: { subscriber: unknown }): string => {
      seen.push(subscriber);
      return 'verified';
    };
    const app = await buildGateway({ gate, sessions, standing });
    closing.push(() => app.close());
    const { hostname, port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
    const headers = { 'x-forwarded-for': HOME, ...(cookie !== undefined && { cookie }) };
    expect((await ask({ host: hostname, port, ...MANIFEST }, headers)).status).toBe(status);
    expect(seen).toEqual(status === 200 ? ['s'] : []);
  });
});

describe('a gateway under load', () => {
  it('has evidence for every request that it answered before SIGTERM', async () => {
    const sessions = Array.from({ length: 100_000 }, (_, n) => `c${n}`);
    const folder = folderFor(sessions);
    const gateway = await start(process.execPath, [EXAMPLE, folder]);
    const answered = new Map<string, 'homeDays' | 'outsideDays'>();
    let isOver = false;
    let next = 0;
    const client = async (): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      while (!isOver) {
        const isHome = next % 3 > 0;
        const subscriber = sessions[next++]!;
        const answer = await ask(
          { ...gateway.to, ...MANIFEST, agent },
          headersOf(subscriber, isHome ? HOME : SPAIN),
        ).catch(() => undefined);
        if (answer?.status === 200) answered.set(subscriber, isHome ? 'homeDays' : 'outsideDays');
        else isOver = true;
      }
      agent.destroy();
    };
    const clients = Array.from({ length: 32 }, client);
    while (answered.size < 1500 && !isOver) await new Promise(resolve => setTimeout(resolve, 5));
    expect(isOver).toBe(false);
    expect(await gateway.stop()).toBe(0);
    await Promise.all(clients);
    const ledger = await openSqliteLedger(join(folder, 'ledger.db'));
    const keyring = await openKeyring(join(folder, 'keys'));
    const months = (await keyring.months()).map(({ month }) => month);
    const missing: string[] = [];
    for (const [subscriber, side] of answered) {
      const keys = months.map(month => ({
        month,
        pseudonym: keyring.cardPseudonym(subscriber, month)!,
      }));
      const cards = await ledger.cards(keys);
      if (!cards.some(card => card[side] !== 0)) missing.push(subscriber);
    }
    expect(missing).toEqual([]);
    const tally = await ledger.tally('2000-01-01', '2100-01-01');
    expect(tally.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThanOrEqual(answered.size);
    await ledger.close();
  });

  it('answers keep-alive clients correctly each time, whatever address is forwarded next', async () => {
    const gateway: Running = await start(process.execPath, [EXAMPLE, folderFor(['s'])]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let n = 0; n < 300; n++) {
      const [address, status] = LOCATED[(n * 7) % LOCATED.length]!;
      expect(
        (await ask({ ...gateway.to, ...MANIFEST, agent }, headersOf('s', address))).status,
      ).toBe(status);
    }
    agent.destroy();
    const socket = connect(Number(gateway.to.port), '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', chunk => {
      text += chunk;
    });
    const requests = LOCATED.map(
      ([address], n) =>
        `GET ${MANIFEST.path} HTTP/1.1\r\nHost: tv\r\nCookie: session=s\r\nX-Forwarded-For: ${address}\r\n${n === LOCATED.length - 1 ? 'Connection: close\r\n' : ''}\r\n`,
    );
    socket.write(requests.join(''));
    await once(socket, 'close');
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))).toEqual(
      LOCATED.map(([, status]) => status),
    );
  });
});

describe('a ledger with a fault', () => {
  const wrapped = (write: Ledger['write']): Ledger => ({ ...memoryLedger(), write });
  const never = new Promise<readonly string[]>(() => {});
  const LEDGERS: Readonly<Record<string, () => Ledger>> = {
    well: () => memoryLedger(),
    slow: () => wrapped(() => new Promise(resolve => setTimeout(resolve, 300, []))),
    failing: () => wrapped(() => Promise.reject(new Error('disk'))),
    full: () => wrapped(() => never),
  };

  async function statusesOf(ledger: Ledger): Promise<{ statuses: number[]; gate: Gate }> {
    const evidence = {
      ledger,
      keyring: await newKeyring(),
      queueMegabytes: 1,
      batchSize: 10,
      batchMs: 1,
    };
    const gate = await openGate({ evidence });
    const app = await buildGateway({
      gate,
      sessions: { get: (session: string) => session },
      standing: () => 'verified',
    });
    closing.push(() => app.close());
    const statuses: number[] = [];
    for (let n = 0; n < 400; n++) {
      const [address] = LOCATED[n % LOCATED.length]!;
      const { statusCode } = await app.inject({
        url: MANIFEST.path,
        headers: headersOf(`s${n}`, address),
      });
      statuses.push(statusCode);
    }
    return { statuses, gate };
  }

  it('(full) loses records only beyond the bound of its queue, and says so before', async () => {
    const { gate } = await statusesOf(LEDGERS['full']!());
    const room = Math.floor(2 ** 20 / 48);
    const decide = (from: number, until: number): void => {
      for (let n = from; n < until; n++)
        gate.decide({ subscriber: `more-${n}`, standing: 'verified', address: '80.58.61.250' });
    };
    const before = gate.health().evidence!.pending;
    decide(0, room - before);
    const { queue, pending, failed } = gate.health().evidence!;
    expect([pending, failed.memory, queue.mostBytes - queue.bytes < 48]).toEqual([room, 0, true]);
    decide(room, room + 100);
    expect(gate.health().evidence).toMatchObject({ pending: room, failed: { memory: 100 } });
  });

  it.each(['slow', 'failing', 'full'])(
    '(%s) changes no verdict, and the counters are exact to the last record',
    async kind => {
      const healthy = await statusesOf(LEDGERS['well']!());
      const faulty = await statusesOf(LEDGERS[kind]!());
      expect(faulty.statuses).toEqual(healthy.statuses);
      const { evidence, decided } = faulty.gate.health();
      expect(isBalanced(evidence!)).toBe(true);
      expect([decided, evidence!.decided]).toEqual([400, 400]);
      const { recorded, pending, failed } = evidence!;
      const accounted = {
        slow: recorded + pending + failed.memory,
        failing: failed.ledger + pending,
        full: pending + failed.memory,
      }[kind];
      expect(accounted).toBe(
        healthy.gate.health().evidence!.recorded + healthy.gate.health().evidence!.pending,
      );
      if (kind === 'failing') expect(faulty.gate.health().status).toBe('degraded');
    },
  );
});
