/** Tests the PostgreSQL ledger as the server sees it: plans, catalogue and failures. */
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PortabilityError } from '../../../src/index.ts';
import { openPostgresKeyring } from '../../../src/keys/postgres-keyring.ts';
import { CARD_COLUMNS, keyedValues, readKeyed } from '../../../src/ledger/postgres/store.ts';
import { openPostgresLedger } from '../../../src/ledger/postgres.ts';
import { card, EMPTY, keys, name } from '../../support/contract/cards.ts';
import {
  dropSchemas,
  hasPostgres,
  newSchema,
  POSTGRES,
  type PostgresServer,
  psql,
  psqlAt,
  startPostgres,
} from '../../support/postgres.ts';

const CANARY = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const failureOf = (work: Promise<unknown>): Promise<PortabilityError> =>
  work.then(
    () => expect.fail('it did not fail'),
    error => error,
  );
interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly Plans?: readonly PlanNode[];
}
const fill = {
  ...EMPTY,
  cards: Array.from({ length: 400 }, (_, n) => card(n, 1, 0, n % 2 === 0 ? '2026-10' : '2026-11')),
};

/** Holds a table as a long read does, until the connection ends. */
async function heldBy(schema: string, part: string): Promise<pg.Client> {
  const reader = new pg.Client({ connectionString: POSTGRES });
  await reader.connect();
  await reader.query(`BEGIN; LOCK TABLE ${schema}.${part} IN ACCESS SHARE MODE`);
  return reader;
}

