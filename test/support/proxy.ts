/**
 * Runs a real proxy under test: sends requests byte by byte, and records what it asks its sidecar.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect } from 'vitest';
import { openDesk } from '../../src/entry/desk.ts';
import { openKeyring } from '../../src/index.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { TABLE } from './asking.ts';
import { CALL, CONCLUDED } from './desk.ts';
import { ask, type Running, spawnFor, startSidecar } from './sidecar.ts';
import { inFolder } from './tables.ts';

export const PROGRAMME = '#EXTM3U\n';

export const isInstalled = (program: string, option: string): boolean =>
  spawnSync(program, [option]).status === 0;
export const isRequired = process.env['CI'] === 'true';

/** Reads one of the published configurations. */
export const documented = (name: string): string =>
  readFileSync(new URL(`../../docs/gateway/${name}`, import.meta.url), 'utf8');

/** Replaces parts of a published configuration; each of them must occur exactly once. */
export function replaced(text: string, changes: readonly (readonly [string, string])[]): string {
  let changed = text;
  for (const [before, after] of changes) {
    expect(changed.split(before), before).toHaveLength(2);
    changed = changed.replace(before, () => after);
  }
  return changed;
}

const servers = new Set<Server>();
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers.clear();
});

/** Starts a server that ends with the test, and returns its port. */
export async function listenFor(server: Server): Promise<number> {
  servers.add(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

export async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const isListening = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });

/** Starts a program that ends with the test, and waits until its port answers. */
export async function startProgram(
  command: string,
  args: readonly string[],
  port: number,
  env = {},
) {
  const child = spawnFor(command, args, env);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      output += chunk;
    });
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`${command} ended: ${output}`);
    await delay(20);
  }
  return { child, output: () => output };
}

/** Creates a folder that any user may read, with one programme in it. */
export function newFolder(name: string): { folder: string; programmes: string } {
  const folder = mkdtempSync(inFolder(`${name}-`));
  const programmes = join(folder, 'programmes');
  mkdirSync(join(programmes, 'hls'), { recursive: true });
  writeFileSync(join(programmes, 'hls', 'master.m3u8'), PROGRAMME);
  return { folder, programmes };
}

/** Lets a server that gives up root read the programmes. The keyring's folder stays closed. */
export function openToAll(folder: string): void {
  spawnSync('chmod', ['a+rx', folder, join(folder, '..')]);
  spawnSync('chmod', ['-R', 'a+rX', join(folder, 'programmes')]);
}

/** The options of a sidecar that knows one subscriber, `viewer`, without a verified residence. */
export async function newStore(folder: string): Promise<string[]> {
  const own = mkdtempSync(join(folder, 'store-'));
  const paths = { ledger: join(own, 'ledger.db'), keyring: join(own, 'keys') };
  const keyring = await openKeyring(paths.keyring);
  const ledger = await openSqliteLedger(paths.ledger);
  await openDesk({ ledger, keyring, agent: 'Anna' }).record('viewer', CALL, CONCLUDED);
  await ledger.close();
  return [...TABLE, '--ledger', paths.ledger, '--keyring', paths.keyring];
}

export interface Question {
  readonly method: string;
  readonly url: string;
  /** Pairs of name in lower case and value, one for each line. */
  readonly headers: readonly (readonly [string, string])[];
}

export interface RecordedSidecar extends Running {
  /** The port of the recorder, which records each request and passes it to the sidecar. */
  readonly port: number;
  readonly questions: Question[];
}

function headersOf({ rawHeaders }: IncomingMessage): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at < rawHeaders.length; at += 2)
    pairs.push([rawHeaders[at]!.toLowerCase(), rawHeaders[at + 1]!]);
  return pairs;
}

/** Starts a sidecar behind a recorder, which sees what a proxy sends exactly as it was sent. */
export async function startRecordedSidecar(args: readonly string[]): Promise<RecordedSidecar> {
  const sidecar = await startSidecar(args);
  const questions: Question[] = [];
  const recorder = createServer((incoming, outgoing) => {
    questions.push({ method: incoming.method!, url: incoming.url!, headers: headersOf(incoming) });
    const { host, port } = sidecar.to;
    const headers = incoming.rawHeaders;
    const passed = request({
      host,
      port,
      method: incoming.method,
      path: incoming.url,
      headers,
      agent: false,
    });
    passed.on('response', answer => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  return { ...sidecar, port: await listenFor(recorder), questions };
}

/** Returns how many requests a sidecar has decided, by its own metrics. */
export async function decisionsOf({ to }: Running): Promise<number> {
  const { body } = await ask({ ...to, path: '/metrics' });
  const counts = [...body.matchAll(/^laissez_passer_decisions_total\{.*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

export interface Heard {
  readonly status: number;
  /** Values by name in lower case, one entry for each line. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
}

function heard(text: string): Heard {
  const end = text.indexOf('\r\n\r\n');
  const [line = '', ...rest] = text.slice(0, end).split('\r\n');
  const headers = new Map<string, string[]>();
  for (const field of rest) {
    const name = field.slice(0, field.indexOf(':')).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), field.slice(field.indexOf(':') + 1).trim()]);
  }
  return { status: Number(line.split(' ')[1]), headers, body: text.slice(end + 4) };
}

/** Lines to write before a request and within it, so that it comes from a chosen address. */
export interface Origin {
  readonly before?: string;
  readonly line?: string;
}

/** Sets the address by the PROXY protocol, as a balancer in front would. */
export const byProxyProtocol = (address: string): Origin => ({
  before: `PROXY TCP4 ${address} 127.0.0.1 40000 80\r\n`,
});

/** Sends one request over its own connection; `request` is method and target, sent as written. */
export function send(
  port: number,
  origin: Origin,
  lines: readonly string[] = [],
  request = 'GET /hls/master.m3u8',
  body = '',
): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', chunk => {
      text += chunk;
    });
    socket
      .on('error', reject)
      .on('close', () => resolve(heard(Buffer.from(text, 'latin1').toString('utf8'))));
    const cookie = lines.some(line => /^cookie:/i.test(line)) ? [] : ['Cookie: session=viewer'];
    const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
    const fields = [
      ...(origin.line === undefined ? [] : [origin.line]),
      ...cookie,
      ...length,
      ...lines,
    ];
    socket.write(
      `${origin.before ?? ''}${[`${request} HTTP/1.0`, 'Host: tv', ...fields, '', body].join('\r\n')}`,
    );
  });
}
