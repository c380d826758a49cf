/**
 * Measures a day with more subscribers than the recorder remembers: decisions a second below and
 * beyond the bound, the memory of who was seen, the longest pause of a decision, and what was lost.
 * Run with the number of subscribers: `node bench/forget.mjs 10000000`.
 */
import { cpus } from 'node:os';
import { openGate, openSuppliedKeyring } from '../dist/index.js';

const COUNT = Number(process.argv[2] ?? 1_000_000);
/** Decisions between two waits for the ledger, so that the queue is never full. */
const PIECE = 50_000;
const EMPTY = async () => [];

/** A ledger that keeps nothing, so that the recorder is measured and not a disk. */
const ledger = new Proxy(
  {},
  {
    get: (_, name) => {
      if (name === 'kind') return 'none';
      if (name === 'personRecords') return ledger;
      if (name === 'keyChecks') return async () => ({});
      if (name === 'purgeBefore') return async () => ({ cards: 0, accesses: 0 });
      if (name === 'spooled' || name === 'spoolSize' || name === 'keepMonths' || name === 'then')
        return undefined;
      if (name === 'journalHead') return async () => undefined;
      return EMPTY;
    },
  },
);
const keyring = await openSuppliedKeyring({ key: async () => Buffer.alloc(32, 1) });

async function measure(memoryMegabytes) {
  const gate = await openGate({ evidence: { ledger, keyring, memoryMegabytes, purges: false } });
  let longest = 0;
  let busy = 0;
  for (let from = 0; from < COUNT; from += PIECE) {
    const began = performance.now();
    let last = began;
    for (let n = from; n < Math.min(COUNT, from + PIECE); n++) {
      gate.decide({ subscriber: `s${n}`, standing: 'verified', address: '80.58.61.250' });
      if ((n & 15) !== 0) continue;
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }
    busy += performance.now() - began;
    await gate.flush();
  }
  const { recorded, failed, memory } = gate.health().evidence;
  await gate.close();
  const lost = Object.values(failed).reduce((sum, count) => sum + count, 0);
  const rate = Math.round((COUNT * 1000) / busy).toLocaleString('en');
  console.log(
    `${memoryMegabytes} MB: ${rate} new subscribers a second, ${recorded.toLocaleString('en')} recorded, ${lost} lost, ${memory.forgotten.toLocaleString('en')} forgotten, memory ${(memory.bytes / 1e6).toFixed(1)} MB, longest 16 decisions ${longest.toFixed(2)} ms`,
  );
}

console.log(
  `${new Date().toISOString().slice(0, 10)}, ${cpus()[0].model}, ${cpus().length} cores, Node ${process.versions.node}; ${COUNT.toLocaleString('en')} subscribers in a day`,
);
for (const megabytes of [512, 32]) await measure(megabytes);
