/**
 * What does the plugin cost a gateway? The same Fastify server with and without it, under wrk, in pairs of runs right after each other, since the same
 * server alone varies by 5 %: the figure is the median of the pairs' ratios. Evidence goes into SQLite. Then: what does a ledger change that is slow,
 * fails or is stuck? Needs `wrk`. Where the microseconds go: bench/gateway-parts.mjs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MANIFEST, newcomers, requestsOf, SEGMENTS, SUBSCRIBERS, written } from './requests.mjs';
import {
  EXPLANATION,
  loadOnFreshServers,
  median,
  percent,
  printedRatio,
  printRuns,
  ratiosOf,
} from './wrk.mjs';

const SERVER = fileURLToPath(new URL('gateway-server.mjs', import.meta.url));
const FLOOR = process.argv.includes('--floor');
/** Rounds on the same servers, and how often the servers are started again: a process can be lucky with its memory for as long as it lives. */
const PLUGIN = FLOOR ? { rounds: 5, starts: 1 } : { rounds: 6, starts: 10 };
const LEDGERS = { rounds: 6, starts: 4 };
/** The warm-up is long enough for every subscriber to be seen once, on a machine that is busy elsewhere too. */
const LOAD = { seconds: 1, warmUpSeconds: 3, connections: 32 };
/** What CI holds: well below the median, since a shared machine is noisy. */
const LEAST_RATIO = 0.85;

/** Loads fresh servers of each kind; returns the figures by kind. */
const measure = (kinds, scripts, folder, counts, check) => {
  const argsOf = kind => [SERVER, kind, mkdtempSync(join(folder, 'store-'))];
  return loadOnFreshServers(kinds, argsOf, scripts, { ...LOAD, ...counts }, check);
};

function tell(title, { rounds, starts }, runs) {
  const { seconds, connections } = LOAD;
  console.log(
    `${title}: ${rounds * starts} runs of ${seconds} s each, in turns, over ${starts} starts, ${connections} connections`,
  );
  printRuns(runs);
}

/** The plugin against the same server without it; each subscriber is new once a day, and what is measured is the rest of the day. */
async function comparePlugin(title, paths, folder) {
  const manifests = written(folder, 'manifests.lua', requestsOf([MANIFEST]));
  const scripts =
    paths.length === 1
      ? [manifests]
      : [manifests, written(folder, 'programme.lua', requestsOf(paths))];
  const runs = await measure(['bare', 'well'], scripts, folder, PLUGIN, (kind, said) => {
    if (kind === 'bare') return;
    const { decided, recorded, alreadyKnown } = JSON.parse(said);
    if (recorded !== SUBSCRIBERS || decided !== recorded + alreadyKnown)
      throw new Error('evidence is missing');
  });
  tell(title, PLUGIN, runs);
  const ratios = ratiosOf(runs, 'well', 'bare');
  console.log(`  throughput with the plugin: ${printedRatio(ratios, 'without')}`);
  return median(ratios);
}

/** Ledgers that are not well against one that is, under newcomers alone. */
async function compareLedgers(folder) {
  const kinds = ['well', 'slow', 'failing', 'stuck'];
  const counts = {};
  const runs = await measure(
    kinds,
    [written(folder, 'newcomers.lua', newcomers())],
    folder,
    LEDGERS,
    (kind, said) => {
      counts[kind] = JSON.parse(said);
    },
  );
  tell('newcomers alone, by the state of the ledger', LEDGERS, runs);
  for (const kind of kinds) {
    const { decided, recorded, alreadyKnown, pending, failed } = counts[kind];
    const told = recorded + alreadyKnown + pending + failed.ledger + failed.memory;
    if (told !== decided) throw new Error(`${kind}: the counts do not add up`);
    console.log(
      `  ${kind.padEnd(8)} ${decided} decided = ${recorded} recorded, ${pending} pending, ${failed.ledger} failed, ${failed.memory} without room`,
    );
  }
}

const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
try {
  console.log(EXPLANATION);
  const ratio = await comparePlugin(
    'a programme, ten segments of 1 MB a manifest',
    [MANIFEST, ...SEGMENTS],
    folder,
  );
  if (!FLOOR) {
    await comparePlugin('manifests alone, the dearest case', [MANIFEST], folder);
    await compareLedgers(folder);
  } else if (ratio < LEAST_RATIO) {
    console.error(`below the floor of ${percent(LEAST_RATIO)}`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
