/** Opens the ledger of a fleet in PostgreSQL, with the cards partitioned by month. */
import { withDetails } from '../errors.ts';
import type { Ledger } from './ledger.ts';
import { postgresPersonRecords } from './postgres/person-records.ts';
import { connectPostgres, type PostgresOptions } from './postgres/pool.ts';
import { postgresScan } from './postgres/scan.ts';
import { migrate } from './postgres/schema.ts';
import { postgresReads, postgresWrites } from './postgres/store.ts';
import { postgresErasures, postgresPurges } from './postgres/tombstones.ts';

/**
 * Opens a ledger in PostgreSQL 14 or newer. Creates or migrates its schema if the role may. Any
 * number of gateways share it: cards merge by bitwise OR, so writes may come in any order, twice or
 * late. A batch is durable when `write` resolves if `synchronous_commit` and `fsync` are on in the
 * server, which is their default. A connection to another machine requires TLS; set `tls: false` to
 * allow one without.
 * @param url `postgres://role@host/database?sslmode=verify-full`
 * @throws PortabilityError `ERR_LEDGER_DRIVER` without pg 8, `ERR_ARGUMENT`, `ERR_LEDGER_OPEN`,
 *   `ERR_LEDGER_SCHEMA`. No message contains a value of a row.
 */
export async function openPostgresLedger(
  url: string,
  options: PostgresOptions = {},
): Promise<Ledger> {
  const database = await connectPostgres(url, options);
  try {
    await migrate(database, options.create ?? true);
  } catch (error) {
    await database.close();
    throw withDetails(error, { host: database.host });
  }
  return {
    kind: 'postgres',
    personRecords: postgresPersonRecords(database),
    ...postgresWrites(database),
    ...postgresErasures(database),
    ...postgresPurges(database),
    ...postgresReads(database),
    scan: postgresScan(database),
    close: database.close,
  };
}
