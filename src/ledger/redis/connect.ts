/**
 * Creates the Redis client for one server, Sentinel or Cluster, and requires TLS to reach another
 * machine.
 */

import type { RedisClientOptions } from 'redis';
import { portabilityError, systemCodeOf } from '../../errors.ts';
import * as LEDGER from '../../messages/ledger.ts';
import { SERVER_WAIT_MS } from '../../timeouts.ts';
import { isLocal, parseServer } from '../server-url.ts';

export type Reply = unknown;
/** Sends one command. Commands sent in one iteration of the event loop are pipelined. */
export type Send = (...args: readonly string[]) => Promise<Reply>;

/** The servers: set exactly one of `url`, `cluster` and `sentinel`. */
export interface RedisLocation {
  /** One server: `redis://`, or `rediss://` for TLS. */
  readonly url?: string | undefined;
  /** Some nodes of a cluster; the client discovers the others. */
  readonly cluster?: readonly string[] | undefined;
  readonly sentinel?:
    | {
        readonly name: string;
        readonly nodes: readonly { readonly host: string; readonly port: number }[];
      }
    | undefined;
  /** Options of every connection: user, password, TLS. */
  readonly client?: Pick<RedisClientOptions, 'username' | 'password' | 'socket'> | undefined;
  /**
   * `false` allows another machine without TLS. Sentinel and the nodes of a cluster may name any
   * machine.
   */
  readonly tls?: false | undefined;
  /** Time limit of a request in milliseconds; default: 10,000. */
  readonly timeout?: number | undefined;
}

/** The common interface of the three kinds of client. */
export interface Connected {
  /** Returns the hosts of the masters, once they are known. */
  readonly hosts: () => readonly (string | undefined)[];
  readonly connect: () => Promise<unknown>;
  readonly at: (key: string, args: string[]) => Promise<Reply>;
  readonly masters: () => Promise<Send[]>;
  readonly close: () => Promise<void>;
  /** Closes the client at once, without waiting for pending commands. */
  readonly destroy: () => void;
}

/** Whether the server has been reached since the ledger was opened. */
export interface Reached {
  isReached: boolean;
  /** The error code of the last failed connection attempt. */
  failure?: string;
  /** The answer of the server that refused the first connection. */
  refusal?: Error;
}

/**
 * Returns the reconnect strategy. It retries forever with a delay of at most 1,000 ms, except that
 * a login or a connection refused before the first one succeeded fails at once.
 */
const patience = (known: Reached) => (tries: number, cause: Error) => {
  const system = systemCodeOf(cause);
  if (system !== undefined) known.failure = system;
  const isRefused = /^(NOAUTH|WRONGPASS|NOPERM|ERR) /.test(cause.message);
  if (known.isReached || !isRefused) return Math.min(tries * 50, 1000);
  known.refusal = cause;
  return cause;
};

const common = ({ client = {}, timeout = SERVER_WAIT_MS }: RedisLocation, known: Reached) => ({
  ...client,
  // A request to an unreachable server fails at once; the caller keeps the batch elsewhere, or
  // later requests record it again.
  disableOfflineQueue: true,
  // The library sets one deadline for all commands of a request, because a timer for each command
  // costs more than the command.
  commandOptions: { timeout: 0 },
  // Detects an unresponsive server even when no request is pending.
  pingInterval: timeout,
  socket: {
    connectTimeout: timeout,
    socketTimeout: 3 * timeout,
    keepAlive: true,
    reconnectStrategy: patience(known),
    ...client.socket,
  } as never,
});

export type Driver = typeof import('redis');

function oneServer({ createClient }: Driver, place: RedisLocation, known: Reached): Connected {
  const isTls = (place.client?.socket as { tls?: boolean } | undefined)?.tls === true;
  const client = createClient({
    ...common(place, known),
    url: isTls ? place.url!.replace(/^redis:/, 'rediss:') : place.url!,
  });
  client.on('error', () => undefined);
  const send: Send = (...args) => client.sendCommand([...args]);
  return {
    hosts: () => [],
    connect: () => client.connect(),
    at: (_, args) => client.sendCommand(args),
    masters: async () => [send],
    close: () => client.close(),
    destroy: () => client.destroy(),
  };
}

