/**
 * Implements `subscriber show`: prints what an agent needs to know about one subscriber, on one
 * screen.
 */

import { systemClock } from '../../clock.ts';
import { dayOf } from '../../days.ts';
import type { Calendar, SubscriberView } from '../../desk/desk.ts';
import { portabilityError } from '../../errors.ts';
import { parseAddress } from '../../geo/address.ts';
import { basisOf, explain } from '../../law/reasons.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import * as CLI from '../../messages/cli.ts';
import { isExceptedOn } from '../../subjects/exceptions.ts';
import { dueOf, type RequestState } from '../../subjects/requests.ts';
import { dayWord } from '../dates.ts';
import { askInstead, describe } from '../locate.ts';
import {
  exitCodeOf,
  type OfferOptions,
  type Outlook,
  outlookNow,
  outlooksAt,
  type PastOutlook,
  paintVerdict,
} from '../outlook.ts';
import { editionsIn, type PastGap, type PastOptions } from '../past/in-force.ts';
import { momentWord, pastJson, pastLines, stateLine } from '../past/words.ts';
import type { Terminal } from '../terminal.ts';
import { factTable } from '../text-table.ts';
import { eventWords } from '../words/dossier.ts';
import { kindWord, wordFor } from '../words/residence.ts';
import { calendarLines, knownMonths } from './calendar.ts';
import { type DeskLocations, deskAccessOf, withSubscriber } from './open-desk.ts';

export interface ShowOptions
  extends DeskLocations,
    OfferOptions,
    Pick<PastOptions, 'at' | 'editions'> {
  readonly address?: string;
  readonly calendar?: boolean;
  readonly months: number;
}

export type Fact = readonly [label: string, text: string];

/** Decides a request of the person for the address given, now or at the moment given. */
async function outlooksOf(
  terminal: Terminal,
  view: SubscriberView,
  options: ShowOptions,
  ledger: Ledger,
): Promise<PastOutlook> {
  const { address, at } = options;
  if (address === undefined) return { outlooks: [], gaps: [] };
  const excepted = isExceptedOn(view.exception, dayOf(at ?? systemClock()));
  const request = { address, standing: view.standing.standing, excepted };
  if (at !== undefined) return outlooksAt(terminal, request, options, at, editionsIn(ledger));
  return { outlooks: [await outlookNow(terminal, request, options)], gaps: [] };
}

function historyFacts({ say, language }: Terminal, { dossier }: SubscriberView): Fact[] {
  if (dossier.events.length === 0) return [[say('history'), say('historyNone')]];
  return dossier.events.map((event, index) => [
    index === 0 ? say('history') : '',
    `${index + 1}. ${dayWord(language, event.on)}  ${eventWords(language, event)}`,
  ]);
}

/** Returns the agent's own reference as it follows a text, or nothing. */
const withReference = ({ say }: Terminal, reference: string): string =>
  reference === '' ? '' : `, ${say('withReference', { reference })}`;

function standingFacts(terminal: Terminal, view: SubscriberView): Fact[] {
  const { say, language } = terminal;
  const { overdue, answerBy, standing } = view.standing;
  const lines = [
    say(standing),
    overdue &&
      `${say('overdueSince', {
        day: dayWord(language, overdue.since),
        renewals: String(overdue.renewals),
      })} (${say('withNumber', { number: view.numbers.dossier })}${withReference(terminal, view.reference)})`,
    answerBy && say('answerBy', { day: dayWord(language, answerBy) }),
  ].filter(line => line !== undefined);
  return lines.map((line, index) => [index === 0 ? say('standing') : '', line]);
}

/** Describes an exception with its last day. An expired one is shown until the purge deletes it. */
function exceptionWords(
  { say, language }: Terminal,
  { exception, past }: SubscriberView,
  today: string,
): string | undefined {
  if (exception === undefined) return undefined;
  const { why, until } = exception;
  const words = say('exceptionMark', {
    reason: wordFor(language, why),
    day: dayWord(language, until),
  });
  const isEnded = past === undefined && until < today;
  return isEnded ? `${words} (${say('exceptionEnded')})` : words;
}

