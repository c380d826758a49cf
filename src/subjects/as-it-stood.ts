/**
 * Reads a person's dossier and exception as they stood at an earlier moment, and says what may have
 * been otherwise: what was recorded since then is known from the journal only.
 */

import { addDays, dayOf } from '../days.ts';
import { portabilityError } from '../errors.ts';
import type { Dossier, DossierEvent } from '../law/dossier.ts';
import { type StandingOn, standingAt } from '../law/standing.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Bare, ExceptionRow, JournalRow } from '../ledger/person-records.ts';
import * as SUBJECTS from '../messages/subjects.ts';
import { dossierOf } from './dossier-store.ts';
import { isExceptedOn, MOST_EXCEPTION_DAYS } from './exceptions.ts';
import { type JournalAction, journalBegins } from './journal.ts';
import type { SubjectData } from './subject-data.ts';

/** A change of a dossier or an exception that was recorded after a moment. */
export interface LaterChange {
  /** UTC, to the second. */
  readonly at: string;
  readonly action: JournalAction;
}

/**
 * What the records no longer show about a moment:
 * - `journal-shorter`: the journal begins after it;
 * - `journal-silent`: the journal has nothing about the person from before it: records may have
 *   been erased or entered since;
 * - `no-dossier`: no dossier is on record, which retention removes after the end of a contract;
 * - `exception-removed`: an exception was granted before it and is no longer on record.
 */
export type PersonGap = 'journal-shorter' | 'journal-silent' | 'no-dossier' | 'exception-removed';

/** What may have been otherwise at an earlier moment. */
export interface PastView {
  /** The moment, ISO 8601 in UTC. */
  readonly at: string;
  /**
   * Changes recorded since, the oldest first. An event among them that counts from an earlier day
   * is shown although no gate knew it at that moment, and one that was taken out since is missing.
   */
  readonly laterChanges: readonly LaterChange[];
  readonly gaps: readonly PersonGap[];
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

/** Returns the entries of changes that were made, in the order of the journal. */
function changesIn(journal: readonly JournalRow[]): LaterChange[] {
  // The second entry of an operation that did nothing refers to the first by its number.
  const undone = new Set(
    journal
      .filter(({ action }) => action === 'refused' || action === 'proposed')
      .map(({ reference }) => reference.split('/')[0]),
  );
  return journal
    .filter(({ action, seq }) => CHANGES.includes(action) && !undone.has(`${seq}`))
    .map(({ at, action }) => ({ at, action: action as JournalAction }));
}

/**
 * Whether an exception that may have applied on a day is no longer on record: it was granted by
 * then, was not ended by then, and the row is gone or is of a later one.
 */
function lacksException(
  earlier: readonly LaterChange[],
  exception: Bare<ExceptionRow> | undefined,
  day: string,
): boolean {
  const last = earlier.findLast(({ action }) => action.endsWith('exception'));
  if (last?.action !== 'exception') return false;
  if (last.at.slice(0, 10) < addDays(day, -MOST_EXCEPTION_DAYS)) return false;
  return exception === undefined || exception.since > day;
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
  const second = `${moment.slice(0, 19)}Z`;
  const changes = changesIn(journal);
  // A change of the very second may be older or newer: in doubt it is newer.
  const earlier = changes.filter(change => change.at < second);
  const gaps: PersonGap[] = [];
  if ((await journalBegins(ledger.personRecords)) > moment) gaps.push('journal-shorter');
  if (!journal.some(entry => entry.at <= moment)) gaps.push('journal-silent');
  if (row === undefined) gaps.push('no-dossier');
  if (lacksException(earlier, exception, day)) gaps.push('exception-removed');
  return {
    dossier: { events: dossier.events.filter(({ on }) => on <= day) },
    standing: standingAt(dossier, day, waivers),
    exception: isExceptedOn(exception, day) ? exception : undefined,
    past: { at: moment, laterChanges: changes.filter(change => change.at >= second), gaps },
  };
}
