/** Purges old keys from Redis and finds keys that are invalid or never expire. */

import { isMonth } from '../../days.ts';
import { type Finding, finding } from '../../messages/verification-findings.ts';
import type { Ledger, RecordsBefore } from '../ledger.ts';
import { eachKey, partsOf, SHORTEN } from './card-keys.ts';
import { notePurge, purgedBefore, type RedisStore } from './store.ts';

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
  do gone = Number(await servers.at(keys.runs, 'EVAL', SHORTEN, '1', keys.runs, runs));
  while (gone > 0);
}

/**
 * Each key expires by itself when retention ends. A purge is only for operators who keep cards for
 * a shorter time.
 */
export const redisPurges = (store: RedisStore): Pick<Ledger, 'purgeBefore' | 'purgeAccesses'> => ({
  purgeBefore: async (before, records) => {
    const { servers, keys } = store;
    if (records !== undefined) await purgeRecords(store, records);
    const gone = { card: 0, access: 0, mark: 0 };
    const purge = async (family: keyof typeof gone, key: string): Promise<void> => {
      const { month } = partsOf(key);
      if (!isMonth(month) || month >= before) return;
      const rows = family === 'access' ? Number(await servers.at(key, 'ZCARD', key)) : 1;
      if (Number(await servers.at(key, 'UNLINK', key)) > 0) gone[family] += rows;
    };
    for (const family of ['card', 'access', 'mark'] as const)
      await eachKey(
        servers,
        keys.all(family),
        async names => void (await Promise.all(names.map(name => purge(family, name)))),
      );
    return { cards: gone.card, accesses: gone.access };
  },
  purgeAccesses: async before => {
    const { servers, keys } = store;
    let gone = 0;
    const purge = async (key: string): Promise<void> => {
      const count = await servers.at(key, 'ZREMRANGEBYSCORE', key, '-inf', `(${before}`);
      gone += Number(count);
    };
    await eachKey(
      servers,
      keys.all('access'),
      async names => void (await Promise.all(names.map(purge))),
    );
    return gone;
  },
});

/**
 * Returns the problems of the stored keys: cards with an invalid month and cards without an expiry.
 */
export async function redisProblems({ servers, keys }: RedisStore): Promise<Finding[]> {
  const problems = new Set<'card-month' | 'card-expiry'>();
  await eachKey(servers, keys.all('card'), async names => {
    const limits = await Promise.all(names.map(name => servers.at(name, 'TTL', name)));
    for (const [n, name] of names.entries()) {
      if (!isMonth(partsOf(name).month)) problems.add('card-month');
      else if (Number(limits[n]) === -1) problems.add('card-expiry');
    }
  });
  return [...problems].map(id => finding(id, {}));
}
