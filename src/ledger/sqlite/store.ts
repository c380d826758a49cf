/**
 * Implements the ledger operations on an SQLite file. Runs synchronously in the worker thread,
 * never on the event loop.
 */

import type DatabaseConstructor from 'better-sqlite3';
import { isMonth } from '../../days.ts';
import { portabilityError } from '../../errors.ts';
import * as LEDGER from '../../messages/ledger.ts';
import { type Finding, finding } from '../../messages/verification-findings.ts';
import { SQLITE_BUSY_MS } from '../../timeouts.ts';
import type { Card, DayBits } from '../card.ts';
import {
  type Access,
  type CardKey,
  digestOf,
  type EditionDay,
  type MonthCount,
  PERSON_TOMBSTONES,
  type RecordsBefore,
  type Run,
} from '../ledger.ts';
import { PackedCards, type PackedForm } from '../packed-cards.ts';
import { droppedBy, isAccessDropped } from '../tombstones.ts';
import { sqlitePersonRecords } from './person-records.ts';
import { sqliteScan } from './scan.ts';
import { migrationFrom, SCHEMA_VERSION, TABLES } from './schema.ts';
import { bytes, sqliteErasures, tombstoneReader } from './tombstones.ts';

type Database = DatabaseConstructor.Database;
type Constructor = typeof DatabaseConstructor;
type Statement = DatabaseConstructor.Statement<unknown[]>;

function migrate(database: Database): void {
  const version = database.pragma('user_version', { simple: true }) as number;
  if (version > SCHEMA_VERSION) throw portabilityError(LEDGER.ledgerNewer);
  if (version === SCHEMA_VERSION) return;
  database.exec(migrationFrom(version));
  database.pragma(`user_version = ${SCHEMA_VERSION}`);
}

/**
 * Opens and migrates a file. Several processes may open it at once; the transaction lock lets one
 * of them migrate.
 */
export function openDatabase(Sqlite: Constructor, path: string): Database {
  const database = new Sqlite(path, { timeout: SQLITE_BUSY_MS });
  // Has an effect on a file without tables only; one of an earlier version stays as it is.
  database.pragma('auto_vacuum = INCREMENTAL');
  database.pragma('secure_delete = ON');
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('cell_size_check = ON');
  database.transaction(() => migrate(database)).immediate();
  return database;
}

/**
 * Opens a private copy of a ledger that cannot be written. It is migrated like the ledger itself
 * would be, its log is merged into it, and from then on it is only read.
 *
 * The first read takes a lock that is never released. Otherwise SQLite would look for a journal to
 * roll back at every read, under the name of a folder that is removed by then, and that another
 * user can create again.
 */
export function openCopyFile(Sqlite: Constructor, path: string): Database {
  const database = openDatabase(Sqlite, path);
  database.pragma('journal_mode = DELETE');
  database.pragma('query_only = ON');
  database.pragma('locking_mode = EXCLUSIVE');
  database.prepare('SELECT count(*) FROM sqlite_schema').get();
  return database;
}

const PUT_CARD = `INSERT INTO cards VALUES (?, ?, ?, ?) ON CONFLICT (month, pseudonym)
  DO UPDATE SET home_days = home_days | excluded.home_days, outside_days = outside_days | excluded.outside_days`;
const PUT_TALLY = `INSERT INTO tally VALUES (?, ?, ?, ?, ?) ON CONFLICT (day, reason, writer, epoch)
  DO UPDATE SET count = max(count, excluded.count)`;
/** Returns all operations of a ledger on an open database. */
export function sqliteStore(database: Database) {
  const personRecords = sqlitePersonRecords(database);
  return {
    ...sqliteWrites(database, personRecords.among),
    ...sqliteErasures(database),
    ...sqlitePurges(database),
    ...personRecords,
    ...sqliteReads(database),
    scan: sqliteScan(database),
    ...sqliteSpace(database),
  };
}

/** Free pages that are returned to the file system in one transaction: half a megabyte. */
export const SHRINK_PAGES = 128;

const INCREMENTAL = 2;

/** Operations that return the space of removed rows to the file system. */
function sqliteSpace(database: Database) {
  const canShrink = (): boolean => database.pragma('auto_vacuum', { simple: true }) === INCREMENTAL;
  const free = (): number => database.pragma('freelist_count', { simple: true }) as number;
  return {
    /** Returns the number of pages that are still free, or 0 if the file cannot shrink. */
    shrink: (): number => {
      if (!canShrink()) return 0;
      database.pragma(`incremental_vacuum(${SHRINK_PAGES})`);
      return free();
    },
    /** Rewrites a file of an earlier version, so that it can shrink. */
    rewrite: (): void => {
      if (canShrink()) return;
      database.pragma(`auto_vacuum = INCREMENTAL`);
      database.exec('VACUUM');
    },
  };
}

