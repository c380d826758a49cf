/**
 * Adds the events of many subscribers to their dossiers, a few thousand at a time.
 */

import { PortabilityError, portabilityError } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import { type Dossier, type DossierEvent, parseEvent } from '../law/dossier.ts';
import { checkHistory } from '../law/dossier-replay.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { DossierRow } from '../ledger/person-records.ts';
import * as SUBJECTS from '../messages/subjects.ts';
import { changeDossier, dossierRow, holdDossier, parsedDossier } from './dossier-store.ts';

/** A row of an import: events of one subscriber, or the reason why the row cannot be read. */
export interface ImportRow {
  /** Line in the file, from 1; it says in a rejection which row is meant. */
  readonly line: number;
  /** Identifier of the subscriber, as the gate is given it; `undefined` if it cannot be read. */
  readonly subscriber?: string | undefined;
  /** Events of the dossier, still to be checked. */
  readonly events: readonly unknown[];
  /** Why the row cannot be read. */
  readonly error?: PortabilityError | undefined;
}

/** A row that is not imported, and why. It does not name the subscriber. */
export interface RejectedRow {
  readonly line: number;
  readonly error: PortabilityError;
}

/** What an import does to the dossiers, in numbers of subscribers. */
export interface ImportCounts {
  /** Subscribers that had no dossier. */
  readonly added: number;
  /** Subscribers whose dossier receives events. */
  readonly changed: number;
  /** Subscribers whose dossier has all the events already. */
  readonly unchanged: number;
}

/** The rows of one subscriber that stand together. */
interface Group {
  readonly subscriber: string;
  readonly rows: ImportRow[];
}

/** Subscribers whose dossiers are read and written at a time, by default. */
export const IMPORT_BATCH = 5000;

/** Returns the rows by subscriber, in batches. Rows of a subscriber in one batch are merged. */
async function* batchesOf(rows: AsyncIterable<ImportRow>, size: number): AsyncGenerator<Group[]> {
  let batch = new Map<string, Group>();
  let count = 0;
  let last = '';
  for await (const row of rows) {
    // A row without a subscriber belongs to no other: no identifier is empty.
    const subscriber = row.subscriber ?? '';
    if (count >= size && (subscriber === '' || subscriber !== last)) {
      yield [...batch.values()];
      batch = new Map();
      count = 0;
    }
    const group = batch.get(subscriber);
    if (group === undefined) batch.set(subscriber, { subscriber, rows: [row] });
    else group.rows.push(row);
    if (group === undefined || subscriber === '') count++;
    last = subscriber;
  }
  if (batch.size > 0) yield [...batch.values()];
}

/** Runs `work` on each batch, while the next one is read. */
async function eachBatch(
  rows: AsyncIterable<ImportRow>,
  size: number,
  work: (groups: readonly Group[]) => Promise<void>,
): Promise<void> {
  let running: Promise<void> = Promise.resolve();
  for await (const groups of batchesOf(rows, size)) {
    await running;
    running = work(groups);
    // A failure is thrown at the next batch or at the end, and not as an unhandled rejection.
    running.catch(() => undefined);
  }
  await running;
}

/**
 * Remembers pseudonyms by their first 64 bits, in 12 to 24 bytes each. Two of three million are
 * taken for the same with a probability of one in four million; then the import is refused.
 */
class SeenPseudonyms {
  #words = new Uint32Array(2048);
  #size = 0;

  /** Adds a pseudonym. Returns `false` if it is already there. */
  add(pseudonym: string): boolean {
    if (this.#size * 3 >= this.#words.length) this.#grow();
    const isNew = this.#put(
      Number.parseInt(pseudonym.slice(0, 8), 16),
      // A slot is free if this word is 0.
      Number.parseInt(pseudonym.slice(8, 16), 16) || 1,
    );
    if (isNew) this.#size++;
    return isNew;
  }

