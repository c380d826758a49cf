/**
 * Implements the reads and writes of a Redis ledger. A write sets its bits and reads the tombstone
 * before and after; an erasure stores the tombstone first and drops the bits afterwards. In this
 * order no erased bit escapes both.
 */
import { randomUUID } from 'node:crypto';
import type { Card, DayBits } from '../card.ts';
import {
  type Access,
  type Batch,
  type CardKey,
  digestOf,
  type Ledger,
  latestPurge,
  type MonthCount,
  type Run,
  type Tombstone,
} from '../ledger.ts';
import { newNames } from '../scan-cursor.ts';
import {
  droppedBy,
  dropsMore,
  isAccessDropped,
  isEmpty,
  keptOf,
  tombstoneKey,
} from '../tombstones.ts';
import {
  bitsOf,
  COUNT,
  DROP,
  eachKey,
  expiryOf,
  GREATEST,
  inPages,
  type Keys,
  MARK,
  partsOf,
  SETTLE,
} from './card-keys.ts';
import type { RedisServers } from './client.ts';

export interface RedisStore {
  readonly servers: RedisServers;
  readonly keys: Keys;
  readonly keepMonths: number;
  /** Called before a batch. Its result waits until the batch is as durable as configured. */
  readonly begin: () => Promise<() => Promise<void>>;
}

const cardKeyOf = (name: string): CardKey => {
  const { month, name: pseudonym } = partsOf(name);
  return { month, pseudonym };
};
const memberOf = ({ at, fromHome }: Pick<Access, 'at' | 'fromHome'>): string =>
  `${at} ${fromHome ? 1 : 0}`;
const accessOf = (key: CardKey, member: string): Access => {
  const [at, home] = member.split(' ');
  return { month: key.month, pseudonym: key.pseudonym, at: Number(at), fromHome: home === '1' };
};

/** Returns the field and value pairs of a reply: RESP2 returns a flat array, RESP3 a map. */
export const pairsOf = (reply: unknown): [string, string][] => {
  if (!Array.isArray(reply)) return Object.entries((reply ?? {}) as Record<string, string>);
  return Array.from({ length: reply.length / 2 }, (_, n) => [
    String(reply[2 * n]),
    String(reply[2 * n + 1]),
  ]);
};

/** A tombstone. `pending` is set while it may not have been applied to the stored data. */
type StoredMark = Tombstone & { readonly pending?: string };

const tombstoneOnly = ({ pending: _, ...tombstone }: StoredMark): Tombstone => tombstone;

async function tombstoneOf(
  { servers, keys }: RedisStore,
  month: string,
  digest: string,
): Promise<StoredMark | undefined> {
  const key = keys.mark(month, digest);
  const fields = new Map(pairsOf(await servers.at(key, 'HGETALL', key)));
  if (fields.size === 0) return undefined;
  const homeDays = Number(fields.get('home'));
  const outsideDays = Number(fields.get('outside'));
  return {
    month,
    digest,
    through: fields.get('through') ?? '',
    ...(homeDays !== 0 && { homeDays }),
    ...(outsideDays !== 0 && { outsideDays }),
    ...(fields.has('pending') && { pending: fields.get('pending')! }),
  };
}

const droppedOf = async (store: RedisStore, { month, pseudonym }: CardKey): Promise<DayBits> =>
  droppedBy(await tombstoneOf(store, month, digestOf(pseudonym)));

async function dropCard(
  { servers, keys }: RedisStore,
  key: CardKey,
  dropped: DayBits,
): Promise<number> {
  const name = keys.card(key);
  return Number(
    await servers.at(
      name,
      'EVAL',
      DROP,
      '1',
      name,
      `${dropped.homeDays}`,
      `${dropped.outsideDays}`,
    ),
  );
}

async function dropAccesses(store: RedisStore, key: CardKey, dropped: DayBits): Promise<void> {
  const name = store.keys.access(key);
  const gone = (await readAccesses(store, key))
    .filter(access => isAccessDropped(access, dropped))
    .map(memberOf);
  if (gone.length > 0) await store.servers.at(name, 'ZREM', name, ...gone);
}

