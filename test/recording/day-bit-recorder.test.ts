import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utcDay } from '../../src/days.ts';
import type { Batch, Ledger } from '../../src/entry/ledger.ts';
import { memoryLedger } from '../../src/entry/ledger.ts';
import type { Keyring } from '../../src/index.ts';
import { PACKED_CARD_BYTES, packedForm } from '../../src/ledger/packed-cards.ts';
import { DailyDedup, DURABLE, HOME, OUTSIDE } from '../../src/recording/daily-dedup.ts';
import { failedSum, Recorder, type RecorderOptions } from '../../src/recording/day-bit-recorder.ts';
import { PendingQueue, RECORD_BYTES } from '../../src/recording/pending-queue.ts';
import { isBalanced } from '../support/balance.ts';

const NOON = Date.UTC(2026, 10, 22, 12);
const TODAY = utcDay(NOON)!;

/** Pseudonyms that a test can read. */
const readable = (subscriber: string): string =>
  Buffer.from(subscriber.padEnd(16)).toString('hex').slice(0, 32);
const keyring = { cardPseudonym: readable, personPseudonym: readable } as unknown as Keyring;
const pseudonym = (subscriber: string): string => keyring.cardPseudonym(subscriber, '')!;

const defaults = {
  keyring,
  seeds: [1, 2],
  now: () => NOON,
  keepsAccesses: false,
  memoryBytes: 1e6,
  queueBytes: 1000 * RECORD_BYTES,
  batchSize: 10,
  batchMs: 1,
  retryMs: 1,
  closeMs: 20,
  report: () => {},
  rows: () => ({ tally: [], editions: [] }),
} as const;
const recorderOf = (ledger: Ledger, more: Partial<RecorderOptions> = {}) =>
  new Recorder({ ...defaults, ledger, ...more });

/** A ledger whose writes succeed, fail or come late by a schedule. */
function scripted(fate: () => 'ok' | 'fail' | 'late') {
  const inner = memoryLedger();
  let writes = 0;
  const write = async (batch: Batch): Promise<readonly string[]> => {
    writes++;
    const outcome = fate();
    if (outcome === 'late') await new Promise(resolve => setTimeout(resolve, 1));
    if (outcome === 'fail') throw new Error('no');
    return inner.write(batch);
  };
  return { ledger: { ...inner, write }, inner, writes: () => writes };
}

