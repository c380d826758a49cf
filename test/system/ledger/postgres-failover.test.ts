/**
 * Tests that ledger and keyring follow their address from a primary that became read-only to the
 * server that took its place, while its connections stay open, and lose nothing.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDesk } from '../../../src/entry/desk.ts';
import { openPostgresKeyring, openPostgresLedger } from '../../../src/entry/postgres.ts';
import { openSpool } from '../../../src/ledger/sqlite.ts';
import * as LEDGER from '../../../src/messages/ledger.ts';
import { card, EMPTY } from '../../support/contract/cards.ts';
import { type Forwarder, startForwarder } from '../../support/forwarder.ts';
import { hasPostgres, type PostgresServer, psqlAt, startPostgres } from '../../support/postgres.ts';
import { inFolder } from '../../support/tables.ts';

const wrap = randomBytes(32);

describe.skipIf(!hasPostgres)('a PostgreSQL ledger whose primary changes', () => {
  let primary: PostgresServer;
  let standby: PostgresServer;
  let forwarder: Forwarder;
  let url: string;
  beforeEach(async () => {
    primary = await startPostgres();
    await (await openPostgresLedger(primary.url)).close();
    await (await openPostgresKeyring(primary.url, { wrap })).close();
    standby = await startPostgres({ standbyOf: primary });
    await configure(primary, `synchronous_standby_names = '*'`);
    forwarder = await startForwarder(primary.port);
    url = primary.url.replace(/:\d+\//, `:${forwarder.port}/`);
  });
  afterEach(() => {
    forwarder.close();
    standby.stop();
    primary.stop();
  });

  async function configure(server: PostgresServer, setting: string): Promise<void> {
    await psqlAt(server.url, `ALTER SYSTEM SET ${setting}`);
    await psqlAt(server.url, 'SELECT pg_reload_conf()');
  }
  const connectionsAt = async (server: PostgresServer): Promise<number> =>
    (
      await psqlAt(
        server.url,
        `SELECT FROM pg_stat_activity WHERE application_name = 'laissez-passer'`,
      )
    ).length;
  const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await isSo())) await delay(20);
  };

  it('goes on with the new one, with all that was reported as durable and nothing else', async () => {
    const server = await openPostgresLedger(url);
    const ledger = await openSpool(server, inFolder('failover-spool.db'), { retryMs: 100 });
    const keyring = await openPostgresKeyring(url, { wrap });
    const desk = openDesk({ ledger, keyring, agent: 'Anna' });
    // Opens every connection of both pools.
    await Promise.all(Array.from({ length: 12 }, () => ledger.months()));
    await Promise.all(Array.from({ length: 12 }, () => keyring.months()));
    expect(await connectionsAt(primary)).toBe(8);
    await desk.show('s', { reason: 'audit' });
    const reported: number[] = [];
    let isOver = false;
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let n = writer; !isOver; n += 4) {
        await ledger.write({ ...EMPTY, cards: [card(n, 1)] });
        reported.push(n);
        await delay(30);
      }
    });
    await until(() => reported.length > 50);
    await configure(primary, 'default_transaction_read_only = on');
    // The address still leads to the former primary.
    await until(() => (ledger.spooled?.() ?? 0) > 20);
    await expect(keyring.ensureMonth('2027-01')).rejects.toMatchObject({ system: '25006' });
    standby.promote();
    forwarder.leadTo(standby.port);
    await keyring.ensureMonth('2027-02');
    await keyring.ensureMonth('2027-01');
    await desk.show('s', { reason: 'audit' });
    isOver = true;
    await Promise.all(writers);
    await until(() => ledger.spooled?.() === 0);
    await ledger.write({ ...EMPTY, cards: [card(999_999, 1)] });
    reported.push(999_999);
    expect(await connectionsAt(primary)).toBe(0);
    const found = await psqlAt<{ name: string }>(
      standby.url,
      `SELECT encode(pseudonym, 'hex') AS name FROM laissez_passer.cards`,
    );
    const expected = reported.map(n => card(n, 1).pseudonym);
    expect(found.map(({ name }) => name).sort()).toEqual([...new Set(expected)].sort());
    const months = `SELECT name FROM laissez_passer.keys WHERE name LIKE 'card-2027%' ORDER BY 1`;
    expect(await psqlAt(standby.url, months)).toEqual([
      { name: 'card-2027-01' },
      { name: 'card-2027-02' },
    ]);
    expect(await psqlAt(primary.url, months)).toEqual([]);
    expect(await psqlAt(standby.url, 'SELECT FROM laissez_passer.journal')).toHaveLength(2);
    await ledger.close();
    await keyring.close();
  });

  it('does not use a connection that began before the change and was there only after it', async () => {
    const ledger = await openPostgresLedger(url, { connections: 2 });
    await ledger.write({ ...EMPTY, cards: [card(1, 1)] });
    await configure(primary, 'default_transaction_read_only = on');
    const held = forwarder.holdNext();
    const writing = ledger.write({ ...EMPTY, cards: [card(2, 1)] });
    // The write has the open connection by then.
    await new Promise(setImmediate);
    const reading = ledger.months();
    await expect(writing).rejects.toMatchObject({ system: '25006' });
    const release = await held;
    standby.promote();
    const there = await openPostgresLedger(standby.url);
    await there.write({ ...EMPTY, cards: [card(3, 1)] });
    await there.close();
    forwarder.leadTo(standby.port);
    release();
    expect(await reading).toEqual([{ month: card(1, 1).month, cards: 2 }]);
    await ledger.close();
  });

  it('was opened on a standby: writes wait, and go to the primary when the address leads there', async () => {
    forwarder.leadTo(standby.port);
    const options = { create: false };
    const server = await openPostgresLedger(url, options);
    await expect(server.write({ ...EMPTY, cards: [card(1, 1)] })).rejects.toMatchObject({
      code: 'ERR_LEDGER_WRITE',
      system: '25006',
    });
    const ledger = await openSpool(server, inFolder('standby-spool.db'), { retryMs: 100 });
    await ledger.write({ ...EMPTY, cards: [card(2, 1)] });
    expect(ledger.spooled?.()).toBe(1);
    forwarder.leadTo(primary.port);
    await until(() => ledger.spooled?.() === 0);
    expect(await psqlAt(primary.url, 'SELECT FROM laissez_passer.cards')).toHaveLength(1);
    await ledger.close();
  });

  it('reports nothing as durable that the standby has not confirmed', async () => {
    const ledger = await openPostgresLedger(url, { statementTimeout: 400 });
    await ledger.write({ ...EMPTY, cards: [card(1, 1)] });
    standby.halt();
    await expect(ledger.write({ ...EMPTY, cards: [card(2, 1)] })).rejects.toMatchObject({
      text: { en: LEDGER.ledgerUnreachable.en },
    });
    standby.start();
    await ledger.write({ ...EMPTY, cards: [card(2, 1)] });
    expect(await psqlAt(standby.url, 'SELECT FROM laissez_passer.cards')).toHaveLength(2);
    await ledger.close();
  });
});
