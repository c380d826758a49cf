/** Forwards TCP connections, as a host name or a virtual address that moves between servers does. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Forwarder {
  readonly port: number;
  /** Leads new connections to another port. Open connections stay where they are. */
  leadTo(port: number): void;
  close(): void;
}

export async function startForwarder(first: number): Promise<Forwarder> {
  let target = first;
  const sockets = new Set<Socket>();
  const server = createServer(incoming => {
    const outgoing = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined).on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    leadTo: port => {
      target = port;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
