/** Implements the spool queue in an SQLite file. Runs synchronously in the worker thread. */
import type DatabaseConstructor from 'better-sqlite3';
import { PACKED_CARD_BYTES } from '../packed-cards.ts';
import type { Entry, StoredEntry } from '../spool.ts';

type Constructor = typeof DatabaseConstructor;

const SCHEMA =
  'CREATE TABLE IF NOT EXISTS spool (seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, cards BLOB) STRICT';

/** Adds the column of packed cards to a file of an earlier version. */
function addCards(database: DatabaseConstructor.Database): void {
  const columns = database.pragma('table_info(spool)') as { name: string }[];
  if (columns.some(({ name }) => name === 'cards')) return;
  database.exec('ALTER TABLE spool ADD COLUMN cards BLOB');
}

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
  addCards(database);
  return database;
}

/** Bytes of the entries that are read together: ten thousand cards. */
const MOST_AT_ONCE = 10_000 * PACKED_CARD_BYTES;

export function spoolStore(database: DatabaseConstructor.Database) {
  const put = database.prepare('INSERT INTO spool (body, cards) VALUES (?, ?)');
  const first = database.prepare('SELECT seq, body, cards FROM spool ORDER BY seq');
  const remove = database.prepare('DELETE FROM spool WHERE seq <= ?');
  const size = database.prepare(
    'SELECT count(*) AS batches, coalesce(sum(length(body) + coalesce(length(cards), 0)), 0) AS bytes FROM spool',
  );
  return {
    spoolPut: ({ body, cards }: Entry): void => void put.run(body, cards),
    spoolFirst: (): StoredEntry[] => {
      const entries: StoredEntry[] = [];
      let bytes = 0;
      for (const entry of first.iterate() as IterableIterator<StoredEntry>) {
        bytes += entry.body.length + (entry.cards?.length ?? 0);
        if (entries.length > 0 && bytes > MOST_AT_ONCE) break;
        entries.push(entry);
      }
      return entries;
    },
    spoolRemove: (through: number): void => void remove.run(through),
    spoolSize: () => size.get() as { batches: number; bytes: number },
  };
}