/**
 * Limit of commands that wait while a cluster node is unavailable. A batch has about four commands
 * for each of its cards.
 */
const MOST_WAITING = 500_000;

function loginOf(url: string) {
  const { username, password, protocol } = new URL(url);
  const part = (name: string, value: string) =>
    value === '' ? {} : { [name]: decodeURIComponent(value) };
  return {
    login: { ...part('username', username), ...part('password', password) },
    socket: protocol === 'rediss:' ? { tls: true } : {},
  };
}

function clusterOf({ createCluster }: Driver, place: RedisLocation, known: Reached): Connected {
  // During a failover the cluster client waits until it knows the new master. Its offline queue
  // stays enabled, and the deadline ends the wait.
  const { disableOfflineQueue: _, ...defaults } = common(place, known);
  const { login, socket } = loginOf(place.cluster![0]!);
  const cluster = createCluster({
    rootNodes: place.cluster!.map(url => ({ url })),
    // Discovered nodes have no URL, so the login and TLS of the first URL apply to them too.
    defaults: {
      ...login,
      ...defaults,
      socket: { ...socket, ...(defaults.socket as object) } as never,
      commandsQueueMaxLength: MOST_WAITING,
    },
  });
  cluster.on('error', () => undefined);
  cluster.on('node-error', () => undefined);
  return {
    hosts: () => cluster.masters.map(({ host }) => host),
    connect: () => cluster.connect(),
    at: (key, args) => cluster.sendCommand(key, false, args),
    masters: () =>
      Promise.all(
        cluster.masters.map(async master => {
          const client = await cluster.nodeClient(master);
          return (...args: readonly string[]) => client.sendCommand([...args]);
        }),
      ),
    close: () => cluster.close(),
    destroy: () => cluster.destroy(),
  };
}

function sentinelOf({ createSentinel }: Driver, place: RedisLocation, known: Reached): Connected {
  const { name, nodes } = place.sentinel!;
  const sentinel = createSentinel({
    name,
    sentinelRootNodes: [...nodes],
    nodeClientOptions: common(place, known) as never,
  });
  sentinel.on('error', () => undefined);
  const send: Send = (...args) => sentinel.sendCommand(false, [...args]);
  return {
    hosts: () => [sentinel.getMasterNode()?.host],
    connect: () => sentinel.connect(),
    at: (_, args) => sentinel.sendCommand(false, args),
    masters: async () => [send],
    close: () => sentinel.close(),
    destroy: () => void sentinel.destroy(),
  };
}

/**
 * Rejects a connection to another machine without TLS, except with `tls: false`.
 * @param found Hosts that are known only once the client is connected.
 */
export function checkTls(
  { url, cluster = [], sentinel, client, tls }: RedisLocation,
  found: readonly (string | undefined)[],
): void {
  const urls = [url ?? [], cluster]
    .flat()
    .map(each => parseServer(each, /^rediss?:$/, 'redis://...'));
  const isTls = urls.length > 0 && urls.every(({ protocol }) => protocol === 'rediss:');
  const hosts = [
    ...urls.map(({ hostname }) => hostname),
    ...(sentinel?.nodes ?? []).map(({ host }) => host),
  ];
  if (isTls || tls === false || (client?.socket as { tls?: boolean } | undefined)?.tls === true)
    return;
  if ([...hosts, ...found].every(host => host === undefined || isLocal(host))) return;
  throw portabilityError(LEDGER.redisTls);
}

export function clientOf(driver: Driver, place: RedisLocation, known: Reached): Connected {
  const given = [place.url, place.cluster, place.sentinel].filter(each => each !== undefined);
  if (given.length !== 1) throw portabilityError(LEDGER.redisServers);
  if (place.url !== undefined) return oneServer(driver, place, known);
  return place.cluster !== undefined
    ? clusterOf(driver, place, known)
    : sentinelOf(driver, place, known);
}
