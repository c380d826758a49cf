import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../../src/cli/demo-traffic.ts';
import { followTable, openSharedTable, publishTable } from '../../../src/entry/tables.ts';
import { loadZoneTable, type ZoneTable } from '../../../src/index.ts';
import { tableOf } from '../../support/tables.ts';

/** A table in which every address of the workers is in one zone. */
const uniform = (code: string): Promise<ZoneTable> =>
  tableOf([
    ['2.0.0.0/8', '3.0.0.0/8', '4.0.0.0/8', '2a01:cb00::/32']
      .map(prefix => `${prefix},${code}`)
      .join('\n'),
  ]);
const FRANCE = await uniform('FR');
const SPAIN = await uniform('ES');
const BRITAIN = await uniform('GB');

async function startAskers(count: number, name: string): Promise<Worker[]> {
  const workers = Array.from(
    { length: count },
    () =>
      new Worker(new URL('./asker.mjs', import.meta.url), {
        workerData: { name, table: FRANCE.share() },
      }),
  );
  await Promise.all(workers.map(worker => once(worker, 'message')));
  return workers;
}

interface Counts {
  readonly asked: number;
  readonly mixed: number;
  readonly tables: number;
  readonly edition: string;
}

async function finish(worker: Worker): Promise<Counts> {
  const counts = once(worker, 'message');
  worker.postMessage('over');
  const [message] = await counts;
  const [code] = await once(worker, 'exit');
  expect(code).toBe(0);
  return message as Counts;
}

describe('a shared table', () => {
  it('that a follower rejects is not acknowledged, and leaves the thread and its current table alone', async () => {
    const publisher = publishTable('picky', FRANCE, { timeoutMs: 300 });
    const applied: ZoneTable[] = [];
    const follower = await followTable('picky', table => {
      if (table.locate('2.0.0.1').zone !== 'home') throw new Error('not ours');
      applied.push(table);
    });
    expect(await publisher.replace(SPAIN)).toMatchObject({ missing: 1 });
    expect(applied.map(({ edition }) => edition.id)).toEqual([FRANCE.edition.id]);
    follower.close();
    await expect(
      followTable('picky', () => {
        throw new Error('not ours');
      }),
    ).rejects.toThrow('not ours');
    publisher.close();
  });

  it('answers as the one it was shared from, over the same memory', async () => {
    const table = await loadZoneTable();
    const handle = table.share();
    const shared = openSharedTable(structuredClone(handle));
    expect(handle.buffer.byteLength).toBe(table.byteLength);
    expect(shared.edition).toEqual(table.edition);
    const random = randomFrom(11);
    for (let n = 0; n < 200_000; n++) {
      const address = Math.floor(random() * 2 ** 32);
      expect(shared.locateIPv4(address)).toBe(table.locateIPv4(address));
    }
    for (const text of ['193.252.19.3', '2a01:cb00::1', '2001:db8::1', '::ffff:8.8.8.8', 'x'])
      expect(shared.locate(text)).toBe(table.locate(text));
  });

  it.each([undefined, null, {}, { buffer: new ArrayBuffer(8), places: [], edition: {} }, 'x'])(
    'cannot be opened from %j',
    handle => {
      expect(() => openSharedTable(handle as never)).toThrow(
        expect.objectContaining({ code: 'ERR_ARGUMENT' }),
      );
      expect(() => publishTable('', FRANCE)).toThrow(
        expect.objectContaining({ code: 'ERR_ARGUMENT' }),
      );
    },
  );

  // INVARIANT (no-answer-mixes-two-tables)
  it('no-answer-mixes-two-tables: ten thousand swaps under worker threads that ask without pause', async () => {
    const publisher = publishTable('swaps', FRANCE);
    const workers = await startAskers(3, 'swaps');
    const tables = [SPAIN, BRITAIN, FRANCE];
    let last = FRANCE;
    for (let swap = 0; swap < 10_000; swap += 20) {
      // Several at once, without waiting: a thread may skip those that were replaced before its
      // turn.
      const round = Array.from({ length: 20 }, (_, n) => tables[(swap + n) % 3]!);
      last = round.at(-1)!;
      const changes = round.map(publisher.replace);
      expect((await Promise.all(changes)).at(-1)).toEqual({ changed: 3, missing: 0 });
    }
    const counts = await Promise.all(workers.map(finish));
    publisher.close();
    for (const { asked, mixed, tables: seen, edition } of counts) {
      expect([mixed, edition]).toEqual([0, last.edition.id]);
      expect(asked).toBeGreaterThan(1000);
      expect(seen).toBeGreaterThan(500);
    }
  });

  it('reaches late followers, and does not wait for those that closed or do nothing', async () => {
    const publisher = publishTable('late', FRANCE, { timeoutMs: 50 });
    expect(await publisher.replace(SPAIN)).toEqual({ changed: 0, missing: 0 });
    const got: string[] = [];
    const first = await followTable('late', table => got.push(table.edition.id));
    const silent = await followTable('late', () => {});
    expect(got).toEqual([SPAIN.edition.id]);
    expect(await publisher.replace(BRITAIN)).toEqual({ changed: 2, missing: 0 });
    first.close();
    expect(await publisher.replace(FRANCE)).toEqual({ changed: 1, missing: 0 });
    expect(got).toEqual([SPAIN.edition.id, BRITAIN.edition.id]);
    silent.close();
    publisher.close();
  });

  it('reaches followers that open before the publisher, and from a later publisher of the same name', async () => {
    const got: string[] = [];
    const following = followTable('early', table => got.push(table.edition.id));
    const first = publishTable('early', FRANCE);
    const follower = await following;
    await delay(50);
    expect(await first.replace(SPAIN)).toEqual({ changed: 1, missing: 0 });
    first.close();
    first.close();
    await expect(first.replace(FRANCE)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    const second = publishTable('early', BRITAIN);
    await delay(50);
    expect(await second.replace(FRANCE)).toEqual({ changed: 1, missing: 0 });
    expect(got).toEqual([FRANCE, SPAIN, BRITAIN, FRANCE].map(table => table.edition.id));
    follower.close();
    follower.close();
    second.close();
  });

  it('is waited for once where a thread is gone without closing', async () => {
    const publisher = publishTable('gone', FRANCE, { timeoutMs: 100 });
    const [worker] = await startAskers(1, 'gone');
    expect(await publisher.replace(SPAIN)).toEqual({ changed: 1, missing: 0 });
    await worker!.terminate();
    expect(await publisher.replace(BRITAIN)).toEqual({ changed: 0, missing: 1 });
    expect(await publisher.replace(FRANCE)).toEqual({ changed: 0, missing: 0 });
    publisher.close();
  });
});
