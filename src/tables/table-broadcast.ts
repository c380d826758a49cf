/**
 * Replaces the table in all threads of a process: one copy in shared memory, announced on a
 * broadcast channel.
 */

import { randomUUID } from 'node:crypto';
import { BroadcastChannel } from 'node:worker_threads';
import { portabilityError } from '../errors.ts';
import { checkTable, openShared, type SharedTable, type ZoneTable } from '../geo/zone-table.ts';
import * as TABLES from '../messages/tables.ts';

/** The result of a replacement. */
export interface ChangedOver {
  /** Number of threads that have the new table. */
  readonly changed: number;
  /** Number of threads that did not answer in time. They keep their current table. */
  readonly missing: number;
}

/** Publishes tables to the threads that follow. */
export interface TablePublisher {
  /**
   * Sends another table to every thread that follows. Resolves when all have it, or after
   * `timeoutMs`.
   */
  replace(table: ZoneTable): Promise<ChangedOver>;
  /** Stops publishing; safe to call twice. */
  close(): void;
}

/** Applies the tables of a publisher in another thread. */
export interface TableFollower {
  /** Stops following; safe to call twice. */
  close(): void;
}

type Message =
  | { readonly kind: 'hello' | 'bye'; readonly from: string }
  /**
   * Each publisher has its own numbers: another publisher under the same name begins again at 1.
   */
  | {
      readonly kind: 'table';
      readonly by: string;
      readonly number: number;
      readonly table: SharedTable;
    }
  | { readonly kind: 'have'; readonly from: string; readonly by: string; readonly number: number };

/**
 * Opens a table over memory that another thread has laid out. `handle` is the result of `share()`,
 * received through `workerData` or a message. Nothing is copied.
 * @throws PortabilityError `ERR_ARGUMENT` if the value is not such a handle
 */
export function openSharedTable(handle: SharedTable): ZoneTable {
  const isShared =
    handle?.buffer instanceof SharedArrayBuffer &&
    Array.isArray(handle.places) &&
    typeof handle.edition === 'object';
  if (isShared) return openShared(handle);
  throw portabilityError(TABLES.sharedTableInvalid);
}

function openChannel(name: string): BroadcastChannel {
  if (typeof name !== 'string' || name === '') throw portabilityError(TABLES.channelName);
  return new BroadcastChannel(`laissez-passer ${name}`);
}

const messageOf = (event: unknown): Message => (event as { readonly data: Message }).data;

/**
 * Resolves when `isSo` returns true or after `timeoutMs`. `isSo` is called each time one of
 * `waiting` is called.
 */
const until = (waiting: Set<() => void>, timeoutMs: number, isSo: () => boolean): Promise<void> =>
  new Promise(resolve => {
    const finish = (): void => {
      clearTimeout(timer);
      waiting.delete(check);
      resolve();
    };
    const check = (): void => {
      if (isSo()) finish();
    };
    const timer = setTimeout(finish, timeoutMs);
    waiting.add(check);
    check();
  });

/**
 * Publishes a table under a name to the threads of this process. Threads that follow later receive
 * the table then in force. `timeoutMs` is the time that `replace` waits, in milliseconds; default:
 * 10,000.
 */
export function publishTable(
  name: string,
  table: ZoneTable,
  options: { readonly timeoutMs?: number | undefined } = {},
): TablePublisher {
  const { timeoutMs = 10_000 } = options ?? {};
  if (typeof timeoutMs !== 'number') throw portabilityError(TABLES.timeoutInvalid);
  checkTable(table);
  const channel = openChannel(name);
  channel.unref();
  const followers = new Map<string, number>();
  let number = 1;
  let current = table.share();
  const waiting = new Set<() => void>();
  const by = randomUUID();
  let isClosed = false;
  const announce = (): void =>
    channel.postMessage({ kind: 'table', by, number, table: current } satisfies Message);
  channel.onmessage = event => {
    const message = messageOf(event);
    if (message.kind === 'hello') {
      followers.set(message.from, 0);
      announce();
    } else if (message.kind === 'bye') followers.delete(message.from);
    else if (message.kind === 'have' && message.by === by)
      followers.set(message.from, message.number);
    for (const check of waiting) check();
  };
  // Followers that started before the publisher have received no answer yet.
  announce();
  const outcome = (wanted: number): ChangedOver => {
    const changed = [...followers.values()].filter(has => has >= wanted).length;
    return { changed, missing: followers.size - changed };
  };
  return {
    replace: async next => {
      if (isClosed) throw portabilityError(TABLES.publisherClosed);
      [number, current] = [number + 1, checkTable(next).share()];
      const wanted = number;
      announce();
      await until(waiting, timeoutMs, () => outcome(wanted).missing === 0);
      const came = outcome(wanted);
      // A thread that ended without a message is not waited for again. A slow thread is counted
      // again from its next message on.
      for (const [follower, has] of followers) if (has < wanted) followers.delete(follower);
      return came;
    },
    close: () => {
      isClosed = true;
      channel.close();
    },
  };
}

/**
 * Follows the table published under a name. `apply` is called with the table in force, then with
 * each replacement, between two iterations of the event loop, so that no decision mixes two tables.
 * With a gate: `followTable('zones', gate.replaceTable)`. Resolves when the first table is applied,
 * and rejects if `apply` throws on it. If `apply` throws on a later table, the previous one stays
 * in force and the new one is not acknowledged.
 */
export function followTable(
  name: string,
  apply: (table: ZoneTable) => void,
): Promise<TableFollower> {
  const channel = openChannel(name);
  const from = randomUUID();
  let has = { by: '', number: 0 };
  let isClosed = false;
  const post = (message: Message): void => channel.postMessage(message);
  const follower: TableFollower = {
    close: () => {
      if (!isClosed) post({ kind: 'bye', from });
      isClosed = true;
      channel.close();
    },
  };
  return new Promise((resolve, reject) => {
    channel.onmessage = event => {
      const message = messageOf(event);
      if (message.kind !== 'table') return;
      const { by, number } = message;
      if (by !== has.by || number > has.number) {
        try {
          apply(openShared(message.table));
        } catch (error) {
          // Without the acknowledgement, the publisher counts this follower as missing.
          if (has.number === 0) follower.close();
          return reject(error);
        }
        has = { by, number };
      }
      post({ kind: 'have', from, ...has });
      // Waiting for the first table keeps the thread alive; following it does not.
      channel.unref();
      resolve(follower);
    };
    post({ kind: 'hello', from });
  });
}