type Among = (table: 'restrictions', pseudonyms: readonly string[]) => readonly string[];

function sqliteWrites(database: Database, among: Among) {
  const prepare = (sql: string): Statement => database.prepare<unknown[]>(sql);
  const putCard = prepare(PUT_CARD);
  const putTally = prepare(PUT_TALLY);
  const putAccess = prepare('INSERT OR IGNORE INTO accesses VALUES (?, ?, ?, ?)');
  const putEdition = prepare('INSERT OR IGNORE INTO editions VALUES (?, ?)');
  const putRun = prepare('INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?)');
  const anyTombstone = prepare('SELECT 1 FROM marks LIMIT 1');
  const anyRestriction = prepare('SELECT 1 FROM restrictions LIMIT 1');
  const readTombstone = tombstoneReader(database);
  const restrictedAmong = (cards: PackedCards): string[] => {
    if (anyRestriction.get() === undefined) return [];
    const owners = Array.from({ length: cards.length }, (_, index) => cards.owner(index));
    return [
      ...among(
        'restrictions',
        owners.filter(owner => owner !== undefined),
      ),
    ];
  };
  const write = ({ packed, accesses, tally, editions }: PackedForm): readonly string[] => {
    const cards = new PackedCards(packed);
    const restricted = restrictedAmong(cards);
    const gone = new Set(restricted);
    /** The restricted persons' pseudonyms on cards and accesses. */
    const skipped = new Set<string>();
    const hasTombstones = anyTombstone.get() !== undefined;
    const droppedOf = (month: string, pseudonym: string): DayBits =>
      droppedBy(hasTombstones ? readTombstone(month, digestOf(pseudonym)) : undefined);
    for (const index of inKeyOrder(cards)) {
      if (gone.size > 0 && gone.has(cards.owner(index) ?? '')) {
        skipped.add(cards.pseudonym(index));
        continue;
      }
      const month = cards.month(index);
      let homeDays = cards.homeDays(index);
      let outsideDays = cards.outsideDays(index);
      if (hasTombstones) {
        const dropped = droppedOf(month, cards.pseudonym(index));
        homeDays &= ~dropped.homeDays;
        outsideDays &= ~dropped.outsideDays;
      }
      if ((homeDays | outsideDays) !== 0)
        putCard.run(month, cards.pseudonymBytes(index), homeDays, outsideDays);
    }
    for (const access of accesses) {
      if (skipped.has(access.pseudonym)) continue;
      if (!isAccessDropped(access, droppedOf(access.month, access.pseudonym)))
        putAccess.run(access.month, bytes(access.pseudonym), access.at, access.fromHome ? 1 : 0);
    }
    for (const row of tally) putTally.run(row.day, row.reason, row.writer, row.epoch, row.count);
    for (const row of editions) putEdition.run(row.day, row.edition);
    return restricted;
  };
  const putCheck = prepare('INSERT OR IGNORE INTO key_checks VALUES (?, ?)');
  const addKeyChecks = (checks: Readonly<Record<string, string>>): void => {
    for (const [name, value] of Object.entries(checks)) putCheck.run(name, value);
  };
  return { write, addKeyChecks, recordRun: (run: Run) => void putRun.run(...runRow(run)) };
}

/**
 * Returns the positions of cards in the order of their table, so that neighbours in the file are
 * written together. The first 48 bits of a pseudonym are enough for that.
 */
function inKeyOrder(cards: PackedCards): Uint32Array {
  const keys = Float64Array.from({ length: cards.length }, (_, index) =>
    cards.pseudonymBytes(index).readUIntBE(0, 6),
  );
  return Uint32Array.from(keys.keys()).sort((a, b) => keys[a]! - keys[b]!);
}

const runRow = ({ at, what, before, cards, accesses, keys }: Run): unknown[] => [
  at,
  what,
  before,
  cards,
  accesses,
  keys,
];

