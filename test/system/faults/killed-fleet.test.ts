/**
 * Tests that eight gateways on one ledger lose nothing while gateways, connections and real servers
 * fail.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomFrom } from '../../../src/cli/demo-traffic.ts';
import { memoryLedger } from '../../../src/entry/ledger.ts';
import { openPostgresKeyring, openPostgresLedger } from '../../../src/entry/postgres.ts';
import { openKeyring } from '../../../src/index.ts';
import { openRedisLedger } from '../../../src/ledger/redis.ts';
import { hasPostgres, type PostgresServer, psqlAt, startPostgres } from '../../support/postgres.ts';
import {
  hasRedis,
  type RedisProcess,
  redisCli,
  startCluster,
  stopRedis,
} from '../../support/redis.ts';
import { newWrap, runFleet, sightingsIn } from './fleet.ts';

describe.skipIf(!hasPostgres)('eight gateways on one PostgreSQL server', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  it('killed at random, connections cut, the server crashed, keep what was acknowledged and nothing else', async () => {
    const keyring = { postgres: server.url, options: { schema: 'keys' }, wrap: newWrap() };
    const trouble = async (round: number): Promise<void> => {
      if (round % 2 === 1) return server.crash();
      await psqlAt(
        server.url,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'laissez-passer'`,
      );
    };
    const { acknowledged, fed, failures } = await runFleet(
      { ledger: { postgres: server.url }, keyring, trouble },
      4,
      randomFrom(8),
    );
    expect(acknowledged.size).toBeGreaterThan(400);
    expect(failures).toBe(0);
    const ledger = await openPostgresLedger(server.url);
    const keys = await openPostgresKeyring(server.url, {
      schema: 'keys',
      wrap: Buffer.from(keyring.wrap, 'hex'),
    });
    const found = await sightingsIn(ledger, keys);
    expect([...acknowledged].filter(sighting => !found.has(sighting))).toEqual([]);
    expect([...found].filter(sighting => !fed.has(sighting))).toEqual([]);
    expect((await ledger.months()).reduce((sum, { cards }) => sum + cards, 0)).toBeLessThanOrEqual(
      300,
    );
    expect(await ledger.verify()).toEqual([]);
    await ledger.close();
    await keys.close();
  }, 90_000);
});

describe.skipIf(!hasRedis)(
  'eight gateways on a Redis Cluster of three masters and three replicas',
  () => {
    let nodes: RedisProcess[] = [];
    beforeAll(async () => {
      nodes = await startCluster(1);
    });
    afterAll(stopRedis);

    it('killed at random, one master killed and replaced by its replica, keep what was acknowledged and nothing else', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'fleet-'));
      const redis = {
        cluster: nodes.map(({ url }) => url),
        replicas: 1,
        // A slow machine: two processors for fourteen processes.
        timeout: 8000,
        prefix: 'fleet',
      };
      let dead: RedisProcess | undefined;
      const trouble = async (round: number): Promise<void> => {
        if (round === 2) return dead!.startAgain();
        if (round !== 1) return;
        dead = nodes.find(({ port }) => redisCli(port, 'role').startsWith('master'))!;
        dead.process.kill('SIGKILL');
      };
      const options = { ledger: { redis }, keyring: join(folder, 'keys'), trouble };
      const { acknowledged, fed, failures } = await runFleet(options, 3, randomFrom(9));
      expect(dead).toBeDefined();
      expect(failures).toBe(0);
      expect(acknowledged.size).toBeGreaterThan(400);
      const ledger = await openRedisLedger({
        ...redis,
        replicas: 0,
        personRecords: memoryLedger(),
      });
      const found = await sightingsIn(ledger, await openKeyring(join(folder, 'keys')));
      expect([...acknowledged].filter(sighting => !found.has(sighting))).toEqual([]);
      expect([...found].filter(sighting => !fed.has(sighting))).toEqual([]);
      await ledger.close();
    }, 150_000);
  },
);
