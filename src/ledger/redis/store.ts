/**
 * Implements the reads and writes of a Redis ledger. A script looks at the tombstones and sets the
 * bits in one step, and an erasure stores the tombstone and drops the bits in one step, so that no
 * erased bit comes back, whatever is killed or delayed.
 */
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { daysThrough } from '../../days.ts';
import type { Card } from '../card.ts';
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
import { dropsMore } from '../tombstones.ts';
import {
  expiryOf,
  inPages,
  type Keys,
  type Shard,
  shardOf,
  shardOfPseudonym,
  startOf,
  TAGS,
} from './card-keys.ts';
import type { RedisServers } from './client.ts';
import { COUNT, ERASE, GREATEST, OWNERS, PUT, run, SETTLE } from './scripts.ts';

export interface RedisStore {
  readonly servers: RedisServers;
  readonly keys: Keys;
  readonly keepMonths: number;
  /** Whether the servers may lose what they acknowledged without being restarted. */
  readonly acceptsLoss: boolean;
  /** Called before a batch. Its result waits until the batch is as durable as configured. */
  readonly begin: () => Promise<() => Promise<void>>;
}

/** Returns the field and value pairs of a reply: RESP2 returns a flat array, RESP3 a map. */
export const pairsOf = (reply: unknown): [string, string][] => {
  if (!Array.isArray(reply)) return Object.entries((reply ?? {}) as Record<string, string>);
  return Array.from({ length: reply.length / 2 }, (_, n) => [
    String(reply[2 * n]),
    String(reply[2 * n + 1]),
  ]);
};

/** Returns the fields and values of a hash. */
export const hashAt = async ({ servers }: RedisStore, key: string): Promise<[string, string][]> =>
  pairsOf(await servers.at(key, 'HGETALL', key));

/** Returns the months of which a tag may hold something, in order. */
export async function monthsOf({ servers, keys }: RedisStore, tag: string): Promise<string[]> {
  const key = keys.months(tag);
  return [...((await servers.at(key, 'SMEMBERS', key)) as Iterable<string>)].sort();
}

/**
 * Runs `work` for every shard, and returns its results. Each key is named and not searched for, and
 * the server of a moved key says where it is now. Therefore a cluster may be resharded meanwhile.
 */
export async function eachShard<Result>(
  store: RedisStore,
  work: (shard: Shard) => Promise<Result>,
  page?: number,
): Promise<Result[]> {
  const { servers } = store;
  const shards = await inPages(servers, TAGS, async tag =>
    (await monthsOf(store, tag)).map(month => ({ tag, month })),
  );
  return inPages(servers, shards.flat(), work, page);
}

export function cardOf(month: string, pseudonym: string, value: string): Card {
  const [homeDays, outsideDays] = value.split(' ').map(Number) as [number, number];
  return { month, pseudonym, homeDays, outsideDays };
}

/** Returns the member of an access in its sorted set. Times have ten digits, to be in order. */
const memberOf = ({ pseudonym, at, fromHome }: Access): string =>
  `${pseudonym} ${fromHome ? '+' : '-'}${String(at).padStart(10, '0')}`;

export function accessOf(month: string, member: string): Access {
  const [, pseudonym = '', side, at] = /^(.*) ([+-])(\d+)$/.exec(member) ?? [];
  return { month, pseudonym, at: Number(at), fromHome: side === '+' };
}

/** Returns the pseudonyms in the accesses of a shard. */
export async function accessOwners({ servers, keys }: RedisStore, shard: Shard): Promise<string[]> {
  const names: string[] = [];
  for (let last: string | undefined = ''; last !== undefined; ) {
    const page = (await run(servers, OWNERS, [keys.accesses(shard)], [last])) as string[];
    names.push(...page);
    last = page.at(-1);
  }
  return names;
}

/** A tombstone. `pending` is set while it may not have been applied to the stored data. */
interface StoredMark {
  readonly tombstone: Tombstone;
  readonly isPending: boolean;
}

