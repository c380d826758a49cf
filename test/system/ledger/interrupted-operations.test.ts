/**
 * Tests that interrupted operations are completed, and that foreign settings weaken no guarantee.
 */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDesk } from '../../../src/entry/desk.ts';
import { memoryLedger } from '../../../src/entry/ledger.ts';
import { openGate, PortabilityError } from '../../../src/index.ts';
import { copyLedger, takeInventory } from '../../../src/ledger/copy-ledger.ts';
import { digestOf } from '../../../src/ledger/ledger.ts';
import { openPostgresLedger } from '../../../src/ledger/postgres.ts';
import { openRedisLedger } from '../../../src/ledger/redis.ts';
import { openSpool, openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { cutJournal, verifyJournal } from '../../../src/subjects/journal.ts';
import { card, EMPTY, keys, name } from '../../support/contract/cards.ts';
import { evidenceOf, newKeyring, noon, setUp, table } from '../../support/gate.ts';
import { hasPostgres, type PostgresServer, psqlAt, startPostgres } from '../../support/postgres.ts';
import { hasRedis, redisCli, startCluster, startRedis, stopRedis } from '../../support/redis.ts';
import { inFolder } from '../../support/tables.ts';

const failureOf = (work: Promise<unknown>): Promise<PortabilityError> =>
  work.then(
    () => expect.fail('it did not fail'),
    error => error,
  );

describe.skipIf(!hasRedis)('in Redis', () => {
  afterAll(stopRedis);

  it('applies a tombstone that was written but not applied at the next look', async () => {
    const server = await startRedis();
    const ledger = await openRedisLedger({ url: server.url, personRecords: memoryLedger() });
    await ledger.write({ ...EMPTY, cards: [card(1, 0b11), card(2, 0b11)] });
    const tombstone = { month: '2026-11', digest: digestOf(name(1)), through: '2026-11-30' };
    const key = `lp:marks:2026-11:{${tombstone.digest.slice(0, 3)}}`;
    const mark = `1073741823 0 0 ${tombstone.through}`;
    redisCli(server.port, 'hset', key, tombstone.digest, `${mark} who-died`);
    redisCli(server.port, 'sadd', `lp:months:{${tombstone.digest.slice(0, 3)}}`, '2026-11');
    await ledger.restoreTombstones([tombstone]);
    expect(await ledger.cards(keys(card(1, 0), card(2, 0)))).toEqual([card(2, 0b11)]);
    expect(redisCli(server.port, 'hget', key, tombstone.digest)).toBe(`${mark} -`);
    expect(await ledger.tombstones()).toEqual([tombstone]);
    await ledger.close();
  });

  it('the login of a cluster reaches every node, and a wrong one reaches none', async () => {
    const nodes = await startCluster();
    for (const { port } of nodes) redisCli(port, 'config', 'set', 'requirepass', 'geheim');
    const open = (login: string) =>
      openRedisLedger({
        cluster: nodes.map(({ url }) => url.replace('//', `//${login}@`)),
        personRecords: memoryLedger(),
        timeout: 3000,
      });
    const ledger = await open('default:geheim');
    await ledger.write({
      ...EMPTY,
      cards: Array.from({ length: 300 }, (_, n) => card(n * 7919, 1)),
    });
    expect(await ledger.months()).toEqual([{ month: '2026-11', cards: 300 }]);
    await ledger.close();
    expect(await failureOf(open('default:falsch'))).toBeInstanceOf(PortabilityError);
  });

  it('quotes no setting that the driver cannot use', async () => {
    const personRecords = memoryLedger();
    for (const url of [
      'redis://user:geheim@127.0.0.1:1/abc',
      'redis://user:%zzgeheim@127.0.0.1:1',
    ]) {
      const error = await failureOf(
        openRedisLedger({ url, personRecords: personRecords, timeout: 500 }),
      );
      expect([
        error instanceof PortabilityError,
        `${error.message}${error.stack}${JSON.stringify(error)}`,
      ]).toEqual([true, expect.not.stringContaining('geheim')]);
    }
    const client = { socket: { tls: true } } as never;
    const error = await failureOf(
      openRedisLedger({
        url: 'redis://user:geheim@127.0.0.1:1',
        client,
        personRecords: personRecords,
        timeout: 500,
      }),
    );
    expect(`${error.message}${error.stack}`).not.toContain('geheim');
  });
});

describe.skipIf(!hasPostgres)('in PostgreSQL', () => {
  let server: PostgresServer;
  let blocker: pg.Client;
  beforeAll(async () => {
    server = await startPostgres();
    await psqlAt(
      server.url,
      `ALTER ROLE postgres SET default_transaction_isolation = 'repeatable read'`,
    );
    blocker = new pg.Client({ connectionString: server.url });
    await blocker.connect();
  });
  afterAll(async () => {
    await blocker.end();
    server.stop();
  });
  const LOCK = `SELECT pg_advisory_xact_lock(hashtext('laissez-passer erasure'), hashtext('laissez_passer'))`;

  it('a writer that waited for an erasure sees it, whatever isolation the role has', async () => {
    const ledger = await openPostgresLedger(server.url);
    await ledger.write({ ...EMPTY, cards: [card(2, 1)] });
    await blocker.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    await blocker.query(LOCK);
    const writing = ledger.write({ ...EMPTY, cards: [card(1, 0b11)] });
    await new Promise(resolve => setTimeout(resolve, 200));
    await blocker.query(
      `INSERT INTO laissez_passer.marks VALUES ('2026-11', decode($1, 'hex'), '2026-11-30', 0, 0)`,
      [digestOf(name(1))],
    );
    await blocker.query('COMMIT');
    await writing;
    expect(await ledger.cards(keys(card(1, 0), card(2, 0)))).toEqual([card(2, 1)]);
    await ledger.close();
  });

  it('an erasure has no time limit for its lock', async () => {
    const ledger = await openPostgresLedger(server.url, { statementTimeout: 100 });
    await blocker.query('BEGIN');
    await blocker.query(LOCK);
    const erasing = ledger.erase(keys(card(2, 0)), '2026-11-30');
    await new Promise(resolve => setTimeout(resolve, 600));
    await blocker.query('COMMIT');
    expect(await erasing).toBe(1);
    await ledger.close();
  });

  it('a URL cannot disable the configured TLS, and its content is not quoted', async () => {
    for (const mode of ['disable', 'prefer', 'allow'])
      expect(
        await failureOf(openPostgresLedger(`${server.url}?sslmode=${mode}`, { tls: true })),
      ).toMatchObject({
        code: 'ERR_LEDGER_OPEN',
      });
    expect(await failureOf(openPostgresLedger('postgres:///ledger'))).toMatchObject({
      code: 'ERR_ARGUMENT',
    });
    const error = await failureOf(
      openPostgresLedger(`${server.url}?sslmode=verify-full&sslrootcert=/nowhere/geheim.pem`),
    );
    expect([error instanceof PortabilityError, `${error.message}${error.stack}`]).toEqual([
      true,
      expect.not.stringContaining('geheim'),
    ]);
  });
});

describe('any ledger', () => {
  it('with a cut journal is copied with its anchor, and its copy is whole', async () => {
    const from = memoryLedger();
    const to = await openSqliteLedger(inFolder('cut.db'));
    const keyring = await newKeyring();
    const at = (day: string) =>
      openDesk({ ledger: from, keyring, agent: 'Anna', clock: () => noon(day) });
    for (const day of ['2025-10-01', '2026-01-01', '2026-11-22'])
      await at(day).show('s', { reason: 'audit' });
    expect(await cutJournal(from.personRecords, keyring, '2025-12-01')).toBe(1);
    for (let times = 0; times < 2; times++) await copyLedger(from, to, '', async () => undefined);
    expect(await takeInventory(to)).toEqual(await takeInventory(from));
    expect(await verifyJournal(to.personRecords, keyring)).toEqual([]);
    await to.close();
  });

  it('has a spool that only one process may open', async () => {
    const path = inFolder('spool-of-one.db');
    const first = await openSpool(memoryLedger(), path);
    expect(await failureOf(openSpool(memoryLedger(), path))).toMatchObject({
      code: 'ERR_LEDGER_BUSY',
    });
    await first.close();
    await (await openSpool(memoryLedger(), path)).close();
  });

  it('that removes cards before their retention ends is refused by the gate', async () => {
    const evidence = { ledger: { ...memoryLedger(), keepMonths: 12 }, keyring: await newKeyring() };
    expect(
      await failureOf(openGate({ table, evidence: { ...evidence, retentionMonths: 13 } })),
    ).toMatchObject({
      code: 'ERR_EVIDENCE_OPTION',
    });
    await (await openGate({ table, evidence })).close();
  });

  it("with days ahead of the gate's clock lets it keep nothing until that day comes", async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const ledger = memoryLedger();
    await ledger.write({ ...EMPTY, editions: [{ day: '2026-11-25', edition: 'x' }] });
    const { gate, time } = await setUp('2026-11-22', { ledger });
    expect(evidenceOf(gate).isClockPlausible).toBe(false);
    time.now = noon('2026-11-24');
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(evidenceOf(gate).isClockPlausible).toBe(true);
    vi.useRealTimers();
    await gate.close();
  });

  it('gets no tombstones of months that are past their retention', async () => {
    const ledger = memoryLedger();
    const keyring = await newKeyring();
    const old = { month: '2025-10', digest: digestOf(name(1)), through: '2025-10-31' };
    const young = { ...old, month: '2025-11', through: '2025-11-30' };
    await keyring.addTombstones([old, young]);
    const { gate } = await setUp('2026-11-22', { ledger, keyring, purges: false });
    expect(await ledger.tombstones()).toEqual([young]);
    await gate.close();
  });
});
