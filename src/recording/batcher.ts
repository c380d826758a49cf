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

export interface BatcherOptions<Item> {
  readonly size: number;
  /** Longest time in milliseconds that an item waits before its batch is written. */
  readonly delay: number;
  readonly write: (items: readonly Item[]) => Promise<void>;
  readonly settle: (items: readonly Item[], isWritten: boolean) => void;
  readonly report: (batch: BatchReport) => void;
}

/** Groups items into batches and writes them in order, one batch at a time. */
export class Batcher<Item> {
  private readonly options: BatcherOptions<Item>;
  private readonly queue: Item[] = [];
  private inFlight: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private added = 0;
  private settled = 0;

  constructor(options: BatcherOptions<Item>) {
    this.options = options;
  }

  /** Number of items that wait to be written. */
  get waiting(): number {
    return this.queue.length;
  }

  add(item: Item): void {
    this.queue.push(item);
    this.added++;
    if (this.queue.length >= this.options.size) void this.start();
    else this.timer ??= setTimeout(() => this.start(), this.options.delay);
  }

  /**
   * Resolves when all items added before the call are settled, written or not. Writes at least
   * once, also if nothing waits.
   */
  async drain(): Promise<void> {
    const target = this.added;
    await this.inFlight;
    do await this.start();
    while (this.settled < target);
  }

  private start(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.inFlight ??= this.writeAll();
    return this.inFlight;
  }

  private async writeAll(): Promise<void> {
    do await this.writeOnce();
    while (this.queue.length > 0);
    this.inFlight = undefined;
  }

  private async writeOnce(): Promise<void> {
    const { size, write, settle, report } = this.options;
    const items = this.queue.splice(0, size);
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
    this.settled += items.length;
    settle(items, isWritten);
    const error = failure instanceof PortabilityError ? { error: failure } : {};
    report({
      seconds: (performance.now() - began) / 1000,
      records: items.length,
      isWritten,
      ...error,
    });
  }
}
