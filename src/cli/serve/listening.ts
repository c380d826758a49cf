/** How does a server take its place and leave it? An address or a Unix socket; until a signal; every request answered, every record written. */
import { once } from 'node:events';
import { chmod, lstat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { PortabilityError } from '../../errors.ts';

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
    throw new PortabilityError('ERR_SERVE_LISTEN', message);
  }
  if ('path' in place) return `unix:${place.path}`;
  const { address, family, port } = app.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

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

/** Resolves once a signal has come and everything that was asked is answered; a second signal cuts off who holds a connection open. */
export function untilStopped(app: Listener, onStop: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    onStopSignals(count => {
      if (count === 2) return app.server.closeAllConnections();
      onStop();
      const late = setTimeout(() => app.server.closeAllConnections(), GRACE_MS);
      app.close().then(() => {
        clearTimeout(late);
        resolve();
      }, reject);
    });
  });
}
