/** Scans a whole Redis ledger in pieces, master by master. */
import type { Card } from '../card.ts';
import type { Access, Batch, EditionDay, Ledger, TallyRow } from '../ledger.ts';
import { NOTHING } from '../scan-cursor.ts';
import { partsOf } from './card-keys.ts';
import { pairsOf, type RedisStore, readAccesses, readCard } from './store.ts';

const FAMILIES = ['card', 'access'] as const;

async function restOf({ servers, keys }: RedisStore): Promise<Pick<Batch, 'tally' | 'editions'>> {
  const tally: TallyRow[] = [];
  for (const day of (await servers.at(keys.days, 'SMEMBERS', keys.days)) as Iterable<string>)
    for (const [field, count] of pairsOf(
      await servers.at(keys.tally(day), 'HGETALL', keys.tally(day)),
    )) {
      const [reason = '', writer = '', epoch] = field.split(' ');
      tally.push({ day, reason, writer, epoch: Number(epoch), count: Number(count) });
    }
  const members = (await servers.at(keys.editions, 'SMEMBERS', keys.editions)) as Iterable<string>;
  const editions: EditionDay[] = [...members].map(each => ({
    day: each.slice(0, 10),
    edition: each.slice(11),
  }));
  return { tally, editions };
}

/**
 * Runs one `SCAN` step on one master. While the slots of a cluster move, a scan may miss keys: copy
 * when no resharding is in progress.
 */
async function step(
  store: RedisStore,
  family: number,
  master: number,
  from: string,
  limit: number,
) {
  const { servers, keys } = store;
  const replies = await servers.onMasters(async (send, index) =>
    index === master
      ? send('SCAN', from, 'MATCH', keys.all(FAMILIES[family]!), 'COUNT', `${limit}`)
      : undefined,
  );
  return { masters: replies.length, reply: replies[master] as [string, string[]] };
}

export const redisScan =
  (store: RedisStore): Ledger['scan'] =>
  async (text, limit) => {
    const [family = 0, master = 0, from = '0'] = text === '' ? [] : parse(text);
    if (family === FAMILIES.length)
      return { batch: { ...NOTHING, ...(await restOf(store)) }, next: '' };
    const { masters, reply } = await step(store, family, master, from, limit);
    const found = [...new Set(reply[1])]
      .map(partsOf)
      .map(({ month, name: pseudonym }) => ({ month, pseudonym }));
    const read: (key: (typeof found)[number]) => Promise<(Card | Access)[]> = key =>
      family === 0 ? readCard(store, key) : readAccesses(store, key);
    const rows = (await Promise.all(found.map(read))).flat();
    const batch = {
      ...NOTHING,
      ...(family === 0 ? { cards: rows as Card[] } : { accesses: rows as Access[] }),
    };
    if (reply[0] !== '0') return { batch, next: `${family} ${master} ${reply[0]}` };
    return {
      batch,
      next: master + 1 < masters ? `${family} ${master + 1} 0` : `${family + 1} 0 0`,
    };
  };

const parse = (text: string): [number, number, string] => {
  const [family, master, from = '0'] = text.split(' ');
  return [Number(family), Number(master), from];
};