async function putCard(store: RedisStore, card: Card): Promise<void> {
  const { servers, keys, keepMonths } = store;
  const name = keys.card(card);
  const kept = keptOf(card, await droppedOf(store, card));
  const places = [...bitsOf(kept.homeDays, 0), ...bitsOf(kept.outsideDays, 1)];
  if (places.length === 0) return;
  const [dropped] = await Promise.all([
    // Read after the bits are set, over the same connection or another one. An erasure that this
    // read does not see comes after the bits, and drops them.
    Promise.all(places.map(place => servers.at(name, 'SETBIT', name, `${place}`, '1'))).then(() =>
      droppedOf(store, card),
    ),
    servers.at(name, 'EXPIREAT', name, expiryOf(card.month, keepMonths)),
  ]);
  if (!isEmpty(dropped)) await dropCard(store, card, dropped);
}

async function putAccess(store: RedisStore, access: Access): Promise<void> {
  const { servers, keys, keepMonths } = store;
  const name = keys.access(access);
  if (isAccessDropped(access, await droppedOf(store, access))) return;
  await servers.at(name, 'ZADD', name, `${access.at}`, memberOf(access));
  await servers.at(name, 'EXPIREAT', name, expiryOf(access.month, keepMonths));
  const dropped = await droppedOf(store, access);
  if (!isEmpty(dropped)) await dropAccesses(store, access, dropped);
}

export async function readAccesses({ servers, keys }: RedisStore, key: CardKey): Promise<Access[]> {
  const name = keys.access(key);
  return ((await servers.at(name, 'ZRANGE', name, '0', '-1')) as string[]).map(member =>
    accessOf(key, member),
  );
}

async function write(
  store: RedisStore,
  { cards, accesses, tally, editions }: Batch,
): Promise<void> {
  const { servers, keys } = store;
  const settle = await store.begin();
  await Promise.all([
    ...cards.map(card => putCard(store, card)),
    ...accesses.map(access => putAccess(store, access)),
    ...tally.flatMap(({ day, reason, writer, epoch, count }) => [
      servers.at(
        keys.tally(day),
        'EVAL',
        COUNT,
        '1',
        keys.tally(day),
        `${reason} ${writer} ${epoch}`,
        `${count}`,
      ),
      servers.at(keys.days, 'SADD', keys.days, day),
    ]),
    ...editions.map(({ day, edition }) =>
      servers.at(keys.editions, 'SADD', keys.editions, `${day} ${edition}`),
    ),
  ]);
  await settle();
}

/**
 * Stores a tombstone as pending. Returns a function that marks it as applied to the stored data.
 */
async function putMark(
  { servers, keys, keepMonths }: RedisStore,
  tombstone: Tombstone,
): Promise<() => Promise<unknown>> {
  const { month, digest, through, homeDays = 0, outsideDays = 0 } = tombstone;
  const name = keys.mark(month, digest);
  const bits = [`${homeDays}`, `${outsideDays}`];
  const pending = randomUUID();
  await servers.at(
    name,
    'EVAL',
    MARK,
    '1',
    name,
    through,
    ...bits,
    expiryOf(month, keepMonths),
    pending,
  );
  return () => servers.at(name, 'EVAL', SETTLE, '1', name, pending);
}

async function applyTombstone(
  store: RedisStore,
  key: CardKey,
  tombstone: Tombstone,
): Promise<number> {
  const settle = await putMark(store, tombstone);
  const dropped = await droppedOf(store, key);
  await dropAccesses(store, key, dropped);
  const gone = await dropCard(store, key, dropped);
  await settle();
  return gone;
}

/**
 * Restores tombstones that a restored backup has lost. Searches all cards of their month, because
 * the pseudonym cannot be derived from the digest.
 */
