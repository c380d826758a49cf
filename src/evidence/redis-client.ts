/** How are Redis and Valkey reached? One server, Sentinel or Cluster behind the same few functions; errors that hold no value. */
import type { RedisClientOptions } from 'redis';
import { type ErrorCode, PortabilityError } from '../errors.ts';
import { isLocal, parseServer } from './remote.ts';

type Reply = unknown;
/** Sends one command; several in one turn of the event loop travel together. */
export type Send = (...args: readonly string[]) => Promise<Reply>;

export interface RedisServers {
  /** Sends a command to where its key lives: within a request, which has the deadline and tells the errors for all of its commands. */
  at(key: string, ...args: readonly string[]): Promise<Reply>;
  /** Work that fails after `timeout`, unless it is a walk through all keys: each page of it is a request of its own. */
  request<Result>(work: () => Promise<Result>, isWalk?: boolean): Promise<Result>;
  /** The same work on each master, over the connection that `at` uses. */
  onMasters<Result>(work: (send: Send, index: number) => Promise<Result>): Promise<Result[]>;
  close(): Promise<void>;
}

/** Where the servers are: one of the three. */
export interface RedisPlace {
  /** One server: `redis://` or, by TLS, `rediss://`. */
  readonly url?: string;
  /** Some nodes of a cluster; the others are found through them. */
  readonly cluster?: readonly string[];
  readonly sentinel?: {
    readonly name: string;
    readonly nodes: readonly { readonly host: string; readonly port: number }[];
  };
  /** For every connection: user, password, TLS. */
  readonly client?: Pick<RedisClientOptions, 'username' | 'password' | 'socket'>;
  /** `false` to reach another machine without TLS. */
  readonly tls?: false;
  /** Milliseconds after which a request counts as failed; 10,000 unless given. */
  readonly timeout?: number;
}

const DRIVER = 'the redis ledger needs a driver: npm install redis@6';

const FAILURES: readonly (readonly [pattern: RegExp, code: ErrorCode, message: string])[] = [
  [/^(NOAUTH|WRONGPASS|NOPERM)/, 'ERR_LEDGER_OPEN', 'the role may not do this in the ledger'],
  [/^OOM/, 'ERR_LEDGER_WRITE', 'the server of the ledger has no room'],
  [
    /^(MISCONF|NOREPLICAS|READONLY|CLUSTERDOWN|LOADING|MASTERDOWN)/,
    'ERR_LEDGER_WRITE',
    'the server of the ledger takes no writes',
  ],
];

/** A reply may quote a key, and a key holds a pseudonym: only its first word is looked at. */
export function wrapped(error: unknown): PortabilityError {
  if (error instanceof PortabilityError) return error;
  const text = String((error as { message?: unknown } | null)?.message ?? '');
  const [, code, message] = FAILURES.find(([pattern]) => pattern.test(text)) ?? [];
  if (code !== undefined) return new PortabilityError(code, message!);
  const isReply = /^[A-Z]{3,} /.test(text);
  return new PortabilityError(
    isReply ? 'ERR_LEDGER_WRITE' : 'ERR_LEDGER_OPEN',
    isReply ? 'the ledger can not be read or written' : 'the ledger can not be reached',
  );
}

/** What is common to the three kinds of client. */
interface Connected {
  readonly connect: () => Promise<unknown>;
  readonly at: (key: string, args: string[]) => Promise<Reply>;
  readonly masters: () => Promise<Send[]>;
  readonly close: () => Promise<void>;
  /** Gives up at once, whatever it is waiting for. */
  readonly destroy: () => void;
}

/** Whether the server has been there since the ledger was opened. */
interface Reached {
  isReached: boolean;
}

/** Tried again for ever once it has been there; a login that is refused at the first is told at once. */
const patience = (known: Reached) => (tries: number, cause: Error) =>
  !known.isReached && /^(NOAUTH|WRONGPASS|NOPERM|ERR) /.test(cause.message) ? cause : Math.min(tries * 50, 1000);

const common = ({ client = {}, timeout = 10_000 }: RedisPlace, known: Reached) => ({
  ...client,
  // A request to a server that is gone fails at once: the batch is kept elsewhere, or asked for again.
  disableOfflineQueue: true,
  // The deadline is our own, for all commands of a request together: one for each costs more than the command.
  commandOptions: { timeout: 0 },
  socket: { connectTimeout: timeout, keepAlive: true, reconnectStrategy: patience(known), ...client.socket } as never,
});

type Driver = typeof import('redis');

