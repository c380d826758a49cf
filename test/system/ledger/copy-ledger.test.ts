/**
 * Does a ledger arrive whole on another engine? From file to PostgreSQL to Redis and back, broken
 * off in between; and the command that does it.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDesk } from '../../../src/entry/desk.ts';
import { type Ledger, memoryLedger } from '../../../src/entry/ledger.ts';
import { copyLedger, takeInventory } from '../../../src/ledger/copy-ledger.ts';
import { digestOf } from '../../../src/ledger/ledger.ts';
import { openPostgresLedger } from '../../../src/ledger/postgres.ts';
import { openRedisLedger } from '../../../src/ledger/redis.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { cli } from '../../support/cli.ts';
import { card, EMPTY, keys } from '../../support/contract/cards.ts';
import { newKeyring, request, setUp } from '../../support/gate.ts';
import { dropSchemas, hasPostgres, newSchema, POSTGRES } from '../../support/postgres.ts';
import {
  hasRedis,
  type RedisProcess,
  redisCli,
  startRedis,
  stopRedis,
} from '../../support/redis.ts';
import { inFolder } from '../../support/tables.ts';

let files = 0;
const newFile = (): string => inFolder(`copy-${++files}.db`);

/**
 * A ledger with something of everything: cards of two months, accesses, tallies, an erased and a
 * restricted subscriber, a journal, a run.
 */
async function fill(ledger: Ledger): Promise<void> {
  const keyring = await newKeyring();
  const { gate, time } = await setUp('2026-11-22', {
    ledger,
    keyring,
    detail: { access: { purpose: 'abuse', keepDays: 30 } },
  });
  for (let n = 0; n < 60; n++) gate.decide(request(`s${n}`, n % 3 === 0 ? '3.1.1.1' : '2.1.1.1'));
  await gate.flush();
  await ledger.write({
    ...EMPTY,
    cards: Array.from({ length: 5000 }, (_, n) => card(n + 1, n + 1, 0, '2026-10')),
  });
  const desk = openDesk({ ledger, keyring, agent: 'Anna', clock: () => time.now });
  await desk.restrict('s1', { reason: 'restriction-request' }, 'restriction');
  const referenced = { reason: 'contract', reference: 'CASE-7' } as const;
  await desk.openRequest('s2', referenced, 'access', '2026-11-20');
  await desk.record('s2', referenced, { type: 'contract-concluded', on: '2026-01-01' });
  await desk.hold('s2', referenced, 'legal-claim', '2027-01-01');
  const both = { ledger, keyring, agent: 'Berta', clock: () => time.now };
  await openDesk({ ...both, secondAgent: ['release'] }).release('s2', referenced);
  await ledger.erase(keys(card(7, 0, 0, '2026-10')), '2026-10-31');
  await gate.close();
}

const nothing = async (): Promise<void> => undefined;

