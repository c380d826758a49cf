/**
 * Measures standings that are not in memory: a gate after a restart beside a loop that reads each
 * dossier and each exception by itself and replays the dossier, on the same SQLite file.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGate, openKeyring, parseEvent, standingAt } from '../dist/index.js';
import { openSqliteLedger } from '../dist/sqlite.js';
import { fillDossiers } from './dossiers.mjs';
import { FLOOR, median, report } from './harness.mjs';

const [ROUNDS, COUNT] = FLOOR ? [3, 2000] : [7, 20_000];
const TODAY = new Date().toISOString().slice(0, 10);
const folder = mkdtempSync(join(tmpdir(), 'bench-standings-'));
const ledger = await openSqliteLedger(join(folder, 'ledger.db'));
const keyring = await openKeyring(join(folder, 'keys'));
await fillDossiers(ledger, keyring, COUNT);

const perSecond = began => (COUNT * 1000) / (performance.now() - began);

async function together() {
  const gate = await openGate({ evidence: { ledger, keyring, purges: false } });
  const began = performance.now();
  await Promise.all(Array.from({ length: COUNT }, (_, n) => gate.loadStanding(`s${n}`)));
  const rate = perSecond(began);
  await gate.close();
  return rate;
}

async function oneByOne() {
  const began = performance.now();
  const load = async subscriber => {
    const pseudonym = keyring.personPseudonym(subscriber);
    const [[row], exceptions] = await Promise.all([
      ledger.personRecords.read('dossiers', { pseudonym }),
      ledger.personRecords.read('exceptions', { pseudonym }),
    ]);
    const { standing } = standingAt({ events: JSON.parse(row.events).map(parseEvent) }, TODAY);
    return { standing, exceptions };
  };
  await Promise.all(Array.from({ length: COUNT }, (_, n) => load(`s${n}`)));
  return perSecond(began);
}

const figures = { together: [], alone: [] };
for (let round = 0; round < ROUNDS; round++) {
  figures.together.push(await together());
  figures.alone.push(await oneByOne());
}
await ledger.close();
rmSync(folder, { recursive: true, force: true });
const row = (name, values, more) => ({
  name,
  value: median(values),
  least: Math.min(...values),
  most: Math.max(...values),
  ...more,
});
const value = median(figures.together.map((rate, round) => rate / figures.alone[round]));
report([
  {
    title: 'Standings that are not in memory',
    unit: `standings a second, ${COUNT.toLocaleString('en')} at once, SQLite`,
    rows: [
      row('gate.loadStanding', figures.together, { ours: true }),
      row('two reads and a replay each', figures.alone),
    ],
    ratios: [
      {
        name: 'read together / one by one',
        value,
        floor: 'at least 2',
        isFine: value >= 2,
      },
    ],
  },
]);
