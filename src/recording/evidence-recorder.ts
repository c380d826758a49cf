/**
 * Records the evidence of a gate's decisions: combines recorder, tally and retention behind one
 * synchronous call and a clock.
 */

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { HOUR_MS, monthsBefore, nextMonth, type UtcDay, utcDay } from '../days.ts';
import { PortabilityError, portabilityError } from '../errors.ts';
import type { SpoolSize } from '../ledger/ledger.ts';
import * as RECORDING from '../messages/recording.ts';
import * as SUBJECTS from '../messages/subjects.ts';
import { checkMonths, type KeyringGuard } from '../subjects/keyring-check.ts';
import { restoreInForce } from '../subjects/restore-erasures.ts';
import {
  destroyAgain,
  isClockPlausible,
  purge,
  RETENTION_MONTHS,
  type RetentionOptions,
} from '../subjects/retention.ts';
import { MAINTENANCE_WAIT_MS } from '../timeouts.ts';
import type { BatchReport } from './batcher.ts';
import {
  type NotRecordable,
  Recorder,
  type RecorderMemory,
  type RecorderQueue,
  type RecorderStats,
} from './day-bit-recorder.ts';
import { DayClock } from './day-clock.ts';
import { DecisionCounts } from './decision-counts.ts';
import { boundsOf, type EvidenceOptions, keepDaysOf } from './evidence-options.ts';
import { checkTransfer } from './gdpr-transfer-check.ts';
import { channelsOf, OCS_NOTICE } from './privacy-notice.ts';

/**
 * What is wrong with the evidence of a gate: the keyring is another one or older than the ledger,
 * nothing proves it yet, it cannot be read; the ledger is damaged, or cannot be read or written. A
 * gate does not look for tampering: `evidence verify` does.
 */
export type EvidenceProblem =
  | 'keyring-mismatch'
  | 'keyring-unproven'
  | 'keyring-unavailable'
  | 'ledger-damaged'
  | 'ledger-unavailable';

/** Returns the problem that an error shows. */
function problemOf(error: unknown): EvidenceProblem {
  const code = error instanceof PortabilityError ? error.code : '';
  if (code === 'ERR_KEYRING_MISMATCH') return 'keyring-mismatch';
  if (code === 'ERR_KEYRING_UNPROVEN') return 'keyring-unproven';
  if (code.startsWith('ERR_KEYRING_')) return 'keyring-unavailable';
  if (code === 'ERR_LEDGER_DAMAGED' || code === 'ERR_LEDGER_SCHEMA') return 'ledger-damaged';
  return 'ledger-unavailable';
}

/** The same for an error of the keyring alone, whose server may be another one. */
function keyringProblemOf(error: unknown): EvidenceProblem {
  const problem = problemOf(error);
  return problem === 'keyring-mismatch' ? problem : 'keyring-unavailable';
}

export interface EvidenceHealth extends RecorderStats {
  /** The memory of who was seen today. */
  readonly memory: RecorderMemory;
  /** The records that wait for the ledger. */
  readonly queue: RecorderQueue;
  /**
   * Whether the last write to the ledger, or the last maintenance of keys and retention, failed.
   */
  readonly isFailing: boolean;
  /** What is wrong with keyring or ledger; absent if nothing is. */
  readonly problem?: EvidenceProblem;
  /**
   * Whether the ledger, or a row of a subscriber, has proven the keys in memory. Without that,
   * nothing is recorded.
   */
  readonly isKeyringProven: boolean;
  /** Whether the clock is plausible. */
  readonly isClockPlausible: boolean;
  /** Batches that wait in the spool until the ledger is available again; absent without a spool. */
  readonly spooled?: number;
  /** What they take on disk; absent without a spool. */
  readonly spool?: SpoolSize;
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
 * @throws PortabilityError `ERR_KEYRING_MISMATCH`, `ERR_KEYRING_UNPROVEN`
 */
async function ensureKeys(
  { ledger, keyring }: EvidenceOptions,
  guard: KeyringGuard,
  { month }: UtcDay,
): Promise<void> {
  const months = [month, nextMonth(month)];
  if (!(await guard.check())) throw portabilityError(SUBJECTS.keyringUnproven);
  await checkMonths(ledger, keyring, months);
  for (const each of months) await keyring.ensureMonth(each);
  await guard.check(months);
}

/**
 * Brings a ledger and a keyring to the same state, if one of them was restored from a backup: keys
 * that were destroyed are destroyed again, and tombstones that are still in force are restored.
 */
async function settleRestored(options: EvidenceOptions, day: UtcDay): Promise<void> {
  const { ledger, keyring } = options;
  await destroyAgain(ledger, keyring, day.day);
  // Tombstones of months that are purged, or are about to be, are no longer needed.
  const before = monthsBefore(day.month, options.retentionMonths ?? RETENTION_MONTHS);
  await restoreInForce(ledger, keyring, before);
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
  guard: KeyringGuard,
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
  // Under keys that nothing proves yet, nothing is written, no tombstone and no check value either.
  const isProven = await guard.check();
  if (isProven && clockCheck.isPlausible()) await ensureKeys(options, guard, first);
  if (isProven) await settleRestored(options, first);
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
    setRowsStored: rows => tally.setStored(rows),
  });
  const retention = {
    months: options.retentionMonths ?? RETENTION_MONTHS,
    // Without the opt-in no single access is kept: accesses left by an earlier setting are purged.
    keepDays: keepDays ?? 0,
    ...(options.journalMonths !== undefined && { journalMonths: options.journalMonths }),
    ...(options.requestMonths !== undefined && { requestMonths: options.requestMonths }),
  };
  const upkeep = startMaintenance({
    options,
    guard,
    isSettled: isProven,
    clock,
    retention,
    renew: clockCheck.renew,
    drain: () => recorder.drain(),
  });
  guard.whenProven(upkeep.start);
  return recorderOf({ options, context, guard, clock, tally, recorder, upkeep, listeners });
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

