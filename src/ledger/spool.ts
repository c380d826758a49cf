/**
 * Queues batches in a file while the ledger is out of reach, and writes them in order when it is
 * back.
 */
import { PortabilityError } from '../errors.ts';
import type { Batch, Ledger } from './ledger.ts';

/** A queue on disk. What is put is durable when it resolves. */
export interface Queue {
  put(body: string): Promise<void>;
  /** The oldest, if there is one. */
  first(): Promise<{ readonly seq: number; readonly body: string } | undefined>;
  remove(seq: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** How much may wait, and how often it is tried again. */
export interface SpoolOptions {
  /** Batches that may wait; beyond it a batch fails, and its requests are asked for again. 10,000 unless given. */
  readonly most?: number | undefined;
  /** Milliseconds between two tries; 1,000 unless given. */
  readonly retryMs?: number | undefined;
}

/** A batch that waits. `owners`: of each pseudonym the one in the register, where restrictions could not be asked for when it was put. */
interface Waiting {
  readonly batch: Batch;
  readonly owners?: readonly (readonly [pseudonym: string, owner: string])[];
}

/** Restrictions that were put down meanwhile count; tombstones the ledger itself holds against every write. */
async function withoutRestricted({ batch, owners }: Waiting, ledger: Ledger): Promise<Batch> {
  if (owners === undefined) return batch;
  const restricted = new Set(
    await ledger.register.among(
      'restrictions',
      owners.map(([, owner]) => owner),
    ),
  );
  const gone = new Set(owners.filter(([, owner]) => restricted.has(owner)).map(([pseudonym]) => pseudonym));
  const isKept = ({ pseudonym }: { readonly pseudonym: string }): boolean => !gone.has(pseudonym);
  return { ...batch, cards: batch.cards.filter(isKept), accesses: batch.accesses.filter(isKept) };
}

/** Writes what waits, oldest first, for as long as the ledger takes it. */
async function drainOnce(ledger: Ledger, queue: Queue): Promise<void> {
  for (let next = await queue.first(); next !== undefined; next = await queue.first()) {
    await ledger.write(await withoutRestricted(JSON.parse(next.body) as Waiting, ledger));
    // Gone only when it is durable there: should the process die in between, it is written twice, which changes nothing.
    await queue.remove(next.seq);
  }
}

/** Counts what waits without asking the disk, and tries again until nothing does. */
function openDrain(ledger: Ledger, queue: Queue, { retryMs = 1000 }: SpoolOptions, before: number) {
  let [waiting, isOver] = [before, false];
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
    put: async (entry: Waiting): Promise<void> => {
      await queue.put(JSON.stringify(entry));
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

const FULL = () => new PortabilityError('ERR_LEDGER_WRITE', 'the spool is full');

/** A ledger whose writes never wait for one that is away. Everything else is asked of the ledger itself, and fails while it is away. */
export async function spooled(ledger: Ledger, queue: Queue, options: SpoolOptions): Promise<Ledger> {
  const { most = 10_000 } = options;
  const drain = openDrain(ledger, queue, options, await queue.size());
  const put = (entry: Waiting): Promise<void> => (drain.waiting() >= most ? Promise.reject(FULL()) : drain.put(entry));
  let closing: Promise<void> | undefined;
  return {
    ...ledger,
    spooled: drain.waiting,
    write: async batch => {
      // Behind what waits already: batches stay in their order.
      if (drain.waiting() > 0) return put({ batch });
      return ledger.write(batch).catch(error => {
        if ((error as PortabilityError).code === 'ERR_LEDGER_CLOSED') throw error;
        return put({ batch });
      });
    },
    defer: (batch, owners) => put({ batch, owners: [...owners] }),
    close: () => {
      closing ??= drain.finish().finally(queue.close).finally(ledger.close);
      return closing;
    },
  };
}
