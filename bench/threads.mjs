/** Do threads add up? One and four worker threads on one shared table, in pairs of runs, as many decisions as they can make. */
import { cpus } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { loadZoneTable, openGate } from '../dist/index.js';
import { openSharedTable } from '../dist/tables.js';
import { corporaOf } from './corpora.mjs';
import { FLOOR, median, report } from './harness.mjs';

const MS = FLOOR ? 150 : 400;
const PAIRS = FLOOR ? 3 : 11;
const THREADS = 4;

/** Decides for as long as it is told, and answers how often. */
async function work() {
  const gate = await openGate({ table: openSharedTable(workerData.table) });
  const { requests } = workerData;
  parentPort.on('message', until => {
    let decided = 0;
    while (Date.now() < until)
      for (let n = 0; n < 1000; n++)
        if (gate.decide(requests[decided++ % requests.length]).verdict === 'x') return;
    parentPort.postMessage(decided);
  });
  parentPort.postMessage('ready');
}

const next = worker => new Promise(resolve => worker.once('message', resolve));

async function rate(workers) {
  const until = Date.now() + MS;
  const began = performance.now();
  for (const worker of workers) worker.postMessage(until);
  const counts = await Promise.all(workers.map(next));
  return counts.reduce((sum, count) => sum + count, 0) / ((performance.now() - began) * 1000);
}

async function compare() {
  const table = await loadZoneTable();
  const { texts } = corporaOf(number => table.locateIPv4(number).zone);
  const requests = texts['IPv4 skewed']
    .slice(0, 20_000)
    .map((address, n) => ({ subscriber: `s${n}`, standing: 'verified', address }));
  const start = () =>
    new Worker(new URL(import.meta.url), {
      workerData: { table: table.share(), requests },
      argv: process.argv.slice(2),
    });
  const workers = Array.from({ length: THREADS }, start);
  await Promise.all(workers.map(next));
  await rate(workers);
  const one = [];
  const four = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    one.push(await rate(workers.slice(0, 1)));
    four.push(await rate(workers));
  }
  for (const worker of workers) await worker.terminate();
  const value = median(four.map((each, pair) => each / one[pair]));
  const row = (name, values) => ({
    name,
    value: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
  });
  report([
    {
      title: `Worker threads on one shared table, ${cpus().length} cores`,
      unit: 'million decisions a second',
      rows: [row('one thread', one), row(`${THREADS} threads`, four)],
      ratios: [{ name: `${THREADS} threads / one, median of the pairs`, value, isFine: true }],
    },
  ]);
}

if (isMainThread) await compare();
else await work();