async function restore(store: RedisStore, tombstones: readonly Tombstone[]): Promise<void> {
  const present = await inPages(store.servers, tombstones, ({ month, digest }) =>
    tombstoneOf(store, month, digest),
  );
  const lost = tombstones.filter(
    (tombstone, n) =>
      present[n]?.pending !== undefined ||
      dropsMore(present[n] && tombstoneOnly(present[n]), tombstone),
  );
  const settles = await inPages(store.servers, lost, tombstone => putMark(store, tombstone));
  const digests = new Set(lost.map(({ digest }) => digest));
  const months = new Set(lost.map(({ month }) => month));
  const patterns = [...months].flatMap(month => [
    store.keys.all('card', month),
    store.keys.all('access', month),
  ]);
  const drop = async (key: CardKey): Promise<void> => {
    if (!digests.has(digestOf(key.pseudonym))) return;
    const dropped = await droppedOf(store, key);
    await dropAccesses(store, key, dropped);
    await dropCard(store, key, dropped);
  };
  for (const pattern of patterns)
    await eachKey(
      store.servers,
      pattern,
      async names => void (await Promise.all(names.map(cardKeyOf).map(drop))),
    );
  await inPages(store.servers, settles, settle => settle());
}

async function allMarks(store: RedisStore): Promise<Tombstone[]> {
  const tombstones = new Map<string, Tombstone>();
  await eachKey(store.servers, store.keys.all('mark'), async names => {
    const found = await Promise.all(
      names.map(partsOf).map(({ month, name }) => tombstoneOf(store, month, name)),
    );
    for (const tombstone of found)
      if (tombstone !== undefined)
        tombstones.set(tombstoneKey(tombstone), tombstoneOnly(tombstone));
  });
  return [...tombstones.values()];
}

async function runsOf({ servers, keys }: RedisStore): Promise<Run[]> {
  const texts = (await servers.at(keys.runs, 'LRANGE', keys.runs, '0', '-1')) as string[];
  return texts.map(text => JSON.parse(text) as Run);
}

/** Returns the latest purge. An earlier version noted it in the runs alone. */
export async function purgedBefore(store: RedisStore): Promise<string> {
  const { servers, keys } = store;
  const known = await servers.at(keys.purgedBefore, 'GET', keys.purgedBefore);
  return known === null ? latestPurge(await runsOf(store)) : String(known);
}

/** Notes a purge outside the runs, unless a later one is noted. */
export async function notePurge({ servers, keys }: RedisStore, before: string): Promise<void> {
  await servers.at(keys.purgedBefore, 'EVAL', GREATEST, '1', keys.purgedBefore, before);
}

async function recordRun(store: RedisStore, run: Run): Promise<void> {
  const { servers, keys } = store;
  if (run.what !== 'erase')
    for (const before of [await purgedBefore(store), run.before]) await notePurge(store, before);
  await servers.at(keys.runs, 'RPUSH', keys.runs, JSON.stringify(run));
}

/**
 * Identifies the processes of the masters. A server that was restarted or replaced may have lost
 * what it had acknowledged, so a position does not hold for another process. Returns an empty text
 * if the role may not ask.
 */
async function processesOf({ servers }: RedisStore): Promise<string> {
  const ids = await servers.onMasters(async send => {
    const info = String(await send('INFO', 'server').catch(() => ''));
    return /^run_id:([0-9a-f]+)/m.exec(info)?.[1] ?? '';
  });
  return ids.includes('') ? '' : ids.sort().join(',');
}

type Position = Pick<Ledger, 'tombstonePosition' | 'setTombstonePosition'>;

const redisPosition = (store: RedisStore): Position => ({
  tombstonePosition: async () => {
    const { servers, keys } = store;
    const stored = await servers.at(keys.position, 'GET', keys.position);
    const [position = '', processes = ''] = String(stored ?? '').split(' ');
    return processes !== '' && processes === (await processesOf(store)) ? position : '';
  },
  setTombstonePosition: async position => {
    const { servers, keys } = store;
    const text = `${position} ${await processesOf(store)}`;
    await servers.at(keys.position, 'SET', keys.position, text);
  },
});