function oneServer({ createClient }: Driver, place: RedisPlace, known: Reached): Connected {
  const client = createClient({ ...common(place, known), url: place.url! });
  client.on('error', () => undefined);
  const send: Send = (...args) => client.sendCommand([...args]);
  return {
    connect: () => client.connect(),
    at: (_, args) => client.sendCommand(args),
    masters: async () => [send],
    close: () => client.close(),
    destroy: () => client.destroy(),
  };
}

function clusterOf({ createCluster }: Driver, place: RedisPlace, known: Reached): Connected {
  // Through a failover the cluster's own client waits until it knows the new master: its queue stays, and the deadline ends it.
  const { disableOfflineQueue: _, ...defaults } = common(place, known);
  const cluster = createCluster({ rootNodes: place.cluster!.map(url => ({ url })), defaults });
  cluster.on('error', () => undefined);
  cluster.on('node-error', () => undefined);
  return {
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

function sentinelOf({ createSentinel }: Driver, place: RedisPlace, known: Reached): Connected {
  const { name, nodes } = place.sentinel!;
  const sentinel = createSentinel({
    name,
    sentinelRootNodes: [...nodes],
    nodeClientOptions: common(place, known) as never,
  });
  sentinel.on('error', () => undefined);
  const send: Send = (...args) => sentinel.sendCommand(false, [...args]);
  return {
    connect: () => sentinel.connect(),
    at: (_, args) => sentinel.sendCommand(false, args),
    masters: async () => [send],
    close: () => sentinel.close(),
    destroy: () => void sentinel.destroy(),
  };
}

/** By TLS, or on this machine, or somebody said otherwise. */
function checkTls({ url, cluster = [], sentinel, client, tls }: RedisPlace): void {
  const urls = [url ?? [], cluster].flat().map(each => parseServer(each, /^rediss?:$/, 'redis://...'));
  const open = [
    ...urls.filter(({ protocol }) => protocol === 'redis:').map(({ hostname }) => hostname),
    ...(sentinel?.nodes ?? []).map(({ host }) => host),
  ];
  if (tls === false || (client?.socket as { tls?: boolean } | undefined)?.tls === true || open.every(isLocal)) return;
  throw new PortabilityError('ERR_LEDGER_OPEN', 'another machine is reached by TLS: rediss://...');
}

function clientOf(driver: Driver, place: RedisPlace, known: Reached): Connected {
  const given = [place.url, place.cluster, place.sentinel].filter(each => each !== undefined);
  if (given.length !== 1)
    throw new PortabilityError('ERR_ARGUMENT', 'a redis ledger has one of url, cluster and sentinel');
  if (place.url !== undefined) return oneServer(driver, place, known);
  return place.cluster !== undefined ? clusterOf(driver, place, known) : sentinelOf(driver, place, known);
}

/** Fails after so many milliseconds, if any; what comes later does no harm, since every write may come twice. */
async function within<Result>(work: Promise<Result>, milliseconds: number | undefined): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const late = () => reject(new PortabilityError('ERR_LEDGER_BUSY', 'the ledger took too long'));
    if (milliseconds !== undefined) timer = setTimeout(late, milliseconds);
  });
  try {
    return await Promise.race([work, deadline]);
  } catch (error) {
    throw wrapped(error);
  } finally {
    clearTimeout(timer);
  }
}

export async function connectRedis(place: RedisPlace): Promise<RedisServers> {
  const { timeout = 10_000 } = place;
  const driver = await import('redis').catch(() => {
    throw new PortabilityError('ERR_LEDGER_DRIVER', DRIVER);
  });
  checkTls(place);
  const known = { isReached: false };
  const connected = clientOf(driver, place, known);
  // One that is not there is not tried for ever behind the caller's back.
  await within(connected.connect(), timeout).catch(error => {
    connected.destroy();
    throw error;
  });
  known.isReached = true;
  let closing: Promise<void> | undefined;
  const request: RedisServers['request'] = (work, isWalk = false) =>
    closing === undefined
      ? within(work(), isWalk ? undefined : timeout)
      : Promise.reject(new PortabilityError('ERR_LEDGER_CLOSED', 'the ledger is closed'));
  return {
    request,
    at: (key, ...args) => connected.at(key, args as string[]),
    onMasters: async work => {
      const masters = await request(connected.masters);
      return Promise.all(masters.map((send, index) => work((...args) => request(() => send(...args)), index)));
    },
    close: () => {
      closing ??= connected.close().catch(() => undefined);
      return closing;
    },
  };
}
