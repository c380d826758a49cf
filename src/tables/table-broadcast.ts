/**
 * Replaces the table in all threads of a process: one copy in shared memory, announced on a
 * broadcast channel.
 */
import { randomUUID } from 'node:crypto';
import { BroadcastChannel } from 'node:worker_threads';
import { PortabilityError } from '../errors.ts';
import { checkTable, openShared, type SharedTable, type ZoneTable } from '../geo/zone-table.ts';

/** What came of a change-over. */
export interface ChangedOver {
  /** Threads that have the new table. */
  readonly changed: number;
  /** Threads that did not answer in time: they go on with the table that they have. */
  readonly missing: number;
}

/** Hands tables to the threads that follow. */
export interface TablePublisher {
  /** Hands another table to every thread that follows; resolves when all have it, or after `timeoutMs`. */
  replace(table: ZoneTable): Promise<ChangedOver>;
  /** Stops; safe to call twice. */
  close(): void;
}

/** Puts tables of a publisher into a gate of another thread. */
export interface TableFollower {
  /** Stops; safe to call twice. */
  close(): void;
}

type Message =
  | { readonly kind: 'hello' | 'bye'; readonly from: string }
  /** Numbers are counted by each publisher for itself: another one under the same name begins anew. */
  | { readonly kind: 'table'; readonly by: string; readonly number: number; readonly table: SharedTable }
  | { readonly kind: 'have'; readonly from: string; readonly by: string; readonly number: number };

/**
 * Opens a table over memory that another thread has laid out: what its `share()` answered, through `workerData` or a message. Nothing is copied.
 * @throws PortabilityError `ERR_ARGUMENT` on what is no such handle
 */
export function openSharedTable(handle: SharedTable): ZoneTable {
  const isShared =
    handle?.buffer instanceof SharedArrayBuffer && Array.isArray(handle.places) && typeof handle.edition === 'object';
  if (isShared) return openShared(handle);
  throw new PortabilityError('ERR_ARGUMENT', 'a shared table is opened from what share() answered');
}

function openChannel(name: string): BroadcastChannel {
  if (typeof name !== 'string' || name === '') throw new PortabilityError('ERR_ARGUMENT', 'a channel has a name');
  return new BroadcastChannel(`laissez-passer ${name}`);
}

const messageOf = (event: unknown): Message => (event as { readonly data: Message }).data;

/** Resolves when `isSo`, asked whenever one of `waiting` is called, or after a while. */
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

/** Publishes a table under a name to the threads of this process; those that come later get the one then in force. */
export function publishTable(
  name: string,
  table: ZoneTable,
  options: { readonly timeoutMs?: number | undefined } = {},
): TablePublisher {
  const { timeoutMs = 10_000 } = options ?? {};
  if (typeof timeoutMs !== 'number')
    throw new PortabilityError('ERR_ARGUMENT', 'a timeout is a number of milliseconds');
  checkTable(table);
  const channel = openChannel(name);
  channel.unref();
  const followers = new Map<string, number>();
  let [number, current] = [1, table.share()];
  const waiting = new Set<() => void>();
  const by = randomUUID();
  let isClosed = false;
  const announce = (): void => channel.postMessage({ kind: 'table', by, number, table: current } satisfies Message);
  channel.onmessage = event => {
    const message = messageOf(event);
    if (message.kind === 'hello') {
      followers.set(message.from, 0);
      announce();
    } else if (message.kind === 'bye') followers.delete(message.from);
    else if (message.kind === 'have' && message.by === by) followers.set(message.from, message.number);
    for (const check of waiting) check();
  };
  // Those that were there before the publisher have asked in vain.
  announce();
  const outcome = (wanted: number): ChangedOver => {
    const changed = [...followers.values()].filter(has => has >= wanted).length;
    return { changed, missing: followers.size - changed };
  };
  return {
    replace: async next => {
      if (isClosed) throw new PortabilityError('ERR_ARGUMENT', 'the publisher is closed');
      [number, current] = [number + 1, checkTable(next).share()];
      const wanted = number;
      announce();
      await until(waiting, timeoutMs, () => outcome(wanted).missing === 0);
      const came = outcome(wanted);
      // A thread that is gone without a word is not waited for again; one that was only slow is counted from its next word on.
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
 * Follows the table of a name: `apply` is called with the one in force, then with each that replaces it, between two turns of the event loop, so that
 * no answer mixes two. With a gate: `followTable('zones', gate.replaceTable)`. Resolves when the first has come, rejects where `apply` does not take it;
 * a later one that it does not take leaves the one before in force, and is not acknowledged.
 */
export function followTable(name: string, apply: (table: ZoneTable) => void): Promise<TableFollower> {
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
          // Not acknowledged: who publishes is told of a follower that is missing.
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
