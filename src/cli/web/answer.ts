/** Answers « which address, when? »: what a request of the caller gets, and what to say about it. */

import { dayOf, isCalendarDay } from '../../days.ts';
import type { SubscriberView } from '../../desk/desk.ts';
import { portabilityError } from '../../errors.ts';
import { parseAddress } from '../../geo/address.ts';
import type { ZoneTable } from '../../geo/zone-table.ts';
import type { Language } from '../../law/reasons.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import * as CLI from '../../messages/cli.ts';
import * as WEB from '../../messages/web.ts';
import { isExceptedOn } from '../../subjects/exceptions.ts';
import type { Offers } from '../../tables/edition-archive.ts';
import { isoDay } from '../dates.ts';
import { askInstead, describe } from '../locate.ts';
import { decideOnce, type Outlook, offerOf, outlooksAt } from '../outlook.ts';
import { editionsIn, type PastGap } from '../past/in-force.ts';
import type { Terminal } from '../terminal.ts';

/** What one request gets. */
export interface AnsweredOutlook extends Outlook {
  /** The location in words. */
  readonly place: string;
}

/** The answer for one address, now or at an earlier moment. It does not hold the address. */
export interface Answer {
  readonly language: Language;
  /** Milliseconds since 1970; `undefined` for now. */
  readonly at: number | undefined;
  /** Several, if it is not known which table was in force at the earlier moment. */
  readonly outlooks: readonly AnsweredOutlook[];
  /** What to ask the caller for, if the address is not public. */
  readonly ask: string | undefined;
  /** The records as they stood at the earlier moment. */
  readonly view: SubscriberView;
  readonly gaps: readonly PastGap[];
}

/** What the desk decides with. */
export interface DecisionParts {
  readonly table: () => ZoneTable;
  readonly offers: Offers;
  readonly editions: string | undefined;
  readonly ledger: Ledger;
  /** Time zone in which a moment is typed. */
  readonly timeZone: string;
  readonly clock: () => number;
}

const MINUTE_MS = 60_000;

/** Returns by how much a time zone is ahead of UTC at a moment, in milliseconds. */
function offsetAt(time: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(time);
  const part = (type: string): string => parts.find(each => each.type === type)!.value;
  const day = `${part('year')}-${part('month')}-${part('day')}`;
  const local = Date.parse(`${day}T${part('hour')}:${part('minute')}Z`);
  return local - Math.floor(time / MINUTE_MS) * MINUTE_MS;
}

/**
 * Returns the moment of a day and a time of the clock in a time zone, in milliseconds since 1970. An
 * hour that occurs twice in autumn is taken as the first one.
 * @param clockTime `21:15`, `21h15` or `21h`
 * @throws PortabilityError `ERR_DAY` if it is invalid, does not exist or is to come
 */
export function momentIn(
  { timeZone, clock }: Pick<DecisionParts, 'timeZone' | 'clock'>,
  day: string,
  clockTime: string,
): number {
  const [, hour, minute = '00'] = /^(\d{1,2}) ?[:hH] ?(\d{2})?$/.exec(clockTime.trim()) ?? [];
  const date = isoDay(day.trim());
  if (!isCalendarDay(date)) throw portabilityError(CLI.dayForm);
  if (hour === undefined || Number(hour) > 23 || Number(minute) > 59)
    throw portabilityError(WEB.clockTime);
  const local = Date.parse(`${date}T${hour.padStart(2, '0')}:${minute}Z`);
  // The offset of the day before is the first one where an hour occurs twice.
  const found = [local - 24 * 60 * MINUTE_MS, local]
    .map(near => local - offsetAt(near, timeZone))
    .find(time => time + offsetAt(time, timeZone) === local);
  if (found === undefined) throw portabilityError(WEB.clockTimeSkipped);
  if (found > clock()) throw portabilityError(CLI.momentToCome);
  return found;
}

/** Formats a moment in a time zone: `21/11/2026 21:15` in French, `2026-11-21 21:15` in English. */
export function localMoment(language: Language, timeZone: string, time: number): string {
  const local = new Date(time + offsetAt(time, timeZone)).toISOString();
  const [year, month, day] = local.slice(0, 10).split('-');
  const date = language === 'fr' ? `${day}/${month}/${year}` : local.slice(0, 10);
  return `${date} ${local.slice(11, 16)}`;
}

/**
 * Decides a request of the person from an address.
 * @param view the records, as of the moment if there is one
 * @throws PortabilityError `ERR_ARGUMENT` if the text is not an address; `ERR_EDITION` if nothing is
 * known of the moment
 */
export async function answerFor(
  terminal: Terminal,
  { table, offers, editions, ledger, clock }: DecisionParts,
  {
    view,
    address,
    offer,
    at,
  }: {
    readonly view: SubscriberView;
    readonly address: string;
    readonly offer: string | undefined;
    readonly at: number | undefined;
  },
): Promise<Answer> {
  const parsed = parseAddress(address);
  if (parsed === undefined) throw portabilityError(WEB.notAnAddress);
  const request = {
    address,
    standing: view.standing.standing,
    excepted: isExceptedOn(view.exception, dayOf(at ?? clock())),
  };
  const choice = offer === undefined ? {} : { offer };
  const folder = editions === undefined ? {} : { editions };
  const { outlooks, gaps } =
    at === undefined
      ? { outlooks: [decideOnce(request, table(), offerOf(offers, choice))], gaps: [] }
      : await outlooksAt(terminal, request, { ...folder, ...choice }, at, editionsIn(ledger));
  const [first] = outlooks;
  return {
    language: terminal.language,
    at,
    outlooks: outlooks.map(outlook => ({
      ...outlook,
      place: describe(terminal, outlook.location, parsed),
    })),
    ask: await askInstead(terminal, first!.location, parsed),
    view,
    gaps,
  };
}
