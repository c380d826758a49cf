/** How does a server take its place and leave it? An address or a Unix socket; until a signal; every request answered, every record written. */
import { once } from 'node:events';
import { chmod, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { PortabilityError } from '../errors.ts';

/** Where to listen. */
export type Place = { readonly path: string } | { readonly host: string; readonly port: number };

/** `host:port`, `[v6]:port`. @throws PortabilityError `ERR_ARGUMENT` */
export function parsePlace(text: string): Place {
  const [, bracketed, plain, port] = /^(?:\[([\da-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535)
    throw new PortabilityError('ERR_ARGUMENT', 'an address to listen on is host:port');
  return { host, port: Number(port) };
}

/** What a process that was killed left behind: a socket that nobody answers. One that somebody answers stays. */
async function clearSocket(path: string): Promise<void> {
  const socket = connect(path);
  const code = await once(socket, 'connect').then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code,
  );
  socket.destroy();
  if (code === 'ECONNREFUSED') await unlink(path);
}

/** Owner and group, so that a gateway of the group may connect. */
const SOCKET_MODE = 0o660;

/** A server that is told where to listen and how to end. */
export interface Listener {
  readonly server: Server;
  listen(place: Place): PromiseLike<unknown>;
  close(): PromiseLike<unknown>;
}

/** Listens, and answers where in words. @throws PortabilityError `ERR_SERVE_LISTEN` */
export async function listen(app: Listener, place: Place): Promise<string> {
  try {
    if ('path' in place) await clearSocket(place.path);
    await app.listen(place);
    if ('path' in place) await chmod(place.path, SOCKET_MODE);
  } catch {
    throw new PortabilityError('ERR_SERVE_LISTEN', 'the address or socket can not be listened on');
  }
  if ('path' in place) return 'unix';
  const { address, family, port } = app.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** Resolves with the first SIGTERM or SIGINT. A second one ends the process as it would any other. */
export function stopSignal(): Promise<void> {
  return new Promise(resolve => {
    const signals = ['SIGTERM', 'SIGINT'] as const;
    const onSignal = (): void => {
      for (const signal of signals) process.off(signal, onSignal);
      resolve();
    };
    for (const signal of signals) process.on(signal, onSignal);
  });
}

/** Clients that hold a connection open for longer are cut off. */
const GRACE_MS = 10_000;

/** Ends a server once what it was asked is answered. */
export async function drain(app: Listener): Promise<void> {
  const late = setTimeout(() => app.server.closeAllConnections(), GRACE_MS);
  await app.close();
  clearTimeout(late);
}