function markFacts(terminal: Terminal, view: SubscriberView, today = dayOf(systemClock())): Fact[] {
  const { say, language } = terminal;
  const { restriction, hold, directive } = view;
  const word = (code: string): string => wordFor(language, code);
  const since = (day: string): string => say('since', { day: dayWord(language, day) });
  const lines = [
    restriction && `${word(restriction.ground)}, ${since(restriction.since)}`,
    hold &&
      `${say('holdMark', {
        reason: word(hold.why),
        day: dayWord(language, hold.review),
        months: String(view.heldMonths),
        events: String(view.heldEvents),
      })} (${say('withNumber', { number: view.numbers.hold })}${withReference(terminal, hold.reference)})`,
    directive && say('directiveMark', { choice: word(directive.choice) }),
    exceptionWords(terminal, view, today),
    ...view.pending.map(
      ({ operation, agent, since: first, until, number, reference }) =>
        `${say('pendingMark', {
          operation: word(`operation-${operation}`),
          agent,
          since: dayWord(language, first),
          until: dayWord(language, until),
        })} (${say('withNumber', { number })}${withReference(terminal, reference)})`,
    ),
  ].filter(line => line !== undefined);
  if (lines.length === 0) return [[say('marks'), say('marksNone')]];
  return lines.map((line, index) => [index === 0 ? say('marks') : '', line]);
}

/** Describes the state of a request. */
export function requestState(
  { say, language, paint }: Terminal,
  { answered, outcome, due }: RequestState,
  today = dayOf(systemClock()),
): string {
  if (answered !== '')
    return say('requestAnswered', {
      day: dayWord(language, answered),
      outcome: wordFor(language, outcome),
    });
  if (due === undefined) return say('requestWaits');
  const words = say('stateDue', { day: dayWord(language, due) });
  return due < today ? paint.red(`${words} (${say('isLate')})`) : words;
}

const SHOWN_ANSWERED = 3;

/** Lists open requests first, the most urgent at the top, then the last few answered ones. */
function requestFacts(
  terminal: Terminal,
  { requests }: SubscriberView,
  today = dayOf(systemClock()),
): Fact[] {
  const { say, language } = terminal;
  if (requests.length === 0) return [[say('requestsTitle'), say('marksNone')]];
  const states = requests.map(row => ({ ...row, due: dueOf(row) }));
  const open = states
    .filter(row => row.answered === '')
    .sort((a, b) => ((a.due ?? '9') < (b.due ?? '9') ? -1 : 1));
  const answered = states
    .filter(row => row.answered !== '')
    .sort((a, b) => (a.answered < b.answered ? 1 : -1));
  const lines = [...open, ...answered.slice(0, SHOWN_ANSWERED)].map(
    row =>
      `${say('requestLine', {
        id: row.id,
        kind: kindWord(language, row.kind),
        received: dayWord(language, row.received),
        state: requestState(terminal, row, today),
      })}${withReference(terminal, row.reference)}`,
  );
  const more = answered.length - SHOWN_ANSWERED;
  if (more > 0) lines.push(say('otherRequests', { count: String(more) }));
  return lines.map((line, index) => [index === 0 ? say('requestsTitle') : '', line]);
}

/** Returns everything that the person records say: standing, history, marks and requests. */
export const recordFacts = (
  terminal: Terminal,
  view: SubscriberView,
  today = dayOf(systemClock()),
): Fact[] => [
  ...standingFacts(terminal, view),
  ...historyFacts(terminal, view),
  ...markFacts(terminal, view, today),
  ...requestFacts(terminal, view, today),
];

