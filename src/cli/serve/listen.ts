/** Lets a server listen on an address or a Unix socket until a signal comes, and lets it go without losing a request. */
import { once } from 'node:events';
import { chmod, lstat, stat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { dirname } from 'node:path';
import { PortabilityError } from '../../errors.ts';
import { fileDetails } from '../named.ts';

/** Where to listen. */
export type Place = { readonly path: string } | { readonly host: string; readonly port: number };

/** `host:port`, `[v6]:port`. @throws PortabilityError `ERR_ARGUMENT` */
export function parsePlace(text: string): Place {
  const [, bracketed, plain, port] = /^(?:\[([\da-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535)
    throw new PortabilityError('ERR_ARGUMENT', 'an address to listen on is host:port', {
      option: '--listen',
      value: text,
    });
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
  // A file that is no socket refuses a connection too.
  if (code === 'ECONNREFUSED' && (await lstat(path)).isSocket()) await unlink(path);
}

/** Owner and group, so that a gateway of the group may connect. */
const SOCKET_MODE = 0o660;

/** A server that is told where to listen and how to end. */
export interface Listener {
  readonly server: Server;
  listen(place: Place): PromiseLike<unknown>;
  close(): PromiseLike<unknown>;
}

/** Node says EACCES of a socket in a folder that is not there: what the folder says comes first. */
const causeOf = (path: string, error: unknown): Promise<unknown> =>
  stat(dirname(path)).then(
    () => error,
    missing => missing,
  );

/** Listens, and answers where in words. @throws PortabilityError `ERR_SERVE_LISTEN` */
export async function listen(app: Listener, place: Place): Promise<string> {
  try {
    if ('path' in place) await clearSocket(place.path);
    await app.listen(place);
    if ('path' in place) await chmod(place.path, SOCKET_MODE);
  } catch (error) {
    await app.close();
    const isInUse = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    const message = isInUse ? 'the address or file is in use' : 'the address or socket can not be listened on';
    const [option, at] = 'path' in place ? ['--socket', place.path] : ['--listen', hostAndPort(place)];
    const cause = 'path' in place ? await causeOf(place.path, error) : error;
    throw new PortabilityError('ERR_SERVE_LISTEN', message, fileDetails(option, at, cause));
  }
  if ('path' in place) return `unix:${place.path}`;
  const { address, family, port } = app.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

const hostAndPort = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Calls back with the number of each SIGTERM or SIGINT, the first two of them; a third ends the process as it would any other. */
function onStopSignals(visit: (count: number) => void): void {
  let count = 0;
  const onSignal = (): void => {
    count++;
    if (count === 2) for (const signal of SIGNALS) process.off(signal, onSignal);
    visit(count);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

/** Clients that hold a connection open for longer are cut off, in time for the ten seconds that most supervisors give. */
const GRACE_MS = 5000;

/** What is done when the first signal comes, and for how long requests are still taken then. */
export interface Stopping {
  /** Milliseconds for which the listener stays open, so that balancers see the readiness turn. */
  readonly drainMs: number;
  readonly onStop: () => void;
}

/**
 * Asks each client to let go of its connection with the answer that it gets: a connection that is kept
 * alive would otherwise be closed just when a request is on its way.
 */
function endKeptConnections({ server }: Listener): void {
  server.prependListener('request', (_request, response) => {
    response.setHeader('connection', 'close');
  });
}

/**
 * Resolves once a signal has come and everything that was asked is answered. After the first signal
 * requests are taken for `drainMs` more, then the listener closes. A second one ends the wait and cuts
 * off who holds a connection open.
 */
export function untilStopped(app: Listener, { drainMs, onStop }: Stopping): Promise<void> {
  return new Promise((resolve, reject) => {
    let drain: NodeJS.Timeout | undefined;
    let isClosing = false;
    const close = (): void => {
      if (isClosing) return;
      isClosing = true;
      clearTimeout(drain);
      const late = setTimeout(() => app.server.closeAllConnections(), GRACE_MS);
      app.close().then(() => {
        clearTimeout(late);
        resolve();
      }, reject);
    };
    onStopSignals(count => {
      if (count === 2) {
        close();
        app.server.closeAllConnections();
        return;
      }
      endKeptConnections(app);
      onStop();
      if (drainMs > 0) drain = setTimeout(close, drainMs);
      else close();
    });
  });
}
