/**
 * Defines the person records that a ledger keeps next to the cards, and the journal of access to
 * them.
 */

/**
 * The verification history of one subscriber. `events` is JSON that the `law` module interprets;
 * the ledger treats it as text.
 */
export interface DossierRow {
  /** Derived with the key for person records. */
  readonly pseudonym: string;
  readonly events: string;
  /** First UTC day without a contract, on which the dossier is removed; otherwise empty. */
  readonly ends: string;
  /** UTC day of the last change. */
  readonly since: string;
  /** Counts changes from 1. A change based on an older revision is rejected. */
  readonly revision: number;
  /** The agent's own reference to the person's file, the last one given, or empty. */
  readonly reference: string;
  /**
   * Numbers of the journal entries of the imports that wrote events of this dossier, separated by
   * spaces; otherwise empty.
   */
  readonly imported: string;
  /**
   * The standing on the day of the last change, without waivers of the whole service; empty in a
   * row of an earlier version.
   */
  readonly standing: string;
  /**
   * The version of the rules and the revision for which the standing was computed, `1.7`: it counts
   * for no other.
   */
  readonly assessed: string;
  /**
   * First UTC day on which the standing must be computed again; empty if only a change alters it.
   */
  readonly recheck: string;
  /**
   * First UTC day on which a renewal is overdue if the dossier does not change; `9999-12-31` if
   * none will be; empty if events are dated ahead, if information was asked for and not answered,
   * and in a row of an earlier version.
   */
  readonly due: string;
}

/**
 * Version of the rules that compute a standing. Raise it with every change of `law/` that can give
 * another standing for the same events: stored standings of the version before then count no more.
 */
const RULES = 1;

/** Returns `assessed` for a revision; as SQL, for the column `revision`. */
export const assessedFor = (revision: number): string => `${RULES}.${revision}`;
export const ASSESSED_NOW = `'${RULES}.' || revision`;

/** What a gate reads of a subscriber: the dossier, the exception, or both. */
export interface ResidenceRow {
  readonly pseudonym: string;
  /** The stored standing, if it holds on the day asked for; otherwise empty. */
  readonly standing: string;
  /** The events of the dossier, if its stored standing does not hold; otherwise empty. */
  readonly events: string;
  /** Last UTC day of an exception; empty in the row of a dossier. */
  readonly until: string;
}

/** The reason for a permanent restriction: an objection was upheld. */
export const UPHELD = 'objection-upheld';

/** A restriction, or an objection (Art. 18, 21 GDPR). */
export interface RestrictionRow {
  /** Derived with the key for person records. */
  readonly pseudonym: string;
  readonly since: string;
  /**
   * `restriction` (Art. 18 GDPR), `objection` (not yet decided) or `objection-upheld` (Art. 21).
   */
  readonly ground: string;
}

/** A legal hold (Art. 17(3)(e) GDPR). */
export interface HoldRow {
  /** Derived with the hold key. */
  readonly pseudonym: string;
  readonly since: string;
  /** UTC day by which the operator must review whether the hold is still needed. */
  readonly review: string;
  /** A coded reason. */
  readonly why: string;
  /** The agent's own reference to the case, or empty. */
  readonly reference: string;
}

/**
 * A card set apart from the others, under the hold key: moved by a restriction or copied by a legal
 * hold.
 */
export interface SegregatedCardRow {
  readonly pseudonym: string;
  readonly month: string;
  readonly why: string;
  /** Day bits, as on a card. */
  readonly home: number;
  readonly outside: number;
  /** JSON: the single accesses of the month as `[second, fromHome]`, if they are kept. */
  readonly accesses: string;
  readonly since: string;
}

/** A person's post-mortem directive (Loi Informatique et Libertés, Art. 85). */
export interface DirectiveRow {
  readonly pseudonym: string;
  readonly choice: string;
  /**
   * Reference to the operator's file on the designated person, without a name. Empty if no person
   * is designated.
   */
  readonly designated: string;
  readonly since: string;
}

/**
 * An exception granted by an agent: access where the location cannot be established, up to and
 * including a day.
 */
export interface ExceptionRow {
  /** Derived with the key for person records. */
  readonly pseudonym: string;
  /** A coded reason. */
  readonly why: string;
  readonly since: string;
  /** Last UTC day on which the exception applies. */
  readonly until: string;
}

