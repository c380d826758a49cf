/**
 * Exports the PostgreSQL ledger and keyring as `laissez-passer/postgres`.
 * @module postgres
 */
export {
  openPostgresKeyring,
  type PostgresKeyring,
  type PostgresKeyringOptions,
} from '../keys/postgres-keyring.ts';
export type { PostgresOptions } from '../ledger/postgres/pool.ts';
export { openPostgresLedger } from '../ledger/postgres.ts';
