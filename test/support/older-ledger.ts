/** Gives an SQLite ledger the schema of an earlier version. */
import Sqlite from 'better-sqlite3';

/** Removes what the steps after the second one have added, and calls the file version 2. */
export function downgrade(path: string): void {
  const database = new Sqlite(path);
  database.exec('DROP TABLE exceptions; DROP TABLE key_checks; DROP TABLE proposals;');
  database.exec('DROP TABLE tombstone_position; DROP INDEX runs_before;');
  for (const table of ['dossiers', 'holds', 'requests'])
    database.exec(`ALTER TABLE ${table} DROP COLUMN reference`);
  database.exec('DROP INDEX dossiers_due');
  for (const column of ['imported', 'standing', 'assessed', 'recheck', 'due'])
    database.exec(`ALTER TABLE dossiers DROP COLUMN ${column}`);
  database.pragma('user_version = 2');
  database.close();
}
