import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import type { Ledger } from '../../../src/entry/ledger.ts';
import { memoryLedger } from '../../../src/entry/ledger.ts';
import { openPostgresKeyring, type PostgresKeyring } from '../../../src/entry/postgres.ts';
import { openPostgresLedger } from '../../../src/ledger/postgres.ts';
import type { RedisPlace } from '../../../src/ledger/redis/client.ts';
import { openRedisLedger } from '../../../src/ledger/redis.ts';
import { type KeptStore, keptContract } from '../../support/contract/kept.ts';
import { ledgerContract, type Subject } from '../../support/contract/ledger.ts';
import { personRecordsContract } from '../../support/contract/person-records.ts';
import { scanContract } from '../../support/contract/scan.ts';
import type { Column } from '../../support/disclosed.ts';
import { hasPgbouncer, type Pooler, startPgbouncer } from '../../support/pgbouncer.ts';
import { dropSchemas, hasPostgres, newSchema, POSTGRES, psql } from '../../support/postgres.ts';
import { hasRedis, startCluster, startRedis, stopRedis } from '../../support/redis.ts';

interface At {
  readonly url: string;
  readonly schema: string;
}

/** The PostgreSQL ledger at a URL, which may be the one of a pooler. */
function onPostgres(name: string, url: () => string): Subject {
  const places = new WeakMap<Ledger, At>();
  const openIn = async (at: At): Promise<Ledger> => {
    const ledger = await openPostgresLedger(at.url, { schema: at.schema });
    places.set(ledger, at);
    return ledger;
  };
  return {
    name,
    open: () => openIn({ url: url(), schema: newSchema() }),
    reopen: async ledger => {
      await ledger.close();
      return openIn(places.get(ledger)!);
    },
    join: ledger => openIn(places.get(ledger)!),
    columnsOf: ledger =>
      psql<Column>(
        `SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
         WHERE table_schema = $1 AND table_name <> 'meta'
         AND table_name NOT IN (SELECT relname FROM pg_class WHERE relispartition)`,
        [places.get(ledger)!.schema],
      ),
  };
}

/** A ledger and the keyring of a fleet, in two schemas of one server. */
function keptOnPostgres(name: string, url: () => string): KeptStore {
  const schema = newSchema();
  const keys = newSchema();
  const wrap = randomBytes(32);
  return {
    name,
    openLedger: () => openPostgresLedger(url(), { schema }),
    openKeyring: () => openPostgresKeyring(url(), { schema: keys, wrap }),
    closeKeyring: keyring => (keyring as PostgresKeyring).close(),
    destroyKeys: async before => {
      const keyring = await openPostgresKeyring(url(), { schema: keys, wrap });
      const ledger = await openPostgresLedger(url(), { schema });
      const gone = await keyring.destroyBefore(before, '2025-11-22');
      await ledger.recordRun({
        at: '2025-11-22T12:00:00.000Z',
        what: 'destroy-keys',
        before,
        cards: 0,
        accesses: 0,
        keys: gone.length,
      });
      await ledger.close();
      await keyring.close();
    },
    look: async seen => {
      const columns = await psql<Column & { schema: string }>(
        `SELECT table_schema AS schema, table_name AS "table", column_name AS "column" FROM information_schema.columns
         WHERE table_schema IN ($1, $2) AND table_name NOT IN (SELECT relname FROM pg_class WHERE relispartition)`,
        [schema, keys],
      );
      for (const { table, column } of columns) seen.noteColumn(`${table}.${column}`);
      for (const place of new Set(columns.map(each => `${each.schema}.${each.table}`)))
        for (const row of await psql<Record<string, unknown>>(`SELECT * FROM ${place}`))
          for (const [column, value] of Object.entries(row))
            seen.note(`${place.split('.')[1]}.${column}`, value);
    },
    has: field => !field.startsWith('keyring.'),
  };
}

describe.skipIf(!hasPostgres)('on a PostgreSQL server', () => {
  afterAll(dropSchemas);
  const postgres = onPostgres('postgres', () => POSTGRES);
  ledgerContract(postgres);
  scanContract(postgres);
  personRecordsContract(postgres);
  keptContract(keptOnPostgres('PostgreSQL', () => POSTGRES));
});

describe.skipIf(!(hasPostgres && hasPgbouncer))('on PostgreSQL behind PgBouncer', () => {
  let pooler: Pooler;
  beforeAll(async () => {
    pooler = await startPgbouncer(POSTGRES, 'transaction');
  });
  afterAll(async () => {
    await pooler.stop();
    await dropSchemas();
  });
  const pooled = onPostgres('postgres behind a pooler', () => pooler.url);
  ledgerContract(pooled);
  scanContract(pooled);
  personRecordsContract(pooled);
  keptContract(keptOnPostgres('PostgreSQL behind a pooler', () => pooler.url));
});

/** With the person records in memory, shared by every connection to one ledger. */
const settings = new WeakMap<Ledger, { prefix: string; personRecords: Ledger }>();
let prefixes = 0;
async function openUnder(
  server: RedisPlace,
  prefix: string,
  personRecords: Ledger,
): Promise<Ledger> {
  const shared = { ...personRecords, close: async () => undefined };
  const ledger = await openRedisLedger({
    ...server,
    prefix,
    personRecords: shared,
    keepMonths: 120,
  });
  settings.set(ledger, { prefix, personRecords });
  return ledger;
}
const redis = (name: string, server: () => RedisPlace): Subject => ({
  name,
  open: () => openUnder(server(), `t${++prefixes}`, memoryLedger()),
  reopen: async ledger => {
    await ledger.close();
    const { prefix, personRecords } = settings.get(ledger)!;
    return openUnder(server(), prefix, personRecords);
  },
  join: ledger =>
    openUnder(server(), settings.get(ledger)!.prefix, settings.get(ledger)!.personRecords),
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
