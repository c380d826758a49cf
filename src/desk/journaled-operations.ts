/**
 * Implements the desk operations that read or write a person's data: standing, calendar, export and
 * dossier events.
 */

import { portabilityError } from '../errors.ts';
import { type Dossier, type DossierEvent, parseEvent } from '../law/dossier.ts';
import { addEvent, removeEvent, type StandingOn, standingAt } from '../law/standing.ts';
import * as DESK from '../messages/desk.ts';
import type { PrivacyNotice } from '../recording/privacy-notice.ts';
import { readAsItStood } from '../subjects/as-it-stood.ts';
import { changeDossier, dossierOf, heldEventsOf, holdDossier } from '../subjects/dossier-store.ts';
import type { JournalAction } from '../subjects/journal.ts';
import { recordNumber } from '../subjects/record-number.ts';
import { settleRequests } from '../subjects/requests.ts';
import { listPending, type SecondAgentOperation } from '../subjects/second-agent.ts';
import type { SubjectContext } from '../subjects/segregated-cards.ts';
import { cardKeysOf, readDays, readSubjectData } from '../subjects/subject-data.ts';
import type { Desk, DeskReason, ShowMoment, SubscriberView } from './desk.ts';
import { exportOf, type Periods, type SubscriberExport } from './export.ts';

/** The context of one operation. */
export interface DeskContext extends SubjectContext {
  /** UTC day, `YYYY-MM-DD`. */
  readonly today: string;
  readonly periods: Periods;
  readonly notice: PrivacyNotice;
  readonly waivers: readonly DossierEvent[];
  /** Number of the operation's journal entry. */
  readonly entry: number;
  /** Name of the agent. */
  readonly agent: string;
  /** Operations that need the confirmation of a second agent. */
  readonly secondAgent: readonly SecondAgentOperation[];
  /** Enters in the journal that the operation was proposed to a second agent, and not done. */
  proposed(): Promise<void>;
  /**
   * Marks the operation as done. An error after this call is not entered in the journal as a
   * refusal.
   */
  done(): void;
}

/** The subject of an operation, and the reason for it. */
export interface Subject {
  readonly subscriber: string;
  /** Pseudonym of the subscriber in the person records. */
  readonly pseudonym: string;
  readonly access: DeskReason;
}

/**
 * Wraps an operation as a method of the desk that makes a journal entry first and then runs the
 * operation.
 */
export type Journaled = <Args extends readonly unknown[], Result>(
  action: JournalAction,
  work: (act: DeskContext, subject: Subject, ...args: Args) => Promise<Result>,
) => (subscriber: string, access: DeskReason, ...args: Args) => Promise<Result>;

export const readActions = (
  acting: Journaled,
): Pick<Desk, 'show' | 'calendar' | 'export' | 'extent'> => ({
  show: acting('show', show),
  calendar: acting('calendar', async ({ ledger, keyring }, { subscriber, pseudonym }) => {
    if ((await ledger.personRecords.read('restrictions', { pseudonym })).length > 0)
      throw portabilityError(DESK.restricted);
    const { months, readable, destroyed } = await readDays(ledger, keyring, subscriber);
    return { months, readable, destroyed };
  }),
  export: acting('export', exportFile),
  extent: acting('show', async ({ ledger, keyring }, { subscriber }) => {
    const apart = await ledger.personRecords.read('apart', {
      pseudonym: keyring.holdPseudonym(subscriber),
    });
    const cards = await ledger.cards(await cardKeysOf(ledger, keyring, subscriber));
    const heldMonths = apart.filter(({ why }) => why === 'hold').length;
    return { cards: cards.length + apart.length - heldMonths, heldMonths };
  }),
});

/** Shows the records of a person as they are, or as they stood at an earlier moment. */
async function show(
  { ledger, keyring, time, today, waivers }: DeskContext,
  { subscriber, pseudonym }: Subject,
  { at }: ShowMoment = {},
): Promise<SubscriberView> {
  const data = await readSubjectData(ledger, keyring, subscriber);
  const { dossier: row, heldDossier, journal: _, proposals: __, ...rest } = data;
  const heldEvents = heldEventsOf(heldDossier).length;
  const held = await ledger.personRecords.read('apart', {
    pseudonym: keyring.holdPseudonym(subscriber),
    why: 'hold',
  });
  const pending = await listPending(ledger.personRecords, today, { pseudonym });
  const numbers = {
    dossier: recordNumber('D', pseudonym),
    hold: recordNumber('H', keyring.holdPseudonym(subscriber)),
  };
  const dossier = dossierOf(row);
  const then =
    at === undefined
      ? { dossier, standing: standingAt(dossier, today, waivers) }
      : await readAsItStood(ledger, data, { at, now: time, waivers });
  return {
    ...rest,
    reference: row?.reference ?? '',
    heldMonths: held.length,
    heldEvents,
    numbers,
    pending,
    ...then,
  };
}

type Deliver = (file: SubscriberExport) => Promise<void>;

async function exportFile(
  act: DeskContext,
  { subscriber, pseudonym, access }: Subject,
  deliver?: Deliver,
): Promise<SubscriberExport> {
  const { ledger, keyring, time, today, periods, waivers, notice } = act;
  const [matched] = /^(access|portability)(?=-request$)/.exec(access.reason) ?? [];
  const kind = matched as 'access' | 'portability' | undefined;
  const personal = await readSubjectData(ledger, keyring, subscriber);
  if (personal.restriction !== undefined && kind === undefined)
    throw portabilityError(DESK.restrictedExport);
  const file = exportOf(
    { ...personal, ...(await readDays(ledger, keyring, subscriber)) },
    { time, periods, waivers, notice, answering: kind },
  );
  await deliver?.(file);
  act.done();
  if (kind !== undefined)
    await settleRequests(ledger.personRecords, pseudonym, kind, 'granted', today, access.reference);
  return file;
}

/**
 * Changes a dossier. Under a legal hold, the copy keeps the events of before and after: an event
 * that is taken out of the dossier stays in it.
 */
async function edit(
  act: DeskContext,
  { subscriber, pseudonym, access }: Subject,
  change: (dossier: Dossier) => Dossier,
): Promise<StandingOn> {
  const { ledger, keyring, today, waivers } = act;
  const [hold] = await ledger.personRecords.read('holds', {
    pseudonym: keyring.holdPseudonym(subscriber),
  });
  const keep = async (): Promise<void> => {
    if (hold !== undefined) await holdDossier(ledger, keyring, subscriber, today);
  };
  await keep();
  const dossier = await changeDossier(ledger, pseudonym, today, change, {
    reference: access.reference,
  });
  await keep();
  return standingAt(dossier, today, waivers);
}

export const residenceActions = (acting: Journaled): Pick<Desk, 'record' | 'undo'> => ({
  record: acting('event', (act, subject, event: DossierEvent) => {
    const parsed = parseEvent(event);
    return edit(act, subject, dossier => addEvent(dossier, parsed));
  }),
  undo: acting('undo-event', async (act, subject, index: number) => {
    let removed: DossierEvent | undefined;
    const standing = await edit(act, subject, dossier => {
      removed = dossier.events[index];
      return removeEvent(dossier, index);
    });
    return { removed: removed!, standing };
  }),
});