describe('a copy of a ledger', () => {
  it('is the same by count and digest, and what is erased stays so', async () => {
    const from = await openSqliteLedger(newFile());
    const to = memoryLedger();
    await fill(from);
    await copyLedger(from, to, '', nothing);
    const inventory = await takeInventory(from);
    expect(inventory.counts['cards']).toBeGreaterThan(5000);
    expect(inventory.counts['accesses']).toBeGreaterThan(50);
    expect(inventory.counts).toMatchObject({
      restrictions: 1,
      apart: expect.any(Number),
      journal: expect.any(Number),
      tombstones: expect.any(Number),
      keyChecks: expect.any(Number),
    });
    expect(await takeInventory(to)).toEqual(inventory);
    expect(await to.tombstones()).toEqual(await from.tombstones());
    for (const table of ['requests', 'holds', 'dossiers', 'proposals'] as const)
      expect((await to.personRecords.read(table)).map(row => row.reference)).toContain('CASE-7');
    await to.write({ ...EMPTY, cards: [card(7, 1, 0, '2026-10')] });
    expect(await to.cards(keys(card(7, 0, 0, '2026-10')))).toEqual([]);
    await from.close();
  });

  it('tells a single bit of difference', async () => {
    const from = memoryLedger();
    const to = memoryLedger();
    await fill(from);
    await copyLedger(from, to, '', nothing);
    await to.write({ ...EMPTY, cards: [card(1, 1 << 20, 0, '2026-10')] });
    expect((await takeInventory(to)).counts).toEqual((await takeInventory(from)).counts);
    expect((await takeInventory(to)).digest).not.toBe((await takeInventory(from)).digest);
  });

  it('tells a difference in any kind of row, though the counts are the same', async () => {
    const from = memoryLedger();
    const to = memoryLedger();
    await fill(from);
    await copyLedger(from, to, '', nothing);
    const [row] = await to.personRecords.read('restrictions');
    await to.personRecords.put('restrictions', { ...row!, since: '2026-01-01' });
    expect((await takeInventory(to)).counts).toEqual((await takeInventory(from)).counts);
    expect((await takeInventory(to)).digest).not.toBe((await takeInventory(from)).digest);
  });

  it('refuses a target that was written with another keyring, before it writes', async () => {
    const from = memoryLedger();
    const to = memoryLedger();
    await from.addKeyChecks({ register: 'aa' });
    await to.addKeyChecks({ register: 'bb' });
    await from.write({ ...EMPTY, cards: [card(1, 1, 0, '2026-10')] });
    await expect(copyLedger(from, to, '', nothing)).rejects.toMatchObject({
      code: 'ERR_LEDGER_WRITE',
    });
    expect(await to.months()).toEqual([]);
  });

  it('refuses two ledgers of which one has no check values: they may be of two keyrings', async () => {
    const known = memoryLedger();
    const unknown = memoryLedger();
    await known.addKeyChecks({ register: 'aa' });
    for (const ledger of [known, unknown])
      await ledger.write({ ...EMPTY, cards: [card(1, 1, 0, '2026-10')] });
    for (const [from, to] of [
      [known, unknown],
      [unknown, known],
    ] as const)
      await expect(copyLedger(from, to, '', nothing)).rejects.toMatchObject({
        code: 'ERR_LEDGER_WRITE',
      });
    expect(await unknown.keyChecks()).toEqual({});
    await copyLedger(unknown, memoryLedger(), '', nothing);
  });

  it('goes on where it was broken off, without reading again what is there', async () => {
    const from = await openSqliteLedger(newFile());
    await fill(from);
    const to = memoryLedger();
    let saved = '';
    let steps = 0;
    const breakOff = copyLedger(from, to, '', async ({ cursor }) => {
      saved = cursor;
      if (++steps === 2) throw new Error('broken off');
    });
    await expect(breakOff).rejects.toThrow('broken off');
    const before = (await takeInventory(to)).counts['cards'];
    expect(before).toBe(4000);
    const asked: string[] = [];
    const scan: Ledger['scan'] = (cursor, limit) => {
      asked.push(cursor);
      return from.scan(cursor, limit);
    };
    await copyLedger({ ...from, scan }, to, saved, nothing);
    expect(asked).not.toContain('');
    expect(await takeInventory(to)).toEqual(await takeInventory(from));
    await from.close();
  });

  it('brings back nothing that the target has erased, and keeps what the target kept', async () => {
    const from = memoryLedger();
    await fill(from);
    const keyring = await newKeyring();
    const clock = (): number => Date.UTC(2026, 10, 22, 12);
    const erased = keyring.personPseudonym('gone');
    const contract = keyring.personPseudonym('contract');
    const rowOf = (pseudonym: string) => ({ pseudonym, since: '2026-11-20' });
    const source = memoryLedger();
    const { personRecords } = source;
    for (const pseudonym of [erased, contract]) {
      await personRecords.put('directives', {
        ...rowOf(pseudonym),
        choice: 'erase',
        designated: '',
      });
      await personRecords.put('restrictions', { ...rowOf(pseudonym), ground: 'objection-upheld' });
      const [dossier] = await from.personRecords.read('dossiers');
      await personRecords.put('dossiers', { ...dossier!, ...rowOf(pseudonym), reference: 'R' });
      const [request] = await from.personRecords.read('requests');
      const received = { id: pseudonym, pseudonym, received: '2026-11-20', reference: 'R' };
      await personRecords.put('requests', { ...request!, ...received });
    }
    const desk = openDesk({ ledger: source, keyring, agent: 'Anna', clock });
    await desk.show('gone', { reason: 'audit' });
    const newer = { ...rowOf(keyring.personPseudonym('newer')), choice: 'keep', designated: '' };
    await personRecords.put('directives', { ...newer, since: '2026-11-23' });
    const to = memoryLedger();
    await to.addKeyChecks(await source.keyChecks());
    const through = '2026-11-22';
    await to.restoreTombstones(
      [
        [erased, 'register'],
        [keyring.journalPseudonym('gone'), 'register'],
        [newer.pseudonym, 'register'],
        [contract, 'register-beside-dossier'],
      ].map(([pseudonym, month]) => ({ month: month!, digest: digestOf(pseudonym!), through })),
    );
    await copyLedger(source, to, '', nothing);
    const pseudonyms = async (table: 'directives' | 'restrictions' | 'dossiers' | 'requests') =>
      (await to.personRecords.read(table)).map(row => row.pseudonym).sort();
    expect(await pseudonyms('directives')).toEqual([newer.pseudonym]);
    expect(await pseudonyms('restrictions')).toEqual([erased, contract].sort());
    expect(await to.personRecords.read('dossiers')).toMatchObject([
      { pseudonym: contract, reference: '' },
    ]);
    expect(await pseudonyms('requests')).toEqual(['', '']);
    expect(await to.personRecords.journalAfter(0, 10)).toMatchObject([{ salt: '', subject: '' }]);
    // What the source has written since its own erasure of the same day is copied.
    const same = memoryLedger();
    await source.restoreTombstones([
      { month: 'register', digest: digestOf('00'), through: '2026-11-22' },
    ]);
    await personRecords.put('directives', { ...newer, pseudonym: '00', since: '2026-11-22' });
    await copyLedger(source, same, '', nothing);
    expect(await takeInventory(same)).toEqual(await takeInventory(source));
  });

  it('does not mix two journals', async () => {
    const from = memoryLedger();
    const to = memoryLedger();
    await fill(from);
    await fill(to);
    await expect(copyLedger(from, to, '', nothing)).rejects.toMatchObject({
      code: 'ERR_LEDGER_WRITE',
    });
  });
});

