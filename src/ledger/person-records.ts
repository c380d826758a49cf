/**
 * Defines the person records that a ledger keeps next to the cards, and the journal of access to
 * them.
 */

/** The verification history of one subscriber. `events` is JSON whose meaning is the law's; here it is text. */
export interface DossierRow {
  /** Under the register key. */
  readonly pseudonym: string;
  readonly events: string;
  /** First UTC day without a contract, or empty: the dossier is removed then. */
  readonly ends: string;
  /** UTC day of the last change. */
  readonly since: string;
  /** Counts changes from 1: a change based on an older one is not taken. */
  readonly revision: number;
}

/** The ground of a restriction that lasts: an objection was upheld. */
export const UPHELD = 'objection-upheld';

/** A restriction, or an objection (Art. 18, 21 GDPR). */
export interface RestrictionRow {
  /** Under the register key. */
  readonly pseudonym: string;
  readonly since: string;
  /** `restriction` (Art. 18 GDPR), `objection` not yet decided, or `objection-upheld` (Art. 21). */
  readonly ground: string;
}

/** A legal hold (Art. 17(3)(e) GDPR). */
export interface HoldRow {
  /** Under the hold key. */
  readonly pseudonym: string;
  readonly since: string;
  /** UTC day by which somebody must look whether the hold is still needed. */
  readonly review: string;
  /** A code. */
  readonly why: string;
}

/** A card set apart from the others, under the hold key: by a restriction (moved) or a legal hold (copied). */
export interface ApartRow {
  readonly pseudonym: string;
  readonly month: string;
  readonly why: string;
  /** Bits of days, as on a card. */
  readonly home: number;
  readonly outside: number;
  /** JSON: the month's single accesses as `[second, fromHome]`, where they are kept. */
  readonly accesses: string;
  readonly since: string;
}

/** A person's directive for after death (Loi Informatique et Libertés, Art. 85). */
export interface DirectiveRow {
  readonly pseudonym: string;
  readonly choice: string;
  /** Reference to the operator's file on the designated person; no name. Empty where nobody is designated. */
  readonly designated: string;
  readonly since: string;
}

/** An agent's exception: access where the place can not be established, up to and with a day. */
export interface ExceptionRow {
  /** Under the register key. */
  readonly pseudonym: string;
  /** A code. */
  readonly why: string;
  readonly since: string;
  /** Last UTC day on which it counts. */
  readonly until: string;
}

/** A request by which a person exercises a right, and its days. */
export interface RequestRow {
  readonly id: string;
  /** Under the register key; empty once the person is erased. */
  readonly pseudonym: string;
  readonly kind: string;
  readonly received: string;
  /** Day on which the identity was asked for, and on which it was established (Art. 12(6)); else empty. */
  readonly asked: string;
  readonly established: string;
  /** Day on which the extension was said (Art. 12(3)), or empty. */
  readonly extended: string;
  readonly answered: string;
  readonly outcome: string;
}

/** One read or change of a person's data. Everything but `salt` and `subject` is covered by `hash`, the person by `commitment` alone. */
export interface JournalRow {
  readonly seq: number;
  /** ISO 8601 to the second, UTC. */
  readonly at: string;
  readonly operator: string;
  readonly action: string;
  readonly reason: string;
  /** The operator's own reference to the case, or empty. */
  readonly reference: string;
  readonly commitment: string;
  /** With `subject`, opens the commitment; both are empty once the person is erased. */
  readonly salt: string;
  /** The person, under the journal key. */
  readonly subject: string;
  readonly hash: string;
}

/** One access, to the second, without the person. */
export interface SingleAccess {
  readonly at: number;
  readonly fromHome: boolean;
}

export const parseAccesses = (text: string): SingleAccess[] =>
  (JSON.parse(text) as [number, boolean][]).map(([at, fromHome]) => ({ at, fromHome }));

/** Each access once, in the form of a row. */
export function accessesText(accesses: readonly SingleAccess[]): string {
  const unique = new Map(accesses.map(({ at, fromHome }) => [`${at} ${fromHome}`, [at, fromHome]]));
  return JSON.stringify([...unique.values()]);
}

/** A row without the stand-in of its person. */
export type Bare<Row> = Omit<Row, 'pseudonym'>;

export function bare<Row extends { readonly pseudonym: string }>({ pseudonym: _, ...row }: Row): Bare<Row> {
  return row;
}

/** The row of each table. */
export interface Rows {
  readonly dossiers: DossierRow;
  readonly restrictions: RestrictionRow;
  readonly holds: HoldRow;
  readonly apart: ApartRow;
  readonly directives: DirectiveRow;
  readonly exceptions: ExceptionRow;
  readonly requests: RequestRow;
}

/** Names of the register's tables. */
export type RegisterTable = keyof Rows;

interface TableShape<Row> {
  readonly key: readonly (keyof Row)[];
  readonly columns: { readonly [Column in keyof Row]: 'TEXT' | 'INTEGER' };
}