/** A request by which a person exercises a right, with its dates. */
export interface RequestRow {
  readonly id: string;
  /** Derived with the key for person records; empty once the person is erased. */
  readonly pseudonym: string;
  readonly kind: string;
  readonly received: string;
  /** Days on which the identity was requested and established (Art. 12(6)); otherwise empty. */
  readonly asked: string;
  readonly established: string;
  /** Day on which the extension was announced (Art. 12(3)), or empty. */
  readonly extended: string;
  readonly answered: string;
  readonly outcome: string;
  /** The agent's own reference to the case, or empty; emptied once the person is erased. */
  readonly reference: string;
}

/** An operation that one agent proposed and another one must confirm. */
export interface ProposalRow {
  /** Derived with the key for person records. */
  readonly pseudonym: string;
  /** `erase` or `release`. */
  readonly operation: string;
  /** The options of the operation as words, which the confirmation must repeat; or empty. */
  readonly options: string;
  /** Name of the agent who proposed it. */
  readonly agent: string;
  readonly since: string;
  /** Last UTC day on which it can be confirmed. */
  readonly until: string;
  /** The agent's own reference to the case, or empty. */
  readonly reference: string;
}

/**
 * One read or change of a person's data. `hash` covers everything except `salt` and `subject`; it
 * covers the person through `commitment` alone.
 */
export interface JournalRow {
  readonly seq: number;
  /** ISO 8601 to the second, UTC. */
  readonly at: string;
  readonly operator: string;
  readonly action: string;
  readonly reason: string;
  /** The operator's own reference of the case, or empty. */
  readonly reference: string;
  readonly commitment: string;
  /** Opens the commitment together with `subject`. Both are empty once the person is erased. */
  readonly salt: string;
  /** The pseudonym of the person, derived with the journal key. */
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

/** Encodes accesses for a row, each access once. */
export function accessesText(accesses: readonly SingleAccess[]): string {
  const unique = new Map(accesses.map(({ at, fromHome }) => [`${at} ${fromHome}`, [at, fromHome]]));
  return JSON.stringify([...unique.values()]);
}

/** A row without the pseudonym of its person. */
export type Bare<Row> = Omit<Row, 'pseudonym'>;

export function bare<Row extends { readonly pseudonym: string }>({
  pseudonym: _,
  ...row
}: Row): Bare<Row> {
  return row;
}

/** The row type of each table. */
export interface Rows {
  readonly dossiers: DossierRow;
  readonly restrictions: RestrictionRow;
  readonly holds: HoldRow;
  readonly apart: SegregatedCardRow;
  readonly directives: DirectiveRow;
  readonly exceptions: ExceptionRow;
  readonly requests: RequestRow;
  readonly proposals: ProposalRow;
}

/** Names of the person record tables. */
export type PersonTable = keyof Rows;

interface TableShape<Row> {
  readonly key: readonly (keyof Row)[];
  readonly columns: { readonly [Column in keyof Row]: 'TEXT' | 'INTEGER' };
}

/** The person record tables: the primary key and the columns of each. */
export const PERSON_TABLES: { readonly [Table in PersonTable]: TableShape<Rows[Table]> } = {
  dossiers: {
    key: ['pseudonym'],
    columns: {
      pseudonym: 'TEXT',
      events: 'TEXT',
      ends: 'TEXT',
      since: 'TEXT',
      revision: 'INTEGER',
      reference: 'TEXT',
      imported: 'TEXT',
      standing: 'TEXT',
      assessed: 'TEXT',
      recheck: 'TEXT',
      due: 'TEXT',
    },
  },
  restrictions: {
    key: ['pseudonym'],
    columns: { pseudonym: 'TEXT', since: 'TEXT', ground: 'TEXT' },
  },
  holds: {
    key: ['pseudonym'],
    columns: {
      pseudonym: 'TEXT',
      since: 'TEXT',
      review: 'TEXT',
      why: 'TEXT',
      reference: 'TEXT',
    },
  },
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
  exceptions: {
    key: ['pseudonym'],
    columns: { pseudonym: 'TEXT', why: 'TEXT', since: 'TEXT', until: 'TEXT' },
  },
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
      reference: 'TEXT',
    },
  },
  proposals: {
    key: ['pseudonym', 'operation'],
    columns: {
      pseudonym: 'TEXT',
      operation: 'TEXT',
      options: 'TEXT',
      agent: 'TEXT',
      since: 'TEXT',
      until: 'TEXT',
      reference: 'TEXT',
    },
  },
};

