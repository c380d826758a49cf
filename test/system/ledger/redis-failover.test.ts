/** Measures what a failover to a lagging replica loses, with and without waiting for replicas. */
import { afterAll, describe, expect, it } from 'vitest';
import { type Ledger, memoryLedger } from '../../../src/entry/ledger.ts';
import { openRedisLedger, type RedisOptions } from '../../../src/ledger/redis.ts';
import { openSpool } from '../../../src/ledger/sqlite.ts';
import { card, EMPTY, keys } from '../../support/contract/cards.ts';
import {
  hasRedis,
  openLine,
  type RedisProcess,
  redisCli,
  startRedis,
  startSentinel,
  stopRedis,
  until,
} from '../../support/redis.ts';
import { inFolder } from '../../support/tables.ts';

const linked = ({ port }: RedisProcess): boolean =>
  redisCli(port, 'info', 'replication').includes('master_link_status:up');

/**
 * The master receives a batch that its replica does not get, and dies; the replica becomes the
 * master.
 */
async function failover(write: (url: string) => Promise<void>): Promise<RedisProcess> {
  const master = await startRedis('--appendonly', 'yes');
  const line = await openLine(master.port);
  const copy = await startRedis(
    '--appendonly',
    'yes',
    '--replicaof',
    '127.0.0.1',
    String(line.port),
  );
  await until(() => linked(copy), 'the replica');
  line.cut();
  await write(master.url);
  master.process.kill('SIGKILL');
  redisCli(copy.port, 'replicaof', 'no', 'one');
  line.close();
  return copy;
}

const fifty = { ...EMPTY, cards: Array.from({ length: 50 }, (_, n) => card(n, 1)) };
const open = (url: string, more: Partial<RedisOptions> = {}): Promise<Ledger> =>
  openRedisLedger({ url, personRecords: memoryLedger(), timeout: 1000, ...more });
const foundOn = async (ledger: Ledger): Promise<number> =>
  (await ledger.cards(keys(...fifty.cards))).length;
const drained = async (ledger: Ledger): Promise<void> => {
  for (let tries = 0; tries < 300 && ledger.spooled!() > 0; tries++)
    await new Promise(resolve => setTimeout(resolve, 20));
};

describe.skipIf(!hasRedis)('a failover to a lagging replica', () => {
  afterAll(stopRedis);

  it('loses what was only on the master, where the ledger does not wait for replicas', async () => {
    const copy = await failover(async url => {
      const ledger = await open(url);
      await ledger.write(fifty);
      await ledger.close();
    });
    const ledger = await open(copy.url);
    expect(await foundOn(ledger)).toBe(0);
    await ledger.close();
  });

  it('loses nothing where it does: the batch is not called durable, waits in the spool, and is sent again', async () => {
    const file = inFolder('failover-spool.db');
    let waiting = 0;
    const copy = await failover(async url => {
      const ledger = await openSpool(await open(url, { replicas: 1 }), file);
      await ledger.write(fifty);
      waiting = ledger.spooled!();
      await ledger.close();
    });
    expect(waiting).toBe(1);
    const ledger = await openSpool(await open(copy.url), file, { retryMs: 20 });
    await drained(ledger);
    expect(await foundOn(ledger)).toBe(50);
    await ledger.close();
  });
});

describe.skipIf(!hasRedis)('a master that Sentinel replaces', () => {
  afterAll(stopRedis);

  it('is replaced by its replica in a ledger that stays open', async () => {
    const master = await startRedis('--appendonly', 'yes');
    const copy = await startRedis(
      '--appendonly',
      'yes',
      '--replicaof',
      '127.0.0.1',
      String(master.port),
    );
    await until(() => linked(copy), 'the replica');
    const sentinel = await startSentinel(master.port);
    await until(
      () => redisCli(sentinel.port, 'sentinel', 'replicas', 'cards').includes(String(copy.port)),
      'Sentinel',
    );
    const group = { name: 'cards', nodes: [{ host: '127.0.0.1', port: sentinel.port }] };
    const replicated = await openRedisLedger({
      sentinel: group,
      personRecords: memoryLedger(),
      timeout: 4000,
      replicas: 1,
    });
    const ledger = await openSpool(replicated, inFolder('sentinel-spool.db'), { retryMs: 50 });
    await ledger.write({ ...EMPTY, cards: [card(1, 1)] });
    expect(ledger.spooled!()).toBe(0);
    master.process.kill('SIGKILL');
    await ledger.write(fifty);
    expect(ledger.spooled!()).toBe(1);
    await until(() => redisCli(copy.port, 'role').startsWith('master'), 'the failover');
    // The ledger waits for one replica, and the only one is master now, so the old master must come
    // back as its replica.
    await master.startAgain();
    await until(() => linked(master), 'the old master as a copy');
    await drained(ledger);
    expect([ledger.spooled!(), await foundOn(ledger)]).toEqual([0, 50]);
    await ledger.close();
  });
});

