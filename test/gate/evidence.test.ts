import { describe, expect, it } from 'vitest';
import { type Ledger, memoryLedger } from '../../src/entry/ledger.ts';
import { type EvidenceOptions, openGate } from '../../src/index.ts';
import { isBalanced } from '../support/balance.ts';
import {
  bit,
  cardsOf,
  evidenceOf,
  newKeyring,
  noon,
  request,
  setUp,
  table,
} from '../support/gate.ts';

describe('a gate with evidence', () => {
  it('keeps one bit for each side of a day, the same one for the EEA and beyond', async () => {
    const { gate, ledger, keyring, time } = await setUp();
    gate.decide(request('home', '2.1.1.1'));
    gate.decide(request('spain', '3.1.1.1'));
    gate.decide(request('london', '4.1.1.1'));
    time.now = noon('2026-11-24');
    gate.decide(request('home', '3.1.1.1'));
    await gate.flush();
    const [home, spain, london] = await Promise.all(
      ['home', 'spain', 'london'].map(each => cardsOf(ledger, keyring, each, '2026-11')),
    );
    expect(home).toMatchObject([{ homeDays: bit(22), outsideDays: bit(24) }]);
    expect(spain).toMatchObject([{ homeDays: 0, outsideDays: bit(22) }]);
    expect(london).toMatchObject([{ homeDays: 0, outsideDays: bit(22) }]);
    await gate.close();
  });

  it('keeps nothing without an established and undisputed location, a contract, a subscriber and a notice', async () => {
    const { gate, ledger } = await setUp();
    for (const address of ['10.0.0.1', '9.1.1.1', 'nonsense', '5.1.1.1'])
      gate.decide(request('s', address));
    gate.decide(request('s', '2.1.1.1', { standing: 'none' }));
    gate.decide(request('', '2.1.1.1'));
    gate.decide({ ...request('s', '2.1.1.1'), subscriber: 7 as unknown as string });
    gate.decide(request('s', '2.1.1.1', { channel: 'orange' }));
    expect(gate.decide(request('s', '2.1.1.1', { channel: 'orange' })).verdict).toBe('domestic');
    await gate.flush();
    expect(await ledger.months()).toEqual([]);
    expect(evidenceOf(gate)).toMatchObject({
      decided: 9,
      notRecordable: {
        'location-not-established': 4,
        'no-contract': 1,
        'no-subscriber': 2,
        'channel-without-notice': 2,
      },
    });
    gate.decide(request('s', '2.1.1.1', { channel: 'direct' }));
    await gate.flush();
    expect(await ledger.months()).toEqual([{ month: '2026-11', cards: 1 }]);
    await gate.close();
  });

  it('gives the same verdicts with and without evidence', async () => {
    const [{ gate }, plain] = [await setUp(), await openGate({ table })];
    for (const address of ['2.1.1.1', '3.1.1.1', '4.1.1.1', '5.1.1.1', '10.0.0.1', '']) {
      for (const standing of ['verified', 'none', 'elsewhere', 'unverified'] as const) {
        expect(gate.decide(request('s', address, { standing }))).toBe(
          plain.decide(request('s', address, { standing })),
        );
      }
    }
    await gate.close();
  });

  it('counts decisions by day and reason, and the editions in force, without any person', async () => {
    const { gate, ledger, time } = await setUp();
    for (let n = 0; n < 3; n++) gate.decide(request('s', '3.1.1.1'));
    gate.replaceTable({ ...table, edition: { ...table.edition, id: 'next' } });
    time.now = noon('2026-11-23');
    gate.decide(request('s', '4.1.1.1'));
    await gate.flush();
    await gate.flush();
    expect(await ledger.tally('2026-11-01', '2026-11-30')).toEqual([
      { day: '2026-11-22', reason: 'temporarily-abroad', count: 3 },
      { day: '2026-11-23', reason: 'outside-eea', count: 1 },
    ]);
    expect(
      (await ledger.editions('2026-11-01', '2026-11-30'))
        .map(({ day, edition }) => `${day} ${edition}`)
        .toSorted(),
    ).toEqual([`2026-11-22 ${table.edition.id}`, '2026-11-22 next', '2026-11-23 next'].toSorted());
    await gate.close();
  });

  it('keeps what a failing ledger does not take and goes on, or refuses where the operator chose that', async () => {
    let isUp = true;
    for (const onFailure of ['count', 'refuse'] as const) {
      const inner = memoryLedger();
      const ledger: Ledger = {
        ...inner,
        write: async batch => (isUp ? inner.write(batch) : Promise.reject(new Error('down'))),
      };
      isUp = true;
      const { gate } = await setUp('2026-11-22', { ledger, onFailure });
      gate.decide(request('known', '2.1.1.1'));
      await gate.flush();
      isUp = false;
      gate.decide(request('first', '2.1.1.1'));
      await expect(gate.flush()).rejects.toMatchObject({ code: 'ERR_EVIDENCE_WAITING' });
      expect(gate.health().status).toBe('degraded');
      const reason = gate.decide(request('second', '3.1.1.1')).reason;
      expect(reason).toBe(onFailure === 'refuse' ? 'evidence-unavailable' : 'temporarily-abroad');
      expect(gate.decide(request('known', '2.1.1.1')).reason).toBe('present-at-home');
      expect(gate.decide(request('third', '4.1.1.1')).reason).toBe('outside-eea');
      isUp = true;
      await gate.flush();
      expect(gate.decide(request('first', '2.1.1.1')).reason).toBe('present-at-home');
      expect(gate.health().status).toBe('ok');
      expect(evidenceOf(gate)).toMatchObject({ recorded: 4, pending: 0, failed: { ledger: 0 } });
      expect(isBalanced(evidenceOf(gate))).toBe(true);
      await gate.close().catch(() => {});
    }
  });

  it('never writes a wrong day when the clock leaps', async () => {
    const { gate, ledger, time } = await setUp();
    gate.decide(request('s', '2.1.1.1'));
    for (const wrong of [noon('2026-11-20'), noon('2027-11-22'), Number.NaN, -1]) {
      time.now = wrong;
      expect(gate.decide(request('s', '2.1.1.1')).verdict).toBe('domestic');
    }
    expect(evidenceOf(gate)).toMatchObject({ failed: { clock: 4 }, isClockPlausible: false });
    expect(gate.health().status).toBe('degraded');
    time.now = noon('2026-11-23');
    gate.decide(request('s', '2.1.1.1'));
    await gate.flush().catch(() => {});
    expect(await ledger.months()).toEqual([{ month: '2026-11', cards: 1 }]);
    await gate.close();
  });

  it('drains when it is closed, and keeps nothing afterwards', async () => {
    const { gate, ledger } = await setUp('2026-11-22', { batchMs: 60_000 });
    gate.decide(request('s', '2.1.1.1'));
    await Promise.all([gate.close(), gate.close()]);
    expect(await ledger.months()).toEqual([{ month: '2026-11', cards: 1 }]);
    gate.decide(request('t', '2.1.1.1'));
    expect(gate.health()).toMatchObject({ status: 'closed', evidence: { decided: 1, pending: 0 } });
  });

  it('carries on over midnight into a new month, whose key it already has', async () => {
    const { gate, ledger, time } = await setUp('2026-11-30');
    gate.decide(request('s', '2.1.1.1'));
    time.now = noon('2026-12-01');
    gate.decide(request('s', '2.1.1.1'));
    await gate.flush();
    expect((await ledger.months()).map(({ month }) => month)).toEqual(['2026-11', '2026-12']);
    await gate.close();
  });

  it.each<[Partial<EvidenceOptions>, string]>([
    [{ detail: { access: { purpose: '', keepDays: 30 } } }, 'ERR_EVIDENCE_OPTION'],
    [{ detail: { access: { purpose: 'fraud', keepDays: 0 } } }, 'ERR_EVIDENCE_OPTION'],
    [{ detail: { access: { keepDays: 30 } } as never }, 'ERR_EVIDENCE_OPTION'],
    [{ detail: 'second' as never }, 'ERR_EVIDENCE_OPTION'],
    [{ onFailure: 'ignore' as never }, 'ERR_EVIDENCE_OPTION'],
    [{ batchSize: 0 }, 'ERR_EVIDENCE_OPTION'],
    [{ batchSize: Number.NaN }, 'ERR_EVIDENCE_OPTION'],
    [{ memoryMegabytes: Number.NaN }, 'ERR_EVIDENCE_OPTION'],
    [{ queueMegabytes: 0.5 }, 'ERR_EVIDENCE_OPTION'],
    [{ batchMs: -1 }, 'ERR_EVIDENCE_OPTION'],
    [{ retentionMonths: -1 }, 'ERR_EVIDENCE_OPTION'],
    [{ retentionMonths: '12' as never }, 'ERR_EVIDENCE_OPTION'],
    [{ country: 'US' }, 'ERR_TRANSFER'],
    [{ country: 'US', safeguard: { adequacy: true } }, 'ERR_TRANSFER'],
  ])('refuses to open with %j', async (more, code) => {
    await expect(setUp('2026-11-22', more)).rejects.toMatchObject({ code });
  });

  it('keeps single accesses where a purpose is stated', async () => {
    const { gate, ledger, keyring, time } = await setUp('2026-11-22', {
      detail: { access: { purpose: 'abuse of trials', keepDays: 30 } },
    });
    gate.decide(request('s', '2.1.1.1'));
    time.now += 1000;
    gate.decide(request('s', '4.1.1.1'));
    await gate.flush();
    const pseudonym = keyring.cardPseudonym('s', '2026-11')!;
    expect(
      (await ledger.accesses([{ month: '2026-11', pseudonym }])).map(({ fromHome }) => fromHome),
    ).toEqual([true, false]);
    await gate.close();
  });
});

describe('a gate whose evidence is read-only', () => {
  const refused = async (more: Partial<EvidenceOptions>) =>
    openGate({
      table,
      evidence: { ledger: memoryLedger(), keyring: await newKeyring(), ...more },
    }).catch(error => error);

  it('is not opened', async () => {
    const ledger: Ledger = { ...memoryLedger(), isReadOnly: true };
    expect(await refused({ ledger })).toMatchObject({
      code: 'ERR_LEDGER_OPEN',
      message: expect.stringContaining('the ledger is read-only'),
    });
    const keyring = await newKeyring();
    const checkWritable = () => Promise.reject(new Error('read-only'));
    expect(await refused({ keyring: { ...keyring, checkWritable } })).toMatchObject({
      message: 'read-only',
    });
    const { checkWritable: _, ...supplied } = keyring;
    expect(await refused({ keyring: supplied })).not.toBeInstanceOf(Error);
  });
});
