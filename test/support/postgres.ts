/** A PostgreSQL server on loopback for the tests: found, or their absence named; under CI it has to be there. */
import pg from 'pg';

export const POSTGRES = process.env['LAISSEZ_PASSER_TEST_POSTGRES'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';

async function isThere(): Promise<boolean> {
  const client = new pg.Client({ connectionString: POSTGRES, connectionTimeoutMillis: 2000 });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

export const hasPostgres = await isThere();
if (!hasPostgres && process.env['CI'] === 'true') throw new Error('the tests need PostgreSQL on loopback under CI');

let schemas = 0;
/** A name that no other test has; `dropSchemas` removes all of this process. */
export const newSchema = (): string => `lp_test_${process.pid}_${++schemas}`;

/** One statement, on a connection of its own. */
export async function psql<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: POSTGRES });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}

export async function dropSchemas(): Promise<void> {
  const rows = await psql<{ nspname: string }>('SELECT nspname FROM pg_namespace WHERE nspname LIKE $1', [
    `lp\\_test\\_${process.pid}\\_%`,
  ]);
  for (const { nspname } of rows) await psql(`DROP SCHEMA "${nspname}" CASCADE`);
}
