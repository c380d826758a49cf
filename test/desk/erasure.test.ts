import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openDesk } from '../../src/entry/desk.ts';
import { verifyEvidence } from '../../src/entry/ledger.ts';
import { purge } from '../../src/index.ts';
import { digestOf, PERSON_TOMBSTONE } from '../../src/ledger/ledger.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import {
  CALL,
  CLAIM,
  CONCLUDED,
  deskOn,
  ERASE,
  FRANCE,
  newPath,
  RESTRICT,
  SPAIN,
  VERIFIED,
} from '../support/desk.ts';
import { noon } from '../support/gate.ts';

describe('an erased subscriber', () => {
  it('leaves no byte but the digests of tombstones in the file, its log and the clear parts of the keyring', async () => {
    const path = newPath();
    const { desk, ledger, keyring, visit, close } = await deskOn(
      () => openSqliteLedger(path),
      '2026-11-22',
      true,
    );
    const identifier = 'canary-subscriber-4711';
    await visit(identifier, FRANCE, SPAIN);
    await visit('other', FRANCE);
    for (const event of [
      CONCLUDED,
      VERIFIED,
      { type: 'contract-ended', on: '2026-11-21' } as const,
    ])
      await desk.record(identifier, CALL, event);
    await desk.restrict(identifier, RESTRICT, 'restriction');
    await desk.direct(identifier, { reason: 'directive' }, 'erase', 'FILE-1');
    await desk.except(identifier, CALL, 'address-data', '2026-11-30');
    await desk.hold(identifier, CLAIM, 'legal-claim', '2027-01-01');
    await desk.release(identifier, CLAIM);
    const names = [
      keyring.cardPseudonym(identifier, '2026-11')!,
      keyring.personPseudonym(identifier),
      keyring.holdPseudonym(identifier),
      keyring.journalPseudonym(identifier),
    ];
    const stored = () =>
      readdirSync(dirname(path))
        .filter(file => join(dirname(path), file).startsWith(path))
        .map(file => readFileSync(join(dirname(path), file)));
    const isFound = (needle: string): boolean =>
      stored().some(
        bytes =>
          bytes.includes(needle) ||
          (/^[0-9a-f]+$/.test(needle) && bytes.includes(Buffer.from(needle, 'hex'))),
      );
    // The card itself was removed when the restriction segregated it.
    expect(names.map(isFound)).toEqual([false, true, true, true]);
    await desk.erase(identifier, ERASE);
    expect([identifier, ...names].filter(isFound)).toEqual([]);
    const digests = (await ledger.tombstones()).map(({ month, digest }) => `${month} ${digest}`);
    expect(digests.toSorted()).toEqual(
      [
        ...(await keyring.months()).map(
          ({ month }) => `${month} ${digestOf(keyring.cardPseudonym(identifier, month)!)}`,
        ),
        ...names.slice(1).map(each => `${PERSON_TOMBSTONE} ${digestOf(each)}`),
      ].toSorted(),
    );
    expect(await verifyEvidence(ledger, keyring)).toEqual([]);
    expect(
      (await ledger.personRecords.read('requests')).every(({ pseudonym }) => pseudonym === ''),
    ).toBe(true);
    await close();
  });

  it('stays erased when the ledger is restored from a backup: cards, dossier, tombstones, journal', async () => {
    const path = newPath();
    const { desk, ledger, keyring, visit, close, time } = await deskOn(() =>
      openSqliteLedger(path),
    );
    await visit('s', FRANCE);
    for (const event of [
      CONCLUDED,
      VERIFIED,
      { type: 'contract-ended', on: '2026-11-22' } as const,
    ])
      await desk.record('s', CALL, event);
    await desk.restrict('s', RESTRICT, 'restriction');
    const backup = newPath();
    const source = new Sqlite(path, { readonly: true });
    await source.backup(backup);
    source.close();
    await desk.erase('s', ERASE);
    await ledger.close();
    const restored = await openSqliteLedger(backup);
    await restored.restoreTombstones(await keyring.tombstones());
    const again = openDesk({ ledger: restored, keyring, agent: 'Anna', clock: () => time.now });
    const own = await again.export('s', CALL);
    expect(own).toMatchObject({
      accessesByDay: [],
      residence: null,
      restriction: null,
      requests: [],
      consultations: [{ action: 'export' }],
    });
    expect(await verifyEvidence(restored, keyring)).toEqual([]);
    await restored.close();
    await close().catch(() => {});
  });

  it('is erased completely when the ledger is opened again after a crash halfway', async () => {
    const path = newPath();
    const set = await deskOn(() => openSqliteLedger(path), '2026-11-22');
    const { desk, ledger, keyring, visit, close, time } = set;
    await visit('s', FRANCE);
    await desk.direct('s', CALL, 'erase');
    for (const broken of ['remove', 'forgetInJournal'] as const) {
      const records = {
        ...ledger.personRecords,
        [broken]: async () => Promise.reject(new Error('power cut')),
      };
      const dying = openDesk({
        ledger: { ...ledger, personRecords: records },
        keyring,
        agent: 'Anna',
        clock: () => time.now,
      });
      await expect(dying.erase('s', ERASE)).rejects.toThrow('power cut');
    }
    await ledger.restoreTombstones(await keyring.tombstones());
    const own = await desk.export('s', CALL);
    expect(own).toMatchObject({ accessesByDay: [], directive: null });
    await close();
  });

  it('keeps a dossier in force through a restored backup, but no released hold and no directive', async () => {
    const path = newPath();
    const { desk, ledger, keyring, visit, close, time } = await deskOn(() =>
      openSqliteLedger(path),
    );
    await visit('s', FRANCE);
    for (const event of [CONCLUDED, VERIFIED]) await desk.record('s', CALL, event);
    await desk.hold('s', CLAIM, 'legal-claim', '2027-01-01');
    await desk.direct('s', CALL, 'erase');
    const backup = newPath();
    const source = new Sqlite(path, { readonly: true });
    await source.backup(backup);
    source.close();
    await desk.release('s', CLAIM);
    expect(await desk.erase('s', ERASE)).toMatchObject({ isDossierKept: true });
    await ledger.close();
    const restored = await openSqliteLedger(backup);
    await restored.restoreTombstones(await keyring.tombstones());
    const again = openDesk({ ledger: restored, keyring, agent: 'Anna', clock: () => time.now });
    const view = await again.show('s', CALL);
    expect(view).toMatchObject({
      hold: undefined,
      directive: undefined,
      requests: [],
      standing: { standing: 'verified' },
    });
    expect(await again.erase('s', ERASE)).toMatchObject({ isDossierKept: true });
    await restored.close();
    await close().catch(() => {});
  });

  it('is not written back by a purge that read before the erasure', async () => {
    const { desk, ledger, keyring, time, visit, close } = await deskOn(
      () => openSqliteLedger(newPath()),
      '2026-11-20',
      true,
    );
    await visit('s', FRANCE);
    await desk.restrict('s', RESTRICT, 'restriction');
    time.now = noon('2026-12-30');
    const { personRecords: records } = ledger;
    const read: typeof records.read = async (table, where) => {
      const rows = await records.read(table, where);
      if (table === 'apart') await desk.erase('s', ERASE);
      return rows;
    };
    await purge({ ...ledger, personRecords: { ...records, read } }, keyring, time.now, {
      keepDays: 30,
    });
    expect(await records.read('apart')).toEqual([]);
    await close();
  });
});
