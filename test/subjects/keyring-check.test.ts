import { cpSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDesk } from '../../src/entry/desk.ts';
import { memoryLedger, verifyEvidence } from '../../src/entry/ledger.ts';
import { openGate, openKeyring, purge } from '../../src/index.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { checkKeyring } from '../../src/subjects/keyring-check.ts';
import { cli } from '../support/cli.ts';
import { newPath } from '../support/desk.ts';
import { cardsOf, newKeyring, noon, request, setUp, table } from '../support/gate.ts';
import { inFolder } from '../support/tables.ts';

const MISMATCH = { code: 'ERR_KEYRING_MISMATCH' };
const ACCESS = { reason: 'support-call' } as const;
const CONCLUDED = { type: 'contract-concluded', on: '2026-01-01' } as const;

describe('a keyring that does not belong to the ledger', () => {
  it('opens no gate, serves no desk and purges nothing, and nothing is written', async () => {
    const { gate, ledger, keyring, time } = await setUp();
    gate.decide(request('s', '2.1.1.1'));
    await gate.close();
    const desk = openDesk({ ledger, keyring, agent: 'Anna', clock: () => time.now });
    await desk.record('s', ACCESS, CONCLUDED);
    const before = [await ledger.keyChecks(), await ledger.personRecords.journalAfter(0, 100)];
    const foreign = await newKeyring();
    await expect(
      openGate({ table, clock: () => time.now, evidence: { ledger, keyring: foreign } }),
    ).rejects.toMatchObject(MISMATCH);
    const stranger = openDesk({ ledger, keyring: foreign, agent: 'Anna', clock: () => time.now });
    await expect(stranger.show('s', ACCESS)).rejects.toMatchObject(MISMATCH);
    await expect(purge(ledger, foreign, time.now)).rejects.toMatchObject(MISMATCH);
    expect([await ledger.keyChecks(), await ledger.personRecords.journalAfter(0, 100)]).toEqual(
      before,
    );
    expect(await foreign.months()).toEqual([]);
    expect(await verifyEvidence(ledger, foreign)).toMatchObject([{ id: 'keyring-mismatch' }]);
    expect(await verifyEvidence(ledger, keyring)).toEqual([]);
    expect(await cardsOf(ledger, keyring, 's', '2026-11')).toHaveLength(1);
  });

  it('is found out by one key alone: a keyring that was restored without the newest month', async () => {
    const path = inFolder('older-keys/keys');
    mkdirSync(dirname(path), { mode: 0o700 });
    const keyring = await openKeyring(path);
    cpSync(path, `${path}.backup`);
    const { gate, ledger, time } = await setUp('2026-11-22', { keyring });
    gate.decide(request('s', '2.1.1.1'));
    await gate.close();
    renameSync(`${path}.backup`, path);
    const older = await openKeyring(path, { create: false });
    const evidence = { ledger, keyring: older };
    const opening = openGate({ table, clock: () => time.now, evidence });
    await expect(opening).rejects.toMatchObject(MISMATCH);
    await expect(opening).rejects.toThrow('it lacks the keys of 2026-11, 2026-12');
    expect(await older.months()).toEqual([]);
  });

  it('is refused on the command line with exit code 1, in both languages', async () => {
    const folder = inFolder('own-keys');
    mkdirSync(folder, { mode: 0o700 });
    const stored = ['--ledger', newPath(), '--keyring', `${folder}/keys`];
    const event = ['residence', 'event', 'contract-concluded', '--on', '2026-01-01'];
    const reason = ['--reason', 'residence-verification', '--agent', 'Anna'];
    expect((await cli(['ledger', 'prepare', ...stored])).status).toBe(0);
    expect((await cli(['keyring', 'create', '--keyring', `${folder}/keys`])).status).toBe(0);
    expect((await cli([...event, ...stored, ...reason], 's\n')).status).toBe(0);
    renameSync(`${folder}/keys`, `${folder}/away`);
    expect((await cli(['keyring', 'create', '--keyring', `${folder}/keys`])).status).toBe(0);
    const shown = await cli(['subscriber', 'show', ...stored, '--lang', 'fr'], 's\n');
    expect([shown.status, shown.stdout]).toEqual([1, '']);
    expect(shown.stderr).toContain('ce trousseau n’appartient pas à ce registre');
    const served = await cli(['serve', '--listen', '127.0.0.1:0', ...stored, '--peer', 'loopback']);
    expect(served.status).toBe(1);
    expect(served.stderr).toContain('this keyring does not belong to this ledger');
    const verified = await cli(['evidence', 'verify', ...stored]);
    expect(verified.status).not.toBe(0);
    expect(verified.stdout + verified.stderr).toContain('the keyring does not belong');
    renameSync(`${folder}/away`, `${folder}/keys`);
    expect((await cli(['evidence', 'verify', ...stored])).status).toBe(0);
  });
});

describe('a ledger without check values', () => {
  it('receives them from the keyring that its journal proves right, and from no other', async () => {
    const path = newPath();
    const keyring = await newKeyring();
    const first = await openSqliteLedger(path);
    const time = noon('2026-11-22');
    const desk = openDesk({ ledger: first, keyring, agent: 'Anna', clock: () => time });
    await desk.record('s', ACCESS, CONCLUDED);
    // As an earlier build left it.
    const known: Record<string, string> = {};
    const old = {
      ...first,
      keyChecks: async () => known,
      addKeyChecks: async (checks: Readonly<Record<string, string>>) => {
        for (const [name, value] of Object.entries(checks)) known[name] ??= value;
      },
    };
    await checkKeyring(old, await newKeyring());
    expect(known).toEqual({});
    await checkKeyring(old, keyring);
    expect(known).toEqual(await first.keyChecks());
    await expect(checkKeyring(old, await newKeyring())).rejects.toMatchObject(MISMATCH);
    await first.close();
  });

  it('is not given those of whoever comes first where only a dossier or a card is stored', async () => {
    const { gate, ledger, keyring } = await setUp();
    gate.decide(request('s', '2.1.1.1'));
    await gate.close();
    const inner = memoryLedger();
    await inner.write({
      cards: await cardsOf(ledger, keyring, 's', '2026-11'),
      accesses: [],
      tally: [],
      editions: [],
    });
    await checkKeyring(inner, await newKeyring());
    expect(await inner.keyChecks()).toEqual({});
  });

  it('takes the values of one of two keyrings that come at the same time', async () => {
    const ledger = memoryLedger();
    const outcomes = await Promise.allSettled(
      [await newKeyring(), await newKeyring()].map(keyring => checkKeyring(ledger, keyring)),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});
