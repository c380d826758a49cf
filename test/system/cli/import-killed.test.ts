/** Imports with the built program: killed on the way and repeated, and with little memory. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPostgresLedger } from '../../../src/entry/postgres.ts';
import { openKeyring } from '../../../src/index.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { MAIN, PLAIN, program } from '../../support/cli.ts';
import { newPath } from '../../support/desk.ts';
import { dropSchemas, hasPostgres, POSTGRES, psqlAt } from '../../support/postgres.ts';
import { inFolder } from '../../support/tables.ts';

const COUNT = 60_000;
const DATABASE = `lp_import_${process.pid}`;
let file = '';
let keyring = '';

function rowsOf(count: number): string {
  const rows = ['subscriber,concluded,renewsEvery,verified,means'];
  for (let n = 0; n < count; n++)
    rows.push(
      `K-${1_000_000 + n},2024-${String(1 + (n % 12)).padStart(2, '0')}-01,12,2025-01-31,b j`,
    );
  return rows.join('\n');
}

const importArgs = (ledger: string): string[] => {
  const places = ['--ledger', ledger, '--keyring', keyring];
  return [
    'residence',
    'import',
    file,
    ...places,
    '--agent',
    'Anna',
    '--reason',
    'contract',
    '--json',
  ];
};

beforeAll(async () => {
  mkdirSync(inFolder('import-kill-keys'), { mode: 0o700 });
  keyring = inFolder('import-kill-keys/keys');
  await openKeyring(keyring);
  file = inFolder('import-kill.csv');
  writeFileSync(file, rowsOf(COUNT));
});

/** Number of dossiers, and a sum over them that does not depend on the order of the writes. */
async function inventory(ledger: Ledger): Promise<readonly [count: number, events: Set<string>]> {
  const events = new Set<string>();
  let count = 0;
  for (let after = ''; ; ) {
    const page = await ledger.personRecords.dossiersAfter(after, 10_000);
    for (const row of page) {
      if (row.revision !== 1) throw new Error('a dossier was written twice');
      events.add(row.events);
    }
    count += page.length;
    if (page.length < 10_000) return [count, events];
    after = page.at(-1)!.pseudonym;
  }
}

/** Kills an import in its writing step, repeats it, and checks that all of it is there once. */
async function killAndRepeat(place: string, open: () => Promise<Ledger>): Promise<void> {
  const witness = await open();
  const child = spawn(process.execPath, [MAIN, ...importArgs(place)], { env: PLAIN });
  const ended = once(child, 'exit');
  while ((await witness.personRecords.dossiersAfter('', 1)).length === 0) {
    if (child.exitCode !== null) throw new Error('the import ended before it could be killed');
    await delay(2);
  }
  child.kill('SIGKILL');
  await ended;
  const [part] = await inventory(witness);
  expect(part).toBeGreaterThan(0);
  // A batch is there as a whole or not at all.
  expect(part % 5000).toBe(0);
  const { status, stdout, stderr } = program(importArgs(place));
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ added: COUNT - part, unchanged: part });
  const [count, events] = await inventory(witness);
  expect(count).toBe(COUNT);
  expect(events.size).toBe(12);
  await witness.close();
}

describe('an import that is killed', () => {
  it('goes on where it was, in SQLite', async () => {
    const path = newPath();
    await killAndRepeat(path, () => openSqliteLedger(path));
  });

  describe.skipIf(!hasPostgres)('with PostgreSQL', () => {
    const url = Object.assign(new URL(POSTGRES), { pathname: `/${DATABASE}` }).href;
    beforeAll(() => psqlAt(POSTGRES, `CREATE DATABASE ${DATABASE}`));
    afterAll(async () => {
      await psqlAt(POSTGRES, `DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
      await dropSchemas();
    });

    it('goes on where it was', async () => {
      await killAndRepeat(url, () => openPostgresLedger(url));
    });
  });
});

it('needs no more memory for more rows', async () => {
  const path = newPath();
  await (await openSqliteLedger(path)).close();
  writeFileSync(inFolder('long.csv'), rowsOf(300_000));
  const args = importArgs(path).map(each => (each === file ? inFolder('long.csv') : each));
  const limited = { NODE_OPTIONS: '--max-old-space-size=64' };
  const { status, stdout, stderr } = program([...args, '--dry-run'], '', limited);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ subscribers: 300_000, added: 300_000 });
});
