/**
 * What does a second process of `serve --workers` bring? The sidecar with one and with two workers,
 * in turns, under `wrk` directly at /check, with evidence in SQLite of subscribers who were seen
 * before. On a machine of two cores wrk takes its part of them, about as much as a server, so that
 * the throughput alone says little: the processor time of all server processes for a request is
 * measured too. Needs `wrk` and Linux. `--rounds N`: the number of rounds; `--connections N`;
 * `--close`: a connection for each request.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ADDRESSES, written } from './requests.mjs';
import { median } from './wrk.mjs';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const { values: given } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '32' },
    close: { type: 'boolean', default: false },
  },
});
const ROUNDS = Number(given.rounds);
const SECONDS = 3;
const CORES = cpus().length;
const TICKS_PER_SECOND = 100;

/** Requests of thousands of subscribers, each from an address of their own. */
const requests = `
local addresses = { ${ADDRESSES.map(address => `"${address}"`).join(',\n')} }
local requests = {}
local n = 0
init = function()
  for i, address in ipairs(addresses) do
    requests[i] = wrk.format("GET", "/check", {
      ["X-Forwarded-For"] = address,
      ["Laissez-Passer-Subscriber"] = "s" .. i,
      ["X-Standing"] = "verified",
      ["Connection"] = "${given.close ? 'close' : 'keep-alive'}",
    })
  end
end
request = function()
  n = n % #requests + 1
  return requests[n]
end
`;

const childrenOf = pid =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean);

/** Seconds of processor time of a process with its threads, without its children. */
function processorTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Starts a sidecar and waits until all its workers serve. */
async function startSidecar(workers, folder) {
  const own = join(folder, String(workers));
  mkdirSync(own, { mode: 0o700 });
  const store = ['--ledger', join(own, 'ledger.db'), '--keyring', join(own, 'keys')];
  const listen = ['--listen', '127.0.0.1:0', '--standing-header', 'x-standing', '--drain', '0'];
  const args = [MAIN, 'serve', '--lang', 'en', '--json', '--workers', String(workers)];
  const child = spawn(process.execPath, [...args, ...listen, ...store], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  const { listening } = JSON.parse(line);
  for (;;) {
    const ready = await (await fetch(`${listening}/readyz`)).json();
    if (workers === 1 || ready.workers.running === workers) break;
  }
  return { workers, child, origin: listening, pids: [child.pid, ...childrenOf(child.pid)] };
}

/** Loads a sidecar for some seconds. */
function load({ origin, pids }, script) {
  const used = () => pids.map(processorTime);
  const before = used();
  const begin = performance.now();
  const { stdout, status } = spawnSync(
    'bash',
    [
      '-c',
      `TIMEFORMAT='wrk %U %S'; time wrk -t1 -c${given.connections} -d${SECONDS}s -s ${script} ${origin}`,
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  );
  if (status !== 0) throw new Error('wrk is needed: apt-get install wrk');
  const seconds = (performance.now() - begin) / 1000;
  const each = used().map((time, index) => time - before[index]);
  if (/Non-2xx|Socket errors/.test(stdout))
    throw new Error(`not everything was served:\n${stdout}`);
  const count = Number(/(\d+) requests in/.exec(stdout)[1]);
  const total = each.reduce((sum, time) => sum + time, 0);
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]),
    microseconds: (total / count) * 1e6,
    cores: total / seconds,
    shares: each.map(time => time / total),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'workers-'));
const sidecars = [];
try {
  const script = written(folder, 'requests.lua', requests);
  for (const workers of [1, 2]) sidecars.push(await startSidecar(workers, folder));
  for (const sidecar of sidecars) load(sidecar, script);
  const runs = { 1: [], 2: [] };
  for (let round = 0; round < ROUNDS; round++)
    for (const sidecar of round % 2 === 0 ? sidecars : sidecars.toReversed())
      runs[sidecar.workers].push(load(sidecar, script));
  const of = (workers, figure) => median(runs[workers].map(run => run[figure]));
  console.log(
    `${CORES} cores, ${given.connections} connections, medians of ${ROUNDS} runs of ${SECONDS} s`,
  );
  for (const workers of [1, 2]) {
    const rate = of(workers, 'rate').toFixed(0);
    const cost = of(workers, 'microseconds').toFixed(1);
    const cores = of(workers, 'cores').toFixed(2);
    console.log(
      `  ${workers} worker(s): ${rate} requests/s, ${cost} µs of processor a request, servers on ${cores} cores`,
    );
  }
  const last = runs[2]
    .at(-1)
    .shares.slice(1)
    .map(share => `${(100 * share).toFixed(0)} %`);
  console.log(`  parts of the two workers in the last run: ${last.join(', ')}`);
  const measured = of(2, 'rate') / of(1, 'rate');
  console.log(`  measured, while wrk takes its part of the cores: ${measured.toFixed(2)} times`);
  // What a core serves that only serves is the inverse of the processor time of a request.
  const filled = (2 * of(1, 'microseconds')) / of(2, 'microseconds');
  console.log(`  by the processor time, two cores that only serve: ${filled.toFixed(2)} times one`);
} finally {
  for (const { child } of sidecars) {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }
  rmSync(folder, { recursive: true });
}
