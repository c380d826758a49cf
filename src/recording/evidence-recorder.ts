/**
 * Records the evidence of a gate's decisions: combines recorder, tally and retention behind one
 * synchronous call and a clock.
 */

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { HOUR_MS, monthsBefore, nextMonth, type UtcDay, utcDay } from '../days.ts';
import { portabilityError } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { isTombstoneExpired } from '../ledger/tombstones.ts';
import * as RECORDING from '../messages/recording.ts';
import { checkKeyring, checkMonths } from '../subjects/keyring-check.ts';
import {
  isClockPlausible,
  purge,
  RETENTION_MONTHS,
  type RetentionOptions,
} from '../subjects/retention.ts';
import { MAINTENANCE_WAIT_MS } from '../timeouts.ts';
import type { BatchReport } from './batcher.ts';
import { type NotRecordable, Recorder, type RecorderStats } from './day-bit-recorder.ts';
import { DayClock } from './day-clock.ts';
import { DecisionCounts } from './decision-counts.ts';
import { boundsOf, type EvidenceOptions, keepDaysOf } from './evidence-options.ts';
import { checkTransfer } from './gdpr-transfer-check.ts';
import { hasNotice } from './privacy-notice.ts';

export interface EvidenceHealth extends RecorderStats {
  /**
   * Whether the last write to the ledger, or the last maintenance of keys and retention, failed.
   */
  readonly isFailing: boolean;
  /** Whether the clock is plausible. */
  readonly isClockPlausible: boolean;
  /** Batches that wait in the spool until the ledger is available again; absent without a spool. */
  readonly spooled?: number;
  /** UTC day of the last purge by this gate. */
  readonly purgedOn: string | undefined;
}

export interface EvidenceRecorder {
  /**
   * Records the day bit of a request. Returns `false` if it cannot be kept and `onFailure` is
   * `refuse`. `unrecorded` says why there is nothing to record.
   */
  keep(
    subscriber: unknown,
    side: number,
    channel: string | undefined,
    unrecorded: NotRecordable | undefined,
  ): boolean;
  /** Counts the decision on that request, by the index of its reason. */
  count(reason: number): void;
  /** Sets another table edition. */
  setEdition(edition: string): void;
  /** Calls a listener for each batch. Returns a function that removes the listener. */
  onBatch(listener: (batch: BatchReport) => void): () => void;
  flush(): Promise<void>;
  health(): EvidenceHealth;
  close(): Promise<void>;
}

/**
 * Creates the keys of this month and the next, so that the new key is in memory at midnight, and
 * checks that they belong to the ledger.
 */
async function ensureKeys(ledger: Ledger, keyring: Keyring, { month }: UtcDay): Promise<void> {
  const months = [month, nextMonth(month)];
  await checkMonths(ledger, keyring, months);
  for (const each of months) await keyring.ensureMonth(each);
  await checkKeyring(ledger, keyring, months);
}

interface RecorderContext {
  readonly reasons: readonly string[];
  readonly home: string;
  readonly edition: string;
  readonly clock: () => number;
  /**
   * Whether the clock may be read at intervals instead of for every request: allowed for the system
   * clock, not for a test clock.
   */
  readonly isCoarse: boolean;
  /**
   * Whether a country is in the EEA on a UTC day. Injected, because this layer does not import the
   * law.
   */
  readonly isInEea: (country: string, on: string) => boolean;
}

/**
 * Opens the evidence recorder of a gate. The tombstones that are still in force are restored in the
 * ledger first.
 * @throws PortabilityError `ERR_EVIDENCE_OPTION`, `ERR_TRANSFER`, `ERR_KEYRING_MISMATCH`, and what
 * keyring and ledger throw.
 */
export async function openEvidenceRecorder(
  options: EvidenceOptions,
  context: RecorderContext,
): Promise<EvidenceRecorder> {
  const { ledger, keyring } = options;
  const keepDays = keepDaysOf(options);
  const bounds = boundsOf(options);
  const first = utcDay(context.clock());
  if (first === undefined) throw portabilityError(RECORDING.clockNoDay);
  const country = options.country ?? context.home;
  const isInEea = context.isInEea(country, first.day);
  checkTransfer({
    country,
    on: first.day,
    isInEea,
    ...(options.safeguard ? { safeguard: options.safeguard } : {}),
  });
  const clockCheck = await openClockCheck(options, context.clock);
  await checkKeyring(ledger, keyring);
  if (clockCheck.isPlausible()) await ensureKeys(ledger, keyring, first);
  await ledger.restoreTombstones(await tombstonesInForce(options, first));
  const clock = new DayClock(clockCheck.clock, context.isCoarse && keepDays === undefined);
  const tally = new DecisionCounts(context.reasons, first.from);
  const listeners = new Set<(batch: BatchReport) => void>();
  const recorder = new Recorder({
    report: batch => notifyListeners(listeners, batch),
    ledger,
    keyring,
    seeds: [randomBytes(4).readInt32LE(), randomBytes(4).readInt32LE()],
    now: () => clock.now(),
    keepsAccesses: keepDays !== undefined,
    ...bounds,
    rows: () => tally.rows(),
  });
  const retention = {
    months: options.retentionMonths ?? RETENTION_MONTHS,
    // Without the opt-in no single access is kept: accesses left by an earlier setting are purged.
    keepDays: keepDays ?? 0,
    ...(options.journalMonths !== undefined && { journalMonths: options.journalMonths }),
    ...(options.requestMonths !== undefined && { requestMonths: options.requestMonths }),
  };
  const upkeep = startMaintenance({
    ...options,
    clock,
    retention,
    renew: clockCheck.renew,
    drain: () => recorder.drain(),
  });
  return recorderOf({ options, context, clock, tally, recorder, upkeep, listeners });
}