describe('the recorder', () => {
  it('writes once per subscriber, day and side', async () => {
    const { ledger, inner } = scripted(() => 'ok');
    const recorder = recorderOf(ledger);
    for (let round = 0; round < 5; round++) {
      for (const side of [HOME, OUTSIDE]) expect(recorder.record('ann', side, TODAY)).toBe(true);
      recorder.record('bob', HOME, TODAY);
    }
    await recorder.flush();
    expect(recorder.counters).toMatchObject({
      decided: 15,
      recorded: 3,
      alreadyKnown: 12,
      pending: 0,
    });
    expect(await inner.cards([{ month: '2026-11', pseudonym: pseudonym('ann') }])).toEqual([
      { month: '2026-11', pseudonym: pseudonym('ann'), homeDays: 1 << 21, outsideDays: 1 << 21 },
    ]);
  });

  it('starts again each day', async () => {
    const { ledger, inner } = scripted(() => 'ok');
    const recorder = recorderOf(ledger);
    for (const day of [22, 23, 24]) {
      const time = Date.UTC(2026, 10, day, 1);
      recorder.record('ann', HOME, utcDay(time));
      recorder.record('ann', HOME, utcDay(time));
    }
    // Each call gets its own day object: what counts is the day. The gate's clock hands out one
    // object for each day.
    await recorder.flush();
    const [card] = await inner.cards([{ month: '2026-11', pseudonym: pseudonym('ann') }]);
    expect(card!.homeDays).toBe(0b111 << 21);
  });

  it('keeps a bit that could not be written, and writes it when the ledger is back', async () => {
    let isUp = false;
    const { ledger, inner } = scripted(() => (isUp ? 'ok' : 'fail'));
    const recorder = recorderOf(ledger, { retryMs: 5 });
    recorder.record('ann', HOME, TODAY);
    for (let round = 0; round < 2; round++)
      await expect(recorder.flush()).rejects.toMatchObject({
        code: 'ERR_EVIDENCE_WAITING',
        message: expect.stringContaining('1 evidence records are not stored yet'),
      });
    expect(recorder.isFailing()).toBe(true);
    expect(recorder.counters).toMatchObject({ pending: 1, recorded: 0, failed: { ledger: 0 } });
    expect(recorder.waiting.bytes).toBe(RECORD_BYTES);
    isUp = true;
    for (let tries = 0; tries < 500 && recorder.isFailing(); tries++)
      await new Promise(resolve => setTimeout(resolve, 1));
    expect(recorder.isFailing()).toBe(false);
    expect(recorder.counters).toMatchObject({ pending: 0, recorded: 1, failed: { ledger: 0 } });
    expect(recorder.record('ann', HOME, TODAY)).toBe(true);
    expect(recorder.counters).toMatchObject({ decided: 2, recorded: 1, alreadyKnown: 1 });
    expect(await inner.cards([{ month: '2026-11', pseudonym: pseudonym('ann') }])).toHaveLength(1);
    await recorder.close();
  });

  it('says that counts were not stored if nothing else waits', async () => {
    let isUp = false;
    const { ledger } = scripted(() => (isUp ? 'ok' : 'fail'));
    const recorder = recorderOf(ledger);
    await expect(recorder.flush()).rejects.toMatchObject({
      code: 'ERR_EVIDENCE_LOST',
      message: 'the counts of decisions could not be stored',
    });
    isUp = true;
    await expect(recorder.flush()).resolves.toBeUndefined();
    isUp = false;
    await expect(recorder.close()).rejects.toMatchObject({ code: 'ERR_EVIDENCE_LOST' });
  });

  it('resolves a flush although new subscribers come faster than writes end', async () => {
    const { ledger } = scripted(() => 'late');
    const recorder = recorderOf(ledger, { queueBytes: 1e7, batchSize: 1e6, batchMs: 60_000 });
    recorder.record('first', HOME, TODAY);
    let next = 0;
    let isOver = false;
    const traffic = (async () => {
      while (!isOver && next < 100_000) {
        for (let n = 0; n < 5; n++) recorder.record(`s${next++}`, HOME, TODAY);
        await new Promise(resolve => setImmediate(resolve));
      }
    })();
    await recorder.flush();
    isOver = true;
    await traffic;
    expect(next).toBeLessThan(100_000);
    expect(recorder.counters.pending).toBeGreaterThan(0);
    await recorder.close();
  });

  it('is failing while a write does not end, and is closed without it', async () => {
    const ledger = { write: () => new Promise(() => {}) } as unknown as Ledger;
    const recorder = recorderOf(ledger, { lateMs: 5, closeMs: 10 });
    expect(recorder.record('a', HOME, TODAY)).toBe(true);
    for (let tries = 0; tries < 500 && !recorder.isFailing(); tries++)
      await new Promise(resolve => setTimeout(resolve, 1));
    expect(recorder.isFailing()).toBe(true);
    expect(recorder.record('b', HOME, TODAY)).toBe(false);
    await expect(recorder.close()).rejects.toMatchObject({
      code: 'ERR_EVIDENCE_LOST',
      message: '2 evidence records could not be stored',
    });
    expect(recorder.counters).toMatchObject({ pending: 0, failed: { ledger: 2 } });
  });

  it('tries again when it is closed, while that fails for a moment', async () => {
    let writes = 0;
    const { ledger, inner } = scripted(() => (writes++ < 3 ? 'fail' : 'ok'));
    const recorder = recorderOf(ledger, { batchMs: 10_000 });
    recorder.record('a', HOME, TODAY);
    await recorder.close();
    expect(recorder.counters).toMatchObject({ recorded: 1, failed: { ledger: 0 } });
    expect(await inner.months()).toHaveLength(1);
  });

  it('hands over batches that a copy and JSON keep whole', async () => {
    const batches: Batch[] = [];
    const ledger = {
      ...memoryLedger(),
      write: async (batch: Batch) => {
        batches.push(batch);
        return [];
      },
    };
    const recorder = recorderOf(ledger);
    recorder.record('a', OUTSIDE, TODAY);
    await recorder.flush();
    const [batch] = batches;
    const whole = {
      cards: [{ month: '2026-11', pseudonym: pseudonym('a'), homeDays: 0, outsideDays: 1 << 21 }],
      owners: { [pseudonym('a')]: pseudonym('a') },
      accesses: [],
      tally: [],
      editions: [],
    };
    expect({ ...batch }).toEqual(whole);
    expect(JSON.parse(JSON.stringify(batch))).toEqual(whole);
    // A wrapper that changes the cards of a copy is heard.
    expect(packedForm({ ...batch!, cards: [] }).packed).toHaveLength(0);
    expect(packedForm(batch!).packed).toHaveLength(PACKED_CARD_BYTES);
  });

  it('counts what it cannot write when it is closed as lost, and says how much', async () => {
    const { ledger } = scripted(() => 'fail');
    const recorder = recorderOf(ledger);
    for (const who of ['a', 'b', 'c']) recorder.record(who, HOME, TODAY);
    await expect(recorder.close()).rejects.toMatchObject({
      code: 'ERR_EVIDENCE_LOST',
      message: '3 evidence records could not be stored',
    });
    expect(recorder.counters).toMatchObject({ pending: 0, failed: { ledger: 3 } });
    expect(isBalanced(recorder.counters)).toBe(true);
  });

  it('writes more at once when more waits, and nothing twice', async () => {
    const sizes: number[] = [];
    const inner = memoryLedger();
    const waits: (() => void)[] = [];
    const write = async (batch: Batch): Promise<readonly string[]> => {
      sizes.push(batch.cards.length);
      if (sizes.length === 1) await new Promise<void>(resolve => waits.push(resolve));
      return inner.write(batch);
    };
    const recorder = recorderOf({ ...inner, write }, { queueBytes: 1e7 });
    for (let n = 0; n < 25_010; n++) recorder.record(`s${n}`, HOME, TODAY);
    await new Promise(resolve => setImmediate(resolve));
    waits[0]!();
    await recorder.flush();
    expect(sizes.filter(size => size > 0)).toEqual([10, 10_000, 10_000, 5000]);
    expect((await inner.months())[0]!.cards).toBe(25_010);
  });

  it('while the ledger fails, counts a durable bit as recorded and a pending one as not recorded', async () => {
    let isUp = true;
    const { ledger } = scripted(() => (isUp ? 'ok' : 'fail'));
    const recorder = recorderOf(ledger, { batchMs: 10_000 });
    recorder.record('durable', HOME, TODAY);
    await recorder.flush();
    isUp = false;
    recorder.record('a', HOME, TODAY);
    await recorder.flush().catch(() => {});
    const answers = ['b', 'b', 'b', 'durable'].map(subscriber =>
      recorder.record(subscriber, HOME, TODAY),
    );
    expect(answers).toEqual([false, false, false, true]);
    expect(isBalanced(recorder.counters)).toBe(true);
    await recorder.flush().catch(() => {});
  });

  it('survives a ledger that throws at once instead of rejecting', async () => {
    const ledger = {
      write: () => {
        throw new Error('no promise');
      },
    } as unknown as Ledger;
    const recorder = recorderOf(ledger);
    recorder.record('a', HOME, TODAY);
    await expect(recorder.close()).rejects.toMatchObject({ code: 'ERR_EVIDENCE_LOST' });
    expect(recorder.counters).toMatchObject({ pending: 0, failed: { ledger: 1 } });
  });

  it('counts a record beyond the queue as failed, and recovers', async () => {
    const { ledger } = scripted(() => 'ok');
    const recorder = recorderOf(ledger, {
      queueBytes: 5 * RECORD_BYTES,
      batchSize: 100,
      batchMs: 10_000,
    });
    const results = Array.from({ length: 10 }, (_, n) => recorder.record(`s${n}`, HOME, TODAY));
    expect(results.filter(Boolean)).toHaveLength(5);
    expect(recorder.counters).toMatchObject({ pending: 5, failed: { memory: 5 } });
    await expect(recorder.flush()).rejects.toMatchObject({ code: 'ERR_EVIDENCE_LOST' });
    expect(recorder.record('s6', HOME, TODAY)).toBe(true);
    expect(recorder.record('s9', HOME, TODAY)).toBe(true);
    expect(isBalanced(recorder.counters)).toBe(true);
  });

  it('counts records without a key or a day', () => {
    const recorder = recorderOf(memoryLedger(), {
      keyring: { cardPseudonym: () => undefined } as unknown as Keyring,
    });
    expect(recorder.record('ann', HOME, TODAY)).toBe(false);
    expect(recorder.record('ann', HOME, undefined)).toBe(false);
    expect(recorder.counters.failed).toMatchObject({ key: 1, clock: 1 });
  });

  it('keeps each access if configured to', async () => {
    const ledger = memoryLedger();
    let second = 0;
    const recorder = recorderOf(ledger, { keepsAccesses: true, now: () => NOON + second * 1000 });
    for (second of [0, 1, 1]) recorder.record('ann', OUTSIDE, TODAY);
    await recorder.flush();
    const accesses = await ledger.accesses([{ month: '2026-11', pseudonym: pseudonym('ann') }]);
    expect(accesses.map(({ at, fromHome }) => [at - NOON / 1000, fromHome])).toEqual([
      [0, false],
      [1, false],
    ]);
    expect(recorder.counters).toMatchObject({ decided: 3, recorded: 3 });
  });

  // INVARIANT (counted-exactly)
  it('counted-exactly: at every moment, under any schedule of failures, delays and flushes', async () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ who: fc.nat(12), side: fc.constantFrom(HOME, OUTSIDE) }),
      },
      { weight: 1, arbitrary: fc.constant('pass' as const) },
      { weight: 1, arbitrary: fc.constant('flush' as const) },
      { weight: 2, arbitrary: fc.constant('breathe' as const) },
      { weight: 1, arbitrary: fc.constant('no-clock' as const) },
    );
    const fates = fc.array(
      fc.constantFrom('ok' as const, 'ok' as const, 'fail' as const, 'late' as const),
      {
        minLength: 1,
        maxLength: 20,
      },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 80 }),
        fates,
        fc.integer({ min: 1, max: 6 }),
        async (steps, schedule, batchSize) => {
          let turn = 0;
          const { ledger, inner } = scripted(() => schedule[turn++ % schedule.length]!);
          const recorder = recorderOf(ledger, {
            batchSize,
            batchMs: 1,
            queueBytes: 4 * RECORD_BYTES,
            memoryBytes: 1e6,
          });
          const flushes: Promise<unknown>[] = [];
          for (const each of steps) {
            if (each === 'pass') recorder.countSkipped('no-contract');
            else if (each === 'flush') flushes.push(recorder.flush().catch(error => error.code));
            else if (each === 'breathe') await new Promise(resolve => setTimeout(resolve, 1));
            else if (each === 'no-clock') recorder.record('x', HOME, undefined);
            else recorder.record(`s${each.who}`, each.side, TODAY);
            expect(isBalanced(recorder.counters)).toBe(true);
          }
          await Promise.all(flushes);
          await recorder.close().catch(() => {});
          expect(recorder.counters.pending).toBe(0);
          expect(isBalanced(recorder.counters)).toBe(true);
          let bits = 0;
          for (let who = 0; who <= 12; who++) {
            const [card] = await inner.cards([
              { month: '2026-11', pseudonym: pseudonym(`s${who}`) },
            ]);
            bits += Number((card?.homeDays ?? 0) !== 0) + Number((card?.outsideDays ?? 0) !== 0);
          }
          expect(recorder.counters.recorded).toBe(bits);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('rejects from flush only when it lost a record, and counts it once', async () => {
    let isUp = true;
    const { ledger } = scripted(() => (isUp ? 'ok' : 'fail'));
    const recorder = recorderOf(ledger);
    recorder.record('a', HOME, TODAY);
    await recorder.flush();
    isUp = false;
    recorder.record('b', HOME, TODAY);
    await expect(recorder.close()).rejects.toMatchObject({ code: 'ERR_EVIDENCE_LOST' });
    await expect(recorder.flush()).rejects.toMatchObject({
      message: 'the counts of decisions could not be stored',
    });
    expect(failedSum(recorder.counters)).toBe(1);
  });
});

