/**
 * Moves what an earlier version wrote, a key for each card, to the present keys. The tombstones
 * move first, and every card is checked against them, so that no erased bit comes back. A move that
 * was interrupted, or that runs in two processes, is repeated without harm. Layout 2 had the
 * present keys, except that the accesses of a person were one text in a hash.
 */
import type { Card } from '../card.ts';
import type { Access, Tombstone } from '../ledger.ts';
import type { Shard } from './card-keys.ts';
import type { RedisServers, Send } from './client.ts';
import { eachShard, erase, hashAt, pairsOf, putRows, type RedisStore } from './store.ts';

/** The layout of the keys in this version. */
const LAYOUT = '3';
const PAGE = '1000';

/** Shards that are moved in one request. */
const SHARDS_AT_ONCE = 8;

/** The families of keys, in the order in which they are moved. */
const FAMILIES = ['mark', 'card', 'access'] as const;

/** Moves one key. Its expiry is in seconds since 1970; `undefined` if it has none. */
type Move = (key: string, month: string, name: string, expiry: number | undefined) => Promise<void>;

/** Returns the expiry of a key in seconds since 1970; `undefined` if it has none. */
async function expiryAt(servers: RedisServers, key: string): Promise<number | undefined> {
  const expiry = Number(await servers.at(key, 'EXPIRETIME', key));
  return expiry < 0 ? undefined : expiry;
}

function movesOf(store: RedisStore): Readonly<Record<'mark' | 'card' | 'access', Move>> {
  const { servers } = store;
  return {
    mark: async (key, month, digest, expiry) => {
      const fields = new Map(pairsOf(await servers.at(key, 'HGETALL', key)));
      if (fields.size === 0) return;
      const tombstone: Tombstone = {
        month,
        digest,
        through: fields.get('through') ?? '',
        homeDays: Number(fields.get('home')),
        outsideDays: Number(fields.get('outside')),
      };
      await erase(store, { tombstone, pseudonym: '', expiry });
    },
    card: async (key, month, pseudonym, expiry) => {
      const bits = await servers.at(key, 'BITFIELD_RO', key, 'GET', 'u32', '0', 'GET', 'u32', '32');
      const [homeDays, outsideDays] = (bits as number[]).map(Number) as [number, number];
      const card: Card = { month, pseudonym, homeDays, outsideDays };
      await putRows(store, { cards: [card], accesses: [] }, expiry);
    },
    access: async (key, month, pseudonym, expiry) => {
      const members = (await servers.at(key, 'ZRANGE', key, '0', '-1')) as string[];
      const accesses: Access[] = members.map(member => {
        const [at, home] = member.split(' ');
        return { month, pseudonym, at: Number(at), fromHome: home === '1' };
      });
      await putRows(store, { cards: [], accesses }, expiry);
    },
  };
}

/** Moves a page of keys. They are removed once the new ones are as durable as configured. */
async function movePage(store: RedisStore, names: readonly string[], move: Move): Promise<void> {
  const { servers } = store;
  const settle = await store.begin();
  await Promise.all(
    names.map(async key => {
      const [, month = '', name = ''] = /:([^:]*):\{([^}]*)\}$/.exec(key) ?? [];
      await move(key, month, name, await expiryAt(servers, key));
    }),
  );
  await settle();
  await Promise.all(names.map(key => servers.at(key, 'UNLINK', key)));
}

/** Finds every key of a pattern, a page at a time. Returns whether there were any. */
async function searchAll(
  { servers }: RedisStore,
  pattern: string,
  onPage: (names: readonly string[]) => Promise<void>,
): Promise<boolean> {
  let hasFound = false;
  const walk = async (send: Send): Promise<void> => {
    let cursor = '0';
    do {
      const [next, names] = (await send('SCAN', cursor, 'MATCH', pattern, 'COUNT', PAGE)) as [
        string,
        string[],
      ];
      if (names.length > 0) {
        hasFound = true;
        await servers.request(() => onPage(names));
      }
      cursor = next;
    } while (cursor !== '0');
  };
  await servers.onMasters(walk);
  return hasFound;
}

/** Moves the accesses of a shard from the hash of layout 2. */
async function moveAccesses(store: RedisStore, { tag, month }: Shard): Promise<void> {
  const { servers, keys } = store;
  const key = keys.accessTexts({ tag, month });
  const texts = await hashAt(store, key);
  if (texts.length === 0) return;
  const accesses = texts.flatMap(([pseudonym, text]) =>
    Array.from(
      text.matchAll(/(\d+)([+-])/g),
      ([, at, side]): Access => ({
        month,
        pseudonym,
        at: Number(at),
        fromHome: side === '+',
      }),
    ),
  );
  const expiry = await expiryAt(servers, key);
  const settle = await store.begin();
  await putRows(store, { cards: [], accesses }, expiry);
  await settle();
  await servers.at(key, 'UNLINK', key);
}

/**
 * Moves the keys of every card, access and tombstone of the earlier layout. A gateway of the
 * earlier version that was not stopped may write more of them at any time. Visits all keys.
 */
export async function moveEarlierKeys(store: RedisStore): Promise<void> {
  const { keys } = store;
  const moves = movesOf(store);
  for (const family of FAMILIES) {
    const movePart = (names: readonly string[]) => movePage(store, names, moves[family]);
    while (await searchAll(store, keys.earlier(family), movePart));
  }
}

/** Whether there are keys of the earlier layout. Visits all keys. */
export async function hasEarlierKeys(store: RedisStore): Promise<boolean> {
  const found = await Promise.all(
    FAMILIES.map(family => searchAll(store, store.keys.earlier(family), async () => undefined)),
  );
  return found.includes(true);
}

/**
 * Moves a ledger of an earlier layout, once. No process of the earlier version may write to it any
 * more, and the cluster may not be resharded meanwhile.
 */
export async function moveEarlierLayout(store: RedisStore): Promise<void> {
  const { servers, keys } = store;
  const { layout } = keys;
  const found = await servers.request(() => servers.at(layout, 'GET', layout));
  if (found === LAYOUT) return;
  if (found === null) await moveEarlierKeys(store);
  else await eachShard(store, shard => moveAccesses(store, shard), SHARDS_AT_ONCE);
  await servers.request(() => servers.at(layout, 'SET', layout, LAYOUT));
}
