import { describe, expect, it } from 'vitest';
import { memoryLedger, verifyEvidence } from '../../src/entry/ledger.ts';
import { purge } from '../../src/index.ts';
import { eraseCards } from '../../src/subjects/retention.ts';
import { EMPTY } from '../support/contract/cards.ts';
import { bit, cardsOf, noon, request, setUp } from '../support/gate.ts';

describe('retention', () => {
  it('keeps twelve complete months and the current one, then removes card and key, and notes the run', async () => {
    const { gate, ledger, keyring } = await setUp('2025-10-31');
    gate.decide(request('s', '2.1.1.1'));
    await gate.flush();
    await gate.close();
    expect(await purge(ledger, keyring, noon('2026-10-31'))).toMatchObject({
      before: '2025-10',
      cards: 0,
      keys: [],
    });
    expect(await verifyEvidence(ledger, keyring)).toEqual([]);
    expect(await purge(ledger, keyring, noon('2026-11-01'))).toMatchObject({
      before: '2025-11',
      cards: 1,
      keys: ['2025-10'],
    });
    expect(await ledger.months()).toEqual([]);
    expect((await ledger.runs()).filter(run => run.keys > 0)).toMatchObject([
      { what: 'purge', cards: 1, keys: 1 },
    ]);
    expect(keyring.cardPseudonym('s', '2025-10')).toBeUndefined();
    for (const months of [-1, 0.5, 121, Number.NaN]) {
      await expect(purge(ledger, keyring, noon('2026-11-01'), { months })).rejects.toMatchObject({
        code: 'ERR_EVIDENCE_OPTION',
      });
    }
  });

  it('keeps counts and editions for a year, or with cards that are kept for longer, and runs for three', async () => {
    const { gate, ledger, keyring } = await setUp('2025-10-31');
    gate.decide(request('s', '2.1.1.1'));
    await gate.close();
    await ledger.write({ ...EMPTY, editions: [{ day: '2026-10-31', edition: 'newer' }] });
    const counts = async () => (await ledger.tally('2025-01-01', '2025-12-31')).length;
    const editions = async () => (await ledger.editions('2025-01-01', '2025-12-31')).length;
    await eraseCards(ledger, keyring, 'other', noon('2025-10-31'));
    await purge(ledger, keyring, noon('2026-11-01'), { months: 13 });
    expect([await counts(), await editions()]).toEqual([1, 1]);
    await purge(ledger, keyring, noon('2026-10-31'), { months: 0 });
    expect([await counts(), await editions()]).toEqual([1, 1]);
    await purge(ledger, keyring, noon('2026-11-01'), { months: 0 });
    expect([await counts(), await editions()]).toEqual([0, 0]);
    const erased = async () => (await ledger.runs()).filter(({ what }) => what === 'erase');
    await purge(ledger, keyring, noon('2028-10-31'));
    expect(await erased()).toHaveLength(1);
    await purge(ledger, keyring, noon('2028-11-01'));
    expect(await erased()).toEqual([]);
  });

  it('runs by itself in an open gate, once a day', async () => {
    const { ledger, keyring } = await setUp('2026-11-22').then(async ({ gate, ...rest }) =>
      gate.close().then(() => rest),
    );
    await keyring.ensureMonth('2025-09');
    await ledger.write({
      cards: [{ month: '2025-09', pseudonym: 'a'.repeat(32), homeDays: 1, outsideDays: 0 }],
      accesses: [],
      tally: [],
      editions: [],
    });
    const { gate } = await setUp('2026-11-23', { ledger, keyring });
    await gate.close();
    expect(await ledger.months()).toEqual([]);
    expect((await keyring.months()).find(({ month }) => month === '2025-09')?.state).toBe(
      'destroyed',
    );
  });

  it('neither purges nor writes a day when the clock leapt while no gate was open', async () => {
    const { ledger, keyring, gate } = await setUp('2026-11-22');
    gate.decide(request('s', '2.1.1.1'));
    await gate.flush();
    await gate.close();
    for (const wrong of ['2028-06-01', '2028-06-02', '2026-11-20']) {
      const leapt = await setUp(wrong, { ledger, keyring });
      expect(leapt.gate.decide(request('s', '2.1.1.1')).verdict).toBe('domestic');
      await leapt.gate.flush().catch(() => {});
      expect(leapt.gate.health()).toMatchObject({
        status: 'degraded',
        evidence: { isClockPlausible: false, failed: { clock: 1 } },
      });
      await leapt.gate.close().catch(() => {});
    }
    expect(await ledger.months()).toEqual([{ month: '2026-11', cards: 1 }]);
    expect((await keyring.months()).map(({ state }) => state)).toEqual(['held', 'held']);
    const accepted = await setUp('2027-03-01', { ledger, keyring, acceptClock: true });
    accepted.gate.decide(request('s', '2.1.1.1'));
    await accepted.gate.close();
    expect((await ledger.months()).map(({ month }) => month)).toEqual(['2026-11', '2027-03']);
  });

  it('removes single accesses that an earlier opt-in left behind', async () => {
    const { gate, ledger, keyring } = await setUp('2026-11-22', {
      detail: { access: { purpose: 'abuse', keepDays: 30 } },
    });
    gate.decide(request('s', '2.1.1.1'));
    await gate.close();
    const key = [{ month: '2026-11', pseudonym: keyring.cardPseudonym('s', '2026-11')! }];
    expect(await ledger.accesses(key)).toHaveLength(1);
    const without = await setUp('2026-11-23', { ledger, keyring });
    await without.gate.close();
    expect(await ledger.accesses(key)).toEqual([]);
    expect(await ledger.cards(key)).toHaveLength(1);
  });

  it('finds cards without a key, and keys destroyed before their cards', async () => {
    const { ledger, keyring, gate } = await setUp('2026-11-22');
    await gate.close();
    const put = (month: string) =>
      ledger.write({
        cards: [{ month, pseudonym: 'b'.repeat(32), homeDays: 1, outsideDays: 0 }],
        accesses: [],
        tally: [],
        editions: [],
      });
    await put('2026-11');
    expect(await verifyEvidence(ledger, keyring)).toEqual([]);
    await put('2026-07');
    expect(await verifyEvidence(ledger, keyring)).toMatchObject([
      { en: '2026-07: cards without a key in this keyring: 1' },
    ]);
    await keyring.ensureMonth('2026-07');
    await keyring.destroyBefore('2026-08', '2026-11-22');
    expect(await verifyEvidence(ledger, keyring)).toMatchObject([
      { en: '2026-07: cards that remain although their key was destroyed: 1' },
    ]);
  });
});

