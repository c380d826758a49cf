import { describe, expect, it } from 'vitest';
import { purge } from '../../src/subjects/retention.ts';
import { CALL, CONCLUDED, deskOn, ERASE, STORES, VERIFIED } from '../support/desk.ts';
import { noon } from '../support/gate.ts';

const under = (reference: string) => ({ ...CALL, reference });

describe.each(Object.entries(STORES))('work lists on %s', (_name, open) => {
  it('show the number and the reference of each request, and a later reference only where none is', async () => {
    const { desk, close } = await deskOn(open);
    const one = await desk.openRequest('one', under('TICKET-1'), 'access', '2026-11-20');
    const two = await desk.openRequest('two', CALL, 'erasure', '2026-11-21');
    expect(await desk.requests(true)).toMatchObject([
      { id: one.id, reference: 'TICKET-1' },
      { id: two.id, reference: '' },
    ]);
    await desk.identifyRequest(one.id, under('TICKET-9'), 'asked');
    await desk.identifyRequest(two.id, under('TICKET-2'), 'asked');
    expect((await desk.requests()).map(({ id, reference }) => [id, reference])).toEqual([
      [one.id, 'TICKET-1'],
      [two.id, 'TICKET-2'],
    ]);
    await close();
  });

  it('show the holds to review, the earliest first, and take their number back', async () => {
    const { desk, time, close } = await deskOn(open);
    await desk.record('one', CALL, CONCLUDED);
    await desk.hold('two', under('LIT-2'), 'legal-claim', '2026-12-02');
    await desk.hold('one', under('LIT-1'), 'authority-order', '2026-12-01');
    await desk.hold('one', CALL, 'authority-order', '2026-12-01');
    time.now = noon('2026-12-02');
    const due = await desk.holdsDue();
    expect(due).toMatchObject([
      { reference: 'LIT-1', review: '2026-12-01', reason: 'authority-order' },
      { reference: 'LIT-2', review: '2026-12-02', reason: 'legal-claim' },
    ]);
    const [first, second] = due;
    expect(first?.number).toMatch(/^H-[2-9B-DF-HJ-NP-TV-Z]{8}$/);
    expect((await desk.show('one', CALL)).numbers.hold).toBe(first?.number);
    await expect(desk.release('one', { ...CALL, number: second!.number })).rejects.toMatchObject({
      code: 'ERR_REQUEST',
    });
    expect((await desk.export('one', CALL)).legalHold).toMatchObject({ reference: 'LIT-1' });
    await desk.release('one', { ...CALL, number: first!.number });
    expect(await desk.holdsDue()).toMatchObject([{ reference: 'LIT-2' }]);
    const entries = await desk.journal(CALL, { action: 'release' });
    expect(entries.map(({ reference }) => reference)).toEqual([second?.number, first?.number]);
    await close();
  });

  it('show the dossiers whose renewals wait, the oldest first, with the last reference given', async () => {
    const { desk, time, close } = await deskOn(open);
    const verified = async (subscriber: string, on: string, reference: string) => {
      await desk.record(subscriber, under('OLD-1'), { ...CONCLUDED, on } as typeof CONCLUDED);
      await desk.record(subscriber, under(reference), { ...VERIFIED, on } as typeof VERIFIED);
    };
    await verified('young', '2026-03-01', 'FILE-2');
    await verified('old', '2026-02-01', 'FILE-1');
    await desk.hold('old', CALL, 'legal-claim', '2028-01-01');
    time.now = noon('2027-04-01');
    const { lines, ...sum } = await desk.overdue();
    expect(sum).toEqual({ dossiers: 2, since: '2027-02-01', unanswered: [] });
    expect(lines).toMatchObject([
      { reference: 'FILE-1', renewals: 1, since: '2027-02-01' },
      { reference: 'FILE-2', renewals: 1, since: '2027-03-01' },
    ]);
    expect((await desk.overdue(1)).lines).toEqual(lines.slice(0, 1));
    const number = lines[0]!.number;
    expect((await desk.show('old', CALL)).numbers.dossier).toBe(number);
    const renewed = { ...VERIFIED, on: '2027-04-01', occasion: 'renewal' } as typeof VERIFIED;
    await expect(desk.record('young', { ...CALL, number }, renewed)).rejects.toThrow(
      'no record of this subscriber has this number',
    );
    await desk.record('old', { ...CALL, number }, renewed);
    expect((await desk.overdue()).lines).toMatchObject([{ reference: 'FILE-2' }]);
    expect((await desk.export('old', CALL)).residence).toMatchObject({ reference: 'FILE-1' });
    await close();
  });

  it('show information that was asked for once its last day has passed, until it is answered', async () => {
    const { desk, time, close } = await deskOn(open, '2026-11-02');
    const asked = async (subscriber: string, answerBy: string): Promise<void> => {
      const access = { ...CALL, reference: `FILE-${subscriber}` };
      for (const event of [CONCLUDED, VERIFIED]) await desk.record(subscriber, access, event);
      await desk.record(subscriber, access, {
        type: 'doubt-raised',
        on: '2026-11-02',
        reason: 'own-statement',
      });
      await desk.record(subscriber, access, {
        type: 'information-requested',
        on: '2026-11-02',
        answerBy,
      });
    };
    await asked('late', '2026-11-20');
    await asked('later', '2026-11-10');
    await asked('open', '2026-12-01');
    time.now = noon('2026-11-20');
    expect((await desk.overdue()).unanswered).toMatchObject([
      { reference: 'FILE-later', answerBy: '2026-11-10' },
    ]);
    time.now = noon('2026-11-21');
    const { unanswered, dossiers } = await desk.overdue();
    expect([unanswered.map(({ reference }) => reference), dossiers]).toEqual([
      ['FILE-later', 'FILE-late'],
      0,
    ]);
    expect((await desk.overdue(1)).unanswered).toHaveLength(1);
    const { number } = unanswered[0]!;
    expect((await desk.show('later', CALL)).numbers.dossier).toBe(number);
    await desk.record(
      'later',
      { ...CALL, number },
      { type: 'information-answered', on: '2026-11-21' },
    );
    await desk.record('late', CALL, {
      type: 'information-not-answered',
      on: '2026-11-21',
      heldDataProveResidence: false,
    });
    expect((await desk.overdue()).unanswered).toEqual([]);
    // The renewals of these dossiers are counted all the same.
    time.now = noon('2027-01-11');
    expect((await desk.overdue()).dossiers).toBe(3);
    await close();
  });

  it('lose the reference with an erasure, also that of a dossier that stays', async () => {
    const { desk, ledger, keyring, time, close } = await deskOn(open);
    await desk.record('s', under('FILE-1'), CONCLUDED);
    await desk.record('s', CALL, VERIFIED);
    await desk.openRequest('s', under('TICKET-1'), 'access', '2026-11-20');
    expect(await desk.show('s', CALL)).toMatchObject({
      reference: 'FILE-1',
      requests: [{ reference: 'TICKET-1' }],
    });
    await desk.erase('s', { ...ERASE, reference: 'TICKET-2' });
    const stored = [
      ...(await ledger.personRecords.read('requests')),
      ...(await ledger.personRecords.read('dossiers')),
    ];
    expect(stored.map(({ reference }) => reference)).toEqual(['', '', '']);
    await purge(ledger, keyring, time.now);
    await desk.record('s', under('FILE-3'), {
      type: 'doubt-raised',
      on: '2026-11-22',
      reason: 'own-statement',
    });
    expect((await desk.show('s', CALL)).reference).toBe('FILE-3');
    await close();
  });

  it('never take the identifier for a reference, in whatever case, also by the number of a request', async () => {
    const { desk, ledger, close } = await deskOn(open);
    const { id } = await desk.openRequest('Client-77', CALL, 'access', '2026-11-20');
    const tries = [
      desk.openRequest('Client-77', under('client-77'), 'access', '2026-11-20'),
      desk.hold('Client-77', under('X/CLIENT-77'), 'legal-claim', '2027-01-01'),
      desk.record('Client-77', under('Client-77'), CONCLUDED),
      desk.identifyRequest(id, under('Client-77'), 'asked'),
      desk.openRequest('Client-77', under('a b'), 'access', '2026-11-20'),
    ];
    for (const each of await Promise.allSettled(tries))
      expect(each).toMatchObject({ status: 'rejected', reason: { code: 'ERR_ACCESS_REASON' } });
    await expect(desk.release('Client-77', { ...CALL, number: 'client-77' })).rejects.toMatchObject(
      { code: 'ERR_REQUEST' },
    );
    const journal = JSON.stringify(await ledger.personRecords.journalAfter(0, 99));
    expect(journal.toLowerCase()).not.toContain('client-77');
    await close();
  });
});