function markOf(month: string, digest: string, value: string): StoredMark {
  const [, home, outside, through, pending] = value.split(' ');
  const homeDays = Number(home);
  const outsideDays = Number(outside);
  return {
    tombstone: {
      month,
      digest,
      through: through === '-' ? '' : through!,
      ...(homeDays !== 0 && { homeDays }),
      ...(outsideDays !== 0 && { outsideDays }),
    },
    isPending: pending !== '-',
  };
}

async function readMark(
  { servers, keys }: RedisStore,
  { month, digest }: Tombstone,
): Promise<StoredMark | undefined> {
  const key = keys.marks(shardOf(month, digest));
  const value = (await servers.at(key, 'HGET', key, digest)) as string | null;
  return value === null ? undefined : markOf(month, digest, value);
}

/** Rows that one call writes at most, so that no call holds the server for long. */
const MOST_ROWS = 256;

/** The rows of one shard, as arguments of `PUT`. */
interface Rows {
  readonly shard: Shard;
  readonly cards: string[][];
  readonly accesses: string[][];
}

/** Groups the rows of a batch by shard, at most `MOST_ROWS` in a group. */
function rowsOf({ cards, accesses }: Pick<Batch, 'cards' | 'accesses'>): Rows[] {
  const open = new Map<string, Rows>();
  const full: Rows[] = [];
  const groupFor = (month: string, digest: string): Rows => {
    const shard = shardOf(month, digest);
    const name = `${shard.tag} ${month}`;
    let rows = open.get(name);
    if (rows !== undefined && rows.cards.length + rows.accesses.length >= MOST_ROWS) {
      full.push(rows);
      rows = undefined;
    }
    rows ??= { shard, cards: [], accesses: [] };
    open.set(name, rows);
    return rows;
  };
  for (const { month, pseudonym, homeDays, outsideDays } of cards) {
    const digest = digestOf(pseudonym);
    groupFor(month, digest).cards.push([pseudonym, digest, `${homeDays}`, `${outsideDays}`]);
  }
  for (const access of accesses) {
    const { month, pseudonym, at, fromHome } = access;
    const digest = digestOf(pseudonym);
    const day = 1 << (new Date(at * 1000).getUTCDate() - 1);
    groupFor(month, digest).accesses.push([
      memberOf(access),
      digest,
      fromHome ? '+' : '-',
      `${day}`,
    ]);
  }
  return [...full, ...open.values()];
}

/** Divides groups into calls. In a cluster all keys of a call must have one hash tag. */
function callsOf(groups: readonly Rows[], isCluster: boolean): Rows[][] {
  if (isCluster) return groups.map(rows => [rows]);
  const calls: Rows[][] = [];
  let count = MOST_ROWS;
  for (const rows of groups) {
    count += rows.cards.length + rows.accesses.length;
    if (count > MOST_ROWS) {
      calls.push([]);
      count = rows.cards.length + rows.accesses.length;
    }
    calls.at(-1)!.push(rows);
  }
  return calls;
}

/**
 * Calls that are encoded in one turn of the event loop: in a cluster, a batch is nearly a call for
 * each card, and all of them in one turn would hold the requests of a gateway.
 */
const CALLS_PER_TURN = 256;

/**
 * Writes cards and accesses without what tombstones drop.
 * @param expiry The expiry of their keys in seconds since 1970; default: from the retention.
 */
