/**
 * Defines the Redis keys of the cards. The cards of a month are spread over 4096 hashes by the
 * first bits of the digest of their pseudonym. These bits are the hash tag of the key, so that the
 * cards, the accesses and the tombstones of one person and month are always on one server, where
 * one script reads and writes them. Each tag keeps the list of its months, so that every key can be
 * named without a search.
 */
import { isMonth, monthsBefore } from '../../days.ts';
import { digestOf } from '../ledger.ts';
import type { RedisServers } from './client.ts';

/** Digits of a digest that select the hash tag. */
const TAG_DIGITS = 3;

/**
 * All tags. With all slots divided evenly, the most loaded of up to 16 masters has at most 1 % more
 * than the mean, and that of 32 masters 2 %.
 */
export const TAGS: readonly string[] = Array.from({ length: 16 ** TAG_DIGITS }, (_, n) =>
  n.toString(16).padStart(TAG_DIGITS, '0'),
);

export const tagOf = (digest: string): string => digest.slice(0, TAG_DIGITS);

/** A month of a tag: what one set of keys holds. */
export interface Shard {
  readonly tag: string;
  readonly month: string;
}

export const shardOf = (month: string, digest: string): Shard => ({ month, tag: tagOf(digest) });

export const shardOfPseudonym = (month: string, pseudonym: string): Shard =>
  shardOf(month, digestOf(pseudonym));

/** Builds the key names under a prefix. */
export function keysUnder(prefix: string) {
  const of = (family: string) => (shard: Shard) =>
    `${prefix}:${family}:${shard.month}:{${shard.tag}}`;
  const keys = {
    /** A hash: the pseudonym, and its home and outside days as two decimal numbers. */
    cards: of('cards'),
    /**
     * A sorted set whose scores are all 0, so that its members are in the order of their bytes:
     * `PSEUDONYM +AT` for an access from home and `PSEUDONYM -AT` for one from outside. An access
     * is added, and those of a person or a day are found, without reading the others.
     */
    accesses: of('access-set'),
    /** A hash of layout 2: the pseudonym, and its accesses as ` AT+` and ` AT-`. */
    accessTexts: of('accesses'),
    /** A hash: the digest of a pseudonym, and its tombstone as in `scripts.ts`. */
    marks: of('marks'),
    /** A set: the months of a tag. */
    months: (tag: string): string => `${prefix}:months:{${tag}}`,
    tally: (day: string): string => `${prefix}:tally:{${day}}`,
    days: `${prefix}:days`,
    editions: `${prefix}:editions`,
    runs: `${prefix}:runs`,
    purgedBefore: `${prefix}:purged-before`,
    position: `${prefix}:tombstone-position`,
    layout: `${prefix}:layout`,
    /** A pattern of the keys of the earlier layout. */
    earlier: (family: 'mark' | 'card' | 'access'): string => `${prefix}:${family}:????-??:{*}`,
  };
  return {
    ...keys,
    /** The keys of a shard in the order in which the scripts take them. */
    ofShard: (shard: Shard): string[] => [
      keys.cards(shard),
      keys.accesses(shard),
      keys.marks(shard),
      keys.months(shard.tag),
    ],
  };
}

export type Keys = ReturnType<typeof keysUnder>;

/** Returns the first second of a month since 1970; 0 for a text that is no month. */
export const startOf = (month: string): number =>
  isMonth(month) ? Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)) - 1) / 1000 : 0;

/**
 * Returns the expiry of a month's cards in seconds since 1970: the first second after the months
 * for which they are kept.
 */
export const expiryOf = (month: string, keepMonths: number): number =>
  isMonth(month) ? startOf(monthsBefore(month, -(keepMonths + 1))) : 0;

/** Runs `work` for each item, a page at a time. Each page is one request with its own deadline. */
export async function inPages<Item, Result>(
  servers: RedisServers,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  page = 1000,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += page)
    results.push(
      ...(await servers.request(() => Promise.all(items.slice(from, from + page).map(work)))),
    );
  return results;
}
