/**
 * Defines the Redis keys and bitmaps of the cards, and the scripts that update them. Each card is
 * one bitmap. The pseudonym alone selects the hash slot, so that a month spreads over all nodes.
 */
import { isMonth, monthsBefore } from '../../days.ts';
import type { CardKey } from '../ledger.ts';
import type { RedisServers, Send } from './client.ts';

export type Family = 'card' | 'access' | 'mark';

/** Builds the key names under a prefix. */
export const keysUnder = (prefix: string) => ({
  card: ({ month, pseudonym }: CardKey): string => `${prefix}:card:${month}:{${pseudonym}}`,
  access: ({ month, pseudonym }: CardKey): string => `${prefix}:access:${month}:{${pseudonym}}`,
  mark: (month: string, digest: string): string => `${prefix}:mark:${month}:{${digest}}`,
  tally: (day: string): string => `${prefix}:tally:{${day}}`,
  days: `${prefix}:days`,
  editions: `${prefix}:editions`,
  runs: `${prefix}:runs`,
  purgedBefore: `${prefix}:purged-before`,
  position: `${prefix}:tombstone-position`,
  all: (family: Family, month = '*'): string => `${prefix}:${family}:${month}:{*`,
});

export type Keys = ReturnType<typeof keysUnder>;

/** Parses the month and the name from a key. */
export function partsOf(key: string): { readonly month: string; readonly name: string } {
  const [, month = '', name = ''] = /:(?:card|access|mark):([^:]*):\{([^}]*)\}$/.exec(key) ?? [];
  return { month, name };
}

/**
 * Returns the bit offsets of a card's days. Day `d` is at offset `32 - d` for home and `64 - d` for
 * outside, so that the bitmap reads as two 32-bit numbers equal to those of the card.
 */
export function bitsOf(days: number, side: 0 | 1): number[] {
  const places: number[] = [];
  for (let day = 1; day <= 31; day++)
    if ((days & (1 << (day - 1))) !== 0) places.push(32 * (side + 1) - day);
  return places;
}

/**
 * Returns the expiry of a month's cards in seconds since 1970: the first second after the months
 * for which they are kept.
 */
export function expiryOf(month: string, keepMonths: number): string {
  const [year, index] = (isMonth(month) ? monthsBefore(month, -(keepMonths + 1)) : '1970-01').split(
    '-',
  );
  return String(Date.UTC(Number(year), Number(index) - 1, 1) / 1000);
}

const STEP = '1000';

/**
 * Visits every key that matches a pattern on one master, a page at a time. A key may appear twice.
 */
export async function walk(
  send: Send,
  pattern: string,
  visit: (keys: string[]) => Promise<void>,
): Promise<void> {
  let cursor = '0';
  do {
    const [next, keys] = (await send('SCAN', cursor, 'MATCH', pattern, 'COUNT', STEP)) as [
      string,
      string[],
    ];
    if (keys.length > 0) await visit(keys);
    cursor = next;
  } while (cursor !== '0');
}

/**
 * Visits every key that matches a pattern on all masters, a page at a time. A key may appear twice.
 */
export const eachKey = async (
  servers: RedisServers,
  pattern: string,
  visit: (keys: string[]) => Promise<void>,
): Promise<void> =>
  void (await servers.onMasters(send =>
    walk(send, pattern, keys => servers.request(() => visit(keys))),
  ));

const PAGE = 1000;

/** Runs `work` for each item, a page at a time. Each page is one request with its own deadline. */
export async function inPages<Item, Result>(
  servers: RedisServers,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += PAGE)
    results.push(
      ...(await servers.request(() => Promise.all(items.slice(from, from + PAGE).map(work)))),
    );
  return results;
}

/**
 * Drops bits of a card atomically, and deletes the card with its last bit. Returns 1 if it deleted
 * the card.
 */
export const DROP = `local h, o = unpack(redis.call('BITFIELD', KEYS[1], 'GET', 'u32', 0, 'GET', 'u32', 32))
if h == 0 and o == 0 then redis.call('DEL', KEYS[1]) return 0 end
h = bit.band(h, bit.bnot(tonumber(ARGV[1]))) o = bit.band(o, bit.bnot(tonumber(ARGV[2])))
if h == 0 and o == 0 then redis.call('DEL', KEYS[1]) return 1 end
redis.call('BITFIELD', KEYS[1], 'SET', 'u32', 0, h, 'SET', 'u32', 32, o) return 0`;

/** Merges a tombstone into the existing one: the later day and the bits of both. */
export const MARK = `local m = redis.call('HMGET', KEYS[1], 'through', 'home', 'outside')
local through = m[1] or '' if ARGV[1] > through then through = ARGV[1] end
redis.call('HSET', KEYS[1], 'through', through, 'home', bit.bor(tonumber(m[2] or 0), tonumber(ARGV[2])),
  'outside', bit.bor(tonumber(m[3] or 0), tonumber(ARGV[3])), 'pending', ARGV[5])
redis.call('EXPIREAT', KEYS[1], ARGV[4]) return 1`;

/** Marks a tombstone as applied, if it was not put again in the meantime. */
export const SETTLE = `if redis.call('HGET', KEYS[1], 'pending') == ARGV[1] then redis.call('HDEL', KEYS[1], 'pending') end return 1`;

/** Stores a text if it is greater than the stored one. */
export const GREATEST = `if ARGV[1] > (redis.call('GET', KEYS[1]) or '') then redis.call('SET', KEYS[1], ARGV[1]) end return 1`;

/**
 * Removes up to 1000 runs before a day from the beginning of the list. Returns how many it removed.
 */
export const SHORTEN = `local gone = 0 while gone < 1000 do
  local first = redis.call('LINDEX', KEYS[1], 0)
  if not first or cjson.decode(first).at >= ARGV[1] then break end
  redis.call('LPOP', KEYS[1]) gone = gone + 1
end return gone`;

/** Raises a count. A late or repeated value changes nothing, because counts only grow. */
export const COUNT = `if tonumber(ARGV[2]) > tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0) then
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end return 1`;