export async function putRows(
  { servers, keys, keepMonths }: RedisStore,
  batch: Pick<Batch, 'cards' | 'accesses'>,
  expiry?: number,
): Promise<void> {
  const put = (call: readonly Rows[]): Promise<unknown> =>
    run(
      servers,
      PUT,
      call.flatMap(({ shard }) => keys.ofShard(shard)),
      call.flatMap(({ shard, cards, accesses }) => [
        shard.month,
        expiry ?? expiryOf(shard.month, keepMonths),
        cards.length,
        accesses.length,
        ...cards.flat(),
        ...accesses.flat(),
      ]),
    );
  const answers: Promise<unknown>[] = [];
  for (const [index, call] of callsOf(rowsOf(batch), servers.isCluster).entries()) {
    if (index > 0 && index % CALLS_PER_TURN === 0) await nextTurn();
    const answer = put(call);
    // Handled below; one that fails before the last is sent must not end the process.
    answer.catch(() => {});
    answers.push(answer);
  }
  await Promise.all(answers);
}

async function write(store: RedisStore, batch: Batch): Promise<void> {
  const { servers, keys } = store;
  const settle = await store.begin();
  await Promise.all([
    putRows(store, batch),
    ...batch.tally.flatMap(({ day, reason, writer, epoch, count }) => [
      run(servers, COUNT, [keys.tally(day)], [`${reason} ${writer} ${epoch}`, count]),
      servers.at(keys.days, 'SADD', keys.days, day),
    ]),
    ...batch.editions.map(({ day, edition }) =>
      servers.at(keys.editions, 'SADD', keys.editions, `${day} ${edition}`),
    ),
  ]);
  await settle();
}

interface Erasure {
  readonly tombstone: Tombstone;
  /** Empty if it is not known, because only the digest is. */
  readonly pseudonym: string;
  /** Name of the restoration that puts the tombstone before it searches for the card. */
  readonly pending?: string;
  readonly expiry?: number | undefined;
}

/** Stores a tombstone and drops its days in one step. Returns the number of cards removed. */
export async function erase(
  { servers, keys, keepMonths }: RedisStore,
  { tombstone, pseudonym, pending = '-', expiry }: Erasure,
): Promise<number> {
  const { month, digest, through, homeDays = 0, outsideDays = 0 } = tombstone;
  const removed = await run(servers, ERASE, keys.ofShard(shardOf(month, digest)), [
    month,
    expiry ?? expiryOf(month, keepMonths),
    startOf(month),
    digest,
    pseudonym,
    daysThrough(month, through),
    homeDays,
    outsideDays,
    through === '' ? '-' : through,
    pending,
  ]);
  return Number(removed);
}

/**
 * Applies restored tombstones to the cards and accesses of one shard: searches its pseudonyms for
 * those of the digests.
 */
async function applyTo(
  store: RedisStore,
  shard: Shard,
  tombstones: readonly Tombstone[],
): Promise<void> {
  const { servers, keys } = store;
  const byDigest = new Map(tombstones.map(each => [each.digest, each]));
  const cards = keys.cards(shard);
  const names = await Promise.all([
    servers.at(cards, 'HKEYS', cards) as Promise<string[]>,
    accessOwners(store, shard),
  ]);
  const found = [...new Set(names.flat())].flatMap(pseudonym => {
    const tombstone = byDigest.get(digestOf(pseudonym));
    return tombstone === undefined ? [] : [{ pseudonym, tombstone }];
  });
  await Promise.all(found.map(each => erase(store, each)));
}

/**
 * Restores tombstones that a restored backup has lost. The pseudonym cannot be derived from the
 * digest, but its first bits name the shard to search.
 */
async function restore(store: RedisStore, tombstones: readonly Tombstone[]): Promise<void> {
  const { servers, keys } = store;
  const present = await inPages(servers, tombstones, each => readMark(store, each));
  const lost = tombstones.filter((tombstone, n) => {
    const mark = present[n];
    return mark?.isPending === true || dropsMore(mark?.tombstone, tombstone);
  });
  if (lost.length === 0) return;
  const settle = await store.begin();
  const pending = randomUUID();
  await inPages(servers, lost, tombstone => erase(store, { tombstone, pseudonym: '', pending }));
  const byShard = new Map<string, { readonly shard: Shard; readonly tombstones: Tombstone[] }>();
  for (const tombstone of lost) {
    const shard = shardOf(tombstone.month, tombstone.digest);
    const key = keys.marks(shard);
    const group = byShard.get(key) ?? { shard, tombstones: [] };
    group.tombstones.push(tombstone);
    byShard.set(key, group);
  }
  for (const group of byShard.values())
    await servers.request(() => applyTo(store, group.shard, group.tombstones));
  await inPages(servers, lost, ({ month, digest }) =>
    run(servers, SETTLE, [keys.marks(shardOf(month, digest))], [digest, pending]),
  );
  await settle();
}

