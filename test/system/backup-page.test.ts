/**
 * Runs the commands of docs/backup.md, word for word, on real files and a real server: after a
 * restore everyone is found, the erased stay erased, and destroyed months stay destroyed.
 */
import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { dayOf, monthsBefore, nextMonth } from '../../src/days.ts';
import { openDesk } from '../../src/entry/desk.ts';
import type { Ledger } from '../../src/entry/ledger.ts';
import { openPostgresKeyring } from '../../src/entry/postgres.ts';
import { type Gate, type Keyring, openGate, openKeyring } from '../../src/index.ts';
import { openPostgresLedger } from '../../src/ledger/postgres.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { purge } from '../../src/subjects/retention.ts';
import { MAIN, PLAIN } from '../support/cli.ts';
import { EMPTY } from '../support/contract/cards.ts';
import { CONCLUDED } from '../support/desk.ts';
import { cardsOf, noon, request, table } from '../support/gate.ts';
import { hasPostgres, POSTGRES, psql, psqlAt } from '../support/postgres.ts';
import { inFolder } from '../support/tables.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = readFileSync(new URL('../../docs/backup.md', import.meta.url), 'utf8');
const BLOCKS = new Map(
  [...PAGE.matchAll(/```sh ([a-z-]+)\n([\s\S]*?)```/g)].map(([, name, code]) => [name!, code!]),
);
const hasTools = ['pg_dump', 'pg_restore', 'psql'].every(
  tool => spawnSync(tool, ['--version']).status === 0,
);
if (!hasTools && process.env['CI'] === 'true')
  throw new Error('the tests need the client programs of PostgreSQL under CI');

const NOW = Date.now();
const TODAY = dayOf(NOW);
const MONTH = TODAY.slice(0, 7);
/** A month whose retention has ended. */
const OLD = monthsBefore(MONTH, 20);
const ACCESS = { reason: 'erasure-request' } as const;
const DATABASES: string[] = [];
const used = new Set<string>();

interface Place {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs a block of the page and returns what it printed. */
  run(name: string): Promise<string>;
}

function newPlace(more: Readonly<Record<string, string>> = {}): Place {
  const folder = mkdtempSync(inFolder('backup-'));
  for (const name of ['keys', 'backup', 'keys-backup', 'bin'])
    mkdirSync(`${folder}/${name}`, { mode: 0o700 });
  writeFileSync(`${folder}/bin/laissez-passer`, `#!/bin/sh\nexec node ${MAIN} "$@"\n`);
  chmodSync(`${folder}/bin/laissez-passer`, 0o755);
  symlinkSync(`${ROOT}node_modules`, `${folder}/node_modules`);
  const env = { BACKUP_KEY: randomBytes(32).toString('hex'), ...more };
  return {
    folder,
    env,
    run: async name => {
      used.add(name);
      const script = `set -euo pipefail\n${BLOCKS.get(name) ?? expect.fail(`no block ${name}`)}`;
      const { stdout } = await promisify(execFile)('bash', ['-c', script], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...PLAIN, ...env, PATH: `${folder}/bin:${process.env['PATH']}` },
      });
      return stdout;
    },
  };
}

interface Stores {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  close(): Promise<void>;
}

const gateOn = ({ ledger, keyring }: Stores): Promise<Gate> =>
  openGate({ table, evidence: { ledger, keyring, batchMs: 1, purges: false } });
const deskOn = ({ ledger, keyring }: Stores) => openDesk({ ledger, keyring, agent: 'Anna' });

/** Writes two subscribers, and a card of a month whose retention has ended. */
async function fill(stores: Stores): Promise<Gate> {
  const { ledger, keyring } = stores;
  const gate = await gateOn(stores);
  for (const subscriber of ['stays', 'gone']) {
    gate.decide(request(subscriber, '3.1.1.1'));
    await deskOn(stores).record(subscriber, { reason: 'contract' }, CONCLUDED);
  }
  await gate.flush();
  await keyring.ensureMonth(OLD);
  const card = { month: OLD, pseudonym: keyring.cardPseudonym('stays', OLD)! };
  await ledger.write({ ...EMPTY, cards: [{ ...card, homeDays: 1, outsideDays: 0 }] });
  return gate;
}

