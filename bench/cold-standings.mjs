/**
 * Measures standings that are not in memory, as after a restart at prime time: the processor time of
 * each, and how long 20,000 that are asked at once take and hold the event loop. Run with the
 * location of a ledger, which is filled first, and without one for SQLite:
 * `node bench/cold-standings.mjs postgres://...`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openGate, openKeyring } from '../dist/index.js';
import { openPostgresLedger } from '../dist/postgres.js';
import { openSqliteLedger } from '../dist/sqlite.js';
import { fillDossiers } from './dossiers.mjs';

/** The load of the machine before the run: other work makes the figures worse. */
const LOAD = loadavg()[0].toFixed(1);
const COUNT = 200_000;
const AT_ONCE = 20_000;
const number = value => Math.round(value).toLocaleString('en');
const ms = value => (value / 1e6).toFixed(1);
const folder = mkdtempSync(join(tmpdir(), 'laissez-passer-cold-'));
const place = process.argv[2];
const ledger = place
  ? await openPostgresLedger(place)
  : await openSqliteLedger(join(folder, 'ledger.db'));
const keyring = await openKeyring(join(folder, 'keys'));

await fillDossiers(ledger, keyring, COUNT);

/** Opens a gate that has read nothing. */
const cold = () => openGate({ evidence: { ledger, keyring, purges: false } });
const median = values => values.toSorted((a, b) => a - b)[values.length >> 1];

const costs = [];
const rounds = [];
const held = [];
let errors = 0;
for (let round = 0; round < 7; round++) {
  const gate = await cold();
  const first = (round * AT_ONCE) % COUNT;
  const loop = monitorEventLoopDelay({ resolution: 1 });
  const before = process.cpuUsage();
  const began = performance.now();
  const answers = [];
  loop.enable();
  // A gateway's requests come by its sockets, a hundred in a turn of the event loop.
  for (let n = 0; n < AT_ONCE; n++) {
    const subscriber = `s${first + n}`;
    answers.push(gate.decideAsync({ subscriber, address: '80.58.61.250' }));
    if (n % 100 === 99) await new Promise(setImmediate);
  }
  const settled = await Promise.allSettled(answers);
  loop.disable();
  rounds.push(performance.now() - began);
  const { user, system } = process.cpuUsage(before);
  costs.push((user + system) / AT_ONCE);
  held.push(loop.percentile(99) - 1e6);
  errors += settled.filter(({ value }) => value?.reason !== 'temporarily-abroad').length;
  await gate.close();
}
console.log(
  `${new Date().toISOString().slice(0, 10)}, ${cpus()[0].model}, ${cpus().length} cores, Node ${process.versions.node}, load ${LOAD}; ${number(COUNT)} dossiers in ${place ? 'PostgreSQL' : 'SQLite'}`,
);
console.log(
  `${number(AT_ONCE)} at once, median of ${rounds.length} (least to most): ${number(median(rounds))} ms (${number(Math.min(...rounds))} to ${number(Math.max(...rounds))}), ${median(costs).toFixed(0)} µs of processor each (${Math.min(...costs).toFixed(0)} to ${Math.max(...costs).toFixed(0)}), event loop held p99 ${ms(median(held))} ms, ${errors} errors`,
);
await ledger.close();
rmSync(folder, { recursive: true });
