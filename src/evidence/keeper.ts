/** What does a gate keep of its decisions? Composes recorder, tally and retention behind one synchronous call and a clock. */
import { randomBytes } from 'node:crypto';
import { PortabilityError } from '../errors.ts';
import { DAY_MS, nextMonth, type UtcDay, utcDay } from './card.ts';
import type { Counters, NotRecordable } from './counters.ts';
import { dayClock } from './day-clock.ts';
import { hasNotice } from './disclosure.ts';
import type { Keyring } from './keyring.ts';
import type { Ledger } from './ledger.ts';
import { openRecorder, type Recorder } from './recorder.ts';
import { purge, RETENTION_MONTHS } from './retention.ts';
import { openTally } from './tally.ts';
import { checkTransfer, type Safeguard } from './transfers.ts';

/** The day alone, or each access to the second: the latter only with a stated purpose and for its own shorter time. */
export type Detail = 'day' | { readonly access: { readonly purpose: string; readonly keepDays: number } };

export interface EvidenceOptions {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  /** `day` unless given. Refused without a purpose. */
  readonly detail?: Detail;
  /** Complete months kept beside the current one; 12 unless given. */
  readonly retentionMonths?: number;
  /** Where evidence can not be kept: count it (the default) or refuse the request with `evidence-unavailable`. */
  readonly onFailure?: 'count' | 'refuse';
  /** Country where the ledger keeps its data, ISO 3166-1 alpha-2; the home State unless given. Outside the EEA it needs a safeguard. */
  readonly country?: string;
  readonly safeguard?: Safeguard;
  /** Subscribers a day that are told apart in memory (17 bytes each); 1,000,000 unless given. */
  readonly subscribers?: number;
  /** Records that may wait for the ledger; 100,000 unless given. */
  readonly queue?: number;
  /** Records written at once; 1000 unless given. */
  readonly batchSize?: number;
  /** Milliseconds that a record waits at most before it is written; 200 unless given. */
  readonly batchMs?: number;
}

export interface EvidenceHealth extends Counters {
  /** Whether the last write to the ledger failed. */
  readonly isFailing: boolean;
  /** Whether the clock is believed. */
  readonly isClockBelieved: boolean;
  /** UTC day of the last purge by this gate. */
  readonly purgedOn: string | undefined;
}

export interface Keeper {
  /** Keeps the bit of a request; `false` where it can not and the operator wants a refusal. `cause` says why there is nothing to keep. */
  keep(subscriber: unknown, side: number, channel: string | undefined, cause: NotRecordable | undefined): boolean;
  /** Counts the decision that was made of it, by the index of its reason. */
  count(reason: number): void;
  /** Puts another table edition in force. */
  turnEdition(edition: string): void;
  flush(): Promise<void>;
  health(): EvidenceHealth;
  close(): Promise<void>;
}

const HOURLY = 3_600_000;
const MAX_KEEP_DAYS = 400;

function checkOptions({ detail = 'day', onFailure = 'count' }: EvidenceOptions): number | undefined {
  if (onFailure !== 'count' && onFailure !== 'refuse')
    throw new PortabilityError('ERR_EVIDENCE_OPTION', 'onFailure is count or refuse');
  if (detail === 'day') return undefined;
  const { purpose, keepDays } = detail?.access ?? {};
  if (typeof purpose !== 'string' || purpose.trim() === '') {
    throw new PortabilityError(
      'ERR_EVIDENCE_OPTION',
      'a log of single accesses needs the purpose that the notice discloses',
    );
  }
  if (!Number.isInteger(keepDays) || keepDays! < 1 || keepDays! > MAX_KEEP_DAYS) {
    throw new PortabilityError('ERR_EVIDENCE_OPTION', `single accesses are kept from 1 to ${MAX_KEEP_DAYS} days`);
  }
  return keepDays;
}

/** Keys of this month and the next, so that midnight finds its key in memory. */
async function ensureKeys(keyring: Keyring, { month }: UtcDay): Promise<void> {
  await keyring.ensureMonth(month);
  await keyring.ensureMonth(nextMonth(month));
}

/** Retention must not run on the word of a clock that leapt while no gate was open: the newest day on record vouches for it. */
async function isVouchedFor(ledger: Ledger, { day, from }: UtcDay): Promise<boolean> {
  const earliest = new Date(from - 45 * DAY_MS).toISOString().slice(0, 10);
  const [all, recent] = [await ledger.editions('0000-00-00', '9999-99-99'), await ledger.editions(earliest, day)];
  return all.length === 0 || (recent.length > 0 && all.at(-1)!.day <= day);
}

