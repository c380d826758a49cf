/**
 * Measures `residence import` with the built command line: into SQLite and PostgreSQL, the first
 * time and repeated. Run with the number of subscribers: `node bench/import.mjs 3000000`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const COUNT = Number(process.argv[2] ?? 100_000);
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const POSTGRES =
  process.env.LAISSEZ_PASSER_TEST_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const DATABASE = `lp_bench_import_${process.pid}`;

const folder = mkdtempSync(join(tmpdir(), 'bench-import-'));
const file = join(folder, 'subscribers.csv');
const keyring = join(folder, 'keys/keyring');

const two = value => String(value).padStart(2, '0');
const MEANS = ['b j', 'a', 'c', 'b k', 'd'];

/** One row a subscriber; one contract in nine is not verified yet. */
async function writeFile() {
  const out = createWriteStream(file);
  let rows = 'subscriber;concluded;renewsEvery;verified;means\n';
  for (let n = 0; n < COUNT; n++) {
    const day = `${2018 + (n % 8)}-${two(1 + (n % 12))}-${two(1 + (n % 28))}`;
    const verified = n % 9 === 0 ? ';' : `${day};${MEANS[n % 5]}`;
    rows += `OCS-${100_000_000 + n * 7};${day};${n % 2 === 0 ? 1 : 12};${verified}\n`;
    if (rows.length < 1_000_000) continue;
    if (!out.write(rows)) await once(out, 'drain');
    rows = '';
  }
  out.end(rows);
  await once(out, 'finish');
}

const run = (...args) => {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
};

/** Runs one import. Returns its seconds, its result and the most memory that it had. */
async function timedImport(ledger) {
  const places = ['--ledger', ledger, '--keyring', keyring];
  const args = ['residence', 'import', file, ...places, '--agent', 'bench', '--reason', 'contract'];
  const began = performance.now();
  const child = spawn(process.execPath, [MAIN, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let peak = 0;
  const look = () => {
    try {
      const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(
        readFileSync(`/proc/${child.pid}/status`, 'utf8'),
      );
      peak = Math.max(peak, Number(kilobytes) / 1024);
    } catch {}
  };
  const timer = setInterval(look, 200);
  const [printed] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  clearInterval(timer);
  const result = JSON.parse(printed);
  return { seconds: (performance.now() - began) / 1000, peak, result };
}

function report(name, { seconds, peak, result }) {
  const { added, changed, unchanged, rejected } = result;
  const rate = Math.round(COUNT / seconds).toLocaleString('en');
  console.log(
    `${name}: ${seconds.toFixed(1)} s, ${rate} subscribers a second, peak memory ${Math.round(peak)} MB (added ${added}, changed ${changed}, unchanged ${unchanged}, rejected ${rejected})`,
  );
}

async function measure(name, ledger) {
  run('ledger', 'prepare', '--ledger', ledger, '--keyring', keyring);
  report(`${name}, first`, await timedImport(ledger));
  report(`${name}, again`, await timedImport(ledger));
}

const admin = async sql => {
  const client = new pg.Client({ connectionString: POSTGRES });
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  return rows;
};

mkdirSync(join(folder, 'keys'), { mode: 0o700 });
try {
  await writeFile();
  const { size } = statSync(file);
  console.log(
    `${new Date().toISOString().slice(0, 10)}, ${cpus()[0].model}, ${cpus().length} cores, Node ${process.versions.node}; ${COUNT.toLocaleString('en')} subscribers, ${(size / 1e6).toFixed(0)} MB of CSV`,
  );
  const sqlite = join(folder, 'ledger.db');
  await measure('SQLite', sqlite);
  console.log(`SQLite file: ${(statSync(sqlite).size / 1e6).toFixed(0)} MB`);
  rmSync(sqlite);
  await admin(`CREATE DATABASE ${DATABASE}`);
  await measure('PostgreSQL', Object.assign(new URL(POSTGRES), { pathname: `/${DATABASE}` }).href);
  const [{ size: bytes }] = await admin(`SELECT pg_database_size('${DATABASE}') AS size`);
  console.log(`PostgreSQL database: ${(Number(bytes) / 1e6).toFixed(0)} MB`);
} finally {
  await admin(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
  rmSync(folder, { recursive: true, force: true });
}
