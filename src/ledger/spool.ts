/**
 * Queues batches in a file while the ledger is out of reach, and writes them in order when it is
 * back.
 */

import { type PortabilityError, portabilityError } from '../errors.ts';
import * as LEDGER from '../messages/ledger.ts';
import type { Batch, Ledger } from './ledger.ts';

/** A queue on disk. An entry is durable when `put` resolves. */
export interface Queue {
  put(body: string): Promise<void>;
  /** Returns the oldest entry, if there is one. */
  first(): Promise<{ readonly seq: number; readonly body: string } | undefined>;
  remove(seq: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** Limits of the spool. */
export interface SpoolOptions {
  /**
   * Maximum number of batches that wait. A batch beyond it fails, and later requests record its
   * bits again. Default: 10,000.
   */
  readonly most?: number | undefined;
  /** Milliseconds between two attempts; default: 1,000. */
  readonly retryMs?: number | undefined;
}

/** An entry as an earlier version put it. */
interface EarlierEntry {
  readonly batch: Batch;
  readonly owners?: readonly (readonly [pseudonym: string, owner: string])[];
}

/** Returns the batch of an entry: a new version finds those of the version before. */
function batchOf(body: string): Batch {
  const entry = JSON.parse(body) as Batch | EarlierEntry;
  if (!('batch' in entry)) return entry;
  return { ...entry.batch, owners: entry.owners && Object.fromEntries(entry.owners) };
}

/** Writes the waiting batches, oldest first, until the ledger fails. */
async function drainOnce(ledger: Ledger, queue: Queue): Promise<void> {
  for (let next = await queue.first(); next !== undefined; next = await queue.first()) {
    await ledger.write(batchOf(next.body));
    // Removes the entry only when it is durable in the ledger. If the process dies in between, the
    // batch is written twice, which changes nothing.
    await queue.remove(next.seq);
  }
}

/** Counts waiting batches in memory, and retries until none waits. */
function openDrain(ledger: Ledger, queue: Queue, { retryMs = 1000 }: SpoolOptions, before: number) {
  let waiting = before;
  let isOver = false;
  let draining: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const counted: Queue = { ...queue, remove: seq => queue.remove(seq).then(() => void waiting--) };
  const drain = (): Promise<void> => {
    draining ??= drainOnce(ledger, counted)
      .catch(() => undefined)
      .finally(() => {
        draining = undefined;
        if (waiting > 0) later();
      });
    return draining;
  };
  const later = (): void => {
    if (isOver) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      void drain();
    }, retryMs).unref();
  };
  if (waiting > 0) later();
  return {
    waiting: () => waiting,
    put: async (batch: Batch): Promise<void> => {
      await queue.put(JSON.stringify(batch));
      waiting++;
      later();
    },
    finish: async (): Promise<void> => {
      clearTimeout(timer);
      await (waiting > 0 ? drain() : draining);
      isOver = true;
      clearTimeout(timer);
    },
  };
}

/**
 * Wraps a ledger: a batch that it does not accept is queued, and while batches wait, new ones are
 * queued without trying the ledger. All other operations go to the ledger itself and fail while it
 * is out of reach.
 */
export async function spooled(
  ledger: Ledger,
  queue: Queue,
  options: SpoolOptions,
): Promise<Ledger> {
  const { most = 10_000 } = options;
  const drain = openDrain(ledger, queue, options, await queue.size());
  const put = async (batch: Batch): Promise<readonly string[]> => {
    if (drain.waiting() >= most) throw portabilityError(LEDGER.spoolFull);
    await drain.put(batch);
    return [];
  };
  let closing: Promise<void> | undefined;
  return {
    ...ledger,
    spooled: drain.waiting,
    write: async batch => {
      // Waiting batches go first, so that batches stay in order.
      if (drain.waiting() > 0) return put(batch);
      return ledger.write(batch).catch(error => {
        if ((error as PortabilityError).code === 'ERR_LEDGER_CLOSED') throw error;
        return put(batch);
      });
    },
    close: () => {
      closing ??= drain.finish().finally(queue.close).finally(ledger.close);
      return closing;
    },
  };
}
