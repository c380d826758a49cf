/**
 * The Lua scripts that read and write a shard: each runs as one step on the server, so that no
 * write comes between the look at a tombstone and the bits.
 *
 * A tombstone is stored as `ERASED HOME OUTSIDE THROUGH PENDING`: the days that an erasure drops
 * and the single days dropped on each side, as decimal numbers; the day of the erasure; and the
 * name of a restoration that has put it and not yet searched for the card. A missing text is `-`.
 */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { portabilityError } from '../../errors.ts';
import * as LEDGER from '../../messages/ledger.ts';
import type { RedisServers } from './client.ts';

export interface Script {
  readonly text: string;
  /** SHA-1 of the text, by which the server names it. */
  readonly sha: string;
}

/**
 * Makes a script that the server refuses as a whole where it takes no writes, even if it would
 * change nothing: what a replica holds may be gone when it has caught up with its master.
 */
const script = (flags: '' | 'flags=allow-oom', ...parts: readonly string[]): Script => {
  const text = [`#!lua ${flags}`.trim(), ...parts].join('\n');
  return { text, sha: createHash('sha1').update(text).digest('hex') };
};

const ADDS = '';
/** A server without room takes it too. */
const REMOVES = 'flags=allow-oom';

const TRY_AGAIN_MS = 20;
/** Share of the time limit for a slot that moves, so that the error comes before the limit. */
const MOVE_SHARE = 0.8;

/**
 * Runs a script on the server of its keys, which must all have one hash tag in a cluster. Sends the
 * text only to a server that does not know it. While a slot moves from one server to another, none
 * of them has all its keys, and the script waits.
 * @throws PortabilityError `ERR_LEDGER_BUSY` if a slot keeps moving.
 */
export async function run(
  servers: RedisServers,
  { text, sha }: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  const rest = [String(keys.length), ...keys, ...args.map(String)];
  let command = ['EVALSHA', sha];
  const end = performance.now() + servers.timeout * MOVE_SHARE;
  for (;;) {
    try {
      return await servers.at(keys[0]!, ...command, ...rest);
    } catch (error) {
      const [reply] = String((error as Error).message).split(' ', 1);
      if (reply === 'NOSCRIPT') command = ['EVAL', text];
      else if (reply !== 'TRYAGAIN') throw error;
      else if (performance.now() >= end) throw portabilityError(LEDGER.redisSlotMoving);
      else await delay(TRY_AGAIN_MS);
    }
  }
}

/**
 * `dropped` returns the home and outside days that a tombstone drops. `keep` raises the expiry of a
 * key and adds its month to those of its tag. It never lowers one: a process with a shorter
 * retention would otherwise remove the cards of everyone in the key.
 */
const COMMON = `local bor, band, bnot = bit.bor, bit.band, bit.bnot
local function dropped(mark)
  local erased, home, outside = string.match(mark, '^(%d+) (%d+) (%d+)')
  return bor(erased, home), bor(erased, outside)
end
local function raise(key, expiry)
  if redis.call('EXPIRETIME', key) >= expiry then return false end
  redis.call('EXPIREAT', key, expiry)
  return true
end
local function keep(key, months, month, expiry)
  if not raise(key, expiry) then return end
  redis.call('SADD', months, month)
  raise(months, expiry)
end`;

/**
 * `removeAccesses` removes the accesses of a pseudonym on one side in some seconds, and returns
 * their number. Members are ordered by pseudonym, side and time, so that they are found without
 * reading the others.
 */
const ACCESSES = `local function removeAccesses(key, name, side, from, seconds)
  local start = name .. ' ' .. side
  return redis.call('ZREMRANGEBYLEX', key, string.format('[%s%010d', start, from),
    string.format('(%s%010d', start, from + seconds))
end`;

