/** How is a desk opened? Its acts, each noted in the journal before it is done. */
import { systemClock } from '../clock.ts';
import { dayOf } from '../day.ts';
import { PortabilityError } from '../errors.ts';
import { note } from '../evidence/journal.ts';
import type { RequestKind, RequestState } from '../evidence/requests.ts';
import * as requests from '../evidence/requests.ts';
import { countOverdue } from '../gate/dossiers.ts';
import { type Act, type Acting, readings, residence } from './acts.ts';
import type { Desk, DeskOptions, Why } from './desk.ts';
import { exceptions, exercises } from './rights.ts';

/** Whether nothing was done because it is not possible, as opposed to something that broke on the way. */
const isRefusal = (error: unknown): boolean =>
  error instanceof PortabilityError && /^ERR_(RIGHT|REQUEST|DOSSIER|ERRAND|DAY|ARGUMENT)/.test(error.code);

function checkSubscriber(subscriber: unknown): void {
  if (typeof subscriber === 'string' && subscriber !== '') return;
  throw new PortabilityError('ERR_ARGUMENT', 'a subscriber is a text that is not empty');
}

/** What one act has at hand: its time is read once. */
function actOf({ ledger, keyring, clock = systemClock, periods = {}, waivers = [] }: DeskOptions): Act {
  const time = clock();
  return { ledger, keyring, time, today: dayOf(time), periods, waivers };
}

/** Requests by their number: whose they are is not known here, so the journal notes the number and no person. */
function requestActs(options: DeskOptions): Pick<Desk, 'extendRequest' | 'identifyRequest' | 'answerRequest'> {
  const { ledger, keyring, operator } = options;
  const noted = async (
    id: string,
    why: Why,
    change: (today: string) => Promise<RequestState>,
  ): Promise<RequestState> => {
    const { time, today } = actOf(options);
    await note(ledger.register, keyring, {
      ...why,
      reference: [requests.checkRequestId(id), why?.reference].filter(part => part !== undefined).join('/'),
      operator,
      action: 'request',
      time,
    });
    return change(today);
  };
  const { register } = ledger;
  return {
    extendRequest: (id, why) => noted(id, why, today => requests.extendRequest(register, id, today)),
    identifyRequest: (id, why, step) => noted(id, why, today => requests.identifyRequest(register, id, step, today)),
    answerRequest: (id, why, outcome) => noted(id, why, today => requests.answerRequest(register, id, outcome, today)),
  };
}

/**
 * Opens a desk on a ledger with its register and a keyring. The same store may be used by gates at the same time.
 * An operator without a name is refused at the first act (`ERR_ERRAND`).
 */
export function openDesk(options: DeskOptions): Desk {
  const { ledger, keyring, operator } = options;
  const acting: Acting =
    (action, work) =>
    async (subscriber, why, ...args) => {
      checkSubscriber(subscriber);
      const act = actOf(options);
      const entry = { ...why, operator, subscriber, time: act.time };
      const seq = await note(ledger.register, keyring, { ...entry, action });
      const whom = { subscriber, pseudonym: keyring.registerPseudonym(subscriber), why };
      return work(act, whom, ...args).catch(async error => {
        // The person is told of an attempt, not of something that was not done.
        if (isRefusal(error))
          await note(ledger.register, keyring, { ...entry, action: 'refused', reference: String(seq) });
        throw error;
      });
    };
  return {
    ...readings(acting),
    ...residence(acting),
    ...exercises(acting),
    ...exceptions(acting),
    ...requestActs(options),
    openRequest: acting('request', ({ today }, { pseudonym }, kind: RequestKind, received: string) =>
      requests.openRequest(ledger.register, pseudonym, kind, received, today),
    ),
    requests: isOpen => requests.listRequests(ledger.register, isOpen),
    holdsDue: async () => {
      const { today } = actOf(options);
      const holds = await ledger.register.read('holds');
      return holds.filter(({ review }) => review <= today).map(({ since, review, why }) => ({ since, review, why }));
    },
    overdue: () => countOverdue(ledger, actOf(options).today),
  };
}
