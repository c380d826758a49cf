/**
 * Implements `subscriber show`: prints what an agent needs to know about one subscriber, on one
 * screen.
 */

import { systemClock } from '../../clock.ts';
import { dayOf } from '../../days.ts';
import type { Calendar, SubscriberView } from '../../desk/desk.ts';
import { portabilityError } from '../../errors.ts';
import { openGate } from '../../gate.ts';
import { parseAddress } from '../../geo/address.ts';
import type { Location } from '../../geo/location.ts';
import { basisOf, type Decision, explain } from '../../law/reasons.ts';
import * as CLI from '../../messages/cli.ts';
import { dueOf, type RequestState } from '../../subjects/requests.ts';
import { dayWord } from '../dates.ts';
import { type OfferOptions, offerOf, paintVerdict, REFUSED } from '../decide.ts';
import { askInstead, describe } from '../locate.ts';
import { loadTable, type Terminal } from '../terminal.ts';
import { factTable } from '../text-table.ts';
import { eventWords } from '../words/dossier.ts';
import { kindWord, wordFor } from '../words/residence.ts';
import { calendarLines, knownMonths } from './calendar.ts';
import { type DeskLocations, deskAccessOf, withSubscriber } from './open-desk.ts';

export interface ShowOptions extends DeskLocations, OfferOptions {
  readonly address?: string;
  readonly calendar?: boolean;
  readonly months: number;
}

type Fact = readonly [label: string, text: string];

/** The decision that a request would get now, with the location of its address. */
interface Outlook {
  readonly decision: Decision;
  readonly location: Location;
}

async function outlookOf(
  terminal: Terminal,
  view: SubscriberView,
  options: ShowOptions,
): Promise<Outlook | undefined> {
  const { address } = options;
  if (address === undefined) return undefined;
  const table = await loadTable(terminal);
  const gate = await openGate({ table, offers: { default: await offerOf(terminal, options) } });
  const excepted = view.exception !== undefined && view.exception.until >= dayOf(systemClock());
  const decision = gate.decide({
    address,
    standing: view.standing.standing,
    subscriber: '',
    excepted,
  });
  await gate.close();
  return { decision, location: table.locate(address) };
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
  { exception }: SubscriberView,
): string | undefined {
  if (exception === undefined) return undefined;
  const { why, until } = exception;
  const words = say('exceptionMark', {
    reason: wordFor(language, why),
    day: dayWord(language, until),
  });
  return until < dayOf(systemClock()) ? `${words} (${say('exceptionEnded')})` : words;
}

function markFacts(terminal: Terminal, view: SubscriberView): Fact[] {
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
    exceptionWords(terminal, view),
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
): string {
  if (answered !== '')
    return say('requestAnswered', {
      day: dayWord(language, answered),
      outcome: wordFor(language, outcome),
    });
  if (due === undefined) return say('requestWaits');
  const words = say('stateDue', { day: dayWord(language, due) });
  return due < dayOf(systemClock()) ? paint.red(`${words} (${say('isLate')})`) : words;
}

const SHOWN_ANSWERED = 3;

/** Lists open requests first, the most urgent at the top, then the last few answered ones. */
function requestFacts(terminal: Terminal, { requests }: SubscriberView): Fact[] {
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
        state: requestState(terminal, row),
      })}${withReference(terminal, row.reference)}`,
  );
  const more = answered.length - SHOWN_ANSWERED;
  if (more > 0) lines.push(say('otherRequests', { count: String(more) }));
  return lines.map((line, index) => [index === 0 ? say('requestsTitle') : '', line]);
}

function outlookFacts(
  terminal: Terminal,
  outlook: Outlook | undefined,
  address: string | undefined,
): Fact[] {
  if (outlook === undefined) return [];
  const { say, language } = terminal;
  const { verdict, reason, code } = outlook.decision;
  const parsed = parseAddress(address ?? '');
  if (parsed === undefined) return [[say('decisionNow'), say('notAnAddress')]];
  const ask = askInstead(terminal, outlook.location, parsed);
  return [
    [
      say('decisionNow'),
      `${paintVerdict(terminal, verdict)} ${say('decisionFor')} (${code}, ${reason})`,
    ],
    [say('meaning'), explain(reason, language)],
    [say('basisLabel'), basisOf(reason, language)],
    [say('placeLabel'), describe(terminal, outlook.location, parsed)],
    ...(ask === undefined ? [] : [[say('askLabel'), ask] as const]),
  ];
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

function printView(
  terminal: Terminal,
  view: SubscriberView,
  outlook: Outlook | undefined,
  options: ShowOptions,
  days: Calendar | undefined,
): void {
  const { print, tell, say, paint } = terminal;
  const facts = [standingFacts, historyFacts, markFacts, requestFacts].flatMap(each =>
    each(terminal, view),
  );
  print(factTable([...facts, ...outlookFacts(terminal, outlook, options.address)], terminal.width));
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
  return withSubscriber(terminal, options, async (desk, subscriber) => {
    const view = await desk.show(subscriber, deskAccessOf(options));
    const isOpen = options.calendar === true && view.restriction === undefined;
    const days = isOpen ? await desk.calendar(subscriber, deskAccessOf(options)) : undefined;
    const outlook = await outlookOf(terminal, view, options);
    const months = days && knownMonths(days, dayOf(systemClock()), options.months);
    const shown = days && {
      ...days,
      months: days.months.filter(({ month }) => months!.includes(month)),
    };
    if (terminal.json)
      terminal.print(
        JSON.stringify({ ...jsonOf(view), ...outlook, ...(shown && { calendar: shown }) }),
      );
    else printView(terminal, view, outlook, options, days);
    return outlook?.decision.verdict === 'refused' ? REFUSED : 0;
  });
}
