/** How long do whole commands take, until the first verdict, and until a new table is in force? Medians. */
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { loadZoneTable } from '../dist/index.js';
import { compileZoneTable } from '../dist/tables.js';
import { FLOOR, median, ratio, report } from './harness.mjs';
import { MMDB } from './peers.mjs';

const RUNS = FLOOR ? 7 : 25;
const INDEX = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const FIRST = `import { openGate } from ${JSON.stringify(INDEX)};
const gate = await openGate();
if (gate.decide({ subscriber: 's', standing: 'verified', address: '193.252.19.3' }).verdict !== 'domestic') process.exit(1);
process.exit(0);`;

const EMPTY = 'an empty Node process';
const VERDICT = 'a process with its first verdict';
/** Whole processes. Each must end with exit code 0. */
const PROCESSES = [
  { name: EMPTY, args: ['--input-type=module', '-e', 'process.exit(0)'] },
  { name: VERDICT, args: ['--input-type=module', '-e', FIRST] },
  { name: 'laissez-passer --version', args: [MAIN, '--version'] },
  { name: 'laissez-passer locate', args: [MAIN, 'locate', '193.252.19.3'] },
  {
    name: 'laissez-passer decide',
    args: [MAIN, 'decide', '--address', '193.252.19.3', '--standing', 'verified'],
  },
];
/**
 * What CI holds, as a multiple of an empty process: above the medians, since on a busy machine what a
 * process reads from its disk costs more than what it computes.
 */
const MOST = {
  [VERDICT]: 2.4,
  'laissez-passer --version': 1.5,
  'laissez-passer locate': 2.8,
  'laissez-passer decide': 2.9,
};

function processTime({ args }) {
  const began = performance.now();
  execFileSync(process.execPath, args, { stdio: 'ignore' });
  return performance.now() - began;
}

const spread = (name, values) => ({
  name,
  value: median(values),
  least: Math.min(...values),
  most: Math.max(...values),
});

/** Each process in turn, so that a slow minute of the machine is a slow minute of all. */
function startUp() {
  const times = new Map(PROCESSES.map(({ name }) => [name, []]));
  for (let run = 0; run < RUNS; run++)
    for (const each of PROCESSES) times.get(each.name).push(processTime(each));
  const rows = PROCESSES.map(({ name }) => spread(name, times.get(name)));
  const empty = times.get(EMPTY);
  const more = median(times.get(VERDICT).map((value, run) => value - empty[run]));
  return {
    title: 'Whole processes from start to end, bundled table',
    unit: 'ms',
    rows,
    ratios: Object.entries(MOST).flatMap(([name, most]) =>
      ratio(rows, `${name} : ${EMPTY}`, name, EMPTY, { most }),
    ),
    notes: [
      `${more.toFixed(0)} ms more than an empty process to the first verdict, median of the pairs`,
    ],
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
