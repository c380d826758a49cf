/** What every register must do: one suite, run on each implementation. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DossierRow, JournalRow, Ledger } from '../../../src/entry/ledger.ts';
import { digestOf, PERSON_TOMBSTONE } from '../../../src/ledger/ledger.ts';
import { card, EMPTY, keys, name } from './cards.ts';
import type { Subject } from './ledger.ts';

const dossier = (n: number, revision: number, ends = '', events = '[]'): DossierRow => ({
  pseudonym: name(n),
  events,
  ends,
  since: '2026-11-05',
  revision,
});
const entry = (seq: number, subject = name(seq)): JournalRow => ({
  seq,
  at: '2026-11-05T10:00:00Z',
  operator: 'Anna',
  action: 'show',
  reason: 'support-call',
  reference: '',
  commitment: `c${seq}`,
  salt: 'salt',
  subject,
  hash: `h${seq}`,
});

export function personRecordsContract({ name: title, open, join }: Subject): void {
  describe(`register contract: ${title}`, () => {
    let ledger: Ledger;
    const opened: Ledger[] = [];
    const fresh = async (): Promise<Ledger> => {
      const each = await open();
      opened.push(each);
      return each;
    };
    beforeAll(async () => {
      ledger = await fresh();
    });
    afterAll(async () => {
      for (const each of opened) await each.close();
    });

    it('reads what was put, by any columns, in the order of the key; a row replaces that of its key', async () => {
      const { personRecords: register } = ledger;
      const row = (month: string, why: string, home: number) => ({
        pseudonym: name(1),
        month,
        why,
        home,
        outside: 0x7fffffff,
        accesses: '[[1,true]]',
        since: '2026-11-05',
      });
      await register.put('apart', row('2026-11', 'hold', 1));
      await register.put('apart', row('2026-10', 'restriction', 2));
      await register.put('apart', row('2026-11', 'hold', 3));
      await register.put('apart', { ...row('2026-11', 'hold', 4), pseudonym: name(2) });
      expect(await register.read('apart', { pseudonym: name(1) })).toEqual([
        row('2026-10', 'restriction', 2),
        row('2026-11', 'hold', 3),
      ]);
      expect(await register.read('apart', { why: 'hold', month: '2026-11' })).toHaveLength(2);
      expect(await register.read('apart')).toHaveLength(3);
      expect(await register.read('holds')).toEqual([]);
    });

    it('removes rows by columns, and by the order of one column among them', async () => {
      const { personRecords: register } = await fresh();
      const row = (month: string, why: string) => ({
        pseudonym: name(1),
        month,
        why,
        home: 1,
        outside: 0,
        accesses: '[]',
        since: '2026-11-05',
      });
      for (const month of ['2025-09', '2025-10', '2025-11'])
        for (const why of ['hold', 'restriction']) await register.put('apart', row(month, why));
      expect(await register.removeBefore('apart', 'month', '2025-11', { why: 'restriction' })).toBe(
        2,
      );
      expect(await register.read('apart', { why: 'hold' })).toHaveLength(3);
      expect(await register.remove('apart', { why: 'hold' })).toBe(3);
      expect(await register.read('apart')).toEqual([row('2025-11', 'restriction')]);
      for (const [n, ends] of [
        [1, ''],
        [2, '2026-11-04'],
        [3, '2026-11-06'],
      ] as const)
        await register.replaceDossier(dossier(n, 1, ends));
      expect(await register.removeBefore('dossiers', 'ends', '2026-11-06')).toBe(1);
      expect((await register.read('dossiers')).map(({ pseudonym }) => pseudonym)).toEqual([
        name(1),
        name(3),
      ]);
    });

    it('takes a change of a dossier only over the one that it was made of', async () => {
      const { personRecords: register } = await fresh();
      expect(await register.replaceDossier(dossier(1, 2))).toBe(false);
      expect(await register.replaceDossier(dossier(1, 1))).toBe(true);
      expect(await register.replaceDossier(dossier(1, 1, '', '[1]'))).toBe(false);
      const tries = await Promise.all(
        ['a', 'b', 'c'].map(each => register.replaceDossier(dossier(1, 2, '', each))),
      );
      expect(tries.filter(Boolean)).toHaveLength(1);
      expect(await register.dossiersAfter('', 10)).toMatchObject([{ revision: 2, events: 'a' }]);
      await register.replaceDossier(dossier(3, 1));
      await register.replaceDossier(dossier(2, 1));
      expect((await register.dossiersAfter(name(1), 1)).map(row => row.pseudonym)).toEqual([
        name(2),
      ]);
    });

    it('tells who among many is restricted', async () => {
      const { personRecords: register } = await fresh();
      expect(await register.among('restrictions', [name(1), name(2)])).toEqual([]);
      await register.put('restrictions', {
        pseudonym: name(2),
        since: '2026-11-05',
        ground: 'objection',
      });
      expect(await register.among('restrictions', [name(1), name(2), name(2)])).toEqual([
        name(2),
        name(2),
      ]);
      expect(await register.among('restrictions', [])).toEqual([]);
    });

    it('appends to the journal in order only, forgets a person in it, and is cut at the old end', async () => {
      const each = await fresh();
      const { personRecords: register } = each;
      expect(await register.journalHead()).toBeUndefined();
      expect(await register.appendJournal(entry(2))).toBe(false);
      for (const seq of [1, 2, 3, 4])
        expect(await register.appendJournal(entry(seq, name(seq % 2)))).toBe(true);
      expect(await register.appendJournal(entry(4))).toBe(false);
      const other = join === undefined ? each : await join(each);
      const race = await Promise.all(
        [register, other.personRecords].map(store => store.appendJournal(entry(5))),
      );
      expect(race.filter(Boolean)).toHaveLength(1);
      if (other !== each) await other.close();
      expect((await register.journalOf(name(1))).map(({ seq }) => seq)).toEqual([1, 3]);
      expect(await register.forgetInJournal(name(1))).toBe(2);
      expect(await register.journalOf(name(1))).toEqual([]);
      expect((await register.journalAfter(1, 2)).map(({ seq, salt }) => [seq, salt])).toEqual([
        [2, 'salt'],
        [3, ''],
      ]);
      const anchor = { ...entry(3, ''), action: 'cut', operator: '', salt: '' };
      expect(await register.cutJournal(anchor)).toBe(3);
      expect(await register.journalAfter(0, 9)).toMatchObject([anchor, { seq: 4 }, { seq: 5 }]);
      expect(await register.journalHead()).toMatchObject({ seq: 5 });
    });

    it('applies tombstones of erased persons to what a restored backup has brought back, and to nothing younger', async () => {
      const each = await fresh();
      const { personRecords: register } = each;
      await register.replaceDossier(dossier(1, 1));
      await register.replaceDossier({ ...dossier(2, 1), since: '2026-11-06' });
      await register.put('restrictions', {
        pseudonym: name(1),
        since: '2026-11-05',
        ground: 'restriction',
      });
      await register.put('directives', {
        pseudonym: name(1),
        since: '2026-11-05',
        choice: 'erase',
        designated: '',
      });
      const granted = { why: 'address-data', since: '2026-11-05', until: '2026-11-09' };
      await register.put('exceptions', { pseudonym: name(1), ...granted });
      const blank = { asked: '', established: '', extended: '', answered: '', outcome: '' };
      const request = {
        id: 'R-1',
        pseudonym: name(1),
        kind: 'access',
        received: '2026-11-05',
        ...blank,
      };
      await register.put('requests', request);
      await register.appendJournal(entry(1, name(1)));
      const mark = (n: number) => ({
        month: PERSON_TOMBSTONE,
        digest: digestOf(name(n)),
        through: '2026-11-05',
      });
      await each.restoreTombstones([mark(1), mark(2)]);
      expect((await register.read('dossiers')).map(row => row.pseudonym)).toEqual([name(2)]);
      for (const table of ['restrictions', 'directives', 'exceptions'] as const)
        expect(await register.read(table)).toEqual([]);
      expect(await register.read('requests')).toEqual([{ ...request, pseudonym: '' }]);
      expect(await register.journalAfter(0, 9)).toMatchObject([{ seq: 1, salt: '', subject: '' }]);
      await each.purgeBefore('2026-11');
      expect(await each.tombstones()).toHaveLength(2);
      await each.purgeBefore('2026-12');
      expect(await each.tombstones()).toEqual([]);
    });

    it('clears single bits and the accesses under them for good', async () => {
      const each = await fresh();
      const at = Date.UTC(2026, 10, 3, 20) / 1000;
      const access = (fromHome: boolean, second = at) => ({
        month: '2026-11',
        pseudonym: name(1),
        at: second,
        fromHome,
      });
      const batch = {
        ...EMPTY,
        cards: [card(1, 0b101, 0b100)],
        accesses: [access(true), access(false), access(false, at + 86_400)],
      };
      await each.write(batch);
      await each.clear(keys(card(1, 0))[0]!, { homeDays: 0, outsideDays: 0b100 });
      await each.write(batch);
      expect(await each.cards(keys(card(1, 0)))).toEqual([card(1, 0b101, 0)]);
      expect(await each.accesses(keys(card(1, 0)))).toEqual([
        access(true),
        access(false, at + 86_400),
      ]);
      await each.clear(keys(card(1, 0))[0]!, { homeDays: 0b101, outsideDays: 0 });
      expect(await each.cards(keys(card(1, 0)))).toEqual([]);
      expect(await each.tombstones()).toEqual([
        {
          month: '2026-11',
          digest: digestOf(name(1)),
          through: '',
          homeDays: 0b101,
          outsideDays: 0b100,
        },
      ]);
      const anew = await fresh();
      await anew.write(batch);
      await anew.restoreTombstones(await each.tombstones());
      expect(await anew.cards(keys(card(1, 0)))).toEqual([]);
    });
  });
}
