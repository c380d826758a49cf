/**
 * Tests that a ledger and a keyring behind a pooler leave no state in the sessions of the server,
 * and that nothing waits forever while many use them at once.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/entry/ledger.ts';
import { openPostgresKeyring } from '../../../src/entry/postgres.ts';
import type { Keyring } from '../../../src/index.ts';
import { digestOf } from '../../../src/ledger/ledger.ts';
import { openPostgresLedger } from '../../../src/ledger/postgres.ts';
import { card, EMPTY, keys, name } from '../../support/contract/cards.ts';
import { hasPgbouncer, type Pooler, startPgbouncer } from '../../support/pgbouncer.ts';
import { hasPostgres, type PostgresServer, psqlAt, startPostgres } from '../../support/postgres.ts';

const MONTHS = ['2026-06', '2026-07', '2026-08', '2026-09', '2026-10', '2026-11'];

describe.skipIf(!(hasPostgres && hasPgbouncer))('behind PgBouncer', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());
  const poolers: Pooler[] = [];
  const pooled = async (
    ...options: Parameters<typeof startPgbouncer> extends [string, ...infer R] ? R : never
  ) => {
    const pooler = await startPgbouncer(server.url, ...options);
    poolers.push(pooler);
    return pooler.url;
  };
  afterEach(async () => {
    for (const pooler of poolers.splice(0)) await pooler.stop();
  });

  /** What the sessions of the server hold: locks, open transactions, changed settings. */
  const leftBehind = async (url: string) => ({
    locks: await psqlAt(server.url, `SELECT FROM pg_locks WHERE locktype = 'advisory'`),
    open: await psqlAt(
      server.url,
      `SELECT FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'`,
    ),
    settings: await psqlAt(
      url,
      `SELECT name FROM pg_settings WHERE source = 'session' AND name <> 'application_name'
       AND name NOT IN ('client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')`,
    ),
    prepared: await psqlAt(url, 'SELECT name FROM pg_prepared_statements'),
  });
  const NOTHING_LEFT = { locks: [], open: [], settings: [], prepared: [] };

  it.each([
    ['with its default settings', []],
    [
      'with one connection to the server, and ignored startup parameters',
      [
        'default_pool_size = 1',
        'ignore_startup_parameters = statement_timeout,idle_in_transaction_session_timeout',
      ],
    ],
  ])(
    '%s, gateways, purges, erasures and keyrings at once, beside direct ones, all come to an end',
    async (_, settings) => {
      const url = await pooled('transaction', settings);
      const schema = `crowd_${settings.length}`;
      const wrap = randomBytes(32);
      const urls = [url, url, url, url, server.url, server.url];
      const ledgers = await Promise.all(urls.map(each => openPostgresLedger(each, { schema })));
      const keyrings = await Promise.all(
        urls.map(each => openPostgresKeyring(each, { schema: `${schema}_keys`, wrap })),
      );
      const cardsOf = (writer: number): ReturnType<typeof card>[] =>
        MONTHS.flatMap(month =>
          Array.from({ length: 50 }, (_, n) => card(writer * 50 + n, 1, 0, month)),
        );
      for (const [writer, ledger] of ledgers.entries())
        await ledger.write({ ...EMPTY, cards: cardsOf(writer) });
      const erased = keys(card(0, 0), card(7, 0), card(299, 0));
      const gateway = async (ledger: Ledger, n: number): Promise<void> => {
        for (let day = 1; day < 20; day++)
          await ledger.write({
            ...EMPTY,
            cards: [card(n * 50 + day, 1 << day)],
            tally: [{ day: '2026-11-05', reason: 'x', writer: `w${n}`, epoch: 1, count: day }],
          });
      };
      const destroyOnce = (keyring: Keyring): Promise<unknown> =>
        keyring.ensureMonth('2026-01').then(
          () => keyring.destroyBefore('2026-02', '2026-11-05'),
          // Another one was faster.
          error => expect(error.code).toBe('ERR_KEYRING_DESTROYED'),
        );
      let purged = 0;
      await Promise.all(
        ledgers.flatMap((ledger, n) => [
          gateway(ledger, n),
          (async () => {
            for (const month of MONTHS) {
              const { cards } = await ledger.purgeBefore(month);
              purged += cards;
            }
          })(),
          ledger.erase([erased[n % erased.length]!], '2026-11-30'),
          ledger.restoreTombstones([
            { month: '2026-11', digest: digestOf(name(7)), through: '2026-11-30' },
          ]),
          ledger.purgeAccesses(0),
          ledger.months(),
          keyrings[n]!.ensureMonth('2026-12'),
          destroyOnce(keyrings[n]!),
          keyrings[n]!.addTombstones([
            { month: '2026-11', digest: digestOf(name(n)), through: '2026-11-30' },
          ]),
        ]),
      );
      // Every card was counted by one purge, and by one only.
      expect(purged).toBe(5 * 300);
      expect(await ledgers[0]!.months()).toEqual([
        { month: '2026-11', cards: 300 - erased.length },
      ]);
      expect(await ledgers[5]!.cards(erased)).toEqual([]);
      expect(new Set(keyrings.map(each => each.cardPseudonym('s', '2026-12'))).size).toBe(1);
      expect(await keyrings[0]!.tombstones()).toHaveLength(6);
      expect(await leftBehind(url)).toEqual(NOTHING_LEFT);
      for (const each of [...ledgers, ...keyrings]) await each.close();
    },
  );

  it('the server ends a statement at its time limit, and the next client has none of it', async () => {
    const url = await pooled('transaction', ['default_pool_size = 1']);
    const schema = 'limits';
    const ledger = await openPostgresLedger(url, { schema, statementTimeout: 300 });
    const blocker = new pg.Client({ connectionString: server.url });
    await blocker.connect();
    await blocker.query(`BEGIN; LOCK TABLE ${schema}.key_checks`);
    await expect(ledger.keyChecks()).rejects.toMatchObject({
      code: 'ERR_LEDGER_BUSY',
      system: '57014',
    });
    await blocker.query('ROLLBACK');
    await blocker.end();
    expect(await ledger.keyChecks()).toEqual({});
    expect(await psqlAt(url, 'SHOW statement_timeout')).toEqual([{ statement_timeout: '0' }]);
    expect(await leftBehind(url)).toEqual(NOTHING_LEFT);
    await ledger.close();
  });

  it('in session mode, works as without it', async () => {
    const url = await pooled('session');
    const ledger = await openPostgresLedger(url, { schema: 'sessions', connections: 2 });
    await ledger.write({ ...EMPTY, cards: [card(1, 1), card(2, 1), card(3, 1, 0, '2026-10')] });
    expect(await ledger.erase(keys(card(1, 0)), '2026-11-30')).toBe(1);
    expect(await ledger.purgeBefore('2026-11')).toEqual({ cards: 1, accesses: 0 });
    expect(await ledger.months()).toEqual([{ month: '2026-11', cards: 1 }]);
    await ledger.close();
    expect(await leftBehind(server.url)).toEqual(NOTHING_LEFT);
  });
});

