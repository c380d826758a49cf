/**
 * What does a day come to? A tenth of a service of ten million subscribers, a made-up day with twenty requests for each, through a gate with evidence
 * in SQLite: processor time, memory, the ledger's file, writes. The whole is what the measured parts say for ten times that.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadZoneTable, openGate, openKeyring } from '../dist/index.js';
import { openSqliteLedger } from '../dist/sqlite.js';
import { flat, randomFrom } from './corpora.mjs';
import { FLOOR, report } from './harness.mjs';

const SUBSCRIBERS = FLOOR ? 20_000 : 1_000_000;
const REQUESTS = 20;
const TURN = 20_000;
const random = randomFrom(11);
const HOME = ['193.252.19.3', '90.12.34.56', '86.200.1.2'].map(flat);
const ABROAD = flat('80.58.61.250');
const addressOf = subscriber => (subscriber % 33 === 0 ? ABROAD : HOME[subscriber % 3]);
const turn = () => new Promise(resolve => setImmediate(resolve));

const folder = mkdtempSync(join(tmpdir(), 'day-'));
const keyring = await openKeyring(join(folder, 'keys'));
const ledger = await openSqliteLedger(join(folder, 'ledger.db'));
const before = process.memoryUsage().rss;
const gate = await openGate({
  table: await loadZoneTable(),
  evidence: { ledger, keyring, memoryMegabytes: Math.max(1, Math.ceil((SUBSCRIBERS * 48) / 1e6)) },
});
const began = performance.now();
const processor = process.cpuUsage();
let batches = 0;
gate.onBatch(() => batches++);
const order = Uint32Array.from({ length: SUBSCRIBERS * REQUESTS }, () =>
  Math.floor(random() * SUBSCRIBERS),
);
for (let n = 0; n < order.length; n++) {
  const subscriber = order[n];
  gate.decide({
    subscriber: flat(`account-${subscriber}`),
    standing: 'verified',
    address: addressOf(subscriber),
  });
  // A gateway waits for its sockets between two requests: so must this loop, or nothing would ever be written.
  if (n % TURN === 0) await turn();
  if (n % TURN === 0 && gate.health().evidence.pending > 50_000) await gate.flush();
}
await gate.flush();
const { user, system } = process.cpuUsage(processor);
const { evidence } = gate.health();
const resident = process.memoryUsage().rss - before - order.byteLength;
await gate.close();
await ledger.close();
const bytes = readdirSync(folder).reduce(
  (sum, name) => sum + (name === 'keys' ? 0 : statSync(join(folder, name)).size),
  0,
);
rmSync(folder, { recursive: true });
const row = (name, value) => ({ name, value });
report([
  {
    title: `A day of ${SUBSCRIBERS.toLocaleString('en')} subscribers, ${REQUESTS} requests each`,
    unit: 'as named',
    rows: [
      row('processor time, seconds', (user + system) / 1e6),
      row('the same for a decision, microseconds', (user + system) / order.length),
      row('wall time, seconds', (performance.now() - began) / 1000),
      row('memory beside the process itself, MB', resident / 1e6),
      row('ledger on disk, MB', bytes / 1e6),
      row('bytes a card', bytes / evidence.recorded),
      row('batches written', batches),
      row('records a batch', evidence.recorded / batches),
    ],
    notes: [
      `${evidence.decided} decided = ${evidence.recorded} recorded + ${evidence.alreadyKnown} known already, ${evidence.failed.memory} without room`,
    ],
    facts: {
      day: {
        subscribers: SUBSCRIBERS,
        processor: (user + system) / 1e6,
        resident,
        bytes,
        recorded: evidence.recorded,
        decided: evidence.decided,
      },
    },
  },
]);
