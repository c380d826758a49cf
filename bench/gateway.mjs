/**
 * What does the plugin cost a gateway? The same Fastify server with and without it, under wrk, in pairs of runs right after each other, since the same
 * server alone varies by 5 %: the figure is the median of the pairs' ratios. Evidence goes into SQLite. Then: what does a ledger change that is slow,
 * fails or is stuck? Needs `wrk`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MANIFEST, newcomers, requestsOf, SEGMENTS, SUBSCRIBERS, written } from './requests.mjs';
import { load, median, percent, start, stop } from './wrk.mjs';

const SERVER = fileURLToPath(new URL('gateway-server.mjs', import.meta.url));
const FLOOR = process.argv.includes('--floor');
/** Pairs in a row on two servers, and how often both are started anew: a process can be lucky with its memory for as long as it lives. */
const [PAIRS, STARTS] = FLOOR ? [5, 1] : [6, 4];
const SECONDS = 1;
/** Long enough for every subscriber to be seen once, on a machine that is busy elsewhere too. */
const WARM_UP_SECONDS = 5;
const CONNECTIONS = 32;
/** What CI holds: well below the median, since a shared machine is noisy. */
const LEAST_RATIO = 0.85;

/** Rounds of runs on fresh servers of each kind, in turns; answers the figures by kind. */
async function measure(kinds, scripts, folder, check) {
  const runs = Object.fromEntries(kinds.map(kind => [kind, []]));
  for (let fresh = 0; fresh < STARTS; fresh++) {
    const servers = [];
    for (const kind of kinds)
      servers.push({
        kind,
        server: await start([SERVER, kind, mkdtempSync(join(folder, 'store-'))]),
      });
    for (const { server } of servers)
      for (const script of scripts) load(server.origin, script, WARM_UP_SECONDS, CONNECTIONS);
    for (let round = 0; round < PAIRS; round++)
      for (const { kind, server } of round % 2 === 0 ? servers : servers.toReversed())
        runs[kind].push(load(server.origin, scripts.at(-1), SECONDS, CONNECTIONS));
    for (const { kind, server } of servers) check(kind, await stop(server));
  }
  return runs;
}

function tell(title, runs, kinds) {
  console.log(
    `${title}: ${PAIRS * STARTS} runs of ${SECONDS} s each, in turns, ${CONNECTIONS} connections`,
  );
  for (const kind of kinds) {
    const [rate, p99] = ['rate', 'p99'].map(figure => median(runs[kind].map(run => run[figure])));
    console.log(
      `  ${kind.padEnd(8)} ${rate.toFixed(0).padStart(7)} requests/s, p99 ${p99.toFixed(2).padStart(6)} ms`,
    );
  }
}

/** The plugin against the same server without it; each subscriber is new once a day, and what is measured is the rest of the day. */
async function comparePlugin(title, paths, folder) {
  const scripts = [[MANIFEST], paths].map((each, n) =>
    written(folder, `requests-${n}.lua`, requestsOf(each)),
  );
  const runs = await measure(['bare', 'well'], scripts, folder, (kind, said) => {
    if (kind === 'bare') return;
    const { decided, recorded, alreadyKnown } = JSON.parse(said);
    if (recorded !== SUBSCRIBERS || decided !== recorded + alreadyKnown)
      throw new Error('evidence is missing');
  });
  tell(title, runs, ['bare', 'well']);
  const ratios = runs.well.map(({ rate }, n) => rate / runs.bare[n].rate).toSorted((a, b) => a - b);
  const [least, most] = [ratios.at(0), ratios.at(-1)].map(percent);
  console.log(
    `  throughput with the plugin: ${percent(median(ratios))} of that without, median of the pairs (${least} to ${most})`,
  );
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
    (kind, said) => {
      counts[kind] = JSON.parse(said);
    },
  );
  tell('newcomers alone, by the state of the ledger', runs, kinds);
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
