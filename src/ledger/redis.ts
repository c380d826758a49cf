/**
 * Opens the ledger of a fleet in Redis or Valkey: one server, Sentinel or Cluster. Exported by
 * `laissez-passer/redis`.
 */
import { PortabilityError } from '../errors.ts';
import { type Column, LEDGER_COLUMNS, type Ledger, REGISTER_MARKS } from './ledger.ts';
import { keysUnder } from './redis/card-keys.ts';
import { connectRedis, type RedisPlace, type RedisServers, type Send } from './redis/client.ts';
import { redisProblems, redisPurges } from './redis/purge.ts';
import { redisScan } from './redis/scan.ts';
import { type RedisStore, redisReads, redisWrites } from './redis/store.ts';

/** Where the servers are, what stands beside them, and how durable a write has to be. */
export interface RedisOptions extends RedisPlace {
  /** A ledger in SQLite or PostgreSQL whose register is used: dossiers, restrictions, holds, requests and journal are not kept in Redis. Closed with this one. */
  readonly register: Ledger;
  /** Before the name of every key; `lp` unless given. */
  readonly prefix?: string | undefined;
  /** Months for which a card is kept after its own: the expiry of its key. 12 unless given. */
  readonly keepMonths?: number | undefined;
  /** Copies that must have a batch before it counts as durable (`WAIT`); 0 unless given. */
  readonly replicas?: number | undefined;
  /** Takes servers that keep nothing on disk, or may evict what is kept: what they lose is lost. */
  readonly acceptLoss?: boolean | undefined;
}

const settingOf = (reply: unknown, name: string): string | undefined => {
  if (Array.isArray(reply)) return reply[reply.indexOf(name) + 1] as string | undefined;
  return (reply as Record<string, string> | null)?.[name];
};

/** A write counts as durable only where the server keeps what it was given. */
async function checkDurable(servers: RedisServers): Promise<void> {
  const check = async (send: Send): Promise<void> => {
    const read = async (name: string): Promise<string | undefined> =>
      settingOf(await send('CONFIG', 'GET', name).catch(() => undefined), name);
    const [appendOnly, policy, memory] = [
      await read('appendonly'),
      await read('maxmemory-policy'),
      await read('maxmemory'),
    ];
    if (appendOnly !== 'yes')
      throw new PortabilityError(
        'ERR_LEDGER_OPEN',
        'redis keeps nothing on disk: appendonly is off, or can not be asked for',
      );
    if (memory !== '0' && policy !== 'noeviction')
      throw new PortabilityError('ERR_LEDGER_OPEN', 'redis may evict cards: set maxmemory-policy noeviction');
  };
  await servers.onMasters(check);
}

/** Begins a batch; what it answers waits for the copies of each master, of what was written over the same connections. */
const settler =
  (servers: RedisServers, replicas: number, timeout: number) => async (): Promise<() => Promise<void>> => {
    if (replicas === 0) return async () => undefined;
    const before = await servers.connections();
    return async () => {
      const counts = await servers.onMasters(async send =>
        Number(await send('WAIT', `${replicas}`, `${Math.floor(timeout / 2)}`)),
      );
      // After a failover another server counts the copies of what it was given itself.
      if (counts.some(count => count < replicas) || (await servers.connections()) !== before)
        throw new PortabilityError('ERR_LEDGER_WRITE', 'the copies of the ledger lag behind');
    };
  };

/** Operations that concern the cards here and the register beside. */
function beside(
  register: Ledger,
  store: RedisStore,
): Pick<Ledger, 'restoreMarks' | 'marks' | 'purgeBefore' | 'verify' | 'columns'> {
  const { restoreMarks, marks } = redisWrites(store);
  const { purgeBefore } = redisPurges(store);
  const isOurs = ({ month }: { readonly month: string }): boolean => !REGISTER_MARKS.includes(month);
  return {
    restoreMarks: async all => {
      await restoreMarks(all.filter(isOurs));
      await register.restoreMarks(all.filter(mark => !isOurs(mark)));
    },
    marks: async () => [...(await marks()), ...(await register.marks()).filter(mark => !isOurs(mark))],
    purgeBefore: async month => {
      await register.purgeBefore(month);
      return purgeBefore(month);
    },
    verify: async () => [...(await redisProblems(store)), ...(await register.verify())],
    columns: async (): Promise<Column[]> => [
      ...Object.entries(LEDGER_COLUMNS).flatMap(([table, names]) => names.map(column => ({ table, column }))),
      ...(await register.columns()).filter(({ table }) => !(table in LEDGER_COLUMNS)),
    ],
  };
}

/** Those that visit all keys. */
const WALKS = ['restoreMarks', 'marks', 'months', 'purgeBefore', 'purgeAccesses', 'verify'];

type Operation = (...args: readonly unknown[]) => Promise<unknown>;

/** Every operation is one request. */
const asRequests = <Operations extends object>(servers: RedisServers, operations: Operations): Operations =>
  Object.fromEntries(
    (Object.entries(operations) as [string, Operation][]).map(([name, run]) => [
      name,
      (...args: readonly unknown[]) => servers.request(() => run(...args), WALKS.includes(name)),
    ]),
  ) as Operations;

/**
 * Opens a ledger of cards, accesses, tombstones and tally in Redis 7 or Valkey; the register lies beside it in SQLite or PostgreSQL. Any number of
 * gateways share it. How durable a write is the server's settings say: `appendfsync always` for every write, `everysec` but for a second, and
 * after a failover but for what the copy had not yet, unless `replicas` waits for it. Servers without `appendonly` are refused unless `acceptLoss`.
 * @throws PortabilityError `ERR_LEDGER_DRIVER` without redis 6, `ERR_ARGUMENT`, `ERR_LEDGER_OPEN`. No message holds a key or a value.
 */
export async function openRedisLedger(options: RedisOptions): Promise<Ledger> {
  const { register, prefix = 'lp', keepMonths = 12, replicas = 0, acceptLoss = false, timeout = 10_000 } = options;
  if (!Number.isInteger(replicas) || replicas < 0)
    throw new PortabilityError('ERR_ARGUMENT', 'replicas are a whole number of copies');
  if (typeof register?.write !== 'function')
    throw new PortabilityError(
      'ERR_ARGUMENT',
      'a redis ledger needs a ledger in SQLite or PostgreSQL for its register',
    );
  const servers = await connectRedis(options);
  const store = { servers, keys: keysUnder(prefix), keepMonths, begin: settler(servers, replicas, timeout) };
  try {
    if (!acceptLoss) await checkDurable(servers);
  } catch (error) {
    await servers.close();
    throw error;
  }
  return {
    kind: 'redis',
    keepMonths,
    register: register.register,
    ...asRequests(servers, {
      ...{ ...redisWrites(store), ...redisReads(store), ...redisPurges(store), ...beside(register, store) },
      scan: redisScan(store),
    }),
    close: async () => {
      await servers.close();
      await register.close();
    },
  };
}
