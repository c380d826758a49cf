import Sqlite from 'better-sqlite3';
import { type Ledger, memoryLedger } from '../../src/entry/ledger.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { ledgerContract, type Subject } from '../support/contract/ledger.ts';
import { personRecordsContract } from '../support/contract/person-records.ts';
import { scanContract } from '../support/contract/scan.ts';
import type { Column } from '../support/disclosed.ts';
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

for (const subject of [memory, sqlite]) {
  ledgerContract(subject);
  scanContract(subject);
  personRecordsContract(subject);
}
