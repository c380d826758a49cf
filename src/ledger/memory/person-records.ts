/** Implements the person records in memory. */
import { digestOf, PERSON_TOMBSTONE, PERSON_TOMBSTONES, type Tombstone } from '../ledger.ts';
import {
  assessedFor,
  type DossierRow,
  isNext,
  type JournalRow,
  PERSON_TABLES,
  type PersonRecords,
  type PersonTable,
  type ResidenceRow,
  type Rows,
  UPHELD,
} from '../person-records.ts';

type AnyRow = Readonly<Record<string, string | number>>;
type Tables = Readonly<Record<PersonTable, Map<string, AnyRow>>>;

const NAMES = Object.keys(PERSON_TABLES) as PersonTable[];
const keyOf = (table: PersonTable, row: AnyRow): string =>
  PERSON_TABLES[table].key.map(column => row[column]).join(' ');
const matches = (row: AnyRow, where: object): boolean =>
  Object.entries(where).every(([column, value]) => row[column] === value);
const byKey = <Row>(map: ReadonlyMap<string, Row>): Row[] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);

function removeIf(map: Map<string, AnyRow>, isGone: (row: AnyRow) => boolean): number {
  const gone = [...map].filter(([, row]) => isGone(row));
  for (const [key] of gone) map.delete(key);
  return gone.length;
}

const ERASED = [
  'dossiers',
  'restrictions',
  'holds',
  'directives',
  'exceptions',
  'apart',
  'proposals',
] as const;

/** The restriction after an upheld objection is permanent, so it outlives an erasure. */
const lasts = (row: AnyRow): boolean => row['ground'] === UPHELD;

/**
 * Applies tombstones: removes the rows under an erased pseudonym that are not newer than the
 * erasure.
 */
function applyTombstones(
  tables: Tables,
  journal: JournalRow[],
  tombstones: readonly Tombstone[],
): void {
  const throughsOf = (...months: readonly string[]) =>
    new Map(
      tombstones
        .filter(({ month }) => months.includes(month))
        .map(tombstone => [tombstone.digest, tombstone.through]),
    );
  const all = throughsOf(...PERSON_TOMBSTONES);
  const whole = throughsOf(PERSON_TOMBSTONE);
  const isErased = (pseudonym: string, since: string, throughs = all): boolean =>
    pseudonym !== '' && since <= (throughs.get(digestOf(pseudonym)) ?? '');
  for (const name of ERASED)
    removeIf(
      tables[name],
      row =>
        !lasts(row) &&
        isErased(String(row['pseudonym']), String(row['since']), name === 'dossiers' ? whole : all),
    );
  for (const [key, row] of tables.requests)
    if (isErased(String(row['pseudonym']), String(row['received'])))
      tables.requests.set(key, { ...row, pseudonym: '', reference: '' });
  for (const [key, row] of tables.dossiers)
    if (isErased(String(row['pseudonym']), String(row['since'])))
      tables.dossiers.set(key, { ...row, reference: '' });
  for (const [index, row] of journal.entries())
    if (isErased(row.subject, row.at.slice(0, 10)))
      journal[index] = { ...row, salt: '', subject: '' };
}

type Journal = Pick<
  PersonRecords,
  'appendJournal' | 'journalAfter' | 'journalHead' | 'journalOf' | 'forgetInJournal' | 'cutJournal'
>;

const memoryJournal = (journal: JournalRow[]): Journal => ({
  appendJournal: async row => {
    const isFree = isNext(journal.at(-1), row);
    if (isFree) journal.push({ ...row });
    return isFree;
  },
  journalAfter: async (seq, limit) => journal.filter(row => row.seq > seq).slice(0, limit),
  journalHead: async () => journal.at(-1),
  journalOf: async subject => journal.filter(row => row.subject === subject),
  forgetInJournal: async subject => {
    const of = journal.filter(row => row.subject === subject);
    for (const row of of) journal[journal.indexOf(row)] = { ...row, salt: '', subject: '' };
    return of.length;
  },
  cutJournal: async anchor => {
    if (!journal.some(row => row.seq === anchor.seq)) return 0;
    const rest = journal.filter(row => row.seq > anchor.seq);
    const gone = journal.length - rest.length;
    journal.splice(0, journal.length, { ...anchor }, ...rest);
    return gone;
  },
});

