/** Purges old months from Redis and finds keys that are invalid or never expire. */

import { isMonth } from '../../days.ts';
import { type Finding, finding } from '../../messages/verification-findings.ts';
import type { Ledger, RecordsBefore } from '../ledger.ts';
import { inPages, TAGS } from './card-keys.ts';
import { hasEarlierKeys, moveEarlierKeys } from './earlier-layout.ts';
import { PURGE, run, SHORTEN, TRIM } from './scripts.ts';
import {
  accessOwners,
  eachShard,
  monthsOf,
  notePurge,
  purgedBefore,
  type RedisStore,
} from './store.ts';

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** Pseudonyms in one call. */
const MOST_NAMES = 256;

/** Tags whose months are removed in one request: a month may hold many cards. */
const TAGS_AT_ONCE = 16;

/** Shards whose accesses are searched at once: they may be many. */
const SHARDS_AT_ONCE = 8;

/** Removes counts, editions and runs, except the newest edition. */
async function purgeRecords(store: RedisStore, { counts, runs }: RecordsBefore): Promise<void> {
  const { servers, keys } = store;
  const members = async (key: string): Promise<string[]> =>
    [...((await servers.at(key, 'SMEMBERS', key)) as Iterable<string>)].sort();
  for (const day of (await members(keys.days)).filter(each => each < counts)) {
    await servers.at(keys.tally(day), 'UNLINK', keys.tally(day));
    await servers.at(keys.days, 'SREM', keys.days, day);
  }
  const editions = await members(keys.editions);
  const newest = editions.at(-1)?.slice(0, 10) ?? '';
  for (const edition of editions)
    if (edition < counts && edition.slice(0, 10) < newest)
      await servers.at(keys.editions, 'SREM', keys.editions, edition);
  // The last destruction of keys is noted outside the list of runs.
  await notePurge(store, await purgedBefore(store));
  let gone: number;
  do gone = Number(await run(servers, SHORTEN, [keys.runs], [runs]));
  while (gone > 0);
}

/**
 * Each key expires by itself when retention ends. A purge is only for operators who keep cards for
 * a shorter time.
 */
export const redisPurges = (store: RedisStore): Pick<Ledger, 'purgeBefore' | 'purgeAccesses'> => {
  const { servers, keys } = store;
  const purge = async (tag: string, before: string): Promise<[number, number]> => {
    const gone = (await monthsOf(store, tag)).filter(month => isMonth(month) && month < before);
    if (gone.length === 0) return [0, 0];
    const shards = gone.map(month => ({ tag, month }));
    return (await run(
      servers,
      PURGE,
      [
        keys.months(tag),
        ...shards.flatMap(shard => [keys.cards(shard), keys.accesses(shard), keys.marks(shard)]),
      ],
      gone,
    )) as [number, number];
  };
  return {
    purgeBefore: async (before, records) => {
      if (records !== undefined) await purgeRecords(store, records);
      await moveEarlierKeys(store);
      const counts = await inPages(servers, TAGS, tag => purge(tag, before), TAGS_AT_ONCE);
      return {
        cards: sumOf(counts.map(([cards]) => cards)),
        accesses: sumOf(counts.map(([, accesses]) => accesses)),
      };
    },
    purgeAccesses: async before => {
      const counts = await eachShard(
        store,
        async shard => {
          const key = keys.accesses(shard);
          const names = await accessOwners(store, shard);
          let gone = 0;
          for (let from = 0; from < names.length; from += MOST_NAMES)
            gone += Number(
              await run(servers, TRIM, [key], [before, ...names.slice(from, from + MOST_NAMES)]),
            );
          return gone;
        },
        SHARDS_AT_ONCE,
      );
      return sumOf(counts);
    },
  };
};

/**
 * Returns the problems of the stored keys: cards with an invalid month, cards without an expiry,
 * and keys of the earlier layout, which no other operation sees.
 */
export async function redisProblems(store: RedisStore): Promise<Finding[]> {
  const { servers, keys } = store;
  const problems = new Set<'card-month' | 'card-expiry' | 'earlier-layout'>();
  if (await hasEarlierKeys(store)) problems.add('earlier-layout');
  await eachShard(store, async shard => {
    if (!isMonth(shard.month)) problems.add('card-month');
    for (const key of [keys.cards(shard), keys.accesses(shard)])
      if (Number(await servers.at(key, 'TTL', key)) === -1) problems.add('card-expiry');
  });
  return [...problems].map(id => finding(id, {}));
}
