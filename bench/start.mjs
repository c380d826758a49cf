/** How long until the first verdict, and until a new table is in force? Whole processes and a compile apart, medians. */
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { loadZoneTable } from '../dist/index.js';
import { compileZoneTable } from '../dist/tables.js';
import { FLOOR, median, report } from './harness.mjs';
import { MMDB } from './peers.mjs';

const RUNS = FLOOR ? 3 : 15;
const INDEX = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const FIRST = `import { openGate } from ${JSON.stringify(INDEX)};
const gate = await openGate();
if (gate.decide({ subscriber: 's', standing: 'verified', address: '193.252.19.3' }).verdict !== 'domestic') process.exit(1);
process.exit(0);`;

function processTime(code) {
  const began = performance.now();
  execFileSync(process.execPath, ['--input-type=module', '-e', code]);
  return performance.now() - began;
}

const spread = (name, values) => ({
  name,
  value: median(values),
  least: Math.min(...values),
  most: Math.max(...values),
});

function startUp() {
  const empty = [];
  const first = [];
  for (let run = 0; run < RUNS; run++) {
    empty.push(processTime('process.exit(0)'));
    first.push(processTime(FIRST));
  }
  const rows = [
    spread('an empty Node process', empty),
    spread('a process with its first verdict', first),
  ];
  const more = median(first.map((value, run) => value - empty[run]));
  return {
    title: 'From the start of a process to its first verdict, bundled table',
    unit: 'ms',
    rows,

    notes: [`${more.toFixed(0)} ms more than an empty process, median of the pairs`],
    facts: { more },
  };
}

async function compile() {
  const whole = [];
  const held = [];
  const worst = [];
  for (let run = 0; run < (FLOOR ? 2 : 9); run++) {
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    const began = performance.now();
    await compileZoneTable({ sources: [{ path: MMDB }] });
    whole.push(performance.now() - began);
    delays.disable();
    // What the timer itself waits between two looks is taken off.
    held.push(Math.max(0, delays.percentile(99) / 1e6 - 1));
    worst.push(Math.max(0, delays.max / 1e6 - 1));
  }
  return {
    title: `Compile a country MMDB of ${(statSync(MMDB).size / 1e6).toFixed(1)} MB, in a thread of its own`,
    unit: 'ms',
    rows: [
      spread('from the call to the table', whole),
      spread('the calling thread is held, p99', held),
      spread('the calling thread is held, at most', worst),
    ],
  };
}

const table = await loadZoneTable();
const memory = {
  title: 'The bundled table in memory, one copy for all threads',
  unit: 'MB',
  rows: [{ name: 'IPv4 and IPv6', value: table.byteLength / 1e6 }],
};
report([startUp(), memory, ...(existsSync(MMDB) ? [await compile()] : [])]);
