/**
 * Builds the export for a person who asks what is held: the data and the information due with them
 * (Art. 15 and 20 GDPR).
 */

import type { DossierEvent } from '../law/dossier.ts';
import { type StandingOn, standingAt } from '../law/standing.ts';
import type { Bare, JournalRow, RequestRow, SingleAccess } from '../ledger/person-records.ts';
import { FIELDS, legalBasisOf, periodOf } from '../recording/disclosed-fields.ts';
import type { PrivacyNotice } from '../recording/privacy-notice.ts';
import { dossierOf, heldEventsOf } from '../subjects/dossier-store.ts';
import { dueOf, type RequestKind } from '../subjects/requests.ts';
import { JOURNAL_MONTHS, REQUEST_MONTHS, RETENTION_MONTHS } from '../subjects/retention.ts';
import type { DaysHeld, MonthDays, SubjectData } from '../subjects/subject-data.ts';
import { DATA_SOURCES } from './export-sources.ts';

/** Retention periods in months, as the operator configured them. */
export interface Periods {
  readonly months?: number | undefined;
  readonly journalMonths?: number | undefined;
  readonly requestMonths?: number | undefined;
}

/** The days of a month, 1 to 31, in UTC. */
export interface ExportedMonth {
  readonly month: string;
  readonly fromHome: readonly number[];
  readonly fromOutside: readonly number[];
}

/** Returns the days whose bits are set, 1 to 31. */
export const daysOf = (bits: number): number[] =>
  Array.from({ length: 31 }, (_, index) => index + 1).filter(day => (bits >> (day - 1)) & 1);

const exportMonth = ({ month, homeDays, outsideDays }: MonthDays): ExportedMonth => ({
  month,
  fromHome: daysOf(homeDays),
  fromOutside: daysOf(outsideDays),
});
const exportAccess = ({ at, fromHome }: SingleAccess) => ({
  at: new Date(at * 1000).toISOString().replace('.000', ''),
  fromHome,
});

const orNull = <Row, Out>(row: Row | undefined, write: (row: Row) => Out): Out | null =>
  row === undefined ? null : write(row);

/**
 * Returns what the policy says about the data: each field with its legal basis, its purposes and
 * its retention, and the recipients, transfers and rights.
 */
function informationOf(periods: Periods, notice: PrivacyNotice) {
  const {
    months = RETENTION_MONTHS,
    journalMonths = JOURNAL_MONTHS,
    requestMonths = REQUEST_MONTHS,
  } = periods;
  const numbers = { months, journalMonths, requestMonths };
  const { purposes, recipients, rights, transfers, policy } = notice;
  return {
    policy,
    fields: FIELDS.map(each => ({
      field: each.field,
      en: each.en,
      fr: each.fr,
      legalBasis: legalBasisOf(each, notice),
      purposes: each.purposes,
      kept: periodOf(each.kept, numbers),
    })),
    purposes: purposes.map(({ id, en, fr, basis }) => ({ id, en, fr, basis })),
    recipients: recipients.map(({ id, en, wording }) => ({ id, en, fr: wording })),
    transfers: { en: transfers.en, fr: transfers.fr },
    sources: DATA_SOURCES,
    rights: rights.map(({ id, article, fr }) => ({ id, article, fr })),
  };
}

function residenceOf({ dossier: row }: SubjectData, day: string, waivers: readonly DossierEvent[]) {
  if (row === undefined) return null;
  const dossier = dossierOf(row);
  const standing: StandingOn = standingAt(dossier, day, waivers);
  return { ...standing, reference: row.reference, events: dossier.events };
}

/**
 * Returns the accesses without the names of the agents. An access that was refused, or proposed to
 * a second agent, has `done: false`.
 */
function consultationsOf(journal: readonly JournalRow[]) {
  const isFollowing = ({ action }: JournalRow): boolean =>
    action === 'refused' || action === 'proposed';
  const notDone = new Set(journal.filter(isFollowing).map(row => row.reference));
  return journal
    .filter(row => row.action !== 'refused')
    .map(({ seq, at, action, reason, reference }) => ({
      at,
      action,
      reason,
      reference: action === 'proposed' ? '' : reference,
      done: !notDone.has(String(seq)),
    }));
}

/**
 * Returns a request as it stands once the export is delivered: the export is the answer to the open
 * requests of its own kind.
 */
const withAnswer = (
  row: Bare<RequestRow>,
  answering: RequestKind | undefined,
  day: string,
): Bare<RequestRow> =>
  row.kind === answering && row.answered === ''
    ? { ...row, answered: day, outcome: 'granted' }
    : row;

/** What an export says apart from the data. */
interface ExportContext {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly periods: Periods;
  readonly waivers: readonly DossierEvent[];
  readonly notice: PrivacyNotice;
  /** The kind of request that the export answers, if it answers one. */
  readonly answering: RequestKind | undefined;
}

/**
 * Builds the export of everything that is held about a person, without pseudonyms and without the
 * names of agents.
 */
export function exportOf(
  holdings: DaysHeld & SubjectData,
  { time, periods, waivers, notice, answering }: ExportContext,
) {
  const created = new Date(time).toISOString();
  return {
    format: 'laissez-passer/export/1' as const,
    created,
    days: 'UTC' as const,
    accessesByDay: holdings.months.map(exportMonth),
    singleAccesses: holdings.accesses.map(exportAccess),
    monthsReadable: holdings.readable,
    monthsWithKeyDestroyed: holdings.destroyed,
    residence: residenceOf(holdings, created.slice(0, 10), waivers),
    restriction: orNull(holdings.restriction, ({ since, ground }) => ({ since, reason: ground })),
    legalHold: orNull(holdings.hold, ({ since, review, why, reference }) => ({
      since,
      review,
      reason: why,
      reference,
      accessesByDay: holdings.held.map(exportMonth),
      singleAccesses: holdings.heldAccesses.map(exportAccess),
      residenceEvents: heldEventsOf(holdings.heldDossier),
    })),
    directive: orNull(holdings.directive, ({ choice, designated, since }) => ({
      choice,
      designated,
      since,
    })),
    exception: orNull(holdings.exception, ({ why, since, until }) => ({
      reason: why,
      since,
      until,
    })),
    requests: holdings.requests.map(held => {
      const row = withAnswer(held, answering, created.slice(0, 10));
      const { id, kind, received, asked, established, extended, answered, outcome, reference } =
        row;
      return {
        id,
        kind,
        received,
        due: dueOf(row) ?? null,
        asked,
        established,
        extended,
        answered,
        outcome,
        reference,
      };
    }),
    pendingOperations: holdings.proposals
      .filter(({ until }) => until >= created.slice(0, 10))
      .map(({ operation, since, until, reference }) => ({ operation, since, until, reference })),
    consultations: consultationsOf(holdings.journal),
    information: informationOf(periods, notice),
  };
}

/** Everything that is held about a person; the schema is `data/export.schema.json`. */
export type SubscriberExport = ReturnType<typeof exportOf>;
