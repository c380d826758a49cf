/**
 * Where do the microseconds of the plugin go? The same Fastify server under wrk, with a hook in the plugin's place that does one thing more from kind to
 * kind: an elimination series, on manifests alone, the dearest case. Each kind is compared with the server that has no hook, in runs of the same round.
 * Needs `wrk`.
 * `--rounds N`: rounds on the same servers; `--starts N`: how often they are started again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MANIFEST, requestsOf, SUBSCRIBERS, written } from './requests.mjs';
import {
  EXPLANATION,
  loadOnFreshServers,
  median,
  percent,
  printRuns,
  quantile,
  ratiosOf,
} from './wrk.mjs';

const SERVER = fileURLToPath(new URL('gateway-parts-server.mjs', import.meta.url));
const { values: given } = parseArgs({
  options: {
    rounds: { type: 'string', default: '4' },
    starts: { type: 'string', default: '10' },
  },
});
const SETTINGS = {
  rounds: Number(given.rounds),
  starts: Number(given.starts),
  seconds: 1,
  warmUpSeconds: 3,
  connections: 32,
};
/** Each part does what the one before it does, and one thing more; the plugin does it all by itself. */
const PARTS = [
  'bare',
  'empty hook',
  'peer and header read',
  'address found',
  'located',
  'decide, without evidence',
  'decide, with evidence',
  'plugin, without evidence',
  'plugin, with evidence',
];
const DECIDING = /^(decide|plugin),/;

/** Whoever decides has decided every request alike. */
function check(part, said) {
  const { decided, decisions, evidence } = JSON.parse(said);
  if (!DECIDING.test(part)) return;
  const granted = decisions['present-at-home'] + decisions['temporarily-abroad'];
  if (decided === 0 || granted !== decided)
    throw new Error(`${part}: not every request was granted`);
  if (evidence !== undefined && evidence.recorded !== SUBSCRIBERS)
    throw new Error(`${part}: evidence is missing`);
}

const signed = value => `${value < 0 ? '' : '+'}${value.toFixed(2)}`;

/** What a part costs more than the bare server in the same round. */
function tellDifference(runs, part) {
  const ratios = ratiosOf(runs, part, 'bare');
  const differences = runs[part].map(({ processor }, run) => processor - runs.bare[run].processor);
  const [ratio, least, most] = [0.5, 0.25, 0.75].map(share => percent(quantile(ratios, share)));
  const [lower, upper] = [0.25, 0.75].map(share => signed(quantile(differences, share)));
  console.log(
    `  ${part.padEnd(24)} ${ratio} of the throughput (${least} to ${most}), ${signed(median(differences))} µs of processor a request (${lower} to ${upper})`,
  );
}

const folder = mkdtempSync(join(tmpdir(), 'gateway-parts-'));
try {
  const argsOf = part => [SERVER, part, mkdtempSync(join(folder, 'store-'))];
  const script = written(folder, 'requests.lua', requestsOf([MANIFEST]));
  const runs = await loadOnFreshServers(PARTS, argsOf, [script], SETTINGS, check);
  const { rounds, starts, seconds, connections } = SETTINGS;
  console.log(EXPLANATION);
  console.log(
    `the parts of the plugin, manifests alone: ${rounds * starts} runs of ${seconds} s each, in turns, over ${starts} starts, ${connections} connections`,
  );
  printRuns(runs);
  console.log('compared with bare in the same round, medians, quartiles in brackets');
  for (const part of PARTS.slice(1)) tellDifference(runs, part);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
