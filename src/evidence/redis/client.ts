/** How are Redis and Valkey reached? One server, Sentinel or Cluster behind the same few functions; errors that hold no value. */
import { type ErrorCode, PortabilityError } from '../../errors.ts';
import {
  type Connected,
  checkTls,
  clientOf,
  type Driver,
  type Reached,
  type RedisPlace,
  type Reply,
  type Send,
} from './place.ts';

export type { RedisPlace, Send } from './place.ts';

export interface RedisServers {
  /** Sends a command to where its key lives: within a request, which has the deadline and tells the errors for all of its commands. */
  at(key: string, ...args: readonly string[]): Promise<Reply>;
  /** Work that fails after `timeout`, unless it is a walk through all keys: each page of it is a request of its own. */
  request<Result>(work: () => Promise<Result>, isWalk?: boolean): Promise<Result>;
  /** The same work on each master, over the connection that `at` uses. */
  onMasters<Result>(work: (send: Send, index: number) => Promise<Result>): Promise<Result[]>;
  /** Which connections `at` uses: others after a failover, whose server knows nothing of what was written before. */
  connections(): Promise<string>;
  close(): Promise<void>;
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

/** Number and both ends of a connection. */
const identityOf = (info: unknown): string => /^id=\d+ addr=\S+ laddr=\S+/.exec(String(info))?.[0] ?? '';

/** A setting that the driver can not use is thrown, and quotes it: a URL may hold a password. */
function openClient(driver: Driver, place: RedisPlace, known: Reached): Connected {
  try {
    return clientOf(driver, place, known);
  } catch (error) {
    throw wrapped(error);
  }
}

export async function connectRedis(place: RedisPlace): Promise<RedisServers> {
  const { timeout = 10_000 } = place;
  const driver = await import('redis').catch(() => {
    throw new PortabilityError('ERR_LEDGER_DRIVER', DRIVER);
  });
  checkTls(place, []);
  const known = { isReached: false };
  const connected = openClient(driver, place, known);
  // One that is not there is not tried for ever behind the caller's back.
  const connect = async (): Promise<void> => {
    await connected.connect();
    checkTls(place, connected.hosts());
  };
  await within(connect(), timeout).catch(error => {
    connected.destroy();
    throw error;
  });
  known.isReached = true;
  let closing: Promise<void> | undefined;
  const request: RedisServers['request'] = (work, isWalk = false) =>
    closing === undefined
      ? within(work(), isWalk ? undefined : timeout)
      : Promise.reject(new PortabilityError('ERR_LEDGER_CLOSED', 'the ledger is closed'));
  const onMasters: RedisServers['onMasters'] = async work => {
    const masters = await request(connected.masters);
    return Promise.all(masters.map((send, index) => work((...args) => request(() => send(...args)), index)));
  };
  return {
    request,
    at: (key, ...args) => connected.at(key, args as string[]),
    onMasters,
    connections: async () => (await onMasters(send => send('CLIENT', 'INFO'))).map(identityOf).join(' '),
    close: () => {
      closing ??= within(connected.close(), timeout).catch(() => connected.destroy());
      return closing;
    },
  };
}
