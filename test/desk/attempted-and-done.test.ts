/**
 * Tests that the journal tells what was attempted from what was done, and that the views of a desk
 * hold no pseudonym.
 */
import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../src/entry/ledger.ts';
import { CALL, CONCLUDED, deskOn, ERASE, RESTRICT, STORES } from '../support/desk.ts';

const open = STORES['memory']!;
const actions = async ({ personRecords: records }: Ledger): Promise<string[]> =>
  (await records.journalAfter(0, 100)).map(({ action, reference }) =>
    `${action} ${reference}`.trim(),
  );

describe('an attempt', () => {
  it('is noted when the event or the dossier refuses it before anything is done', async () => {
    const { desk, ledger, close } = await deskOn(open);
    const why = { reason: 'contract' } as const;
    await expect(
      desk.record('s', why, { type: 'nothing', on: '2026-01-01' } as never),
    ).rejects.toMatchObject({
      code: 'ERR_DOSSIER_EVENT',
    });
    await desk.record('s', why, CONCLUDED);
    await expect(desk.record('s', why, CONCLUDED)).rejects.toMatchObject({
      code: 'ERR_DOSSIER_EVENT',
    });
    expect(await actions(ledger)).toEqual(['event', 'refused 1', 'event', 'event', 'refused 4']);
    await close();
  });

  it('is noted with the checked fields only, whatever else a caller passes', async () => {
    const { desk, ledger, close } = await deskOn(open);
    await desk.show('s', {
      ...CALL,
      operator: '2.0.0.1',
      action: 'x',
    } as never);
    await expect(desk.show('s', { ...CALL, number: 'from 2.0.0.1' })).rejects.toMatchObject({
      code: 'ERR_REQUEST',
    });
    for (const none of [undefined, null, 'x', 7] as never[])
      await expect(desk.show('s', none)).rejects.toMatchObject({ code: 'ERR_ACCESS_REASON' });
    const rows = await ledger.personRecords.journalAfter(0, 10);
    expect(rows).toMatchObject([{ action: 'show', operator: 'Anna', reference: '' }]);
    expect(JSON.stringify(rows)).not.toContain('2.0.0.1');
    await close();
  });

  it('at a request by its number is noted too, with a reference of the maximum length', async () => {
    const { desk, ledger, close } = await deskOn(open);
    const { id } = await desk.openRequest('s', CALL, 'access', '2026-11-20');
    const why = { reason: 'access-request', reference: 'X'.repeat(40) } as const;
    await desk.answerRequest(id, why, 'granted');
    await expect(desk.answerRequest(id, why, 'granted')).rejects.toMatchObject({
      code: 'ERR_REQUEST',
    });
    expect((await actions(ledger)).slice(1)).toEqual([
      `request ${id}/${why.reference}`,
      `request ${id}/${why.reference}`,
      'refused 3',
    ]);
    await close();
  });

  it('is noted as refused even where the number of the entry equals the subscriber identifier', async () => {
    const { desk, ledger, close } = await deskOn(open);
    await expect(desk.release('1', CALL)).rejects.toMatchObject({ code: 'ERR_RIGHT' });
    expect(await actions(ledger)).toEqual(['release', 'refused 1']);
    await close();
  });

  it('that was carried out is not noted as refused when only its request could not be answered', async () => {
    const { desk, ledger, keyring, visit, close } = await deskOn(open);
    await visit('s', '2.0.0.1');
    const { change } = ledger.personRecords;
    // A colleague answers the request meanwhile.
    Object.assign(ledger.personRecords, {
      change: (...args: Parameters<typeof change>) =>
        'answered' in args[2] && args[2].answered !== '' ? Promise.resolve(false) : change(...args),
    });
    for (const act of [
      () => desk.restrict('s', RESTRICT, 'restriction'),
      () => desk.export('s', { reason: 'access-request' }),
      () => desk.erase('s', ERASE),
    ])
      await expect(act()).rejects.toMatchObject({ code: 'ERR_REQUEST' });
    expect(await actions(ledger)).toEqual(['restrict', 'export', 'erase']);
    expect(
      await ledger.cards([{ month: '2026-11', pseudonym: keyring.cardPseudonym('s', '2026-11')! }]),
    ).toEqual([]);
    await close();
  });
});

describe('a view', () => {
  it('of requests or of a person holds no pseudonym', async () => {
    const { desk, close } = await deskOn(open);
    await desk.restrict('s', RESTRICT, 'restriction');
    await desk.hold('s', { reason: 'legal-claim' }, 'legal-claim', '2027-01-01');
    await desk.direct('s', { reason: 'directive' }, 'erase');
    await desk.except('s', CALL, 'network-without-place', '2026-11-30');
    const opened = await desk.openRequest('s', CALL, 'access', '2026-11-20');
    const views = [
      opened,
      await desk.requests(),
      await desk.show('s', CALL),
      await desk.holdsDue(),
    ];
    expect(JSON.stringify(views)).not.toMatch(/pseudonym|[0-9a-f]{32}/);
    await close();
  });
});
