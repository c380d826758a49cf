/** Forwards TCP connections, as a host name or a virtual address that moves between servers does. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Forwarder {
  readonly port: number;
  /** Leads new connections to another port. Open connections stay where they are. */
  leadTo(port: number): void;
  /**
   * Holds back what the server answers on the next connection. Resolves when it has begun, with a
   * function that lets it go on.
   */
  holdNext(): Promise<() => void>;
  close(): void;
}

export async function startForwarder(first: number): Promise<Forwarder> {
  let target = first;
  const sockets = new Set<Socket>();
  let onHeld: ((release: () => void) => void) | undefined;
  const server = createServer(incoming => {
    const outgoing = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined).on('close', () => to.destroy());
    }
    incoming.pipe(outgoing);
    const answer = (): void => void outgoing.pipe(incoming);
    if (onHeld === undefined) answer();
    else onHeld(answer);
    onHeld = undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    leadTo: port => {
      target = port;
    },
    holdNext: () =>
      new Promise(resolve => {
        onHeld = resolve;
      }),
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
