import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utcDay } from '../../src/days.ts';
import type { Batch, Ledger } from '../../src/entry/ledger.ts';
import { memoryLedger } from '../../src/entry/ledger.ts';
import type { Keyring } from '../../src/index.ts';
import { DailyDedup, DURABLE, HOME, OUTSIDE } from '../../src/recording/daily-dedup.ts';
import { failedSum, Recorder, type RecorderOptions } from '../../src/recording/day-bit-recorder.ts';
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
  queue: 1000,
  batchSize: 10,
  batchMs: 1,
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

  it('forgets a bit that could not be written, and tries again at the next request', async () => {
    let isUp = false;
    const { ledger, inner } = scripted(() => (isUp ? 'ok' : 'fail'));
    const recorder = recorderOf(ledger);
    recorder.record('ann', HOME, TODAY);
    await expect(recorder.flush()).rejects.toMatchObject({
      code: 'ERR_EVIDENCE_LOST',
      message: '1 evidence records could not be stored',
    });
    expect(recorder.isFailing()).toBe(true);
    await expect(recorder.flush()).rejects.toMatchObject({
      message: 'the counts of decisions could not be stored',
    });
    isUp = true;
    await expect(recorder.flush()).resolves.toBeUndefined();
    recorder.record('ann', HOME, TODAY);
    await recorder.flush();
    expect(recorder.isFailing()).toBe(false);
    expect(recorder.counters).toMatchObject({ decided: 2, recorded: 1, failed: { ledger: 1 } });
    expect(await inner.cards([{ month: '2026-11', pseudonym: pseudonym('ann') }])).toHaveLength(1);
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
    await expect(recorder.flush()).rejects.toMatchObject({ code: 'ERR_EVIDENCE_LOST' });
    expect(recorder.counters).toMatchObject({ pending: 0, failed: { ledger: 1 } });
  });

  it('counts a record beyond the queue as failed, and recovers', async () => {
    const { ledger } = scripted(() => 'ok');
    const recorder = recorderOf(ledger, {
      queue: 5,
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
            queue: 4,
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
          await recorder.flush().catch(() => {});
          await Promise.all(flushes);
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
    await expect(recorder.flush()).rejects.toMatchObject({ code: 'ERR_EVIDENCE_LOST' });
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
    const recorder = recorderOf(ledger, { memoryBytes: 4096, queue: 1_000_000, batchSize: 1000 });
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