function sqlitePurges(database: Database) {
  const remove = (table: string) => database.prepare(`DELETE FROM ${table} WHERE month < ?`);
  const cards = remove('cards');
  const accesses = remove('accesses');
  // A special month sorts after all months.
  const tombstones = remove('marks');
  const personTombstones = database.prepare(
    `DELETE FROM marks WHERE month IN (${PERSON_TOMBSTONES.map(month => `'${month}'`)}) AND through < ?`,
  );
  const old = database.prepare('DELETE FROM accesses WHERE at < ?');
  const tally = database.prepare('DELETE FROM tally WHERE day < ?');
  const editions = database.prepare(
    'DELETE FROM editions WHERE day < ? AND day < (SELECT max(day) FROM editions)',
  );
  const runs = database.prepare(
    `DELETE FROM runs WHERE at < ? AND (what = 'erase' OR before < (SELECT max(before) FROM runs WHERE what != 'erase'))`,
  );
  return {
    purgeBefore: (month: string, records?: RecordsBefore) => {
      if (records !== undefined) {
        tally.run(records.counts);
        editions.run(records.counts);
        runs.run(records.runs);
      }
      tombstones.run(month);
      personTombstones.run(month);
      return { cards: cards.run(month).changes, accesses: accesses.run(month).changes };
    },
    purgeAccesses: (before: number): number => old.run(before).changes,
  };
}

function sqliteReads(database: Database) {
  const all = <Row>(sql: string) => database.prepare<unknown[], Row>(sql);
  const card = all<{ home: number; outside: number }>(
    'SELECT home_days AS home, outside_days AS outside FROM cards WHERE month = ? AND pseudonym = ?',
  );
  const access = all<{ at: number; home: number }>(
    'SELECT at, from_home AS home FROM accesses WHERE month = ? AND pseudonym = ? ORDER BY at',
  );
  return {
    cards: (keys: readonly CardKey[]): Card[] =>
      keys.flatMap(({ month, pseudonym }) => {
        const row = card.get(month, bytes(pseudonym));
        return row === undefined
          ? []
          : [{ month, pseudonym, homeDays: row.home, outsideDays: row.outside }];
      }),
    accesses: (keys: readonly CardKey[]): Access[] =>
      keys
        .flatMap(({ month, pseudonym }) =>
          access
            .all(month, bytes(pseudonym))
            .map(({ at, home }) => ({ month, pseudonym, at, fromHome: home === 1 })),
        )
        .sort((a, b) => a.at - b.at),
    months: (): MonthCount[] =>
      all<MonthCount>(
        'SELECT month, count(*) AS cards FROM cards GROUP BY month ORDER BY month',
      ).all(),
    tally: (from: string, to: string) =>
      all<{ day: string; reason: string; count: number }>(
        'SELECT day, reason, sum(count) AS count FROM tally WHERE day BETWEEN ? AND ? GROUP BY day, reason ORDER BY day, reason',
      ).all(from, to),
    editions: (from: string, to: string): EditionDay[] =>
      all<EditionDay>(
        'SELECT day, edition FROM editions WHERE day BETWEEN ? AND ? ORDER BY day, edition',
      ).all(from, to),
    keyChecks: (): Readonly<Record<string, string>> =>
      Object.fromEntries(
        all<{ name: string; value: string }>('SELECT name, value FROM key_checks')
          .all()
          .map(({ name, value }) => [name, value]),
      ),
    runs: (): Run[] => all<Run>('SELECT * FROM runs ORDER BY rowid').all(),
    purgedBefore: (): string =>
      all<{ before: string | null }>(
        `SELECT max(before) AS before FROM runs WHERE what != 'erase'`,
      ).get()?.before ?? '',
    verify: (): Finding[] => problemsOf(database),
  };
}

/**
 * Runs the integrity check of SQLite, then checks the tables and months that the library expects.
 */
function problemsOf(database: Database): Finding[] {
  const check = (database.pragma('integrity_check') as { integrity_check: string }[]).map(
    row => row.integrity_check,
  );
  const structure =
    check.length === 1 && check[0] === 'ok'
      ? []
      : [finding('integrity-check', { count: check.length })];
  const present = database
    .prepare<unknown[], { name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
    .all();
  const missing = TABLES.filter(table => !present.some(({ name }) => name === table)).map(table =>
    finding('table-missing', { table }),
  );
  if (missing.length > 0) return [...structure, ...missing];
  const months = database
    .prepare<unknown[], { month: string }>(
      'SELECT month FROM cards UNION SELECT month FROM accesses',
    )
    .all();
  const strange = months
    .filter(({ month }) => !isMonth(month))
    .map(() => finding('card-month', {}));
  return [...structure, ...strange];
}

/**
 * Truncates the write-ahead log, so that no erased data stays in it. Returns `false` if this fails:
 * readers in other processes may hold the log for a while, and the disk may be full. The write
 * before it stays valid.
 * @param patience Milliseconds to wait for readers.
 */
export function truncateLog(database: Database, patience: number): boolean {
  database.pragma(`busy_timeout = ${patience}`);
  try {
    const [row] = database.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
    return row?.busy === 0;
  } catch {
    return false;
  } finally {
    database.pragma(`busy_timeout = ${SQLITE_BUSY_MS}`);
  }
}