  #put(first: number, second: number): boolean {
    const words = this.#words;
    const mask = words.length / 2 - 1;
    let slot = first & mask;
    while (words[2 * slot + 1] !== 0) {
      if (words[2 * slot] === first && words[2 * slot + 1] === second) return false;
      slot = (slot + 1) & mask;
    }
    words[2 * slot] = first;
    words[2 * slot + 1] = second;
    return true;
  }

  #grow(): void {
    const before = this.#words;
    this.#words = new Uint32Array(before.length * 2);
    for (let at = 0; at < before.length; at += 2)
      if (before[at + 1] !== 0) this.#put(before[at]!, before[at + 1]!);
  }
}

interface ParsedGroup {
  readonly subscriber: string;
  readonly lines: readonly number[];
  readonly events: readonly DossierEvent[];
}

type Reject = (row: RejectedRow) => void;

/**
 * Parses the events of a subscriber. If one row is refused, all rows of the subscriber are, so that
 * no dossier is imported in part.
 */
function parseGroup({ subscriber, rows }: Group, reject: Reject): ParsedGroup | undefined {
  const events: DossierEvent[] = [];
  const refused = new Map<number, PortabilityError>();
  for (const { line, events: given, error } of rows) {
    try {
      if (error !== undefined) throw error;
      events.push(...given.map(parseEvent));
    } catch (cause) {
      if (!(cause instanceof PortabilityError)) throw cause;
      refused.set(line, cause);
    }
  }
  const lines = rows.map(({ line }) => line);
  if (refused.size === 0) return { subscriber, lines, events };
  for (const line of lines)
    reject({ line, error: refused.get(line) ?? portabilityError(SUBJECTS.importOtherRow) });
  return undefined;
}

/** Identifies an event. The order of its means says nothing. */
const keyOf = (event: DossierEvent): string =>
  JSON.stringify('means' in event ? { ...event, means: event.means.toSorted() } : event);

/**
 * Returns the dossier with the events that it lacks, each once, or `undefined` if it has them all.
 */
function merge(before: Dossier, events: readonly DossierEvent[]): Dossier | undefined {
  const known = new Set(before.events.map(keyOf));
  const missing = events.filter(event => {
    const key = keyOf(event);
    return !known.has(key) && known.add(key);
  });
  return missing.length === 0 ? undefined : checkHistory([...before.events, ...missing]);
}

/** What the passes of an import share. */
interface Import {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  /** UTC day, stored as the day of the change. */
  readonly today: string;
  /** Number of the journal entry, which each dossier that changes names. */
  readonly entry: number;
  readonly reject: Reject;
  /** Whether an earlier step rejected a line. */
  isRejected(line: number): boolean;
  readonly batchSize: number;
  /** Receives the number of subscribers after each batch. */
  progress(subscribers: number): void;
}

/** Parses every row. Returns the number of subscribers whose rows are all valid by themselves. */
export async function parseImport(
  rows: AsyncIterable<ImportRow>,
  { reject, progress, batchSize }: Pick<Import, 'reject' | 'progress' | 'batchSize'>,
): Promise<number> {
  let subscribers = 0;
  await eachBatch(rows, batchSize, async groups => {
    for (const group of groups) if (parseGroup(group, reject) !== undefined) subscribers++;
    progress(groups.length);
  });
  return subscribers;
}

interface Change {
  readonly group: ParsedGroup;
  readonly row: DossierRow;
}

/**
 * Compares a batch with the dossiers of the ledger.
 * @param seen pseudonyms of earlier batches, if rows that stand apart are to be found
 */
async function compareBatch(
  { ledger, keyring, today, entry, reject }: Import,
  groups: readonly Group[],
  seen?: SeenPseudonyms,
): Promise<{ readonly changes: Change[]; readonly unchanged: number }> {
  const parsed = groups.flatMap(each => {
    const pseudonym = keyring.personPseudonym(each.subscriber);
    if (each.subscriber !== '' && seen?.add(pseudonym) === false)
      throw portabilityError(SUBJECTS.importApart, { line: each.rows[0]!.line });
    const group = parseGroup(each, reject);
    return group === undefined ? [] : [{ group, pseudonym }];
  });
  const rows = await ledger.personRecords.dossiersOf(parsed.map(({ pseudonym }) => pseudonym));
  const stored = new Map(rows.map(row => [row.pseudonym, row]));
  const changes: Change[] = [];
  let unchanged = 0;
  for (const { group, pseudonym } of parsed) {
    const before = stored.get(pseudonym);
    const dossier = parsedDossier(before);
    try {
      const after = merge(dossier, group.events);
      if (after === undefined) unchanged++;
      else changes.push({ group, row: dossierRow(pseudonym, after, today, before, { entry }) });
    } catch (error) {
      if (!(error instanceof PortabilityError)) throw error;
      for (const line of group.lines) reject({ line, error });
    }
  }
  return { changes, unchanged };
}

