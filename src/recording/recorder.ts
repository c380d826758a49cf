/** Turns decisions into cards: once per subscriber, day and side, in batches off the hot path. */

import type { UtcDay } from '../days.ts';
import { portabilityError } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Card } from '../ledger/card.ts';
import type { Access, Batch, EditionDay, Ledger, TallyRow } from '../ledger/ledger.ts';
import * as RECORDING from '../messages/recording.ts';
import { type Batcher, type BatchReport, openBatcher } from './batcher.ts';
import { createDailyDedup, type DailyDedup, DURABLE, HOME } from './daily-dedup.ts';
import {
  createRecorderStats,
  type Failed,
  failedSum,
  type NotRecordable,
  type RecorderStats,
} from './recorder-stats.ts';

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
  /** Subscribers per day that are distinguished: the first bound on memory. */
  readonly subscribers: number;
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
 * A bit that is not yet written. It holds the slot of the bit, to forget it if the write fails, and
 * no identifier.
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
  readonly place: number;
  readonly side: number;
  readonly day: UtcDay;
}

export interface Recorder {
  /**
   * Counts a decision and keeps its day bit. Returns `false` if the bit should be kept and cannot
   * be. Never waits.
   */
  record(subscriber: string, side: number, day: UtcDay | undefined): boolean;
  /** Counts a decision that leaves no bit. */
  pass(reason: NotRecordable): void;
  readonly counters: RecorderStats;
  /** Whether the last write failed. */
  isFailing(): boolean;
  /**
   * Writes all pending records, and at least once so that the tally is written too. Never rejects.
   */
  drain(): Promise<void>;
  /**
   * Resolves when everything recorded before is durable. Rejects with `ERR_EVIDENCE_LOST` if
   * records were lost since the last flush, or if the last write failed.
   */
  flush(): Promise<void>;
}

/** Builds the ledger's batch from pending bits. */
const batchOf = (items: readonly Pending[], rows: ReturnType<RecorderOptions['rows']>): Batch => ({
  cards: items.map(({ card }) => card),
  accesses: items.flatMap(({ access }) => access ?? []),
  ...rows,
});

/**
 * Writes the bits that may be written. Restrictions are read again for each batch, so that a new
 * one takes effect at once in every process.
 * INVARIANT (restricted-leaves-no-bit): a request that is decided after a restriction was put down
 * is not written.
 */
async function writeBits(
  items: readonly Pending[],
  ledger: Ledger,
  rows: RecorderOptions['rows'],
): Promise<void> {
  const owners = items.map(({ owner }) => owner);
  const asked =
    owners.length === 0
      ? []
      : await ledger.personRecords.among('restrictions', owners).catch(unlessSpooled(ledger));
  if (asked === undefined) return ledger.defer!(batchOf(items, rows()), ownersOf(items));
  const restricted = new Set(asked);
  for (const item of items) item.isRestricted = restricted.has(item.owner);
  const written = items.filter(item => !item.isRestricted);
  await ledger.write(batchOf(written, rows()));
}

/**
 * If restrictions cannot be read, a ledger with a spool defers the batch and checks them when it
 * drains. A ledger without a spool rethrows the error.
 */
const unlessSpooled =
  (ledger: Ledger) =>
  (error: unknown): undefined => {
    if (ledger.defer === undefined) throw error;
  };

const ownersOf = (items: readonly Pending[]): Map<string, string> =>
  new Map(items.map(({ card, owner }) => [card.pseudonym, owner]));

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
  place: number,
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
    place,
    side,
    day,
  };
}

/** Returns a function that drains, then reports the records lost since its last call. */
function flusher(
  batches: Batcher<Pending>,
  counters: RecorderStats,
  isFailing: () => boolean,
): () => Promise<void> {
  let known = 0;
  return async () => {
    await batches.drain();
    const lost = failedSum(counters) - known;
    known += lost;
    if (lost > 0) throw portabilityError(RECORDING.recordsLost, {}, { count: lost });
    if (isFailing()) throw portabilityError(RECORDING.countsLost);
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

/**
 * Marks a bit as durable, or forgets it so that the next request tries again. The bit of a
 * restricted subscriber is forgotten too, because the restriction may be lifted.
 */
function remember(
  seen: DailyDedup,
  { place, side, isRestricted }: Pending,
  isWritten: boolean,
): void {
  if (isWritten && !isRestricted) seen.set(place, side * DURABLE);
  else seen.forget(place, side);
}

export function openRecorder(options: RecorderOptions): Recorder {
  const { ledger, keyring, keepsAccesses, report, batchSize: size, batchMs: delay } = options;
  const seen = createDailyDedup(options.subscribers, options.seeds);
  const counters = createRecorderStats();
  let seenOn: UtcDay | undefined;
  let isFailing = false;
  const settle = (items: readonly Pending[], isWritten: boolean): void => {
    isFailing = !isWritten;
    countSettled(counters, items, isWritten);
    for (const item of items) if (item.day === seenOn) remember(seen, item, isWritten);
  };
  const write = (items: readonly Pending[]): Promise<void> =>
    writeBits(items, ledger, options.rows);
  const batches = openBatcher({ size, delay, write, settle, report });
  const fail = (reason: Failed): false => {
    counters.failed[reason]++;
    return false;
  };
  /** Keeps the first bit of a subscriber for this day and side, or a single access. */
  const keep = (subscriber: string, side: number, day: UtcDay, place: number): boolean => {
    const pseudonym = keyring.cardPseudonym(subscriber, day.month);
    if (pseudonym === undefined) return fail('key');
    if (batches.waiting >= options.queue) return fail('memory');
    seen.set(place, side);
    counters.pending++;
    const owner = keyring.personPseudonym(subscriber);
    batches.add(
      pendingOf(
        { pseudonym, owner },
        side,
        day,
        keepsAccesses ? Math.floor(options.now() / 1000) : undefined,
        place,
      ),
    );
    return !isFailing;
  };
  const record: Recorder['record'] = (subscriber, side, day) => {
    counters.decided++;
    if (day === undefined) return fail('clock');
    if (day !== seenOn) seen.clear();
    seenOn = day;
    const place = seen.placeOf(subscriber);
    if (place < 0) return fail('memory');
    if (keepsAccesses || !seen.has(place, side)) return keep(subscriber, side, day, place);
    counters.alreadyKnown++;
    return !isFailing || seen.has(place, side * DURABLE);
  };
  const pass = (reason: NotRecordable): void => {
    counters.decided++;
    counters.notRecordable[reason]++;
  };
  const flush = flusher(batches, counters, () => isFailing);
  return { record, pass, counters, isFailing: () => isFailing, drain: batches.drain, flush };
}