/** Decides requests of new subscribers until the work is done, and returns their number. */
async function writingDuring(gate: Gate, work: Promise<unknown>): Promise<number> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  let count = 0;
  while (!isDone) {
    for (let n = 0; n < 20; n++) gate.decide(request(`during-${count++}`, '2.1.1.1'));
    await gate.flush();
    await new Promise(resolve => setTimeout(resolve, 1));
  }
  await done;
  return count;
}

/** Erases a subscriber and ends the old month, after the backup. */
async function change(stores: Stores): Promise<void> {
  await deskOn(stores).erase('gone', ACCESS, { evenDossier: true });
  expect((await purge(stores.ledger, stores.keyring, NOW)).keys).toEqual([OLD]);
}

/** Checks that the restored stores are as the page promises. */
async function expectRestored(stores: Stores): Promise<void> {
  const { ledger, keyring } = stores;
  expect((await keyring.months())[0]).toMatchObject({ month: OLD, state: 'destroyed' });
  expect((await ledger.months()).map(({ month }) => month)).toEqual([MONTH]);
  expect(await cardsOf(ledger, keyring, 'stays', MONTH)).toHaveLength(1);
  expect(await cardsOf(ledger, keyring, 'gone', MONTH)).toEqual([]);
  const shown = await deskOn(stores).show('stays', ACCESS);
  expect(shown.dossier.events).toHaveLength(1);
  expect((await deskOn(stores).show('gone', ACCESS)).dossier.events).toEqual([]);
  const gate = await gateOn(stores);
  gate.decide(request('later', '2.1.1.1'));
  await gate.close();
  expect(await cardsOf(ledger, keyring, 'later', MONTH)).toHaveLength(1);
}

/** A gate in December 2026, whatever the day of the test is. */
async function inDecember({ ledger, keyring }: Stores): Promise<Gate> {
  const evidence = { ledger, keyring, purges: false, acceptClock: true };
  return openGate({ table, clock: () => noon('2026-12-05'), evidence });
}

describe('docs/backup.md, SQLite', () => {
  const open = async ({ folder }: Place): Promise<Stores> => {
    const keyring = await openKeyring(`${folder}/keys/keyring`);
    const ledger = await openSqliteLedger(`${folder}/ledger.db`);
    return { ledger, keyring, close: ledger.close };
  };

  it('backs up while a gate writes, and restores: found, erased and destroyed as before', async () => {
    const place = newPlace();
    const before = await open(place);
    const gate = await fill(before);
    expect(await writingDuring(gate, place.run('sqlite-backup'))).toBeGreaterThan(20);
    expect(statSync(`${place.folder}/backup/ledger.db`).mode & 0o777).toBe(0o600);
    expect(await place.run('keyring-backup')).toContain('the check values are the same');
    await change(before);
    await gate.close();
    await before.close();

    const printed = await place.run('sqlite-restore');
    expect(printed).toContain('file, schema, journal and keys are sound');
    expect(statSync(`${place.folder}/ledger.db`).mode & 0o777).toBe(0o600);
    const after = await open(place);
    await expectRestored(after);

    // Then the keyring is lost too. Its backup is older than the destruction of a month.
    rmSync(`${place.folder}/keys/keyring`);
    const returned = await place.run('keyring-restore');
    expect(returned).toContain(`destroyed, not brought back: ${OLD}`);
    expect(returned).toMatch(new RegExp(`${nextMonth(MONTH)} +held +belongs`));
    expect(readFileSync(`${place.folder}/keys/keyring`, 'utf8')).not.toContain(`card-${OLD}`);
    const returnedStores = { ...after, keyring: await openKeyring(`${place.folder}/keys/keyring`) };
    await expectRestored(returnedStores);
    await after.close();
  });

  it('brings back from two old backups what neither knows to be gone, until it is done again', async () => {
    const place = newPlace();
    const before = await open(place);
    const gate = await fill(before);
    await gate.close();
    await place.run('sqlite-backup');
    await place.run('keyring-backup');
    await change(before);
    await before.close();
    rmSync(`${place.folder}/keys/keyring`);
    rmSync(`${place.folder}/ledger.db`);
    await promisify(execFile)('cp', ['backup/ledger.db', 'ledger.db'], { cwd: place.folder });
    expect(await place.run('keyring-restore')).not.toContain('not brought back');
    await place.run('sqlite-restore');
    const after = await open(place);
    expect(await cardsOf(after.ledger, after.keyring, 'gone', MONTH)).toHaveLength(1);
    await deskOn(after).erase('gone', ACCESS, { evenDossier: true });
    await expectRestored(after);
    await after.close();
  });

  it('opens again for a month whose key is lost for good, once the loss is accepted', async () => {
    const place = newPlace();
    const stores = await open(place);
    await (await fill(stores)).close();
    await stores.ledger.addKeyChecks({ 'card-2026-12': 'ab'.repeat(16) });
    const { keys, ...rest } = JSON.parse(readFileSync(`${place.folder}/keys/keyring`, 'utf8'));
    delete keys['card-2026-12'];
    writeFileSync(`${place.folder}/keys/keyring`, JSON.stringify({ ...rest, keys }));
    const older = { ...stores, keyring: await openKeyring(`${place.folder}/keys/keyring`) };
    await expect(inDecember(older)).rejects.toThrow('it lacks the keys of 2026-12');
    await place.run('sqlite-lost-month');
    await (await inDecember(older)).close();
    await stores.close();
  });
});