const isNew = ({ row }: Change): boolean => row.revision === 1;

function count(changes: readonly Change[]): Pick<ImportCounts, 'added' | 'changed'> {
  const added = changes.filter(isNew).length;
  return { added, changed: changes.length - added };
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
const noCounts = (): Mutable<ImportCounts> => ({ added: 0, changed: 0, unchanged: 0 });

/**
 * Compares every row with the ledger, and writes nothing.
 * @throws PortabilityError `ERR_IMPORT`, with a line, if rows of one subscriber are too far apart
 * to be judged together
 */
export async function compareImport(
  rows: AsyncIterable<ImportRow>,
  context: Import,
): Promise<ImportCounts> {
  const counts = noCounts();
  const seen = new SeenPseudonyms();
  await eachBatch(rows, context.batchSize, async groups => {
    const { changes, unchanged } = await compareBatch(context, groups, seen);
    const { added, changed } = count(changes);
    counts.added += added;
    counts.changed += changed;
    counts.unchanged += unchanged;
    context.progress(groups.length);
  });
  return counts;
}

/** Writes one dossier whose subscriber another writer was faster at, or is under a legal hold. */
async function writeAlone(
  { ledger, keyring, today, entry, reject }: Import,
  { group, row: { pseudonym } }: Change,
  isHeld: boolean,
): Promise<boolean> {
  const { subscriber, events, lines } = group;
  const hold = async (): Promise<void> => {
    if (isHeld) await holdDossier(ledger, keyring, subscriber, today);
  };
  try {
    await hold();
    const change = (before: Dossier): Dossier => merge(before, events) ?? before;
    await changeDossier(ledger, pseudonym, today, change, { entry });
    await hold();
    return true;
  } catch (error) {
    const isRefused = error instanceof PortabilityError && error.code === 'ERR_DOSSIER_EVENT';
    if (!isRefused) throw error;
    for (const line of lines) reject({ line, error });
    return false;
  }
}

/**
 * Writes the missing events of every row. A batch is one transaction: after a crash it is there as
 * a whole or not at all, and the same import goes on with the rest.
 */
export async function writeImport(
  rows: AsyncIterable<ImportRow>,
  context: Import,
): Promise<ImportCounts> {
  const { ledger, keyring } = context;
  const holds = new Set(
    (await ledger.personRecords.read('holds')).map(({ pseudonym }) => pseudonym),
  );
  const isHeld = ({ group }: Change): boolean =>
    holds.size > 0 && holds.has(keyring.holdPseudonym(group.subscriber));
  const counts = noCounts();
  await eachBatch(rows, context.batchSize, async groups => {
    const accepted = groups.filter(
      group => !group.rows.some(({ line }) => context.isRejected(line)),
    );
    const { changes, unchanged } = await compareBatch(context, accepted);
    const held = new Set(changes.filter(isHeld));
    const free = changes.filter(change => !held.has(change));
    const overtaken = new Set(
      await ledger.personRecords.replaceDossiers(free.map(({ row }) => row)),
    );
    const alone = changes.filter(change => held.has(change) || overtaken.has(change.row.pseudonym));
    const lost = new Set<Change>();
    for (const change of alone)
      if (!(await writeAlone(context, change, held.has(change)))) lost.add(change);
    const { added, changed } = count(changes.filter(change => !lost.has(change)));
    counts.added += added;
    counts.changed += changed;
    counts.unchanged += unchanged;
    context.progress(groups.length);
  });
  return counts;
}
