/** Defines the SQLite schema of a ledger and its migrations. */

import { JOURNAL_COLUMNS, PERSON_TABLES, type PersonTable } from '../person-records.ts';
import {
  addLaterColumns,
  DUE_INDEX,
  firstColumns,
  RENAME_DOUBT_REASON,
} from '../sql/person-records.ts';

function create(table: PersonTable): string {
  const { key } = PERSON_TABLES[table];
  const list = firstColumns(table).map(([column, type]) => `${column} ${type} NOT NULL`);
  return `CREATE TABLE ${table} (${list.join(', ')}, PRIMARY KEY (${key.join(', ')})) WITHOUT ROWID, STRICT;`;
}

/** Person record tables of the second schema version. */
const SECOND: readonly PersonTable[] = [
  'dossiers',
  'restrictions',
  'holds',
  'apart',
  'directives',
  'requests',
];

/**
 * Condition that detects a forbidden change of a journal row. Only `salt` and `subject` may change,
 * when the person is forgotten.
 */
const FIXED = JOURNAL_COLUMNS.filter(column => column !== 'salt' && column !== 'subject')
  .map(column => `NEW.${column} IS NOT OLD.${column}`)
  .join(' OR ');

/**
 * Each step migrates the schema from the version of its index to the next. Released steps are never
 * edited.
 */
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
  `
  ALTER TABLE marks ADD COLUMN home_days INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE marks ADD COLUMN outside_days INTEGER NOT NULL DEFAULT 0;
  ${SECOND.map(create).join('\n')}
  CREATE INDEX apart_month ON apart (month);
  CREATE INDEX dossiers_ends ON dossiers (ends) WHERE ends != '';
  CREATE INDEX requests_pseudonym ON requests (pseudonym);
  CREATE TABLE journal (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, operator TEXT NOT NULL, action TEXT NOT NULL, reason TEXT NOT NULL,
    reference TEXT NOT NULL, commitment TEXT NOT NULL, salt TEXT NOT NULL, subject TEXT NOT NULL, hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX journal_subject ON journal (subject) WHERE subject != '';
  CREATE TRIGGER journal_is_fixed BEFORE UPDATE ON journal WHEN ${FIXED} OR NEW.salt != '' OR NEW.subject != ''
    BEGIN SELECT RAISE(ABORT, 'the journal is only appended to'); END;
  `,
  create('exceptions'),
  `
  CREATE TABLE key_checks (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
  ${RENAME_DOUBT_REASON}
  ${addLaterColumns('references', 'TEXT NOT NULL')}
  ${create('proposals')}
  `,
  `
  ${addLaterColumns('standings', 'TEXT NOT NULL')}
  ${DUE_INDEX}
  CREATE TABLE tombstone_position (id INTEGER PRIMARY KEY CHECK (id = 1), position TEXT NOT NULL) STRICT;
  CREATE INDEX runs_before ON runs (before) WHERE what != 'erase';
  `,
];

export const SCHEMA_VERSION = STEPS.length;

/** Returns the SQL that migrates a file from `version` to the current version. */
export const migrationFrom = (version: number): string => STEPS.slice(version).join('\n');

export const TABLES: readonly string[] = [
  'cards',
  'accesses',
  'marks',
  'tally',
  'editions',
  'runs',
  'journal',
  'key_checks',
  'tombstone_position',
  ...Object.keys(PERSON_TABLES),
];
