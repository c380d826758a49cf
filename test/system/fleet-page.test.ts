/** Runs the code of docs/fleet.md, unchanged, on a real server. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { openPostgresKeyring, openPostgresLedger } from '../../src/entry/postgres.ts';
import { withoutTypes } from '../support/blocks.ts';
import { hasPostgres, POSTGRES, psql } from '../support/postgres.ts';
import { inFolder } from '../support/tables.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = readFileSync(new URL('../../docs/fleet.md', import.meta.url), 'utf8');
const CODE = withoutTypes(/```ts\n([\s\S]*?)```/.exec(PAGE)![1]!);
const DATABASES = [`lp_example_ledger_${process.pid}`, `lp_example_keys_${process.pid}`] as const;
const at = (database: string): string =>
  Object.assign(new URL(POSTGRES), { pathname: `/${database}` }).href;

describe.skipIf(!hasPostgres)('the code of docs/fleet.md', () => {
  afterAll(async () => {
    for (const database of DATABASES) await psql(`DROP DATABASE IF EXISTS ${database}`);
  });

  it('opens a gate that keeps a card in a ledger that was prepared before', async () => {
    for (const database of DATABASES) await psql(`CREATE DATABASE ${database}`);
    const ledgerUrl = at(DATABASES[0]);
    const keyringUrl = at(DATABASES[1]);
    const wrap = Buffer.alloc(32, 7);
    await (await openPostgresKeyring(keyringUrl, { wrap, create: true })).close();
    await (await openPostgresLedger(ledgerUrl, { create: true })).close();
    mkdirSync(inFolder('node_modules'));
    symlinkSync(ROOT, inFolder('node_modules/laissez-passer'));
    for (const driver of ['pg', 'better-sqlite3'])
      symlinkSync(`${ROOT}node_modules/${driver}`, inFolder(`node_modules/${driver}`));
    const options = JSON.stringify({ ledgerUrl, keyringUrl, spoolFile: inFolder('spool.db') });
    writeFileSync(
      inFolder('example.mjs'),
      `${CODE}
const gate = await openFleetGate({ ...${options}, wrap: Buffer.alloc(32, 7) });
console.log(gate.decide({ subscriber: 'ab12', standing: 'verified', address: '90.0.0.1' }).reason);
await gate.flush();
await gate.close();
process.exit();
`,
    );
    const printed = execFileSync('node', ['example.mjs'], { cwd: inFolder('.'), encoding: 'utf8' });
    expect(printed.trim().split('\n')).toEqual(['function', 'present-at-home']);
    const ledger = await openPostgresLedger(ledgerUrl, { create: false });
    expect((await ledger.months()).map(({ cards }) => cards)).toEqual([1]);
    await ledger.close();
  });
});
