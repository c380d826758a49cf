/**
 * Measures PostgreSQL and a Redis Cluster of three masters at the size of a large service: a month
 * of 10 million subscribers and a year of one million. It starts servers of its own, takes about 30
 * minutes and 10 GB of disk, and needs nothing but PostgreSQL and redis-server on the machine. Run
 * with the two numbers, and with one engine if only that is asked:
 * `node bench/scale.mjs 10000000 1000000 postgres`.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { openPostgresLedger } from '../dist/postgres.js';
import { openRedisLedger } from '../dist/redis.js';
import { openSqliteLedger } from '../dist/sqlite.js';

const MONTH = Number(process.argv[2] ?? 100_000);
const YEAR = Number(process.argv[3] ?? MONTH / 10);
const ENGINES = process.argv[4] ? [process.argv[4]] : ['postgres', 'redis'];
/** Cards in the month that stands for an almost empty ledger, and in that of the 30 days. */
const SMALL = MONTH / 20;
const SAMPLE = MONTH / 100;
/** Cards of which one rate is taken. */
const WINDOW = Math.min(100_000, SMALL / 5);
/** Cards of one batch: the most that a gate writes at once. */
const BATCH = Math.min(10_000, WINDOW);
/** Cards of a batch of the 30 days: what a gate writes at once if its ledger keeps up. */
const SMALL_BATCH = Math.min(1000, SAMPLE);
/** Milliseconds after which a load ends with what it has. */
const LIMIT_MS = 8 * 60_000;
const READS = 2000;
/** Cards of a batch and milliseconds between two, of the writer next to a purge. */
const BESIDE = { cards: Math.min(1000, SAMPLE), ms: 100 };
/** Settings of PostgreSQL that are not its defaults. */
const SETTINGS = [
  'shared_buffers = 2GB',
  'max_wal_size = 8GB',
  'checkpoint_timeout = 15min',
  'wal_compression = lz4',
];

/** The months from `back` months ago on; the last is the current one. */
const months = Array.from({ length: 15 }, (_, n) => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 14 + n))
    .toISOString()
    .slice(0, 7);
});
const [SMALL_MONTH, BIG_MONTH, ...YEAR_MONTHS] = months;
const CURRENT = months.at(-1);

const number = value => Math.round(value).toLocaleString('en');
const seconds = ms => `${(ms / 1000).toFixed(1)} s`;
const gigabytes = bytes => `${(bytes / 1e9).toFixed(2)} GB`;
const sorted = values => values.toSorted((a, b) => a - b);
const median = values => sorted(values)[values.length >> 1];
const p99 = values => sorted(values)[Math.floor(values.length * 0.99)];
const spread = rates =>
  `${number(median(rates))} (${number(Math.min(...rates))} to ${number(Math.max(...rates))})`;
