/** Turns decisions into cards: once per subscriber, day and side, in batches off the hot path. */

import { setTimeout as delay } from 'node:timers/promises';
import type { UtcDay } from '../days.ts';
import { portabilityError } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Access, Ledger } from '../ledger/ledger.ts';
import {
  monthNumber,
  monthOf,
  PACKED_CARD_BYTES,
  PackedBatch,
  PSEUDONYMS,
  packDays,
} from '../ledger/packed-cards.ts';
import * as RECORDING from '../messages/recording.ts';
import { STOP_WAIT_MS } from '../timeouts.ts';
import { Batcher, type BatchReport } from './batcher.ts';
import { DailyDedup, DURABLE, HOME, OUTSIDE } from './daily-dedup.ts';
import type { CountRows } from './decision-counts.ts';
import { PendingQueue } from './pending-queue.ts';

/** Why a decision leaves no bit without any failure. */
export type NotRecordable =
  | 'no-subscriber'
  | 'no-contract'
  | 'location-not-established'
  | 'channel-without-notice'
  | 'restricted';

/**
 * Why a bit that should have been kept was not kept: the gate was closed while the ledger failed,
 * the queue was full, there was no key (or one that derives no pseudonyms of 128 bits), or no
 * plausible clock.
 */
export type Failed = 'ledger' | 'memory' | 'key' | 'clock';

/**
 * INVARIANT (counted-exactly): decided = recorded + alreadyKnown + the sum of notRecordable +
 * pending + the sum of failed.
 *
 * A decision whose bit is not yet written is `pending`, also while the ledger fails. A further
 * decision of the same subscriber, day and side is `alreadyKnown`.
 */
export interface RecorderStats {
  readonly decided: number;
  readonly recorded: number;
  readonly alreadyKnown: number;
  readonly pending: number;
  readonly notRecordable: Readonly<Record<NotRecordable, number>>;
  readonly failed: Readonly<Record<Failed, number>>;
}

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends number ? number : Record<keyof T[K], number>;
};

export const createRecorderStats = (): Mutable<RecorderStats> => ({
  decided: 0,
  recorded: 0,
  alreadyKnown: 0,
  pending: 0,
  notRecordable: {
    'no-subscriber': 0,
    'no-contract': 0,
    'location-not-established': 0,
    'channel-without-notice': 0,
    restricted: 0,
  },
  failed: { ledger: 0, memory: 0, key: 0, clock: 0 },
});

/** The memory of who was seen today, which saves writes. */
export interface RecorderMemory {
  /** Subscribers that are remembered. */
  readonly remembered: number;
  /** Memory that they take. */
  readonly bytes: number;
  /** The most that they may take: `memoryMegabytes`. */
  readonly mostBytes: number;
  /** Subscribers that were forgotten because of that bound: each of them is written once more. */
  readonly forgotten: number;
}

/** The queue of records that wait to be written. */
export interface RecorderQueue {
  readonly bytes: number;
  /** The most that they may take: `queueMegabytes`. */
  readonly mostBytes: number;
}

/**
 * Records of one write at most, if that many wait: a ledger takes a large batch in half the time a
 * record.
 */
const MOST_AT_ONCE = 10_000;
const RETRY_MS = 1000;
/** Longer than an engine waits for its server or for a lock. */
const LATE_MS = 15_000;

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

export const failedSum = ({ failed }: RecorderStats): number => sum(failed);

export interface RecorderOptions {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  /** Returns the time in milliseconds, as last read. Called only where single accesses are kept. */
  readonly now: () => number;
  /**
   * Seeds of the hash of identifiers: random, so that no one can choose identifiers that collide.
   */
  readonly seeds: readonly [number, number];
  /** Whether each access is kept to the second, in addition to the day bit. */
  readonly keepsAccesses: boolean;
  /** Bytes to remember who was seen today: the first bound on memory. */
  readonly memoryBytes: number;
  /** Bytes of records that may wait to be written: the second bound on memory. */
  readonly queueBytes: number;
  /**
   * A batch is written when this many records wait, or `batchMs` milliseconds after the first of
   * them.
   */
  readonly batchSize: number;
  readonly batchMs: number;
  /** Milliseconds between two attempts while the ledger fails; default: 1,000. */
  readonly retryMs?: number | undefined;
  /** Called for each batch, written or not. Must not throw. */
  readonly report: (batch: BatchReport) => void;
  /** Returns the rows that are written with every batch: tally and editions. */
  readonly rows: () => CountRows;
  /** Called with the rows of a batch that was written. */
  readonly setRowsStored?: ((rows: CountRows) => void) | undefined;
  /** Milliseconds after which a write that has not ended counts as failing; default: 15,000. */
  readonly lateMs?: number | undefined;
  /** Milliseconds in which `close` tries again what fails; default: 5,000. */
  readonly closeMs?: number | undefined;
}

/** Side of a record, in its lowest bit; the day of the month is in the five bits above. */
const FROM_OUTSIDE = 1;
const DAY_SHIFT = 1;
const MONTH_SHIFT = 6;
const DAY_MASK = 31;

