/**
 * Tests that no erased bit comes back in Redis: with a gateway that dies in the middle of a write,
 * with erasures and writes at the same time, and with a ledger of the earlier layout.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Card, type Ledger, memoryLedger } from '../../../src/entry/ledger.ts';
import { digestOf } from '../../../src/ledger/ledger.ts';
import { openRedisLedger, type RedisOptions } from '../../../src/ledger/redis.ts';
import { card, EMPTY, keys, name, sorted } from '../../support/contract/cards.ts';
import {
  hasRedis,
  openLine,
  type RedisProcess,
  redisCli,
  startCluster,
  startRedis,
  stopRedis,
} from '../../support/redis.ts';

const open = (options: Partial<RedisOptions>): Promise<Ledger> =>
  openRedisLedger({ personRecords: memoryLedger(), keepMonths: 120, ...options });

describe.skipIf(!hasRedis)('an erasure in Redis', () => {
  let server: RedisProcess;
  let ask: (...args: readonly string[]) => string;
  beforeAll(async () => {
    server = await startRedis();
    ask = (...args) => redisCli(server.port, ...args);
  });
  afterAll(stopRedis);

  it('outlives a gateway whose write was on its way when it came, and that dies before it can look again', async () => {
    const prefix = 'dies';
    const line = await openLine(server.port);
    const url = `redis://127.0.0.1:${line.port}`;
    const gateway = await open({ url, prefix, timeout: 1000 });
    const desk = await open({ url: server.url, prefix });
    await gateway.write({ ...EMPTY, cards: [card(1, 1), card(2, 1)] });
    // The gateway has seen no tombstone when it sends the bits.
    const isSent = line.hold(/SETBIT|EVAL/);
    const write = gateway.write({ ...EMPTY, cards: [card(1, 0b100)] }).catch(() => undefined);
    await isSent;
    await desk.erase(keys(card(1, 0)), '2026-11-30');
    await line.deliverAndEnd();
    await write;
    await gateway.close();
    expect(await desk.cards(keys(card(1, 0), card(2, 0)))).toEqual([card(2, 1)]);
    await desk.close();
  });

  it('meets the writes of the same cards in any order, and what was written before it or later is gone', async () => {
    const prefix = 'meets';
    const gateways = await Promise.all([1, 2].map(() => open({ url: server.url, prefix })));
    const desk = await open({ url: server.url, prefix });
    const cards = Array.from({ length: 400 }, (_, n) => card(n, 0b11111));
    await Promise.all([
      ...gateways.flatMap(gateway => cards.map(each => gateway.write({ ...EMPTY, cards: [each] }))),
      ...cards.filter((_, n) => n % 2 === 0).map(each => desk.erase(keys(each), '2026-11-03')),
    ]);
    const expected = cards.map((each, n) => (n % 2 === 0 ? { ...each, homeDays: 0b11000 } : each));
    expect(sorted(await desk.cards(keys(...cards)))).toEqual(sorted(expected));
    for (const each of [desk, ...gateways]) await each.close();
  });

  it('is known to a server that forgot the scripts', async () => {
    const ledger = await open({ url: server.url, prefix: 'forgets' });
    await ledger.erase(keys(card(1, 0)), '2026-11-30');
    ask('script', 'flush');
    await ledger.write({ ...EMPTY, cards: [card(1, 1), card(2, 1)] });
    expect(await ledger.cards(keys(card(1, 0), card(2, 0)))).toEqual([card(2, 1)]);
    await ledger.close();
  });

  it('never shortens what is kept of others, although its own retention is shorter', async () => {
    const long = await open({ url: server.url, prefix: 'short', keepMonths: 120 });
    const old: Card = card(1, 1, 0, '2020-01');
    await long.write({ ...EMPTY, cards: [old] });
    const short = await open({ url: server.url, prefix: 'short', keepMonths: 12 });
    await short.write({ ...EMPTY, cards: [{ ...old, homeDays: 2 }] });
    expect(await long.cards(keys(old))).toEqual([{ ...old, homeDays: 3 }]);
    await long.close();
    await short.close();
  });
});

/** Writes what version 0.1.0 wrote before its cards were in hashes: a key for each card. */
function writeEarlierLayout(say: (...args: readonly string[]) => string, expiry: string): void {
  const put = (key: string, ...args: readonly string[]): void => {
    say(args[0]!, key, ...args.slice(1));
    say('expireat', key, expiry);
  };
  for (let n = 1; n <= 40; n++) put(`lp:card:2026-11:{${name(n)}}`, 'setbit', '31', '1');
  put(`lp:card:2026-10:{${name(41)}}`, 'bitfield', 'set', 'u32', '0', '6', 'set', 'u32', '32', '5');
  const at = Date.UTC(2026, 10, 1, 20) / 1000;
  put(`lp:access:2026-11:{${name(1)}}`, 'zadd', `${at}`, `${at} 1`, `${at + 1}`, `${at + 1} 0`);
  put(`lp:access:2026-11:{${name(2)}}`, 'zadd', `${at}`, `${at} 1`);
  const mark = (n: number, ...fields: readonly string[]): void =>
    put(`lp:mark:2026-11:{${digestOf(name(n))}}`, 'hset', ...fields);
  // Stored, and not yet applied: its gateway died.
  mark(2, 'through', '2026-11-30', 'home', '0', 'outside', '0', 'pending', 'x');
  mark(3, 'through', '', 'home', '1', 'outside', '0');
  mark(50, 'through', '2026-11-05', 'home', '0', 'outside', '8');
}

