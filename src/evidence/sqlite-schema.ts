/** How are cards laid out in SQLite? The schema, its version, and the step from each version to the next. */

/** Each step takes the schema from the version of its index to the next. Steps are never edited once released. */
const STEPS: readonly string[] = [
  `
  CREATE TABLE cards (
    month TEXT NOT NULL, pseudonym BLOB NOT NULL, home_days INTEGER NOT NULL, outside_days INTEGER NOT NULL,
    PRIMARY KEY (month, pseudonym),
    CHECK (length(pseudonym) = 16 AND (home_days | outside_days) BETWEEN 1 AND 2147483647)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE accesses (
    month TEXT NOT NULL, pseudonym BLOB NOT NULL, at INTEGER NOT NULL, from_home INTEGER NOT NULL,
    PRIMARY KEY (month, pseudonym, at, from_home)
  ) WITHOUT ROWID, STRICT;
  CREATE INDEX accesses_at ON accesses (at);
  CREATE TABLE marks (
    month TEXT NOT NULL, digest BLOB NOT NULL, through TEXT NOT NULL,
    PRIMARY KEY (month, digest)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE tally (
    day TEXT NOT NULL, reason TEXT NOT NULL, writer TEXT NOT NULL, epoch INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (day, reason, writer, epoch)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE editions (day TEXT NOT NULL, edition TEXT NOT NULL, PRIMARY KEY (day, edition)) WITHOUT ROWID, STRICT;
  CREATE TABLE runs (
    at TEXT NOT NULL, what TEXT NOT NULL, before TEXT NOT NULL, cards INTEGER NOT NULL, accesses INTEGER NOT NULL, keys INTEGER NOT NULL
  ) STRICT;
  `,
];

export const SCHEMA_VERSION = STEPS.length;

/** What a file of that version needs to be of the present one. */
export const migrationFrom = (version: number): string => STEPS.slice(version).join('\n');

export const TABLES = ['cards', 'accesses', 'marks', 'tally', 'editions', 'runs'] as const;
