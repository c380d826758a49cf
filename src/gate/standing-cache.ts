/** Reads a subscriber's residence standing and exception through a bounded cache. */

import { LRUCache } from 'lru-cache';
import { type Clock, systemClock } from '../clock.ts';
import { DAY_MS, dayOf } from '../days.ts';
import { portabilityError } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { DossierEvent } from '../law/dossier.ts';
import type { Standing } from '../law/rule.ts';
import { checkWaivers } from '../law/standing.ts';
import type { Ledger } from '../ledger/ledger.ts';
import * as GATE from '../messages/gate.ts';
import { residenceOf } from '../subjects/dossier-store.ts';
import type { KeyringGuard } from '../subjects/keyring-check.ts';
import { ResidenceLoader } from './residence-loader.ts';

/** How standings are read, and for how long they are cached. */
export interface ResidenceOptions {
  /**
   * Waivers of all right holders for the whole service, and their withdrawals (Art. 5(4)); default:
   * none.
   */
  readonly waivers?: readonly DossierEvent[] | undefined;
  /** Milliseconds for which a cached standing is valid before it is read again; default: 60,000. */
  readonly ttlMs?: number | undefined;
  /** Maximum number of standings in memory; default: 100,000. */
  readonly max?: number | undefined;
}

/** The standing of a subscriber and the exception, from the person records. */
export interface Residence {
  readonly standing: Standing;
  /**
   * Milliseconds since 1970 before which an agent's exception counts; 0 if there is none. It is
   * limited to the maximum age of a cached reading, so that a withdrawn exception ends even if the
   * person records cannot be read.
   */
  readonly exceptedBefore: number;
}

/** How full the memory of standings is. */
export interface StandingMemory {
  /** Standings in memory, those that are no longer valid among them. */
  readonly remembered: number;
  /** The bound on them: `residence.max`. */
  readonly most: number;
  /**
   * Standings that gave way to others at the bound since the gate was opened; each costs a read of
   * the person records when its subscriber comes again.
   */
  readonly evicted: number;
}

export interface StandingCache {
  /**
   * Returns the standing from memory; `undefined` if it is not cached or has expired. Never waits.
   */
  of(subscriber: unknown): Residence | undefined;
  /**
   * Returns the same, up to twice as old; an expired one is then read again in the background.
   * Never waits, so slow person records do not delay a request whose subscriber is cached.
   */
  recent(subscriber: unknown): Residence | undefined;
  /** Returns the last known standing, however old. Never waits. */
  last(subscriber: unknown): Residence | undefined;
  /**
   * Whether an exception counts, by the contents of memory. Never waits; costs nothing as long as
   * no exception has been read.
   */
  excepts(subscriber: unknown): boolean;
  /**
   * Loads the standing from memory, else from the person records; if that fails, returns the last
   * known one.
   */
  load(subscriber: unknown): Promise<Residence>;
  /** Whether the last read of the person records failed. */
  isFailing(): boolean;
  /** Returns how full the memory is; `undefined` without person records. */
  memory(): StandingMemory | undefined;
  /** Forgets every subscriber. Standings that are loaded later are not cached. */
  close(): void;
}

const isSubscriber = (subscriber: unknown): subscriber is string =>
  typeof subscriber === 'string' && subscriber !== '';

function checkCount(value: number, name: string): number {
  if (Number.isInteger(value) && value >= 1 && value <= 2 ** 26) return value;
  throw portabilityError(GATE.standingsNumber, {}, { name, most: 2 ** 26 });
}

/** The result for an invalid subscriber: no contract is on record. */
const WITHOUT_CONTRACT: Residence = { standing: 'none', exceptedBefore: 0 };

/** Whether an exception counts now. If the clock has no valid time, it does not. */
export const isExcepted = (residence: Residence | undefined, clock: Clock): boolean =>
  // Reading a clock creates a number, so it is read only if there is something to compare.
  residence !== undefined && residence.exceptedBefore > 0 && clock() < residence.exceptedBefore;

/** The standings of a gate without person records. */
export const NO_STANDING_CACHE: StandingCache = {
  of: () => undefined,
  recent: () => undefined,
  last: () => undefined,
  excepts: () => false,
  load: async () => {
    throw portabilityError(GATE.standingsWithoutPersonRecords);
  },
  isFailing: () => false,
  memory: () => undefined,
  close: () => {},
};

/** Where standings are read, and the guard of the keyring. */
interface Store {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  readonly guard: KeyringGuard;
}

