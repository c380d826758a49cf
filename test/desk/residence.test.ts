import { describe, expect, it } from 'vitest';
import { memoryLedger } from '../../src/entry/ledger.ts';
import { type DossierEvent, openGate, purge } from '../../src/index.ts';
import { CALL, CONCLUDED, deskOn, FRANCE, SPAIN, STORES, VERIFIED } from '../support/desk.ts';
import { newKeyring, noon, table } from '../support/gate.ts';

const WHY = { reason: 'residence-verification' } as const;

describe.each(Object.entries(STORES))('residence, with person records in %s', (_, open) => {
  it('goes from the desk to the gate: loaded once, answered from memory, reloaded once it has expired', async () => {
    const { desk, gate, time, close } = await deskOn(open);
    expect(gate.standingOf('s')).toBeUndefined();
    expect(await gate.loadStanding('s')).toBe('none');
    expect(gate.standingOf('s')).toBe('none');
    await desk.record('s', WHY, CONCLUDED);
    expect((await desk.record('s', WHY, VERIFIED)).standing).toBe('verified');
    expect(gate.standingOf('s')).toBe('none');
    time.now += 61_000;
    expect(gate.standingOf('s')).toBeUndefined();
    expect(await gate.loadStanding('s')).toBe('verified');
    expect(
      gate.decide({ subscriber: 's', standing: gate.standingOf('s')!, address: SPAIN }).reason,
    ).toBe('temporarily-abroad');
    await close();
    expect(gate.standingOf('s')).toBeUndefined();
  });

  it('a dossier is purged with the end of its contract, and an unprocessed renewal is counted', async () => {
    const { desk, ledger, keyring, time, close } = await deskOn(open, '2027-01-09');
    for (const each of ['s', 't'])
      for (const event of [CONCLUDED, VERIFIED]) await desk.record(each, WHY, event);
    expect(await desk.overdue()).toEqual({
      dossiers: 0,
      since: undefined,
      lines: [],
      unanswered: [],
    });
    time.now = noon('2027-01-10');
    expect(await desk.overdue()).toMatchObject({ dossiers: 2, since: '2027-01-10' });
    await desk.record('s', { reason: 'contract' }, { type: 'contract-ended', on: '2027-01-12' });
    time.now = noon('2027-01-11');
    await purge(ledger, keyring, time.now);
    expect((await desk.show('s', CALL)).standing.standing).toBe('renewal-due');
    time.now = noon('2027-01-12');
    await purge(ledger, keyring, time.now);
    expect(await ledger.personRecords.read('dossiers')).toHaveLength(1);
    expect(await desk.show('s', CALL)).toMatchObject({
      standing: { standing: 'none' },
      dossier: { events: [] },
    });
    await close();
  });

  it('loses nothing when two desks change one dossier at once', async () => {
    const { desk, close } = await deskOn(open);
    await desk.record('s', WHY, CONCLUDED);
    const days = Array.from({ length: 20 }, (_, n) => `2026-02-${String(n + 1).padStart(2, '0')}`);
    await Promise.all(
      days.map(on => desk.record('s', WHY, { type: 'doubt-raised', on, reason: 'own-statement' })),
    );
    expect((await desk.show('s', CALL)).dossier.events).toHaveLength(21);
    expect(await desk.undo('s', WHY, 20)).toMatchObject({
      removed: { type: 'doubt-raised' },
      standing: { standing: 'unverified' },
    });
    expect((await desk.show('s', CALL)).dossier.events).toHaveLength(20);
    await close();
  });
});

describe('loadStanding', () => {
  it('shares one read among concurrent calls, and falls back to the last known standing or rejects', async () => {
    const inner = memoryLedger();
    let reads = 0;
    let isUp = true;
    const residencesOf: typeof inner.personRecords.residencesOf = async (pseudonyms, day) => {
      reads++;
      if (isUp) return inner.personRecords.residencesOf(pseudonyms, day);
      throw new Error('down');
    };
    const ledger = { ...inner, personRecords: { ...inner.personRecords, residencesOf } };
    const time = { now: noon('2026-11-22') };
    const evidence = { ledger, keyring: await newKeyring() };
    const gate = await openGate({
      table,
      clock: () => time.now,
      evidence,
      residence: { ttlMs: 1000, max: 2 },
    });
    reads = 0;
    expect(await Promise.all(Array.from({ length: 50 }, () => gate.loadStanding('s')))).toEqual(
      Array(50).fill('none'),
    );
    expect(reads).toBe(1);
    isUp = false;
    time.now += 2000;
    expect(gate.standingOf('s')).toBeUndefined();
    expect(await gate.loadStanding('s')).toBe('none');
    await expect(gate.loadStanding('t')).rejects.toThrow();
    isUp = true;
    reads = 0;
    const many = Array.from({ length: 240 }, (_, n) => gate.loadStanding(`s${n}`));
    expect(await Promise.all(many)).toEqual(Array(240).fill('none'));
    // A hundred travel together. The cache has room for two, so what it dropped is read again.
    expect(reads).toBeLessThanOrEqual(3);
    const pending = gate.loadStanding('late');
    await gate.close();
    expect(await pending).toBe('none');
    expect([await gate.loadStanding('s'), gate.standingOf('s'), gate.standingOf('late')]).toEqual([
      'none',
      undefined,
      undefined,
    ]);
  });

  it('needs person records and an identifier, and applies waivers for the whole service', async () => {
    const plain = await openGate({ table });
    expect(plain.standingOf('s')).toBeUndefined();
    await expect(plain.loadStanding('s')).rejects.toMatchObject({ code: 'ERR_EVIDENCE_OPTION' });
    const { desk, ledger, keyring, close } = await deskOn(STORES['memory']!);
    await desk.record('s', WHY, CONCLUDED);
    const waivers: DossierEvent[] = [{ type: 'verification-waived', on: '2026-02-01' }];
    const waived = await openGate({
      table,
      clock: () => noon('2026-11-22'),
      evidence: { ledger, keyring },
      residence: { waivers },
    });
    expect([
      await waived.loadStanding('s'),
      await waived.loadStanding('t'),
      await waived.loadStanding(7 as never),
    ]).toEqual(['waived', 'none', 'none']);
    expect(waived.standingOf({} as never)).toBeUndefined();
    for (const residence of [{ ttlMs: 0 }, { max: Number.NaN }, { ttlMs: 'x' as never }])
      await expect(
        openGate({ table, evidence: { ledger, keyring }, residence }),
      ).rejects.toMatchObject({
        code: 'ERR_EVIDENCE_OPTION',
      });
    expect(waived.decide({ subscriber: 's', standing: 'waived', address: FRANCE }).verdict).toBe(
      'domestic',
    );
    await waived.close();
    await close();
  });
});
