/** Opens a desk whose operations are each entered in the journal before they run. */

import { systemClock } from '../clock.ts';
import { dayOf } from '../days.ts';
import { PortabilityError, portabilityError } from '../errors.ts';
import * as DESK from '../messages/desk.ts';
import { countOverdue } from '../subjects/dossier-store.ts';
import { appendEntry, type Entry } from '../subjects/journal.ts';
import type { RequestKind, RequestState } from '../subjects/requests.ts';
import * as requests from '../subjects/requests.ts';
import type { Desk, DeskOptions, DeskReason } from './desk.ts';
import { type Action, type Journaled, readActions, residenceActions } from './operations.ts';
import { exceptionActions, rightActions } from './rights.ts';

/**
 * Whether an error is a refusal, after which nothing was done, as opposed to a failure on the way.
 */
const isRefusal = (error: unknown): boolean =>
  error instanceof PortabilityError &&
  /^ERR_(RIGHT|REQUEST|DOSSIER|ACCESS_REASON|DAY|ARGUMENT)/.test(error.code);

function checkSubscriber(subscriber: unknown): void {
  if (typeof subscriber === 'string' && subscriber !== '') return;
  throw portabilityError(DESK.subscriberEmpty);
}

/** Returns the context of one operation. The time is read once. */
function actOf({
  ledger,
  keyring,
  clock = systemClock,
  periods = {},
  waivers = [],
}: DeskOptions): Omit<Action, 'done'> {
  const time = clock();
  return { ledger, keyring, time, today: dayOf(time), periods, waivers };
}

/** Copies only the fields of the caller's reason that are checked, because the journal is kept. */
function checkedAccess(access: Partial<DeskReason> | null | undefined): DeskReason {
  const { reason, reference } = access ?? {};
  return { reason, ...(reference !== undefined && { reference }) } as DeskReason;
}

/**
 * Makes a journal entry for an operation, then runs it. If the operation is refused before anything
 * was done, a second entry says so, so that the person's export shows an attempt and not a
 * completed access. The caller receives the original error, also if the second entry fails.
 */
async function attempt<Result>(
  options: DeskOptions,
  access: Omit<Entry, 'agent' | 'time'>,
  work: (act: Action) => Promise<Result>,
): Promise<Result> {
  const { ledger, keyring, agent } = options;
  let isDone = false;
  const act: Action = {
    ...actOf(options),
    done: () => {
      isDone = true;
    },
  };
  const entry = { ...access, agent, time: act.time };
  const seq = await appendEntry(ledger.personRecords, keyring, entry);
  try {
    return await work(act);
  } catch (error) {
    const { reference: _, ...refused } = {
      ...entry,
      action: 'refused' as const,
      number: String(seq),
    };
    if (!isDone && isRefusal(error))
      await appendEntry(ledger.personRecords, keyring, refused).catch(() => undefined);
    throw error;
  }
}

/**
 * Operations on requests by number. The person is not known here, so the journal entry has the
 * number and no person.
 */
function requestActs(
  options: DeskOptions,
): Pick<Desk, 'extendRequest' | 'identifyRequest' | 'answerRequest'> {
  const { personRecords } = options.ledger;
  const noted = (
    id: string,
    access: DeskReason,
    change: (act: Action) => Promise<RequestState>,
  ): Promise<RequestState> =>
    attempt(
      options,
      { ...checkedAccess(access), action: 'request', number: requests.checkRequestId(id) },
      change,
    );
  return {
    extendRequest: async (id, access) =>
      noted(id, access, ({ today }) => requests.extendRequest(personRecords, id, today)),
    identifyRequest: async (id, access, step) =>
      noted(id, access, ({ today }) => requests.identifyRequest(personRecords, id, step, today)),
    answerRequest: async (id, access, outcome) =>
      noted(id, access, ({ today }) => requests.answerRequest(personRecords, id, outcome, today)),
  };
}

/**
 * Opens a desk on a ledger, its person records and a keyring. Gates may use the same store at the
 * same time. An invalid name of the agent is refused at the first operation (`ERR_ACCESS_REASON`).
 */
export function openDesk(options: DeskOptions): Desk {
  const { ledger, keyring } = options;
  const acting: Journaled =
    (action, work) =>
    async (subscriber, access, ...args) => {
      checkSubscriber(subscriber);
      return attempt(options, { ...checkedAccess(access), subscriber, action }, act =>
        work(act, { subscriber, pseudonym: keyring.personPseudonym(subscriber), access }, ...args),
      );
    };
  return {
    ...readActions(acting),
    ...residenceActions(acting),
    ...rightActions(acting),
    ...exceptionActions(acting),
    ...requestActs(options),
    openRequest: acting(
      'request',
      ({ today }, { pseudonym }, kind: RequestKind, received: string) =>
        requests.openRequest(ledger.personRecords, pseudonym, kind, received, today),
    ),
    requests: isOpen => requests.listRequests(ledger.personRecords, isOpen),
    holdsDue: async () => {
      const { today } = actOf(options);
      const holds = await ledger.personRecords.read('holds');
      return holds
        .filter(({ review }) => review <= today)
        .map(({ since, review, why }) => ({ since, review, reason: why }));
    },
    overdue: () => countOverdue(ledger, actOf(options).today),
  };
}
