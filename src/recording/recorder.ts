/** Turns decisions into cards: once per subscriber, day and side, in batches off the hot path. */

import type { UtcDay } from '../days.ts';
import { portabilityError } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Card } from '../ledger/card.ts';
import type { Access, Batch, EditionDay, Ledger, TallyRow } from '../ledger/ledger.ts';
import * as RECORDING from '../messages/recording.ts';
import { type Batcher, type BatchReport, openBatcher } from './batcher.ts';
import { createDailyDedup, type DailyDedup, DURABLE, HOME } from './daily-dedup.ts';

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
  owners: Object.fromEntries(items.map(({ card, owner }) => [card.pseudonym, owner])),
  ...rows,
});

/**
 * Writes the bits that may be written. The ledger looks restrictions up in the same write, so that a
 * new one takes effect at once in every process.
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
