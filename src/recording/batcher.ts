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
  /**
   * Longest time in milliseconds that a record waits before a write starts, unless another write is
   * in flight or has failed.
   */
  readonly delay: number;
  /** Milliseconds between two attempts while writes fail. */
  readonly retryMs: number;
  /** Milliseconds after which a write that has not ended is reported with `late`. */
  readonly lateMs: number;
  readonly late: () => void;
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
  /** Number of records that are to be settled because of calls of `drain`. */
  private drainTo = 0;
  /** Records of one write at most, for now: a write may fail because of its size. */
  private most: number;
  private isStopped = false;

  constructor(options: BatcherOptions) {
    this.options = options;
    this.most = options.most;
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
    this.drainTo = Math.max(this.drainTo, target);
    do await this.start();
    while (this.settled < target && !this.isFailing && !this.isStopped);
  }

  /** Starts no further write. A write in flight changes nothing when it ends. */
  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private schedule(): void {
    const { size, delay, retryMs, waiting } = this.options;
    if (this.inFlight !== undefined || this.isStopped) return;
    if (this.isFailing) this.timer ??= setTimeout(() => this.start(), retryMs).unref();
    else if (waiting() >= size) void this.start();
    else this.timer ??= setTimeout(() => this.start(), delay);
  }

  private start(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.isStopped) return Promise.resolve();
    this.inFlight ??= this.writeAll();
    return this.inFlight;
  }

  private async writeAll(): Promise<void> {
    const { size, waiting } = this.options;
    const isDue = (): boolean => waiting() >= size || this.settled < this.drainTo;
    do await this.writeOnce();
    while (!this.isFailing && !this.isStopped && waiting() > 0 && isDue());
    this.inFlight = undefined;
    if (waiting() > 0) this.schedule();
  }

  private async writeOnce(): Promise<void> {
    const { size, most, waiting, write, settle, report, lateMs, late } = this.options;
    const count = Math.min(waiting(), this.most);
    const began = performance.now();
    const timer = setTimeout(late, lateMs).unref();
    let failure: unknown;
    let isWritten = true;
    try {
      await write(count);
    } catch (error) {
      failure = error;
      isWritten = false;
    }
    clearTimeout(timer);
    if (this.isStopped) return;
    this.isFailing = !isWritten;
    if (isWritten) this.settled += count;
    this.most = isWritten ? Math.min(most, 2 * this.most) : Math.max(size, this.most >> 1);
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
