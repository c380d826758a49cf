/** How many cards does the embedded ledger take? Our batches beside inserts row by row with the same driver and the same durability, in the same run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryLedger } from '../dist/ledger.js';
import { openSqliteLedger } from '../dist/sqlite.js';
import { freshCards as cards } from './corpora.mjs';
import { FLOOR, median, report } from './harness.mjs';

const Database = createRequire(import.meta.url)('better-sqlite3');
const [ROUNDS, BATCHES, BATCH, ALONE] = FLOOR ? [2, 4, 1000, 100] : [7, 20, 4096, 1000];

const perSecond = (count, began) => (count * 1000) / (performance.now() - began);

async function batched(ledger) {
  const batches = Array.from({ length: BATCHES }, () => ({
    cards: cards(BATCH),
    accesses: [],
    tally: [],
    editions: [],
  }));
  const began = performance.now();
  for (const batch of batches) await ledger.write(batch);
  return perSecond(BATCHES * BATCH, began);
}

/** What is written without a second thought: one upsert, one transaction, as durable. */
function rowByRow(database) {
  const upsert = database.prepare(
    `INSERT INTO cards VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET home = home | excluded.home, outside = outside | excluded.outside`,
  );
  const rows = cards(ALONE);
  const began = performance.now();
  for (const { month, pseudonym, homeDays, outsideDays } of rows)
    upsert.run(month, Buffer.from(pseudonym, 'hex'), homeDays, outsideDays);
  return perSecond(ALONE, began);
}

const folder = mkdtempSync(join(tmpdir(), 'bench-ledger-'));
const sqlite = await openSqliteLedger(join(folder, 'ledger.db'));
const memory = memoryLedger();
const plain = new Database(join(folder, 'plain.db'));
plain.pragma('journal_mode = WAL');
plain.pragma('synchronous = FULL');
plain.exec(
  'CREATE TABLE cards (month TEXT, pseudonym BLOB, home INT, outside INT, PRIMARY KEY (month, pseudonym)) WITHOUT ROWID',
);
const figures = { sqlite: [], alone: [], memory: [] };
for (let round = 0; round < ROUNDS; round++) {
  figures.sqlite.push(await batched(sqlite));
  figures.alone.push(rowByRow(plain));
  figures.memory.push(await batched(memory));
}
await sqlite.close();
plain.close();
rmSync(folder, { recursive: true, force: true });
const row = (name, values, more) => ({
  name,
  value: median(values),
  least: Math.min(...values),
  most: Math.max(...values),
  ...more,
});
const value = median(figures.sqlite.map((rate, round) => rate / figures.alone[round]));
report([
  {
    title: `Cards into the ledger, in batches of ${BATCH.toLocaleString('en')}`,
    unit: 'cards a second, durable but in memory',
    rows: [
      row('SQLite', figures.sqlite, { ours: true }),
      row('better-sqlite3, a row a transaction', figures.alone),
      row('in memory', figures.memory),
    ],
    ratios: [
      { name: 'SQLite in batches / row by row', value, floor: 'at least 2', isFine: value >= 2 },
    ],
    facts: { cardsPerSecond: median(figures.sqlite) },
  },
]);
