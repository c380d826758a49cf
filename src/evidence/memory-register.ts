/** A register in memory: the plainest reading of the interface. */
import { digestOf, type Mark, REGISTER_MARK } from './ledger.ts';
import {
  type DossierRow,
  type JournalRow,
  REGISTER_TABLES,
  type Register,
  type RegisterTable,
  type Rows,
} from './register.ts';

type AnyRow = Readonly<Record<string, string | number>>;
type Tables = Readonly<Record<RegisterTable, Map<string, AnyRow>>>;

const NAMES = Object.keys(REGISTER_TABLES) as RegisterTable[];
const keyOf = (table: RegisterTable, row: AnyRow): string =>
  REGISTER_TABLES[table].key.map(column => row[column]).join(' ');
const matches = (row: AnyRow, where: object): boolean =>
  Object.entries(where).every(([column, value]) => row[column] === value);
const byKey = <Row>(map: ReadonlyMap<string, Row>): Row[] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);

function removeIf(map: Map<string, AnyRow>, isGone: (row: AnyRow) => boolean): number {
  const gone = [...map].filter(([, row]) => isGone(row));
  for (const [key] of gone) map.delete(key);
  return gone.length;
}

/** What of a register a tombstone concerns: rows under an erased pseudonym that are not younger than it. */
function applyMarks(tables: Tables, journal: JournalRow[], marks: readonly Mark[]): void {
  const throughs = new Map(
    marks.filter(({ month }) => month === REGISTER_MARK).map(mark => [mark.digest, mark.through]),
  );
  const isErased = (pseudonym: string, since: string): boolean =>
    pseudonym !== '' && since <= (throughs.get(digestOf(pseudonym)) ?? '');
  for (const name of ['dossiers', 'restrictions', 'directives', 'apart'] as const)
    removeIf(tables[name], row => isErased(String(row['pseudonym']), String(row['since'])));
  for (const [key, row] of tables.requests)
    if (isErased(String(row['pseudonym']), String(row['received'])))
      tables.requests.set(key, { ...row, pseudonym: '' });
  for (const [index, row] of journal.entries())
    if (isErased(row.subject, row.at.slice(0, 10))) journal[index] = { ...row, salt: '', subject: '' };
}

type Journal = Pick<
  Register,
  'appendJournal' | 'journalAfter' | 'journalHead' | 'journalOf' | 'forgetInJournal' | 'cutJournal'
>;

const memoryJournal = (journal: JournalRow[]): Journal => ({
  appendJournal: async row => {
    const isFree = row.seq === (journal.at(-1)?.seq ?? 0) + 1;
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
    const rest = journal.filter(row => row.seq > anchor.seq);
    const gone = journal.length - rest.length;
    journal.splice(0, journal.length, { ...anchor }, ...rest);
    return gone;
  },
});

/** A register that keeps everything in memory, and what applies tombstones to it. */
export function memoryRegister(): { readonly register: Register; restoreMarks(marks: readonly Mark[]): void } {
  const tables = Object.fromEntries(NAMES.map(name => [name, new Map<string, AnyRow>()])) as Tables;
  const journal: JournalRow[] = [];
  const read = <Table extends RegisterTable>(table: Table, where: object = {}): Rows[Table][] =>
    byKey(tables[table]).filter(row => matches(row, where)) as unknown as Rows[Table][];
  const put = (table: RegisterTable, row: object): void =>
    void tables[table].set(keyOf(table, row as AnyRow), { ...row } as AnyRow);
  const replaceDossier = (row: DossierRow): boolean => {
    const [before] = read('dossiers', { pseudonym: row.pseudonym });
    if ((before?.revision ?? 0) !== row.revision - 1) return false;
    put('dossiers', row);
    return true;
  };
  return {
    restoreMarks: marks => applyMarks(tables, journal, marks),
    register: {
      read: async (table, where) => read(table, where),
      put: async (table, row) => put(table, row),
      remove: async (table, where) => removeIf(tables[table], row => matches(row, where)),
      removeBefore: async (table, column, before, where = {}) =>
        removeIf(
          tables[table],
          row => row[column as string] !== '' && row[column as string]! < before && matches(row, where),
        ),
      among: async (table, pseudonyms) => pseudonyms.filter(each => tables[table].has(each)),
      replaceDossier: async row => replaceDossier(row),
      dossiersAfter: async (pseudonym, limit) =>
        read('dossiers')
          .filter(row => row.pseudonym > pseudonym)
          .slice(0, limit),
      ...memoryJournal(journal),
    },
  };
}
