import { afterAll, describe } from 'vitest';
import { openPostgresLedger } from '../../src/evidence/postgres.ts';
import { openSqliteLedger } from '../../src/evidence/sqlite.ts';
import type { Ledger } from '../../src/index.ts';
import { memoryLedger } from '../../src/index.ts';
import { dropSchemas, hasPostgres, newSchema, POSTGRES } from '../support/postgres.ts';
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

const schemas = new WeakMap<Ledger, string>();
const openIn = async (schema: string): Promise<Ledger> => {
  const ledger = await openPostgresLedger(POSTGRES, { schema });
  schemas.set(ledger, schema);
  return ledger;
};

const postgres: Subject = {
  name: 'postgres',
  open: () => openIn(newSchema()),
  reopen: async ledger => {
    await ledger.close();
    return openIn(schemas.get(ledger)!);
  },
  join: ledger => openIn(schemas.get(ledger)!),
};

describe.skipIf(!hasPostgres)('on a PostgreSQL server', () => {
  afterAll(dropSchemas);
  ledgerContract(postgres);
  registerContract(postgres);
});

for (const subject of [memory, sqlite]) {
  ledgerContract(subject);
  registerContract(subject);
}
