/** What does evidence cost? decide with a ledger, 50,000 and 1,000,000 subscribers, fresh strings as a server sees them; cards per second. */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadZoneTable, openGate, openKeyring } from '../dist/index.js';
import { openSqliteLedger } from '../dist/sqlite.js';

const FLOOR = process.argv.includes('--floor');
const ROUNDS = FLOOR ? 5 : 11;
const CALLS = 500_000;
const ADDRESSES = ['90.12.34.56', '80.58.61.250', '193.252.19.3', '86.200.1.2', '84.208.7.9'].map(text =>
  Buffer.from(text),
);
const median = values => values.toSorted((a, b) => a - b)[values.length >> 1];
const nanoseconds = (from, count) => ((performance.now() - from) / count) * 1e6;

/** Identifiers of 36 characters, as bytes: each request makes its strings anew, as a server does that reads them from a socket. */
const identifiers = count =>
  Array.from({ length: count }, (_, n) =>
    Buffer.from(`3f2a77c0-9b1e-4d0a-8f00-${String((n * 2654435761) % 2 ** 32).padStart(12, '0')}`),
  );

const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const table = await loadZoneTable();
let sink = 0;
let files = 0;

async function measure(subscribers) {
  const ids = identifiers(subscribers);
  const keyring = await openKeyring(join(folder, 'keys'));
  const ledger = await openSqliteLedger(join(folder, `${++files}.db`));
  const gate = await openGate({ table, evidence: { ledger, keyring, subscribers, queue: subscribers } });
  const decide = (subscriber, address) =>
    gate.decide({ subscriber, standing: 'verified', address }).verdict === 'refused' ? 1 : 0;
  const start = performance.now();
  for (let n = 0; n < subscribers; n++) sink += decide(ids[n].latin1Slice(), ADDRESSES[n % 5].latin1Slice());
  const first = nanoseconds(start, subscribers);
  const draining = performance.now();
  await gate.flush();
  const cards = gate.health().evidence.recorded;
  const perSecond = (cards / (performance.now() - draining)) * 1000;
  const [whole, strings] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const [a, b] = [performance.now(), 0];
    for (let n = 0; n < CALLS; n++)
      sink += ids[(n * 7919) % subscribers].latin1Slice().length + ADDRESSES[n % 5].latin1Slice().length + b;
    strings.push(nanoseconds(a, CALLS));
    const c = performance.now();
    for (let n = 0; n < CALLS; n++) {
      const index = (n * 7919) % subscribers;
      sink += decide(ids[index].latin1Slice(), ADDRESSES[index % 5].latin1Slice());
    }
    whole.push(nanoseconds(c, CALLS));
  }
  const bytes = allocated(gate, ids);
  const { alreadyKnown } = gate.health().evidence;
  await gate.close();
  await ledger.close();
  return { first, perSecond, cards, whole: median(whole), strings: median(strings), bytes, alreadyKnown };
}

/** Bytes per call for subscribers known that day, the request and its strings made beforehand. */
function allocated(gate, ids) {
  const requests = Array.from({ length: 50_000 }, (_, n) => ({
    subscriber: ids[n % ids.length].latin1Slice(),
    standing: 'verified',
    address: ADDRESSES[(n % ids.length) % 5].latin1Slice(),
  }));
  const all = () => {
    for (let n = 0; n < requests.length; n++) sink += gate.decide(requests[n]).verdict === 'refused' ? 1 : 0;
  };
  for (let round = 0; round < 10; round++) all();
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < 20; round++) all();
  return Math.max(0, process.memoryUsage().heapUsed - before) / (20 * requests.length);
}

console.log(`${cpus()[0].model}, Node ${process.versions.node}, ${ROUNDS} rounds, medians`);
const failures = [];
for (const subscribers of FLOOR ? [50_000] : [50_000, 1_000_000]) {
  const { first, perSecond, cards, whole, strings, bytes } = await measure(subscribers);
  const net = whole - strings;
  console.log(`  ${subscribers.toLocaleString('en')} subscribers`);
  console.log(
    `    decide, evidence on, fresh strings   ${net.toFixed(0)} ns = ${(1000 / net).toFixed(1)} million a second (${whole.toFixed(0)} ns with the making of the strings, ${strings.toFixed(0)} ns)`,
  );
  console.log(`    first sight of a subscriber that day ${first.toFixed(0)} ns`);
  console.log(
    `    cards into SQLite                    ${Math.round(perSecond).toLocaleString('en')} a second (${cards.toLocaleString('en')} of them)`,
  );
  console.log(`    bytes allocated per known call       ${bytes.toFixed(2)}`);
  if (bytes > 0.5) failures.push('decide with evidence allocates');
  if (net > 1000) failures.push('decide with evidence takes over a microsecond');
}
rmSync(folder, { recursive: true });
if (FLOOR && failures.length > 0) {
  console.error(`below the floor: ${failures.join(', ')}`);
  process.exitCode = 1;
}
if (sink < 0) console.log(sink);