interface MaintenanceOptions {
  readonly options: EvidenceOptions;
  readonly guard: KeyringGuard;
  /** Whether a restored ledger or keyring was brought to the state of the other. */
  readonly isSettled: boolean;
  readonly clock: DayClock;
  readonly retention: RetentionOptions;
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
  options,
  guard,
  isSettled,
  clock,
  retention,
  renew,
  drain,
}: MaintenanceOptions) {
  const { ledger, keyring, purges = true } = options;
  let purgedOn: string | undefined;
  let hasSettled = isSettled;
  let problem: EvidenceProblem | undefined;
  const run = async (): Promise<EvidenceProblem | undefined> => {
    await renew();
    const day = clock.today();
    if (day === undefined) return undefined;
    // Reads the months again, because another process may have destroyed keys. A keyring that was
    // put in the place of this one is refused here, and the keys in memory stay.
    const unread = await keyring.months().then(() => undefined, keyringProblemOf);
    if (unread !== undefined) return unread;
    await ensureKeys(options, guard, day);
    if (!hasSettled) await settleRestored(options, day);
    hasSettled = true;
    if (!purges || day.day === purgedOn) return undefined;
    await purge(ledger, keyring, clock.now(), retention);
    purgedOn = day.day;
    return undefined;
  };
  let running: Promise<void> = Promise.resolve();
  const start = (): void => {
    running = running.then(run).then(
      found => {
        problem = found;
      },
      error => {
        problem = problemOf(error);
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
    problem: () => problem,
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
  readonly guard: KeyringGuard;
  readonly clock: DayClock;
  readonly tally: DecisionCounts;
  readonly recorder: Recorder;
  readonly upkeep: ReturnType<typeof startMaintenance>;
  readonly listeners: Set<(batch: BatchReport) => void>;
}

function recorderOf({
  options,
  context,
  guard,
  clock,
  tally,
  recorder,
  upkeep,
  listeners,
}: Parts): EvidenceRecorder {
  const mustKeep = options.onFailure === 'refuse';
  const channels = channelsOf(options.notice ?? OCS_NOTICE);
  let { edition } = context;
  let today: UtcDay | undefined;
  let isClosed = false;
  const problem = (): EvidenceProblem | undefined => {
    if (guard.isWrong) return 'keyring-mismatch';
    const found = upkeep.problem();
    if (found !== undefined) return found;
    if (!guard.isProven) return 'keyring-unproven';
    return recorder.isFailing() ? problemOf(recorder.lastError()) : undefined;
  };
  const record = (subscriber: string, side: number, day: UtcDay | undefined): boolean => {
    if (guard.isProven) return recorder.record(subscriber, side, day);
    guard.tryProof(subscriber);
    return recorder.countFailed('key');
  };
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
        (channel === undefined || channels.has(channel) ? undefined : 'channel-without-notice');
      if (reason !== undefined) recorder.countSkipped(reason);
      else if (typeof subscriber !== 'string' || subscriber === '')
        recorder.countSkipped('no-subscriber');
      else return record(subscriber, side, day) || !mustKeep;
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
      memory: recorder.memory,
      queue: recorder.waiting,
      isFailing: problem() !== undefined,
      ...(problem() !== undefined && { problem: problem()! }),
      isKeyringProven: guard.isProven,
      isClockPlausible: clock.today() !== undefined,
      ...(options.ledger.spooled && { spooled: options.ledger.spooled() }),
      ...(options.ledger.spoolSize && { spool: options.ledger.spoolSize() }),
      purgedOn: upkeep.purgedOn(),
    }),
    close: async () => {
      isClosed = true;
      clock.close();
      // Write first what would be lost. A purge that does not finish does no harm, because the next
      // one completes it.
      await recorder.close().finally(upkeep.stop);
    },
  };
}
