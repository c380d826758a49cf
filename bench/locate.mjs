/** How long does it take to locate an address, beside reading it at all (net.isIP) and beside the reader that teams use (maxmind)? */
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import Benchmark from 'benchmark';
import { open } from 'maxmind';
import { compileZoneTable, loadZoneTable, openGate, zoneOfTerritory } from '../dist/index.js';

const COUNT = 100_000;
const FLOOR = process.argv.includes('--floor');
const ROUNDS = FLOOR ? 5 : 11;

/** Mulberry32, so that every run asks the same addresses. */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomFrom(2017_1128);
const below = limit => Math.floor(random() * limit);
const dotted = number => [24, 16, 8, 0].map(shift => (number >>> shift) & 255).join('.');
const group = () => below(0x10000).toString(16);
/** First 32 bits of allocations in use; what follows is random. */
const ALLOCATED = [
  '2a01:cb00',
  '2a01:e0a',
  '2a02:9000',
  '2a02:2120',
  '2a00:23c4',
  '2001:4600',
  '2600:1f18',
  '2804:14d',
  '2409:8000',
];

const numbers = Uint32Array.from({ length: COUNT }, () => below(2 ** 32));
const CORPORA = {
  ipv4: Array.from(numbers, dotted),
  ipv6: Array.from(
    { length: COUNT },
    () => `${ALLOCATED[below(ALLOCATED.length)]}:${Array.from({ length: 6 }, group).join(':')}`,
  ),
};

/** The data of both peers: one common MMDB where it has been fetched (npm run data:fetch), else the bundled table alone. */
const MMDB = fileURLToPath(new URL('../.cache/data/dbip-country.mmdb', import.meta.url));
const bundled = await loadZoneTable();
const isCommon = existsSync(MMDB);
const table = isCommon ? await compileZoneTable({ sources: [{ path: MMDB }] }) : bundled;
const reader = isCommon ? await open(MMDB, { cache: { max: 10_000 } }) : undefined;
const uncached = isCommon ? await open(MMDB, { cache: { max: 1 } }) : undefined;
const gate = await openGate({ table });

let sink = 0;
const over = (list, work) => () => {
  for (let index = 0; index < list.length; index++) sink += work(list[index]);
};
const HOME = new Set(['FR', 'GP', 'MQ', 'GF', 'RE', 'YT', 'MF']);
const isHome = record => (HOME.has(record?.country_code) ? 1 : 0);

/** Peers must say the same as we do before they are timed. */
function checkAnswers() {
  if (reader === undefined) return;
  for (const list of Object.values(CORPORA)) {
    const differing = list.filter(address => {
      const { zone, known } = table.locate(address);
      return known !== 'special-purpose' && zone !== zoneOfTerritory(reader.get(address)?.country_code);
    });
    if (differing.length > 0) throw new Error(`${differing.length} answers differ from maxmind's`);
  }
}

const questions = [];
for (const [family, list] of Object.entries(CORPORA)) {
  questions.push([`net.isIP ${family}`, over(list, address => isIP(address))]);
  questions.push([`locate ${family}`, over(list, address => (table.locate(address).zone === 'home' ? 1 : 0))]);
  questions.push([
    `locate ${family}, bundled table`,
    over(list, address => (bundled.locate(address).zone === 'home' ? 1 : 0)),
  ]);
  if (reader !== undefined) {
    questions.push([`maxmind.get ${family}`, over(list, address => isHome(reader.get(address)))]);
    questions.push([`maxmind.get ${family}, no cache`, over(list, address => isHome(uncached.get(address)))]);
  }
}
const requests = CORPORA.ipv4.map((address, index) => ({ subscriber: `s${index}`, standing: 'verified', address }));
// A loop of its own: through the shared one, every number above 2^31 would be boxed by the harness.
const locateNumbers = () => {
  for (let index = 0; index < numbers.length; index++) sink += table.locateIPv4(numbers[index]).zone === 'home' ? 1 : 0;
};
questions.push(['locateIPv4', locateNumbers]);
questions.push(['decide ipv4', over(requests, request => (gate.decide(request).verdict === 'refused' ? 1 : 0))]);

/** Nanoseconds per operation of one round. */
function timeOnce(name, work) {
  let seconds = Number.NaN;
  new Benchmark(name, work, {
    maxTime: FLOOR ? 0.15 : 0.4,
    minSamples: 3,
    onComplete: ({ target }) => (seconds = target.stats.mean),
  }).run();
  return (seconds * 1e9) / COUNT;
}

const median = values => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Bytes allocated per call, over a million calls on a warm path. */
function bytesPerCall(work) {
  for (let round = 0; round < 5; round++) work();
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < 10; round++) work();
  return Math.max(0, process.memoryUsage().heapUsed - before) / (10 * COUNT);
}

checkAnswers();
const times = new Map(questions.map(([name]) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, work] of questions.toSorted(() => random() - 0.5)) times.get(name).push(timeOnce(name, work));
}
const medians = new Map([...times].map(([name, values]) => [name, median(values)]));
const [{ model }] = cpus();
console.log(`${model}, Node ${process.versions.node}, ${ROUNDS} rounds in shuffled order, medians in ns per operation`);
for (const [name, values] of times) {
  const spread = `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`;
  console.log(`  ${name.padEnd(32)} ${medians.get(name).toFixed(1).padStart(8)}   (${spread})`);
}
const allocated = Object.fromEntries(
  questions.filter(([name]) => /^(locate|decide)/.test(name)).map(([name, work]) => [name, bytesPerCall(work)]),
);
console.log(
  `  bytes allocated per call: ${Object.entries(allocated)
    .map(([name, bytes]) => `${name} ${bytes.toFixed(2)}`)
    .join('; ')}`,
);

/** Ratios within the run, set well under the medians, so that noise does not fail them. */
const FLOORS = [
  ['locate ipv4', 'net.isIP ipv4', 2],
  ['locate ipv6', 'net.isIP ipv6', 3],
  ['maxmind.get ipv4', 'locate ipv4', 1 / 6],
  ['maxmind.get ipv6', 'locate ipv6', 1 / 3],
];
const failures = FLOORS.filter(([one, other]) => medians.has(one) && medians.has(other)).flatMap(
  ([one, other, limit]) => {
    const ratio = medians.get(one) / medians.get(other);
    const isFine = limit >= 1 ? ratio <= limit : ratio >= 1 / limit;
    console.log(
      `  ${one} / ${other}: ${ratio.toFixed(2)} (${limit >= 1 ? 'at most' : 'at least'} ${(limit >= 1 ? limit : 1 / limit).toFixed(1)})`,
    );
    return isFine ? [] : [one];
  },
);
for (const [name, bytes] of Object.entries(allocated)) if (bytes > 0.5) failures.push(`${name} allocates`);
if (FLOOR && failures.length > 0) {
  console.error(`below the floor: ${failures.join(', ')}`);
  process.exitCode = 1;
}
if (sink < 0) console.log(sink);
