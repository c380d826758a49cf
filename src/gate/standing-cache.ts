/** Reads a subscriber's residence standing and exception through a bounded cache. */
import { LRUCache } from 'lru-cache';
import { type Clock, systemClock } from '../clock.ts';
import { dayOf } from '../days.ts';
import { PortabilityError } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { DossierEvent } from '../law/dossier.ts';
import type { Standing } from '../law/rule.ts';
import { checkWaivers, standingAt } from '../law/standing.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { readDossier } from '../subjects/dossier-store.ts';
import { exceptionEnd } from '../subjects/exceptions.ts';

/** How standings are read, and for how long they are believed. */
export interface ResidenceOptions {
  /** Waivers of all right holders for the whole service, and their withdrawals (Art. 5(4)); none unless given. */
  readonly waivers?: readonly DossierEvent[] | undefined;
  /** Milliseconds for which a standing is believed before it is read anew; 60,000 unless given. */
  readonly ttlMs?: number | undefined;
  /** Standings in memory; 100,000 unless given. */
  readonly max?: number | undefined;
}

/** What the register says of a subscriber. */
export interface Residence {
  readonly standing: Standing;
  /**
   * Milliseconds since 1970 before which an agent's exception counts; 0 where there is none. Not for longer than a reading may be old: one that is
   * taken back ends although the register can not be read.
   */
  readonly exceptedBefore: number;
}

export interface Standings {
  /** From memory, or `undefined` where it is not there, or too old to be believed. Never waits. */
  of(subscriber: unknown): Residence | undefined;
  /** The same, up to twice as old: then it is read anew, behind the answer. Never waits, so a slow register slows nobody it knows. */
  recent(subscriber: unknown): Residence | undefined;
  /** The last that was ever known, however old. Never waits. */
  last(subscriber: unknown): Residence | undefined;
  /** Whether an exception counts, as far as memory tells. Never waits; costs nothing as long as no exception has been read. */
  excepts(subscriber: unknown): boolean;
  /** From memory, else from the register; where that fails, the last one known. */
  load(subscriber: unknown): Promise<Residence>;
  /** Whether the last reading of the register failed. */
  isFailing(): boolean;
  /** Forgets every subscriber; what is loaded later is not remembered. */
  close(): void;
}

const isSubscriber = (subscriber: unknown): subscriber is string => typeof subscriber === 'string' && subscriber !== '';

function checkCount(value: number, name: string): number {
  if (Number.isInteger(value) && value >= 1 && value <= 2 ** 26) return value;
  throw new PortabilityError('ERR_EVIDENCE_OPTION', `${name} is a whole number from 1 to ${2 ** 26}`);
}

function unlessCut(error: unknown): undefined {
  if (error instanceof PortabilityError) throw error;
  return undefined;
}

/** Nobody: no contract is on record. */
const NOBODY: Residence = { standing: 'none', exceptedBefore: 0 };

const DAY_MS = 86_400_000;

/** Whether an exception counts now; a clock that tells no time is no exception's. */
export const isExcepted = (residence: Residence | undefined, clock: Clock): boolean =>
  // Reading a clock makes a number: only where there is something to compare it with.
  residence !== undefined && residence.exceptedBefore > 0 && clock() < residence.exceptedBefore;

/** What a gate without a register answers. */
export const NO_STANDINGS: Standings = {
  of: () => undefined,
  recent: () => undefined,
  last: () => undefined,
  excepts: () => false,
  load: async () => {
    throw new PortabilityError(
      'ERR_EVIDENCE_OPTION',
      'standings need a register: the gate was opened without evidence',
    );
  },
  isFailing: () => false,
  close: () => {},
};

type Store = { readonly ledger: Ledger; readonly keyring: Keyring };

function openCache(
  { ledger, keyring }: Store,
  clock: Clock,
  { waivers = [], ttlMs = 60_000, max = 100_000 }: ResidenceOptions,
) {
  checkWaivers(waivers);
  const seen = { isFailing: false, hasException: false };
  const readNow = async (subscriber: string): Promise<Residence> => {
    const time = clock();
    const [dossier, until] = await Promise.all([
      readDossier(ledger, keyring, subscriber),
      exceptionEnd(ledger, keyring, subscriber),
    ]);
    const exceptedBefore = until === '' ? 0 : Math.min(Date.parse(until) + DAY_MS, time + 2 * ttlMs);
    return { standing: standingAt(dossier, dayOf(time), waivers).standing, exceptedBefore };
  };
  const read = (subscriber: string): Promise<Residence> =>
    readNow(subscriber).then(
      residence => {
        seen.isFailing = false;
        seen.hasException ||= residence.exceptedBefore > 0;
        return residence;
      },
      error => {
        seen.isFailing = true;
        throw error;
      },
    );
  const cache = new LRUCache<string, Residence>({
    max: checkCount(max, 'max'),
    ttl: checkCount(ttlMs, 'ttlMs'),
    // A clock of the caller's own also tells when a standing is old.
    ...(clock === systemClock ? {} : { perf: { now: clock }, ttlResolution: 0 }),
    fetchMethod: read,
    // What is too old to be believed is kept for the day the register cannot be read.
    noDeleteOnStaleGet: true,
    allowStaleOnFetchRejection: true,
    noDeleteOnFetchRejection: true,
  });
  return { cache, read, ttlMs, seen };
}

/**
 * Opens the cache. It holds identifiers of subscribers in memory beside a word and a day each, as the gateway's own sessions do, until they expire or
 * the gate is closed.
 */
export function openStandings(store: Store, clock: Clock, options: ResidenceOptions = {}): Standings {
  const { cache, read, ttlMs, seen } = openCache(store, clock, options);
  let isClosed = false;
  /** A load that is cut short, by the bound on memory or by the end, answers nothing: then it is read without the cache. */
  const load = async (subscriber: string): Promise<Residence> => {
    const cached = isClosed ? undefined : await cache.fetch(subscriber).catch(unlessCut);
    return cached ?? read(subscriber);
  };
  const refresh = (subscriber: string): Residence | undefined => {
    if (cache.getRemainingTTL(subscriber) < -ttlMs) return undefined;
    const old = cache.get(subscriber, { allowStale: true });
    if (old !== undefined) cache.fetch(subscriber).catch(() => {});
    return old;
  };
  const of = (subscriber: unknown) => (isSubscriber(subscriber) ? cache.get(subscriber) : undefined);
  const recent = (subscriber: unknown): Residence | undefined =>
    of(subscriber) ?? (isSubscriber(subscriber) ? refresh(subscriber) : undefined);
  return {
    ...{ of, recent },
    last: subscriber => (isSubscriber(subscriber) ? cache.get(subscriber, { allowStale: true }) : undefined),
    excepts: subscriber => seen.hasException && isExcepted(recent(subscriber), clock),
    load: async subscriber => (isSubscriber(subscriber) ? load(subscriber) : NOBODY),
    isFailing: () => seen.isFailing,
    close: () => {
      isClosed = true;
      cache.clear();
    },
  };
}
