/**
 * Groups single records into batched writes by size and delay, one write at a time and in order.
 */
import { PortabilityError } from '../errors.ts';

/** The outcome of one batch write. It contains no record. */
export interface BatchReport {
  /** Seconds from the call of `write` to its result. */
  readonly seconds: number;
  readonly records: number;
  readonly isWritten: boolean;
  /**
   * The reason why the batch was not written, if `write` rejected with a `PortabilityError`: it
   * names the server or file, and a code.
   */
  readonly error?: PortabilityError;
}

export interface Batcher<Item> {
  add(item: Item): void;
  readonly waiting: number;
  /**
   * Resolves when all items added before the call are settled, written or not. Writes at least
   * once, also if nothing waits.
   */
  drain(): Promise<void>;
}

export interface BatcherOptions<Item> {
  readonly size: number;
  /** Longest time in milliseconds that an item waits before its batch is written. */
  readonly delay: number;
  readonly write: (items: readonly Item[]) => Promise<void>;
  readonly settle: (items: readonly Item[], isWritten: boolean) => void;
  readonly report: (batch: BatchReport) => void;
}

export function openBatcher<Item>({
  size,
  delay,
  write,
  settle,
  report,
}: BatcherOptions<Item>): Batcher<Item> {
  const queue: Item[] = [];
  let inFlight: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let added = 0;
  let settled = 0;
  const writeOnce = async (): Promise<void> => {
    const items = queue.splice(0, size);
    const began = performance.now();
    let failure: unknown;
    const isWritten = await Promise.resolve()
      .then(() => write(items))
      .then(
        () => true,
        error => {
          failure = error;
          return false;
        },
      );
    settled += items.length;
    settle(items, isWritten);
    const error = failure instanceof PortabilityError ? { error: failure } : {};
    report({
      seconds: (performance.now() - began) / 1000,
      records: items.length,
      isWritten,
      ...error,
    });
  };
  const writeAll = async (): Promise<void> => {
    do await writeOnce();
    while (queue.length > 0);
    inFlight = undefined;
  };
  const start = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    inFlight ??= writeAll();
    return inFlight;
  };
  return {
    add: item => {
      queue.push(item);
      added++;
      if (queue.length >= size) void start();
      else timer ??= setTimeout(start, delay);
    },
    get waiting() {
      return queue.length;
    },
    drain: async () => {
      const target = added;
      await inFlight;
      do await start();
      while (settled < target);
    },
  };
}
