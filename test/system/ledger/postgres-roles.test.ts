/**
 * Tests that each role of docs/fleet.md may do what it has to do and nothing else, with the page's
 * own statements on a real server.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDesk } from '../../../src/entry/desk.ts';
import { openPostgresKeyring, openPostgresLedger } from '../../../src/entry/postgres.ts';
import { purge } from '../../../src/subjects/retention.ts';
import { cardsOf, evidenceOf, noon, request, setUp } from '../../support/gate.ts';
import { hasPostgres, type PostgresServer, psqlAt, startPostgres } from '../../support/postgres.ts';

const DOCS = readFileSync(new URL('../../../docs/fleet.md', import.meta.url), 'utf8');
const blocks = (language: string): string =>
  [...DOCS.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))]
    .map(match => match[1]!)
    .join('\n');
const wrap = randomBytes(32);

describe.skipIf(!hasPostgres)('the roles of a fleet', () => {
  let server: PostgresServer;
  const at = (role: string, database: string): string =>
    server.url.replace('postgres@', `${role}@`).replace(/\/postgres$/, `/${database}`);
  const ledgerOf = (role: string, create = false) =>
    openPostgresLedger(at(role, 'ledger'), { create });
  const keyringOf = (role: string, create = false) =>
    openPostgresKeyring(at(role, 'keys'), { create, wrap });
  const may = (role: string, sql: string, database = 'ledger'): Promise<boolean> =>
    psqlAt(at(role, database), sql).then(
      () => true,
      error => (error.code === '42501' ? false : Promise.reject(error)),
    );
  beforeAll(async () => {
    server = await startPostgres();
    for (const role of ['owner', 'gateway', 'desk'])
      await psqlAt(server.url, `CREATE ROLE ${role} LOGIN`);
    for (const name of ['ledger', 'keys'])
      await psqlAt(server.url, `CREATE DATABASE ${name} OWNER owner`);
    await (await ledgerOf('owner', true)).close();
    await (await keyringOf('owner', true)).close();
    await psqlAt(at('owner', 'ledger'), blocks('sql'));
    await psqlAt(at('owner', 'keys'), blocks('sql keyring'));
  });
  afterAll(() => server.stop());

  it('the gateway keeps evidence, reads standings and creates a new month', async () => {
    const ledger = await ledgerOf('gateway');
    const keyring = await keyringOf('gateway');
    const { gate } = await setUp('2026-11-22', {
      ledger,
      keyring,
      purges: false,
      detail: { access: { purpose: 'abuse', keepDays: 30 } },
    });
    gate.decide(request('a', '2.1.1.1'));
    gate.decide(request('a', '3.1.1.1'));
    expect(await gate.loadStanding('a')).toBe('none');
    await gate.flush();
    expect(evidenceOf(gate)).toMatchObject({ isFailing: false, recorded: 2, purgedOn: undefined });
    expect(await cardsOf(ledger, keyring, 'a', '2026-11')).toHaveLength(1);
    await gate.close();
    await ledger.close();
    await keyring.close();
  });

  it('the gateway proves its keyring by a subscriber where the ledger has no check values', async () => {
    await psqlAt(at('owner', 'ledger'), 'DELETE FROM laissez_passer.key_checks');
    const ledger = await ledgerOf('gateway');
    const keyring = await keyringOf('gateway');
    const { gate } = await setUp('2026-11-23', { ledger, keyring, purges: false });
    expect(await ledger.keyChecks()).toEqual({});
    await expect(gate.loadStanding('stranger')).rejects.toMatchObject({
      code: 'ERR_KEYRING_UNPROVEN',
    });
    expect(await gate.loadStanding('a')).toBe('none');
    await expect.poll(() => gate.health().status, { timeout: 20_000 }).toBe('ok');
    expect(await gate.loadStanding('stranger')).toBe('none');
    expect(await ledger.keyChecks()).toMatchObject({ register: keyring.checkValue('register') });
    await gate.close();
    await ledger.close();
    await keyring.close();
  });

  it('the gateway removes nothing, reads no journal and changes no right', async () => {
    for (const sql of [
      'DELETE FROM laissez_passer.cards',
      'DROP TABLE laissez_passer.cards_2026_11',
      'SELECT FROM laissez_passer.journal',
      'SELECT FROM laissez_passer.requests',
      "DELETE FROM laissez_passer.restrictions WHERE pseudonym = ''",
      "UPDATE laissez_passer.dossiers SET events = ''",
      "INSERT INTO laissez_passer.marks VALUES ('2026-11', '', '', 0, 0)",
      "INSERT INTO laissez_passer.tombstone_position VALUES (1, '')",
      'CREATE TABLE laissez_passer.other (a int)',
      'SELECT FROM laissez_passer.cards_2026_11',
    ])
      expect(await may('gateway', sql), sql).toBe(false);
    expect(await may('gateway', "UPDATE laissez_passer.keys SET destroyed = 'x'", 'keys')).toBe(
      false,
    );
    expect(await may('gateway', 'DELETE FROM laissez_passer.keys', 'keys')).toBe(false);
  });

  it('the desk restricts, exports and erases, and can only append to the journal', async () => {
    const ledger = await ledgerOf('desk');
    const keyring = await keyringOf('desk');
    const desk = openDesk({ ledger, keyring, agent: 'Anna', clock: () => noon('2026-11-22') });
    await desk.restrict('b', { reason: 'restriction-request' }, 'restriction');
    expect((await desk.export('b', { reason: 'access-request' })).restriction).toMatchObject({
      reason: 'restriction',
    });
    expect(await ledger.personRecords.journalHead()).toMatchObject({ operator: 'Anna' });
    await desk.erase('a', { reason: 'erasure-request' });
    expect(await cardsOf(ledger, keyring, 'a', '2026-11')).toEqual([]);
    expect(await may('desk', 'DELETE FROM laissez_passer.journal')).toBe(false);
    expect(await may('desk', 'UPDATE laissez_passer.tally SET count = 0')).toBe(false);
    await ledger.close();
    await keyring.close();
  });

  it('the owner purges months, keys and the records of the desk, and the desk waits while a destroyed key is back', async () => {
    const ledger = await ledgerOf('owner');
    const keyring = await keyringOf('owner');
    const [row] = await psqlAt<{ wrapped: Buffer }>(
      at('owner', 'keys'),
      `SELECT wrapped FROM laissez_passer.keys WHERE name = 'card-2026-11'`,
    );
    const done = await purge(ledger, keyring, noon('2027-12-05'));
    expect(done).toMatchObject({ before: '2026-12', keys: ['2026-11'] });
    expect(
      await psqlAt(
        at('owner', 'ledger'),
        `SELECT to_regclass('laissez_passer.cards_2026_11') AS part`,
      ),
    ).toEqual([{ part: null }]);
    // As a restored backup of the keyring leaves it.
    await psqlAt(
      at('owner', 'keys'),
      `UPDATE laissez_passer.keys SET wrapped = $1, destroyed = '' WHERE name = 'card-2026-11'`,
      [row!.wrapped],
    );
    const theirs = { ledger: await ledgerOf('desk'), keyring: await keyringOf('desk') };
    const desk = openDesk({ ...theirs, agent: 'Anna', clock: () => noon('2027-12-05') });
    const look = () => desk.show('b', { reason: 'support-call' });
    await expect(look()).rejects.toMatchObject({ code: 'ERR_LEDGER_OPEN', system: '42501' });
    expect((await purge(ledger, keyring, noon('2027-12-05'))).keys).toEqual(['2026-11']);
    await look();
    for (const each of [ledger, keyring, theirs.ledger, theirs.keyring]) await each.close();
  });

  it('a gateway refuses to start on a backup that lost an erasure, until a role with the right has restored it', async () => {
    const keyring = await keyringOf('desk');
    const lost = { month: '2027-12', digest: 'ab'.repeat(32), through: '2027-12-04' };
    await keyring.addTombstones([lost]);
    const start = async () => {
      const ledger = await ledgerOf('gateway');
      return setUp('2027-12-05', { ledger, keyring, purges: false, acceptClock: true }).finally(
        () => undefined,
      );
    };
    await expect(start()).rejects.toMatchObject({
      code: 'ERR_LEDGER_OPEN',
      text: { en: 'the database role lacks the right to do this in the ledger' },
    });
    const desk = await ledgerOf('desk');
    await desk.restoreTombstones(await keyring.tombstones());
    const { gate, ledger } = await start();
    await gate.close();
    await ledger.close();
    await desk.close();
    await keyring.close();
  });
});