interface KeeperContext {
  readonly reasons: readonly string[];
  readonly home: string;
  readonly edition: string;
  readonly clock: () => number;
  /** Whether the clock may be read now and then instead of for every request: the system's may, a test's may not. */
  readonly isCoarse: boolean;
  /** The law's answer, handed in. */
  readonly isInEea: (country: string, on: string) => boolean;
}

/**
 * Opens what keeps a gate's evidence.
 * @throws PortabilityError `ERR_EVIDENCE_OPTION`, `ERR_TRANSFER`, and what keyring and ledger throw.
 */
export async function openKeeper(options: EvidenceOptions, context: KeeperContext): Promise<Keeper> {
  const { ledger, keyring } = options;
  const keepDays = checkOptions(options);
  const first = utcDay(context.clock());
  if (first === undefined) throw new PortabilityError('ERR_EVIDENCE_OPTION', 'the clock tells no day');
  const country = options.country ?? context.home;
  const isInEea = context.isInEea(country, first.day);
  checkTransfer({ country, on: first.day, isInEea, ...(options.safeguard ? { safeguard: options.safeguard } : {}) });
  await ensureKeys(keyring, first);
  await ledger.restoreMarks(await keyring.marks());
  const clock = dayClock(context.clock, context.isCoarse && keepDays === undefined);
  const tally = openTally(context.reasons, first.from);
  const recorder = openRecorder({
    ledger,
    keyring,
    seeds: [randomBytes(4).readInt32LE(), randomBytes(4).readInt32LE()],
    now: clock.now,
    keepsAccesses: keepDays !== undefined,
    subscribers: options.subscribers ?? 1_000_000,
    queue: options.queue ?? 100_000,
    batchSize: options.batchSize ?? 1000,
    batchMs: options.batchMs ?? 200,
    rows: tally.rows,
  });
  const retention = {
    months: options.retentionMonths ?? RETENTION_MONTHS,
    ...(keepDays === undefined ? {} : { keepDays }),
  };
  const upkeep = openUpkeep({ ...options, clock, retention });
  return keeperOf({ options, context, clock, tally, recorder, upkeep });
}

type Clock = ReturnType<typeof dayClock>;

interface UpkeepOptions {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly retention: { readonly months: number; readonly keepDays?: number };
}

/** Once an hour: keys for the months to come, and once a day the purge. A failure is made good an hour later. */
function openUpkeep({ ledger, keyring, clock, retention }: UpkeepOptions) {
  let purgedOn: string | undefined;
  const run = async (): Promise<void> => {
    const day = clock.today();
    if (day === undefined) return;
    await ensureKeys(keyring, day);
    if (day.day === purgedOn || !(await isVouchedFor(ledger, day))) return;
    await purge(ledger, keyring, clock.now(), retention);
    purgedOn = day.day;
  };
  let running: Promise<void> = Promise.resolve();
  const start = (): void => {
    running = running.then(run).catch(() => {});
  };
  const timer = setInterval(start, HOURLY).unref();
  start();
  return {
    start,
    purgedOn: () => purgedOn,
    stop: (): Promise<void> => {
      clearInterval(timer);
      return running;
    },
  };
}

interface Parts {
  readonly options: EvidenceOptions;
  readonly context: KeeperContext;
  readonly clock: Clock;
  readonly tally: ReturnType<typeof openTally>;
  readonly recorder: Recorder;
  readonly upkeep: ReturnType<typeof openUpkeep>;
}

function keeperOf({ options, context, clock, tally, recorder, upkeep }: Parts): Keeper {
  const mustKeep = options.onFailure === 'refuse';
  let { edition } = context;
  let today: UtcDay | undefined;
  const turn = (day: UtcDay): void => {
    today = day;
    tally.turn(day.day, edition);
    upkeep.start();
  };
  return {
    count: tally.count,
    keep: (subscriber, side, channel, cause) => {
      const day = clock.today();
      if (day !== today && day !== undefined) turn(day);
      const why = cause ?? (channel === undefined || hasNotice(channel) ? undefined : 'channel-without-notice');
      if (why !== undefined) recorder.pass(why);
      else if (typeof subscriber !== 'string' || subscriber === '') recorder.pass('no-subscriber');
      else return recorder.record(subscriber, side, day) || !mustKeep;
      return true;
    },
    turnEdition: next => {
      edition = next;
      if (today !== undefined) tally.turn(today.day, edition);
    },
    flush: recorder.flush,
    health: () => ({
      ...structuredClone(recorder.counters),
      isFailing: recorder.isFailing(),
      isClockBelieved: clock.today() !== undefined,
      purgedOn: upkeep.purgedOn(),
    }),
    close: async () => {
      await upkeep.stop();
      clock.close();
      await recorder.flush();
    },
  };
}
