/** Reads and changes dossiers in the person records, with optimistic concurrency. */

import { portabilityError } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import { type Dossier, type DossierEvent, parseEvent } from '../law/dossier.ts';
import { checkHistory } from '../law/dossier-replay.ts';
import { STANDINGS, type Standing } from '../law/rule.ts';
import { contractEnd, forecastStanding, standingAt, withServiceWaivers } from '../law/standing.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { assessedFor, type DossierRow, type ResidenceRow } from '../ledger/person-records.ts';
import * as SUBJECTS from '../messages/subjects.ts';
import { retry } from '../retry.ts';
import { recordNumber } from './record-number.ts';

type StoredDossier = Pick<DossierRow, 'events'>;

/** Runs `work` on stored events. What they do not pass is damage to the ledger. */
function undamaged<Result>(work: () => Result): Result {
  try {
    return work();
  } catch {
    throw portabilityError(SUBJECTS.dossierDamaged);
  }
}

/** Parses the events of a row. Whether they can have happened is not checked yet. */
export const parsedDossier = (row: StoredDossier | undefined): Dossier =>
  undamaged(() => ({ events: (JSON.parse(row?.events ?? '[]') as unknown[]).map(parseEvent) }));

/**
 * Parses and checks the dossier of a row. No row means no contract on record: a dossier without
 * events.
 * @throws PortabilityError `ERR_LEDGER_DAMAGED` if the stored events are invalid
 */
export function dossierOf(row: StoredDossier | undefined): Dossier {
  const { events } = parsedDossier(row);
  return undamaged(() => checkHistory(events));
}

/**
 * Applies a change to a stored dossier. The change checks the whole history, so the stored part is
 * checked on its own only if that fails: then it tells damage from a refused event.
 */
function changed(row: StoredDossier | undefined, change: (dossier: Dossier) => Dossier): Dossier {
  const before = parsedDossier(row);
  try {
    return change(before);
  } catch (error) {
    undamaged(() => checkHistory(before.events));
    throw error;
  }
}

/** What is stored with a change of a dossier. */
export interface ChangeDetails {
  /** The agent's own reference to the person's file; default: the one that is stored. */
  readonly reference?: string | undefined;
  /** Number of the journal entry of an import. */
  readonly entry?: number | undefined;
}

/** Adds an entry to the entries of a row, once. */
function withEntry(imported: string, entry: number | undefined): string {
  const entries = imported === '' ? [] : imported.split(' ');
  if (entry === undefined || entries.includes(String(entry))) return imported;
  return [...entries, entry].join(' ');
}

/** The day of a renewal that never comes: it sorts after all others. */
const NEVER = '9999-12-31';

/** How the words of a forecast are stored. What is not known sorts before all days. */
const STORED_DUE: Readonly<Record<string, string>> = { never: NEVER, unknown: '' };

/** Returns the row of a dossier that follows the row `before`. */
export const dossierRow = (
  pseudonym: string,
  dossier: Dossier,
  today: string,
  before: DossierRow | undefined,
  { reference = '', entry }: ChangeDetails = {},
): DossierRow => {
  const { standing, recheck = '', due } = forecastStanding(dossier, today);
  const revision = (before?.revision ?? 0) + 1;
  return {
    pseudonym,
    events: JSON.stringify(dossier.events),
    ends: contractEnd(dossier) ?? '',
    since: today,
    revision,
    reference: reference === '' ? (before?.reference ?? '') : reference,
    imported: withEntry(before?.imported ?? '', entry),
    standing,
    assessed: assessedFor(revision),
    recheck,
    due: STORED_DUE[due] ?? due,
  };
};

/** A standing as a gate needs it, and the last UTC day of an exception, or empty. */
export interface StoredResidence {
  readonly standing: Standing;
  readonly exceptedUntil: string;
}

/**
 * Returns the residence of a subscriber from the rows of the person records. The stored standing
 * counts if it holds on the day, otherwise the dossier is replayed.
 * @param serviceWide waivers of the whole service
 * @throws PortabilityError `ERR_LEDGER_DAMAGED` if the stored events or the standing are invalid
 */