/**
 * Merges cards and accesses into their shards, without what the tombstones drop. For each shard its
 * four keys, and: month, expiry, number of cards, number of accesses; for each card pseudonym,
 * digest, home days, outside days; for each access its member, digest, `+` or `-`, day bit.
 */
export const PUT = script(
  ADDS,
  COMMON,
  `local at = 1
local function take(count) at = at + count return unpack(ARGV, at - count, at - 1) end
local function marksOf(key, from, count, width)
  local digests = {}
  for n = 1, count do digests[n] = ARGV[from + (n - 1) * width + 1] end
  return redis.call('HMGET', key, unpack(digests))
end
local function valuesOf(key, from, count, width)
  local names, known = {}, {}
  for n = 1, count do names[n] = ARGV[from + (n - 1) * width] end
  local values = redis.call('HMGET', key, unpack(names))
  for n = 1, count do known[names[n]] = values[n] end
  return known
end
for shard = 0, #KEYS / 4 - 1 do
  local cards, accesses, marks, months = unpack(KEYS, shard * 4 + 1, shard * 4 + 4)
  local month, expiry, cardCount, accessCount = take(4)
  expiry, cardCount, accessCount = tonumber(expiry), tonumber(cardCount), tonumber(accessCount)
  local puts = {}
  if cardCount > 0 then
    local tombs, known = marksOf(marks, at, cardCount, 4), valuesOf(cards, at, cardCount, 4)
    for n = 1, cardCount do
      local name, _, home, outside = take(4)
      if tombs[n] then
        local gone, away = dropped(tombs[n])
        home, outside = band(home, bnot(gone)), band(outside, bnot(away))
      end
      local value = known[name]
      if value then
        local oldHome, oldOutside = string.match(value, '(%d+) (%d+)')
        home, outside = bor(home, oldHome), bor(outside, oldOutside)
      end
      local merged = home .. ' ' .. outside
      if merged ~= value and merged ~= '0 0' then
        known[name] = merged
        puts[#puts + 1] = name
        puts[#puts + 1] = merged
      end
    end
  end
  if #puts > 0 then
    redis.call('HSET', cards, unpack(puts))
    keep(cards, months, month, expiry)
  end
  puts = {}
  if accessCount > 0 then
    local tombs = marksOf(marks, at, accessCount, 4)
    for n = 1, accessCount do
      local member, _, side, day = take(4)
      local gone = 0
      if tombs[n] then
        local home, outside = dropped(tombs[n])
        gone = band(side == '+' and home or outside, day)
      end
      if gone == 0 then
        puts[#puts + 1] = 0
        puts[#puts + 1] = member
      end
    end
  end
  if #puts > 0 and redis.call('ZADD', accesses, unpack(puts)) > 0 then
    keep(accesses, months, month, expiry)
  end
end
return 1`,
);

/**
 * Merges a tombstone into the existing one, and drops its days from the card and the accesses of a
 * pseudonym, if one is given. The keys of the shard, and: month, expiry, first second of the month,
 * digest, pseudonym or an empty text, erased days, home days, outside days, day, name of a
 * restoration or `-`. Returns 1 if it removed the card.
 */
export const ERASE = script(
  REMOVES,
  COMMON,
  ACCESSES,
  `local cards, accesses, marks, months = unpack(KEYS)
local month, expiry, start, digest, name, erased, home, outside, through, pending = unpack(ARGV)
local old = redis.call('HGET', marks, digest)
if old then
  local e, h, o, t, p = string.match(old, '^(%d+) (%d+) (%d+) (%S+) (%S+)$')
  erased, home, outside = bor(erased, e), bor(home, h), bor(outside, o)
  if t > through then through = t end
  if pending == '-' then pending = p end
end
local merged = table.concat({erased, home, outside, through, pending}, ' ')
if merged ~= old then redis.call('HSET', marks, digest, merged) end
keep(marks, months, month, tonumber(expiry))
if name == '' then return 0 end
local goneHome, goneOutside = dropped(merged)
local function drop(side, days)
  for day = 0, 30 do
    if band(days, bit.lshift(1, day)) ~= 0 then
      removeAccesses(accesses, name, side, start + day * 86400, 86400)
    end
  end
end
drop('+', goneHome)
drop('-', goneOutside)
local card = redis.call('HGET', cards, name)
if not card then return 0 end
local h, o = string.match(card, '(%d+) (%d+)')
h, o = band(h, bnot(goneHome)), band(o, bnot(goneOutside))
if h == 0 and o == 0 then return redis.call('HDEL', cards, name) end
local left = h .. ' ' .. o
if left ~= card then redis.call('HSET', cards, name, left) end
return 0`,
);

