import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect } from 'vitest';
import { type Ledger, memoryLedger } from '../../src/entry/ledger.ts';
import { openKeyring } from '../../src/index.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { cli } from '../support/cli.ts';
import { keptContract } from '../support/contract/kept.ts';
import { ledgerContract, type Subject } from '../support/contract/ledger.ts';
import { personRecordsContract } from '../support/contract/person-records.ts';
import { scanContract } from '../support/contract/scan.ts';
import type { Column } from '../support/disclosed.ts';
import { keyringParts } from '../support/keyring-file.ts';
import { inFolder } from '../support/tables.ts';

const memory: Subject = { name: 'memory', open: async () => memoryLedger() };

let files = 0;
const paths = new WeakMap<Ledger, string>();
const openAt = async (path: string): Promise<Ledger> => {
  const ledger = await openSqliteLedger(path);
  paths.set(ledger, path);
  return ledger;
};

const sqlite: Subject = {
  name: 'sqlite',
  open: () => openAt(inFolder(`contract-${++files}.db`)),
  reopen: async ledger => {
    await ledger.close();
    return openAt(paths.get(ledger)!);
  },
  join: ledger => openAt(paths.get(ledger)!),
  columnsOf: async ledger => {
    const database = new Sqlite(paths.get(ledger)!, { readonly: true });
    const columns = database.prepare<[], Column>(
      `SELECT m.name AS "table", c.name AS "column" FROM sqlite_schema m, pragma_table_info(m.name) c
       WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`,
    );
    try {
      return columns.all();
    } finally {
      database.close();
    }
  },
};

/** The fields of a tombstone in a line of the keyring file. */
const RECORD = ['month', 'digest', 'through', 'homeDays', 'outsideDays'];

const path = inFolder('kept.db');
const keys = join(mkdtempSync(join(tmpdir(), 'kept-')), 'keys');

keptContract({
  name: 'SQLite and a keyring file',
  openLedger: () => openSqliteLedger(path),
  openKeyring: () => openKeyring(keys),
  closeKeyring: async () => undefined,
  destroyKeys: async before => {
    const places = ['--ledger', path, '--keyring', keys];
    const { status, stderr } = await cli([
      'keyring',
      'destroy',
      '--before',
      before,
      '--yes',
      ...places,
    ]);
    expect([status, stderr]).toEqual([0, '']);
  },
  look: async seen => {
    const database = new Sqlite(path, { readonly: true });
    const tables = database
      .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .all();
    for (const { name } of tables) {
      for (const { name: column } of database.pragma(`table_info(${name})`) as { name: string }[])
        seen.noteColumn(`${name}.${column}`);
      for (const row of database
        .prepare<[], Record<string, unknown>>(`SELECT * FROM ${name}`)
        .all())
        for (const [column, value] of Object.entries(row)) seen.note(`${name}.${column}`, value);
    }
    database.close();
    const { head, lines } = keyringParts(keys);
    seen.noteJson('keyring', head);
    for (const line of lines) {
      const [records = '', checksum, token] = line.trimEnd().split(' ');
      seen.note('keyring.lines.checksum', checksum);
      seen.note('keyring.lines.token', token);
      for (const record of records.split(';'))
        for (const [index, value] of record.split(',').entries())
          seen.note(`keyring.lines.${RECORD[index]}`, value);
    }
  },
  has: (field, page) => !page.postgresOnly.has(field),
});

for (const subject of [memory, sqlite]) {
  ledgerContract(subject);
  scanContract(subject);
  personRecordsContract(subject);
}
