import { afterAll, beforeAll, describe } from 'vitest';
import type { Ledger } from '../../src/index.ts';
import { memoryLedger } from '../../src/index.ts';
import { openPostgresLedger } from '../../src/ledger/postgres.ts';
import type { RedisPlace } from '../../src/ledger/redis/client.ts';
import { openRedisLedger } from '../../src/ledger/redis.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { dropSchemas, hasPostgres, newSchema, POSTGRES } from '../support/postgres.ts';
import { hasRedis, startCluster, startRedis, stopRedis } from '../support/redis.ts';
import { inFolder } from '../support/tables.ts';
import { ledgerContract, type Subject } from './ledger.ts';
import { registerContract } from './register.ts';
import { scanContract } from './scan.ts';

const memory: Subject = { name: 'memory', open: async () => memoryLedger() };

let files = 0;
const paths = new WeakMap<Ledger, string>();
const openAt = async (path: string): Promise<Ledger> => {
  const ledger = await openSqliteLedger(path);
  paths.set(ledger, path);
  return ledger;
};

const sqlite: Subject = {
  name: 'sqlite',
  open: () => openAt(inFolder(`contract-${++files}.db`)),
  reopen: async ledger => {
    await ledger.close();
    return openAt(paths.get(ledger)!);
  },
  join: ledger => openAt(paths.get(ledger)!),
};

const schemas = new WeakMap<Ledger, string>();
const openIn = async (schema: string): Promise<Ledger> => {
  const ledger = await openPostgresLedger(POSTGRES, { schema });
  schemas.set(ledger, schema);
  return ledger;
};

const postgres: Subject = {
  name: 'postgres',
  open: () => openIn(newSchema()),
  reopen: async ledger => {
    await ledger.close();
    return openIn(schemas.get(ledger)!);
  },
  join: ledger => openIn(schemas.get(ledger)!),
};

describe.skipIf(!hasPostgres)('on a PostgreSQL server', () => {
  afterAll(dropSchemas);
  ledgerContract(postgres);
  scanContract(postgres);
  registerContract(postgres);
});

/** With the register in memory, which a ledger that is opened anew shares with the first. */
const beside = new WeakMap<Ledger, { prefix: string; register: Ledger }>();
let prefixes = 0;
async function openUnder(place: RedisPlace, prefix: string, register: Ledger): Promise<Ledger> {
  const shared = { ...register, close: async () => undefined };
  const ledger = await openRedisLedger({
    ...place,
    prefix,
    personRecords: shared,
    keepMonths: 120,
  });
  beside.set(ledger, { prefix, register });
  return ledger;
}
const redis = (name: string, place: () => RedisPlace): Subject => ({
  name,
  open: () => openUnder(place(), `t${++prefixes}`, memoryLedger()),
  reopen: async ledger => {
    await ledger.close();
    const { prefix, register } = beside.get(ledger)!;
    return openUnder(place(), prefix, register);
  },
  join: ledger => openUnder(place(), beside.get(ledger)!.prefix, beside.get(ledger)!.register),
});

describe.skipIf(!hasRedis)('on a Redis server and on a cluster of three masters', () => {
  let [one, cluster]: RedisPlace[] = [];
  beforeAll(async () => {
    one = { url: (await startRedis()).url };
    cluster = { cluster: (await startCluster()).map(({ url }) => url) };
  });
  afterAll(stopRedis);
  ledgerContract(redis('redis', () => one!));
  scanContract(redis('redis', () => one!));
  ledgerContract(redis('redis cluster', () => cluster!));
  scanContract(redis('redis cluster', () => cluster!));
});

for (const subject of [memory, sqlite]) {
  ledgerContract(subject);
  scanContract(subject);
  registerContract(subject);
}
