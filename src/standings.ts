/** What says the register of this subscriber now? Standing and exception, read through a bounded cache. */
import { LRUCache } from 'lru-cache';
import { type Clock, systemClock } from './clock.ts';
import { dayOf } from './day.ts';
import { readDossier } from './dossiers.ts';
import { PortabilityError } from './errors.ts';
import { exceptionEnd } from './evidence/exceptions.ts';
import type { Ledger } from './evidence/ledger.ts';
import type { Keyring } from './evidence/pseudonyms.ts';
import type { DossierEvent } from './law/dossier.ts';
import type { Standing } from './law/rule.ts';
import { checkWaivers, standingAt } from './law/standing.ts';

export interface ResidenceOptions {
  /** Waivers of all right holders for the whole service, and their withdrawals (Art. 5(4)); none unless given. */
  readonly waivers?: readonly DossierEvent[];
  /** Milliseconds for which a standing is believed before it is read anew; 60,000 unless given. */
  readonly ttlMs?: number;
  /** Standings in memory; 100,000 unless given. */
  readonly max?: number;
}

/** What the register says of a subscriber. */
export interface Residence {
  readonly standing: Standing;
  /** Last UTC day of an agent's exception; empty where there is none. */
  readonly exceptedUntil: string;
}

export interface Standings {
  /** From memory, or `undefined` where it is not there, or too old to be believed. Never waits. */
  of(subscriber: unknown): Residence | undefined;
  /** The same, up to twice as old: then it is read anew, behind the answer. Never waits, so a slow register slows nobody it knows. */
  recent(subscriber: unknown): Residence | undefined;
  /** From memory, else from the register; where that fails, the last one known. */
  load(subscriber: unknown): Promise<Residence>;
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
const NOBODY: Residence = { standing: 'none', exceptedUntil: '' };

const DAY_MS = 86_400_000;

/** Whether an exception counts at a time in milliseconds since 1970; a clock that tells no time is no exception's. */
export const isExcepted = (residence: Residence | undefined, time: number): boolean =>
  residence !== undefined && residence.exceptedUntil !== '' && time < Date.parse(residence.exceptedUntil) + DAY_MS;

/** What a gate without a register answers. */
export const NO_STANDINGS: Standings = {
  of: () => undefined,
  recent: () => undefined,
  load: async () => {
    throw new PortabilityError(
      'ERR_EVIDENCE_OPTION',
      'standings need a register: the gate was opened without evidence',
    );
  },
  close: () => {},
};

type Store = { readonly ledger: Ledger; readonly keyring: Keyring };

function openCache(
  { ledger, keyring }: Store,
  clock: Clock,
  { waivers = [], ttlMs = 60_000, max = 100_000 }: ResidenceOptions,
) {
  checkWaivers(waivers);
  const read = async (subscriber: string): Promise<Residence> => {
    const [dossier, exceptedUntil] = await Promise.all([
      readDossier(ledger, keyring, subscriber),
      exceptionEnd(ledger, keyring, subscriber),
    ]);
    return { standing: standingAt(dossier, dayOf(clock()), waivers).standing, exceptedUntil };
  };
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
  return { cache, read, ttlMs };
}

/**
 * Opens the cache. It holds identifiers of subscribers in memory beside a word and a day each, as the gateway's own sessions do, until they expire or
 * the gate is closed.
 */
export function openStandings(store: Store, clock: Clock, options: ResidenceOptions = {}): Standings {
  const { cache, read, ttlMs } = openCache(store, clock, options);
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
  return {
    of,
    recent: subscriber => of(subscriber) ?? (isSubscriber(subscriber) ? refresh(subscriber) : undefined),
    load: async subscriber => (isSubscriber(subscriber) ? load(subscriber) : NOBODY),
    close: () => {
      isClosed = true;
      cache.clear();
    },
  };
}
