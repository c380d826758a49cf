/**
 * What does the plugin cost a gateway? The same Fastify server with and without it, under wrk, in pairs of runs right after each other, since the same
 * server alone varies by 5 %: the figure is the median of the pairs' ratios. Evidence goes into SQLite. Needs `wrk`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadZoneTable, openGate, openKeyring } from '../dist/index.js';
import { openSqliteLedger } from '../dist/sqlite.js';
import { buildGateway } from '../docs/gateway/example.mjs';

const ME = fileURLToPath(import.meta.url);
const FLOOR = process.argv.includes('--floor');
/** Pairs in a row on two servers, and how often both are started anew: a process can be lucky with its memory for as long as it lives. */
const [PAIRS, STARTS] = FLOOR ? [4, 2] : [6, 4];
const SECONDS = FLOOR ? 1 : 2;
const CONNECTIONS = 32;
const SUBSCRIBERS = 5000;
/** What CI holds: well below the median, since a shared machine is noisy. */
const LEAST_RATIO = 0.9;

async function serve(kind, folder) {
  const ledger = kind === 'guarded' && (await openSqliteLedger(join(folder, 'ledger.db')));
  const keyring = ledger && (await openKeyring(join(folder, 'keys')));
  const gate = ledger ? await openGate({ evidence: { ledger, keyring } }) : undefined;
  const app = await buildGateway({ gate, standing: () => 'verified' });
  process.once('SIGTERM', async () => {
    await app.close();
    await gate?.close();
    if (ledger) console.log(JSON.stringify(gate.health().evidence));
    await ledger?.close?.();
  });
  console.log(await app.listen({ host: '127.0.0.1', port: 0 }));
}

/** Requests of subscribers at home and abroad, all of them granted: what is served is the same with and without the plugin. */
async function requestsOf(paths) {
  const table = await loadZoneTable();
  const addresses = [];
  for (let n = 0; addresses.length < SUBSCRIBERS; n++) {
    const address = `${n % 10 === 0 ? '80.58' : '193.252'}.${(n >> 8) % 256}.${n % 256}`;
    const { zone, disputed } = table.locate(address);
    if (['home', 'eea'].includes(zone) && !disputed) addresses.push(address);
  }
  const lines = addresses.map((address, n) => `{"${paths[n % paths.length]}", "${address}", "session=s${n}"}`);
  return `
local given = { ${lines.join(',\n')} }
local requests = {}
local n = 0
init = function()
  for i, r in ipairs(given) do requests[i] = wrk.format("GET", r[1], { ["X-Forwarded-For"] = r[2], ["Cookie"] = r[3] }) end
end
request = function()
  n = n % #requests + 1
  return requests[n]
end
`;
}

const hasTaskset = spawnSync('taskset', ['-V']).status === 0 && cpus().length > 1;
/** Server and load each on a core of its own, so that the figure is the server's. */
const pinned = (core, command, args) =>
  hasTaskset ? ['taskset', ['-c', String(core), command, ...args]] : [command, args];

async function start(kind, folder) {
  const [command, args] = pinned(0, process.execPath, [ME, '--serve', kind, folder]);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { origin: line.trim(), child };
}

async function stop({ child }) {
  let said = '';
  child.stdout.on('data', chunk => {
    said += chunk;
  });
  child.kill('SIGTERM');
  await once(child, 'exit');
  return said;
}

const UNITS = { us: 1e-3, ms: 1, s: 1e3 };

function load(origin, script, seconds) {
  const [command, args] = pinned(1, 'wrk', [
    '-t1',
    `-c${CONNECTIONS}`,
    `-d${seconds}s`,
    '--latency',
    '-s',
    script,
    origin,
  ]);
  const { stdout, status } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error('wrk is needed: apt-get install wrk');
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`not everything was served:\n${stdout}`);
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)\b/.exec(stdout);
  return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]), p99: Number(p99) * UNITS[unit] };
}

const median = values => values.toSorted((a, b) => a - b)[values.length >> 1];
const percent = value => `${(100 * value).toFixed(1)} %`;

/** Pairs of runs on two fresh servers. */
async function pairsOf(scripts, folder, runs) {
  const home = mkdtempSync(join(folder, 'store-'));
  const servers = { guarded: await start('guarded', home), bare: await start('bare', home) };
  // Each subscriber is new once a day: what is measured is the rest of the day.
  for (const { origin } of Object.values(servers)) for (const script of scripts) load(origin, script, 2);
  for (let pair = 0; pair < PAIRS; pair++) {
    const order = pair % 2 === 0 ? ['guarded', 'bare'] : ['bare', 'guarded'];
    for (const kind of order) runs[kind].push(load(servers[kind].origin, scripts.at(-1), SECONDS));
  }
  await stop(servers.bare);
  const { decided, recorded, alreadyKnown } = JSON.parse(await stop(servers.guarded));
  if (recorded !== SUBSCRIBERS || decided !== recorded + alreadyKnown) throw new Error('evidence is missing');
}

async function compare(name, paths, folder) {
  const scripts = [['/hls/master.m3u8'], paths].map((each, n) => [join(folder, `requests-${n}.lua`), each]);
  for (const [file, each] of scripts) writeFileSync(file, await requestsOf(each));
  const runs = { guarded: [], bare: [] };
  for (let round = 0; round < STARTS; round++)
    await pairsOf(
      scripts.map(([file]) => file),
      folder,
      runs,
    );
  const ratios = runs.guarded.map(({ rate }, n) => rate / runs.bare[n].rate).toSorted((a, b) => a - b);
  console.log(
    `${name}: ${ratios.length} pairs of ${SECONDS} s, ${CONNECTIONS} connections, ${SUBSCRIBERS} subscribers`,
  );
  for (const kind of ['bare', 'guarded']) {
    const [rate, p99] = ['rate', 'p99'].map(figure => median(runs[kind].map(run => run[figure])));
    console.log(`  ${kind.padEnd(8)} ${rate.toFixed(0).padStart(7)} requests/s, p99 ${p99.toFixed(2)} ms`);
  }
  const ratio = median(ratios);
  const [least, most] = [ratios.at(0), ratios.at(-1)].map(percent);
  console.log(
    `  throughput with the plugin: ${percent(ratio)} of that without, median of the pairs (${least} to ${most})`,
  );
  return ratio;
}

const serving = process.argv.indexOf('--serve');
if (serving > 0) await serve(...process.argv.slice(serving + 1));
else {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  try {
    const segments = Array.from({ length: 10 }, (_, n) => `/hls/${n}.ts`);
    const ratios = [
      await compare('manifests alone, the dearest case', ['/hls/master.m3u8'], folder),
      await compare('a programme, ten segments of 1 MB a manifest', ['/hls/master.m3u8', ...segments], folder),
    ];
    if (FLOOR && Math.min(...ratios) < LEAST_RATIO) {
      console.error(`below the floor of ${percent(LEAST_RATIO)}`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
