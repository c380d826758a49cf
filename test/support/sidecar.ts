/** Starts the sidecar as a process of its own, and collects its output. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { afterEach } from 'vitest';
import { MAIN, PLAIN } from './cli.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Sends one request over a real socket, with headers as they are written, even several lines of one
 * name.
 */
export async function ask(
  to: RequestOptions,
  headers: Readonly<Record<string, string | string[]>> = {},
  body?: string,
): Promise<Answer> {
  const asking = request({ agent: false, ...to, headers });
  asking.end(body);
  const [response] = await once(asking, 'response');
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode, headers: response.headers, body: text };
}

export interface Running {
  /** Host and port, or the path of a socket. */
  readonly to: RequestOptions;
  readonly child: ChildProcess;
  /** Everything it wrote on standard output and error. */
  output(): string;
  /** Sends a signal, 0 for none, waits for the end and returns the exit code. */
  stop(signal?: NodeJS.Signals | 0): Promise<number | null>;
}

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

/** Starts a process that ends with the test, whatever happens. */
export function spawnFor(command: string, args: readonly string[], env = {}) {
  const child = spawn(command, args, {
    env: { ...PLAIN, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  return child;
}

/** Starts a process and waits for the line that tells where it listens. */
export async function start(command: string, args: readonly string[], env = {}): Promise<Running> {
  const child = spawnFor(command, args, env);
  let output = '';
  const ended = once(child, 'exit');
  const address = await new Promise<string>((resolve, reject) => {
    const listen = (chunk: Buffer): void => {
      output += chunk;
      const [, found] =
        /(?:listening on|à l’écoute sur) (\S+?),? /.exec(`${output.replace('\n', ' ')} `) ?? [];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    void ended.then(() => reject(new Error(`it ended: ${output}`)));
  });
  const { hostname, port } = address.startsWith('unix:')
    ? { hostname: '', port: '' }
    : new URL(address);
  return {
    to: { host: hostname.replace(/[[\]]/g, ''), port },
    child,
    output: () => output,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const [code] = await ended;
      running.delete(child);
      return code;
    },
  };
}

const LISTEN = ['--listen', '127.0.0.1:0'];
/** A test that is not about draining does not wait for it. */
const AT_ONCE = ['--drain', '0'];

export const startSidecar = (args: readonly string[], env = {}): Promise<Running> => {
  const where = args.includes('--socket') ? [] : LISTEN;
  const drain = args.includes('--drain') ? [] : AT_ONCE;
  return start(process.execPath, [MAIN, 'serve', ...where, ...drain, ...args], env);
};
