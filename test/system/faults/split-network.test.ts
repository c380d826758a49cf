/**
 * Tests that gateways lose nothing while the links to their server are cut, slow and lossy, and
 * that no verdict waits for the network. Takes half a minute, or NETWORK_MINUTES.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomFrom } from '../../../src/cli/demo-traffic.ts';
import { openPostgresKeyring, openPostgresLedger } from '../../../src/entry/postgres.ts';
import { createHub, type Hub, hasNamespaces, type Link } from '../../support/namespaces.ts';
import { hasPostgres, type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { newWrap, sightingsIn } from './fleet.ts';
import { newPaths } from './kill.ts';
import { type Fed, startGateway } from './witness.ts';

const GATEWAYS = 4;
const DURATION_MS = Number(process.env['NETWORK_MINUTES'] ?? 0.5) * 60_000;

describe.skipIf(!(hasPostgres && hasNamespaces))('a network that splits', () => {
  let hub: Hub;
  let server: PostgresServer;
  beforeAll(async () => {
    hub = createHub();
    server = await startPostgres({ namespace: hub.namespace });
  });
  afterAll(() => {
    server.stop();
    hub.remove();
  });

  it(
    'loses nothing that was reported as durable, stores nothing else, and delays no verdict',
    async () => {
      const seed = Date.now() % 1_000_000;
      const random = randomFrom(seed);
      const between = (from: number, to: number): number => from + random() * (to - from);
      const wrap = newWrap();
      const options = { tls: false, statementTimeout: 500, connectTimeout: 1000 };
      await (await openPostgresLedger(server.url)).close();
      await (
        await openPostgresKeyring(server.url, { schema: 'keys', wrap: Buffer.from(wrap, 'hex') })
      ).close();
      const { folder, table } = await newPaths();
      /** Most decisions are the first of a subscriber, so that most must be written. */
      const subscribers: string[] = [];
      const nextSubscriber = (): string => {
        if (random() < 0.7) subscribers.push(`s${subscribers.length}`);
        const back = Math.floor(random() * Math.min(200, subscribers.length));
        return subscribers.at(-1 - back) ?? nextSubscriber();
      };
      const acknowledged = new Set<string>();
      const fed = new Set<string>();
      const seen = { cuts: 0, spoilt: 0, deaths: 0, decidedWhileCut: 0, durableWhileCut: 0 };
      const lost: string[] = [];

      /** Starts a gateway as a supervisor does, again and again while it cannot reach its ledger. */
      async function start(n: number, link: Link): Promise<Fed> {
        const url = `postgres://postgres@10.77.${n}.1:${server.port}/postgres`;
        const spool = join(folder, `spool-${n}.db`);
        const paths = {
          table,
          ledger: JSON.stringify({ postgres: url, options, spool }),
          keyring: JSON.stringify({ postgres: url, options: { ...options, schema: 'keys' }, wrap }),
        };
        for (;;) {
          try {
            return await startGateway(paths, [], link.namespace);
          } catch {
            await delay(200);
          }
        }
      }

      /** Feeds one gateway and spoils its link until the time is over. */
      async function live(n: number, until: number): Promise<void> {
        const link = hub.join(n);
        let gateway = await start(n, link);
        let sightings: string[] = [];
        const feed = async (ms: number): Promise<void> => {
          for (const end = Date.now() + ms; Date.now() < end; await delay(12)) {
            const subscriber = nextSubscriber();
            const side = random() < 0.5 ? 'home' : 'outside';
            sightings.push(`${subscriber} ${side}`);
            fed.add(`${subscriber} ${side}`);
            gateway.decide(subscriber, side === 'home' ? '2.1.1.1' : '3.1.1.1');
          }
        };
        const bury = async (): Promise<void> => {
          await gateway.end();
          for (const sighting of sightings.slice(0, gateway.acknowledged()))
            acknowledged.add(sighting);
          lost.push(...gateway.lines.filter(line => line.startsWith('lost')));
          sightings = [];
        };
        while (Date.now() < until) {
          await feed(between(200, 1500));
          const trouble = random();
          if (trouble < 0.35) {
            link.spoil();
            seen.spoilt++;
            await feed(between(1000, 3000));
          } else {
            link.cut();
            seen.cuts++;
            const before = gateway.acknowledged();
            const begun = sightings.length;
            await feed(between(500, 4000));
            await gateway.decided();
            seen.decidedWhileCut += sightings.length - begun;
            seen.durableWhileCut += gateway.acknowledged() - before;
          }
          if (trouble > 0.9) {
            gateway.child.kill('SIGKILL');
            seen.deaths++;
            await bury();
            link.heal();
            gateway = await start(n, link);
          }
          link.heal();
        }
        await feed(500);
        gateway.child.kill('SIGTERM');
        await gateway.waitFor(/^closed /);
        expect(await gateway.waitFor(/^left /)).toBe('left 0');
        await bury();
      }

      const until = Date.now() + DURATION_MS;
      await Promise.all(Array.from({ length: GATEWAYS }, (_, n) => live(n + 1, until)));
      expect(lost, `seed ${seed}`).toEqual([]);
      expect(seen.cuts).toBeGreaterThan(GATEWAYS);
      expect(seen.decidedWhileCut).toBeGreaterThan(100);
      // They went into the spool while no server could be reached.
      expect(seen.durableWhileCut).toBeGreaterThan(100);
      expect(acknowledged.size).toBeGreaterThan(1000);
      const ledger = await openPostgresLedger(server.url);
      const keyring = await openPostgresKeyring(server.url, {
        schema: 'keys',
        wrap: Buffer.from(wrap, 'hex'),
      });
      const found = await sightingsIn(ledger, keyring, subscribers);
      expect(
        [...acknowledged].filter(sighting => !found.has(sighting)),
        `seed ${seed}`,
      ).toEqual([]);
      expect(
        [...found].filter(sighting => !fed.has(sighting)),
        `seed ${seed}`,
      ).toEqual([]);
      expect(await ledger.verify()).toEqual([]);
      await ledger.close();
      await keyring.close();
      if (process.env['NETWORK_MINUTES'] !== undefined)
        process.stdout.write(`${JSON.stringify({ seed, ...seen, found: found.size })}\n`);
    },
    DURATION_MS + 180_000,
  );
});