const movedCards = [
  card(41, 6, 5, '2026-10'),
  ...Array.from({ length: 40 }, (_, n) => card(n + 1, 1)).filter((_, n) => n !== 1 && n !== 2),
];

async function expectMoved(ledger: Ledger): Promise<void> {
  const pieces = [await ledger.scan('', 1000)];
  while (pieces.at(-1)!.next !== '') pieces.push(await ledger.scan(pieces.at(-1)!.next, 1000));
  expect(sorted(pieces.flatMap(({ batch }) => batch.cards))).toEqual(sorted(movedCards));
  const at = Date.UTC(2026, 10, 1, 20) / 1000;
  const access = { month: '2026-11', pseudonym: name(1), at, fromHome: true };
  expect(pieces.flatMap(({ batch }) => batch.accesses)).toEqual([
    access,
    { ...access, at: at + 1, fromHome: false },
  ]);
  const digest = (n: number) => ({ month: '2026-11', digest: digestOf(name(n)) });
  expect(new Set(await ledger.tombstones())).toEqual(
    new Set([
      { ...digest(2), through: '2026-11-30' },
      { ...digest(3), through: '', homeDays: 1 },
      { ...digest(50), through: '2026-11-05', outsideDays: 8 },
    ]),
  );
  expect(await ledger.verify()).toEqual([]);
}

describe.skipIf(!hasRedis)('a Redis ledger of the earlier layout', () => {
  afterAll(stopRedis);
  const expiry = String(Date.UTC(2027, 11, 1) / 1000);

  it('is moved when it is opened: no card is lost, no erased bit returns, and each keeps its expiry', async () => {
    const server = await startRedis();
    writeEarlierLayout((...args) => redisCli(server.port, ...args), expiry);
    const ledger = await open({ url: server.url });
    await expectMoved(ledger);
    const left = ['card', 'access', 'mark'].map(family =>
      redisCli(server.port, 'keys', `lp:${family}:*`),
    );
    expect(left).toEqual(['', '', '']);
    const moved = `lp:cards:2026-10:{${digestOf(name(41)).slice(0, 3)}}`;
    expect(redisCli(server.port, 'expiretime', moved)).toBe(expiry);
    await ledger.close();
  });

  it('is found by a verification and moved by a purge, if an old gateway writes to it later', async () => {
    const server = await startRedis();
    const ledger = await open({ url: server.url });
    await ledger.erase(keys(card(4, 0)), '2026-11-30');
    expect(await ledger.verify()).toEqual([]);
    writeEarlierLayout((...args) => redisCli(server.port, ...args), expiry);
    expect(await ledger.verify()).toMatchObject([{ id: 'earlier-layout' }]);
    expect(await ledger.purgeBefore('2026-11')).toEqual({ cards: 1, accesses: 0 });
    expect(await ledger.verify()).toEqual([]);
    expect(await ledger.months()).toEqual([{ month: '2026-11', cards: 37 }]);
    expect(await ledger.cards(keys(card(1, 0), card(4, 0), card(41, 0, 0, '2026-10')))).toEqual([
      card(1, 1),
    ]);
    await ledger.close();
  });

  it('is moved from layout 2, where the accesses of a person were a text', async () => {
    const server = await startRedis();
    const say = (...args: readonly string[]) => redisCli(server.port, ...args);
    const first = await open({ url: server.url });
    await first.write({ ...EMPTY, cards: [card(1, 1), card(2, 1)] });
    await first.erase(keys(card(2, 0)), '2026-11-30');
    await first.close();
    const at = Date.UTC(2026, 10, 1, 20) / 1000;
    for (const n of [1, 2]) {
      const key = `lp:accesses:2026-11:{${digestOf(name(n)).slice(0, 3)}}`;
      say('hset', key, name(n), ` ${at}+ ${at + 1}-`);
      say('expireat', key, expiry);
    }
    say('set', 'lp:layout', '2');
    const ledger = await open({ url: server.url });
    const access = { month: '2026-11', pseudonym: name(1), at, fromHome: true };
    expect(await ledger.accesses(keys(card(1, 0), card(2, 0)))).toEqual([
      access,
      { ...access, at: at + 1, fromHome: false },
    ]);
    expect(say('keys', 'lp:accesses:*')).toBe('');
    await ledger.close();
  });

  it('is moved in a cluster, by two processes at once', async () => {
    const nodes = await startCluster();
    const say = (...args: readonly string[]): string => redisCli(nodes[0]!.port, '-c', ...args);
    writeEarlierLayout(say, expiry);
    const cluster = nodes.map(({ url }) => url);
    const both = await Promise.all([open({ cluster }), open({ cluster })]);
    for (const ledger of both) {
      await expectMoved(ledger);
      await ledger.close();
    }
  });
});
