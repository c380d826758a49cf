import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDesk } from '../../src/entry/desk.ts';
import { type Ledger, memoryLedger, verifyEvidence } from '../../src/entry/ledger.ts';
import type { ErrorCode } from '../../src/error-code.ts';
import { openSidecar } from '../../src/http/sidecar.ts';
import { openGate, openKeyring, PortabilityError, purge } from '../../src/index.ts';
import { digestOf } from '../../src/ledger/ledger.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { checkKeyring } from '../../src/subjects/keyring-check.ts';
import { cli } from '../support/cli.ts';
import { EMPTY } from '../support/contract/cards.ts';
import { newPath } from '../support/desk.ts';
import { bit, cardsOf, newKeyring, noon, request, setUp, table } from '../support/gate.ts';
import { inFolder } from '../support/tables.ts';

const MISMATCH = { code: 'ERR_KEYRING_MISMATCH' };
const UNPROVEN = { code: 'ERR_KEYRING_UNPROVEN' };
const ACCESS = { reason: 'support-call' } as const;
/** For what a gate does in the background. */
const WAIT = { timeout: 20_000 };
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
  const DAY = '2026-11-22';
  const clock = (): number => noon(DAY);
  const DOSSIER = {
    events: '[]',
    ends: '',
    since: DAY,
    revision: 1,
    reference: '',
    imported: '',
    standing: '',
    assessed: '',
    recheck: '',
    due: '',
  };

  /** A ledger with the card of a subscriber, and nothing that proves its keyring. */
  async function withoutChecks(subscriber: string) {
    const { gate, ledger: first, keyring } = await setUp(DAY);
    gate.decide(request(subscriber, '2.1.1.1'));
    await gate.close();
    const ledger = memoryLedger();
    await ledger.write({ ...EMPTY, cards: await cardsOf(first, keyring, subscriber, '2026-11') });
    return { ledger, keyring };
  }

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

  it('refuses a keyring that has no key for the month of a card', async () => {
    const { ledger } = await withoutChecks('s');
    const foreign = await newKeyring();
    await expect(checkKeyring(ledger, foreign)).rejects.toMatchObject(MISMATCH);
    await expect(
      openGate({ table, clock, evidence: { ledger, keyring: foreign } }),
    ).rejects.toMatchObject(MISMATCH);
    expect(await ledger.keyChecks()).toEqual({});
  });

  it('is not given those of a keyring that nothing proves, and nothing is written under it', async () => {
    const { ledger } = await withoutChecks('s');
    const foreign = await newKeyring();
    await foreign.ensureMonth('2026-11');
    await foreign.addTombstones([{ month: '2026-11', digest: 'ab'.repeat(32), through: DAY }]);
    const gate = await openGate({ table, clock, evidence: { ledger, keyring: foreign } });
    gate.decide(request('s', '3.1.1.1'));
    gate.decide(request('other', '3.1.1.1'));
    await new Promise(resolve => setTimeout(resolve, 20));
    await expect(gate.loadStanding('s')).rejects.toMatchObject(UNPROVEN);
    await expect(gate.flush()).rejects.toMatchObject({ code: 'ERR_EVIDENCE_LOST' });
    expect(gate.health()).toMatchObject({
      status: 'degraded',
      evidence: { problem: 'keyring-unproven', isKeyringProven: false, failed: { key: 2 } },
    });
    const desk = openDesk({ ledger, keyring: foreign, agent: 'Anna', clock });
    await expect(desk.show('s', ACCESS)).rejects.toMatchObject(UNPROVEN);
    await expect(purge(ledger, foreign, clock())).rejects.toMatchObject(UNPROVEN);
    expect(await verifyEvidence(ledger, foreign)).toMatchObject([{ id: 'keyring-unproven' }]);
    await gate.close();
    expect(await ledger.keyChecks()).toEqual({});
    expect(await ledger.tombstones()).toEqual([]);
    expect(await ledger.months()).toEqual([{ month: '2026-11', cards: 1 }]);
    expect(await ledger.personRecords.journalHead()).toBeUndefined();
    expect((await foreign.months()).map(({ month }) => month)).toEqual(['2026-11']);
  });

  it('receives them at the first request of a subscriber whose card is found, and records again', async () => {
    const { ledger, keyring } = await withoutChecks('s');
    const evidence = { ledger, keyring, batchMs: 1 };
    const gate = await openGate({ table, clock, evidence });
    expect(await ledger.keyChecks()).toEqual({});
    gate.decide(request('stranger', '3.1.1.1'));
    gate.decide(request('s', '3.1.1.1'));
    for (let n = 0; n < 2000 && gate.health().evidence?.isKeyringProven !== true; n++) {
      gate.decide(request('s', '3.1.1.1'));
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    await expect.poll(() => gate.health().status, WAIT).toBe('ok');
    gate.decide(request('s', '3.1.1.1'));
    await gate.flush().catch(() => undefined);
    expect(await cardsOf(ledger, keyring, 's', '2026-11')).toMatchObject([
      { homeDays: bit(22), outsideDays: bit(22) },
    ]);
    await expect
      .poll(async () => Object.keys(await ledger.keyChecks()).sort(), WAIT)
      .toEqual(['card-2026-11', 'card-2026-12', 'hold', 'journal', 'register']);
    await expect(checkKeyring(ledger, await newKeyring())).rejects.toMatchObject(MISMATCH);
    await gate.close();
  });

  it('receives them at the first look of the desk that finds a card, a dossier or a tombstone', async () => {
    const { ledger, keyring } = await withoutChecks('s');
    const desk = openDesk({ ledger, keyring, agent: 'Anna', clock });
    await expect(desk.show('stranger', ACCESS)).rejects.toMatchObject(UNPROVEN);
    expect(await ledger.personRecords.journalHead()).toBeUndefined();
    await desk.show('s', ACCESS);
    expect(Object.keys(await ledger.keyChecks())).toEqual(['register', 'hold', 'journal']);
    await desk.show('stranger', ACCESS);

    const dossiers = memoryLedger();
    const pseudonym = keyring.personPseudonym('d');
    await dossiers.personRecords.put('dossiers', { ...DOSSIER, pseudonym });
    await openDesk({ ledger: dossiers, keyring, agent: 'Anna', clock }).show('d', ACCESS);
    expect(Object.keys(await dossiers.keyChecks())).toHaveLength(3);

    const tombstones = memoryLedger();
    const digest = digestOf(pseudonym);
    await tombstones.restoreTombstones([{ month: 'register', digest, through: DAY }]);
    const erased = openDesk({ ledger: tombstones, keyring, agent: 'Anna', clock });
    await expect(erased.show('stranger', ACCESS)).rejects.toMatchObject(UNPROVEN);
    await erased.show('d', ACCESS);
    expect(Object.keys(await tombstones.keyChecks())).toHaveLength(3);
  });

  it('receives them without any identifier where a tombstone next to the keys finds something', async () => {
    const { ledger, keyring } = await withoutChecks('s');
    const [card] = await cardsOf(ledger, keyring, 's', '2026-11');
    await keyring.addTombstones([
      { month: '2026-11', digest: digestOf(card!.pseudonym), through: DAY },
    ]);
    expect(await checkKeyring(ledger, keyring)).toBe(true);

    const same = memoryLedger();
    await same.restoreTombstones(await keyring.tombstones());
    expect(await checkKeyring(same, keyring)).toBe(true);
  });

  it('does not receive them by a found row against a journal of another keyring', async () => {
    const { ledger, keyring } = await withoutChecks('s');
    const other = memoryLedger();
    const theirs = await newKeyring();
    await openDesk({ ledger: other, keyring: theirs, agent: 'Anna', clock }).show('x', ACCESS);
    for (const row of await other.personRecords.journalAfter(0, 9))
      await ledger.personRecords.appendJournal(row);
    const desk = openDesk({ ledger, keyring, agent: 'Anna', clock });
    await expect(desk.show('s', ACCESS)).rejects.toMatchObject(UNPROVEN);
    expect(await ledger.keyChecks()).toEqual({});
  });

  it('receives those that the operator vouches for: ledger prepare --accept-keyring', async () => {
    const { ledger: old, keyring: source } = await withoutChecks('s');
    const folder = inFolder('vouched');
    mkdirSync(folder, { mode: 0o700 });
    const stored = ['--ledger', newPath(), '--keyring', `${folder}/keys`];
    const ledger = await openSqliteLedger(stored[1]!);
    await ledger.write({ ...EMPTY, cards: await cardsOf(old, source, 's', '2026-11') });
    await (await openKeyring(`${folder}/keys`)).ensureMonth('2026-11');
    const unproven = await cli(['ledger', 'prepare', ...stored]);
    expect([unproven.status, unproven.stderr]).toEqual([
      0,
      expect.stringContaining('nothing in this ledger proves yet'),
    ]);
    const purged = await cli(['evidence', 'purge', ...stored, '--accept-clock']);
    expect([purged.status, purged.stderr]).toEqual([
      1,
      expect.stringContaining('[ERR_KEYRING_UNPROVEN]'),
    ]);
    expect(await ledger.keyChecks()).toEqual({});
    const accepted = await cli(['ledger', 'prepare', ...stored, '--accept-keyring', '--json']);
    expect(JSON.parse(accepted.stdout)).toEqual({ prepared: true, isKeyringProven: true });
    expect(Object.keys(await ledger.keyChecks())).toHaveLength(3);
    expect((await cli(['evidence', 'purge', ...stored, '--accept-clock'])).status).toBe(0);
    await ledger.close();
  });

  it('takes the values of one of two keyrings that come at the same time', async () => {
    const ledger = memoryLedger();
    const outcomes = await Promise.allSettled(
      [await newKeyring(), await newKeyring()].map(keyring => checkKeyring(ledger, keyring)),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('the health of a gate', () => {
  const DAY_MS = 86_400_000;

  /** A gate on a keyring file, and a way to let its maintenance run again. */
  async function running(ledger: Ledger = memoryLedger()) {
    const path = inFolder(`health-${++folders}/keys`);
    mkdirSync(dirname(path), { mode: 0o700 });
    const keyring = await openKeyring(path);
    const { gate, time } = await setUp('2026-11-22', { ledger, keyring });
    const problemAfter = async (change: () => unknown): Promise<string | undefined> => {
      await change();
      const before = gate.health().evidence!.problem;
      time.now += DAY_MS;
      gate.decide(request('s', '2.1.1.1'));
      await expect.poll(() => gate.health().evidence!.problem, WAIT).not.toBe(before);
      const { status, evidence } = gate.health();
      expect(status).toBe(evidence!.problem === undefined ? 'ok' : 'degraded');
      return evidence!.problem;
    };
    await expect.poll(() => gate.health().evidence!.purgedOn, WAIT).toBe('2026-11-22');
    return { path, keyring, ledger, gate, problemAfter };
  }
  let folders = 0;

  it('tells a keyring that was put in the place of the right one while the gate runs, which goes on under the right keys', async () => {
    const { path, keyring, ledger, gate, problemAfter } = await running();
    const foreign = inFolder(`health-${folders}/foreign`);
    await openKeyring(foreign);
    renameSync(path, `${path}.right`);
    expect(await problemAfter(() => renameSync(foreign, path))).toBe('keyring-mismatch');
    await gate.flush();
    expect(gate.health().evidence).toMatchObject({ isKeyringProven: true, failed: { key: 0 } });
    await expect(keyring.months()).rejects.toMatchObject({ ...MISMATCH, path });
    await expect(keyring.addTombstones([])).rejects.toMatchObject(MISMATCH);
    expect(await problemAfter(() => renameSync(`${path}.right`, path))).toBeUndefined();
    expect(await cardsOf(ledger, keyring, 's', '2026-11')).toMatchObject([
      { homeDays: bit(23) | bit(24) },
    ]);
    await gate.close();
  });

  it('tells a keyring that is older than the ledger, and one that cannot be read', async () => {
    const { path, gate, problemAfter } = await running();
    const text = readFileSync(path, 'utf8');
    const { keys, ...rest } = JSON.parse(text);
    const older = Object.entries(keys).filter(([name]) => !name.startsWith('card-'));
    const put = (content: object): void => writeFileSync(path, JSON.stringify(content));
    expect(await problemAfter(() => put({ ...rest, keys: Object.fromEntries(older) }))).toBe(
      'keyring-mismatch',
    );
    expect(await problemAfter(() => writeFileSync(path, 'x'))).toBe('keyring-unavailable');
    expect(await problemAfter(() => writeFileSync(path, text))).toBeUndefined();
    await gate.close();
  });

  it('tells a ledger that cannot be reached from a damaged one', async () => {
    const inner = memoryLedger();
    let failure: PortabilityError | undefined;
    const keyChecks = () => (failure === undefined ? inner.keyChecks() : Promise.reject(failure));
    const { gate, problemAfter } = await running({ ...inner, keyChecks });
    const fail = (code: ErrorCode | undefined) => () => {
      failure = code && new PortabilityError(code, 'x');
    };
    expect(await problemAfter(fail('ERR_LEDGER_OPEN'))).toBe('ledger-unavailable');
    expect(await problemAfter(fail('ERR_LEDGER_DAMAGED'))).toBe('ledger-damaged');
    expect(await problemAfter(fail(undefined))).toBeUndefined();
    await gate.close();
  });

  it('says in /readyz and /healthz what is wrong, and is not ready with the keys of another keyring', async () => {
    const stored: Record<string, string> = {};
    const ledger = {
      ...memoryLedger(),
      keyChecks: async () => stored,
      addKeyChecks: async () => {},
    };
    const keyring = await newKeyring();
    for (const name of ['register', 'hold', 'journal']) stored[name] = keyring.checkValue(name)!;
    const { gate, time } = await setUp('2026-11-22', { ledger, keyring });
    const app = openSidecar({ gate, peers: ['127.0.0.1'] });
    const ask = async (path: string) => {
      const { statusCode, body } = await app.inject(path);
      const { status, evidence } = JSON.parse(body);
      return [statusCode, status, evidence];
    };
    expect(await ask('/readyz')).toEqual([200, 'ok', 'ok']);
    // Another gateway proved another keyring.
    stored['register'] = 'ab'.repeat(16);
    time.now += DAY_MS;
    gate.decide(request('s', '2.1.1.1'));
    await expect.poll(() => ask('/readyz'), WAIT).toEqual([503, 'degraded', 'keyring-mismatch']);
    expect(await ask('/healthz')).toEqual([200, 'ok', 'keyring-mismatch']);
    gate.decide(request('other', '2.1.1.1'));
    expect(gate.health().evidence).toMatchObject({ isKeyringProven: false });
    expect(gate.health().evidence!.failed.key).toBeGreaterThan(0);
    await expect(gate.loadStanding('s')).rejects.toMatchObject(MISMATCH);
    await app.close();
    await expect(gate.close()).rejects.toMatchObject({ code: 'ERR_EVIDENCE_LOST' });
  });
});

describe('the command line next to a wrong keyring', () => {
  it('keyring list says for every key whether it belongs, with exit code 1 for a wrong and an older one', async () => {
    const folder = inFolder('listed');
    mkdirSync(folder, { mode: 0o700 });
    const [right, other] = [`${folder}/keys`, `${folder}/other`];
    const path = newPath();
    const ledger = await openSqliteLedger(path);
    const keyring = await openKeyring(right);
    const { gate } = await setUp('2026-11-22', { ledger, keyring });
    await gate.close();
    const list = (at: string, ...more: string[]) =>
      cli(['keyring', 'list', '--keyring', at, '--ledger', path, ...more]);
    expect(await list(right)).toMatchObject({ status: 0, stderr: '' });
    expect((await list(right)).stdout).toMatch(/register +held +belongs.*2026-12 +held +belongs/s);
    await (await openKeyring(other)).ensureMonth('2026-11');
    const wrong = await list(other, '--lang', 'fr');
    expect(wrong.status).toBe(1);
    expect(wrong.stdout).toMatch(/11\/2026 +détenue +ne lui appartient pas/);
    expect(wrong.stderr).toContain('ce trousseau n’appartient pas à ce registre');
    const { keys, ...rest } = JSON.parse(readFileSync(right, 'utf8'));
    delete keys['card-2026-12'];
    writeFileSync(right, JSON.stringify({ ...rest, keys }));
    const older = await list(right);
    expect([older.status, older.stderr]).toEqual([1, expect.stringContaining('is older than')]);
    expect(older.stdout).toMatch(/2026-12 +missing in this keyring/);
    const json = JSON.parse((await list(right, '--json')).stdout);
    expect(json.belongs).toBe(false);
    expect(json.keys).toContainEqual({ name: 'card-2026-12', state: 'missing', ledger: 'missing' });
    expect(await ledger.keyChecks()).toMatchObject({ register: keyring.checkValue('register') });
    const verified = await cli([
      'evidence',
      'verify',
      '--ledger',
      path,
      '--keyring',
      right,
      '--json',
    ]);
    expect([verified.status, JSON.parse(verified.stdout).ids]).toEqual([3, ['keyring-older']]);
    await ledger.close();
  });

  it('evidence verify: 1 for a wrong keyring, 3 for tampering, 1 with a code for a ledger out of reach', async () => {
    const folder = inFolder('told-apart');
    mkdirSync(folder, { mode: 0o700 });
    const path = newPath();
    const ledger = await openSqliteLedger(path);
    const keyring = await openKeyring(`${folder}/keys`);
    const other = await openKeyring(`${folder}/other`);
    await other.addTombstones([
      { month: 'register', digest: 'ab'.repeat(32), through: '2026-11-22' },
    ]);
    const clock = (): number => noon('2026-11-22');
    await openDesk({ ledger, keyring, agent: 'Anna', clock }).show('s', ACCESS);
    const head = await ledger.personRecords.journalHead();
    await ledger.personRecords.appendJournal({ ...head!, seq: 2, hash: 'ab'.repeat(32) });
    const verify = async (keys: string, at = path) => {
      const args = [
        'evidence',
        'verify',
        '--ledger',
        at,
        '--keyring',
        `${folder}/${keys}`,
        '--json',
      ];
      const { status, stdout, stderr } = await cli(args);
      return [status, stdout === '' ? stderr : JSON.parse(stdout).ids];
    };
    expect(await verify('keys')).toEqual([3, ['journal-entry-changed']]);
    expect(await verify('other')).toEqual([1, ['keyring-mismatch']]);
    expect(await ledger.tombstones()).toEqual([]);
    expect(await verify('keys', '/nowhere/x')).toEqual([1, expect.stringContaining('ERR_LEDGER_')]);
    await ledger.close();
  });
});
