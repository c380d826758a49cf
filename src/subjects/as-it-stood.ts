/**
 * Reads a person's dossier and exception as they stood at an earlier moment, and says what may have
 * been otherwise: what was recorded since then is known from the journal only.
 */

import { dayOf } from '../days.ts';
import { portabilityError } from '../errors.ts';
import type { Dossier, DossierEvent } from '../law/dossier.ts';
import { type StandingOn, standingAt } from '../law/standing.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Bare, DossierRow, ExceptionRow, JournalRow } from '../ledger/person-records.ts';
import * as SUBJECTS from '../messages/subjects.ts';
import { dossierOf } from './dossier-store.ts';
import { type JournalAction, journalBegins } from './journal.ts';
import type { SubjectData } from './subject-data.ts';

/** A change of a dossier or an exception that was recorded after a moment. */
export interface LaterChange {
  /** UTC, to the second. */
  readonly at: string;
  readonly action: JournalAction;
}

/** What may have been otherwise at an earlier moment. */
export interface PastView {
  /** The moment, ISO 8601 in UTC. */
  readonly at: string;
  /**
   * Changes recorded since, the oldest first. An event among them that counts from an earlier day
   * is shown although no gate knew it at that moment, and one that was taken out since is missing.
   */
  readonly laterChanges: readonly LaterChange[];
  /** Whether the journal reaches back to the moment. If not, there may be other changes. */
  readonly isJournalComplete: boolean;
}

/** The records of a person at a moment. */
export interface AsItStood {
  /** The events that counted on that day. */
  readonly dossier: Dossier;
  readonly standing: StandingOn;
  readonly exception: Bare<ExceptionRow> | undefined;
  readonly past: PastView;
}

/** The actions that change what a gate decides about a person. */
const CHANGES: readonly string[] = [
  'event',
  'undo-event',
  'import',
  'exception',
  'revoke-exception',
] satisfies JournalAction[];

/** Returns the entries of the imports that changed a dossier. They name no person. */
async function importsOf(
  { personRecords }: Ledger,
  row: Bare<DossierRow> | undefined,
): Promise<JournalRow[]> {
  const numbers = (row?.imported ?? '').split(' ').filter(number => number !== '');
  const entries = await Promise.all(
    numbers.map(number => personRecords.journalAfter(Number(number) - 1, 1)),
  );
  // An entry that was removed with the beginning of the journal is older than the journal.
  return entries.flat().filter(entry => numbers.includes(String(entry.seq)));
}

function changesAfter(entries: readonly JournalRow[], moment: string): LaterChange[] {
  // The second entry of an operation that did nothing refers to the first by its number.
  const undone = new Set(
    entries
      .filter(({ action }) => action === 'refused' || action === 'proposed')
      .map(({ reference }) => reference.split('/')[0]),
  );
  return entries
    .filter(
      ({ at, action, seq }) => at >= moment && CHANGES.includes(action) && !undone.has(`${seq}`),
    )
    .map(({ at, action }) => ({ at, action: action as JournalAction }))
    .sort((one, other) => (one.at < other.at ? -1 : 1));
}

/**
 * Returns a person's records as they stood at a moment. A change of the same day counts if it was
 * recorded by then or not: the records know days, the journal knows seconds.
 * @param at milliseconds since 1970
 * @param now milliseconds since 1970
 * @param waivers of the whole service
 * @throws PortabilityError `ERR_DAY` if the moment is not before now, `ERR_LEDGER_DAMAGED`
 */
export async function readAsItStood(
  ledger: Ledger,
  { dossier: row, exception, journal }: SubjectData,
  {
    at,
    now,
    waivers,
  }: { readonly at: number; readonly now: number; readonly waivers: readonly DossierEvent[] },
): Promise<AsItStood> {
  if (!(at >= 0 && at <= now)) throw portabilityError(SUBJECTS.momentNotPast);
  const day = dayOf(at);
  const dossier = dossierOf(row);
  const moment = new Date(at).toISOString();
  const entries = [...journal, ...(await importsOf(ledger, row))];
  const isExcepted = exception !== undefined && exception.since <= day && day <= exception.until;
  return {
    dossier: { events: dossier.events.filter(({ on }) => on <= day) },
    standing: standingAt(dossier, day, waivers),
    exception: isExcepted ? exception : undefined,
    past: {
      at: moment,
      laterChanges: changesAfter(entries, `${moment.slice(0, 19)}Z`),
      isJournalComplete: (await journalBegins(ledger.personRecords)) <= moment,
    },
  };
}