async function allMarks(store: RedisStore): Promise<Tombstone[]> {
  const marks = await eachShard(store, async shard =>
    (await hashAt(store, store.keys.marks(shard))).map(
      ([digest, value]) => markOf(shard.month, digest, value).tombstone,
    ),
  );
  return marks.flat();
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
  await run(servers, GREATEST, [keys.purgedBefore], [before]);
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

/**
 * Reads the position before tombstones are restored, and notes it after. It is not valid for a
 * server that took over in between, which may lack some of them, nor for one that may evict them.
 */
function redisPosition(store: RedisStore): Position {
  const { servers, keys, acceptsLoss } = store;
  let before: string | undefined;
  return {
    tombstonePosition: async () => {
      before = await processesOf(store);
      const stored = await servers.at(keys.position, 'GET', keys.position);
      const [position = '', processes = ''] = String(stored ?? '').split(' ');
      return !acceptsLoss && processes !== '' && processes === before ? position : '';
    },
    setTombstonePosition: async position => {
      const processes = await processesOf(store);
      const isSame = before === undefined || before === processes;
      const text = isSame ? `${position} ${processes}` : '';
      await servers.at(keys.position, 'SET', keys.position, text);
    },
  };
}

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
      each.map(({ month, pseudonym }) =>
        erase(store, {
          tombstone: { month, digest: digestOf(pseudonym), ...tombstone },
          pseudonym,
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

async function readCard(
  { servers, keys }: RedisStore,
  { month, pseudonym }: CardKey,
): Promise<Card[]> {
  const key = keys.cards(shardOfPseudonym(month, pseudonym));
  const value = (await servers.at(key, 'HGET', key, pseudonym)) as string | null;
  return value === null ? [] : [cardOf(month, pseudonym, value)];
}

async function readAccesses(
  { servers, keys }: RedisStore,
  { month, pseudonym }: CardKey,
): Promise<Access[]> {
  const key = keys.accesses(shardOfPseudonym(month, pseudonym));
  // From `+` up to and including `-`: the next byte is `.`.
  const range = [`[${pseudonym} +`, `(${pseudonym} .`];
  const members = (await servers.at(key, 'ZRANGEBYLEX', key, ...range)) as string[];
  return members.map(member => accessOf(month, member));
}

async function tallyOf(store: RedisStore, from: string, to: string) {
  const { servers, keys } = store;
  const days = ((await servers.at(keys.days, 'SMEMBERS', keys.days)) as Iterable<string>) ?? [];
  const sums = new Map<string, { day: string; reason: string; count: number }>();
  for (const day of [...days].filter(each => each >= from && each <= to).sort()) {
    for (const [field, count] of await hashAt(store, keys.tally(day))) {
      const reason = field.split(' ')[0]!;
      const sum = sums.get(`${day} ${reason}`) ?? { day, reason, count: 0 };
      sums.set(`${day} ${reason}`, { ...sum, count: sum.count + Number(count) });
    }
  }
  return [...sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}

async function countMonths(store: RedisStore): Promise<MonthCount[]> {
  const { servers, keys } = store;
  const counts = new Map<string, number>();
  await eachShard(store, async shard => {
    const key = keys.cards(shard);
    const cards = Number(await servers.at(key, 'HLEN', key));
    if (cards > 0) counts.set(shard.month, (counts.get(shard.month) ?? 0) + cards);
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
