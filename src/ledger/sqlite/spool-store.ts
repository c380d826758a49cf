/** Implements the spool queue in an SQLite file. Runs synchronously in the worker thread. */
import type DatabaseConstructor from 'better-sqlite3';

type Constructor = typeof DatabaseConstructor;

const SCHEMA =
  'CREATE TABLE IF NOT EXISTS spool (seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL) STRICT';

/**
 * Opens the spool file exclusively for one process; another process that opens it fails as busy. It
 * is as durable as the ledger: an entry survives a crash of the process and the machine, and a
 * removed entry is overwritten.
 */
export function openSpoolFile(Sqlite: Constructor, path: string): DatabaseConstructor.Database {
  const database = new Sqlite(path, { timeout: 2000 });
  for (const setting of [
    'locking_mode = EXCLUSIVE',
    'secure_delete = ON',
    'journal_mode = WAL',
    'synchronous = FULL',
  ])
    database.pragma(setting);
  database.exec(SCHEMA);
  return database;
}

export function spoolStore(database: DatabaseConstructor.Database) {
  const put = database.prepare('INSERT INTO spool (body) VALUES (?)');
  const first = database.prepare('SELECT seq, body FROM spool ORDER BY seq LIMIT 1');
  const remove = database.prepare('DELETE FROM spool WHERE seq = ?');
  const size = database.prepare('SELECT count(*) AS size FROM spool');
  return {
    spoolPut: (body: string): void => void put.run(body),
    spoolFirst: () => first.get() as { seq: number; body: string } | undefined,
    spoolRemove: (seq: number): void => void remove.run(seq),
    spoolSize: (): number => (size.get() as { size: number }).size,
  };
}
