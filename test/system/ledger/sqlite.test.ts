import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { Card, Ledger } from '../../../src/entry/ledger.ts';
import { openKeyring } from '../../../src/index.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { dossierOf } from '../../../src/subjects/dossier-store.ts';
import { eraseCards } from '../../../src/subjects/retention.ts';
import { cli } from '../../support/cli.ts';
import { cardsOf, request, setUp } from '../../support/gate.ts';
import { inFolder } from '../../support/tables.ts';

const put = (ledger: Ledger, ...cards: readonly Card[]): Promise<readonly string[]> =>
  ledger.write({ cards, accesses: [], tally: [], editions: [] });
const card = (pseudonym: string, homeDays: number): Card => ({
  month: '2026-11',
  pseudonym,
  homeDays,
  outsideDays: 0,
});
const name = (n: number): string => n.toString(16).padStart(32, '0');
let files = 0;
const newPath = (): string => inFolder(`sqlite-${++files}.db`);

/** The database and what lies beside it. */
const filesOf = (path: string): string[] =>
  readdirSync(dirname(path))
    .filter(file => file.startsWith(basename(path)))
    .map(file => join(dirname(path), file));

describe('the sqlite ledger', () => {
  it('is for its owner alone, with the log beside it, and durable by its settings', async () => {
    const path = newPath();
    const ledger = await openSqliteLedger(path);
    await put(ledger, card(name(1), 1));
    expect(filesOf(path).length).toBeGreaterThan(1);
    for (const file of filesOf(path)) expect(statSync(file).mode & 0o777).toBe(0o600);
    const database = new Sqlite(path, { readonly: true });
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(database.pragma('user_version', { simple: true })).toBe(4);
    database.close();
    await ledger.close();
  });

  it('takes a file of the version before with what is in it', async () => {
    const path = newPath();
    const before = await openSqliteLedger(path);
    await put(before, card(name(1), 1));
    await before.close();
    const database = new Sqlite(path);
    database.exec('DROP TABLE exceptions; DROP TABLE key_checks; DROP TABLE proposals;');
    database.exec('DROP TABLE tombstone_position; DROP INDEX runs_before;');
    for (const table of ['dossiers', 'holds', 'requests'])
      database.exec(`ALTER TABLE ${table} DROP COLUMN reference`);
    database.exec('ALTER TABLE dossiers DROP COLUMN imported');
    database.exec(
      `INSERT INTO holds VALUES ('${name(1)}', '2026-02-01', '2026-12-01', 'legal-claim')`,
    );
    const doubt = { type: 'doubt-raised', on: '2026-02-01', ground: 'own-statement' };
    database
      .prepare(`INSERT INTO dossiers VALUES (?, ?, '', '2026-02-01', 1)`)
      .run(name(1), JSON.stringify([{ type: 'contract-concluded', on: '2026-01-01' }, doubt]));
    database.pragma('user_version = 2');
    database.close();
    const ledger = await openSqliteLedger(path);
    const row = {
      pseudonym: name(1),
      why: 'address-data',
      since: '2026-11-20',
      until: '2026-11-22',
    };
    await ledger.personRecords.put('exceptions', row);
    expect(await ledger.personRecords.read('exceptions')).toEqual([row]);
    const [dossier] = await ledger.personRecords.read('dossiers');
    expect(dossierOf(dossier).events[1]).toMatchObject({ reason: 'own-statement' });
    expect(dossier).toMatchObject({ reference: '' });
    expect(await ledger.personRecords.read('holds')).toMatchObject([{ reference: '' }]);
    expect(await ledger.months()).toEqual([{ month: '2026-11', cards: 1 }]);
    expect(await ledger.verify()).toEqual([]);
    await ledger.close();
  });

  it('leaves no byte of an erased pseudonym in database, log or journal, and touches no other card', async () => {
    const path = newPath();
    const { gate, keyring, ledger, time } = await setUp('2026-11-22', {
      ledger: await openSqliteLedger(path),
    });
    for (let n = 0; n < 500; n++)
      gate.decide(request(`s${n}`, n % 2 === 0 ? '2.1.1.1' : '3.1.1.1'));
    await gate.flush();
    const others = await Promise.all(
      Array.from({ length: 500 }, (_, n) => cardsOf(ledger, keyring, `s${n}`, '2026-11')),
    );
    const bytes = Buffer.from(keyring.cardPseudonym('s77', '2026-11')!, 'hex');
    const holds = (): boolean[] => filesOf(path).map(file => readFileSync(file).includes(bytes));
    expect(holds()).toContain(true);
    expect(await eraseCards(ledger, keyring, 's77', time.now)).toBe(1);
    expect(holds()).not.toContain(true);
    const after = await Promise.all(
      Array.from({ length: 500 }, (_, n) => cardsOf(ledger, keyring, `s${n}`, '2026-11')),
    );
    expect(after).toEqual(others.map((cards, n) => (n === 77 ? [] : cards)));
    await gate.close();
    await ledger.close();
    expect(holds()).not.toContain(true);
  });

  it('an erasure whose bytes a reader still holds in the log is not called done, and is made good later', async () => {
    const path = newPath();
    const ledger = await openSqliteLedger(path);
    await put(ledger, ...Array.from({ length: 50 }, (_, n) => card(name(0xabc0 + n), 1)));
    const reader = new Sqlite(path, { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM cards').get();
    await expect(
      ledger.erase([{ month: '2026-11', pseudonym: name(0xabc7) }], '2026-11-30'),
    ).rejects.toMatchObject({
      code: 'ERR_LEDGER_BUSY',
    });
    expect(await ledger.cards([{ month: '2026-11', pseudonym: name(0xabc7) }])).toEqual([]);
    expect(await ledger.verify()).toMatchObject([{ id: 'erased-log-held' }]);
    reader.close();
    expect(await ledger.verify()).toEqual([]);
    for (const file of filesOf(path))
      expect(readFileSync(file).includes(Buffer.from(name(0xabc7), 'hex'))).toBe(false);
    await ledger.close();
  });

  it('is shared by processes that write and read at once, and none of them meets a lock', async () => {
    const path = newPath();
    const script = `import { openSqliteLedger } from '${new URL('../../../dist/sqlite.js', import.meta.url).href}';
      const ledger = await openSqliteLedger(process.argv[1]);
      for (let n = 0; n < 60; n++) {
        const pseudonym = (n % 5).toString(16).padStart(32, '0');
        await ledger.write({ cards: [{ month: '2026-11', pseudonym, homeDays: 1 << (n % 30), outsideDays: 1 << Number(process.argv[2]) }], accesses: [], tally: [], editions: [] });
        if (n % 9 === 0) await ledger.months();
      }
      await ledger.close();`;
    const codes = await Promise.all(
      Array.from({ length: 4 }, async (_, writer) => {
        const child = spawn(
          process.execPath,
          ['--input-type=module', '-e', script, path, String(writer)],
          {
            stdio: 'inherit',
          },
        );
        return (await once(child, 'close'))[0];
      }),
    );
    expect(codes).toEqual([0, 0, 0, 0]);
    const ledger = await openSqliteLedger(path);
    for (let n = 0; n < 5; n++) {
      const days = Array.from({ length: 60 }, (_, step) => step)
        .filter(step => step % 5 === n)
        .reduce((bits, step) => bits | (1 << (step % 30)), 0);
      expect(await ledger.cards([{ month: '2026-11', pseudonym: name(n) }])).toEqual([
        { ...card(name(n), days), outsideDays: 0b1111 },
      ]);
    }
    expect(await ledger.verify()).toEqual([]);
    await ledger.close();
  });

  it.each<[string, (path: string) => void, string[]]>([
    ['that is no database', path => writeFileSync(path, 'x'.repeat(8192)), ['ERR_LEDGER_DAMAGED']],
    ['that is cut in the middle', path => truncateSync(path, 4096), ['ERR_LEDGER_DAMAGED']],
    [
      'of a newer version',
      path => void new Sqlite(path).pragma('user_version = 99'),
      ['ERR_LEDGER_SCHEMA'],
    ],
  ])('%s is a clear error', async (_, spoil, codes) => {
    const path = newPath();
    const ledger = await openSqliteLedger(path);
    await put(ledger, ...Array.from({ length: 500 }, (__, n) => card(name(n), 1)));
    await ledger.close();
    spoil(path);
    const error = await openSqliteLedger(path)
      .then(opened => opened.verify().finally(opened.close))
      .catch(caught => caught);
    expect(codes).toContain(error.code);
    expect(error.message).not.toMatch(/[0-9a-f]{16}/);
  });

  it('flipped bits give an error, a finding, or the cards as they were written: never a wrong card in silence', async () => {
    const path = newPath();
    const ledger = await openSqliteLedger(path);
    const cards = Array.from({ length: 300 }, (_, n) => card(name(n), 1 + n));
    await put(ledger, ...cards);
    await ledger.close();
    const whole = readFileSync(path);
    let noticed = 0;
    for (let round = 0; round < 40; round++) {
      const copy = Buffer.from(whole);
      // Structure, not content: SQLite keeps no checksum of a page, so a flipped bit inside a value is beyond it (docs/evidence.md).
      copy[((round * 4096) % copy.length) | 0]! ^= 0xff;
      const spoilt = newPath();
      writeFileSync(spoilt, copy, { mode: 0o600 });
      const result = await openSqliteLedger(spoilt)
        .then(opened => opened.verify().finally(opened.close))
        .catch(error => [error.code as string]);
      if (result.length > 0) noticed++;
    }
    expect(noticed).toBe(40);
  });

  it('cannot be opened where it may not be written, and says so', async () => {
    await expect(openSqliteLedger('/nowhere/at/all.db')).rejects.toMatchObject({
      code: 'ERR_LEDGER_OPEN',
    });
    await expect(openSqliteLedger('/')).rejects.toMatchObject({ code: 'ERR_LEDGER_OPEN' });
  });

  it('a copy of the file beside a running gateway is a whole ledger', async () => {
    const path = newPath();
    const ledger = await openSqliteLedger(path);
    await put(ledger, card(name(1), 7));
    await ledger.purgeBefore('2000-01');
    const copy = newPath();
    copyFileSync(path, copy);
    chmodSync(copy, 0o600);
    const other = await openSqliteLedger(copy);
    expect(await other.cards([{ month: '2026-11', pseudonym: name(1) }])).toEqual([
      card(name(1), 7),
    ]);
    await other.close();
    await ledger.close();
  });
});

describe('the command line reads beside a gateway', () => {
  it('evidence stats, verify, purge; keyring list, destroy', async () => {
    const path = newPath();
    const keyringPath = join(mkdtempSync(join(dirname(path), 'keys-')), 'keys');
    const keyring = await openKeyring(keyringPath);
    const ledger = await openSqliteLedger(path);
    const { gate } = await setUp('2026-11-22', { ledger, keyring });
    gate.decide(request('canary-subscriber', '3.1.1.1'));
    await gate.flush();
    // The upkeep of this process holds the keyring's lock now and then, and stands still while a command runs.
    while (gate.health().evidence?.purgedOn === undefined)
      await new Promise(resolve => setTimeout(resolve, 5));
    const places = ['--ledger', path, '--keyring', keyringPath];
    const stats = await cli(['evidence', 'stats', ...places, '--json']);
    expect(JSON.parse(stats.stdout)).toMatchObject({
      months: [{ month: '2026-11', cards: 1 }],
      tally: [{ reason: 'temporarily-abroad', count: 1 }],
    });
    expect((await cli(['evidence', 'stats', ...places, '--lang', 'fr'])).stdout).toContain(
      'Fiches conservées',
    );
    expect(await cli(['evidence', 'verify', ...places])).toMatchObject({
      status: 0,
      stdout: 'file, schema, journal and keys are sound\n',
    });
    expect(
      JSON.parse((await cli(['evidence', 'purge', ...places, '--json'])).stdout),
    ).toMatchObject({
      cards: 0,
    });
    expect((await cli(['keyring', 'list', '--keyring', keyringPath])).stdout).toMatch(
      /2026-11 +held/,
    );
    const destroy = async (...more: string[]) =>
      cli(['keyring', 'destroy', '--keyring', keyringPath, ...more]);
    expect(await destroy('--before', '2026-01')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('--yes'),
    });
    expect(await destroy('--before', '2031-01', '--yes')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('ERR_DAY'),
    });
    await keyring.ensureMonth('2025-12');
    await put(ledger, { ...card(name(5), 1), month: '2025-12' });
    expect((await destroy('--before', '2026-01', '--yes', '--ledger', path)).stdout).toContain(
      '2025-12',
    );
    expect(await cli(['evidence', 'verify', ...places])).toMatchObject({
      status: 3,
      stdout: expect.stringContaining('2025-12'),
    });
    expect((await ledger.runs()).some(run => run.what === 'destroy-keys')).toBe(true);
    const mistyped = ['--ledger', `${path}x`, '--keyring', `${keyringPath}x`];
    expect(await cli(['evidence', 'verify', ...mistyped])).toMatchObject({ status: 1, stdout: '' });
    expect(await cli(['keyring', 'list', '--keyring', `${keyringPath}x`])).toMatchObject({
      status: 1,
      stdout: '',
    });
    expect([existsSync(`${path}x`), existsSync(`${keyringPath}x`)]).toEqual([false, false]);
    expect(stats.stdout + stats.stderr).not.toContain('canary');
    await gate.close();
    await ledger.close();
  });
});