describe.skipIf(!hasPostgres)('a purge in PostgreSQL', () => {
  let server: PostgresServer;
  let reader: pg.Client;
  beforeAll(async () => {
    server = await startPostgres();
    reader = new pg.Client({ connectionString: server.url });
    await reader.connect();
  });
  afterAll(async () => {
    await reader.end();
    server.stop();
  });
  const october = { ...EMPTY, cards: [card(1, 1, 0, '2026-10'), card(2, 1, 0, '2026-11')] };

  it('gives up on a lock in time, and the next one finishes', async () => {
    const ledger = await openPostgresLedger(server.url, { statementTimeout: 600 });
    await ledger.write(october);
    await reader.query('BEGIN; SELECT FROM laissez_passer.cards');
    const purging = ledger.purgeBefore('2026-11');
    const writing = ledger.write({ ...EMPTY, cards: [card(2, 2)] });
    await expect(purging).rejects.toMatchObject({
      code: 'ERR_LEDGER_BUSY',
      message: expect.stringMatching(/^the purge waited too long for a lock .*: 55P03\)$/),
    });
    await writing;
    await reader.query('COMMIT');
    expect(await ledger.purgeBefore('2026-11')).toEqual({ cards: 1, accesses: 0 });
    expect(await ledger.months()).toEqual([{ month: '2026-11', cards: 1 }]);
    await ledger.close();
  });

  it('removes a month whose detachment was interrupted', async () => {
    const ledger = await openPostgresLedger(server.url, { schema: 'pending' });
    await ledger.write(october);
    await reader.query('BEGIN; SELECT FROM pending.cards');
    const detaching = new pg.Client({ connectionString: server.url, statement_timeout: 500 });
    await detaching.connect();
    await expect(
      detaching.query(
        'ALTER TABLE pending.cards DETACH PARTITION pending.cards_2026_10 CONCURRENTLY',
      ),
    ).rejects.toMatchObject({ code: '57014' });
    await detaching.end();
    await reader.query('COMMIT');
    expect(await ledger.verify()).toHaveLength(1);
    expect(await ledger.purgeBefore('2026-11')).toEqual({ cards: 1, accesses: 0 });
    expect(await ledger.verify()).toEqual([]);
    expect(await psqlAt(server.url, `SELECT to_regclass('pending.cards_2026_10') AS part`)).toEqual(
      [{ part: null }],
    );
    await ledger.close();
  });
});
