/**
 * Builds the report for right holders and auditors: decisions per day and reason over whole months
 * and the table editions in force, without data of a person (Art. 8(2)).
 */

import { createHash } from 'node:crypto';
import { addDays, addMonths, DAY_MS, isMonth } from '../days.ts';
import { portabilityError } from '../errors.ts';
import { LOCATIONS } from '../geo/location.ts';
import { OFFERS } from '../law/offer.ts';
import { DECISIONS, REASONS, type Reason, type Verdict } from '../law/reasons.ts';
import { decideRule, STANDINGS } from '../law/rule.ts';
import type { EditionDay, Ledger } from '../ledger/ledger.ts';
import * as DESK from '../messages/desk.ts';

/**
 * Reasons that reveal a standing are merged: a right holder learns that residence decided, but not
 * the standing of a subscriber.
 */
const MERGED = {
  'abroad-granted': [
    'temporarily-abroad',
    'residence-renewal-due',
    'residence-doubted',
    'verification-waived',
    'residence-pending',
  ],
  'abroad-refused': ['residence-unverified', 'residence-unverifiable', 'residence-elsewhere'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A reason of a decision; reasons that reveal a standing are merged. */
export type ReportedReason = keyof typeof MERGED | Reason;

/**
 * Every count is rounded to this number once, before anything is added up, so that exact counts
 * cannot be found by subtraction.
 */
const ROUNDING = 10;

/** A reason and its count on one day. */
export interface ReportRow {
  readonly day: string;
  readonly reason: ReportedReason;
  readonly verdict: Verdict;
  /** Rounded to 10. */
  readonly count: number;
}

/** A table edition and the days on which it was in force. */
export interface EditionSpan {
  readonly edition: string;
  readonly from: string;
  readonly to: string;
  readonly days: number;
  /** UTC day of its newest data, with `age` as the age of these data in days on the last day. */
  readonly built: string;
  readonly age: number;
}

/**
 * What right holders and auditors may see: whole months, counts rounded to ten, no data of a
 * person.
 */
export interface Report {
  readonly format: 'laissez-passer/report/1';
  readonly from: string;
  readonly to: string;
  readonly days: 'UTC';
  readonly library: string;
  /** Digest of every answer of the rule, over all locations, standings and offers. */
  readonly rule: string;
  readonly rounding: number;
  readonly decisions: readonly ReportRow[];
  /** The counts of the whole period, added up before they are rounded. */
  readonly totals: readonly Omit<ReportRow, 'day'>[];
  readonly editions: readonly EditionSpan[];
}

const mergedReason = (reason: string): ReportedReason | undefined => {
  const merged = Object.entries(MERGED).find(([, reasons]) =>
    (reasons as readonly string[]).includes(reason),
  );
  return (merged?.[0] ?? REASONS.find(each => each === reason)) as ReportedReason | undefined;
};

const verdictOf = (reason: ReportedReason): Verdict => {
  if (reason === 'abroad-granted') return 'portable';
  return reason === 'abroad-refused' ? 'refused' : DECISIONS[reason].verdict;
};

const rounded = (count: number): number => Math.round(count / ROUNDING) * ROUNDING;

type Count = { readonly day: string; readonly reason: string; readonly count: number };

/**
 * Rounds counts and leaves out those that become zero: a row with a count of zero would reveal that
 * there was at least one decision.
 */
const published = <Row extends { readonly count: number }>(rows: readonly Row[]): Row[] =>
  rows.map(row => ({ ...row, count: rounded(row.count) })).filter(({ count }) => count > 0);

/** Returns the exact rows in order of day and reason, with the reasons that are merged added up. */
function rowsOf(counts: readonly Count[]): ReportRow[] {
  const sums = new Map<string, ReportRow>();
  for (const { day, reason, count } of counts) {
    const merged = mergedReason(reason);
    if (merged === undefined) continue;
    const key = `${day} ${merged}`;
    const sum = (sums.get(key)?.count ?? 0) + count;
    sums.set(key, { day, reason: merged, verdict: verdictOf(merged), count: sum });
  }
  return [...sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/**
 * Adds exact rows up over all days, so that the grants of a small service do not round away. Their
 * order is that of the rounded counts, because the exact order would tell more.
 */
function totalsOf(days: readonly ReportRow[]): Report['totals'] {
  const sums = new Map<ReportedReason, number>();
  for (const { reason, count } of days) sums.set(reason, (sums.get(reason) ?? 0) + count);
  const rows = [...sums].map(([reason, count]) => ({ reason, verdict: verdictOf(reason), count }));
  return published(rows).sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}

const ageOn = (day: string, built: string): number =>
  Math.round((Date.parse(day) - Date.parse(built)) / DAY_MS);

/**
 * Returns the days of each edition. The identifier of an edition begins with the day of its newest
 * data.
 */
function spansOf(editions: readonly EditionDay[]): EditionSpan[] {
  const spans = new Map<string, { from: string; to: string; days: number }>();
  for (const { day, edition } of editions) {
    const span = spans.get(edition) ?? { from: day, to: day, days: 0 };
    spans.set(edition, {
      from: day < span.from ? day : span.from,
      to: day > span.to ? day : span.to,
      days: span.days + 1,
    });
  }
  return [...spans]
    .map(([edition, span]) => ({
      edition,
      ...span,
      built: edition.slice(0, 10),
      age: ageOn(span.to, edition.slice(0, 10)),
    }))
    .sort((a, b) => (a.from < b.from ? -1 : 1));
}

/**
 * Returns a digest that changes whenever an answer of the rule changes: verdict, reason or legal
 * basis.
 */
export function ruleDigest(): string {
  const hash = createHash('sha256');
  for (const offer of OFFERS)
    for (const location of LOCATIONS)
      for (const standing of STANDINGS)
        hash.update(`${JSON.stringify(decideRule(location, standing, offer))}\n`);
  return hash.digest('hex').slice(0, 12);
}

/**
 * Builds the report of whole UTC calendar months that are over. Two reports of a month that is not
 * over could differ by single decisions.
 * @param months first and last, `YYYY-MM`
 * @param context the current UTC day, and the version of the library
 * @throws PortabilityError `ERR_DAY` if a month is invalid or not over
 */
export async function buildReport(
  ledger: Ledger,
  months: { readonly from: string; readonly to: string },
  context: { readonly today: string; readonly library: string },
): Promise<Report> {
  const { from, to } = months;
  if (!isMonth(from) || !isMonth(to) || from > to) throw portabilityError(DESK.reportMonths);
  if (to >= context.today.slice(0, 7)) throw portabilityError(DESK.reportUnfinished);
  const first = `${from}-01`;
  const last = addDays(addMonths(`${to}-01`, 1), -1);
  const decisions = rowsOf(await ledger.tally(first, last));
  return {
    format: 'laissez-passer/report/1',
    from: first,
    to: last,
    days: 'UTC',
    library: context.library,
    rule: ruleDigest(),
    rounding: ROUNDING,

    decisions: published(decisions),
    totals: totalsOf(decisions),
    editions: spansOf(await ledger.editions(first, last)),
  };
}