const sum = values => values.reduce((total, value) => total + value, 0);
async function timed(work) {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** A pseudonym of a month, and that of the same person in the person records. */
function pseudonymsOf(month, n) {
  const hex = createHash('sha256').update(`${month} ${n}`).digest('hex');
  return [hex.slice(0, 32), hex.slice(32)];
}

/** The batch that a gate writes for some subscribers who are seen on a day. */
function batchOf(month, day, subscribers) {
  const owners = {};
  const cards = subscribers.map(n => {
    const [pseudonym, owner] = pseudonymsOf(month, n);
    owners[pseudonym] = owner;
    return { month, pseudonym, homeDays: 1 << (day - 1), outsideDays: 0 };
  });
  return { cards, owners, accesses: [], tally: [], editions: [] };
}

/** Subscribers from a position on. On each day but the first they come in another order. */
const subscribersAt = (from, count, day, total) =>
  Array.from({ length: count }, (_, i) =>
    day === 1 ? from + i : ((from + i) * (1_234_567 + 10_010 * day)) % total,
  );

/** Writes a day of `count` among `total` subscribers. Returns the rate of each window. */
async function writeDay(ledger, month, day, count, { total = count, size = BATCH } = {}) {
  const rates = [];
  const began = performance.now();
  for (let from = 0; from < count && performance.now() - began < LIMIT_MS; from += WINDOW) {
    let ms = 0;
    const end = Math.min(count, from + WINDOW);
    for (let at = from; at < end; at += size) {
      const batch = batchOf(month, day, subscribersAt(at, size, day, total));
      ms += await timed(() => ledger.write(batch));
    }
    rates.push(((end - from) * 1000) / ms);
  }
  return rates;
}

/** The time of reads of all months of a subscriber, one after the other. */
async function readAll(ledger) {
  const times = [];
  for (const n of subscribersAt(0, READS, 2, YEAR)) {
    const keys = YEAR_MONTHS.map(month => ({ month, pseudonym: pseudonymsOf(month, n)[0] }));
    let cards;
    times.push(
      await timed(async () => {
        cards = await ledger.cards(keys);
      }),
    );
    if (cards.length !== keys.length) throw new Error('a card is missing');
  }
  return times;
}

/** Starts a writer of known days at a steady pace. Its end returns the time of each batch. */
function startWriter(ledger, day) {
  const times = [];
  let isEnded = false;
  const run = async () => {
    for (let at = 0; !isEnded; at += BESIDE.cards) {
      const batch = batchOf(CURRENT, day, subscribersAt(at, BESIDE.cards, day, YEAR));
      const ms = await timed(() => ledger.write(batch));
      times.push(ms);
      await delay(Math.max(0, BESIDE.ms - ms));
    }
  };
  const running = run();
  return async () => {
    isEnded = true;
    await running;
    return times;
  };
}

const latency = times =>
  `median ${median(times).toFixed(0)} ms, longest ${Math.max(...times).toFixed(0)} ms`;

async function purge(say, ledger, before, day) {
  const endAlone = startWriter(ledger, day);
  await delay(5000);
  const alone = await endAlone();
  const endBeside = startWriter(ledger, day + 1);
  await delay(1000);
  let purged;
  const ms = await timed(async () => {
    purged = await ledger.purgeBefore(before);
  });
  await delay(2000);
  const beside = await endBeside();
  say(
    `purge of ${number(purged.cards)} cards: ${seconds(ms)}; a batch of ${number(BESIDE.cards)} known days every ${BESIDE.ms} ms from 1 s before to 2 s after: ${latency(beside)} of ${beside.length}; without a purge: ${latency(alone)} of ${alone.length}`,
  );
}

/** Resolves with the time until a write succeeds. */
async function firstWrite(ledger) {
  const batch = batchOf(CURRENT, 9, subscribersAt(0, 1000, 9, YEAR));
  return timed(async () => {
    for (;;) {
      const isWritten = await ledger.write(batch).then(
        () => true,
        () => false,
      );
      if (isWritten) return;
      await delay(20);
    }
  });
}

async function copy(say, engine, folder) {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const target = join(folder, 'copy.db');
  const args = [main, 'ledger', 'copy', ...engine.copyFrom, '--to', `sqlite:${target}`];
  let status;
  const ms = await timed(async () => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    [status] = await once(child, 'exit');
  });
  const copied = await openSqliteLedger(target);
  const counts = await copied.months();
  await copied.close();
  if (status !== 0) throw new Error('the copy failed');
  const cards = sum(counts.map(each => each.cards));
  say(
    `ledger copy of one month to SQLite, compared by count and digest: ${number(cards)} cards in ${seconds(ms)}, ${number((cards * 1000) / ms)} a second; the year was not copied`,
  );
}