describe('the daily dedup', () => {
  it('tells a million subscribers apart, of every usual shape of identifier', () => {
    const shapes = [
      (n: number) => String(n),
      (n: number) => `3f2a77c0-9b1e-4d0a-8f00-${String(n).padStart(12, '0')}`,
      (n: number) => `user:${n.toString(36)}@example`,
      (n: number) => `${String.fromCharCode(0x400 + (n & 0xff))}${n}`,
    ];
    for (const shape of shapes) {
      const seen = new DailyDedup(32e6, [0x1234567, -0x7654321]);
      for (let n = 0; n < 250_000; n++)
        seen.set(seen.slotOf(shape(n)), n % 2 === 0 ? HOME : OUTSIDE);
      expect(seen).toMatchObject({ remembered: 250_000, forgotten: 0 });
      let wrong = 0;
      for (let n = 0; n < 250_000; n++) {
        const slot = seen.slotOf(shape(n));
        const [own, other] = n % 2 === 0 ? [HOME, OUTSIDE] : [OUTSIDE, HOME];
        if (!seen.has(slot, own) || seen.has(slot, other)) wrong++;
      }
      expect(wrong).toBe(0);
      expect(seen.remembered).toBe(250_000);
    }
  });

  it('never takes more than its bound, and forgets those not seen for longest', () => {
    const bound = 64_000;
    const seen = new DailyDedup(bound, [5, 6]);
    let most = 0;
    const meet = (who: string): boolean => {
      const slot = seen.slotOf(who);
      const isKnown = seen.has(slot, HOME);
      seen.set(slot, HOME);
      most = Math.max(most, seen.bytes);
      return isKnown;
    };
    let lost = 0;
    for (let n = 0; n < 100_000; n++) {
      meet(`s${n}`);
      // A regular is met again and again, and is never forgotten.
      if (!meet('regular') && n > 0) lost++;
    }
    expect(lost).toBe(0);
    expect(most).toBeLessThanOrEqual(bound);
    expect(seen.forgotten).toBeGreaterThan(90_000);
    expect(seen.remembered + seen.forgotten).toBe(100_001);
    // The last thousand are still known, the first are not.
    expect(meet('s99999')).toBe(true);
    expect(meet('s99000')).toBe(true);
    expect(meet('s1')).toBe(false);
  });

  it('remembers below its bound as a set does, whatever is set, forgotten and made durable', () => {
    const step = fc.record({
      who: fc.integer({ min: 0, max: 3000 }),
      side: fc.constantFrom(HOME, OUTSIDE),
      what: fc.constantFrom('set', 'set', 'forget', 'durable'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 4000 }), fc.integer(), (steps, seed) => {
        const seen = new DailyDedup(1e6, [seed, ~seed]);
        const bits = new Map<string, boolean>();
        const later: (() => void)[] = [];
        for (const { who, side, what } of steps) {
          const slot = seen.slotOf(`s${who}`);
          for (const each of [HOME, OUTSIDE, HOME * DURABLE, OUTSIDE * DURABLE])
            expect(seen.has(slot, each)).toBe(bits.get(`${who} ${each}`) ?? false);
          const { lastA, lastB } = seen;
          if (what === 'set') {
            seen.set(slot, side);
            bits.set(`${who} ${side}`, true);
          } else
            later.push(() => {
              if (what === 'forget') seen.forget(lastA, lastB, side);
              else seen.setDurable(lastA, lastB, side);
              const bit = what === 'forget' ? side : side * DURABLE;
              bits.set(`${who} ${bit}`, what !== 'forget');
            });
          // A write settles some time later, when the table may be another one.
          if (later.length > 5) later.shift()!();
        }
      }),
      { numRuns: 60 },
    );
  });

  it('forgets everything at the start of a day', () => {
    const seen = new DailyDedup(1e6, [7, 9]);
    for (let n = 0; n < 10_000; n++) seen.set(seen.slotOf(`s${n}`), HOME);
    seen.clear();
    expect(seen).toMatchObject({ remembered: 0, forgotten: 0 });
    expect(seen.has(seen.slotOf('s1'), HOME)).toBe(false);
  });
});

