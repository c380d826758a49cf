/** How many cards do PostgreSQL and Redis take from one gateway, and what does a card weigh there? Our batches beside the same client row by row, in the same run. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { createClient } from 'redis';
import { memoryLedger } from '../dist/ledger.js';
import { openPostgresLedger } from '../dist/postgres.js';
import { openRedisLedger } from '../dist/redis.js';
import { freshCards as cards } from './corpora.mjs';
import { FLOOR, median, report } from './harness.mjs';

const POSTGRES =
  process.env.LAISSEZ_PASSER_TEST_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const [ROUNDS, BATCHES, BATCH, ALONE] = FLOOR ? [2, 2, 1000, 100] : [7, 12, 4096, 2000];

const batchOf = rows => ({ cards: rows, accesses: [], tally: [], editions: [] });
const perSecond = (count, began) => (count * 1000) / (performance.now() - began);

async function batched(ledger, rows) {
  const began = performance.now();
  for (let from = 0; from < rows.length; from += BATCH)
    await ledger.write(batchOf(rows.slice(from, from + BATCH)));
  return perSecond(rows.length, began);
}

async function rowByRow(count, put) {
  const rows = cards(count);
  const began = performance.now();
  for (const row of rows) await put(row);
  return perSecond(count, began);
}

/** Each round: new cards in batches, the same again with a later day, and new ones row by row. */
async function rounds(ledger, put) {
  const figures = { fresh: [], again: [], alone: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const rows = cards(BATCHES * BATCH);
    figures.fresh.push(await batched(ledger, rows));
    figures.again.push(
      await batched(
        ledger,
        rows.map(row => ({ ...row, homeDays: 2 })),
      ),
    );
    figures.alone.push(await rowByRow(ALONE, put));
  }
  return figures;
}

const line = (name, values, more) => ({
  name,
  value: median(values),
  least: Math.min(...values),
  most: Math.max(...values),
  ...more,
});

function resultOf({ engine, client, least, durable }, { fresh, again, alone }, facts) {
  const value = median(fresh.map((rate, round) => rate / alone[round]));
  return {
    title: `Cards into ${engine}, in batches of ${BATCH.toLocaleString('en')}`,
    unit: `cards a second, ${durable}`,
    rows: [
      line(`${engine}, subscribers new this month`, fresh, { ours: true }),
      line(`${engine}, another day of known ones`, again, { ours: true }),
      line(client, alone),
    ],
    ratios: [
      {
        name: `${engine} in batches / row by row`,
        value,
        floor: `at least ${least}`,
        isFine: value >= least,
      },
    ],
    notes: [
      `${facts.bytes.toFixed(0)} bytes a card on the engine${facts.log ? `, ${facts.log.toFixed(0)} bytes of its log for each write` : ''}`,
    ],
    facts: {
      [`${engine} cards a second`]: median(fresh),
      [`${engine} again a second`]: median(again),
      [`${engine} bytes`]: facts.bytes,
    },
  };
}

/** Bytes a card takes after four days of a month, each in another order, and of the log for each write; no page is written whole here. */
async function weigh(ledger, one, table) {
  const rows = cards(BATCHES * BATCH).map(row => ({ ...row, month: '2026-12' }));
  const before = await one('SELECT pg_current_wal_lsn()::text');
  for (let day = 0; day < 4; day++) {
    const seen = rows.map(row => ({ ...row, homeDays: 1 << day }));
    await batched(
      ledger,
      day % 2 === 0 ? seen : seen.toSorted((a, b) => (a.pseudonym < b.pseudonym ? -1 : 1)),
    );
  }
  const log =
    Number(await one(`SELECT pg_current_wal_lsn() - '${before}'::pg_lsn`)) / (rows.length * 4);
  return {
    bytes: Number(await one(`SELECT pg_total_relation_size('${table}')`)) / rows.length,
    log,
  };
}

async function onPostgres() {
  const client = new pg.Client({ connectionString: POSTGRES, connectionTimeoutMillis: 2000 });
  const schema = `lp_bench_${process.pid}`;
  client.on('error', () => undefined);
  if (
    !(await client.connect().then(
      () => true,
      () => false,
    ))
  )
    return [];
  const one = async sql => Object.values((await client.query(sql)).rows[0])[0];
  const ledger = await openPostgresLedger(POSTGRES, { schema });
  await client.query(
    `CREATE TABLE ${schema}.plain (month text, pseudonym bytea, home integer, outside integer, PRIMARY KEY (month, pseudonym))`,
  );
  const upsert = {
    name: 'plain',
    text: `INSERT INTO ${schema}.plain AS p VALUES ($1, $2, $3, $4) ON CONFLICT (month, pseudonym) DO UPDATE SET home = p.home | excluded.home, outside = p.outside | excluded.outside`,
  };
  const put = ({ month, pseudonym, homeDays, outsideDays }) =>
    client.query({
      ...upsert,
      values: [month, Buffer.from(pseudonym, 'hex'), homeDays, outsideDays],
    });
  const figures = await rounds(ledger, put);
  const { bytes, log } = await weigh(ledger, one, `${schema}.cards_2026_12`);
  await ledger.close();
  await client.query(`DROP SCHEMA ${schema} CASCADE`);
  await client.end();
  return [
    resultOf(
      {
        engine: 'PostgreSQL',
        client: 'pg, a row a transaction',
        least: 5,
        durable: 'committed to disk',
      },
      figures,
      { bytes, log },
    ),
  ];
}

const freePort = () =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

async function onRedis() {
  if (spawnSync('redis-server', ['--version']).status !== 0) return [];
  const folder = mkdtempSync(join(tmpdir(), 'bench-redis-'));
  const port = await freePort();
  const args = [
    '--port',
    port,
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'yes',
  ];
  const server = spawn('redis-server', args.map(String), { stdio: 'ignore' });
  const url = `redis://127.0.0.1:${port}`;
  const client = createClient({ url });
  client.on('error', () => undefined);
  await client.connect();
  const memory = async () => Number(/used_memory:(\d+)/.exec(await client.info('memory'))[1]);
  const ledger = await openRedisLedger({ url, personRecords: memoryLedger() });
  const before = await memory();
  const put = async ({ month, pseudonym }) => {
    await client.setBit(`plain:${month}:${pseudonym}`, 31, 1);
    await client.expireAt(`plain:${month}:${pseudonym}`, 1_900_000_000);
  };
  const figures = await rounds(ledger, put);
  const bytes = ((await memory()) - before) / (ROUNDS * (BATCHES * BATCH + ALONE));
  await ledger.close();
  await client.close();
  server.kill('SIGKILL');
  await delay(100);
  rmSync(folder, { recursive: true, force: true });
  return [
    resultOf(
      {
        engine: 'Redis',
        client: 'redis, a card after the other',
        least: 2,
        durable: 'in the append-only file, synced each second',
      },
      figures,
      { bytes },
    ),
  ];
}

const results = [...(await onPostgres()), ...(await onRedis())];
if (results.length < 2)
  console.error('fleet: PostgreSQL on loopback or redis-server is missing; not measured');
report(results);