export function residenceOf(
  rows: readonly ResidenceRow[],
  day: string,
  serviceWide: readonly DossierEvent[],
): StoredResidence {
  let standing: Standing = 'none';
  let exceptedUntil = '';
  for (const row of rows) {
    if (row.until !== '') exceptedUntil = row.until;
    else if (row.standing === '') standing = standingAt(dossierOf(row), day, serviceWide).standing;
    else standing = withServiceWaivers(storedStanding(row.standing), serviceWide, day);
  }
  return { standing, exceptedUntil };
}

function storedStanding(text: string): Standing {
  if ((STANDINGS as readonly string[]).includes(text)) return text as Standing;
  throw portabilityError(SUBJECTS.dossierDamaged);
}

export async function readDossier(
  ledger: Ledger,
  keyring: Keyring,
  subscriber: string,
): Promise<Dossier> {
  const pseudonym = keyring.personPseudonym(subscriber);
  return dossierOf((await ledger.personRecords.read('dossiers', { pseudonym }))[0]);
}

/**
 * Changes a dossier and returns the result. The change is computed again if another writer was
 * faster, 100 times at most.
 * @param today UTC day, stored as the day of the change
 * @param change Must check the history that it returns, as `addEvent` and `removeEvent` do.
 * @throws PortabilityError `ERR_LEDGER_DAMAGED`, or `ERR_LEDGER_BUSY` if other writers were faster
 * each time
 */
export async function changeDossier(
  ledger: Ledger,
  pseudonym: string,
  today: string,
  change: (dossier: Dossier) => Dossier,
  { reference, entry }: ChangeDetails = {},
): Promise<Dossier> {
  return retry(async () => {
    const [row] = await ledger.personRecords.read('dossiers', { pseudonym });
    const dossier = changed(row, change);
    // A dossier without events is not stored: its row is removed.
    if (dossier.events.length === 0) {
      const isRemoved =
        row === undefined || (await ledger.personRecords.remove('dossiers', row)) > 0;
      return isRemoved ? dossier : undefined;
    }
    const next = dossierRow(pseudonym, dossier, today, row, { reference, entry });
    const overtaken = await ledger.personRecords.replaceDossiers([next]);
    return overtaken.length === 0 ? dossier : undefined;
  }, SUBJECTS.dossierBusy);
}

/** Empties the reference of a dossier that outlives an erasure because its contract is in force. */
export async function removeReference({ personRecords }: Ledger, pseudonym: string): Promise<void> {
  await retry(async () => {
    const [row] = await personRecords.read('dossiers', { pseudonym });
    if (row === undefined || row.reference === '') return true;
    const revision = row.revision + 1;
    const isAssessed = row.assessed === assessedFor(row.revision);
    const assessed = isAssessed ? assessedFor(revision) : row.assessed;
    const next = { ...row, reference: '', revision, assessed };
    return (await personRecords.replaceDossiers([next])).length === 0 || undefined;
  }, SUBJECTS.dossierBusy);
}

/** The revision of a copy under a legal hold: it is a row of its own, and no gate reads it. */
const HELD_COPY = 0;

/**
 * Adds the events of a person's dossier to the copy under a legal hold. The copy has no end, so no
 * purge removes it, and it keeps events that are taken out of the dossier. Safe to repeat.
 */
export async function holdDossier(
  { personRecords }: Ledger,
  keyring: Keyring,
  subscriber: string,
  today: string,
): Promise<void> {
  const pseudonym = keyring.holdPseudonym(subscriber);
  await retry(async () => {
    const [dossier] = await personRecords.read('dossiers', {
      pseudonym: keyring.personPseudonym(subscriber),
    });
    if (dossier === undefined) return true;
    const [copy] = await personRecords.read('dossiers', { pseudonym });
    const events = [...heldEventsOf(copy), ...parsedDossier(dossier).events];
    const unique = new Map(events.map(event => [JSON.stringify(event), event]));
    const held: DossierRow = {
      pseudonym,
      events: JSON.stringify([...unique.values()]),
      ends: '',
      since: today,
      revision: HELD_COPY,
      reference: '',
      imported: '',
      standing: '',
      assessed: '',
      recheck: '',
      due: NEVER,
    };
    const isWritten =
      copy === undefined
        ? await personRecords.add('dossiers', held)
        : copy.events === held.events || (await personRecords.change('dossiers', copy, held));
    return isWritten || undefined;
  }, SUBJECTS.dossierBusy);
}