describe('a recorder with more subscribers than it remembers', () => {
  it('loses no bit: what is forgotten is written once more', async () => {
    const ledger = memoryLedger();
    const recorder = recorderOf(ledger, { memoryBytes: 4096, queueBytes: 1e8, batchSize: 1000 });
    for (let round = 0; round < 3; round++)
      for (let n = 0; n < 20_000; n++) {
        const isHome = (n + round) % 2 === 0;
        expect(recorder.record(`s${n}`, isHome ? HOME : OUTSIDE, TODAY)).toBe(true);
      }
    await recorder.flush();
    expect(failedSum(recorder.counters)).toBe(0);
    expect(recorder.memory.forgotten).toBeGreaterThan(50_000);
    expect(isBalanced(recorder.counters)).toBe(true);
    expect((await ledger.months()).map(({ cards }) => cards)).toEqual([20_000]);
    const bits = await ledger.cards(
      Array.from({ length: 20_000 }, (_, n) => ({
        month: '2026-11',
        pseudonym: pseudonym(`s${n}`),
      })),
    );
    expect(bits.every(card => card.homeDays !== 0 && card.outsideDays !== 0)).toBe(true);
  });
});

describe('the queue of records', () => {
  it('is a first-in first-out list of what was added, whatever is added and removed', () => {
    const record = fc.record({
      pseudonym: fc.integer({ min: 0, max: 2 ** 31 }),
      hash: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      word: fc.integer({ min: 0, max: 2 ** 23 }),
    });
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ add: fc.array(record, { maxLength: 900 }) }) },
      { weight: 2, arbitrary: fc.record({ remove: fc.nat(1500) }) },
    );
    const hex = (n: number): string => n.toString(16).padStart(32, '0');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), steps => {
        const queue = new PendingQueue(1e6);
        const model: { pseudonym: number; hash: number; word: number }[] = [];
        for (const each of steps) {
          if ('add' in each)
            for (const one of each.add) {
              queue.add(hex(one.pseudonym), hex(one.word), one.hash, ~one.hash, one.word, 7);
              model.push(one);
            }
          else {
            const count = Math.min(each.remove, model.length);
            queue.remove(count);
            model.splice(0, count);
          }
          expect([queue.length, queue.bytes]).toEqual([model.length, model.length * RECORD_BYTES]);
          for (const [index, one] of model.entries()) {
            if (index % 97 !== 0 && index !== model.length - 1) continue;
            expect(queue.pseudonym(index)).toBe(hex(one.pseudonym));
            expect(queue.owner(index)).toBe(hex(one.word));
            expect([queue.hashA(index), queue.hashB(index)]).toEqual([one.hash, ~one.hash]);
            expect([queue.dayAndSide(index), queue.at(index)]).toEqual([one.word, 7]);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is full at its bound', () => {
    const queue = new PendingQueue(2 * RECORD_BYTES + 1);
    for (let n = 0; n < 2; n++) {
      expect(queue.isFull).toBe(false);
      expect(queue.add('00'.repeat(16), '11'.repeat(16), 0, 0, 0, 0)).toBe(true);
    }
    expect(queue.isFull).toBe(true);
  });

  it('refuses a pseudonym of another length, because a restriction would not be found', () => {
    const queue = new PendingQueue(1e4);
    for (const [card, owner] of [
      ['00'.repeat(15), '11'.repeat(16)],
      ['00'.repeat(16), 'a name'],
      ['00'.repeat(16), '11'.repeat(32)],
      ['AB'.repeat(16), '11'.repeat(16)],
    ])
      expect(queue.add(card!, owner!, 0, 0, 0, 0)).toBe(false);
    expect(queue.length).toBe(0);
  });
});
