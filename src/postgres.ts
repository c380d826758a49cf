/** The entry point `laissez-passer/postgres`: ledger and keyring of a fleet in PostgreSQL. */
export { openPostgresKeyring, type PostgresKeyring, type PostgresKeyringOptions } from './keys/postgres-keyring.ts';
export type { PostgresOptions } from './ledger/postgres/pool.ts';
export { openPostgresLedger } from './ledger/postgres.ts';
