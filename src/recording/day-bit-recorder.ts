/** Turns decisions into cards: once per subscriber, day and side, in batches off the hot path. */

import type { UtcDay } from '../days.ts';
import { portabilityError } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Card } from '../ledger/card.ts';
import type { Access, Batch, EditionDay, Ledger, TallyRow } from '../ledger/ledger.ts';
import * as RECORDING from '../messages/recording.ts';
import { Batcher, type BatchReport } from './batcher.ts';
import { DailyDedup, DURABLE, HOME } from './daily-dedup.ts';

/** Why a decision leaves no bit without any failure. */
export type NotRecordable =
  | 'no-subscriber'
  | 'no-contract'
  | 'location-not-established'
  | 'channel-without-notice'
  | 'restricted';

/** Why a bit that should have been kept was not kept. */
export type Failed = 'ledger' | 'memory' | 'key' | 'clock';

/**
 * INVARIANT (counted-exactly): decided = recorded + alreadyKnown + the sum of notRecordable +
 * pending + the sum of failed.
 *
 * A decision whose bit is not yet written is `pending`. A further decision of the same subscriber,
 * day and side is `alreadyKnown`.
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
  /** Records that may wait to be written: the second bound on memory. */
  readonly queue: number;
  /** A batch is written at this size, or `batchMs` milliseconds after its first record. */
  readonly batchSize: number;
  readonly batchMs: number;
  /** Called for each batch, written or not. Must not throw. */
  readonly report: (batch: BatchReport) => void;
  /** Returns the rows that are written with every batch: tally and editions. */
  readonly rows: () => {
    readonly tally: readonly TallyRow[];
    readonly editions: readonly EditionDay[];
  };
}

/**
 * A bit that is not yet written. It holds the hash of the subscriber, to forget the bit if the
 * write fails, and no identifier.
 */
interface Pending {
  readonly card: Card;
  /**
   * Pseudonym of the subscriber in the person records, where a restriction or an upheld objection
   * is looked up before each write.
   */
  readonly owner: string;
  isRestricted: boolean;
  readonly access: Access | undefined;
  readonly hashA: number;
  readonly hashB: number;
  readonly side: number;
  readonly day: UtcDay;
}

/** Builds the ledger's batch from pending bits. */
const batchOf = (items: readonly Pending[], rows: ReturnType<RecorderOptions['rows']>): Batch => ({
  cards: items.map(({ card }) => card),
  accesses: items.flatMap(({ access }) => access ?? []),
  owners: Object.fromEntries(items.map(({ card, owner }) => [card.pseudonym, owner])),
  ...rows,
});

/**
 * Writes the bits that may be written. The ledger looks restrictions up in the same write, so that
 * a new one takes effect at once in every process.
 * INVARIANT (restricted-leaves-no-bit): a request that is decided after a restriction was put down
 * is not written.
 */
async function writeBits(
  items: readonly Pending[],
  ledger: Ledger,
  rows: RecorderOptions['rows'],
): Promise<void> {
  const restricted = new Set(await ledger.write(batchOf(items, rows())));
  for (const item of items) item.isRestricted = restricted.has(item.owner);
}

/** The pseudonyms of a subscriber: on the card and in the person records. */
interface Names {
  readonly pseudonym: string;
  readonly owner: string;
}

/** Builds the pending bit of one request: a card and, where single accesses are kept, an access. */
function pendingOf(
  names: Names,
  side: number,
  day: UtcDay,
  at: number | undefined,
  { lastA: hashA, lastB: hashB }: DailyDedup,
): Pending {
  const { pseudonym, owner } = names;
  const fromHome = side === HOME;
  const card = {
    month: day.month,
    pseudonym,
    homeDays: fromHome ? day.bit : 0,
    outsideDays: fromHome ? 0 : day.bit,
  };
  return {
    card,
    owner,
    isRestricted: false,
    access: at === undefined ? undefined : { month: day.month, pseudonym, at, fromHome },
    hashA,
    hashB,
    side,
    day,
  };
}

