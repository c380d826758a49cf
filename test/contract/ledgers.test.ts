import { openSqliteLedger } from '../../src/evidence/sqlite.ts';
import type { Ledger } from '../../src/index.ts';
import { memoryLedger } from '../../src/index.ts';
import { inFolder } from '../support/tables.ts';
import { ledgerContract, type Subject } from './ledger.ts';
import { registerContract } from './register.ts';

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
};

for (const subject of [memory, sqlite]) {
  ledgerContract(subject);
  registerContract(subject);
}