describe('erasure', () => {
  it('holds through a retry, later requests of the day, and a ledger restored from a backup', async () => {
    const { gate, ledger, keyring, time } = await setUp('2026-11-22');
    gate.decide(request('gone', '2.1.1.1'));
    gate.decide(request('stays', '2.1.1.1'));
    await gate.flush();
    const backup = memoryLedger();
    const both = await Promise.all(
      ['gone', 'stays'].map(each => cardsOf(ledger, keyring, each, '2026-11')),
    );
    await backup.write({ cards: both.flat(), accesses: [], tally: [], editions: [] });
    expect(await eraseCards(ledger, keyring, 'gone', time.now)).toBe(1);
    gate.decide(request('gone', '3.1.1.1'));
    await gate.flush();
    expect(await cardsOf(ledger, keyring, 'gone', '2026-11')).toEqual([]);
    await gate.close();
    const restored = await setUp('2026-11-23', { ledger: backup, keyring });
    expect(await cardsOf(backup, keyring, 'gone', '2026-11')).toEqual([]);
    expect(await cardsOf(backup, keyring, 'stays', '2026-11')).toHaveLength(1);
    restored.gate.decide(request('gone', '2.1.1.1'));
    await restored.gate.flush();
    expect(await cardsOf(backup, keyring, 'gone', '2026-11')).toMatchObject([
      { homeDays: bit(23), outsideDays: 0 },
    ]);
    await restored.gate.close();
  });
});