/** A key that orders dossiers by the day of their renewal, then by pseudonym. */
const dueKey = ({ due, pseudonym }: Pick<DossierRow, 'due' | 'pseudonym'>): string =>
  `${due} ${pseudonym}`;

function residenceOf(row: DossierRow, day: string): ResidenceRow {
  const { pseudonym, standing, assessed, revision, since, recheck, events } = row;
  const isAssessed = standing !== '' && assessed === assessedFor(revision);
  const holds = isAssessed && since <= day && (recheck === '' || recheck > day);
  return {
    pseudonym,
    standing: holds ? standing : '',
    events: holds ? '' : events,
    until: '',
  };
}

/** Creates person records in memory, and the function that applies tombstones to them. */
export function memoryPersonRecords(): {
  readonly personRecords: PersonRecords;
  restoreTombstones(tombstones: readonly Tombstone[]): void;
} {
  const tables = Object.fromEntries(NAMES.map(name => [name, new Map<string, AnyRow>()])) as Tables;
  const journal: JournalRow[] = [];
  const read = <Table extends PersonTable>(table: Table, where: object = {}): Rows[Table][] =>
    byKey(tables[table]).filter(row => matches(row, where)) as unknown as Rows[Table][];
  const put = (table: PersonTable, row: object): void =>
    void tables[table].set(keyOf(table, row as AnyRow), { ...row } as AnyRow);
  const replaceDossier = (row: DossierRow): boolean => {
    const [before] = read('dossiers', { pseudonym: row.pseudonym });
    if ((before?.revision ?? 0) !== row.revision - 1) return false;
    put('dossiers', row);
    return true;
  };
  return {
    restoreTombstones: tombstones => applyTombstones(tables, journal, tombstones),
    personRecords: {
      read: async (table, where) => read(table, where),
      put: async (table, row) => put(table, row),
      add: async (table, row) => {
        const isFree = !tables[table].has(keyOf(table, row as never));
        if (isFree) put(table, row);
        return isFree;
      },
      change: async (table, before, after) => {
        const now = tables[table].get(keyOf(table, before as never));
        const isSame = now !== undefined && matches(now, before);
        if (isSame) put(table, after);
        return isSame;
      },
      remove: async (table, where) => removeIf(tables[table], row => matches(row, where)),
      removeBefore: async (table, column, before, where = {}) =>
        removeIf(
          tables[table],
          row =>
            row[column as string] !== '' && row[column as string]! < before && matches(row, where),
        ),
      among: async (table, pseudonyms) => pseudonyms.filter(each => tables[table].has(each)),
      dossiersOf: async pseudonyms =>
        pseudonyms.flatMap(pseudonym => read('dossiers', { pseudonym })),
      residencesOf: async (pseudonyms, day) =>
        pseudonyms.flatMap(pseudonym => [
          ...read('dossiers', { pseudonym }).map(row => residenceOf(row, day)),
          ...read('exceptions', { pseudonym }).map(({ until }) => ({
            pseudonym,
            standing: '',
            events: '',
            until,
          })),
        ]),
      countDue: async day => {
        const dues = read('dossiers')
          .map(({ due }) => due)
          .filter(due => due !== '' && due <= day)
          .sort();
        return { dossiers: dues.length, since: dues[0] ?? '' };
      },
      dossiersDue: async (day, after, limit) =>
        read('dossiers')
          .filter(row => row.due <= day && dueKey(row) > dueKey(after))
          .sort((a, b) => (dueKey(a) < dueKey(b) ? -1 : 1))
          .slice(0, limit),
      replaceDossiers: async rows =>
        rows.filter(row => !replaceDossier(row)).map(({ pseudonym }) => pseudonym),
      dossiersAfter: async (pseudonym, limit) =>
        read('dossiers')
          .filter(row => row.pseudonym > pseudonym)
          .slice(0, limit),
      ...memoryJournal(journal),
    },
  };
}