async function outlookFacts(
  terminal: Terminal,
  outlook: Outlook,
  { address, at }: ShowOptions,
): Promise<Fact[]> {
  const { say, language } = terminal;
  const { verdict, reason, code } = outlook.decision;
  const parsed = parseAddress(address ?? '');
  const label = at === undefined ? say('decisionNow') : say('decisionThen');
  if (parsed === undefined) return [[label, say('notAnAddress')]];
  const ask = await askInstead(terminal, outlook.location, parsed);
  return [
    [label, `${paintVerdict(terminal, verdict)} ${say('decisionFor')} (${code}, ${reason})`],
    ...(at === undefined ? [] : [['', stateLine(terminal, outlook, at)] as const]),
    [say('meaning'), explain(reason, language)],
    [say('basisLabel'), basisOf(reason, language)],
    [say('placeLabel'), describe(terminal, outlook.location, parsed)],
    ...(ask === undefined ? [] : [[say('askLabel'), ask] as const]),
  ];
}

/** Says that the records are those of an earlier moment, and what may have been otherwise. */
function pastFacts(terminal: Terminal, view: SubscriberView, gaps: readonly PastGap[]): Fact[] {
  if (view.past === undefined) return [];
  const lines = pastLines(terminal, gaps, view.past);
  return lines.map((line, index) => [index === 0 ? terminal.say('notKnown') : '', line]);
}

/** Prepares the view for JSON: missing values become null. */
function jsonOf({ restriction, hold, directive, exception, requests, ...view }: SubscriberView) {
  const marks = {
    restriction: restriction ?? null,
    hold: hold ?? null,
    directive: directive ?? null,
    exception: exception ?? null,
  };
  return {
    ...view,
    ...marks,
    requests: requests.map(row => ({ ...row, due: dueOf(row) ?? null })),
  };
}

/** Returns what a request gets, for JSON: one decision for now, a list for an earlier moment. */
function outlookJson(terminal: Terminal, outlook: PastOutlook, at: number | undefined) {
  const [now] = outlook.outlooks;
  if (now === undefined) return {};
  if (at === undefined) return { decision: now.decision, location: now.location };
  const { decisions, gaps } = pastJson(terminal, outlook, at, undefined);
  return { decisions, gaps };
}

async function printView(
  terminal: Terminal,
  view: SubscriberView,
  { outlooks, gaps }: PastOutlook,
  options: ShowOptions,
  days: Calendar | undefined,
): Promise<void> {
  const { print, tell, say, paint } = terminal;
  if (options.at !== undefined)
    tell(`${paint.bold(say('asItStood', { moment: momentWord(terminal, options.at) }))}\n`);
  const ofOutlooks = await Promise.all(
    outlooks.map(outlook => outlookFacts(terminal, outlook, options)),
  );
  const facts = [
    ...recordFacts(terminal, view),
    ...ofOutlooks.flat(),
    ...pastFacts(terminal, view, gaps),
  ];
  print(factTable(facts, terminal.width));
  if (options.calendar !== true) return;
  tell(`\n${paint.bold(say('calendarTitle'))}`);
  const lines = days && calendarLines(terminal, days, dayOf(systemClock()), options.months);
  for (const line of lines ?? [say('calendarAside')]) tell(line);
  tell(say('calendarHousehold'));
}

const MOST_MONTHS = 24;

export function subscriberShow(terminal: Terminal, options: ShowOptions): Promise<number> {
  if (options.calendar === true && options.reason === undefined)
    throw portabilityError(CLI.calendarReason);
  if (options.months < 1 || options.months > MOST_MONTHS)
    throw portabilityError(CLI.calendarMonths);
  return withSubscriber(terminal, options, async (desk, subscriber, ledger) => {
    const view = await desk.show(subscriber, deskAccessOf(options), { at: options.at });
    const isOpen = options.calendar === true && view.restriction === undefined;
    const days = isOpen ? await desk.calendar(subscriber, deskAccessOf(options)) : undefined;
    const outlook = await outlooksOf(terminal, view, options, ledger);
    const months = days && knownMonths(days, dayOf(systemClock()), options.months);
    const shown = days && {
      ...days,
      months: days.months.filter(({ month }) => months!.includes(month)),
    };
    if (terminal.json)
      terminal.print(
        JSON.stringify({
          ...jsonOf(view),
          ...outlookJson(terminal, outlook, options.at),
          ...(shown && { calendar: shown }),
        }),
      );
    else await printView(terminal, view, outlook, options, days);
    return exitCodeOf(outlook.outlooks);
  });
}