/** What both engines are asked, in this order. */
async function measure(engine, folder) {
  const say = text => console.log(`${engine.name}, ${text}`);
  const { ledger } = engine;
  const empty = await writeDay(ledger, SMALL_MONTH, 1, SMALL);
  const emptyAgain = await writeDay(ledger, SMALL_MONTH, 2, SMALL);
  say(
    `almost empty (${number(SMALL)} cards): ${spread(empty)} new cards a second, ${spread(emptyAgain)} known days a second`,
  );
  await engine.mark?.();
  const began = performance.now();
  const fresh = await writeDay(ledger, BIG_MONTH, 1, MONTH);
  const wall = performance.now() - began;
  const written = fresh.length * WINDOW;
  say(
    `a month of ${number(written)} subscribers${written < MONTH ? ` (of ${number(MONTH)}: ended after 8 minutes)` : ''}: loaded in ${seconds(wall)}, their making included; ${spread(fresh)} new cards a second, the last tenth ${spread(fresh.slice(-Math.ceil(fresh.length / 10)))}`,
  );
  await engine.sizeOf(say, BIG_MONTH, written);
  await engine.mark?.();
  const known = await writeDay(ledger, BIG_MONTH, 2, written / 10, { total: written });
  say(`${number(known.length * WINDOW)} known days of this month: ${spread(known)} a second`);
  await engine.afterKnownDays?.(say, BIG_MONTH, written);
  await engine.mark?.();
  const yearBegan = performance.now();
  const year = [];
  for (const month of YEAR_MONTHS) year.push(...(await writeDay(ledger, month, 1, YEAR)));
  say(
    `a year of ${number(YEAR)} subscribers, ${YEAR_MONTHS.length} months: ${number(year.length * WINDOW)} cards loaded in ${seconds(performance.now() - yearBegan)}; ${spread(year)} new cards a second`,
  );
  await engine.sizeOf(say, CURRENT, YEAR, YEAR_MONTHS.length);
  const reads = await readAll(ledger);
  say(
    `read of ${YEAR_MONTHS.length} months of a subscriber: median ${median(reads).toFixed(2)} ms, p99 ${p99(reads).toFixed(2)} ms of ${number(READS)}`,
  );
  await engine.crash();
  say(
    `killed and started again with ${number(SMALL + written + YEAR * YEAR_MONTHS.length)} cards: first write after ${seconds(await firstWrite(ledger))}`,
  );
  await engine.total(say);
  await engine.onlyHere?.(say);
  await purge(say, ledger, YEAR_MONTHS[0], 10);
  await purge(say, ledger, YEAR_MONTHS[1], 12);
  await engine.total(say);
  await ledger.purgeBefore(CURRENT);
  await copy(say, engine, folder);
}

const freePort = () =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
const diskOf = folder =>
  Number(execFileSync('du', ['-sb', folder], { encoding: 'utf8' }).split('\t')[0]);

