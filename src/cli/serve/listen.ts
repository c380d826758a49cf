/**
 * Listens on an address or a Unix socket until a stop signal, then closes the server without losing
 * a request.
 */

import { type EventEmitter, once } from 'node:events';
import { chmod, lstat, stat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { dirname } from 'node:path';
import { fileDetails } from '../../config/option-at-fault.ts';
import { portabilityError } from '../../errors.ts';
import * as CLI from '../../messages/cli.ts';
import { STOP_WAIT_MS } from '../../timeouts.ts';

/** The address or socket to listen on. */
export type Place = { readonly path: string } | { readonly host: string; readonly port: number };

/**
 * Parses `host:port` or `[v6]:port`.
 * @throws PortabilityError `ERR_ARGUMENT`
 */
export function parsePlace(text: string): Place {
  const [, bracketed, plain, port] = /^(?:\[([\da-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535)
    throw portabilityError(CLI.listenAddress, {
      option: '--listen',
      value: text,
    });
  return { host, port: Number(port) };
}

/**
 * Removes the socket that a killed process left behind. A socket that accepts connections stays.
 */
async function clearSocket(path: string): Promise<void> {
  const socket = connect(path);
  const code = await once(socket, 'connect').then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code,
  );
  socket.destroy();
  // Connecting to a file that is not a socket is refused too.
  if (code === 'ECONNREFUSED' && (await lstat(path)).isSocket()) await unlink(path);
}

/** Read and write for owner and group, so that a gateway of the same group can connect. */
const SOCKET_MODE = 0o660;

/** A server with the functions to start and to close it. */
export interface Listener {
  readonly server: Server;
  listen(place: Place): PromiseLike<unknown>;
  close(): PromiseLike<unknown>;
}

/**
 * Returns the error of the folder if there is one. Node reports EACCES for a socket in a missing
 * folder, which misleads.
 */
const causeOf = (path: string, error: unknown): Promise<unknown> =>
  stat(dirname(path)).then(
    () => error,
    missing => missing,
  );

/**
 * Starts to listen and returns the location as text, `unix:PATH` or a URL.
 * @throws PortabilityError `ERR_SERVE_LISTEN`
 */
export async function listen(app: Listener, place: Place): Promise<string> {
  try {
    if ('path' in place) await clearSocket(place.path);
    await app.listen(place);
    if ('path' in place) await chmod(place.path, SOCKET_MODE);
  } catch (error) {
    await app.close();
    const isInUse = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    const details =
      'path' in place
        ? fileDetails('--socket', place.path, await causeOf(place.path, error))
        : fileDetails('--listen', hostAndPort(place), error);
    throw portabilityError(isInUse ? CLI.listenInUse : CLI.listenFailed, details);
  }
  if ('path' in place) return `unix:${place.path}`;
  const { address, family, port } = app.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

const hostAndPort = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/**
 * Where signals arrive: the process or, in a worker, what the process that supervises it passes on.
 */
export type Signals = Pick<EventEmitter, 'on' | 'off'>;

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Calls `visit` with the signal and the count of SIGTERM and SIGINT, for the first two of them. A
 * third one has its default effect and ends the process.
 */
export function onStopSignals(
  signals: Signals,
  visit: (count: number, signal: NodeJS.Signals) => void,
): void {
  let count = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    count++;
    if (count === 2) for (const name of SIGNALS) signals.off(name, onSignal);
    visit(count, signal);
  };
  for (const signal of SIGNALS) signals.on(signal, onSignal);
}

/** What happens at the first signal, and for how long requests are still accepted. */
export interface Stopping {
  /**
   * Milliseconds for which the listener stays open, so that load balancers see the readiness
   * change.
   */
  readonly drainMs: number;
  readonly signals: Signals;
  readonly onStop: () => void;
}

/**
 * Asks each client to close its connection with the next response. Otherwise a kept-alive
 * connection could be closed while a request is on its way.
 */
function endKeptConnections({ server }: Listener): void {
  server.prependListener('request', (_request, response) => {
    response.setHeader('connection', 'close');
  });
}

/**
 * Resolves when a signal has arrived and all pending requests are answered. After the first signal,
 * requests are accepted for `drainMs` more, then the listener closes. A second signal ends the wait
 * and cuts off open connections.
 */
export function untilStopped(app: Listener, { drainMs, signals, onStop }: Stopping): Promise<void> {
  return new Promise((resolve, reject) => {
    let drain: NodeJS.Timeout | undefined;
    let isClosing = false;
    const close = (): void => {
      if (isClosing) return;
      isClosing = true;
      clearTimeout(drain);
      const late = setTimeout(() => app.server.closeAllConnections(), STOP_WAIT_MS);
      app.close().then(() => {
        clearTimeout(late);
        resolve();
      }, reject);
    };
    onStopSignals(signals, count => {
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
