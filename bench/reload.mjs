/** Does a decision notice that tables are changed? The same loop in turns: in peace, and while tables are compiled and swapped one after the other. */
import { existsSync } from 'node:fs';
import { loadZoneTable, openGate } from '../dist/index.js';
import { compileZoneTable } from '../dist/tables.js';
import { corporaOf } from './corpora.mjs';
import { FLOOR, median, report } from './harness.mjs';
import { MMDB } from './peers.mjs';

const [PAIRS, MS] = FLOOR ? [2, 600] : [7, 2000];
const BATCH = 1000;

const bundled = await loadZoneTable();
const gate = await openGate({ table: bundled });
const { texts } = corporaOf(number => bundled.locateIPv4(number).zone);
const requests = texts['IPv4 skewed'].map((address, n) => ({
  subscriber: `s${n}`,
  standing: 'verified',
  address,
}));
const turn = () => new Promise(resolve => setImmediate(resolve));
let next = 0;
let refused = 0;

/** Decides in batches, the event loop between them, until told; answers millions a second, and what a batch waited for, in milliseconds. */
async function decideUntil(isOver) {
  const waits = [];
  let busy = 0;
  const began = performance.now();
  let last = began;
  while (!isOver(performance.now() - began)) {
    const from = performance.now();
    for (let call = 0; call < BATCH; call++)
      if (gate.decide(requests[next++ % requests.length]).verdict === 'refused') refused++;
    busy += performance.now() - from;
    await turn();
    waits.push(performance.now() - last);
    last = performance.now();
  }
  const sorted = waits.toSorted((a, b) => a - b);
  return {
    rate: (waits.length * BATCH) / busy / 1000,
    p99: sorted[Math.floor(sorted.length * 0.99)],
    most: sorted.at(-1),
  };
}

let reloads = 0;
async function inReloads() {
  let isOver = false;
  const reloading = (async () => {
    const began = performance.now();
    while (performance.now() - began < MS) {
      gate.replaceTable(
        existsSync(MMDB)
          ? await compileZoneTable({ sources: [{ path: MMDB }] })
          : await loadZoneTable(),
      );
      reloads++;
    }
    isOver = true;
  })();
  const told = await decideUntil(() => isOver);
  await reloading;
  return told;
}

await decideUntil(ms => ms > 500);
const peace = [];
const reload = [];
for (let pair = 0; pair < PAIRS; pair++) {
  peace.push(await decideUntil(ms => ms > MS));
  reload.push(await inReloads());
}
const row = (name, runs, figure) => {
  const values = runs.map(run => run[figure]);
  return { name, value: median(values), least: Math.min(...values), most: Math.max(...values) };
};
const value = median(reload.map(({ rate }, pair) => rate / peace[pair].rate));
report([
  {
    title: 'Reload under load: tables compiled and swapped without a pause, one thread decides',
    unit: 'as named',
    rows: [
      row('in peace, million decisions a second', peace, 'rate'),
      row('in reloads, million decisions a second', reload, 'rate'),
      row('in peace, 1,000 decisions and a turn, p99, ms', peace, 'p99'),
      row('in reloads, p99, ms', reload, 'p99'),
      row('in reloads, at most, ms', reload, 'most'),
    ],
    ratios: [{ name: 'decisions in reloads / in peace, median of the pairs', value, isFine: true }],
    notes: [
      `${reloads} tables swapped, ${refused > 0 ? 'verdicts of both kinds' : 'nothing refused'}`,
    ],
  },
]);