describe.skipIf(!hasPostgres || !hasRedis)('ledger copy between engines', () => {
  let redis: RedisProcess;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    stopRedis();
    await dropSchemas();
  });
  const copy = async (...args: readonly string[]) => cli(['ledger', 'copy', ...args]);

  it('from a file to PostgreSQL, to Redis with its register in a file, and back into a file: the same all the way', async () => {
    const first = newFile();
    const register = newFile();
    const last = newFile();
    const source = await openSqliteLedger(first);
    await fill(source);
    const inventory = await takeInventory(source);
    await source.close();
    const schema = newSchema();
    const postgres = await openPostgresLedger(POSTGRES, { schema });
    await copyLedger(await openSqliteLedger(first), postgres, '', nothing);
    expect(await takeInventory(postgres)).toEqual(inventory);
    const inRedis = await openRedisLedger({
      url: redis.url,
      personRecords: await openSqliteLedger(register),
    });
    await copyLedger(postgres, inRedis, '', nothing);
    expect(await takeInventory(inRedis)).toEqual(inventory);
    await postgres.close();
    await inRedis.close();
    const { status, stdout } = await copy(
      '--from',
      redis.url,
      '--from-person-records',
      `sqlite:${register}`,
      '--to',
      `sqlite:${last}`,
      '--lang',
      'fr',
    );
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      `les deux registres sont identiques, empreinte de toutes les lignes : ${inventory.digest.slice(0, 16)}`,
    );
    expect(status).toBe(0);
    const back = await openSqliteLedger(last);
    expect(await takeInventory(back)).toEqual(inventory);
    await back.close();
  });

  it('says what is missing, in French, and keeps a password to itself', async () => {
    const file = newFile();
    await (await openSqliteLedger(file)).close();
    const without = await copy('--from', `sqlite:${file}`, '--to', redis.url, '--lang', 'fr');
    expect([without.status === 0, without.stderr]).toEqual([
      false,
      expect.stringContaining('un registre Redis exige --person-records'),
    ]);
    const wrong = await copy(
      '--from',
      `sqlite:${file}`,
      '--to',
      redis.url.replace('//', '//user:geheim@'),
      '--to-person-records',
      newFile(),
      '--lang',
      'fr',
    );
    expect(wrong.stderr).toContain('le rôle de la base n’a pas ce droit sur le registre');
    expect(wrong.stderr).not.toContain('geheim');
    const absent = await copy(
      '--from',
      `sqlite:${inFolder('absent.db')}`,
      '--to',
      newFile(),
      '--lang',
      'fr',
    );
    expect([absent.status === 0, absent.stderr]).toEqual([
      false,
      expect.stringContaining('registre'),
    ]);
  });

  it('differs where the other one was not empty: exit code 1', async () => {
    const from = newFile();
    const to = newFile();
    const a = await openSqliteLedger(from);
    const b = await openSqliteLedger(to);
    await a.write({ ...EMPTY, cards: [card(1, 1)] });
    await b.write({ ...EMPTY, cards: [card(2, 1)] });
    await a.close();
    await b.close();
    const { status, stderr } = await copy('--from', from, '--to', to, '--lang', 'en');
    expect([status, stderr]).toEqual([1, expect.stringContaining('the ledgers differ: ')]);
  });

  it('remembers where it was in a file, without the password, and takes no state of another copy', async () => {
    const from = newFile();
    const state = inFolder('copy-state.json');
    const ledger = await openSqliteLedger(from);
    await fill(ledger);
    await ledger.close();
    const env = { HERE: from, THERE: redis.url };
    const register = newFile();
    redisCli(redis.port, 'flushall');
    const args = [
      'ledger',
      'copy',
      '--from',
      'env:HERE',
      '--to',
      'env:THERE',
      '--to-person-records',
      register,
      '--state',
      state,
      '--lang',
      'en',
    ];
    const { status, stdout } = await cli(args, '', env);
    expect([status, stdout]).toEqual([0, expect.stringContaining('both ledgers are identical')]);
    expect(existsSync(state)).toBe(false);
    writeFileSync(state, JSON.stringify({ pair: 'a > b', cursor: 'cards x' }));
    const other = await cli(args, '', env);
    expect([other.status === 0, other.stderr]).toEqual([
      false,
      expect.stringContaining('the state file belongs to another copy'),
    ]);
    expect(readFileSync(state, 'utf8')).toContain('a > b');
    expect((await cli(args, '', {})).stderr).toContain('the environment variable is not set');
  });
});
