/** The contract of every store of person records: one suite, run on each implementation. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DossierRow, JournalRow, Ledger } from '../../../src/entry/ledger.ts';
import {
  ALONGSIDE_DOSSIER_TOMBSTONE,
  digestOf,
  PERSON_TOMBSTONE,
} from '../../../src/ledger/ledger.ts';
import { card, EMPTY, keys, name } from './cards.ts';
import type { Subject } from './ledger.ts';

const dossier = (n: number, revision: number, ends = '', events = '[]'): DossierRow => ({
  pseudonym: name(n),
  events,
  ends,
  since: '2026-11-05',
  revision,
  reference: '',
  imported: '',
  standing: '',
  assessed: '',
  recheck: '',
  due: '9999-12-31',
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

const ERASED = ['restrictions', 'holds', 'directives', 'exceptions', 'proposals'] as const;

export function personRecordsContract({ name: title, open, join }: Subject): void {
  describe(`person records contract: ${title}`, () => {
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

    it('reads what a gate needs of many subscribers: a standing that holds, else the events, and exceptions', async () => {
      const { personRecords: records } = await fresh();
      const events = '[{"type":"contract-concluded","on":"2026-01-01"}]';
      const rows = [
        {
          ...dossier(1, 1, '', events),
          standing: 'verified',
          assessed: '1.1',
          recheck: '2026-12-01',
        },
        { ...dossier(2, 1, '', events), standing: 'doubted', assessed: '1.1' },
        // A standing of another revision or of other rules counts no more.
        { ...dossier(3, 1, '', events), standing: 'verified', assessed: '1.0' },
        { ...dossier(6, 1, '', events), standing: 'verified', assessed: '0.1' },
      ];
      expect(await records.replaceDossiers(rows)).toEqual([]);
      for (const n of [2, 4])
        await records.put('exceptions', {
          pseudonym: name(n),
          why: 'address-data',
          since: '2026-11-05',
          until: '2026-11-20',
        });
      const asked = [1, 2, 3, 4, 5, 6].map(name);
      const on = async (day: string) =>
        (await records.residencesOf(asked, day))
          .map(row => [Number(row.pseudonym), row.standing, row.events === events, row.until])
          .sort((a, b) => (String(a) < String(b) ? -1 : 1));
      const exceptions = [
        [2, '', false, '2026-11-20'],
        [4, '', false, '2026-11-20'],
      ];
      const sortedRows = (...all: unknown[][]) =>
        [...all, [6, '', true, ''], ...exceptions].sort((a, b) => (String(a) < String(b) ? -1 : 1));
      const unknown = [3, '', true, ''];
      for (const day of ['2026-11-05', '2026-11-30'])
        expect(await on(day)).toEqual(
          sortedRows([1, 'verified', false, ''], [2, 'doubted', false, ''], unknown),
        );
      // From the day of the next change on, and before the day of the last one, the events count.
      expect(await on('2026-12-01')).toEqual(
        sortedRows([1, '', true, ''], [2, 'doubted', false, ''], unknown),
      );
      expect(await on('2026-11-04')).toEqual(
        sortedRows([1, '', true, ''], [2, '', true, ''], unknown),
      );
      expect(await records.residencesOf([], '2026-11-05')).toEqual([]);
    });

    it('lists the dossiers whose renewal may be overdue, oldest first, in pages', async () => {
      const { personRecords: records } = await fresh();
      const dues = ['9999-12-31', '2026-11-03', '', '2026-11-01', '2026-11-03', '2026-12-01'];
      await records.replaceDossiers(dues.map((due, n) => ({ ...dossier(n + 1, 1), due })));
      const pages: number[][] = [];
      for (let after = { due: '', pseudonym: '' }; ; ) {
        const page = await records.dossiersDue('2026-11-30', after, 2);
        pages.push(page.map(({ pseudonym }) => Number(pseudonym)));
        if (page.length < 2) break;
        after = page.at(-1)!;
      }
      expect(pages).toEqual([[3, 4], [2, 5], []]);
      expect(await records.countDue('2026-11-30')).toEqual({ dossiers: 3, since: '2026-11-01' });
      expect(await records.countDue('2026-10-31')).toEqual({ dossiers: 0, since: '' });
    });

    it('reads rows by any columns in the order of the key, and replaces the row of a key', async () => {
      const { personRecords: records } = ledger;
      const row = (month: string, why: string, home: number) => ({
        pseudonym: name(1),
        month,
        why,
        home,
        outside: 0x7fffffff,
        accesses: '[[1,true]]',
        since: '2026-11-05',
      });
      await records.put('apart', row('2026-11', 'hold', 1));
      await records.put('apart', row('2026-10', 'restriction', 2));
      await records.put('apart', row('2026-11', 'hold', 3));
      await records.put('apart', { ...row('2026-11', 'hold', 4), pseudonym: name(2) });
      expect(await records.read('apart', { pseudonym: name(1) })).toEqual([
        row('2026-10', 'restriction', 2),
        row('2026-11', 'hold', 3),
      ]);
      expect(await records.read('apart', { why: 'hold', month: '2026-11' })).toHaveLength(2);
      expect(await records.read('apart')).toHaveLength(3);
      expect(await records.read('holds')).toEqual([]);
    });

    it('removes rows by columns, and by the order of one of the columns', async () => {
      const { personRecords: records } = await fresh();
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
        for (const why of ['hold', 'restriction']) await records.put('apart', row(month, why));
      expect(await records.removeBefore('apart', 'month', '2025-11', { why: 'restriction' })).toBe(
        2,
      );
      expect(await records.read('apart', { why: 'hold' })).toHaveLength(3);
      expect(await records.remove('apart', { why: 'hold' })).toBe(3);
      expect(await records.read('apart')).toEqual([row('2025-11', 'restriction')]);
      for (const [n, ends] of [
        [1, ''],
        [2, '2026-11-04'],
        [3, '2026-11-06'],
      ] as const)
        await records.replaceDossiers([dossier(n, 1, ends)]);
      expect(await records.removeBefore('dossiers', 'ends', '2026-11-06')).toBe(1);
      expect((await records.read('dossiers')).map(({ pseudonym }) => pseudonym)).toEqual([
        name(1),
        name(3),
      ]);
    });

    it('changes a dossier only if it is still the revision that the change was made from', async () => {
      const { personRecords: records } = await fresh();
      expect(await records.replaceDossiers([dossier(1, 2)])).toEqual([name(1)]);
      expect(await records.replaceDossiers([dossier(1, 1)])).toEqual([]);
      expect(await records.replaceDossiers([dossier(1, 1, '', '[1]')])).toEqual([name(1)]);
      const changes = ['a', 'b', 'c'];
      const tries = await Promise.all(
        changes.map(each => records.replaceDossiers([dossier(1, 2, '', each)])),
      );
      const written = changes.filter((_, n) => tries[n]!.length === 0);
      expect(written).toHaveLength(1);
      expect(await records.dossiersAfter('', 10)).toMatchObject([
        { revision: 2, events: written[0] },
      ]);
      await records.replaceDossiers([dossier(3, 1), dossier(2, 1)]);
      expect((await records.dossiersAfter(name(1), 1)).map(row => row.pseudonym)).toEqual([
        name(2),
      ]);
    });

    it('changes many dossiers at once, and says which others were faster at', async () => {
      const { personRecords: records } = await fresh();
      await records.replaceDossiers([dossier(1, 1), dossier(2, 1, '2026-12-01', '[2]')]);
      const events = '[{"a":"é\\"\\\\ \\u0000","b":[1,2.5,null]}]';
      const overtaken = await records.replaceDossiers([
        dossier(1, 2, '', events),
        dossier(2, 1),
        dossier(3, 1, '2027-01-01', events),
        dossier(4, 2),
      ]);
      expect(overtaken.toSorted()).toEqual([name(2), name(4)]);
      expect(await records.replaceDossiers([])).toEqual([]);
      const found = await records.dossiersOf([3, 1, 9, 2].map(name));
      expect(found.toSorted((a, b) => (a.pseudonym < b.pseudonym ? -1 : 1))).toEqual([
        dossier(1, 2, '', events),
        dossier(2, 1, '2026-12-01', '[2]'),
        dossier(3, 1, '2027-01-01', events),
      ]);
      expect(await records.dossiersOf([])).toEqual([]);
    });

    it('keeps the reference of an agent, and an erasure that leaves the dossier empties it', async () => {
      const each = await fresh();
      const { personRecords: records } = each;
      const first = { ...dossier(1, 1), reference: 'FILE-1' };
      await records.replaceDossiers([first]);
      await records.replaceDossiers([{ ...first, revision: 2, reference: 'FILE-2' }]);
      await records.replaceDossiers([
        { ...dossier(2, 1), since: '2026-11-06', reference: 'FILE-3' },
      ]);
      const references = async () =>
        (await records.read('dossiers')).map(({ reference }) => reference);
      expect(await references()).toEqual(['FILE-2', 'FILE-3']);
      await each.restoreTombstones(
        [1, 2].map(n => ({
          month: ALONGSIDE_DOSSIER_TOMBSTONE,
          digest: digestOf(name(n)),
          through: '2026-11-05',
        })),
      );
      expect(await references()).toEqual(['', 'FILE-3']);
    });

    it('finds the restricted subscribers among many', async () => {
      const { personRecords: records } = await fresh();
      expect(await records.among('restrictions', [name(1), name(2)])).toEqual([]);
      await records.put('restrictions', {
        pseudonym: name(2),
        since: '2026-11-05',
        ground: 'objection',
      });
      expect(await records.among('restrictions', [name(1), name(2), name(2)])).toEqual([
        name(2),
        name(2),
      ]);
      expect(await records.among('restrictions', [])).toEqual([]);
    });

    it('appends to the journal in order only, forgets a person in it, and cuts its oldest entries', async () => {
      const each = await fresh();
      const { personRecords: records } = each;
      expect(await records.journalHead()).toBeUndefined();
      expect(await records.appendJournal(entry(2))).toBe(false);
      for (const seq of [1, 2, 3, 4])
        expect(await records.appendJournal(entry(seq, name(seq % 2)))).toBe(true);
      expect(await records.appendJournal(entry(4))).toBe(false);
      const other = join === undefined ? each : await join(each);
      const race = await Promise.all(
        [records, other.personRecords].map(store => store.appendJournal(entry(5))),
      );
      expect(race.filter(Boolean)).toHaveLength(1);
      if (other !== each) await other.close();
      expect((await records.journalOf(name(1))).map(({ seq }) => seq)).toEqual([1, 3]);
      expect(await records.forgetInJournal(name(1))).toBe(2);
      expect(await records.journalOf(name(1))).toEqual([]);
      expect((await records.journalAfter(1, 2)).map(({ seq, salt }) => [seq, salt])).toEqual([
        [2, 'salt'],
        [3, ''],
      ]);
      const anchor = { ...entry(3, ''), action: 'cut', operator: '', salt: '' };
      expect(await records.cutJournal(anchor)).toBe(3);
      expect(await records.journalAfter(0, 9)).toMatchObject([anchor, { seq: 4 }, { seq: 5 }]);
      expect(await records.journalHead()).toMatchObject({ seq: 5 });
    });

    it.each([
      ['searched', undefined],
      ['known', [name(1), name(2)]],
    ])(
      'applies tombstones of erased persons to older rows of a restored backup, and to no younger ones (%s)',
      async (_, pseudonyms) => {
        const each = await fresh();
        const { personRecords: records } = each;
        await records.replaceDossiers([dossier(1, 1)]);
        await records.replaceDossiers([{ ...dossier(2, 1), since: '2026-11-06' }]);
        await records.put('holds', {
          pseudonym: name(1),
          since: '2026-11-05',
          review: '2026-12-05',
          why: 'legal-claim',
          reference: 'CASE-1',
        });
        await records.put('restrictions', {
          pseudonym: name(1),
          since: '2026-11-05',
          ground: 'restriction',
        });
        await records.put('directives', {
          pseudonym: name(1),
          since: '2026-11-05',
          choice: 'erase',
          designated: '',
        });
        const granted = { why: 'address-data', since: '2026-11-05', until: '2026-11-09' };
        await records.put('exceptions', { pseudonym: name(1), ...granted });
        await records.put('proposals', {
          pseudonym: name(1),
          operation: 'release',
          options: '',
          agent: 'Anna',
          since: '2026-11-05',
          until: '2026-11-12',
          reference: '',
        });
        const blank = { asked: '', established: '', extended: '', answered: '', outcome: '' };
        const request = {
          id: 'R-1',
          pseudonym: name(1),
          kind: 'access',
          received: '2026-11-05',
          ...blank,
          reference: 'TICKET-1',
        };
        await records.put('requests', request);
        await records.appendJournal(entry(1, name(1)));
        const tombstone = (n: number) => ({
          month: PERSON_TOMBSTONE,
          digest: digestOf(name(n)),
          through: '2026-11-05',
        });
        await each.restoreTombstones([tombstone(1), tombstone(2)], pseudonyms);
        expect((await records.read('dossiers')).map(row => row.pseudonym)).toEqual([name(2)]);
        for (const table of ERASED) expect(await records.read(table)).toEqual([]);
        expect(await records.read('requests')).toEqual([
          { ...request, pseudonym: '', reference: '' },
        ]);
        expect(await records.journalAfter(0, 9)).toMatchObject([{ seq: 1, salt: '', subject: '' }]);
        await each.purgeBefore('2026-11');
        expect(await each.tombstones()).toHaveLength(2);
        await each.purgeBefore('2026-12');
        expect(await each.tombstones()).toEqual([]);
      },
    );

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
      const other = await fresh();
      await other.write(batch);
      await other.restoreTombstones(await each.tombstones());
      expect(await other.cards(keys(card(1, 0)))).toEqual([]);
    });
  });
}
