/**
 * Implements `requests open|list|due|extend|identity|answer`: requests by data subjects and the
 * deadlines for the answers.
 */
import { systemClock } from '../../clock.ts';
import { dayOf } from '../../days.ts';
import type { Desk, DeskReason, HoldDue } from '../../desk/desk.ts';
import type { RequestKind, RequestOutcome, RequestState } from '../../subjects/requests.ts';
import type { PendingOperation } from '../../subjects/second-agent.ts';
import { dayWord } from '../dates.ts';
import type { Terminal } from '../terminal.ts';
import { kindWord, wordFor } from '../words/residence.ts';
import { colon } from '../words/words.ts';
import {
  type DeskLocations,
  deskAccessOf,
  tell,
  tellTable,
  withDesk,
  withSubscriber,
  withWorkList,
} from './open-desk.ts';
import { requestState } from './show-subscriber.ts';
import { workList } from './work-list.ts';

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
  const head = [say('requestKind'), say('requestReceived'), say('requestState')];
  const lines = requests.map(request => ({
    number: request.id,
    reference: request.reference,
    cells: [
      kindWord(language, request.kind),
      dayWord(language, request.received),
      requestState(terminal, request),
    ],
  }));
  return workList(terminal, head, lines);
}

function holdTable(terminal: Terminal, holds: readonly HoldDue[]): string {
  const { say, language } = terminal;
  const head = [say('journalReason'), say('holdSince'), say('holdReview')];
  const lines = holds.map(({ number, reference, reason, since, review }) => ({
    number,
    reference,
    cells: [wordFor(language, reason), dayWord(language, since), dayWord(language, review)],
  }));
  return workList(terminal, head, lines);
}

function pendingTable(terminal: Terminal, pending: readonly PendingOperation[]): string {
  const { say, language } = terminal;
  const head = [say('pendingOperation'), say('pendingAgent'), say('pendingUntil')];
  const lines = pending.map(({ number, reference, operation, agent, until }) => ({
    number,
    reference,
    cells: [wordFor(language, `operation-${operation}`), agent, dayWord(language, until)],
  }));
  return workList(terminal, head, lines);
}

export const requestsList = (terminal: Terminal, options: DeskLocations): Promise<number> =>
  withWorkList(terminal, options, async desk => {
    const requests = await desk.requests();
    return tellTable(terminal, requests.map(jsonOf), requestTable(terminal, requests));
  });

/** Prints the requests that are due, for the daily check of a data protection officer. */
export const requestsDue = (terminal: Terminal, options: DeskLocations): Promise<number> =>
  withWorkList(terminal, options, async desk => {
    const { say, paint } = terminal;
    const requests = await desk.requests(true);
    const holds = await desk.holdsDue();
    const pending = await desk.pending();
    const parts = [requestTable(terminal, requests)];
    if (holds.length > 0) {
      parts.push(`\n${paint.bold(say('holdsDueTitle'))}`, holdTable(terminal, holds));
    }
    if (pending.length > 0)
      parts.push(`\n${paint.bold(say('pendingTitle'))}`, pendingTable(terminal, pending));
    const result = { requests: requests.map(jsonOf), holds, pending };
    return tellTable(terminal, result, parts.join('\n'));
  });

/** Changes a request and prints its new state. */
const tellChanged = (
  terminal: Terminal,
  options: DeskLocations,
  change: (desk: Desk, access: DeskReason) => Promise<RequestState>,
): Promise<number> =>
  withDesk(terminal, options, async desk => {
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
