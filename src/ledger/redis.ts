/**
 * Opens the ledger of a fleet in Redis: one server, Sentinel or Cluster. Exported by
 * `laissez-passer/redis`.
 * @module redis
 */

import { portabilityError } from '../errors.ts';
import * as LEDGER from '../messages/ledger.ts';
import { SERVER_WAIT_MS } from '../timeouts.ts';
import {
  type Ledger,
  ownersOf,
  PERSON_TOMBSTONES,
  type Tombstone,
  withoutOwners,
} from './ledger.ts';
import { keysUnder } from './redis/card-keys.ts';
import { connectRedis, type RedisPlace, type RedisServers, type Send } from './redis/client.ts';
import { moveEarlierLayout } from './redis/earlier-layout.ts';
import { redisProblems, redisPurges } from './redis/purge.ts';
import { redisScan } from './redis/scan.ts';
import { type RedisStore, redisReads, redisWrites } from './redis/store.ts';

/**
 * Options of {@link openRedisLedger}: the servers, the ledger of the person records, and the
 * required durability.
 */
export interface RedisOptions extends RedisPlace {
  /**
   * A ledger in SQLite or PostgreSQL that stores the person records: dossiers, restrictions, holds,
   * requests and journal are not kept in Redis. It is closed together with this one.
   */
  readonly personRecords: Ledger;
  /** Prefix of every key; default: `lp`. */
  readonly prefix?: string | undefined;
  /**
   * Months for which a card is kept after its own month; sets the expiry of its key. Default: 12.
   */
  readonly keepMonths?: number | undefined;
  /**
   * Number of replicas that must acknowledge a batch before it counts as durable (`WAIT`); a whole
   * number; default: 0.
   */
  readonly replicas?: number | undefined;
  /**
   * Accepts servers that do not write to disk or that may evict keys. What they lose cannot be
   * recovered. Default: `false`.
   */
  readonly acceptLoss?: boolean | undefined;
}

const settingOf = (reply: unknown, name: string): string | undefined => {
  if (Array.isArray(reply)) return reply[reply.indexOf(name) + 1] as string | undefined;
  return (reply as Record<string, string> | null)?.[name];
};

/**
 * Rejects servers that do not write to disk or may evict keys, because a write to them is not
 * durable.
 */
async function checkDurable(servers: RedisServers): Promise<void> {
  const check = async (send: Send): Promise<void> => {
    const read = async (name: string): Promise<string | undefined> =>
      settingOf(await send('CONFIG', 'GET', name).catch(() => undefined), name);
    const appendOnly = await read('appendonly');
    const policy = await read('maxmemory-policy');
    const memory = await read('maxmemory');
    if (appendOnly !== 'yes') throw portabilityError(LEDGER.redisNotDurable);
    if (memory !== '0' && policy !== 'noeviction') throw portabilityError(LEDGER.redisEvicts);
  };
  await servers.onMasters(check);
}

/**
 * Returns a function to call before a batch. Its result waits until the replicas of each master
 * acknowledge what was written over the same connections.
 */
const settler =
  (servers: RedisServers, replicas: number, timeout: number) =>
  async (): Promise<() => Promise<void>> => {
    if (replicas === 0) return async () => undefined;
    const before = await servers.connections();
    return async () => {
      const counts = await servers.onMasters(async send =>
        Number(await send('WAIT', `${replicas}`, `${Math.floor(timeout / 2)}`)),
      );
      // After a failover, the new master counts the replicas of its own writes only.
      if (counts.some(count => count < replicas) || (await servers.connections()) !== before)
        throw portabilityError(LEDGER.replicasBehind);
    };
  };

/**
 * Returns the operations that concern both the cards in Redis and the ledger of the person records.
 */
function alongsidePersonRecords(
  recordsLedger: Ledger,
  store: RedisStore,
): Pick<
  Ledger,
  | 'restoreTombstones'
  | 'tombstones'
  | 'tombstonePage'
  | 'tombstonePosition'
  | 'setTombstonePosition'
  | 'purgeBefore'
  | 'keyChecks'
  | 'addKeyChecks'
  | 'verify'