interface Writes
  extends Position,
    Pick<Ledger, 'erase' | 'clear' | 'restoreTombstones' | 'tombstones' | 'recordRun'> {
  /** Writes a batch from which restricted persons were left out. */
  writeRows(batch: Batch): Promise<void>;
}

export function redisWrites(store: RedisStore): Writes {
  const apply = async (
    each: readonly CardKey[],
    tombstone: Omit<Tombstone, 'month' | 'digest'>,
  ): Promise<number> => {
    const settle = await store.begin();
    const counts = await Promise.all(
      each.map(key =>
        applyTombstone(store, key, {
          month: key.month,
          digest: digestOf(key.pseudonym),
          ...tombstone,
        }),
      ),
    );
    await settle();
    return counts.reduce((sum, count) => sum + count, 0);
  };
  return {
    writeRows: batch => write(store, batch),
    erase: (each, through) => apply(each, { through }),
    clear: async (key, bits) => void (await apply([key], { through: '', ...bits })),
    restoreTombstones: tombstones => restore(store, tombstones),
    tombstones: () => allMarks(store),
    ...redisPosition(store),
    recordRun: run => recordRun(store, run),
  };
}

export async function readCard({ servers, keys }: RedisStore, key: CardKey): Promise<Card[]> {
  const name = keys.card(key);
  const reply = await servers.at(name, 'BITFIELD_RO', name, 'GET', 'u32', '0', 'GET', 'u32', '32');
  const [homeDays, outsideDays] = (reply as number[]).map(Number) as [number, number];
  return isEmpty({ homeDays, outsideDays })
    ? []
    : [{ month: key.month, pseudonym: key.pseudonym, homeDays, outsideDays }];
}

async function tallyOf({ servers, keys }: RedisStore, from: string, to: string) {
  const days = ((await servers.at(keys.days, 'SMEMBERS', keys.days)) as Iterable<string>) ?? [];
  const sums = new Map<string, { day: string; reason: string; count: number }>();
  for (const day of [...days].filter(each => each >= from && each <= to).sort()) {
    for (const [field, count] of pairsOf(
      await servers.at(keys.tally(day), 'HGETALL', keys.tally(day)),
    )) {
      const reason = field.split(' ')[0]!;
      const sum = sums.get(`${day} ${reason}`) ?? { day, reason, count: 0 };
      sums.set(`${day} ${reason}`, { ...sum, count: sum.count + Number(count) });
    }
  }
  return [...sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}

async function countMonths({ servers, keys }: RedisStore): Promise<MonthCount[]> {
  const counts = new Map<string, number>();
  const seen = newNames();
  await eachKey(servers, keys.all('card'), async names => {
    for (const { month, pseudonym } of names.map(cardKeyOf))
      if (seen.add(`${month}${pseudonym}`)) counts.set(month, (counts.get(month) ?? 0) + 1);
  });
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([month, cards]) => ({ month, cards }));
}

type Reads = Pick<
  Ledger,
  'cards' | 'accesses' | 'months' | 'tally' | 'editions' | 'runs' | 'purgedBefore'
>;

export function redisReads(store: RedisStore): Reads {
  const { servers, keys } = store;
  return {
    cards: async each => (await Promise.all(each.map(key => readCard(store, key)))).flat(),
    accesses: async each =>
      (await Promise.all(each.map(key => readAccesses(store, key))))
        .flat()
        .sort((a, b) => a.at - b.at),
    months: () => countMonths(store),
    tally: (from, to) => tallyOf(store, from, to),
    editions: async (from, to) =>
      [...((await servers.at(keys.editions, 'SMEMBERS', keys.editions)) as Iterable<string>)]
        .sort()
        .map(member => ({ day: member.slice(0, 10), edition: member.slice(11) }))
        .filter(({ day }) => day >= from && day <= to),
    runs: () => runsOf(store),
    purgedBefore: () => purgedBefore(store),
  };
}
