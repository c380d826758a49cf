/**
 * Moves what an earlier version wrote, a key for each card, to the present keys. The tombstones
 * move first, and every card is checked against them, so that no erased bit comes back. A move that
 * was interrupted, or that runs in two processes, is repeated without harm.
 */
import type { Card } from '../card.ts';
import type { Access, Tombstone } from '../ledger.ts';
import type { Send } from './client.ts';
import { erase, pairsOf, putRows, type RedisStore } from './store.ts';

/** The layout of the keys in this version. */
const LAYOUT = '2';
const PAGE = '1000';

/** Moves one key. Its expiry is in seconds since 1970; `undefined` if it has none. */
type Move = (key: string, month: string, name: string, expiry: number | undefined) => Promise<void>;

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
      const expiry = Number(await servers.at(key, 'EXPIRETIME', key));
      await move(key, month, name, expiry < 0 ? undefined : expiry);
    }),
  );
  await settle();
  await Promise.all(names.map(key => servers.at(key, 'UNLINK', key)));
}

/** Moves every key of a pattern. Returns whether there were any. */
async function moveAll(store: RedisStore, pattern: string, move: Move): Promise<boolean> {
  const { servers } = store;
  let hasMoved = false;
  const walk = async (send: Send): Promise<void> => {
    let cursor = '0';
    do {
      const [next, names] = (await send('SCAN', cursor, 'MATCH', pattern, 'COUNT', PAGE)) as [
        string,
        string[],
      ];
      if (names.length > 0) {
        hasMoved = true;
        await servers.request(() => movePage(store, names, move));
      }
      cursor = next;
    } while (cursor !== '0');
  };
  await servers.onMasters(walk);
  return hasMoved;
}

/**
 * Moves a ledger of the earlier layout, once. No process of the earlier version may write to it any
 * more, and the cluster may not be resharded meanwhile.
 */
export async function moveEarlierLayout(store: RedisStore): Promise<void> {
  const { servers, keys } = store;
  const { layout } = keys;
  if ((await servers.request(() => servers.at(layout, 'GET', layout))) === LAYOUT) return;
  const moves = movesOf(store);
  for (const family of ['mark', 'card', 'access'] as const)
    while (await moveAll(store, keys.earlier(family), moves[family]));
  await servers.request(() => servers.at(layout, 'SET', layout, LAYOUT));
}