async function startPostgres(folder) {
  const bin = spawnSync('sh', ['-c', 'ls -d /usr/lib/postgresql/*/bin | tail -1'], {
    encoding: 'utf8',
  }).stdout.trim();
  // PostgreSQL refuses to run as root.
  const isRoot = process.getuid() === 0;
  const id = option => Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }));
  const as = { cwd: '/', stdio: 'ignore', ...(isRoot && { uid: id('-u'), gid: id('-g') }) };
  if (isRoot) execFileSync('chown', ['postgres', folder]);
  const data = join(folder, 'data');
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8'],
    as,
  );
  appendFileSync(join(data, 'postgresql.conf'), `${SETTINGS.join('\n')}\n`);
  const port = await freePort();
  const options = [
    `-p ${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
  ].join(' -c ');
  const control = (...args) => execFileSync(join(bin, 'pg_ctl'), ['-D', data, ...args], as);
  const start = wait => control(wait, '-l', join(folder, 'log'), '-o', options, 'start');
  start('-w');
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const kill = () => control('-w', '-m', 'immediate', 'stop');
  const ask = async sql => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(sql)).rows[0];
    } finally {
      await client.end();
    }
  };
  const one = async sql => Object.values((await ask(sql)) ?? {})[0];
  const partOf = (month, schema = 'laissez_passer') => `${schema}.cards_${month.replace('-', '_')}`;
  const sizes = async part => ({
    table: Number(await one(`SELECT pg_table_size('${part}')`)),
    index: Number(await one(`SELECT pg_indexes_size('${part}')`)),
  });
  const bytesEach = ({ table, index }, cards) =>
    `table ${(table / cards).toFixed(0)} and index ${(index / cards).toFixed(0)} bytes a card`;
  const hotShare = (hot, updated) => ((Number(hot) * 100) / Number(updated)).toFixed(0);
  let mark;
  const marked = async () => {
    mark = await one('SELECT pg_current_wal_lsn()::text');
  };
  const logSince = async () => Number(await one(`SELECT pg_current_wal_lsn() - '${mark}'::pg_lsn`));
  const ledger = await openPostgresLedger(url);

  /** Whole pages in the log: known days in many places of the month, right after a checkpoint. */
  async function wholePages(say, month, total) {
    const count = Math.min(50_000, total / 20);
    for (const [day, compression] of [
      [3, 'lz4'],
      [4, 'off'],
    ]) {
      await one(`ALTER SYSTEM SET wal_compression = '${compression}'`);
      await one('SELECT pg_reload_conf()');
      await one('CHECKPOINT');
      await marked();
      for (let at = 0; at < count; at += BESIDE.cards) {
        const batch = batchOf(month, day, subscribersAt(at, BESIDE.cards, day, total));
        await ledger.write(batch);
      }
      say(
        `log (WAL) after a checkpoint, ${number(count)} known days, wal_compression ${compression}: ${number((await logSince()) / count)} bytes each`,
      );
    }
    await one('ALTER SYSTEM RESET wal_compression');
    await one('SELECT pg_reload_conf()');
  }

  async function vacuum(say, month) {
    // An idle connection hands in its statistics after 10 seconds.
    await delay(12_000);
    const part = partOf(month);
    const { dead, updated, hot } = await ask(
      `SELECT n_dead_tup AS dead, n_tup_upd AS updated, n_tup_hot_upd AS hot FROM pg_stat_user_tables WHERE relid = '${part}'::regclass`,
    );
    say(
      `VACUUM of this month: ${number(updated)} updates, ${hotShare(hot, updated)} % HOT, ${number(dead)} dead rows, ${seconds(await timed(() => one(`VACUUM ${part}`)))}`,
    );
  }

  /** Thirty days of a month whose subscribers are all seen every day, in another order each. */
  async function thirtyDays(say, month, isVacuumed) {
    const sample = await openPostgresLedger(url, { schema: 'sample' });
    await writeDay(sample, month, 1, SAMPLE);
    const part = partOf(month, 'sample');
    await one(`ALTER TABLE ${part} SET (autovacuum_enabled = false)`);
    const before = await sizes(part);
    const rates = [];
    const times = [];
    for (let day = 2; day <= 31; day++) {
      rates.push(...(await writeDay(sample, month, day, SAMPLE, { size: SMALL_BATCH })));
      if (isVacuumed) times.push(await timed(() => one(`VACUUM ${part}`)));
    }
    // A connection that ends hands in its statistics.
    await sample.close();
    await delay(1000);
    const after = await sizes(part);
    const { updated, hot, dead } = await ask(
      `SELECT n_tup_upd AS updated, n_tup_hot_upd AS hot, n_dead_tup AS dead FROM pg_stat_user_tables WHERE relid = '${part}'::regclass`,
    );
    if (!isVacuumed) times.push(await timed(() => one(`VACUUM ${part}`)));
    say(
      `30 more days of ${number(SAMPLE)} cards, ${isVacuumed ? 'VACUUM after each' : 'no VACUUM'}: ${bytesEach(before, SAMPLE)} before, ${bytesEach(after, SAMPLE)} after; ${number(updated)} updates, ${hotShare(hot, updated)} % HOT, ${number(dead)} dead rows; ${spread(rates)} a second; VACUUM ${median(times).toFixed(0)} ms`,
    );
  }

  return {
    name: 'PostgreSQL',
    version: await one('SHOW server_version'),
    ledger,
    copyFrom: ['--from', url],
    mark: marked,
    sizeOf: async (say, month, cards, count = 1) => {
      const log = ((await logSince()) / (cards * count)).toFixed(0);
      say(
        `size of this month of ${number(cards)}: ${bytesEach(await sizes(partOf(month)), cards)}; log (WAL) ${log} bytes a new card`,
      );
    },
    afterKnownDays: async (say, month, total) => {
      const count = total / 10;
      say(`log (WAL) of these: ${number((await logSince()) / count)} bytes each`);
      await vacuum(say, month);
      say(`size of this month afterwards: ${bytesEach(await sizes(partOf(month)), total)}`);
      await wholePages(say, month, total);
    },
    crash: async () => {
      kill();
      start('-W');
    },
    total: async say => {
      const log = Number(await one('SELECT sum(size) FROM pg_ls_waldir()'));
      const database = Number(await one('SELECT pg_database_size(current_database())'));
      say(`disk: database ${gigabytes(database)}, log (WAL) ${gigabytes(log)}`);
    },
    onlyHere: async say => {
      await thirtyDays(say, months.at(-1), true);
      await thirtyDays(say, months.at(-2), false);
    },
    stop: async () => {
      await ledger.close();
      kill();
    },
  };
}

async function startRedis(folder) {
  const ports = [];
  for (let port = 12_000 + (process.pid % 8000); ports.length < 3; port++) ports.push(port);
  const cli = (port, ...args) =>
    spawnSync('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...args], {
      encoding: 'utf8',
    }).stdout.trim();
  const folders = ports.map(port => mkdtempSync(join(folder, `${port}-`)));
  const options = ['--save', '', '--appendonly', 'yes', '--cluster-enabled', 'yes'];
  const spawnAll = () =>
    ports.map((port, n) => {
      const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folders[n], ...options];
      return spawn('redis-server', args, { stdio: 'ignore' });
    });
  const untilAll = async (command, answer) => {
    while (!ports.every(port => cli(port, ...command).includes(answer))) await delay(50);
  };
  let masters = spawnAll();
  await untilAll(['ping'], 'PONG');
  const addresses = ports.map(port => `127.0.0.1:${port}`);
  cli(ports[0], '--cluster', 'create', ...addresses, '--cluster-yes');
  await untilAll(['cluster', 'info'], 'cluster_state:ok');
  const records = join(folder, 'records.db');
  const personRecords = await openSqliteLedger(records);
  const cluster = addresses.map(address => `redis://${address}`);
  const keepMonths = 24;
  const ledger = await openRedisLedger({ cluster, personRecords, keepMonths });
  const field = (section, name) =>
    sum(
      ports.map(port =>
        Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(cli(port, 'info', section))[1]),
      ),
    );
  const memory = () => field('memory', 'used_memory');
  let mark = memory();
  const kill = async () => {
    const ends = masters.map(master => once(master, 'exit'));
    for (const master of masters) master.kill('SIGKILL');
    await Promise.all(ends);
  };
  /** A server that rewrites its file needs memory and a core of its own meanwhile. */
  const rewritten = async () => {
    while (field('persistence', 'aof_rewrite_in_progress') > 0) await delay(200);
  };
  return {
    name: 'Redis',
    version: /v=(\S+)/.exec(
      spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout,
    )[1],
    ledger,
    copyFrom: [
      '--from',
      `redis+cluster://${addresses.join(',')}`,
      '--from-person-records',
      `sqlite:${records}`,
      '--months',
      String(keepMonths),
    ],
    mark: async () => {
      mark = memory();
    },
    sizeOf: async (say, _month, cards, count = 1) => {
      const rewrites = field('persistence', 'aof_rewrites');
      await rewritten();
      const bytes = (memory() - mark) / (cards * count);
      say(
        `memory of ${count === 1 ? 'this month' : 'these months'}: ${bytes.toFixed(0)} bytes a card; ${rewrites} rewrites of the append-only file so far`,
      );
    },
    crash: async () => {
      await kill();
      masters = spawnAll();
    },
    total: async say => {
      await rewritten();
      const [used, resident, peak] = ['used_memory', 'used_memory_rss', 'used_memory_peak'].map(
        name => gigabytes(field('memory', name)),
      );
      say(
        `memory of the three masters: ${used} used, ${resident} resident, ${peak} at most; append-only files ${gigabytes(sum(folders.map(diskOf)))}`,
      );
    },
    stop: async () => {
      await ledger.close();
      await kill();
    },
  };
}

const START = { postgres: startPostgres, redis: startRedis };
console.log(
  `${new Date().toISOString().slice(0, 10)}, ${cpus()[0].model}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}; one writer and its servers on this machine, batches of ${number(BATCH)} cards if nothing else is said, rates of the writes alone, by ${number(WINDOW)} cards, as median (least to most)`,
);
for (const name of ENGINES) {
  const folder = mkdtempSync(join(tmpdir(), `scale-${name}-`));
  let engine;
  try {
    engine = await START[name](folder);
    console.log(
      `${engine.name} ${engine.version}${name === 'postgres' ? `, ${SETTINGS.join(', ')}` : ', a cluster of three masters, appendonly yes, appendfsync everysec'}`,
    );
    await measure(engine, folder);
  } finally {
    await engine?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
