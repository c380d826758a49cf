import { afterAll, beforeAll, describe } from 'vitest';
import type { Ledger } from '../../../src/entry/ledger.ts';
import { memoryLedger } from '../../../src/entry/ledger.ts';
import { openPostgresLedger } from '../../../src/ledger/postgres.ts';
import type { RedisPlace } from '../../../src/ledger/redis/client.ts';
import { openRedisLedger } from '../../../src/ledger/redis.ts';
import { ledgerContract, type Subject } from '../../support/contract/ledger.ts';
import { personRecordsContract } from '../../support/contract/person-records.ts';
import { scanContract } from '../../support/contract/scan.ts';
import type { Column } from '../../support/disclosed.ts';
import { dropSchemas, hasPostgres, newSchema, POSTGRES, psql } from '../../support/postgres.ts';
import { hasRedis, startCluster, startRedis, stopRedis } from '../../support/redis.ts';

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
  columnsOf: ledger =>
    psql<Column>(
      `SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
       WHERE table_schema = $1 AND table_name <> 'meta'
       AND table_name NOT IN (SELECT relname FROM pg_class WHERE relispartition)`,
      [schemas.get(ledger)],
    ),
};

describe.skipIf(!hasPostgres)('on a PostgreSQL server', () => {
  afterAll(dropSchemas);
  ledgerContract(postgres);
  scanContract(postgres);
  personRecordsContract(postgres);
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
