/**
 * What does a decision cost with its evidence? 50,000 and 1,000,000 subscribers, fresh strings as a server sees them, their making measured in the same
 * run and taken off; beside the stack that a team would write by hand: maxmind, a set of codes, HMAC and a line of pino for each request.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadZoneTable, openGate, openKeyring } from '../dist/index.js';
import { openSqliteLedger } from '../dist/sqlite.js';
import { FLOOR, measure, ratio, report } from './harness.mjs';
import { MMDB, zoneOfCode } from './peers.mjs';

const require = createRequire(import.meta.url);
const COUNT = 50_000;
const ADDRESSES = ['90.12.34.56', '80.58.61.250', '193.252.19.3', '86.200.1.2', '84.208.7.9'].map(
  text => Buffer.from(text),
);

/** Identifiers of 36 characters, as bytes: each request makes its strings anew, as a server does that reads them from a socket. */
const identifiers = count =>
  Array.from({ length: count }, (_, n) =>
    Buffer.from(`3f2a77c0-9b1e-4d0a-8f00-${String((n * 2654435761) % 2 ** 32).padStart(12, '0')}`),
  );

const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const table = await loadZoneTable();
const KEY = randomBytes(32);
let sink = 0;

/** A loop over fresh strings; each round goes on where the last one ended. */
function overFresh(ids, work) {
  let n = 0;
  return {
    count: COUNT,
    work: () => {
      for (let call = 0; call < COUNT; call++) {
        const index = (n++ * 7919) % ids.length;
        sink += work(ids[index].latin1Slice(), ADDRESSES[index % 5].latin1Slice());
      }
    },
  };
}

/** What a team would write by hand. */
async function handWritten() {
  if (!existsSync(MMDB)) return undefined;
  try {
    const reader = await require('maxmind').open(MMDB, { cache: { max: 10_000 } });
    const pino = require('pino');
    const log = pino(pino.destination({ dest: join(folder, 'access.log'), sync: false }));
    return (subscriber, address) => {
      const zone = zoneOfCode(reader.get(address)?.country_code);
      const granted = zone === 'home' || zone === 'eea';
      const pseudonym = createHmac('sha256', KEY).update(subscriber).digest('hex');
      log.info({ pseudonym, zone, granted }, 'access');
      return granted ? 0 : 1;
    };
  } catch {
    return undefined;
  }
}

/** A gate with a ledger on which everybody has been seen once today, and what that cost. */
async function openSeen(ids) {
  const keyring = await openKeyring(join(folder, 'keys'));
  const ledger = await openSqliteLedger(join(folder, `${ids.length}.db`));
  const gate = await openGate({
    table,
    evidence: {
      ledger,
      keyring,
      memoryMegabytes: Math.max(1, Math.ceil((ids.length * 48) / 1e6)),
      queueMegabytes: 4096,
    },
  });
  const decide = (subscriber, address) =>
    gate.decide({ subscriber, standing: 'verified', address }).verdict === 'refused' ? 1 : 0;
  const began = performance.now();
  for (let n = 0; n < ids.length; n++)
    sink += decide(ids[n].latin1Slice(), ADDRESSES[n % 5].latin1Slice());
  const first = ((performance.now() - began) * 1e6) / ids.length;
  await gate.flush();
  return { gate, ledger, decide, first };
}

function questionsOf(ids, { gate, decide }, byHand) {
  // A plain literal, as a caller writes it: a spread makes an object of another shape, and reading that one costs more than the decision.
  const known = Array.from({ length: COUNT }, (_, n) => ({
    subscriber: ids[n % ids.length].latin1Slice(),
    standing: 'verified',
    address: ADDRESSES[(n % ids.length) % 5].latin1Slice(),
  }));
  const beforehand = () => {
    for (let n = 0; n < COUNT; n++) sink += gate.decide(known[n]).verdict === 'refused' ? 1 : 0;
  };
  return [
    {
      name: STRINGS,
      ...overFresh(ids, (subscriber, address) => subscriber.length + address.length),
    },
    { name: `gate.decide${WITH}`, ...overFresh(ids, decide) },
    { name: 'gate.decide, request made beforehand', ours: true, count: COUNT, work: beforehand },
    { name: `one HMAC${WITH}`, ...overFresh(ids, one) },
    ...(byHand === undefined ? [] : [{ name: `by hand${WITH}`, ...overFresh(ids, byHand) }]),
  ];
}

/** What a pseudonym costs that is made anew for each request: the least that writing evidence without a memory of the day takes. */
const one = (subscriber, address) =>
  createHmac('sha256', KEY).update(subscriber).digest().length + address.length;

const STRINGS = 'the strings alone';
const WITH = ' with the strings';
const NET = ', strings taken off';

async function compare(subscribers, byHand) {
  const ids = identifiers(subscribers);
  const seen = await openSeen(ids);
  const rows = await measure(questionsOf(ids, seen, byHand));
  const of = name => rows.find(row => row.name === name)?.value;
  for (const name of ['gate.decide', 'one HMAC', 'by hand'])
    if (of(name + WITH) !== undefined)
      rows.push({ name: name + NET, value: of(name + WITH) - of(STRINGS) });
  const [{ bytes }] = rows.filter(({ ours }) => ours);
  const cost = of(`gate.decide${NET}`);
  const { gate, ledger, first } = seen;
  await gate.close();
  await ledger.close();
  return {
    title: `Decide with evidence, ${subscribers.toLocaleString('en')} subscribers`,
    unit: 'ns a decision',
    rows,
    notes: [
      `${(1000 / cost).toFixed(1)} million decisions a second`,
      `first sight of a subscriber that day: ${first.toFixed(0)} ns`,
    ],
    facts: { subscribers, cost, first },
    ratios: [
      ...ratio(rows, 'one HMAC / gate.decide', `one HMAC${NET}`, `gate.decide${NET}`, { least: 2 }),
      ...ratio(rows, 'by hand / gate.decide', `by hand${NET}`, `gate.decide${NET}`),
    ],
    failures: bytes >= 0.5 ? [`decide with evidence allocates ${bytes.toFixed(2)} bytes`] : [],
  };
}

const byHand = FLOOR ? undefined : await handWritten();
const results = [];
for (const subscribers of FLOOR ? [50_000] : [50_000, 1_000_000])
  results.push(await compare(subscribers, byHand));
report(results);
if (sink < 0) console.log(sink);
// The log of the stack by hand may still be written.
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