function countSettled(
  counters: ReturnType<typeof createRecorderStats>,
  items: readonly Pending[],
  isWritten: boolean,
): void {
  const restricted = isWritten ? items.filter(item => item.isRestricted).length : 0;
  counters.pending -= items.length;
  counters.notRecordable.restricted += restricted;
  if (isWritten) counters.recorded += items.length - restricted;
  else counters.failed.ledger += items.length;
}

/** Turns decisions into cards: keeps the first bit of each subscriber, day and side. */
export class Recorder {
  readonly counters = createRecorderStats();
  private readonly options: RecorderOptions;
  private readonly dedup: DailyDedup;
  private readonly batches: Batcher<Pending>;
  /** The day that `dedup` remembers. */
  private day: UtcDay | undefined;
  private isLastWriteFailed = false;
  private lastWriteError: unknown;
  /** Lost records that `flush` has reported. */
  private reported = 0;

  constructor(options: RecorderOptions) {
    const { ledger, rows, batchSize: size, batchMs: delay } = options;
    const report = (batch: BatchReport): void => {
      if (!batch.isWritten) this.lastWriteError = batch.error;
      options.report(batch);
    };
    this.options = options;
    this.dedup = new DailyDedup(options.memoryBytes, options.seeds);
    this.batches = new Batcher<Pending>({
      size,
      delay,
      write: items => writeBits(items, ledger, rows),
      settle: (items, isWritten) => this.settle(items, isWritten),
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
    if (day !== this.day) this.dedup.clear();
    this.day = day;
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

  /** Whether the last write failed. */
  isFailing(): boolean {
    return this.isLastWriteFailed;
  }

  /** Returns the error of the last write that failed. */
  lastError(): unknown {
    return this.lastWriteError;
  }

  /**
   * Writes all pending records, and at least once so that the tally is written too. Never rejects.
   */
  drain(): Promise<void> {
    return this.batches.drain();
  }

  /**
   * Resolves when everything recorded before is durable. Rejects with `ERR_EVIDENCE_LOST` if
   * records were lost since the last flush, or if the last write failed.
   */
  async flush(): Promise<void> {
    await this.batches.drain();
    const lost = failedSum(this.counters) - this.reported;
    this.reported += lost;
    if (lost > 0) throw portabilityError(RECORDING.recordsLost, {}, { count: lost });
    if (this.isLastWriteFailed) throw portabilityError(RECORDING.countsLost);
  }

  private fail(reason: Failed): false {
    this.counters.failed[reason]++;
    return false;
  }

  /** Keeps the first bit of a subscriber for this day and side, or a single access. */
  private keep(subscriber: string, side: number, day: UtcDay, slot: number): boolean {
    const { keyring, queue, keepsAccesses, now } = this.options;
    const pseudonym = keyring.cardPseudonym(subscriber, day.month);
    if (pseudonym === undefined) return this.fail('key');
    if (this.batches.waiting >= queue) return this.fail('memory');
    this.dedup.set(slot, side);
    this.counters.pending++;
    const owner = keyring.personPseudonym(subscriber);
    const at = keepsAccesses ? Math.floor(now() / 1000) : undefined;
    this.batches.add(pendingOf({ pseudonym, owner }, side, day, at, this.dedup));
    return !this.isLastWriteFailed;
  }

  private settle(items: readonly Pending[], isWritten: boolean): void {
    this.isLastWriteFailed = !isWritten;
    countSettled(this.counters, items, isWritten);
    for (const item of items) if (item.day === this.day) this.remember(item, isWritten);
  }

  /**
   * Marks a bit as durable, or forgets it so that the next request tries again. The bit of a
   * restricted subscriber is forgotten too, because the restriction may be lifted.
   */
  private remember({ hashA, hashB, side, isRestricted }: Pending, isWritten: boolean): void {
    if (isWritten && !isRestricted) this.dedup.setDurable(hashA, hashB, side);
    else this.dedup.forget(hashA, hashB, side);
  }
}