describe.skipIf(!hasPostgres || !hasTools)('docs/backup.md, PostgreSQL', () => {
  afterAll(async () => {
    for (const name of DATABASES) await psql(`DROP DATABASE ${name} WITH (FORCE)`);
  });
  const newDatabase = async (): Promise<string> => {
    const name = `lp_backup_${process.pid}_${DATABASES.length}`;
    await psql(`CREATE DATABASE ${name}`);
    DATABASES.push(name);
    return Object.assign(new URL(POSTGRES), { pathname: `/${name}` }).href;
  };
  const newServer = async (): Promise<Place> =>
    newPlace({
      LEDGER_URL: await newDatabase(),
      KEYRING_URL: await newDatabase(),
      KEYRING_KEY: randomBytes(32).toString('hex'),
    });
  const open = async ({ env }: Place): Promise<Stores> => {
    const wrap = Buffer.from(env['KEYRING_KEY']!, 'hex');
    const keyring = await openPostgresKeyring(env['KEYRING_URL']!, { wrap });
    const ledger = await openPostgresLedger(env['LEDGER_URL']!);
    return { ledger, keyring, close: () => ledger.close().finally(keyring.close) };
  };

  it('backs up while a gate writes, and restores: found, erased and destroyed as before', async () => {
    const place = await newServer();
    const before = await open(place);
    const gate = await fill(before);
    expect(await writingDuring(gate, place.run('postgres-backup'))).toBeGreaterThan(20);
    expect(await place.run('postgres-keyring-backup')).toContain('the check values are the same');
    await change(before);
    // A month that began after the backup has a partition that the dump does not know.
    const next = nextMonth(MONTH);
    const pseudonym = before.keyring.cardPseudonym('stays', next)!;
    const card = { month: next, pseudonym, homeDays: 1, outsideDays: 0 };
    await before.ledger.write({ ...EMPTY, cards: [card] });
    await gate.close();
    await before.close();

    const printed = await place.run('postgres-restore');
    expect(printed).toContain('file, schema, journal and keys are sound');
    const after = await open(place);
    await expectRestored(after);
    await after.ledger.write({ ...EMPTY, cards: [card] });
    expect(await after.ledger.cards([card])).toEqual([card]);
    await after.close();

    await psql(`DROP DATABASE ${DATABASES[1]} WITH (FORCE)`);
    await psql(`CREATE DATABASE ${DATABASES[1]}`);
    const returned = await place.run('postgres-keyring-restore');
    expect(returned).toContain(`destroyed, not brought back: ${OLD}`);
    expect(returned).toMatch(new RegExp(`${next} +held +belongs`));
    const again = await open(place);
    expect(await cardsOf(again.ledger, again.keyring, 'stays', MONTH)).toHaveLength(1);
    await again.close();
  });

  it('opens again for a month whose key is lost for good, once the loss is accepted', async () => {
    const place = await newServer();
    const stores = await open(place);
    await (await fill(stores)).close();
    await stores.ledger.addKeyChecks({ 'card-2026-12': 'ab'.repeat(16) });
    await psqlAt(
      place.env['KEYRING_URL']!,
      `DELETE FROM laissez_passer.keys WHERE name = 'card-2026-12'`,
    );
    await stores.close();
    const older = await open(place);
    await expect(inDecember(older)).rejects.toThrow('it lacks the keys of 2026-12');
    await place.run('postgres-lost-month');
    await (await inDecember(older)).close();
    await older.close();
  });

  it('runs every block of the page', () => {
    expect([...used].sort()).toEqual([...BLOCKS.keys()].sort());
  });
});