/** Calls all listeners. An error in an operator's listener must not affect the evidence. */
function notifyListeners(
  listeners: ReadonlySet<(batch: BatchReport) => void>,
  batch: BatchReport,
): void {
  for (const listener of listeners) {
    try {
      listener(batch);
    } catch {}
  }
}

/**
 * Checks the clock against the days on record. A clock in doubt returns no time until the days on
 * record agree with it: the wrong clock may have been another gateway's.
 */
async function openClockCheck(
  { ledger, acceptClock = false }: EvidenceOptions,
  clock: () => number,
) {
  let isPlausible = acceptClock;
  const renew = async (): Promise<void> => {
    const day = utcDay(clock());
    isPlausible ||= day !== undefined && (await isClockPlausible(ledger, day.day));
  };
  await renew();
  return {
    isPlausible: () => isPlausible,
    renew,
    clock: () => (isPlausible ? clock() : Number.NaN),
  };
}

/**
 * Returns the tombstones that can still affect a card. Tombstones of months that are purged, or are
 * about to be, are no longer needed.
 */
async function tombstonesInForce(
  { keyring, retentionMonths = RETENTION_MONTHS }: EvidenceOptions,
  { month }: UtcDay,
) {
  const before = monthsBefore(month, retentionMonths);
  return (await keyring.tombstones()).filter(tombstone => !isTombstoneExpired(tombstone, before));
}

interface MaintenanceOptions {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  readonly clock: DayClock;
  readonly retention: RetentionOptions;
  readonly purges?: boolean | undefined;
  /** Checks again whether the clock is plausible. */
  readonly renew: () => Promise<void>;
  /**
   * Writes pending records and the tally: decisions that left no bit do not start a write of their
   * own.
   */
  readonly drain: () => Promise<void>;
}

/**
 * Runs the maintenance: keys of this month and the next once an hour, the purge once a day. A
 * failed run is repeated an hour later.
 */
function startMaintenance({
  ledger,
  keyring,
  clock,
  retention,
  purges = true,
  renew,
  drain,
}: MaintenanceOptions) {
  let purgedOn: string | undefined;
  const run = async (): Promise<void> => {
    await renew();
    const day = clock.today();
    if (day === undefined) return;
    // Reads the months again, because another process may have destroyed keys.
    await keyring.months();
    await ensureKeys(ledger, keyring, day);
    if (!purges || day.day === purgedOn) return;
    await purge(ledger, keyring, clock.now(), retention);
    purgedOn = day.day;
  };
  let isFailing = false;
  let running: Promise<void> = Promise.resolve();
  const start = (): void => {
    running = running.then(run).then(
      () => {
        isFailing = false;
      },
      () => {
        isFailing = true;
      },
    );
  };
  const hourly = (): void => {
    start();
    void drain();
  };
  const timer = setInterval(hourly, HOUR_MS).unref();
  start();
  return {
    start,
    purgedOn: () => purgedOn,
    isFailing: () => isFailing,
    stop: async (): Promise<void> => {
      clearInterval(timer);
      const waited = new AbortController();
      const late = delay(MAINTENANCE_WAIT_MS, undefined, { signal: waited.signal }).catch(
        () => undefined,
      );
      await Promise.race([running, late]).finally(() => waited.abort());
    },
  };
}

interface Parts {
  readonly options: EvidenceOptions;
  readonly context: RecorderContext;
  readonly clock: DayClock;
  readonly tally: DecisionCounts;
  readonly recorder: Recorder;
  readonly upkeep: ReturnType<typeof startMaintenance>;
  readonly listeners: Set<(batch: BatchReport) => void>;
}

function recorderOf({
  options,
  context,
  clock,
  tally,
  recorder,
  upkeep,
  listeners,
}: Parts): EvidenceRecorder {
  const mustKeep = options.onFailure === 'refuse';
  let { edition } = context;
  let today: UtcDay | undefined;
  let isClosed = false;
  const startDay = (day: UtcDay): void => {
    today = day;
    tally.setDay(day.day, edition);
    upkeep.start();
  };
  return {
    count: reason => {
      if (!isClosed) tally.count(reason);
    },
    keep: (subscriber, side, channel, unrecorded) => {
      if (isClosed) return unrecorded !== undefined || !mustKeep;
      const day = clock.today();
      if (day !== today && day !== undefined) startDay(day);
      const reason =
        unrecorded ??
        (channel === undefined || hasNotice(channel) ? undefined : 'channel-without-notice');
      if (reason !== undefined) recorder.countSkipped(reason);
      else if (typeof subscriber !== 'string' || subscriber === '')
        recorder.countSkipped('no-subscriber');
      else return recorder.record(subscriber, side, day) || !mustKeep;
      return true;
    },
    setEdition: next => {
      edition = next;
      if (today !== undefined) tally.setDay(today.day, edition);
    },
    onBatch: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    flush: () => recorder.flush(),
    health: () => ({
      ...structuredClone(recorder.counters),
      isFailing: recorder.isFailing() || upkeep.isFailing(),
      isClockPlausible: clock.today() !== undefined,
      ...(options.ledger.spooled && { spooled: options.ledger.spooled() }),
      purgedOn: upkeep.purgedOn(),
    }),
    close: async () => {
      isClosed = true;
      clock.close();
      // Write first what would be lost. A purge that does not finish does no harm, because the next
      // one completes it.
      await recorder.flush().finally(upkeep.stop);
    },
  };
}
