/**
 * Sends commands to Redis with a deadline, connects again where a server takes no writes, and maps
 * failures to errors that contain no value.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { PortabilityError, portabilityError, systemCodeOf, withDetails } from '../../errors.ts';
import * as LEDGER from '../../messages/ledger.ts';
import type { Message } from '../../messages.ts';
import { SERVER_WAIT_MS } from '../../timeouts.ts';
import { hostOf } from '../server-url.ts';
import {
  type Connected,
  checkTls,
  clientOf,
  type Driver,
  type Reached,
  type RedisLocation,
  type Reply,
  type Send,
} from './connect.ts';

export type { RedisLocation as RedisPlace, Send } from './connect.ts';

export interface RedisServers {
  /** Whether the keys of one command must all have one hash tag. */
  readonly isCluster: boolean;
  /** Time limit of a request in milliseconds. */
  readonly timeout: number;
  /**
   * Sends a command to the node of its key. Call it within `request`, which sets the deadline and
   * converts the errors of all its commands.
   */
  at(key: string, ...args: readonly string[]): Promise<Reply>;
  /**
   * Runs work that fails after `timeout`. A walk through all keys has no deadline of its own,
   * because each of its pages is a request.
   */
  request<Result>(work: () => Promise<Result>, isWalk?: boolean): Promise<Result>;
  /** Runs the same work on each master, over the connection that `at` uses. */
  onMasters<Result>(work: (send: Send) => Promise<Result>): Promise<Result[]>;
  /**
   * Identifies the connections that `at` uses. They change after a failover, when the new server
   * has no record of earlier writes.
   */
  connections(): Promise<string>;
  close(): Promise<void>;
}

/**
 * Answers of a server that takes no writes: a master that became a replica, one that loads its data
 * or has lost its replicas, its disk or the rest of its cluster.
 */
const TAKES_NO_WRITES = /^(MISCONF|NOREPLICAS|READONLY|CLUSTERDOWN|LOADING|MASTERDOWN)/;

const FAILURES: readonly (readonly [pattern: RegExp, message: Message])[] = [
  [/^ERR max number of clients/, LEDGER.redisMaxClients],
  [/^(NOAUTH|WRONGPASS|NOPERM)/, LEDGER.ledgerRole],
  [/^OOM/, LEDGER.ledgerServerFull],
  [TAKES_NO_WRITES, LEDGER.ledgerServerReadOnly],
];

/**
 * Converts a driver error to an error without values. A reply may quote a key, and a key contains a
 * pseudonym, so only its first word is used.
 */
export function ledgerError(error: unknown): PortabilityError {
  if (error instanceof PortabilityError) return error;
  const text = String((error as { message?: unknown } | null)?.message ?? '');
  const [, known] = FAILURES.find(([pattern]) => pattern.test(text)) ?? [];
  const reply = /^([A-Z]{3,32})(?: |$)/.exec(text)?.[1];
  const system = reply ?? systemCodeOf(error);
  const message = known ?? (reply === undefined ? LEDGER.ledgerUnreachable : LEDGER.ledgerFailed);
  return portabilityError(message, { system });
}

/**
 * Rejects after a number of milliseconds, if given. A write that completes later does no harm,
 * because every write may be repeated.
 */
async function within<Result>(
  work: Promise<Result>,
  milliseconds: number | undefined,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const late = () => reject(portabilityError(LEDGER.ledgerTimeout));
    if (milliseconds !== undefined) timer = setTimeout(late, milliseconds);
  });
  try {
    return await Promise.race([work, deadline]);
  } catch (error) {
    throw ledgerError(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the id and both addresses of a connection. */
const identityOf = (info: unknown): string =>
  /^id=\d+ addr=\S+ laddr=\S+/.exec(String(info))?.[0] ?? '';

/**
 * Creates the client. The driver throws on a setting that it cannot use and quotes it, although a
 * URL may hold a password, so the error is converted.
 */
function openClient(driver: Driver, place: RedisLocation, known: Reached): Connected {
  try {
    return clientOf(driver, place, known);
  } catch (error) {
    throw ledgerError(error);
  }
}

/** Returns the addresses of the servers for messages. */
function hostsOf({ url, cluster = [], sentinel }: RedisLocation): string {
  const urls = [url ?? [], cluster].flat().map(each => hostOf(each, '6379'));
  return [...urls, ...(sentinel?.nodes ?? []).map(({ host, port }) => `${host}:${port}`)].join(',');
}

export async function connectRedis(place: RedisLocation): Promise<RedisServers> {
  const host = hostsOf(place);
  return openServers(place, host).catch(error => {
    // A URL with another protocol has no host to report.
    const isNamed = error instanceof PortabilityError && /^ERR_LEDGER_(?!DRIVER)/.test(error.code);
    throw isNamed && host !== '' ? withDetails(error, { host }) : error;
  });
}

/** Least time between two searches for the server that takes writes. */
const RENEW_MS = 1000;

async function openServers(place: RedisLocation, host: string): Promise<RedisServers> {
  const { timeout = SERVER_WAIT_MS } = place;
  const driver = await import('redis').catch(() => {
    throw portabilityError(LEDGER.redisDriverMissing);
  });
  checkTls(place, []);
  const known: Reached = { isReached: false };
  // If the connection fails, the client is destroyed; otherwise it would retry forever in the
  // background.
  const connect = async (client: Connected): Promise<Connected> => {
    const connecting = async (): Promise<void> => {
      await client.connect();
      checkTls(place, client.hosts());
    };
    await within(connecting(), timeout).catch(error => {
      client.destroy();
      throw error;
    });
    return client;
  };
  const end = (client: Connected): Promise<void> =>
    within(client.close(), timeout).catch(() => client.destroy());
  let connected = await connect(openClient(driver, place, known)).catch(error => {
    // The driver retries until the deadline; the last failure gives the cause.
    const { failure: system, refusal } = known;
    if (refusal !== undefined) throw ledgerError(refusal);
    if (system === undefined) throw error;
    throw portabilityError(LEDGER.ledgerUnreachable, { system });
  });
  known.isReached = true;
  let closing: Promise<void> | undefined;
  let renewed: Connected | undefined;
  // The same host name or node may lead to another master by now. The old connections serve until
  // the new ones are there.
  const renew = async (): Promise<void> => {
    if (renewed !== undefined || closing !== undefined) return;
    renewed = openClient(driver, place, known);
    const next = await connect(renewed).catch(() => undefined);
    if (next !== undefined && closing === undefined) {
      void end(connected);
      connected = next;
    }
    await delay(RENEW_MS, undefined, { ref: false });
    renewed = undefined;
  };
  const request: RedisServers['request'] = (work, isWalk = false) =>
    closing === undefined
      ? within(work(), isWalk ? undefined : timeout).catch(error => {
          if (TAKES_NO_WRITES.test(error.system ?? '')) void renew();
          throw withDetails(error, { host });
        })
      : Promise.reject(portabilityError(LEDGER.ledgerClosed));
  const onMasters: RedisServers['onMasters'] = async work => {
    const masters = await request(() => connected.masters());
    return Promise.all(masters.map(send => work((...args) => request(() => send(...args)))));
  };
  return {
    isCluster: place.cluster !== undefined,
    timeout,
    request,
    at: (key, ...args) => connected.at(key, args as string[]),
    onMasters,
    connections: async () =>
      (await onMasters(send => send('CLIENT', 'INFO'))).map(identityOf).join(' '),
    close: () => {
      if (renewed !== connected) renewed?.destroy();
      closing ??= end(connected);
      return closing;
    },
  };
}
