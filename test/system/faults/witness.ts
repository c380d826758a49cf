/**
 * A process outside of the gateway that feeds it over a socket, remembers what it reported as
 * durable, and kills it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const GATEWAY = fileURLToPath(new URL('./gateway.mjs', import.meta.url));

export interface GatewayPaths {
  readonly ledger: string;
  readonly keyring: string;
  readonly table: string;
}

export interface Fed {
  readonly child: ChildProcess;
  readonly socket: Socket;
  /** Every line that the gateway printed. */
  readonly lines: string[];
  /** Number of decisions that it reported as durable. */
  acknowledged(): number;
  decide(subscriber: string, address: string): void;
  /** Waits until everything that was sent so far is decided. */
  decided(): Promise<void>;
  waitFor(pattern: RegExp): Promise<string>;
  end(): Promise<void>;
}

/**
 * Starts a gateway and waits until it is ready.
 * @param namespace its network namespace; default: that of the test
 */
export async function startGateway(
  { ledger, keyring, table }: GatewayPaths,
  nodeFlags: readonly string[] = [],
  namespace?: string,
): Promise<Fed> {
  // A socket that is a file crosses network namespaces, whatever happens to the network.
  const folder = mkdtempSync(join(tmpdir(), 'witness-'));
  const path = join(folder, 'socket');
  const server: Server = createServer().listen(path);
  await once(server, 'listening');
  const [program, ...args] = [
    ...(namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace]),
    process.execPath,
    ...nodeFlags,
    GATEWAY,
    path,
    ledger,
    keyring,
    table,
  ];
  const child = spawn(program!, args, { stdio: ['ignore', 'inherit', 'pipe'] });
  let errors = '';
  child.stderr?.on('data', data => {
    errors += data;
  });
  const early = once(child, 'exit').then(() =>
    Promise.reject(new Error(`the gateway did not start: ${errors}`)),
  );
  const [socket] = (await Promise.race([once(server, 'connection'), early])) as [Socket];
  early.catch(() => undefined);
  const lines: string[] = [];
  const reader = createInterface({ input: socket });
  reader.on('line', line => lines.push(line));
  socket.on('error', () => {});
  reader.on('error', () => {});
  const waitFor = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = lines.find(line => pattern.test(line));
      if (found !== undefined) return found;
      if (child.exitCode !== null)
        throw new Error(`the gateway ended before it printed ${pattern}: ${errors}`);
      await new Promise(resolve => setTimeout(resolve, 2));
    }
  };
  await waitFor(/^ready$/);
  let sent = 0;
  return {
    child,
    socket,
    lines,
    acknowledged: () =>
      Math.max(
        0,
        ...lines
          .filter(line => /^(durable|closed) /.test(line))
          .map(line => Number(line.split(' ')[1])),
      ),
    decide: (subscriber, address) => {
      sent++;
      socket.write(`decide ${subscriber} ${address}\n`);
    },
    decided: async () => {
      socket.write('progress\n');
      await waitFor(new RegExp(`^decided ${sent}$`));
    },
    waitFor,
    end: async () => {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      socket.destroy();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