> {
  const own = redisWrites(store);
  const { purgeBefore } = redisPurges(store);
  const isOurs = ({ month }: { readonly month: string }): boolean =>
    !PERSON_TOMBSTONES.includes(month);
  const tombstones = async (): Promise<Tombstone[]> => [
    ...(await own.tombstones()),
    ...(await recordsLedger.tombstones()).filter(tombstone => !isOurs(tombstone)),
  ];
  return {
    restoreTombstones: async (all, pseudonyms) => {
      await own.restoreTombstones(all.filter(isOurs));
      const others = all.filter(tombstone => !isOurs(tombstone));
      await recordsLedger.restoreTombstones(others, pseudonyms);
    },
    tombstones,
    // A scan has no order to continue from: it visits all keys, in pages of its own.
    tombstonePage: async () => ({ tombstones: await tombstones(), next: '' }),
    // One of the two may be restored from a backup without the other.
    tombstonePosition: async () => {
      const position = await own.tombstonePosition();
      return position === (await recordsLedger.tombstonePosition()) ? position : '';
    },
    setTombstonePosition: async position => {
      await own.setTombstonePosition(position);
      await recordsLedger.setTombstonePosition(position);
    },
    purgeBefore: async (month, records) => {
      await recordsLedger.purgeBefore(month, records);
      return purgeBefore(month, records);
    },
    keyChecks: () => recordsLedger.keyChecks(),
    addKeyChecks: checks => recordsLedger.addKeyChecks(checks),
    verify: async () => [...(await redisProblems(store)), ...(await recordsLedger.verify())],
  };
}

/** Operations that visit all keys. */
const WALKS = [
  'restoreTombstones',
  'tombstones',
  'tombstonePage',
  'months',
  'purgeBefore',
  'purgeAccesses',
  'verify',
];

type Operation = (...args: readonly unknown[]) => Promise<unknown>;

/** Runs every operation as one request. */
const asRequests = <Operations extends object>(
  servers: RedisServers,
  operations: Operations,
): Operations =>
  Object.fromEntries(
    (Object.entries(operations) as [string, Operation][]).map(([name, run]) => [
      name,
      (...args: readonly unknown[]) => servers.request(() => run(...args), WALKS.includes(name)),
    ]),
  ) as Operations;

/**
 * Opens a ledger that keeps cards, accesses, tombstones and the tally in Redis 7, and the person
 * records in SQLite or PostgreSQL. Any number of gateways share it. The settings of the server
 * determine how durable a write is: `appendfsync always` keeps every write, and `everysec` may lose
 * the last second. A failover may lose what the replica has not received yet; set `replicas` to
 * wait for it. Servers without `appendonly` are rejected; set `acceptLoss` to accept them. A ledger
 * of the earlier layout is moved to the present one first.
 * @throws PortabilityError `ERR_LEDGER_DRIVER` without redis 6, `ERR_ARGUMENT`, `ERR_LEDGER_OPEN`.
 *   No message contains a key or a value.
 */
export async function openRedisLedger(options: RedisOptions): Promise<Ledger> {
  const {
    personRecords: recordsLedger,
    prefix = 'lp',
    keepMonths = 12,
    replicas = 0,
    acceptLoss = false,
    timeout = SERVER_WAIT_MS,
  } = options;
  if (!Number.isInteger(replicas) || replicas < 0) throw portabilityError(LEDGER.replicasInvalid);
  if (typeof recordsLedger?.write !== 'function')
    throw portabilityError(LEDGER.redisPersonRecordsMissing);
  const servers = await connectRedis(options);
  const store = {
    servers,
    keys: keysUnder(prefix),
    keepMonths,
    acceptsLoss: acceptLoss,
    begin: settler(servers, replicas, timeout),
  };
  try {
    if (!acceptLoss) await checkDurable(servers);
    await moveEarlierLayout(store);
  } catch (error) {
    await servers.close();
    throw error;
  }
  const { writeRows, ...operations } = asRequests(servers, {
    ...redisWrites(store),
    ...redisReads(store),
    ...redisPurges(store),
    ...alongsidePersonRecords(recordsLedger, store),
    scan: redisScan(store),
  });
  const { personRecords } = recordsLedger;
  return {
    ...operations,
    kind: 'redis',
    keepMonths,
    isReadOnly: recordsLedger.isReadOnly,
    personRecords,
    ...(recordsLedger.shrink && { shrink: recordsLedger.shrink }),
    write: async batch => {
      const restricted = await personRecords.among('restrictions', ownersOf(batch));
      await writeRows(withoutOwners(batch, restricted));
      return restricted;
    },
    close: async () => {
      await servers.close();
      await recordsLedger.close();
    },
  };
}