describe.skipIf(!hasPostgres)('the postgres ledger in its catalogue', () => {
  afterAll(dropSchemas);

  it("reads one row a month for a subscriber, through the key of that month's partition alone", async () => {
    const schema = newSchema();
    const ledger = await openPostgresLedger(POSTGRES, { schema });
    const months = Array.from({ length: 12 }, (_, n) => `2026-${String(n + 1).padStart(2, '0')}`);
    await ledger.write({
      ...EMPTY,
      cards: months.flatMap(month =>
        Array.from({ length: 3000 }, (_, n) => card(n + 1, 1, 0, month)),
      ),
    });
    await psql(`ANALYZE ${schema}.cards`);
    const asked = months.slice(6, 9);
    const read = readKeyed(`${schema}.cards`, CARD_COLUMNS, asked.length);
    const values = keyedValues(asked.map(month => ({ month, pseudonym: name(5) })));
    const [plan] = await psql<{ 'QUERY PLAN': unknown }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${read}`,
      values,
    );
    const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];
    const scans = nodesOf((plan!['QUERY PLAN'] as { Plan: PlanNode }[])[0]!.Plan)
      .filter(node => node['Relation Name'] !== undefined)
      .map(node => ({
        table: node['Relation Name']!,
        type: node['Node Type'],
        rows: node['Actual Rows'] * node['Actual Loops'],
      }));
    expect(scans.map(({ table }) => table).sort()).toEqual(
      asked.map(month => `cards_${month.replace('-', '_')}`),
    );
    for (const scan of scans)
      expect(scan).toMatchObject({ type: expect.stringMatching(/^Index/), rows: 1 });
    await ledger.close();
  });

  it('drops the partition of a purged month from the catalogue while others write', async () => {
    const schema = newSchema();
    const ledger = await openPostgresLedger(POSTGRES, { schema });
    const other = await openPostgresLedger(POSTGRES, { schema });
    await ledger.write({
      ...fill,
      accesses: [{ month: '2026-10', pseudonym: name(0), at: 1_790_000_000, fromHome: true }],
    });
    const parts = async (): Promise<string[]> =>
      (
        await psql<{ relname: string }>(
          `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = $1 AND c.relkind = 'r' AND c.relname ~ '^(cards|accesses)_' ORDER BY 1`,
          [schema],
        )
      ).map(({ relname }) => relname);
    expect(await parts()).toEqual([
      'accesses_2026_10',
      'accesses_2026_11',
      'cards_2026_10',
      'cards_2026_11',
    ]);
    let isOver = false;
    const writing = (async () => {
      for (let n = 1000; !isOver; n++) await other.write({ ...EMPTY, cards: [card(n, 2)] });
    })();
    expect(await ledger.purgeBefore('2026-11')).toEqual({ cards: 200, accesses: 1 });
    isOver = true;
    await writing;
    expect(await parts()).toEqual(['accesses_2026_11', 'cards_2026_11']);
    // A late batch creates a purged month again, without its old content.
    await other.write({ ...EMPTY, cards: [card(3, 1, 0, '2026-10')] });
    expect(await ledger.cards(keys(card(3, 0, 0, '2026-10')))).toHaveLength(1);
    await ledger.close();
    await other.close();
  });

  it('finishes a purge that was interrupted between detaching and dropping', async () => {
    const schema = newSchema();
    const ledger = await openPostgresLedger(POSTGRES, { schema });
    await ledger.write(fill);
    await psql(`ALTER TABLE ${schema}.cards DETACH PARTITION ${schema}.cards_2026_10`);
    expect(await ledger.purgeBefore('2026-11')).toMatchObject({ cards: 200 });
    expect(await psql(`SELECT to_regclass($1) AS part`, [`${schema}.cards_2026_10`])).toEqual([
      { part: null },
    ]);
    await ledger.close();
  });

  it.each(['cards', 'accesses'])(
    'keeps the tombstones of a month whose %s a long read holds for longer than a purge waits',
    async family => {
      const schema = newSchema();
      const ledger = await openPostgresLedger(POSTGRES, { schema, statementTimeout: 200 });
      await ledger.write(fill);
      const erased = keys(card(2, 0, 0, '2026-10'));
      await ledger.erase(erased, '2026-10-31');
      const reader = await heldBy(schema, `${family}_2026_10`);
      expect(await failureOf(ledger.purgeBefore('2026-11'))).toMatchObject({
        code: 'ERR_LEDGER_BUSY',
      });
      await ledger.write({ ...EMPTY, cards: [card(2, 1, 0, '2026-10')] });
      expect(await ledger.cards(erased)).toEqual([]);
      expect(await ledger.tombstones()).toHaveLength(1);
      await reader.end();
      await ledger.purgeBefore('2026-11');
      expect(await ledger.tombstones()).toEqual([]);
      await ledger.close();
    },
  );

  it('drops a month at a later attempt, if the long read is over by then', async () => {
    const schema = newSchema();
    const ledger = await openPostgresLedger(POSTGRES, { schema, statementTimeout: 1000 });
    await ledger.write(fill);
    const reader = await heldBy(schema, 'cards_2026_10');
    const purging = ledger.purgeBefore('2026-11');
    const isWaiting = async (): Promise<boolean> =>
      (
        await psql(
          `SELECT FROM pg_locks WHERE NOT granted AND relation = '${schema}.cards_2026_10'::regclass`,
        )
      ).length > 0;
    while (!(await isWaiting())) await delay(10);
    // Batches are written between two attempts.
    while (await isWaiting()) await delay(10);
    await reader.end();
    expect(await purging).toMatchObject({ cards: 200 });
    await ledger.close();
  });

  it('migrates without the time limit of a statement', async () => {
    const schema = newSchema();
    const other = new pg.Client({ connectionString: POSTGRES });
    await other.connect();
    await other.query(`SELECT pg_advisory_lock(hashtext('laissez-passer schema'), hashtext($1))`, [
      schema,
    ]);
    let isOver = false;
    const opening = openPostgresLedger(POSTGRES, { schema, statementTimeout: 100 }).finally(() => {
      isOver = true;
    });
    await Promise.race([delay(500), opening]);
    expect(isOver).toBe(false);
    await other.end();
    await (await opening).close();
  });

  it('an erased card is in no table of the schema, and its tombstone holds no pseudonym', async () => {
    const schema = newSchema();
    const ledger = await openPostgresLedger(POSTGRES, { schema });
    const key = { month: '2026-11', pseudonym: CANARY };
    const access = { ...key, at: Date.UTC(2026, 10, 5) / 1000, fromHome: true };
    await ledger.write({
      ...EMPTY,
      cards: [{ ...key, homeDays: 1, outsideDays: 0 }],
      accesses: [access],
    });
    const tables = await psql<{ tablename: string }>(
      'SELECT tablename FROM pg_tables WHERE schemaname = $1',
      [schema],
    );
    const found = async (): Promise<number> => {
      let rows = 0;
      for (const { tablename } of tables)
        rows += (
          await psql(`SELECT FROM ${schema}."${tablename}" t WHERE t::text LIKE $1`, [
            `%${CANARY}%`,
          ])
        ).length;
      return rows;
    };
    expect(await found()).toBeGreaterThan(1);
    await ledger.erase([key], '2026-11-30');
    expect(await found()).toBe(0);
    await ledger.close();
  });

  it('reads the same whatever parsers the process has set for the driver', async () => {
    const { builtins } = pg.types;
    const before = Object.values(builtins).map(
      type => [type, pg.types.getTypeParser(type as number)] as const,
    );
    for (const [type] of before) pg.types.setTypeParser(type as number, () => 'another value');
    try {
      const schema = newSchema();
      const ledger = await openPostgresLedger(POSTGRES, { schema });
      await ledger.write({
        ...EMPTY,
        cards: [card(1, 5, 6)],
        tally: [{ day: '2026-11-01', reason: 'x', writer: 'w', epoch: 1, count: 7 }],
        editions: [{ day: '2026-11-01', edition: 'e' }],
      });
      expect(await ledger.cards([{ month: '2026-11', pseudonym: name(1) }])).toMatchObject([
        { homeDays: 5, outsideDays: 6 },
      ]);
      expect(await ledger.months()).toEqual([{ month: '2026-11', cards: 1 }]);
      expect(await ledger.tally('2026-11-01', '2026-11-30')).toMatchObject([{ count: 7 }]);
      await ledger.recordRun({
        at: 'a',
        what: 'purge',
        before: 'b',
        cards: 1,
        accesses: 2,
        keys: 3,
      });
      expect(await ledger.runs()).toMatchObject([{ cards: 1, accesses: 2, keys: 3 }]);
      expect(await ledger.verify()).toEqual([]);
      await ledger.close();
      const wrap = Buffer.alloc(32, 7);
      const keyring = await openPostgresKeyring(POSTGRES, { schema, wrap, create: true });
      await keyring.ensureMonth('2026-11');
      const again = await openPostgresKeyring(POSTGRES, { schema, wrap });
      expect(again.personPseudonym('s')).toBe(keyring.personPseudonym('s'));
      await keyring.close();
      await again.close();
    } finally {
      for (const [type, parser] of before) pg.types.setTypeParser(type as number, parser as never);
    }
  });

  it('takes a schema of the version before with what is in it', async () => {
    const schema = newSchema();
    await (await openPostgresLedger(POSTGRES, { schema })).close();
    await psql(
      `DROP TABLE ${schema}.key_checks, ${schema}.proposals, ${schema}.tombstone_position`,
    );
    await psql(`DROP INDEX ${schema}.runs_before`);
    for (const table of ['dossiers', 'holds', 'requests'])
      await psql(`ALTER TABLE ${schema}.${table} DROP COLUMN reference`);
    await psql(`DROP INDEX ${schema}.dossiers_due`);
    for (const column of ['imported', 'standing', 'assessed', 'recheck', 'due'])
      await psql(`ALTER TABLE ${schema}.dossiers DROP COLUMN ${column}`);
    await psql(`INSERT INTO ${schema}.holds VALUES ('aa', '2026-02-01', '2026-12-01', 'audit')`);
    await psql(`UPDATE ${schema}.meta SET version = 1`);
    const ledger = await openPostgresLedger(POSTGRES, { schema });
    expect(await ledger.personRecords.read('holds')).toEqual([
      { pseudonym: 'aa', since: '2026-02-01', review: '2026-12-01', why: 'audit', reference: '' },
    ]);
    const row = {
      pseudonym: 'aa',
      operation: 'erase',
      options: '',
      agent: 'Anna',
      since: '2026-11-20',
      until: '2026-11-27',
      reference: '',
    };
    await ledger.personRecords.put('proposals', row);
    expect(await ledger.personRecords.read('proposals')).toEqual([row]);
    expect(await ledger.verify()).toEqual([]);
    await ledger.close();
  });

  it('refuses a schema of a newer version, and a missing one that it may not create', async () => {
    const schema = newSchema();
    expect(await failureOf(openPostgresLedger(POSTGRES, { schema, create: false }))).toMatchObject({
      code: 'ERR_LEDGER_OPEN',
    });
    await (await openPostgresLedger(POSTGRES, { schema })).close();
    await psql(`UPDATE ${schema}.meta SET version = 99`);
    expect(await failureOf(openPostgresLedger(POSTGRES, { schema }))).toMatchObject({
      code: 'ERR_LEDGER_SCHEMA',
    });
  });
});

describe.skipIf(!hasPostgres)('the postgres ledger during failures', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());
  const canaryCard = { month: '2026-11', pseudonym: CANARY, homeDays: 1, outsideDays: 0 };

  it('loses at most one request when a connection is cut, idle or at work', async () => {
    const ledger = await openPostgresLedger(server.url, { connections: 2 });
    const cut = (): Promise<unknown> =>
      psqlAt(
        server.url,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'laissez-passer'`,
      );
    await ledger.write({ ...EMPTY, cards: [card(1, 1)] });
    await cut();
    await ledger.write({ ...EMPTY, cards: [card(1, 2)] }).catch(() => undefined);
    const writes = Array.from({ length: 40 }, (_, n) =>
      ledger.write({ ...EMPTY, cards: [card(n, 4)] }).then(
        () => undefined,
        error => error,
      ),
    );
    await cut();
    for (const error of (await Promise.all(writes)).filter(each => each !== undefined))
      expect(error).toBeInstanceOf(PortabilityError);
    await ledger.write({ ...EMPTY, cards: [card(1, 8)] });
    expect((await ledger.cards(keys(card(1, 0))))[0]!.homeDays & 9).toBe(9);
    await ledger.close();
  });

  it('reconnects to a server that was restarted', async () => {
    const ledger = await openPostgresLedger(server.url);
    await ledger.write({ ...EMPTY, cards: [card(50, 1)] });
    server.crash();
    await ledger.write({ ...EMPTY, cards: [card(50, 2)] }).catch(() => undefined);
    await ledger.write({ ...EMPTY, cards: [card(50, 4)] });
    expect((await ledger.cards(keys(card(50, 0))))[0]!.homeDays & 5).toBe(5);
    await ledger.close();
  });

  it('quotes no value of a row in message, stack or cause', async () => {
    const ledger = await openPostgresLedger(server.url, { schema: 'canary' });
    await ledger.write({ ...EMPTY, cards: [canaryCard] });
    await psqlAt(
      server.url,
      `ALTER TABLE canary.cards ADD CONSTRAINT c CHECK (home_days = 1) NOT VALID`,
    );
    await psqlAt(
      server.url,
      `ALTER TABLE canary.dossiers ADD CONSTRAINT c CHECK (events = '') NOT VALID`,
    );
    const dossier = {
      pseudonym: CANARY,
      events: `["${CANARY}"]`,
      ends: '',
      since: '2026-11-01',
      revision: 1,
      reference: '',
      imported: '',
      standing: '',
      assessed: '',
      recheck: '',
      due: '9999-12-31',
    };
    const failures = [
      await failureOf(ledger.write({ ...EMPTY, cards: [{ ...canaryCard, homeDays: 3 }] })),
      await failureOf(ledger.write({ ...EMPTY, cards: [{ ...canaryCard, month: `${CANARY}` }] })),
      await failureOf(ledger.personRecords.replaceDossiers([dossier])),
      await failureOf(openPostgresLedger(server.url.replace('postgres@', `${CANARY}:${CANARY}@`))),
      await failureOf(openPostgresLedger(server.url, { schema: `"${CANARY}` })),
      await failureOf(openPostgresLedger(`http://${CANARY}/`)),
    ];
    for (const error of failures) {
      expect(error).toBeInstanceOf(PortabilityError);
      expect(
        `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`,
      ).not.toContain(CANARY);
    }
    await ledger.close();
  });

  it('names server and database, which the operator typed, and the SQLSTATE; never the password', async () => {
    const { host, pathname } = new URL(server.url);
    const database = `${pathname.slice(1)}_nowhere`;
    const url = `${server.url.replace(/\/\/[^@]*@/, '//postgres:canary@')}_nowhere`;
    const error = await failureOf(openPostgresLedger(url));
    expect(error).toMatchObject({
      code: 'ERR_LEDGER_OPEN',
      message: expect.stringMatching(/^the server has no such database: /),
      host: `${host}/${database}`,
      system: '3D000',
    });
    const wrongLogin = await failureOf(
      openPostgresLedger(server.url.replace(/\/\/[^@]*@/, '//canary:canary@')),
    );
    expect(wrongLogin.message).toMatch(/ \(127\.0\.0\.1:\d+\/\w+: 28[0-9A-Z]{3}\)$/);
    expect(`${error.stack}${wrongLogin.stack}${JSON.stringify([error, wrongLogin])}`).not.toContain(
      'canary',
    );
  });

  it('connects to another machine by TLS only, unless the options allow otherwise', async () => {
    const elsewhere = 'postgres://role@ledger.example/db';
    for (const url of [
      elsewhere,
      `${elsewhere}?sslmode=prefer`,
      'postgres://role@127.0.0.1.example/db',
      'postgres:///db?host=ledger.example',
    ])
      expect(await failureOf(openPostgresLedger(url)), url).toMatchObject({
        code: 'ERR_LEDGER_OPEN',
        message: expect.stringContaining('TLS'),
      });
    // This server has no TLS, and a ledger that requires TLS must not fall back to a plain
    // connection.
    const secured = await failureOf(openPostgresLedger(server.url, { tls: true }));
    expect(secured.code).toBe('ERR_LEDGER_OPEN');
    expect(await failureOf(openPostgresLedger(`${server.url}?sslmode=verify-full`))).toBeInstanceOf(
      PortabilityError,
    );
  });

  it('gives up on a server that does not answer within the time limit', async () => {
    const mute = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise(resolve => mute.once('listening', resolve));
    const { port } = mute.address() as { port: number };
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    expect(await failureOf(openPostgresLedger(url, { connectTimeout: 300 }))).toMatchObject({
      code: 'ERR_LEDGER_OPEN',
    });
    mute.close();
  });

  it('fails on a statement that waits too long for a lock, and stores no part of the batch', async () => {
    const ledger = await openPostgresLedger(server.url, {
      schema: 'locked',
      statementTimeout: 300,
    });
    await ledger.write({ ...EMPTY, cards: [card(1, 1)] });
    const { default: pg } = await import('pg');
    const blocker = new pg.Client({ connectionString: server.url });
    await blocker.connect();
    await blocker.query('BEGIN; LOCK TABLE locked.tally');
    const tally = [{ day: '2026-11-05', reason: 'in-france', writer: 'w', epoch: 1, count: 5 }];
    expect(await failureOf(ledger.write({ ...EMPTY, cards: [card(2, 1)], tally }))).toMatchObject({
      code: 'ERR_LEDGER_BUSY',
    });
    await blocker.query('ROLLBACK');
    await blocker.end();
    expect(await ledger.cards(keys(card(2, 0)))).toEqual([]);
    await ledger.close();
  });
});

it('a server that ends a connection in the packet that opened it causes an error of the request, not of the process', async () => {
  // What PostgreSQL 15 sends after the login, and the end of the connection, all at once.
  const message = (type: string, body: Buffer): Buffer => {
    const head = Buffer.alloc(5);
    head.write(type);
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
  };
  const opened = Buffer.concat([
    message('R', Buffer.alloc(4)),
    message('Z', Buffer.from('I')),
    message('E', Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0')),
  ]);
  const server = createServer(socket => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(opened));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const opening = openPostgresLedger(`postgres://u@127.0.0.1:${port}/d`);
  await expect(opening).rejects.toMatchObject({
    name: 'PortabilityError',
    code: 'ERR_LEDGER_OPEN',
  });
  await new Promise(resolve => server.close(resolve));
});