/** The tables of a register: what identifies a row, and its columns. */
export const REGISTER_TABLES: { readonly [Table in RegisterTable]: TableShape<Rows[Table]> } = {
  dossiers: {
    key: ['pseudonym'],
    columns: { pseudonym: 'TEXT', events: 'TEXT', ends: 'TEXT', since: 'TEXT', revision: 'INTEGER' },
  },
  restrictions: { key: ['pseudonym'], columns: { pseudonym: 'TEXT', since: 'TEXT', ground: 'TEXT' } },
  holds: { key: ['pseudonym'], columns: { pseudonym: 'TEXT', since: 'TEXT', review: 'TEXT', why: 'TEXT' } },
  apart: {
    key: ['pseudonym', 'month', 'why'],
    columns: {
      pseudonym: 'TEXT',
      month: 'TEXT',
      why: 'TEXT',
      home: 'INTEGER',
      outside: 'INTEGER',
      accesses: 'TEXT',
      since: 'TEXT',
    },
  },
  directives: {
    key: ['pseudonym'],
    columns: { pseudonym: 'TEXT', choice: 'TEXT', designated: 'TEXT', since: 'TEXT' },
  },
  exceptions: { key: ['pseudonym'], columns: { pseudonym: 'TEXT', why: 'TEXT', since: 'TEXT', until: 'TEXT' } },
  requests: {
    key: ['id'],
    columns: {
      id: 'TEXT',
      pseudonym: 'TEXT',
      kind: 'TEXT',
      received: 'TEXT',
      asked: 'TEXT',
      established: 'TEXT',
      extended: 'TEXT',
      answered: 'TEXT',
      outcome: 'TEXT',
    },
  },
};

/** Whether a row may come after another: a journal begins with 1, or, copied, with the anchor of one that was cut. */
export const isNext = (last: JournalRow | undefined, { seq, action }: JournalRow): boolean =>
  last === undefined ? seq === 1 || action === 'cut' : seq === last.seq + 1;

export const JOURNAL_COLUMNS: readonly (keyof JournalRow)[] = [
  'seq',
  'at',
  'operator',
  'action',
  'reason',
  'reference',
  'commitment',
  'salt',
  'subject',
  'hash',
];

/**
 * A store of these rows. Methods reject with a `PortabilityError` whose message holds no value of a row. The journal can only be appended to,
 * have a person forgotten, and be cut at its old end.
 */
export interface Register {
  /** Rows whose columns equal what is given, in the order of their key. */
  read<Table extends RegisterTable>(table: Table, where?: Partial<Rows[Table]>): Promise<Rows[Table][]>;
  /** Writes a row, in place of the one with the same key. */
  put<Table extends RegisterTable>(table: Table, row: Rows[Table]): Promise<void>;
  /** Writes a row where there is none of its key; `false` where there is. */
  add<Table extends RegisterTable>(table: Table, row: Rows[Table]): Promise<boolean>;
  /** Writes a row only over one that is still as it was read; `false` where it has changed or gone meanwhile. */
  change<Table extends RegisterTable>(table: Table, before: Rows[Table], after: Rows[Table]): Promise<boolean>;
  /** Removes rows whose columns equal what is given, which is at least one column; resolves with their number. */
  remove<Table extends RegisterTable>(table: Table, where: Partial<Rows[Table]>): Promise<number>;
  /** Removes rows whose column is not empty and less than a text, among those whose columns equal what is given. */
  removeBefore<Table extends RegisterTable>(
    table: Table,
    column: keyof Rows[Table],
    before: string,
    where?: Partial<Rows[Table]>,
  ): Promise<number>;
  /** Those of the pseudonyms that have a row. */
  among(table: 'restrictions', pseudonyms: readonly string[]): Promise<string[]>;
  /** Writes a dossier of revision `n` only over one of revision `n - 1` (or none, for 1); `false` where somebody else was faster. */
  replaceDossier(row: DossierRow): Promise<boolean>;
  /** Rows of dossiers after a pseudonym, at most so many: for walks over all of them. */
  dossiersAfter(pseudonym: string, limit: number): Promise<DossierRow[]>;
  /** `false` where the number is taken: somebody else was faster. */
  appendJournal(row: JournalRow): Promise<boolean>;
  /** Rows after a number, at most so many, in order. */
  journalAfter(seq: number, limit: number): Promise<JournalRow[]>;
  /** The last row, if there is one. */
  journalHead(): Promise<JournalRow | undefined>;
  /** Entries about a person, in their order. */
  journalOf(subject: string): Promise<JournalRow[]>;
  /** Empties salt and subject of a person's rows. */
  forgetInJournal(subject: string): Promise<number>;
  /** Removes the rows up to and with that of the anchor, which takes its row's place; does nothing where that row is there no more. */
  cutJournal(anchor: JournalRow): Promise<number>;
}