/** Encodes a day for a record. The lowest bit is free for the side. */
const encodeDay = ({ day, month }: UtcDay): number =>
  (monthNumber(month) << MONTH_SHIFT) | (Number(day.slice(8)) << DAY_SHIFT);

const isFromHome = (word: number): boolean => (word & FROM_OUTSIDE) === 0;
const dayBitOf = (word: number): number => 1 << (((word >>> DAY_SHIFT) & DAY_MASK) - 1);

/** Packs the first records of a queue as cards, without an object for each. */
function packRecords(queue: PendingQueue, count: number): Buffer {
  const packed = Buffer.alloc(count * PACKED_CARD_BYTES);
  for (let index = 0; index < count; index++) {
    const word = queue.dayAndSide(index);
    const bit = dayBitOf(word);
    const at = index * PACKED_CARD_BYTES;
    const fromHome = isFromHome(word);
    packDays(packed, at, word >>> MONTH_SHIFT, fromHome ? bit : 0, fromHome ? 0 : bit);
    queue.copyPseudonyms(index, packed, at + PSEUDONYMS);
  }
  return packed;
}

/** Returns the single accesses among the first records; empty if only days are kept. */
function accessesOf(queue: PendingQueue, count: number, keepsAccesses: boolean): Access[] {
  if (!keepsAccesses) return [];
  return Array.from({ length: count }, (_, index) => ({
    month: monthOf(queue.dayAndSide(index) >>> MONTH_SHIFT),
    pseudonym: queue.pseudonym(index),
    at: queue.at(index),
    fromHome: isFromHome(queue.dayAndSide(index)),
  }));
}

const NO_ONE: ReadonlySet<string> = new Set();

/** Turns decisions into cards: keeps the first bit of each subscriber, day and side. */
export class Recorder {
  readonly counters = createRecorderStats();
  private readonly options: RecorderOptions;
  private readonly dedup: DailyDedup;
  private readonly queue: PendingQueue;
  private readonly batches: Batcher;
  /** The day that `dedup` remembers, also as records encode it. */
  private day: UtcDay | undefined;
  private encodedDay = 0;
  /** The restricted persons among the records that were written last. */
  private restricted = NO_ONE;
  private isLastWriteFailed = false;
  private lastWriteError: unknown;
  /** Lost records that `flush` has reported. */
  private reported = 0;

  constructor(options: RecorderOptions) {
    const { batchSize: size, batchMs: delay, retryMs = RETRY_MS, lateMs = LATE_MS } = options;
    const report = (batch: BatchReport): void => {
      if (!batch.isWritten) this.lastWriteError = batch.error;
      options.report(batch);
    };
    this.options = options;
    this.dedup = new DailyDedup(options.memoryBytes, options.seeds);
    this.queue = new PendingQueue(options.queueBytes);
    this.batches = new Batcher({
      size,
      most: Math.max(size, MOST_AT_ONCE),
      delay,
      retryMs,
      lateMs,
      late: () => {
        this.isLastWriteFailed = true;
      },
      waiting: () => this.queue.length,
      write: count => this.write(count),
      settle: (count, isWritten) => this.settle(count, isWritten),
      report,
    });
  }

  /**
   * Counts a decision and keeps its day bit. Returns `false` if the bit should be kept and cannot
   * be. Never waits.
   */
  record(subscriber: string, side: number, day: UtcDay | undefined): boolean {
    this.counters.decided++;
    if (day === undefined) return this.fail('clock');
    if (day !== this.day) this.startDay(day);
    const slot = this.dedup.slotOf(subscriber);
    if (this.options.keepsAccesses || !this.dedup.has(slot, side))
      return this.keep(subscriber, side, day, slot);
    this.counters.alreadyKnown++;
    return !this.isLastWriteFailed || this.dedup.has(slot, side * DURABLE);
  }

  /** Counts a decision that leaves no bit. */
  countSkipped(reason: NotRecordable): void {
    this.counters.decided++;
    this.counters.notRecordable[reason]++;
  }

  /** Counts a decision whose bit cannot be kept. Returns `false`. */
  countFailed(reason: Failed): false {
    this.counters.decided++;
    return this.fail(reason);
  }

  /** What is remembered of today. */
  get memory(): RecorderMemory {
    const { remembered, bytes, forgotten } = this.dedup;
    return { remembered, bytes, mostBytes: this.options.memoryBytes, forgotten };
  }

  /** The records that wait to be written. */
  get waiting(): RecorderQueue {
    return { bytes: this.queue.bytes, mostBytes: this.options.queueBytes };
  }

  /** Whether the last write failed. */
  isFailing(): boolean {
    return this.isLastWriteFailed;
  }

  /** Returns the error of the last write that failed. */
  lastError(): unknown {
    return this.lastWriteError;
  }

