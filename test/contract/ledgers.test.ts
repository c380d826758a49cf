import { openSqliteLedger } from '../../src/evidence/sqlite.ts';
import type { Ledger } from '../../src/index.ts';
import { memoryLedger } from '../../src/index.ts';
import { inFolder } from '../support/tables.ts';
import { ledgerContract } from './ledger.ts';

ledgerContract({ name: 'memory', open: async () => memoryLedger() });

let files = 0;
const paths = new WeakMap<Ledger, string>();
const openAt = async (path: string): Promise<Ledger> => {
  const ledger = await openSqliteLedger(path);
  paths.set(ledger, path);
  return ledger;
};

ledgerContract({
  name: 'sqlite',
  open: () => openAt(inFolder(`contract-${++files}.db`)),
  reopen: async ledger => {
    await ledger.close();
    return openAt(paths.get(ledger)!);
  },
  join: ledger => openAt(paths.get(ledger)!),
});