/**
 * Marks a restored tombstone as applied, if it was not put again in the meantime. The key of the
 * tombstones; digest, name of the restoration.
 */
export const SETTLE = script(
  REMOVES,
  `local mark = redis.call('HGET', KEYS[1], ARGV[1])
local rest, pending = string.match(mark or '', '^(.+) (%S+)$')
if pending == ARGV[2] then redis.call('HSET', KEYS[1], ARGV[1], rest .. ' -') end
return 1`,
);

/**
 * Removes months of a tag. The key of its months and, for each month, those of its cards, accesses
 * and tombstones; the months. Returns the number of cards and of accesses removed.
 */
export const PURGE = script(
  REMOVES,
  `local cards, accesses = 0, 0
for n, month in ipairs(ARGV) do
  local cardKey, accessKey, markKey = unpack(KEYS, n * 3 - 1, n * 3 + 1)
  cards = cards + redis.call('HLEN', cardKey)
  accesses = accesses + redis.call('ZCARD', accessKey)
  redis.call('UNLINK', cardKey, accessKey, markKey)
  redis.call('SREM', KEYS[1], month)
end
return {cards, accesses}`,
);

/**
 * Returns up to 1000 pseudonyms of a set of accesses, in order, without reading all accesses. The
 * key of the accesses; the pseudonym after which to begin, or an empty text.
 */
export const OWNERS = script(
  REMOVES,
  `local names, last = {}, ARGV[1]
while #names < 1000 do
  local from = last == '' and '-' or '(' .. last .. ' .'
  local first = redis.call('ZRANGEBYLEX', KEYS[1], from, '+', 'LIMIT', 0, 1)[1]
  if not first then break end
  last = string.match(first, '^(.*) [+-]')
  names[#names + 1] = last
end
return names`,
);

/**
 * Removes the accesses of some pseudonyms before a time. The key of the accesses; the time, the
 * pseudonyms. Returns the number of accesses removed.
 */
export const TRIM = script(
  REMOVES,
  ACCESSES,
  `local gone = 0
for n = 2, #ARGV do
  for _, side in ipairs({'+', '-'}) do
    gone = gone + removeAccesses(KEYS[1], ARGV[n], side, 0, ARGV[1])
  end
end
return gone`,
);

/** Raises a count. A late or repeated value changes nothing, because counts only grow. */
export const COUNT = script(
  ADDS,
  `if tonumber(ARGV[2]) > tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0) then
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end return 1`,
);

/** Stores a text if it is greater than the stored one. The key; the text. */
export const GREATEST = script(
  REMOVES,
  `if ARGV[1] > (redis.call('GET', KEYS[1]) or '') then redis.call('SET', KEYS[1], ARGV[1]) end
return 1`,
);

/**
 * Removes up to 1000 runs before a day from the beginning of their list. The key; the day. Returns
 * how many it removed.
 */
export const SHORTEN = script(
  REMOVES,
  `local gone = 0
while gone < 1000 do
  local first = redis.call('LINDEX', KEYS[1], 0)
  if not first or cjson.decode(first).at >= ARGV[1] then break end
  redis.call('LPOP', KEYS[1])
  gone = gone + 1
end
return gone`,
);
