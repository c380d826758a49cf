/**
 * Implements `requests open|list|due|extend|identity|answer`: requests by data subjects and the
 * deadlines for the answers.
 */
import { systemClock } from '../../clock.ts';
import { dayOf } from '../../days.ts';
import type { Desk, DeskReason } from '../../desk/desk.ts';
import type { RequestKind, RequestOutcome, RequestState } from '../../subjects/requests.ts';
import { dayWord } from '../dates.ts';
import type { Terminal } from '../terminal.ts';
import { plainTable } from '../text-table.ts';
import { kindWord, wordFor } from '../words/residence.ts';
import { colon } from '../words/words.ts';
import {
  type DeskLocations,
  deskAccessOf,
  tell,
  tellTable,
  withDesk,
  withSubscriber,
} from './open-desk.ts';
import { requestState } from './show-subscriber.ts';

export const requestsOpen = (
  terminal: Terminal,
  options: DeskLocations & { readonly kind: RequestKind; readonly received?: string },
): Promise<number> =>
  withSubscriber(terminal, options, async (desk, subscriber) => {
    const received = options.received ?? dayOf(systemClock());
    const request = await desk.openRequest(
      subscriber,
      deskAccessOf(options),
      options.kind,
      received,
    );
    const day = dayWord(terminal.language, request.due!);
    return tell(terminal, jsonOf(request), terminal.say('requestOpened', { id: request.id, day }));
  });

/** Prepares a request for JSON: a missing `due` becomes null. */
const jsonOf = ({ due, ...request }: RequestState) => ({ ...request, due: due ?? null });

function requestTable(terminal: Terminal, requests: readonly RequestState[]): string {
  const { say, language } = terminal;
  if (requests.length === 0) return say('nothing');
  const head = [
    say('requestNumber'),
    say('requestKind'),
    say('requestReceived'),
    say('requestState'),
  ];
  const rows = requests.map(request => [
    request.id,
    kindWord(language, request.kind),
    dayWord(language, request.received),
    requestState(terminal, request),
  ]);
  return plainTable(head, rows, [], terminal.rowWidth);
}

export const requestsList = (terminal: Terminal, options: DeskLocations): Promise<number> =>
  withDesk(options, async desk => {
    const requests = await desk.requests();
    return tellTable(terminal, requests.map(jsonOf), requestTable(terminal, requests));
  });

/** Prints the requests that are due, for the daily check of a data protection officer. */
export const requestsDue = (terminal: Terminal, options: DeskLocations): Promise<number> =>
  withDesk(options, async desk => {
    const { say, language, paint } = terminal;
    const requests = await desk.requests(true);
    const holds = await desk.holdsDue();
    const parts = [requestTable(terminal, requests)];
    if (holds.length > 0) {
      const rows = holds.map(hold => [
        dayWord(language, hold.review),
        wordFor(language, hold.reason),
        dayWord(language, hold.since),
      ]);
      parts.push(
        `\n${paint.bold(say('holdsDueTitle'))}`,
        plainTable(['', '', ''], rows, [], terminal.rowWidth).trimStart(),
      );
    }
    return tellTable(terminal, { requests: requests.map(jsonOf), holds }, parts.join('\n'));
  });

/** Changes a request and prints its new state. */
const tellChanged = (
  terminal: Terminal,
  options: DeskLocations,
  change: (desk: Desk, access: DeskReason) => Promise<RequestState>,
): Promise<number> =>
  withDesk(options, async desk => {
    const request = await change(desk, deskAccessOf(options));
    const line = `${request.id}${colon(terminal.language)}${requestState(terminal, request)}`;
    return tell(terminal, jsonOf(request), line);
  });

export const requestsExtend = (
  terminal: Terminal,
  id: string,
  options: DeskLocations,
): Promise<number> =>
  tellChanged(terminal, options, (desk, access) => desk.extendRequest(id, access));

export const requestsIdentity = (
  terminal: Terminal,
  id: string,
  options: DeskLocations & { readonly step: 'asked' | 'established' },
): Promise<number> =>
  tellChanged(terminal, options, (desk, access) => desk.identifyRequest(id, access, options.step));

export const requestsAnswer = (
  terminal: Terminal,
  id: string,
  options: DeskLocations & { readonly outcome: RequestOutcome },
): Promise<number> =>
  tellChanged(terminal, options, (desk, access) => desk.answerRequest(id, access, options.outcome));
