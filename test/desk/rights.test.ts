import { describe, expect, it } from 'vitest';
import { purge } from '../../src/index.ts';
import { isBalanced } from '../support/balance.ts';
import {
  CALL,
  CLAIM,
  CONCLUDED,
  deskOn,
  ERASE,
  FRANCE,
  LONDON,
  RESTRICT,
  SPAIN,
  STORES,
  VERIFIED,
} from '../support/desk.ts';
import { evidenceOf, noon, request } from '../support/gate.ts';

describe.each(Object.entries(STORES))('rights on a ledger in %s', (_, open) => {
  it('restricted-leaves-no-bit: the same verdicts, no new bit anywhere, past cards for the subscriber alone', async () => {
    const { desk, gate, ledger, keyring, time, visit, close } = await deskOn(
      open,
      '2026-11-20',
      true,
    );
    await visit('s', FRANCE, SPAIN);
    await visit('t', FRANCE);
    time.now = noon('2026-11-21');
    await desk.restrict('s', RESTRICT, 'restriction');
    const before = {
      cards: await ledger.months(),
      apart: await ledger.personRecords.read('apart'),
      recorded: evidenceOf(gate).recorded,
    };
    expect(before.cards).toEqual([{ month: '2026-11', cards: 1 }]);
    for (const day of ['2026-11-21', '2026-11-22', '2026-12-03']) {
      time.now = noon(day);
      const free = [FRANCE, SPAIN, LONDON, 'x'].map(
        address => gate.decide(request('free', address)).reason,
      );
      expect(
        [FRANCE, SPAIN, LONDON, 'x'].map(address => gate.decide(request('s', address)).reason),
      ).toEqual(free);
      await gate.flush();
    }
    const pseudonyms = ['2026-11', '2026-12'].map(month => ({
      month,
      pseudonym: keyring.cardPseudonym('s', month)!,
    }));
    expect([...(await ledger.cards(pseudonyms)), ...(await ledger.accesses(pseudonyms))]).toEqual(
      [],
    );
    expect(await ledger.personRecords.read('apart')).toEqual(before.apart);
    expect(evidenceOf(gate).notRecordable.restricted).toBe(9);
    expect(isBalanced(evidenceOf(gate))).toBe(true);
    await expect(desk.calendar('s', { reason: 'abuse-inquiry' })).rejects.toMatchObject({
      code: 'ERR_RIGHT',
    });
    const own = await desk.export('s', { reason: 'access-request' });
    expect(own.accessesByDay).toEqual([{ month: '2026-11', fromHome: [20], fromOutside: [20] }]);
    expect(own.singleAccesses).toHaveLength(2);
    expect(own.restriction).toEqual({ since: '2026-11-21', reason: 'restriction' });
    await close();
  });

  it('lifting a restriction gives back what was set aside, within its retention, and recording resumes', async () => {
    const { desk, ledger, keyring, time, visit, close } = await deskOn(open, '2026-11-20');
    await visit('s', FRANCE);
    await desk.restrict('s', RESTRICT, 'restriction');
    await desk.restrict('s', RESTRICT, 'restriction');
    time.now = noon('2026-11-23');
    await visit('s', SPAIN);
    await desk.lift('s', CALL);
    await expect(desk.lift('s', CALL)).rejects.toMatchObject({ code: 'ERR_RIGHT' });
    time.now = noon('2026-11-24');
    await visit('s', LONDON);
    const { months } = await desk.calendar('s', { reason: 'abuse-inquiry' });
    expect(months).toEqual([{ month: '2026-11', homeDays: 1 << 19, outsideDays: 1 << 23 }]);
    time.now = noon('2027-12-02');
    await purge(ledger, keyring, time.now);
    expect(await ledger.personRecords.read('apart')).toEqual([]);
    await close();
  });

  it('an objection restricts at once, then is rejected with a reason, or upheld: erased and stopped', async () => {
    const { desk, gate, ledger, time, visit, close } = await deskOn(open, '2026-11-20');
    await visit('s', FRANCE);
    await desk.restrict('s', { reason: 'objection' }, 'objection');
    expect(await desk.requests(true)).toMatchObject([{ kind: 'objection', due: '2026-12-20' }]);
    await expect(desk.lift('s', CALL)).rejects.toMatchObject({ code: 'ERR_RIGHT' });
    await desk.lift('s', { reason: 'objection' }, 'refused-overriding-interest');
    expect(await desk.requests()).toMatchObject([
      { kind: 'objection', answered: '2026-11-20', outcome: 'refused-overriding-interest' },
    ]);
    await desk.restrict('s', { reason: 'objection' }, 'objection');
    expect(await desk.erase('s', { reason: 'objection' }, { objectionUpheld: true })).toEqual({
      isKnown: true,
      cards: 1,
      isDossierKept: false,
    });
    await desk.restrict('s', RESTRICT, 'restriction');
    await desk.erase('s', ERASE);
    time.now = noon('2026-11-21');
    await visit('s', FRANCE);
    expect(await ledger.months()).toEqual([]);
    expect(evidenceOf(gate).notRecordable.restricted).toBe(1);
    expect((await desk.show('s', CALL)).restriction).toMatchObject({ ground: 'objection-upheld' });
    await expect(desk.lift('s', CALL, 'refused-legal-duty')).rejects.toMatchObject({
      code: 'ERR_RIGHT',
    });
    await desk.lift('s', CALL, 'withdrawn');
    await visit('s', FRANCE);
    expect(await ledger.months()).toHaveLength(1);
    await close();
  });

  it('a restriction and an objection can both apply; an invalid reason to lift changes nothing', async () => {
    const { desk, close } = await deskOn(open);
    const ground = async () => (await desk.show('s', CALL)).restriction?.ground;
    for (const first of ['restriction', 'objection'] as const) {
      await desk.restrict('s', RESTRICT, first);
      await desk.restrict('s', RESTRICT, first === 'objection' ? 'restriction' : 'objection');
      expect(await ground()).toBe('restriction-and-objection');
      for (const no of [undefined, 'granted', 'nonsense'] as never[])
        await expect(desk.lift('s', CALL, no)).rejects.toMatchObject({ code: 'ERR_RIGHT' });
      expect(await ground()).toBe('restriction-and-objection');
      await desk.lift('s', CALL, 'refused-overriding-interest');
      expect(await ground()).toBe('restriction');
      await desk.lift('s', CALL);
      expect(await ground()).toBeUndefined();
    }
    await close();
  });

  it('an export that could not be written answers no request; under a restriction it is for the subscriber alone', async () => {
    const { desk, visit, close } = await deskOn(open);
    await visit('s', FRANCE);
    const { id } = await desk.openRequest('s', CALL, 'access', '2026-11-20');
    const fail = async () => Promise.reject(new Error('no room'));
    await expect(desk.export('s', { reason: 'access-request' }, fail)).rejects.toThrow('no room');
    expect(await desk.requests(true)).toMatchObject([{ id }]);
    await desk.restrict('s', RESTRICT, 'restriction');
    await expect(desk.export('s', { reason: 'abuse-inquiry' })).rejects.toMatchObject({
      code: 'ERR_RIGHT',
    });
    await desk.export('s', { reason: 'access-request' });
    expect(await desk.requests(true)).toEqual([]);
    await close();
  });

  it('a bit that is shown to be wrong is cleared for good, under a restriction too, and the journal has agent and reason', async () => {
    const { desk, ledger, visit, close } = await deskOn(open, '2026-11-20', true);
    await visit('s', FRANCE, SPAIN);
    await desk.dispute('s', { reason: 'rectification-request' }, '2026-11-20', 'outside');
    await visit('s', SPAIN);
    const only = { month: '2026-11', homeDays: 1 << 19, outsideDays: 0 };
    expect((await desk.calendar('s', CALL)).months).toEqual([only]);
    await desk.restrict('s', RESTRICT, 'restriction');
    await desk.dispute('s', { reason: 'rectification-request' }, '2026-11-20', 'home');
    const own = await desk.export('s', { reason: 'access-request' });
    expect([own.accessesByDay, own.singleAccesses]).toEqual([
      [{ month: '2026-11', fromHome: [], fromOutside: [] }],
      [],
    ]);
    for (const [day, side] of [
      ['2026-11-21', 'home'],
      ['2026-11', 'home'],
      ['2026-11-01', 'west'],
      ['2024-01-01', 'home'],
    ] as const)
      await expect(desk.dispute('s', CALL, day, side as never)).rejects.toMatchObject({
        code: 'ERR_RIGHT',
      });
    const noted = (await ledger.personRecords.journalAfter(0, 99)).filter(
      row => row.action === 'dispute',
    );
    expect(noted[0]).toMatchObject({
      operator: 'Anna',
      reason: 'rectification-request',
      at: '2026-11-20T12:00:00Z',
    });
    await close();
  });

  it('held cards survive a purge that destroys the key of their month, and are removed when the hold is released', async () => {
    const { desk, ledger, keyring, time, visit, close } = await deskOn(open, '2025-10-05', true);
    await visit('s', FRANCE);
    await visit('t', FRANCE);
    await expect(desk.hold('s', CLAIM, 'whim' as never, '2026-06-01')).rejects.toMatchObject({
      code: 'ERR_RIGHT',
    });
    await expect(desk.hold('s', CLAIM, 'legal-claim', '2025-10-05')).rejects.toMatchObject({
      code: 'ERR_RIGHT',
    });
    expect(await desk.hold('s', CLAIM, 'legal-claim', '2026-06-01')).toEqual({
      isKnown: true,
      months: 1,
    });
    time.now = noon('2026-12-01');
    const { keys } = await purge(ledger, keyring, time.now);
    expect(keys).toContain('2025-10');
    expect(await ledger.months()).toEqual([]);
    const own = await desk.export('s', { reason: 'access-request' });
    expect(own.accessesByDay).toEqual([]);
    expect(own.monthsWithKeyDestroyed).toContain('2025-10');
    expect(own.legalHold).toMatchObject({
      reason: 'legal-claim',
      accessesByDay: [{ month: '2025-10', fromHome: [5], fromOutside: [] }],
    });
    expect(own.legalHold?.singleAccesses).toHaveLength(1);
    expect(await desk.holdsDue()).toMatchObject([
      { since: '2025-10-05', review: '2026-06-01', reason: 'legal-claim' },
    ]);
    await expect(desk.erase('s', ERASE)).rejects.toMatchObject({ code: 'ERR_RIGHT_HELD' });
    await expect(desk.erase('s', ERASE)).rejects.toThrow('hand it over to the data protection');
    expect((await desk.requests(true)).map(({ kind }) => kind)).toEqual(['erasure']);
    await desk.release('s', CLAIM);
    await expect(desk.release('s', CLAIM)).rejects.toMatchObject({ code: 'ERR_RIGHT' });
    expect((await desk.export('s', CALL)).legalHold).toBeNull();
    expect(await ledger.personRecords.read('apart')).toEqual([]);
    await close();
  });

  it('a hold keeps the dossier: from a purge, from an undone event, and until it is released', async () => {
    const { desk, ledger, keyring, time, close } = await deskOn(open, '2026-11-20');
    const concluded = { type: 'contract-concluded', on: '2026-01-01' } as const;
    const doubt = { type: 'doubt-raised', on: '2026-11-19', reason: 'own-statement' } as const;
    const ended = { type: 'contract-ended', on: '2026-11-21' } as const;
    await desk.record('s', CALL, concluded);
    await desk.hold('s', CLAIM, 'legal-claim', '2027-06-01');
    await desk.record('s', CALL, doubt);
    await desk.undo('s', CALL, 1);
    time.now = noon('2026-11-21');
    await desk.record('s', CALL, ended);
    expect((await desk.overdue()).dossiers).toBe(0);
    time.now = noon('2026-11-25');
    await purge(ledger, keyring, time.now);
    const own = await desk.export('s', { reason: 'access-request' });
    expect(own.residence).toBeNull();
    expect(own.legalHold?.residenceEvents).toEqual([concluded, doubt, ended]);
    expect(await desk.show('s', CALL)).toMatchObject({
      heldEvents: 3,
      dossier: { events: [] },
      standing: { standing: 'none' },
    });
    await desk.release('s', CLAIM);
    expect(await ledger.personRecords.read('dossiers')).toEqual([]);
    await close();
  });

  it('a hold includes restricted cards, and holding again adds what came since', async () => {
    const { desk, time, visit, close } = await deskOn(open, '2026-11-20');
    await visit('s', FRANCE);
    await desk.restrict('s', RESTRICT, 'restriction');
    await desk.hold('s', CLAIM, 'abuse-inquiry', '2027-06-01');
    await desk.lift('s', CALL);
    time.now = noon('2026-11-22');
    await visit('s', SPAIN);
    await desk.hold('s', CLAIM, 'abuse-inquiry', '2027-06-01');
    expect((await desk.export('s', CALL)).legalHold?.accessesByDay).toEqual([
      { month: '2026-11', fromHome: [20], fromOutside: [22] },
    ]);
    await close();
  });

  it('an erasure keeps the dossier of a contract in force unless asked otherwise, and reports that', async () => {
    const { desk, visit, close } = await deskOn(open);
    await visit('s', FRANCE);
    for (const event of [CONCLUDED, VERIFIED]) await desk.record('s', CALL, event);
    expect(await desk.erase('s', ERASE)).toEqual({ isKnown: true, cards: 1, isDossierKept: true });
    expect((await desk.show('s', CALL)).standing.standing).toBe('verified');
    expect(await desk.requests()).toMatchObject([{ kind: 'erasure', outcome: 'granted-in-part' }]);
    expect(await desk.erase('s', ERASE, { evenDossier: true })).toEqual({
      isKnown: true,
      cards: 0,
      isDossierKept: false,
    });
    expect((await desk.show('s', CALL)).standing.standing).toBe('none');
    await desk.record('s', CALL, CONCLUDED);
    expect((await desk.show('s', CALL)).standing.standing).toBe('unverified');
    await close();
  });

  it('a directive is specific, names a file and no person, and can be revoked', async () => {
    const { desk, close } = await deskOn(open);
    const why = { reason: 'directive' } as const;
    await expect(desk.direct('s', why, 'communicate')).rejects.toMatchObject({ code: 'ERR_RIGHT' });
    await expect(desk.direct('s', why, 'burn' as never)).rejects.toMatchObject({
      code: 'ERR_RIGHT',
    });
    for (const designated of ['Anne Martin', 's'])
      await expect(desk.direct('s', why, 'erase', designated)).rejects.toMatchObject({
        code: 'ERR_ACCESS_REASON',
      });
    await desk.direct('s', why, 'communicate', 'DIR-12');
    expect((await desk.export('s', CALL)).directive).toEqual({
      choice: 'communicate',
      designated: 'DIR-12',
      since: '2026-11-22',
    });
    await desk.revokeDirective('s', why);
    await expect(desk.revokeDirective('s', why)).rejects.toMatchObject({ code: 'ERR_RIGHT' });
    expect((await desk.show('s', CALL)).directive).toBeUndefined();
    await close();
  });
});
