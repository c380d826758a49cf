/** Tests that operations over the whole ledger reach every key after slots of a cluster moved. */
import { spawn, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ledger, memoryLedger } from '../../../src/entry/ledger.ts';
import { digestOf } from '../../../src/ledger/ledger.ts';
import { openRedisLedger } from '../../../src/ledger/redis.ts';
import { card, EMPTY, keys, sorted } from '../../support/contract/cards.ts';
import {
  hasRedis,
  type RedisProcess,
  redisCli,
  startCluster,
  stopRedis,
} from '../../support/redis.ts';

const scanned = async (ledger: Ledger) => {
  const pieces = [await ledger.scan('', 50)];
  while (pieces.at(-1)!.next !== '') pieces.push(await ledger.scan(pieces.at(-1)!.next, 50));
  return sorted(pieces.flatMap(({ batch }) => batch.cards));
};

describe.skipIf(!hasRedis)('a Redis Cluster whose slots move', () => {
  let nodes: RedisProcess[] = [];
  const nodeId = ({ port }: RedisProcess): string => redisCli(port, 'cluster', 'myid');
  const reshardArgs = (from: RedisProcess, to: RedisProcess, slots: number): string[] =>
    [
      ['--cluster', 'reshard', `127.0.0.1:${from.port}`],
      ['--cluster-from', nodeId(from), '--cluster-to', nodeId(to)],
      ['--cluster-slots', String(slots), '--cluster-yes'],
    ].flat();
  beforeAll(async () => {
    nodes = await startCluster();
  });
  afterAll(stopRedis);

  const open = (prefix: string, timeout?: number): Promise<Ledger> =>
    openRedisLedger({
      cluster: nodes.map(({ url }) => url),
      timeout,
      personRecords: memoryLedger(),
      keepMonths: 120,
      prefix,
    });
  const at = Date.UTC(2026, 9, 5) / 1000;
  const old = Array.from({ length: 1500 }, (_, n) => card(n, 1, 0, '2026-10'));
  const current = Array.from({ length: 500 }, (_, n) => card(n, 1));
  const accesses = old
    .slice(0, 200)
    .map(({ month, pseudonym }) => ({ month, pseudonym, at, fromHome: true }));

  it('is walked whole by a ledger that was idle meanwhile', async () => {
    const ledger = await open('idle');
    await ledger.write({ ...EMPTY, cards: [...old, ...current], accesses });
    await ledger.erase(keys(card(9000, 0)), '2026-11-30');
    expect(
      spawnSync('redis-cli', reshardArgs(nodes[0]!, nodes[1]!, 4000), { encoding: 'utf8' }).status,
    ).toBe(0);
    expect(await ledger.months()).toEqual([
      { month: '2026-10', cards: 1500 },
      { month: '2026-11', cards: 500 },
    ]);
    expect(await scanned(ledger)).toEqual(sorted([...old, ...current]));
    expect(await ledger.tombstones()).toHaveLength(1);
    const persisted = `idle:cards:2026-11:{${digestOf(current[0]!.pseudonym).slice(0, 3)}}`;
    redisCli(nodes[0]!.port, '-c', 'persist', persisted);
    expect(await ledger.verify()).toMatchObject([{ id: 'card-expiry' }]);
    expect(await ledger.purgeAccesses(at + 1)).toBe(200);
    expect(await ledger.purgeBefore('2026-11')).toEqual({ cards: 1500, accesses: 0 });
    for (const { port } of nodes)
      expect(redisCli(port, 'keys', 'idle:*:2026-10:*'), String(port)).toBe('');
    expect(await scanned(ledger)).toEqual(sorted(current));
    await ledger.close();
  });

  it('takes writes and erasures while they move', async () => {
    const ledger = await open('written');
    const moving = spawn('redis-cli', reshardArgs(nodes[2]!, nodes[0]!, 2000), { stdio: 'ignore' });
    let rounds = 0;
    for (; moving.exitCode === null || rounds === 0; rounds++) {
      const cards = current.map(each => ({ ...each, homeDays: 1 << (rounds % 20) }));
      await ledger.write({ ...EMPTY, cards });
      await ledger.erase(keys(cards[rounds % 500]!), '2026-11-30');
    }
    const left = current.slice(Math.min(rounds, 500)).map(each => ({
      ...each,
      homeDays: 2 ** Math.min(rounds, 20) - 1,
    }));
    expect(sorted(await scanned(ledger))).toEqual(sorted(left));
    await ledger.close();
  });

  it('names the slot whose move was never finished, until it is', async () => {
    const ledger = await open('stuck', 1000);
    await ledger.write({ ...EMPTY, cards: [card(1, 1)] });
    const tag = digestOf(card(1, 1).pseudonym).slice(0, 3);
    const slot = redisCli(nodes[0]!.port, 'cluster', 'keyslot', `{${tag}}`);
    const holds = ({ port }: RedisProcess) =>
      redisCli(port, 'cluster', 'countkeysinslot', slot) !== '0';
    const from = nodes.find(holds)!;
    const to = nodes.find(each => each !== from)!;
    const setSlot = (node: RedisProcess, ...args: readonly string[]) =>
      expect(redisCli(node.port, 'cluster', 'setslot', slot, ...args)).toBe('OK');
    setSlot(to, 'importing', nodeId(from));
    setSlot(from, 'migrating', nodeId(to));
    await expect(ledger.write({ ...EMPTY, cards: [card(1, 2)] })).rejects.toMatchObject({
      code: 'ERR_LEDGER_BUSY',
      text: { en: expect.stringContaining('finish or fix the move of the slot') },
    });
    setSlot(from, 'stable');
    setSlot(to, 'stable');
    await ledger.write({ ...EMPTY, cards: [card(1, 2)] });
    expect(await ledger.cards(keys(card(1, 0)))).toEqual([card(1, 3)]);
    await ledger.close();
  });

  it('is walked whole, each card once, while they move', async () => {
    const ledger = await open('moving');
    await ledger.write({ ...EMPTY, cards: [...old, ...current] });
    const moving = spawn('redis-cli', reshardArgs(nodes[1]!, nodes[2]!, 3000), { stdio: 'ignore' });
    const moved = new Promise(resolve => moving.once('exit', resolve));
    for (let rounds = 0; moving.exitCode === null || rounds === 0; rounds++) {
      expect(await scanned(ledger)).toEqual(sorted([...old, ...current]));
      expect(await ledger.months()).toEqual([
        { month: '2026-10', cards: 1500 },
        { month: '2026-11', cards: 500 },
      ]);
    }
    expect(await moved).toBe(0);
    await ledger.close();
  });
});