function openCache(
  { ledger, keyring, guard }: Store,
  clock: Clock,
  { waivers = [], ttlMs = 60_000, max = 100_000 }: ResidenceOptions,
) {
  checkWaivers(waivers);
  const seen = { isFailing: false, hasException: false, evicted: 0 };
  /** The day of the last reading and its first millisecond: thousands of readings share it. */
  let today = '';
  let todayFrom = Number.NaN;
  const dayAt = (time: number): string => {
    if (!(time >= todayFrom && time < todayFrom + DAY_MS)) {
      today = dayOf(time);
      todayFrom = Date.parse(today);
    }
    return today;
  };
  const loader = new ResidenceLoader(ledger, () => dayAt(clock()));
  // One function in one piece: each further promise is kept for each of thousands that wait.
  const read = async (subscriber: string): Promise<Residence> => {
    try {
      // Under a wrong keyring no dossier is found: that must not read as a person without a
      // contract.
      if (!guard.isProven) await guard.require(subscriber);
      const time = clock();
      const { rows, day } = await loader.load(keyring.personPseudonym(subscriber));
      const { standing, exceptedUntil } = residenceOf(rows, day, waivers);
      const exceptedBefore =
        exceptedUntil === '' ? 0 : Math.min(Date.parse(exceptedUntil) + DAY_MS, time + 2 * ttlMs);
      seen.isFailing = false;
      seen.hasException ||= exceptedBefore > 0;
      return { standing, exceptedBefore };
    } catch (error) {
      seen.isFailing = true;
      throw error;
    }
  };
  const cache = new LRUCache<string, Residence>({
    max: checkCount(max, 'max'),
    ttl: checkCount(ttlMs, 'ttlMs'),
    // A clock of the caller also determines when a standing expires.
    ...(clock === systemClock ? {} : { perf: { now: clock }, ttlResolution: 0 }),
    dispose: (_, __, reason) => {
      if (reason === 'evict') seen.evicted++;
    },
    // Expired standings are kept for the case that the person records cannot be read.
    noDeleteOnStaleGet: true,
  });
  return { cache, read, ttlMs, seen };
}

/**
 * Opens the cache. In memory it keeps identifiers of subscribers, with a standing and a time each,
 * as the gateway's own sessions do, until they expire or the gate is closed.
 */
export function openStandingCache(
  store: Store,
  clock: Clock,
  options: ResidenceOptions = {},
): StandingCache {
  const { cache, read, ttlMs, seen } = openCache(store, clock, options);
  let isClosed = false;
  /** The subscribers who are being read, so that no one is read twice at the same time. */
  const reading = new Map<string, Promise<Residence>>();
  const readOnce = async (subscriber: string): Promise<Residence> => {
    try {
      const residence = await read(subscriber);
      if (!isClosed) cache.set(subscriber, residence);
      return residence;
    } catch (error) {
      const old = cache.get(subscriber, { allowStale: true });
      if (old === undefined) throw error;
      return old;
    } finally {
      reading.delete(subscriber);
    }
  };
  const load = (subscriber: string): Promise<Residence> => {
    const cached = cache.get(subscriber);
    if (cached !== undefined) return Promise.resolve(cached);
    const coming = reading.get(subscriber) ?? readOnce(subscriber);
    reading.set(subscriber, coming);
    return coming;
  };
  const refresh = (subscriber: string): Residence | undefined => {
    if (cache.getRemainingTTL(subscriber) < -ttlMs) return undefined;
    const old = cache.get(subscriber, { allowStale: true });
    if (old !== undefined) load(subscriber).catch(() => {});
    return old;
  };
  const of = (subscriber: unknown) =>
    isSubscriber(subscriber) ? cache.get(subscriber) : undefined;
  const recent = (subscriber: unknown): Residence | undefined =>
    of(subscriber) ?? (isSubscriber(subscriber) ? refresh(subscriber) : undefined);
  return {
    of,
    recent,
    last: subscriber =>
      isSubscriber(subscriber) ? cache.get(subscriber, { allowStale: true }) : undefined,
    excepts: subscriber => seen.hasException && isExcepted(recent(subscriber), clock),
    load: subscriber =>
      isSubscriber(subscriber) ? load(subscriber) : Promise.resolve(WITHOUT_CONTRACT),
    isFailing: () => seen.isFailing,
    memory: () => ({ remembered: cache.size, most: cache.max, evicted: seen.evicted }),
    close: () => {
      isClosed = true;
      cache.clear();
    },
  };
}
