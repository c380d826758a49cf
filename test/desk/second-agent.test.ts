import { describe, expect, it } from 'vitest';
import { type DeskOptions, openDesk } from '../../src/entry/desk.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { purge } from '../../src/subjects/retention.ts';
import { isSameAgent } from '../../src/subjects/second-agent.ts';
import {
  CALL,
  CLAIM,
  CONCLUDED,
  type DeskSetUp,
  deskOn,
  ERASE,
  FRANCE,
  newPath,
  STORES,
} from '../support/desk.ts';
import { cardsOf, noon } from '../support/gate.ts';

/** A desk of an agent on the same store, with a second agent for both operations. */
const deskOf = ({ ledger, keyring, time }: DeskSetUp, agent: string) =>
  openDesk({ ledger, keyring, agent, clock: () => time.now, secondAgent: ['erase', 'release'] });

const entriesOf = async ({ ledger }: DeskSetUp) =>
  (await ledger.personRecords.journalAfter(0, 99)).map(({ action, operator, reference }) =>
    [action, operator, reference].filter(text => text !== '').join(' '),
  );

describe.each(Object.entries(STORES))('a second agent on %s', (_name, open) => {
  it('confirms an erasure by the same call; until then nothing is erased, and both steps are in the journal', async () => {
    const set = await deskOn(open);
    await set.visit('s', FRANCE);
    const [anna, berta] = [deskOf(set, 'Anna'), deskOf(set, 'Berta')];
    const proposed = await anna.erase('s', { ...ERASE, reference: 'TICKET-1' });
    expect(proposed).toEqual({
      isKnown: true,
      pending: {
        number: expect.stringMatching(/^P-\w{8}$/),
        operation: 'erase',
        agent: 'Anna',
        since: '2026-11-22',
        until: '2026-11-29',
        reference: 'TICKET-1',
      },
    });
    expect(await cardsOf(set.ledger, set.keyring, 's', '2026-11')).toHaveLength(1);
    expect(await anna.pending()).toEqual([proposed.pending]);
    expect((await anna.show('s', CALL)).pending).toEqual([proposed.pending]);
    expect(await anna.requests(true)).toMatchObject([{ kind: 'erasure', reference: 'TICKET-1' }]);
    const own = await anna.export('s', CALL);
    expect(own.pendingOperations).toEqual([
      { operation: 'erase', since: '2026-11-22', until: '2026-11-29', reference: 'TICKET-1' },
    ]);
    expect(own.consultations.map(({ action, done }) => [action, done])).toEqual([
      ['erase', false],
      ['proposed', true],
      ['show', true],
      ['export', true],
    ]);
    expect(JSON.stringify(own)).not.toContain('Anna');
    const { number } = proposed.pending!;
    expect(await berta.erase('s', { ...ERASE, number })).toEqual({
      isKnown: true,
      cards: 1,
      isDossierKept: false,
    });
    expect(await cardsOf(set.ledger, set.keyring, 's', '2026-11')).toEqual([]);
    expect(await berta.pending()).toEqual([]);
    expect(await set.ledger.personRecords.read('proposals')).toEqual([]);
    expect((await berta.requests()).map(({ outcome }) => outcome)).toEqual(['granted']);
    expect(await entriesOf(set)).toEqual([
      'erase Anna TICKET-1',
      'proposed Anna 1',
      'show Anna',
      'export Anna',
      `erase Berta ${number}`,
    ]);
    await set.close();
  });

  it('is not the first one under another spelling, and the name alone confirms nothing', async () => {
    const set = await deskOn(open);
    await deskOf(set, 'Zo\u00e9 Martin').erase('s', ERASE);
    for (const agent of [
      'Zo\u00e9 Martin',
      'zo\u00e9  MARTIN ',
      'Zoe\u0301 Martin',
      'Zoe.Martin',
      '\uff3a\uff4f\uff45\u3000Martin',
    ])
      expect(await deskOf(set, agent).erase('s', ERASE)).toMatchObject({
        pending: { operation: 'erase' },
      });
    expect(await deskOf(set, 'Paul').erase('other', ERASE)).toMatchObject({ pending: {} });
    expect(await deskOf(set, 'Paul').erase('s', ERASE)).toMatchObject({ cards: 0 });
    expect(isSameAgent('STRASSE', 'stra\u00dfe')).toBe(true);
    expect(isSameAgent('Anna', 'Anne')).toBe(false);
    expect(isSameAgent('--', '..')).toBe(true);
    await set.close();
  });

  it('confirms only the same options, and only within seven days', async () => {
    const set = await deskOn(open);
    await set.desk.record('s', CALL, CONCLUDED);
    const [anna, berta] = [deskOf(set, 'Anna'), deskOf(set, 'Berta')];
    await anna.erase('s', ERASE, { evenDossier: true });
    expect(await berta.erase('s', ERASE)).toMatchObject({ pending: { agent: 'Berta' } });
    expect(await anna.erase('s', ERASE, { evenDossier: true })).toMatchObject({
      pending: { agent: 'Anna' },
    });
    set.time.now = noon('2026-11-30');
    expect(await berta.pending()).toEqual([]);
    expect(await berta.erase('s', ERASE, { evenDossier: true })).toMatchObject({
      pending: { agent: 'Berta', since: '2026-11-30' },
    });
    set.time.now = noon('2026-12-07');
    expect(await anna.erase('s', ERASE, { evenDossier: true })).toMatchObject({
      isDossierKept: false,
    });
    expect((await set.desk.show('s', CALL)).dossier.events).toEqual([]);
    await anna.erase('t', ERASE);
    await purge(set.ledger, set.keyring, noon('2026-12-14'));
    expect(await set.ledger.personRecords.read('proposals')).toHaveLength(1);
    await purge(set.ledger, set.keyring, noon('2026-12-15'));
    expect(await set.ledger.personRecords.read('proposals')).toEqual([]);
    await set.close();
  });

  it('confirms the release of a hold, unless the hold was put again', async () => {
    const set = await deskOn(open);
    await set.desk.record('s', CALL, CONCLUDED);
    const [anna, berta] = [deskOf(set, 'Anna'), deskOf(set, 'Berta')];
    await expect(anna.release('s', CLAIM)).rejects.toMatchObject({ code: 'ERR_RIGHT' });
    await anna.hold('s', CLAIM, 'legal-claim', '2027-01-01');
    expect(await anna.release('s', CLAIM)).toMatchObject({ pending: { operation: 'release' } });
    await anna.hold('s', CLAIM, 'legal-claim', '2027-06-01');
    expect(await berta.release('s', CLAIM)).toMatchObject({ pending: { agent: 'Berta' } });
    await expect(anna.erase('s', ERASE)).rejects.toMatchObject({ code: 'ERR_RIGHT_HELD' });
    expect(await anna.release('s', CLAIM)).toEqual({});
    expect(await set.ledger.personRecords.read('holds')).toEqual([]);
    expect(await anna.pending()).toEqual([]);
    await set.close();
  });

  it('is not needed without the option, and the option is checked when the desk opens', async () => {
    const set = await deskOn(open);
    const { ledger, keyring } = set;
    await set.desk.hold('s', CLAIM, 'legal-claim', '2027-01-01');
    expect(await set.desk.release('s', CLAIM)).toEqual({});
    expect(await set.desk.erase('s', ERASE)).toMatchObject({ cards: 0 });
    for (const wrong of [
      { secondAgent: ['erase', 'releas'] },
      { secondAgent: 'erase' },
      { secondAgents: ['erase'] },
    ] as object[] as Partial<DeskOptions>[])
      expect(() => openDesk({ ...wrong, ledger, keyring, agent: 'Anna' })).toThrow(
        expect.objectContaining({ code: 'ERR_ARGUMENT' }),
      );
    const releaseOnly = openDesk({ ledger, keyring, agent: 'Anna', secondAgent: ['release'] });
    expect(await releaseOnly.erase('s', ERASE)).toMatchObject({ cards: 0 });
    await set.close();
  });
});

it('a proposal outlives a restart', async () => {
  const path = newPath();
  const set = await deskOn(() => openSqliteLedger(path));
  await deskOf(set, 'Anna').erase('s', ERASE);
  await set.close();
  const ledger = await openSqliteLedger(path);
  const again = deskOf({ ...set, ledger }, 'Berta');
  expect(await again.pending()).toMatchObject([{ operation: 'erase', agent: 'Anna' }]);
  expect(await again.erase('s', ERASE)).toMatchObject({ cards: 0 });
  expect(await again.pending()).toEqual([]);
  await ledger.close();
});
