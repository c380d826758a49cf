import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { verifyJournal } from '../../src/entry/desk.ts';
import { cli } from '../support/cli.ts';
import { deskOn, newPath, STORES } from '../support/desk.ts';
import { inFolder } from '../support/tables.ts';

const CONCLUDED = { type: 'contract-concluded', on: '2026-01-01' } as const;

describe.each(Object.entries(STORES))('the journal as a list, on a ledger in %s', (_, open) => {
  it('is filtered by person, agent, action and day, and every look is entered in it', async () => {
    const { desk, ledger, keyring, time, close } = await deskOn(open, '2026-11-20');
    await desk.record('s', { reason: 'contract', reference: 'T-1' }, CONCLUDED);
    await desk.show('other', { reason: 'support-call' });
    time.now += 86_400_000;
    await desk.erase('other', { reason: 'erasure-request' });
    const all = await desk.journal({ reason: 'audit' });
    expect(all.map(({ seq, action }) => [seq, action])).toEqual([
      [1, 'event'],
      [2, 'show'],
      [3, 'erase'],
      [4, 'journal'],
    ]);
    expect(all[0]).toMatchObject({ reason: 'contract', reference: 'T-1', isAboutPerson: true });
    expect(all[1]!.isAboutPerson).toBe(false);
    expect(JSON.stringify(all)).not.toContain(keyring.journalPseudonym('s'));
    const of = async (filter: object): Promise<number[]> =>
      (await desk.journal({ reason: 'audit' }, filter)).map(({ seq }) => seq);
    expect(await of({ subscriber: 's' })).toEqual([1, 5]);
    expect(await of({ action: 'show' })).toEqual([2]);
    expect(await of({ to: '2026-11-20' })).toEqual([1, 2]);
    expect(await of({ from: '2026-11-21', action: 'erase' })).toEqual([3]);
    expect(await of({ agent: 'Zoe' })).toEqual([]);
    expect(await of({ limit: 2 })).toEqual([9, 10]);
    await expect(desk.journal({ reason: 'audit' }, { from: 'june' })).rejects.toMatchObject({
      code: 'ERR_DAY',
    });
    expect(await verifyJournal(ledger.personRecords, keyring)).toEqual([]);
    await close();
  });
});

describe('journal list', () => {
  it('shows the entries as a table in the language of the agent, without an identifier', async () => {
    const folder = inFolder('journal-keys');
    mkdirSync(folder, { mode: 0o700 });
    const stored = ['--ledger', newPath(), '--keyring', `${folder}/keys`];
    expect((await cli(['ledger', 'prepare', ...stored])).status).toBe(0);
    expect((await cli(['keyring', 'create', '--keyring', `${folder}/keys`])).status).toBe(0);
    const shown = ['subscriber', 'show', ...stored, '--agent', 'Anna', '--reference', 'T-7'];
    await cli(shown, 'subscriber-1\n');
    const list = ['journal', 'list', ...stored, '--agent', 'Berthe', '--reason', 'audit'];
    const french = (await cli([...list, '--lang', 'fr'])).stdout;
    expect(french).toMatch(/^numéro +heure \(UTC\) +agent +opération +motif +référence/);
    expect(french).toMatch(
      /1 +\d\d\/\d\d\/\d{4} [\d:]{8} +Anna +dossier consulté +appel à l’assistance +T-7/,
    );
    expect(french).not.toContain('subscriber-1');
    const own = await cli([...list, '--person', '--json'], 'subscriber-1\n');
    expect(JSON.parse(own.stdout)).toMatchObject([{ agent: 'Anna' }, { agent: 'Berthe' }]);
    expect((await cli([...list, '--from', '2026-13-01'])).stderr).toContain('[ERR_DAY]');
    expect((await cli(['journal', 'list', ...stored])).stderr).toContain('--reason');
  });
});