  /**
   * Writes all pending records, and at least once so that the tally is written too. Resolves also
   * if a write failed; the records then wait. Never rejects.
   */
  drain(): Promise<void> {
    return this.batches.drain();
  }

  /**
   * Resolves when everything recorded before is durable. Rejects with `ERR_EVIDENCE_LOST` if
   * records were lost since the last flush or if the counts could not be written, and with
   * `ERR_EVIDENCE_WAITING` if records wait because the last write failed.
   */
  async flush(): Promise<void> {
    await this.batches.drain();
    const lost = failedSum(this.counters) - this.reported;
    this.reported += lost;
    if (lost > 0) throw portabilityError(RECORDING.recordsLost, {}, { count: lost });
    if (!this.isLastWriteFailed) return;
    const count = this.queue.length;
    throw count > 0
      ? portabilityError(RECORDING.recordsWaiting, {}, { count })
      : portabilityError(RECORDING.countsLost);
  }

  /**
   * Writes what waits, and tries again for some seconds while that fails. What cannot be written by
   * then counts as `failed.ledger`. Rejects as `flush` does.
   */
  async close(): Promise<void> {
    const { closeMs = STOP_WAIT_MS, retryMs = RETRY_MS, lateMs = LATE_MS } = this.options;
    const until = performance.now() + closeMs;
    for (;;) {
      await Promise.race([this.batches.drain(), delay(lateMs, undefined, { ref: false })]);
      if (this.queue.length === 0 || performance.now() + retryMs > until) break;
      await delay(retryMs);
    }
    this.batches.stop();
    this.counters.failed.ledger += this.queue.length;
    this.counters.pending -= this.queue.length;
    this.queue.remove(this.queue.length);
    const lost = failedSum(this.counters) - this.reported;
    this.reported += lost;
    if (lost > 0) throw portabilityError(RECORDING.recordsLost, {}, { count: lost });
    if (this.isLastWriteFailed) throw portabilityError(RECORDING.countsLost);
  }

  private fail(reason: Failed): false {
    this.counters.failed[reason]++;
    return false;
  }

  private startDay(day: UtcDay): void {
    this.dedup.clear();
    this.day = day;
    this.encodedDay = encodeDay(day);
  }

  /** Keeps the first bit of a subscriber for this day and side, or a single access. */
  private keep(subscriber: string, side: number, day: UtcDay, slot: number): boolean {
    const { keyring, keepsAccesses, now } = this.options;
    const pseudonym = keyring.cardPseudonym(subscriber, day.month);
    if (pseudonym === undefined) return this.fail('key');
    if (this.queue.isFull) return this.fail('memory');
    const owner = keyring.personPseudonym(subscriber);
    const word = this.encodedDay | (side === HOME ? 0 : FROM_OUTSIDE);
    const at = keepsAccesses ? Math.floor(now() / 1000) : 0;
    const { lastA, lastB } = this.dedup;
    if (!this.queue.add(pseudonym, owner, lastA, lastB, word, at)) return this.fail('key');
    this.dedup.set(slot, side);
    this.counters.pending++;
    this.batches.notify();
    return !this.isLastWriteFailed;
  }

  /**
   * Writes the first records of the queue. The ledger looks restrictions up in the same write, so
   * that a new one takes effect at once in every process.
   * INVARIANT (restricted-leaves-no-bit): a request that is decided after a restriction was put
   * down is not written.
   */
  private async write(count: number): Promise<void> {
    const { ledger, keepsAccesses, setRowsStored } = this.options;
    const rows = this.options.rows();
    const accesses = accessesOf(this.queue, count, keepsAccesses);
    const batch = new PackedBatch(packRecords(this.queue, count), { accesses, ...rows });
    const restricted = await ledger.write(batch);
    setRowsStored?.(rows);
    this.restricted = restricted.length === 0 ? NO_ONE : new Set(restricted);
  }

  private settle(count: number, isWritten: boolean): void {
    this.isLastWriteFailed = !isWritten;
    if (!isWritten) return;
    let restricted = 0;
    for (let index = 0; index < count; index++) {
      const isRestricted = this.restricted.size > 0 && this.restricted.has(this.queue.owner(index));
      if (isRestricted) restricted++;
      this.remember(index, isRestricted);
    }
    this.queue.remove(count);
    this.counters.pending -= count;
    this.counters.notRecordable.restricted += restricted;
    this.counters.recorded += count - restricted;
  }

  /**
   * Marks the bit of a record as durable. The bit of a restricted subscriber is forgotten instead,
   * because the restriction may be lifted.
   */
  private remember(index: number, isRestricted: boolean): void {
    const word = this.queue.dayAndSide(index);
    if ((word & ~FROM_OUTSIDE) !== this.encodedDay) return;
    const side = isFromHome(word) ? HOME : OUTSIDE;
    const hashA = this.queue.hashA(index);
    const hashB = this.queue.hashB(index);
    if (isRestricted) this.dedup.forget(hashA, hashB, side);
    else this.dedup.setDurable(hashA, hashB, side);
  }
}
