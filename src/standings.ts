/** Which standing has this subscriber now? Dossiers of the register, read through a bounded cache. */
import { LRUCache } from 'lru-cache';
import { type Clock, systemClock } from './clock.ts';
import { dayOf } from './day.ts';
import { readDossier } from './dossiers.ts';
import { PortabilityError } from './errors.ts';
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

export interface Standings {
  /** From memory, or `undefined`. Never waits. */
  of(subscriber: string): Standing | undefined;
  /** From memory, else from the register; where that fails, the last one known. */
  load(subscriber: string): Promise<Standing>;
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

/**
 * Opens the cache. It holds identifiers of subscribers in memory beside a word each, as the gateway's own sessions do, until they expire or
 * the gate is closed.
 */
export function openStandings(
  { ledger, keyring }: { readonly ledger: Ledger; readonly keyring: Keyring },
  clock: Clock,
  { waivers = [], ttlMs = 60_000, max = 100_000 }: ResidenceOptions = {},
): Standings {
  checkWaivers(waivers);
  const read = async (subscriber: string): Promise<Standing> =>
    standingAt(await readDossier(ledger, keyring, subscriber), dayOf(clock()), waivers).standing;
  const cache = new LRUCache<string, Standing>({
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
  let isClosed = false;
  /** A load that is cut short, by the bound on memory or by the end, answers nothing: then it is read without the cache. */
  const load = async (subscriber: string): Promise<Standing> => {
    const cached = isClosed ? undefined : await cache.fetch(subscriber).catch(unlessCut);
    return cached ?? read(subscriber);
  };
  return {
    of: subscriber => (isSubscriber(subscriber) ? cache.get(subscriber) : undefined),
    load: async subscriber => (isSubscriber(subscriber) ? load(subscriber) : 'none'),
    close: () => {
      isClosed = true;
      cache.clear();
    },
  };
}
