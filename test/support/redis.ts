/**
 * Starts Redis servers on loopback: one, or a cluster. Without the binary the tests are skipped,
 * except under CI, where they fail.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
if (!hasRedis && process.env['CI'] === 'true')
  throw new Error('the tests need redis-server under CI');

/** Whether nothing listens on the port, or uses it as the local end of a connection. */
async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise<boolean>(resolve => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/**
 * Finds ports that are free together with the bus port of a cluster, ten thousand above. Both lie
 * below 32768, where Linux begins to hand out the local ends of connections: a bus port among those
 * was sometimes taken, and the server ended at its start.
 */
async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let port = 10_000 + (process.pid % 10_000); ports.length < count; port++)
    if ((await isPortFree(port)) && (await isPortFree(port + 10_000))) ports.push(port);
  return ports;
}

export const redisCli = (port: number, ...args: readonly string[]): string =>
  spawnSync('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...args], {
    encoding: 'utf8',
  }).stdout.trim();

export async function until(isSo: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (isSo()) return;
    await delay(50);
  }
  throw new Error(`waited in vain: ${what}`);
}

export interface RedisProcess {
  readonly port: number;
  readonly url: string;
  process: ChildProcess;
  /** Starts it again on the same port and folder, after it was killed. */
  startAgain(): Promise<void>;
}

/** Options for loopback only, with its files in a folder of its own. */
const listenOptions = (port: number, folder: string): string[] => [
  '--port',
  String(port),
  '--bind',
  '127.0.0.1',
  '--dir',
  folder,
];

async function startAt(
  port: number,
  folder: string,
  ...options: readonly string[]
): Promise<RedisProcess> {
  const args = [
    ...listenOptions(port, folder),
    '--save',
    '',
    '--repl-diskless-sync-delay',
    '0',
    ...options,
  ];
  const spawned = async (): Promise<ChildProcess> => {
    const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', chunk => {
      output = (output + String(chunk)).slice(-2000);
    });
    await until(() => {
      if (child.exitCode !== null) throw new Error(`redis-server ended at its start: ${output}`);
      return redisCli(port, 'ping') === 'PONG';
    }, 'redis-server');
    return child;
  };
  const server: RedisProcess = {
    port,
    url: `redis://127.0.0.1:${port}`,
    process: await spawned(),
    startAgain: async () => {
      server.process = await spawned();
    },
  };
  return server;
}

const started: RedisProcess[] = [];
const folders: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  folders.push(folder);
  return folder;
};

/** Starts one server, which appends every write to its file unless `options` say otherwise. */
export async function startRedis(...options: readonly string[]): Promise<RedisProcess> {
  const [port] = await freePorts(1);
  const server = await startAt(
    port!,
    newFolder(),
    ...(options.length > 0 ? options : ['--appendonly', 'yes']),
  );
  started.push(server);
  return server;
}

/** Starts a single Sentinel that watches a master under the name `cards`. */
export async function startSentinel(master: number): Promise<RedisProcess> {
  const folder = newFolder();
  const lines = [
    'monitor cards 127.0.0.1 PORT 1',
    'down-after-milliseconds cards 500',
    'failover-timeout cards 2000',
  ];
  writeFileSync(
    join(folder, 'sentinel.conf'),
    lines.map(line => `sentinel ${line.replace('PORT', String(master))}\n`).join(''),
  );
  const [port] = await freePorts(1);
  const args = [join(folder, 'sentinel.conf'), '--sentinel', ...listenOptions(port!, folder)];
  const server: RedisProcess = {
    port: port!,
    url: `redis://127.0.0.1:${port}`,
    process: spawn('redis-server', args, { stdio: 'ignore' }),
    startAgain: () => Promise.reject(new Error('not of a Sentinel')),
  };
  started.push(server);
  await until(() => redisCli(port!, 'ping') === 'PONG', 'sentinel');
  return server;
}

/** Starts three masters that share all slots, each with so many replicas. */
export async function startCluster(replicas = 0): Promise<RedisProcess[]> {
  const ports = await freePorts(3 * (1 + replicas));
  const cluster = [
    '--cluster-enabled',
    'yes',
    '--cluster-node-timeout',
    '1000',
    '--appendonly',
    'yes',
  ];
  const nodes: RedisProcess[] = [];
  for (const port of ports) nodes.push(await startAt(port, newFolder(), ...cluster));
  started.push(...nodes);
  const addresses = ports.map(port => `127.0.0.1:${port}`);
  const copies = ['--cluster-replicas', String(replicas), '--cluster-yes'];
  spawnSync('redis-cli', ['--cluster', 'create', ...addresses, ...copies], { encoding: 'utf8' });
  const isWell = (port: number): boolean =>
    redisCli(port, 'cluster', 'info').includes('cluster_state:ok');
  await until(() => ports.every(isWell), 'the cluster');
  const linked = (): boolean =>
    ports.filter(port => redisCli(port, 'info', 'replication').includes('master_link_status:up'))
      .length ===
    3 * replicas;
  await until(linked, 'the replicas');
  return nodes;
}

/** A TCP forwarder that stands between a client and a server. */
export interface Line {
  readonly port: number;
  /** Drops everything from now on, which neither side notices. */
  cut(): void;
  /** Leads new connections to another port. Those that are open stay where they are. */
  leadTo(port: number): void;
  /**
   * Holds back what the client sends, from the first piece on that matches. Resolves when there is
   * such a piece.
   */
  hold(pattern: RegExp): Promise<void>;
  /** Delivers what was held back, and ends every connection for good when the server has it. */
  deliverAndEnd(): Promise<void>;
  close(): void;
}

export async function openLine(port: number): Promise<Line> {
  let isCut = false;
  let target = port;
  let held: { readonly pattern: RegExp; readonly isHeld: () => void } | undefined;
  let isHolding = false;
  const waiting: { readonly to: Socket; readonly data: Buffer }[] = [];
  const sockets: Socket[] = [];
  const server: Server = createServer(near => {
    const far = connect(target, '127.0.0.1');
    const isKept = (data: Buffer): boolean => {
      if (held?.pattern.test(String(data)) === true) {
        isHolding = true;
        held.isHeld();
      }
      return isHolding;
    };
    near.on('data', data => {
      if (isCut) return;
      if (isKept(data)) waiting.push({ to: far, data });
      else far.write(data);
    });
    far.on('data', data => isCut || isHolding || near.write(data));
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => isCut || other.destroy());
    }
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const endAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as { port: number }).port,
    cut: () => {
      isCut = true;
    },
    leadTo: other => {
      target = other;
    },
    hold: pattern =>
      new Promise(resolve => {
        held = { pattern, isHeld: resolve };
      }),
    deliverAndEnd: async () => {
      for (const { to, data } of waiting)
        await new Promise<void>(resolve => to.end(data, () => resolve()));
      await delay(100);
      endAll();
      server.close();
    },
    close: () => {
      endAll();
      server.close();
    },
  };
}

export function stopRedis(): void {
  for (const { process: child } of started) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
