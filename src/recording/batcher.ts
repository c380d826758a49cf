/**
 * Decides when waiting records are written: by number and delay, one batch at a time and in order.
 * What could not be written stays first in the queue and is tried again.
 */
import { PortabilityError } from '../errors.ts';

/** The outcome of one batch write. It contains no record. */
export interface BatchReport {
  /** Seconds from the call of `write` to its result. */
  readonly seconds: number;
  readonly records: number;
  /** Whether the batch was written. If not, its records wait and are written again later. */
  readonly isWritten: boolean;
  /**
   * The reason why the batch was not written, if `write` rejected with a `PortabilityError`: it
   * names the server or file, and a code.
   */
  readonly error?: PortabilityError;
}

export interface BatcherOptions {
  /** A write starts when this many records wait. */
  readonly size: number;
  /** Records of one write at most: the more wait, the cheaper is each. */
  readonly most: number;
  /** Longest time in milliseconds that a record waits before a write starts. */
  readonly delay: number;
  /** Milliseconds between two attempts while writes fail. */
  readonly retryMs: number;
  /** Number of records that wait. */
  readonly waiting: () => number;
  /** Writes the first records of the queue. */
  readonly write: (count: number) => Promise<void>;
  /** Called when a write has ended; removes the records from the queue if they are written. */
  readonly settle: (count: number, isWritten: boolean) => void;
  readonly report: (batch: BatchReport) => void;
}

/** Writes the records of a queue in batches, one batch at a time. */
export class Batcher {
  private readonly options: BatcherOptions;
  private inFlight: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isFailing = false;
  /** Records that ever waited, and those that no longer do. */
  private added = 0;
  private settled = 0;
  /** Calls of `drain` that have not ended. */
  private draining = 0;

  constructor(options: BatcherOptions) {
    this.options = options;
  }

  /** Says that a record was added to the queue. */
  notify(): void {
    this.added++;
    this.schedule();
  }

  /**
   * Resolves when all records added before the call are written, or when an attempt has failed.
   * Writes at least once, also if nothing waits.
   */
  async drain(): Promise<void> {
    const target = this.added;
    await this.inFlight;
    this.draining++;
    try {
      do await this.start();
      while (this.settled < target && !this.isFailing);
    } finally {
      this.draining--;
    }
  }

  /** Says that all waiting records were removed from the queue. */
  abandon(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.settled = this.added;
  }

  private schedule(): void {
    const { size, delay, retryMs, waiting } = this.options;
    if (this.inFlight !== undefined) return;
    if (this.isFailing) this.timer ??= setTimeout(() => this.start(), retryMs).unref();
    else if (waiting() >= size) void this.start();
    else this.timer ??= setTimeout(() => this.start(), delay);
  }

  private start(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.inFlight ??= this.writeAll();
    return this.inFlight;
  }

  private async writeAll(): Promise<void> {
    const { size, waiting } = this.options;
    do await this.writeOnce();
    while (!this.isFailing && waiting() > 0 && (waiting() >= size || this.draining > 0));
    this.inFlight = undefined;
    if (waiting() > 0) this.schedule();
  }

  private async writeOnce(): Promise<void> {
    const { most, waiting, write, settle, report } = this.options;
    const count = Math.min(waiting(), most);
    const began = performance.now();
    let failure: unknown;
    const isWritten = await Promise.resolve()
      .then(() => write(count))
      .then(
        () => true,
        error => {
          failure = error;
          return false;
        },
      );
    this.isFailing = !isWritten;
    if (isWritten) this.settled += count;
    settle(count, isWritten);
    const error = failure instanceof PortabilityError ? { error: failure } : {};
    report({
      seconds: (performance.now() - began) / 1000,
      records: count,
      isWritten,
      ...error,
    });
  }
}
