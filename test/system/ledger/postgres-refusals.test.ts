/**
 * Tests that what a server or a pooler refuses is told from a server that cannot be reached, and
 * that each message says what to change.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPostgresKeyring } from '../../../src/entry/postgres.ts';
import type { PortabilityError } from '../../../src/index.ts';
import { openPostgresLedger } from '../../../src/ledger/postgres.ts';
import * as LEDGER from '../../../src/messages/ledger.ts';
import { card, EMPTY } from '../../support/contract/cards.ts';
import { hasPgbouncer, type Pooler, startPgbouncer } from '../../support/pgbouncer.ts';
import {
  hasPostgres,
  type PostgresServer,
  psqlAt,
  startPostgres,
  unprivileged,
} from '../../support/postgres.ts';

type Options = Parameters<typeof openPostgresLedger>[1];

/** The two texts and the code that the opening of a ledger and of a keyring fails with. */
async function refusalsOf(url: string, options: Options = {}) {
  const openings = [
    openPostgresLedger(url, options),
    openPostgresKeyring(url, { ...options, wrap: Buffer.alloc(32, 7) }),
  ];
  const errors = await Promise.all(
    openings.map(opening =>
      opening.then(
        () => expect.fail('it did not fail'),
        (error: PortabilityError) => error,
      ),
    ),
  );
  for (const { stack } of errors) expect(stack).not.toContain('geheim');
  return errors.map(({ code, text, system }) => ({ code, ...text, system }));
}
const both = (message: object, system: string) => [
  { ...message, system },
  { ...message, system },
];
const login = (url: string, user: string): string => url.replace('//postgres@', `//${user}@`);

describe.skipIf(!hasPostgres)('a PostgreSQL server', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
    for (const role of ['gateway', 'limited CONNECTION LIMIT 0'])
      await psqlAt(server.url, `CREATE ROLE ${role} LOGIN PASSWORD 'geheim'`);
    await psqlAt(server.url, 'CREATE ROLE rejected LOGIN');
    writeFileSync(
      join(server.data, 'pg_hba.conf'),
      [
        'host all gateway 127.0.0.1/32 scram-sha-256',
        'host all rejected 127.0.0.1/32 reject',
        'host all all 127.0.0.1/32 trust',
        '',
      ].join('\n'),
    );
    await psqlAt(server.url, 'SELECT pg_reload_conf()');
  });
  afterAll(() => server.stop());

  it.each([
    ['a wrong password', 'gateway:geheimer', '28P01'],
    ['no password', 'gateway', '28P01'],
    ['a role that does not exist', 'nobody', '28000'],
    ['a role that pg_hba.conf rejects', 'rejected', '28000'],
  ])('refuses %s', async (_, user, system) => {
    expect(await refusalsOf(login(server.url, user))).toEqual(both(LEDGER.postgresLogin, system));
  });

  it('refuses a database that does not exist', async () => {
    expect(await refusalsOf(`${server.url}_nowhere`)).toEqual(
      both(LEDGER.postgresDatabaseMissing, '3D000'),
    );
  });

  it('refuses more connections than it or the role may have', async () => {
    expect(await refusalsOf(login(server.url, 'limited'))).toEqual(
      both(LEDGER.postgresConnectionsFull, '53300'),
    );
  });

  it('refuses what the role may not do', async () => {
    expect(await refusalsOf(login(server.url, 'gateway:geheim'))).toEqual(
      both(LEDGER.ledgerRole, '42501'),
    );
  });

  it('refuses to write where it only reads', async () => {
    await psqlAt(server.url, `CREATE ROLE reader LOGIN SUPERUSER`);
    await psqlAt(server.url, `ALTER ROLE reader SET default_transaction_read_only = on`);
    expect(await refusalsOf(login(server.url, 'reader'), { schema: 'only_read' })).toEqual(
      both(LEDGER.postgresReadOnly, '25006'),
    );
  });

  it('refuses TLS that it does not offer, and has a certificate that is not trusted', async () => {
    expect(await refusalsOf(server.url, { tls: true })).toEqual(
      both(LEDGER.postgresTlsRefused, 'EPROTO'),
    );
    const [key, cert] = ['server.key', 'server.crt'].map(name => join(server.data, name));
    execFileSync(
      'openssl',
      ['req', '-x509', '-nodes', '-subj', '/CN=localhost', '-keyout', key!, '-out', cert!],
      { stdio: 'ignore', ...unprivileged() },
    );
    await psqlAt(server.url, 'ALTER SYSTEM SET ssl = on');
    await psqlAt(server.url, 'SELECT pg_reload_conf()');
    expect(await refusalsOf(server.url, { tls: true })).toEqual(
      both(LEDGER.postgresTlsRefused, 'DEPTH_ZERO_SELF_SIGNED_CERT'),
    );
    const ledger = await openPostgresLedger(server.url, { tls: { rejectUnauthorized: false } });
    await ledger.close();
  });

  it('cannot be reached while it starts or recovers, and when it is stopped', async () => {
    server.halt();
    writeFileSync(join(server.data, 'standby.signal'), '');
    writeFileSync(join(server.data, 'postgresql.auto.conf'), 'hot_standby = off\n');
    server.start('-W');
    const client = () => new pg.Client({ connectionString: server.url });
    for (let code = ''; code !== '57P03'; )
      code = await client()
        .connect()
        .then(
          () => '',
          error => error.code,
        );
    expect(await refusalsOf(server.url)).toEqual(both(LEDGER.ledgerUnreachable, '57P03'));
    server.halt();
    expect(await refusalsOf(server.url)).toEqual(both(LEDGER.ledgerUnreachable, 'ECONNREFUSED'));
  });
});

