/** Starts the servers of the benchmarks under load, loads them in turns with `wrk`, and prints what each request cost. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

const hasTaskset = spawnSync('taskset', ['-V']).status === 0 && cpus().length > 1;
/** Server and load each on a core of its own, so that the figure is the server's. */
const pinned = (core, command, args) =>
  hasTaskset ? ['taskset', ['-c', String(core), command, ...args]] : [command, args];

/** Starts a server, which says its origin in a line. */
export async function start(args) {
  const child = spawn(...pinned(0, process.execPath, args), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { origin: line.trim(), child };
}

/** Starts a server that says nothing. */
export const startUnheard = (command, args) =>
  spawn(...pinned(0, command, args), { stdio: ['ignore', 'ignore', 'inherit'] });

/** Ends it, and answers what it says then. */
export async function stop({ child }) {
  let said = '';
  child.stdout?.on('data', chunk => {
    said += chunk;
  });
  child.kill('SIGTERM');
  await once(child, 'exit');
  return said;
}

const UNITS = { us: 1e-3, ms: 1, s: 1e3 };

/**
 * Requests a second, the 99th percentile in milliseconds, and the number of requests; everything
 * must have been served.
 */
export function load(origin, script, seconds, connections) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, origin];
  const { stdout, status } = spawnSync(...pinned(1, 'wrk', args), { encoding: 'utf8' });
  if (status !== 0) throw new Error('wrk is needed: apt-get install wrk');
  if (/Non-2xx|Socket errors/.test(stdout))
    throw new Error(`not everything was served:\n${stdout}`);
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)\b/.exec(stdout);
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]),
    p99: Number(p99) * UNITS[unit],
    requests: Number(/(\d+) requests in/.exec(stdout)[1]),
  };
}

/** Linux counts the processor time of a process in hundredths of a second, for every program. */
const TICK_MICROSECONDS = 10_000;

/**
 * Returns the processor time in microseconds that a process has used so far, with all its threads,
 * in user and in kernel mode; `NaN` where there is no /proc.
 */
function processorTime(pid) {
  try {
    // The name of the program, in brackets, may contain blanks. After it, utime and stime are the
    // 12th and 13th field.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS;
  } catch {
    return Number.NaN;
  }
}

/** The same as `load`, with the processor time in microseconds that processes used per request. */
function loadAndCount({ origin, pids }, script, seconds, connections) {
  const used = () => pids.map(processorTime).reduce((sum, time) => sum + time, 0);
  const before = used();
  const figures = load(origin, script, seconds, connections);
  return { ...figures, processor: (used() - before) / figures.requests };
}

/**
 * Loads servers in turns, so that all of them see the same hours of the machine. Each round starts
 * one server later, and every second round runs backwards.
 * @param servers each with its `kind`, `origin` and `pids`, the processes that serve it
 * @param runs lists by kind, to which the figures are appended
 */
export function loadInTurns(servers, script, { rounds, seconds, connections }, runs) {
  for (let round = 0; round < rounds; round++) {
    const from = (round >> 1) % servers.length;
    const turn = [...servers.slice(from), ...servers.slice(0, from)];
    for (const server of round % 2 === 0 ? turn : turn.reverse())
      runs[server.kind].push(loadAndCount(server, script, seconds, connections));
  }
}

/**
 * Loads servers of several kinds in turns, and starts all of them again several times: what a
 * process got at its start, such as the place of its memory, it keeps for as long as it lives.
 * @param argsOf the arguments of Node for a kind
 * @param scripts for wrk: each warms the servers up, the last one is measured
 * @param check called with a kind and what its server said when it was stopped
 */
export async function loadOnFreshServers(kinds, argsOf, scripts, settings, check = () => {}) {
  const { starts, warmUpSeconds, connections } = settings;
  const runs = Object.fromEntries(kinds.map(kind => [kind, []]));
  for (let fresh = 0; fresh < starts; fresh++) {
    const servers = [];
    try {
      for (const kind of kinds) {
        const server = await start(argsOf(kind));
        servers.push({ kind, ...server, pids: [server.child.pid] });
      }
      for (const { origin } of servers)
        for (const script of scripts) load(origin, script, warmUpSeconds, connections);
      loadInTurns(servers, scripts.at(-1), settings, runs);
      while (servers.length > 0) {
        const server = servers.shift();
        check(server.kind, await stop(server));
      }
    } finally {
      for (const { child } of servers) child.kill('SIGKILL');
    }
  }
  return runs;
}

export const quantile = (values, share) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)];
export const median = values => quantile(values, 0.5);
export const percent = value => `${(100 * value).toFixed(1)} %`;

/** How the printed figures were measured. */
export const EXPLANATION = [
  'Lines are medians of the runs. p99 is as seen by wrk. Processor time is user and system time of',
  'the serving processes, from /proc/PID/stat, divided by the requests of the run. A ratio is the',
  'median of the ratios of two runs of the same round.',
].join('\n');

/** Prints what each kind served, in medians of its runs. */
export function printRuns(runs) {
  const width = Math.max(...Object.keys(runs).map(kind => kind.length));
  for (const [kind, ofKind] of Object.entries(runs)) {
    const of = figure => median(ofKind.map(run => run[figure]));
    const rate = of('rate').toFixed(0).padStart(7);
    const p99 = of('p99').toFixed(2).padStart(6);
    const processor = of('processor').toFixed(1).padStart(6);
    console.log(
      `  ${kind.padEnd(width)} ${rate} requests/s, p99 ${p99} ms, ${processor} µs of processor a request`,
    );
  }
}

/** Returns the ratios of the throughput of two kinds, by round. */
export const ratiosOf = (runs, kind, base) =>
  runs[kind].map(({ rate }, round) => rate / runs[base][round].rate);

/** `81.9 % of that without, median of 60 pairs (quartiles 79.3 % to 84.0 %)` */
export function printedRatio(ratios, of) {
  const [lower, upper] = [0.25, 0.75].map(share => percent(quantile(ratios, share)));
  return `${percent(median(ratios))} of that ${of}, median of ${ratios.length} pairs (quartiles ${lower} to ${upper})`;
}
