/** How is a question measured? Rounds in shuffled order, medians with their spread, bytes and collections beside; ratios within the run. */
import { cpus } from 'node:os';
import { PerformanceObserver } from 'node:perf_hooks';
import Benchmark from 'benchmark';
import { randomFrom } from './corpora.mjs';

export const FLOOR = process.argv.includes('--floor');
const JSON_ONLY = process.argv.includes('--json');
const ROUNDS = FLOOR ? 3 : 7;
const MAX_SECONDS = FLOOR ? 0.05 : 0.1;
const MIN_SECONDS = 0.01;

export const median = values => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Nanoseconds per operation of one round. */
function timeOnce({ name, work, count }) {
  let seconds = Number.NaN;
  const onComplete = ({ target }) => {
    seconds = target.stats.mean;
  };
  new Benchmark(name, work, {
    maxTime: MAX_SECONDS,
    minTime: MIN_SECONDS,
    minSamples: 3,
    onComplete,
  }).run();
  return (seconds * 1e9) / count;
}

/** So many calls make one operation: a slow peer is measured in a moment, and yet every string has its turn. */
const CHUNK = 10_000;

/** `work` over a list, a piece at each operation, on and on; `sum` of what it answered keeps it from being optimised away. */
export function over(list, work) {
  const count = Math.min(CHUNK, list.length);
  const question = { count, sum: 0 };
  let from = 0;
  question.work = () => {
    let sum = 0;
    for (let index = from; index < from + count; index++) sum += work(list[index]);
    question.sum += sum;
    from = (from + count) % (list.length - (list.length % count));
  };
  return question;
}

let collections = 0;
new PerformanceObserver(list => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ['gc'] });
/** The observer hears of a collection some time after it. */
const heard = () => new Promise(resolve => setTimeout(resolve, 20));

/** Bytes allocated per operation on a warm path, and collections per million operations. */
async function allocations({ work, count }) {
  for (let round = 0; round < 5; round++) work();
  globalThis.gc?.();
  await heard();
  const before = process.memoryUsage().heapUsed;
  const collectedBefore = collections;
  const rounds = Math.max(1, Math.round(1e6 / count));
  for (let round = 0; round < rounds; round++) work();
  const bytes = Math.max(0, process.memoryUsage().heapUsed - before) / (rounds * count);
  await heard();
  return { bytes, collections: ((collections - collectedBefore) * 1e6) / (rounds * count) };
}

/**
 * Measures questions of one kind against each other.
 * @param questions each with a `name`, `work` that does `count` operations, and whether it is `ours`
 */
export async function measure(questions) {
  const random = randomFrom(7);
  const times = new Map(questions.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++)
    for (const question of questions.toSorted(() => random() - 0.5))
      times.get(question.name).push(timeOnce(question));
  const rows = [];
  for (const question of questions) {
    const values = times.get(question.name);
    const spread = { value: median(values), least: Math.min(...values), most: Math.max(...values) };
    const ours = question.ours === true;
    rows.push({ name: question.name, ...spread, ...(ours && (await allocations(question))), ours });
  }
  return rows;
}

const shown = value =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

export function print({ title, unit, rows, ratios = [], notes = [] }) {
  console.log(`\n${title} (${unit})`);
  for (const { name, value, least, most, bytes, collections: gcs } of rows) {
    const spread = least === undefined ? '' : `  (${shown(least)} to ${shown(most)})`;
    const memory = bytes === undefined ? '' : `  ${bytes.toFixed(2)} B, ${gcs.toFixed(1)} GC/M`;
    console.log(`  ${name.padEnd(44)} ${shown(value).padStart(9)}${spread.padEnd(22)}${memory}`);
  }
  for (const { name, value, floor, isFine } of ratios)
    console.log(
      `  ${name}: ${value.toFixed(2)}${floor === undefined ? '' : ` (${floor}${isFine ? '' : ': BELOW'})`}`,
    );
  for (const note of notes) console.log(`  ${note}`);
}

/** A ratio of two rows, held against a bound where there is one: `least` or `most`. */
export function ratio(rows, name, over, under, { least, most } = {}) {
  const of = wanted => rows.find(row => row.name === wanted)?.value;
  const value = of(over) / of(under);
  if (Number.isNaN(value)) return [];
  const floor =
    least !== undefined ? `at least ${least}` : most !== undefined ? `at most ${most}` : undefined;
  return [
    {
      name,
      value,
      floor,
      isFine: value >= (least ?? 0) && value <= (most ?? Number.POSITIVE_INFINITY),
    },
  ];
}

/** No allocation on the hot path: under half a byte per operation. */
export const leaks = rows =>
  rows
    .filter(({ ours, bytes }) => ours && bytes >= 0.5)
    .map(({ name, bytes }) => `${name} allocates ${bytes.toFixed(2)} bytes`);

/** Prints results, or writes them as a line of JSON; under `--floor` fails where one is below. */
export function report(results) {
  if (JSON_ONLY) console.log(JSON.stringify(results));
  else for (const result of results) print(result);
  const failures = results.flatMap(({ ratios = [], failures: more = [] }) => [
    ...ratios.filter(({ isFine }) => !isFine).map(({ name }) => name),
    ...more,
  ]);
  if (!FLOOR || failures.length === 0) return;
  console.error(`below the floor: ${failures.join('; ')}`);
  process.exitCode = 1;
}

export const machine = () => ({
  cpu: cpus()[0].model.trim(),
  cores: cpus().length,
  node: process.versions.node,
});
