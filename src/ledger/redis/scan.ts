/** Scans a whole Redis ledger in pieces, tag by tag and month by month. */
import type { Batch, EditionDay, Ledger, TallyRow } from '../ledger.ts';
import { NOTHING } from '../scan-cursor.ts';
import { type Shard, TAGS } from './card-keys.ts';
import { accessOf, cardOf, hashAt, monthsOf, type RedisStore } from './store.ts';

async function restOf(store: RedisStore): Promise<Pick<Batch, 'tally' | 'editions'>> {
  const { servers, keys } = store;
  const tally: TallyRow[] = [];
  for (const day of (await servers.at(keys.days, 'SMEMBERS', keys.days)) as Iterable<string>)
    for (const [field, count] of await hashAt(store, keys.tally(day))) {
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

/** Tags whose months are read at once. */
const TAGS_AT_ONCE = 64;

/** Where a scan continues: in a family of keys, at the first shard after this one. */
interface Position {
  readonly family: 'cards' | 'accesses' | 'rest';
  readonly tag: string;
  readonly month: string;
}

const textOf = ({ family, tag, month }: Position): string => `${family} ${tag} ${month}`;

/** Parses a cursor. One of the earlier layout begins again, which loses nothing. */
function parse(text: string): Position {
  const [, family = 'cards', tag = '', month = ''] =
    /^(cards|accesses|rest) ([0-9a-f]{3}|) (\S*)$/.exec(text) ?? [];
  return { family: family as Position['family'], tag, month };
}

/** Returns the shards of the next tags, and whether these are the last. */
async function shardsAfter(store: RedisStore, { tag, month }: Position) {
  const from = tag === '' ? 0 : TAGS.indexOf(tag);
  const tags = TAGS.slice(from, from + TAGS_AT_ONCE);
  const months = await Promise.all(tags.map(each => monthsOf(store, each)));
  const shards = tags.flatMap((each, n) => months[n]!.map(name => ({ tag: each, month: name })));
  return {
    shards: shards.filter(shard => shard.tag !== tag || shard.month > month),
    nextTag: TAGS[from + TAGS_AT_ONCE],
  };
}

/**
 * Returns the first of the shards: as many as hold `limit` rows together, but at least one.
 */
async function fitting(
  { servers, keys }: RedisStore,
  shards: readonly Shard[],
  family: 'cards' | 'accesses',
  limit: number,
): Promise<Shard[]> {
  const sizes = await Promise.all(
    shards.map(async shard => {
      const key = keys[family](shard);
      return Number(await servers.at(key, family === 'cards' ? 'HLEN' : 'ZCARD', key));
    }),
  );
  let rows = 0;
  let count = 0;
  while (count < shards.length && (rows === 0 || rows + sizes[count]! <= limit)) {
    rows += sizes[count]!;
    count++;
  }
  return shards.slice(0, count);
}

const AFTER = { cards: 'accesses', accesses: 'rest' } as const;

export const redisScan =
  (store: RedisStore): Ledger['scan'] =>
  async (text, limit) => {
    const position = parse(text);
    const { family } = position;
    if (family === 'rest') return { batch: { ...NOTHING, ...(await restOf(store)) }, next: '' };
    const { servers, keys } = store;
    const { shards, nextTag } = await shardsAfter(store, position);
    const read = await fitting(store, shards, family, limit);
    const rowsWith = async <Row>(rowsOf: (shard: Shard) => Promise<Row[]>): Promise<Row[]> =>
      (await Promise.all(read.map(rowsOf))).flat();
    const cardsIn = async (shard: Shard) =>
      (await hashAt(store, keys.cards(shard))).map(pair => cardOf(shard.month, ...pair));
    const accessesIn = async (shard: Shard) => {
      const key = keys.accesses(shard);
      const members = (await servers.at(key, 'ZRANGE', key, '0', '-1')) as string[];
      return members.map(member => accessOf(shard.month, member));
    };
    const batch =
      family === 'cards'
        ? { ...NOTHING, cards: await rowsWith(cardsIn) }
        : { ...NOTHING, accesses: await rowsWith(accessesIn) };
    if (read.length < shards.length)
      return { batch, next: textOf({ family, ...read[read.length - 1]! }) };
    if (nextTag !== undefined) return { batch, next: textOf({ family, tag: nextTag, month: '' }) };
    return { batch, next: textOf({ family: AFTER[family], tag: '', month: '' }) };
  };
