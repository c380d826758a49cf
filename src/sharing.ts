/** How do all threads of a process change over to another table? One copy in shared memory, announced on a channel, each thread at its next turn. */
import { randomUUID } from 'node:crypto';
import { BroadcastChannel } from 'node:worker_threads';
import { PortabilityError } from './errors.ts';
import { checkTable, openShared, type SharedTable, type ZoneTable } from './place/table.ts';

/** What came of a change-over. */
export interface ChangedOver {
  /** Threads that have the new table. */
  readonly changed: number;
  /** Threads that did not answer in time: they go on with the table that they have. */
  readonly missing: number;
}

export interface TablePublisher {
  /** Hands another table to every thread that follows; resolves when all have it, or after `timeoutMs`. */
  replace(table: ZoneTable): Promise<ChangedOver>;
  close(): void;
}

export interface TableFollower {
  close(): void;
}

type Message =
  | { readonly kind: 'hello' | 'bye'; readonly from: string }
  | { readonly kind: 'table'; readonly number: number; readonly table: SharedTable }
  | { readonly kind: 'have'; readonly from: string; readonly number: number };

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

/** Publishes a table under a name to the threads of this process; those that come later get the one then in force. */
export function publishTable(
  name: string,
  table: ZoneTable,
  options: { readonly timeoutMs?: number } = {},
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
  const announce = (): void => channel.postMessage({ kind: 'table', number, table: current } satisfies Message);
  channel.onmessage = event => {
    const message = messageOf(event);
    if (message.kind === 'hello') {
      followers.set(message.from, 0);
      announce();
    } else if (message.kind === 'bye') followers.delete(message.from);
    else if (message.kind === 'have') followers.set(message.from, message.number);
    for (const check of waiting) check();
  };
  const outcome = (wanted: number): ChangedOver => {
    const changed = [...followers.values()].filter(has => has >= wanted).length;
    return { changed, missing: followers.size - changed };
  };
  return {
    replace: next => {
      [number, current] = [number + 1, checkTable(next).share()];
      const wanted = number;
      announce();
      return new Promise(resolve => {
        const finish = (): void => {
          clearTimeout(timer);
          waiting.delete(check);
          resolve(outcome(wanted));
        };
        const check = (): void => {
          if (outcome(wanted).missing === 0) finish();
        };
        const timer = setTimeout(finish, timeoutMs);
        waiting.add(check);
        check();
      });
    },
    close: () => channel.close(),
  };
}

/**
 * Follows the table of a name: `apply` is called with the one in force, then with each that replaces it, between two turns of the event loop, so that
 * no answer mixes two. With a gate: `followTable('zones', gate.replaceTable)`. Resolves when the first has come.
 */
export function followTable(name: string, apply: (table: ZoneTable) => void): Promise<TableFollower> {
  const channel = openChannel(name);
  const from = randomUUID();
  let number = 0;
  const post = (message: Message): void => channel.postMessage(message);
  const follower: TableFollower = {
    close: () => {
      post({ kind: 'bye', from });
      channel.close();
    },
  };
  return new Promise(resolve => {
    channel.onmessage = event => {
      const message = messageOf(event);
      if (message.kind !== 'table') return;
      if (message.number > number) {
        number = message.number;
        apply(openShared(message.table));
      }
      post({ kind: 'have', from, number });
      // Waiting for the first table keeps the thread alive; following it does not.
      channel.unref();
      resolve(follower);
    };
    post({ kind: 'hello', from });
  });
}