/**
 * Returns whether a row may follow `last`. A journal starts with `seq` 1 or, if it is a copy of a
 * cut journal, with the anchor.
 */
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
 * A store of person records. Methods reject with a `PortabilityError` whose message contains no
 * value of a row. The journal only supports appending, forgetting a person and cutting its oldest
 * rows.
 */
export interface PersonRecords {
  /** Returns the rows whose columns equal `where`, ordered by primary key. */
  read<Table extends PersonTable>(
    table: Table,
    where?: Partial<Rows[Table]>,
  ): Promise<Rows[Table][]>;
  /** Writes a row, and replaces the row with the same key. */
  put<Table extends PersonTable>(table: Table, row: Rows[Table]): Promise<void>;
  /** Writes a row if no row has its key. Resolves with `false` if one exists. */
  add<Table extends PersonTable>(table: Table, row: Rows[Table]): Promise<boolean>;
  /**
   * Replaces a row only if it is still as it was read. Resolves with `false` if it has changed or
   * is gone.
   */
  change<Table extends PersonTable>(
    table: Table,
    before: Rows[Table],
    after: Rows[Table],
  ): Promise<boolean>;
  /**
   * Removes the rows whose columns equal `where`, which names at least one column. Resolves with
   * their number.
   */
  remove<Table extends PersonTable>(table: Table, where: Partial<Rows[Table]>): Promise<number>;
  /**
   * Removes the rows whose `column` is not empty and less than `before`, among those whose columns
   * equal `where`. Resolves with their number.
   */
  removeBefore<Table extends PersonTable>(
    table: Table,
    column: keyof Rows[Table],
    before: string,
    where?: Partial<Rows[Table]>,
  ): Promise<number>;
  /** Returns the given pseudonyms that have a row. */
  among(table: 'restrictions', pseudonyms: readonly string[]): Promise<string[]>;
  /** Returns the dossiers under the given pseudonyms, in no particular order. */
  dossiersOf(pseudonyms: readonly string[]): Promise<DossierRow[]>;
  /**
   * Returns what a gate needs of the given subscribers on a day, in no particular order: a row for
   * each dossier, and one for each exception.
   */
  residencesOf(pseudonyms: readonly string[], day: string): Promise<ResidenceRow[]>;
  /**
   * Returns the number of dossiers whose `due` is not empty and not after a day, and the first
   * `due` of them, or an empty text.
   */
  countDue(day: string): Promise<{ readonly dossiers: number; readonly since: string }>;
  /**
   * Returns at most `limit` dossiers whose `due` is empty or not after a day, ordered by `due` and
   * pseudonym, after the given ones.
   */
  dossiersDue(
    day: string,
    after: Pick<DossierRow, 'due' | 'pseudonym'>,
    limit: number,
  ): Promise<DossierRow[]>;
  /**
   * Writes dossiers in one transaction: each of revision `n` only over revision `n - 1`, or, for
   * revision 1, if none exists. Resolves with the pseudonyms of those that were not written,
   * because another writer was faster.
   * @param rows at most one for each pseudonym
   */
  replaceDossiers(rows: readonly DossierRow[]): Promise<string[]>;
  /** Returns at most `limit` dossiers after a pseudonym, to iterate over all of them. */
  dossiersAfter(pseudonym: string, limit: number): Promise<DossierRow[]>;
  /** Appends a row. Resolves with `false` if another writer has already used the number. */
  appendJournal(row: JournalRow): Promise<boolean>;
  /** Returns at most `limit` rows after a number, in order. */
  journalAfter(seq: number, limit: number): Promise<JournalRow[]>;
  /** Returns the last row, if there is one. */
  journalHead(): Promise<JournalRow | undefined>;
  /** Returns the entries about a person, in order. */
  journalOf(subject: string): Promise<JournalRow[]>;
  /** Empties `salt` and `subject` in the rows of a person. Resolves with their number. */
  forgetInJournal(subject: string): Promise<number>;
  /**
   * Removes the rows up to and including the row with the anchor's number, and writes the anchor in
   * its place. Resolves with the number of rows removed, or 0 if that row no longer exists.
   */
  cutJournal(anchor: JournalRow): Promise<number>;
}
