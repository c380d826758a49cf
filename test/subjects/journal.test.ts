import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { journalHead, openDesk, verifyJournal } from '../../src/entry/desk.ts';
import { verifyEvidence } from '../../src/entry/ledger.ts';
import { purge } from '../../src/index.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { cutJournal } from '../../src/subjects/journal.ts';
import { CALL, deskOn, FRANCE, newPath, STORES } from '../support/desk.ts';
import { noon } from '../support/gate.ts';

/** A journal of ten entries in a file, and functions that change it from outside. */
async function tampered() {
  const path = newPath();
  const set = await deskOn(() => openSqliteLedger(path));
  for (let n = 0; n < 10; n++)
    await set.desk.show(n % 2 === 0 ? 's' : 't', { reason: 'support-call', reference: `C-${n}` });
  const head = await journalHead(set.ledger.personRecords);
  const problems = async (kept?: string): Promise<string[]> =>
    (await verifyJournal(set.ledger.personRecords, set.keyring, kept)).map(({ en }) => en);
  const reach = (sql: string): void => {
    const database = new Sqlite(path);
    database.exec('DROP TRIGGER IF EXISTS journal_is_fixed');
    database.exec(sql);
    database.close();
  };
  return { ...set, path, head, problems, reach };
}

describe('the journal', () => {
  it('holds agent, time, action and reason of every read and change, before it happens', async () => {
    const { desk, ledger, visit, close } = await deskOn(STORES['sqlite']!);
    await visit('s', FRANCE);
    await desk.show('s', { reason: 'support-call', reference: 'T-1' });
    await desk.calendar('s', { reason: 'abuse-inquiry' });
    await desk
      .dispute('s', { reason: 'rectification-request' }, '2024-01-01', 'home')
      .catch(() => {});
    const rows = await ledger.personRecords.journalAfter(0, 99);
    expect(
      rows.map(({ at, operator, action, reason, reference }) => [
        at,
        operator,
        action,
        reason,
        reference,
      ]),
    ).toEqual([
      ['2026-11-22T12:00:00Z', 'Anna', 'show', 'support-call', 'T-1'],
      ['2026-11-22T12:00:00Z', 'Anna', 'calendar', 'abuse-inquiry', ''],
      ['2026-11-22T12:00:00Z', 'Anna', 'dispute', 'rectification-request', ''],
      ['2026-11-22T12:00:00Z', 'Anna', 'refused', 'rectification-request', '3'],
    ]);
    const own = await desk.export('s', CALL);
    expect(own.consultations.map(({ action, done }) => [action, done])).toEqual([
      ['show', true],
      ['calendar', true],
      ['dispute', false],
      ['export', true],
    ]);
    expect(JSON.stringify(own)).not.toContain('Anna');
    await close();
  });

  it('prevents any change or read that it cannot record', async () => {
    const { ledger, keyring, desk, close } = await deskOn(STORES['memory']!);
    const withoutJournal = {
      ...ledger,
      personRecords: {
        ...ledger.personRecords,
        appendJournal: async () => {
          throw new Error('down');
        },
      },
    };
    const other = openDesk({
      ledger: withoutJournal,
      keyring,
      agent: 'Bob',
      clock: () => noon('2026-11-22'),
    });
    await expect(other.restrict('s', CALL, 'restriction')).rejects.toThrow();
    await expect(other.show('s', CALL)).rejects.toThrow();
    expect((await desk.show('s', CALL)).restriction).toBeUndefined();
    await close();
  });

  it.each([
    [{ reason: 'curiosity' as never }],
    [{ reason: 'support-call', reference: '81.2.69.142' }],
    [{ reason: 'support-call', reference: '2a01:cb00::1' }],
    [{ reason: 'support-call', reference: 'a@b' }],
    [{ reason: 'support-call', reference: 'call-subscriber-9' }],
    [{ reason: 'support-call', reference: 'x'.repeat(41) }],
    [undefined as never],
  ] as const)('refuses the access reason %j', async why => {
    const { desk, ledger, close } = await deskOn(STORES['memory']!);
    await expect(desk.show('subscriber-9', why as never)).rejects.toMatchObject({
      code: 'ERR_ACCESS_REASON',
    });
    expect(await ledger.personRecords.journalHead()).toBeUndefined();
    await close();
  });

  it.each(['', ' ', 'a\nb', 'x'.repeat(65), 'subscriber-9', undefined])(
    'refuses the agent %j',
    async operator => {
      const { ledger, keyring, close } = await deskOn(STORES['memory']!);
      const desk = openDesk({ ledger, keyring, agent: operator as string });
      await expect(desk.show('subscriber-9', CALL)).rejects.toMatchObject({
        code: 'ERR_ACCESS_REASON',
      });
      await expect(desk.show('' as never, CALL)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
      await close();
    },
  );

  it('verifies as it is written; the store itself refuses to change an entry', async () => {
    const { problems, head, path, close } = await tampered();
    expect([
      await problems(),
      await problems(head),
      await problems('5:'),
      await problems('0:'),
    ]).toMatchObject([[], [], [expect.any(String)], []]);
    const database = new Sqlite(path);
    expect(() => database.exec(`UPDATE journal SET operator = 'Eve' WHERE seq = 3`)).toThrow(
      /only appended/,
    );
    expect(() => database.exec(`UPDATE journal SET subject = 'aa' WHERE seq = 3`)).toThrow(
      /only appended/,
    );
    database.close();
    await expect(problems('nonsense')).rejects.toMatchObject({ code: 'ERR_ACCESS_REASON' });
    await close();
  });

  it.each([
    ['another agent', `UPDATE journal SET operator = 'Eve' WHERE seq = 3`, 'entry 3 was changed'],
    ['another reason', `UPDATE journal SET reason = 'audit' WHERE seq = 3`, 'entry 3 was changed'],
    [
      'another time',
      `UPDATE journal SET at = '2026-11-21T12:00:00Z' WHERE seq = 3`,
      'entry 3 was changed',
    ],
    [
      'another person',
      `UPDATE journal SET subject = (SELECT subject FROM journal WHERE seq = 4) WHERE seq = 3`,
      'entry 3 names another person',
    ],
    [
      'another seal',
      `UPDATE journal SET hash = (SELECT hash FROM journal WHERE seq = 4) WHERE seq = 3`,
      'entry 3 was changed',
    ],
    ['a removed entry', 'DELETE FROM journal WHERE seq = 5', 'entries are missing before 6'],
    ['a removed beginning', 'DELETE FROM journal WHERE seq < 4', 'entries are missing before 4'],
    [
      'a removed entry whose gap was closed',
      'DELETE FROM journal WHERE seq = 5; UPDATE journal SET seq = seq - 1 WHERE seq > 5',
      'entry 5 was changed',
    ],
    [
      'exchanged entries',
      'UPDATE journal SET seq = 99 WHERE seq = 5; UPDATE journal SET seq = 5 WHERE seq = 6; UPDATE journal SET seq = 6 WHERE seq = 99',
      'was changed',
    ],
    [
      'a false anchor',
      `DELETE FROM journal WHERE seq < 4; UPDATE journal SET action = 'cut', operator = '' WHERE seq = 4`,
      'cut by other means',
    ],
  ])('detects %s', async (_, sql, message) => {
    const { problems, reach, ledger, keyring, close } = await tampered();
    reach(sql);
    expect((await problems()).join()).toContain(message);
    expect((await verifyEvidence(ledger, keyring)).map(({ en }) => en).join()).toContain(message);
    await close();
  });

  it('detects a cut tail against a head kept elsewhere, and only then', async () => {
    const { problems, reach, head, close } = await tampered();
    reach('DELETE FROM journal WHERE seq > 7');
    expect(await problems()).toEqual([]);
    expect(await problems(head)).toEqual([expect.stringContaining('does not reach the head')]);
    reach('DELETE FROM journal');
    expect(await problems(head)).toHaveLength(1);
    await close();
  });

  it('does not report an erasure as tampering, and then holds nothing about the person', async () => {
    const { problems, head, desk, ledger, keyring, close } = await tampered();
    await desk.erase('s', { reason: 'erasure-request' });
    expect([await problems(), await problems(head)]).toEqual([[], []]);
    expect(await ledger.personRecords.journalOf(keyring.journalPseudonym('s'))).toEqual([]);
    expect(await ledger.personRecords.journalOf(keyring.journalPseudonym('t'))).toHaveLength(5);
    await close();
  });

  it('ends after its own retention, and begins with a sealed anchor', async () => {
    const { problems, head, desk, ledger, keyring, time, close } = await tampered();
    time.now = noon('2027-06-01');
    await desk.show('s', CALL);
    expect(await cutJournal(ledger.personRecords, keyring, '2026-11-22')).toBe(0);
    time.now = noon('2027-11-23');
    await purge(ledger, keyring, time.now);
    expect(
      (await ledger.personRecords.journalAfter(0, 99)).map(({ seq, action }) => [seq, action]),
    ).toEqual([
      [10, 'cut'],
      [11, 'show'],
    ]);
    expect([await problems(), await problems(head)]).toEqual([[], []]);
    expect(await problems(`4:${'a'.repeat(64)}`)).toEqual([
      expect.stringContaining('older than the oldest entry'),
    ]);
    time.now = noon('2028-06-02');
    await purge(ledger, keyring, time.now);
    await desk.show('s', CALL);
    expect((await ledger.personRecords.journalAfter(0, 99)).map(({ seq }) => seq)).toEqual([
      11, 12,
    ]);
    expect(await problems()).toEqual([]);
    await close();
  });

  it('is not restored by a late purge', async () => {
    const { ledger, keyring, problems, time, desk, close } = await tampered();
    const [, second] = await ledger.personRecords.journalAfter(0, 2);
    time.now = noon('2027-12-01');
    await desk.show('s', CALL);
    await purge(ledger, keyring, time.now);
    expect(await ledger.personRecords.cutJournal({ ...second!, action: 'cut', operator: '' })).toBe(
      0,
    );
    expect(await problems()).toEqual([]);
    await close();
  });

  it('stays one chain when many append at once', async () => {
    const { desk, problems, ledger, keyring, close } = await tampered();
    const second = openDesk({ ledger, keyring, agent: 'Bob', clock: () => noon('2026-11-22') });
    await Promise.all(
      Array.from({ length: 150 }, (_, n) => (n % 2 ? desk : second).show(`s${n}`, CALL)),
    );
    expect(await problems()).toEqual([]);
    expect((await ledger.personRecords.journalHead())?.seq).toBe(160);
    await close();
  });
});