describe.skipIf(!hasRedis)('a host name that leads to another master', () => {
  afterAll(stopRedis);

  /** A master and its replica, and a ledger with a spool over a line that leads to the master. */
  async function replicated(name: string, ...options: readonly string[]) {
    const settings = ['--appendonly', 'yes', ...options];
    const master = await startRedis(...settings);
    const copy = await startRedis(...settings, '--replicaof', '127.0.0.1', String(master.port));
    await until(() => linked(copy), 'the replica');
    const line = await openLine(master.port);
    const url = `redis://127.0.0.1:${line.port}`;
    const ledger = await openSpool(await open(url), inFolder(`${name}-spool.db`), { retryMs: 50 });
    await ledger.write({ ...EMPTY, cards: [card(100, 1)] });
    const offset = (port: number): string =>
      /master_repl_offset:(\d+)/.exec(redisCli(port, 'info', 'replication'))![1]!;
    await until(() => offset(copy.port) === offset(master.port), 'the first card');
    return { master, copy, line, ledger };
  }

  it('is followed where the old master lives on as a replica, over connections that stay open', async () => {
    const { master, copy, line, ledger } = await replicated('demoted');
    redisCli(copy.port, 'replicaof', 'no', 'one');
    redisCli(master.port, 'replicaof', '127.0.0.1', String(copy.port));
    await ledger.write(fifty);
    expect(ledger.spooled!()).toBe(1);
    line.leadTo(copy.port);
    await drained(ledger);
    expect([ledger.spooled!(), await foundOn(ledger)]).toEqual([0, 50]);
    await ledger.close();
    line.close();
  });

  it('does not take a repeated write for durable on a replica that has not yet caught up', async () => {
    const { master, line, ledger } = await replicated('stale');
    // It still has the card, which its new master may never have received.
    redisCli(master.port, 'replicaof', '127.0.0.1', '1');
    await ledger.write({ ...EMPTY, cards: [card(100, 1)] });
    expect(ledger.spooled!()).toBe(1);
    await ledger.close();
    line.close();
  });

  it('is followed where the old master has come back and loads its data', async () => {
    const slow = ['--key-load-delay', '2500', '--loading-process-events-interval-bytes', '1024'];
    const { master, copy, line, ledger } = await replicated('loading', ...slow);
    const many = Array.from({ length: 3000 }, (_, n) => card(1000 + n, 1));
    await ledger.write({ ...EMPTY, cards: many });
    await drained(ledger);
    redisCli(master.port, 'bgrewriteaof');
    await until(
      () => redisCli(master.port, 'info', 'persistence').includes('aof_rewrite_in_progress:0'),
      'the rewritten file',
    );
    redisCli(copy.port, 'replicaof', 'no', 'one');
    master.process.kill('SIGKILL');
    const back = master.startAgain();
    await until(() => redisCli(master.port, 'ping').startsWith('LOADING'), 'the load');
    await ledger.write(fifty);
    expect(ledger.spooled!()).toBe(1);
    line.leadTo(copy.port);
    await drained(ledger);
    expect(redisCli(master.port, 'ping')).toContain('LOADING');
    expect([ledger.spooled!(), await foundOn(ledger)]).toEqual([0, 50]);
    await ledger.close();
    line.close();
    await back;
  });
});

describe.skipIf(!hasRedis)('a server that accepts no more connections', () => {
  afterAll(stopRedis);

  it('is reported with the name of its setting', async () => {
    const server = await startRedis();
    const ledger = await open(server.url);
    redisCli(server.port, 'config', 'set', 'maxclients', '1');
    const failure = await open(server.url).then(
      () => expect.fail('it was opened'),
      error => error,
    );
    expect(failure).toMatchObject({
      code: 'ERR_LEDGER_OPEN',
      text: {
        en: 'Redis accepts no more connections: raise its setting maxclients',
        fr: expect.stringContaining('maxclients'),
      },
    });
    await ledger.close();
  });
});
