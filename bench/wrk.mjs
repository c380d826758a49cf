/** What benchmarks under load have in common: servers as processes of their own, wrk, medians. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
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

/** Requests a second and the 99th percentile in milliseconds; everything must have been served. */
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
  };
}

export const median = values => values.toSorted((a, b) => a - b)[values.length >> 1];
export const percent = value => `${(100 * value).toFixed(1)} %`;
