/** Tests the Redis ledger as the server sees it: keys, expiry, slots, and what it refuses. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ledger, memoryLedger } from '../../../src/entry/ledger.ts';
import { PortabilityError } from '../../../src/index.ts';
import { digestOf } from '../../../src/ledger/ledger.ts';
import { openRedisLedger, type RedisOptions } from '../../../src/ledger/redis.ts';
import { card, EMPTY, keys, name } from '../../support/contract/cards.ts';
import {
  hasRedis,
  type RedisProcess,
  redisCli,
  startCluster,
  startRedis,
  stopRedis,
} from '../../support/redis.ts';

const CANARY = 'c0ffee00c0ffee00c0ffee00c0ffee00';
/** The keys of a family for some cards of the contract suite. */
const keyOf = (prefix: string, family: string, n: number, month = '2026-11'): string =>
  `${prefix}:${family}:${month}:{${digestOf(name(n)).slice(0, 3)}}`;
const failureOf = (work: Promise<unknown>): Promise<PortabilityError> =>
  work.then(
    () => expect.fail('it did not fail'),
    error => error,
  );

describe.skipIf(!hasRedis)('the redis ledger', () => {
  let server: RedisProcess;
  let ask: (...args: readonly string[]) => string;
  const open = (more: Partial<RedisOptions> = {}): Promise<Ledger> =>
    openRedisLedger({ url: server.url, personRecords: memoryLedger(), ...more });
  beforeAll(async () => {
    server = await startRedis();
    ask = (...args) => redisCli(server.port, ...args);
  });
  afterAll(stopRedis);

  it('keeps a card as a field of a hash that expires with its retention', async () => {
    const ledger = await open({ prefix: 'bits', keepMonths: 12 });
    await ledger.write({ ...EMPTY, cards: [card(1, 0b101, 0b1)] });
    const key = keyOf('bits', 'cards', 1);
    expect(ask('keys', 'bits:cards:*')).toBe(key);
    expect(ask('hgetall', key).split('\n')).toEqual([name(1), '5 1']);
    // Kept for twelve months after its own month: it expires as December 2027 begins.
    expect(ask('expiretime', key)).toBe(String(Date.UTC(2027, 11, 1) / 1000));
    await ledger.close();
  });

  it('sets an expiry on every key about a person', async () => {
    const ledger = await open({ prefix: 'ends' });
    const access = {
      month: '2026-11',
      pseudonym: name(1),
      at: Date.UTC(2026, 10, 5) / 1000,
      fromHome: true,
    };
    await ledger.write({ ...EMPTY, cards: [card(1, 1), card(2, 1)], accesses: [access] });
    await ledger.erase(keys(card(2, 0)), '2026-11-30');
    const all = ask('keys', 'ends:*:{*').split('\n');
    const families = all.map(key => key.split(':')[1]);
    expect(families.sort()).toEqual(['access-set', 'cards', 'marks', 'months', 'months']);
    for (const key of all) expect(Number(ask('ttl', key)), key).toBeGreaterThan(0);
    expect(await ledger.verify()).toEqual([]);
    ask('persist', keyOf('ends', 'cards', 1));
    expect(await ledger.verify()).toMatchObject([{ id: 'card-expiry' }]);
    await ledger.close();
  });

  it('does the same work for an access whether few or many of the person are stored', async () => {
    const ledger = await open({ prefix: 'many' });
    const from = Date.UTC(2026, 10, 5) / 1000;
    const accessesAt = (second: number, count: number) =>
      Array.from({ length: count }, (_, n) => ({
        month: '2026-11',
        pseudonym: name(1),
        at: from + second + n,
        fromHome: n % 2 === 0,
      }));
    // The bytes that a write changes in the file of the server say how much it rewrites.
    const written = async (second: number): Promise<number> => {
      const offset = () => Number(/aof_current_size:(\d+)/.exec(ask('info', 'persistence'))![1]);
      const before = offset();
      await ledger.write({ ...EMPTY, accesses: accessesAt(second, 100) });
      return offset() - before;
    };
    const first = await written(0);
    await ledger.write({ ...EMPTY, accesses: accessesAt(100, 5000) });
    expect(Math.abs((await written(5100)) - first)).toBeLessThan(first);
    expect(await ledger.accesses([{ month: '2026-11', pseudonym: name(1) }])).toEqual(
      accessesAt(0, 5200),
    );
    await ledger.close();
  });

  it('leaves an erased pseudonym in no key and no value', async () => {
    const ledger = await open({ prefix: 'gone' });
    const key = { month: '2026-11', pseudonym: CANARY };
    const access = { ...key, at: Date.UTC(2026, 10, 5) / 1000, fromHome: true };
    await ledger.write({
      ...EMPTY,
      cards: [{ ...key, homeDays: 1, outsideDays: 0 }],
      accesses: [access],
    });
    const tag = digestOf(CANARY).slice(0, 3);
    const isNamed = (): boolean[] => [
      ask('hgetall', `gone:cards:2026-11:{${tag}}`).includes(CANARY),
      ask('zrange', `gone:access-set:2026-11:{${tag}}`, '0', '-1').includes(CANARY),
    ];
    expect(isNamed()).toEqual([true, true]);
    await ledger.erase([key], '2026-11-30');
    expect(isNamed()).toEqual([false, false]);
    expect(ask('keys', `*${CANARY}*`)).toBe('');
    await ledger.close();
  });

  it('purges accesses without reading them, also of many persons in one set', async () => {
    const ledger = await open({ prefix: 'crowd' });
    const from = Date.UTC(2026, 10, 5) / 1000;
    const access = { month: '2026-11', pseudonym: name(1), at: from, fromHome: true };
    await ledger.write({ ...EMPTY, accesses: [access] });
    const crowd = Array.from({ length: 2500 }, (_, n) => name(100_000 + n));
    const members = crowd.flatMap(each => [`${each} +${from}`, `${each} -${from + 60}`]);
    const pairs = members.flatMap(member => ['0', member]);
    ask('zadd', keyOf('crowd', 'access-set', 1), ...pairs);
    ask('config', 'resetstat');
    expect(await ledger.purgeAccesses(from + 60)).toBe(2501);
    expect(await ledger.purgeBefore('2026-12')).toEqual({ cards: 0, accesses: 2500 });
    expect(ask('info', 'commandstats')).not.toMatch(/cmdstat_(hvals|hgetall|zrange):/);
    await ledger.close();
  });

  it('purges the months before one, and nothing else', async () => {
    const ledger = await open({ prefix: 'purge' });
    await ledger.write({
      ...EMPTY,
      cards: [card(1, 1, 0, '2026-09'), card(2, 1, 0, '2026-10'), card(3, 1)],
    });
    expect(await ledger.purgeBefore('2026-10')).toEqual({ cards: 1, accesses: 0 });
    expect(ask('keys', 'purge:cards:*').split('\n').sort()).toEqual([
      keyOf('purge', 'cards', 2, '2026-10'),
      keyOf('purge', 'cards', 3),
    ]);
    await ledger.close();
  });

  it('refuses a server that does not persist or may evict keys, unless the options accept that', async () => {
    const forgetful = await startRedis('--appendonly', 'no');
    const url = forgetful.url;
    expect(await failureOf(open({ url }))).toMatchObject({
      code: 'ERR_LEDGER_OPEN',
      message: expect.stringContaining('appendonly'),
    });
    const accepted = await open({ url, acceptLoss: true });
    await accepted.write({ ...EMPTY, cards: [card(1, 1)] });
    await accepted.close();
    const evicting = await startRedis(
      '--appendonly',
      'yes',
      '--maxmemory',
      '100mb',
      '--maxmemory-policy',
      'allkeys-lru',
    );
    expect(await failureOf(open({ url: evicting.url }))).toMatchObject({
      code: 'ERR_LEDGER_OPEN',
      message: expect.stringContaining('evict'),
    });
  });

  it('connects to another machine by TLS only, unless the options allow otherwise', async () => {
    const host = { host: 'redis.example', port: 26_379 };
    for (const server of [
      { url: 'redis://redis.example' },
      { url: 'redis://127.0.0.1.example' },
    ] as const)
      expect(await failureOf(open(server))).toMatchObject({
        code: 'ERR_LEDGER_OPEN',
        message: expect.stringContaining('TLS'),
      });
    const personRecords = memoryLedger();
    for (const server of [
      { cluster: ['redis://127.0.0.1', 'redis://redis.example'] },
      { sentinel: { name: 'm', nodes: [host] } },
    ])
      expect(
        await failureOf(openRedisLedger({ ...server, personRecords: personRecords })),
      ).toMatchObject({
        message: expect.stringContaining('TLS'),
      });
  });

  it('reports a refused login at once', async () => {
    const failure = await failureOf(open({ url: server.url.replace('//', '//nobody:nothing@') }));
    expect(failure).toMatchObject({
      code: 'ERR_LEDGER_OPEN',
      text: { en: 'the database role lacks the right to do this in the ledger' },
    });
  });

  it('needs a ledger for its person records, and exactly one server option', async () => {
    expect(await failureOf(open({ personRecords: undefined as never }))).toMatchObject({
      code: 'ERR_ARGUMENT',
    });
    expect(await failureOf(open({ cluster: ['redis://127.0.0.1:1'] }))).toMatchObject({
      code: 'ERR_ARGUMENT',
    });
  });

  it('fails in time and with a code where no server listens or the server accepts no writes', async () => {
    expect(await failureOf(open({ url: 'redis://127.0.0.1:1', timeout: 500 }))).toBeInstanceOf(
      PortabilityError,
    );
    const full = await startRedis(
      '--appendonly',
      'yes',
      '--maxmemory',
      '3mb',
      '--maxmemory-policy',
      'noeviction',
    );
    const ledger = await open({ url: full.url });
    let failure: PortabilityError | undefined;
    for (let n = 0; n < 200 && failure === undefined; n++)
      failure = await ledger
        .write({
          ...EMPTY,
          cards: Array.from({ length: 500 }, (_, each) => card(n * 500 + each, 1)),
        })
        .then(
          () => undefined,
          error => error,
        );
    expect(failure).toMatchObject({
      code: 'ERR_LEDGER_WRITE',
      text: { en: 'the server of the ledger has no room left' },
    });
    await ledger.close();
  });

  it('quotes no key and no value in message, stack or cause', async () => {
    const ledger = await open({ prefix: 'canary' });
    const hash = `canary:cards:2026-11:{${digestOf(CANARY).slice(0, 3)}}`;
    ask('rpush', hash, CANARY);
    const failures = [
      await failureOf(
        ledger.write({
          ...EMPTY,
          cards: [{ month: '2026-11', pseudonym: CANARY, homeDays: 1, outsideDays: 0 }],
        }),
      ),
      await failureOf(ledger.cards([{ month: '2026-11', pseudonym: CANARY }])),
      await failureOf(open({ url: server.url.replace('//', `//${CANARY}:${CANARY}@`) })),
      await failureOf(open({ url: `http://${CANARY}/` })),
      await failureOf(open({ url: `redis://${CANARY}:x@:x` })),
      await failureOf(open({ url: `redis://${CANARY}@redis.example` })),
    ];
    for (const error of failures) {
      expect(error).toBeInstanceOf(PortabilityError);
      expect(
        `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`,
      ).not.toContain(CANARY);
    }
    await ledger.close();
  });

  it('finds a restarted server again, with everything that was written', async () => {
    const one = await startRedis('--appendonly', 'yes', '--appendfsync', 'always');
    const ledger = await open({ url: one.url, timeout: 2000 });
    await ledger.write({ ...EMPTY, cards: [card(1, 1)] });
    one.process.kill('SIGKILL');
    expect(await failureOf(ledger.write({ ...EMPTY, cards: [card(1, 2)] }))).toBeInstanceOf(
      PortabilityError,
    );
    await one.startAgain();
    let isBack = false;
    for (let tries = 0; tries < 50 && !isBack; tries++)
      isBack = await ledger.write({ ...EMPTY, cards: [card(1, 4)] }).then(
        () => true,
        () => new Promise(resolve => setTimeout(() => resolve(false), 100)),
      );
    expect((await ledger.cards(keys(card(1, 0))))[0]!.homeDays & 5).toBe(5);
    await ledger.close();
  });

  it('forgets the position of the keyring if a server or the person records are older than it', async () => {
    const one = await startRedis('--appendonly', 'yes', '--appendfsync', 'always');
    const personRecords = memoryLedger();
    const close = async (): Promise<void> => undefined;
    const reach = (): Promise<Ledger> =>
      openRedisLedger({ url: one.url, personRecords: { ...personRecords, close } });
    const ledger = await reach();
    await ledger.setTombstonePosition('12:0123456789abcdef');
    expect(await ledger.tombstonePosition()).toBe('12:0123456789abcdef');
    await personRecords.setTombstonePosition('3:fedcba9876543210');
    expect(await ledger.tombstonePosition()).toBe('');
    await ledger.setTombstonePosition('12:0123456789abcdef');
    await ledger.close();
    // A server that ends may lose what it has acknowledged last.
    one.process.kill('SIGKILL');
    await new Promise(resolve => one.process.once('exit', resolve));
    await one.startAgain();
    const again = await reach();
    expect(redisCli(one.port, 'get', 'lp:tombstone-position')).toContain('12:0123456789abcdef');
    expect(await again.tombstonePosition()).toBe('');
    await again.close();
  });

  it('forgets the position of the keyring if a server was replaced while tombstones were restored', async () => {
    const one = await startRedis('--appendonly', 'yes', '--appendfsync', 'always');
    const ledger = await open({ url: one.url, timeout: 2000 });
    expect(await ledger.tombstonePosition()).toBe('');
    await ledger.restoreTombstones([
      { month: '2026-11', digest: digestOf(name(1)), through: '2026-11-30' },
    ]);
    one.process.kill('SIGKILL');
    await new Promise(resolve => one.process.once('exit', resolve));
    await one.startAgain();
    const set = () => ledger.setTombstonePosition('12:0123456789abcdef');
    for (let isSet = false; !isSet; ) {
      isSet = await set().then(
        () => true,
        () => new Promise(resolve => setTimeout(() => resolve(false), 100)),
      );
    }
    expect(await ledger.tombstonePosition()).toBe('');
    await set();
    expect(await ledger.tombstonePosition()).toBe('12:0123456789abcdef');
    await ledger.close();
  });

  it('knows no position of the keyring if its servers may evict tombstones', async () => {
    const ledger = await open({ prefix: 'evicts', acceptLoss: true });
    await ledger.setTombstonePosition('12:0123456789abcdef');
    expect(await ledger.tombstonePosition()).toBe('');
    await ledger.close();
  });

  it('does not call restored tombstones durable without the replicas', async () => {
    const ledger = await open({ prefix: 'alone', replicas: 1, timeout: 1000 });
    const tombstone = { month: '2026-11', digest: digestOf(name(1)), through: '2026-11-30' };
    expect(await failureOf(ledger.restoreTombstones([tombstone]))).toMatchObject({
      text: { en: 'too few replicas of the ledger confirmed the write' },
    });
    await ledger.close();
  });

  it('finds the last purge of a ledger that an earlier version wrote', async () => {
    const ledger = await open({ prefix: 'runs' });
    const run = {
      at: '2026-11-05T00:00:00.000Z',
      before: '2025-11',
      cards: 1,
      accesses: 0,
      keys: 1,
    };
    await ledger.recordRun({ ...run, what: 'purge' });
    ask('del', 'runs:purged-before');
    expect(await ledger.purgedBefore()).toBe('2025-11');
    await ledger.recordRun({ ...run, what: 'destroy-keys', before: '2025-10' });
    expect(await ledger.purgedBefore()).toBe('2025-11');
    await ledger.close();
  });

  it('spreads a month evenly over all masters of a cluster', async () => {
    const nodes = await startCluster();
    const ledger = await openRedisLedger({
      cluster: nodes.map(({ url }) => url),
      personRecords: memoryLedger(),
    });
    await ledger.write({
      ...EMPTY,
      cards: Array.from({ length: 3000 }, (_, n) => card(n * 7919, 1)),
    });
    const count = `local cards = 0
      for _, key in ipairs(redis.call('KEYS', 'lp:cards:*')) do cards = cards + redis.call('HLEN', key) end
      return cards`;
    const sizes = nodes.map(({ port }) => Number(redisCli(port, 'eval', count, '0')));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(3000);
    for (const size of sizes) expect(Math.abs(size - 1000)).toBeLessThan(100);
    expect(await ledger.months()).toEqual([{ month: '2026-11', cards: 3000 }]);
    await ledger.close();
  });
});