/**
 * Returns the events of a copy under a legal hold. Together they need not be a possible history.
 */
export const heldEventsOf = (copy: StoredDossier | undefined): readonly DossierEvent[] =>
  parsedDossier(copy).events;

const PAGE = 1000;

/** A subscriber whose renewals wait for their verification, without the person. */
export interface OverdueLine {
  /** Number of the dossier, to be given as `number` with the event that settles the renewal. */
  readonly number: string;
  /** The agent's own reference to the person's file, or empty. */
  readonly reference: string;
  /** Number of renewals that wait. */
  readonly renewals: number;
  /** UTC day since which the oldest of them is overdue. */
  readonly since: string;
}

/** A subscriber who has not answered a request for information by its last day, without the person. */
export interface UnansweredLine {
  /** Number of the dossier, to be given as `number` with the event that records what follows. */
  readonly number: string;
  /** The agent's own reference to the person's file, or empty. */
  readonly reference: string;
  /** Last UTC day for the answer, which has passed. */
  readonly answerBy: string;
}

/**
 * Renewals that the provider has not processed, over all dossiers: the number of subscribers, and
 * the day since which the oldest is overdue.
 */
export interface Overdue {
  readonly dossiers: number;
  readonly since: string | undefined;
  /** The dossiers that have waited longest, the oldest first. */
  readonly lines: readonly OverdueLine[];
  /**
   * Requests for information whose last day has passed, the oldest first. What follows is a
   * judgement (Art. 5(3)): nothing changes by itself.
   */
  readonly unanswered: readonly UnansweredLine[];
}

/** A position after the dossiers whose day of a renewal is not stored: they come first. */
const AFTER_UNKNOWN = { due: '', pseudonym: '~' };

/** Returns what is overdue in a dossier, if anything is. */
function overdueLine(row: DossierRow, day: string): OverdueLine | undefined {
  if (row.revision === HELD_COPY) return undefined;
  const { overdue } = standingAt(dossierOf(row), day);
  if (overdue === undefined) return undefined;
  const { renewals, since } = overdue;
  return { number: recordNumber('D', row.pseudonym), reference: row.reference, renewals, since };
}

/** Returns the request for information that was not answered in time, if a dossier has one. */
function unansweredLine(row: DossierRow, day: string): UnansweredLine | undefined {
  if (row.revision === HELD_COPY) return undefined;
  const { answerBy } = standingAt(dossierOf(row), day);
  if (answerBy === undefined || answerBy >= day) return undefined;
  return { number: recordNumber('D', row.pseudonym), reference: row.reference, answerBy };
}

/**
 * Counts the dossiers with an overdue renewal and lists at most `limit` of them. Reads the dossiers
 * that it lists, and those whose day of a renewal is not stored; the others are counted by an
 * index.
 * @param day UTC day, not before the last change of a dossier
 */
export async function listOverdue(ledger: Ledger, day: string, limit: number): Promise<Overdue> {
  const { personRecords } = ledger;
  const counted = await personRecords.countDue(day);
  const known = limit > 0 ? await personRecords.dossiersDue(day, AFTER_UNKNOWN, limit) : [];
  const lines = known.flatMap(row => overdueLine(row, day) ?? []);
  let { dossiers } = counted;
  let since = counted.since === '' ? undefined : counted.since;
  const unanswered: UnansweredLine[] = [];
  for (let after = { due: '', pseudonym: '' }; ; ) {
    const page = await personRecords.dossiersDue('', after, PAGE);
    const found = page.flatMap(row => overdueLine(row, day) ?? []);
    dossiers += found.length;
    for (const line of found) if (since === undefined || line.since < since) since = line.since;
    lines.push(...found);
    unanswered.push(...page.flatMap(row => unansweredLine(row, day) ?? []));
    unanswered.sort((one, other) => (one.answerBy < other.answerBy ? -1 : 1));
    unanswered.length = Math.min(unanswered.length, limit);
    // The list stays short, however many dossiers there are.
    lines.sort((one, other) => (one.since < other.since ? -1 : 1));
    lines.length = Math.min(lines.length, limit);
    if (page.length < PAGE) return { dossiers, since, lines, unanswered };
    after = page.at(-1)!;
  }
}
