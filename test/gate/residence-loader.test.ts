import { afterEach, describe, expect, it, vi } from 'vitest';
import { memoryLedger } from '../../src/entry/ledger.ts';
import { ResidenceLoader } from '../../src/gate/residence-loader.ts';
import type { ResidenceRow } from '../../src/ledger/person-records.ts';

interface Question {
  readonly pseudonyms: readonly string[];
  readonly day: string;
  answer(): void;
  fail(): void;
}

/** A loader whose questions wait for the test to answer them. */
function asking() {
  const questions: Question[] = [];
  const inner = memoryLedger();
  const residencesOf = (pseudonyms: readonly string[], day: string): Promise<ResidenceRow[]> =>
    new Promise((resolve, reject) => {
      const rows = pseudonyms
        .filter(pseudonym => pseudonym !== 'unknown')
        .map(pseudonym => ({ pseudonym, standing: 'verified', events: '', until: '' }));
      const both = rows.flatMap(row => [row, { ...row, standing: '', until: '2026-12-01' }]);
      questions.push({
        pseudonyms,
        day,
        answer: () => resolve(both),
        fail: () => reject(new Error('down')),
      });
    });
  const ledger = { ...inner, personRecords: { ...inner.personRecords, residencesOf } };
  const time = { day: '2026-11-22' };
  return { questions, time, loader: new ResidenceLoader(ledger, () => time.day) };
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

describe('the loader of residences', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('asks for a hundred subscribers at once, two questions at a time, and gives each its own rows', async () => {
    const { questions, loader } = asking();
    const names = Array.from({ length: 350 }, (_, n) => `p${n}`);
    const loaded = names.map(name => loader.load(name));
    loaded.push(loader.load('unknown'));
    for (let n = 0; n < 5; n++) await turn();
    expect(questions.map(({ pseudonyms }) => pseudonyms.length)).toEqual([100, 100]);
    for (let n = 0; n < 4; n++) {
      questions[n]!.answer();
      for (let wait = 0; wait < 3; wait++) await turn();
    }
    expect(questions.map(({ pseudonyms }) => pseudonyms.length)).toEqual([100, 100, 100, 51]);
    const rows = await Promise.all(loaded);
    expect(rows.map(each => each.rows.length)).toEqual([...Array(350).fill(2), 0]);
    for (const [index, name] of names.entries())
      expect(rows[index]!.rows.every(({ pseudonym }) => pseudonym === name)).toBe(true);
  });

  it('asks for the day on which a question is asked, and says which that was', async () => {
    const { questions, loader, time } = asking();
    const before = loader.load('a');
    await turn();
    time.day = '2026-11-23';
    const after = loader.load('b');
    await turn();
    expect(questions.map(({ day, pseudonyms }) => [day, ...pseudonyms])).toEqual([
      ['2026-11-22', 'a'],
      ['2026-11-23', 'b'],
    ]);
    for (const each of questions) each.answer();
    expect([(await before).day, (await after).day]).toEqual(['2026-11-22', '2026-11-23']);
  });

  it('fails those of a question that fails, and goes on', async () => {
    const { questions, loader } = asking();
    const first = loader.load('a');
    await turn();
    questions[0]!.fail();
    await expect(first).rejects.toThrow('down');
    const second = loader.load('a');
    await turn();
    questions[1]!.answer();
    expect((await second).rows).toHaveLength(2);
  });

  it('gives up questions that are never answered, so that they do not hold up others for ever', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const { questions, loader } = asking();
    const loaded: Promise<unknown>[] = [];
    for (const name of ['a', 'b']) {
      loaded.push(loader.load(name));
      await turn();
    }
    const outcomes = Promise.allSettled(loaded);
    const late = loader.load('c');
    late.catch(() => {});
    await turn();
    expect(questions.flatMap(({ pseudonyms }) => pseudonyms)).toEqual(['a', 'b']);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await outcomes).toMatchObject([
      { reason: { code: 'ERR_LEDGER_BUSY' } },
      { reason: { code: 'ERR_LEDGER_BUSY' } },
    ]);
    // The request of the third one was given up long ago, and nothing is asked for it.
    await expect(late).rejects.toMatchObject({ code: 'ERR_LEDGER_BUSY' });
    const next = loader.load('d');
    await turn();
    await turn();
    expect(questions.flatMap(({ pseudonyms }) => pseudonyms)).toEqual(['a', 'b', 'd']);
    questions.at(-1)!.answer();
    expect((await next).rows).toHaveLength(2);
  });

  it('refuses at its bound instead of growing', async () => {
    const { loader } = asking();
    for (let n = 0; n < 100_000; n++) loader.load(`p${n}`).catch(() => {});
    await expect(loader.load('one more')).rejects.toMatchObject({ code: 'ERR_LEDGER_BUSY' });
  });
});
