/**
 * Measures erasures, the opening of a gate and its upkeep at midnight next to few and to many
 * earlier erasures: SQLite with a keyring file, and PostgreSQL with its keyring if a server is on
 * loopback. Run with the numbers of tombstones: `node bench/erasures.mjs 1000 100000`.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { openDesk } from '../dist/desk.js';
import { loadZoneTable, openGate, openKeyring } from '../dist/index.js';
import { openPostgresKeyring, openPostgresLedger } from '../dist/postgres.js';
import { openSqliteLedger } from '../dist/sqlite.js';

const COUNTS = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1000, 100_000];
const ERASURES = 200;
const POSTGRES =
  process.env.LAISSEZ_PASSER_TEST_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const SCHEMA = `lp_bench_erasures_${process.pid}`;
const table = await loadZoneTable();
const time = { now: Date.UTC(2026, 10, 22, 12) };
const clock = () => time.now;

/** Milliseconds of processor time of this thread: what other processes take does not count. */
const processorTime = () =>
  Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;

/** Runs `work` and returns its milliseconds, and the longest processor time between two turns. */
async function timed(work) {
  let longest = 0;
  let last = processorTime();
  let isOver = false;
  const tick = () => {
    const now = processorTime();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(tick);
  };
  setImmediate(tick);
  const began = performance.now();
  await work();
  const took = performance.now() - began;
  isOver = true;
  await delay(1);
  return { took, longest };
}

const tombstonesOf = count =>
  Array.from({ length: count }, (_, n) => ({
    month: ['2026-09', '2026-10', '2026-11', 'register'][n % 4],
    digest: n.toString(16).padStart(64, '0'),
    through: '2026-11-21',
  }));

/** Opens a gate, and waits for its first purge. */
async function openAndPurge(evidence) {
  const opening = await timed(async () => {
    evidence.gate = await openGate({ table, clock, evidence });
  });
  await purged(evidence.gate);
  return opening;
}

async function purged(gate) {
  const today = new Date(time.now).toISOString().slice(0, 10);
  while (gate.health().evidence.purgedOn !== today) await delay(1);
}

const ms = milliseconds => `${milliseconds.toFixed(1)} ms`;

async function measure(name, count, openStores) {
  time.now = Date.UTC(2026, 10, 22, 12);
  const { ledger, keyring, close, size } = await openStores();
  const stores = { ledger, keyring };
  const decide = ({ gate }, subscriber) =>
    gate.decide({ subscriber, standing: 'verified', address: '80.58.61.250' });
  const first = { ...stores };
  await openAndPurge(first);
  for (let n = 0; n < ERASURES; n++) decide(first, `s${n}`);
  await first.gate.close();
  await keyring.addTombstones(tombstonesOf(count));
  const restored = { ...stores };
  const restoring = await openAndPurge(restored);
  await restored.gate.close();
  const evidence = { ...stores };
  const opening = await openAndPurge(evidence);
  const desk = openDesk({ ledger, keyring, agent: 'Anna', clock });
  await desk.show('s0', { reason: 'support-call' });
  const erasures = [];
  for (let n = 0; n < ERASURES; n++)
    erasures.push(await timed(() => desk.erase(`s${n}`, { reason: 'erasure-request' })));
  time.now += 86_400_000;
  const upkeep = await timed(async () => {
    decide(evidence, 'other');
    await purged(evidence.gate);
  });
  await evidence.gate.close();
  const took = erasures.map(each => each.took).sort((a, b) => a - b);
  const held = Math.max(...erasures.map(each => each.longest));
  console.log(
    `${name}, ${count.toLocaleString('en')} tombstones: an erasure ${ms(took[ERASURES / 2])}, 99 of 100 below ${ms(took[ERASURES * 0.99])}, the loop held for ${ms(held)} at most; upkeep ${ms(upkeep.took)}, the loop held for ${ms(upkeep.longest)}; opening ${ms(opening.took)}, after a restored ledger ${ms(restoring.took)}, the loop held for ${ms(restoring.longest)}${size()}`,
  );
  await close();
}

console.log(
  `${new Date().toISOString().slice(0, 10)}, ${cpus()[0].model}, ${cpus().length} cores, Node ${process.versions.node}, load ${loadavg()[0].toFixed(1)}; ${ERASURES} erasures of a person`,
);

async function openFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'erasures-'));
  const keyring = await openKeyring(join(folder, 'keys'));
  const ledger = await openSqliteLedger(join(folder, 'ledger.db'));
  const size = () => `; keyring ${(statSync(join(folder, 'keys')).size / 1e6).toFixed(1)} MB`;
  const close = () => ledger.close().then(() => rmSync(folder, { recursive: true }));
  return { ledger, keyring, size, close };
}

async function drop() {
  const client = new pg.Client({ connectionString: POSTGRES });
  await client.connect();
  for (const name of [SCHEMA, `${SCHEMA}_keys`])
    await client.query(`DROP SCHEMA IF EXISTS ${name} CASCADE`);
  await client.end();
}

async function openServers() {
  const wrap = Buffer.alloc(32, 1);
  const ledger = await openPostgresLedger(POSTGRES, { schema: SCHEMA });
  const keyring = await openPostgresKeyring(POSTGRES, { schema: `${SCHEMA}_keys`, wrap });
  const close = () => Promise.all([ledger.close(), keyring.close()]).then(drop);
  return { ledger, keyring, close, size: () => '' };
}

for (const count of COUNTS) await measure('SQLite and a file', count, openFiles);
const hasPostgres = await drop().then(
  () => true,
  () => false,
);
if (hasPostgres) for (const count of COUNTS) await measure('PostgreSQL', count, openServers);