describe.skipIf(!(hasPostgres && hasPgbouncer))('PgBouncer', () => {
  let server: PostgresServer;
  let pooler: Pooler;
  beforeAll(async () => {
    server = await startPostgres();
    pooler = await startPgbouncer(server.url, 'transaction', [
      'max_client_conn = 4',
      'query_wait_timeout = 2',
      'server_connect_timeout = 1',
      'server_login_retry = 1',
    ]);
  });
  afterAll(async () => {
    await pooler.stop();
    server.stop();
  });

  it.each(['options=-c%20geqo%3Doff', 'statement_timeout=5000'])(
    'refuses the startup parameter %s',
    async parameter => {
      expect(await refusalsOf(`${pooler.url}?${parameter}`)).toEqual(
        both(LEDGER.postgresParameterRefused, '08P01'),
      );
    },
  );

  it('refuses a database that it does not know', async () => {
    expect(await refusalsOf(`${pooler.url}_nowhere`)).toEqual(
      both(LEDGER.postgresDatabaseMissing, '08P01'),
    );
  });

  it('refuses a role that it does not know', async () => {
    expect(await refusalsOf(login(pooler.url, 'nobody'))).toEqual(
      both(LEDGER.postgresLogin, '08P01'),
    );
  });

  it('refuses more clients than it may have', async () => {
    const clients = Array.from(
      { length: 4 },
      () => new pg.Client({ connectionString: pooler.url }),
    );
    for (const client of clients) await client.connect();
    expect(await refusalsOf(pooler.url)).toEqual(both(LEDGER.postgresConnectionsFull, '08P01'));
    for (const client of clients) await client.end();
  });

  it('has lost its server: an open ledger does not tell the operator to change a setting, and goes on when it is back', async () => {
    const ledger = await openPostgresLedger(pooler.url);
    await ledger.write({ ...EMPTY, cards: [card(1, 1)] });
    server.halt();
    const expected = [LEDGER.ledgerUnreachable, LEDGER.ledgerTimeout, LEDGER.postgresRefused];
    for (let tries = 0; tries < 3; tries++)
      await expect(ledger.write({ ...EMPTY, cards: [card(1, 2)] })).rejects.toSatisfy(
        ({ text }: PortabilityError) => expected.some(({ en }) => en === text.en),
      );
    server.start();
    const isBack = (): Promise<boolean> =>
      ledger.write({ ...EMPTY, cards: [card(1, 4)] }).then(
        () => true,
        () => false,
      );
    while (!(await isBack())) await delay(100);
    expect(await ledger.months()).toEqual([{ month: '2026-11', cards: 1 }]);
    await ledger.close();
  });
});
