/**
 * Carries out the rights of a person at the desk: restriction, objection, rectification, erasure,
 * legal hold, directives and exceptions. Each answers the requests that it settles.
 */

import { isCalendarDay } from '../days.ts';
import { portabilityError } from '../errors.ts';
import { isInForce } from '../law/standing.ts';
import type { DayBits, Side } from '../ledger/card.ts';
import { digestOf } from '../ledger/ledger.ts';
import {
  accessesText,
  type PersonRecords,
  parseAccesses,
  type RestrictionRow,
  type SegregatedCardRow,
  type SingleAccess,
  UPHELD,
} from '../ledger/person-records.ts';
import * as DESK from '../messages/desk.ts';
import { oneOf } from '../messages/localised-text.ts';
import * as SUBJECTS from '../messages/subjects.ts';
import { retry } from '../retry.ts';
import { dossierOf, holdDossier } from '../subjects/dossier-store.ts';
import { checkErasable, erase as eraseHeld } from '../subjects/erasure.ts';
import { type ExceptionReason, grantException, revokeException } from '../subjects/exceptions.ts';
import { checkReference } from '../subjects/journal.ts';
import {
  answerRequest,
  type RequestKind,
  type RequestOutcome,
  requestsToSettle,
  settleRequests,
} from '../subjects/requests.ts';
import { whileErasing } from '../subjects/restore-erasures.ts';
import {
  isConfirmation,
  type PendingOperation,
  propose,
  type SecondAgentOperation,
} from '../subjects/second-agent.ts';
import { changeSegregated, segregate, todayOf } from '../subjects/segregated-cards.ts';
import { cardKeysOf, isKnown } from '../subjects/subject-data.ts';
import type { Desk, Erased, EraseOptions, Proposed, Released } from './desk.ts';
import type { DeskContext, Journaled, Subject } from './journaled-operations.ts';

/**
 * Reason for a restriction: the person's request (Art. 18 GDPR), or an objection under examination
 * (Art. 18(1)(d), 21).
 */
export type RestrictionReason = (typeof RESTRICTION_REASONS)[number];
/** All reasons for a restriction. */
export const RESTRICTION_REASONS = ['restriction', 'objection'] as const;
/** A restriction and an objection at the same time. */
const BOTH_REASONS = 'restriction-and-objection';

/**
 * Reason for a legal hold. A hold keeps copies of cards beyond their retention (Art. 17(3)(e)
 * GDPR).
 */
export type HoldReason = (typeof HOLD_REASONS)[number];
/** All reasons for a legal hold. */
export const HOLD_REASONS = ['legal-claim', 'authority-order', 'abuse-inquiry'] as const;

/**
 * What happens to the person's data after death, by the person's directive; never beyond retention.
 */
export type DirectiveChoice = (typeof DIRECTIVE_CHOICES)[number];
/** All choices of a directive. */
export const DIRECTIVE_CHOICES = ['erase', 'communicate', 'keep'] as const;

/** Marks the operation as done and answers the requests that it settles. */
function settle(
  act: DeskContext,
  { pseudonym, access }: Subject,
  kind: RequestKind,
  outcome: RequestOutcome,
): Promise<void> {
  act.done();
  const { personRecords } = act.ledger;
  return settleRequests(personRecords, pseudonym, kind, outcome, act.today, access.reference);
}

const known = async ({ ledger, keyring }: DeskContext, { subscriber }: Subject) => ({
  isKnown: await isKnown(ledger, keyring, subscriber),
});

/** Combines the reason on record with a further one. An upheld objection is not weakened. */
function combined(before: string | undefined, reason: RestrictionReason): string {
  if (before === undefined || before === reason) return reason;
  return before === UPHELD ? before : BOTH_REASONS;
}

/** Adds a reason to the restriction that was read, and tries again if another writer was faster. */
const addReason = (
  personRecords: PersonRecords,
  row: RestrictionRow & { readonly ground: RestrictionReason },
): Promise<true> =>
  retry(async () => {
    const [before] = await personRecords.read('restrictions', { pseudonym: row.pseudonym });
    const ground = combined(before?.ground, row.ground);
    if (before?.ground === ground) return true;
    const isWritten =
      before === undefined
        ? await personRecords.add('restrictions', row)
        : await personRecords.change('restrictions', before, { ...before, ground });
    return isWritten || undefined;
  }, SUBJECTS.restrictionBusy);

/**
 * Restricts the processing of a person's data at once. From the next request on, nothing new is
 * recorded in any gate on the same person records, and past cards are segregated from every read
 * except the person's own export. Their retention continues. Safe to repeat.
 * @throws PortabilityError `ERR_RIGHT` if the reason is invalid, `ERR_LEDGER_BUSY` if other writers
 * were faster each time
 */
async function restrict(act: DeskContext, subject: Subject, reason: RestrictionReason) {
  if (!RESTRICTION_REASONS.includes(reason))
    throw portabilityError(SUBJECTS.restrictionReason, {}, { words: oneOf(RESTRICTION_REASONS) });
  const { ledger, keyring } = act;
  const { subscriber, pseudonym, access } = subject;
  const today = todayOf(act);
  const before = await known(act, subject);
  await addReason(ledger.personRecords, { pseudonym, since: today, ground: reason });
  const keys = await cardKeysOf(ledger, keyring, subscriber);
  const cards = await ledger.cards(keys);
  await segregate(act, subscriber, 'restriction', cards, await ledger.accesses(keys));
  await whileErasing(ledger, keyring, async () => {
    await keyring.addTombstones(
      keys.map(key => ({ month: key.month, digest: digestOf(key.pseudonym), through: today })),
    );
    await ledger.erase(keys, today);
  });
  act.done();
  if (reason === 'restriction') await settle(act, subject, 'restriction', 'granted');
  // An objection stays open until it is upheld or rejected.
  else
    await requestsToSettle(
      ledger.personRecords,
      pseudonym,
      'objection',
      act.today,
      access.reference,
    );
  return before;
}

/**
 * Ends a restriction: recording continues, and segregated data can be read again until their
 * retention ends. If an objection was combined with a restriction at the person's request, that
 * restriction stays.
 * @throws PortabilityError `ERR_RIGHT` if the restriction was changed in the meantime
 */
async function lift(act: DeskContext, subject: Subject, rejection?: RequestOutcome): Promise<void> {
  const { personRecords } = act.ledger;
  const [row] = await personRecords.read('restrictions', { pseudonym: subject.pseudonym });
  if (row === undefined) throw portabilityError(DESK.restrictionMissing);
  if (row.ground === UPHELD && rejection !== 'withdrawn')
    throw portabilityError(DESK.objectionUpheld);
  const isObjection = row.ground === 'objection' || row.ground === BOTH_REASONS;
  if (isObjection && rejection !== 'withdrawn' && !rejection?.startsWith('refused-'))
    throw portabilityError(DESK.objectionReason);
  const isLifted =
    row.ground === BOTH_REASONS
      ? await personRecords.change('restrictions', row, { ...row, ground: 'restriction' })
      : (await personRecords.remove('restrictions', row)) > 0;
  if (!isLifted) throw portabilityError(SUBJECTS.restrictionChanged);
  if (isObjection) await settle(act, subject, 'objection', rejection!);
}

/**
 * Clears a day bit that was shown to be wrong, permanently and wherever it is stored. A copy under
 * a legal hold is not changed.
 * @param day UTC, of a month that has a key, not after today
 * @throws PortabilityError `ERR_RIGHT` if side or day is invalid, the month has no key, or the bit
 * is not set
 */
async function rectify(act: DeskContext, subject: Subject, day: string, side: Side): Promise<void> {
  if (side !== 'home' && side !== 'outside') throw portabilityError(SUBJECTS.sideInvalid);
  if (!isCalendarDay(day) || day > todayOf(act)) throw portabilityError(SUBJECTS.correctionDay);
  const { ledger, keyring } = act;
  const { subscriber } = subject;
  const month = day.slice(0, 7);
  const key = (await cardKeysOf(ledger, keyring, subscriber)).find(each => each.month === month);
  if (key === undefined) throw portabilityError(SUBJECTS.correctionNoKey);
  const bit = 1 << (Number(day.slice(8)) - 1);
  const pseudonym = keyring.holdPseudonym(subscriber);
  const [row] = await ledger.personRecords.read('apart', { pseudonym, month, why: 'restriction' });
  const [card] = await ledger.cards([key]);
  const marked =
    side === 'home'
      ? (card?.homeDays ?? 0) | (row?.home ?? 0)
      : (card?.outsideDays ?? 0) | (row?.outside ?? 0);
  if ((marked & bit) === 0) throw portabilityError(SUBJECTS.correctionNothing);
  const bits =
    side === 'home' ? { homeDays: bit, outsideDays: 0 } : { homeDays: 0, outsideDays: bit };
  await whileErasing(ledger, keyring, async () => {
    await keyring.addTombstones([{ month, digest: digestOf(key.pseudonym), through: '', ...bits }]);
    await ledger.clear(key, bits);
  });
  if (row !== undefined) await clearSegregated(act, row, day, side, bits);
  await settle(act, subject, 'rectification', 'granted');
}

/** Clears the bits of a day, and the accesses of that day, in a segregated card. */
function clearSegregated(
  act: DeskContext,
  row: SegregatedCardRow,
  day: string,
  side: Side,
  bits: DayBits,
): Promise<void> {
  const isLeft = ({ at, fromHome }: SingleAccess): boolean =>
    fromHome !== (side === 'home') || new Date(at * 1000).toISOString().slice(0, 10) !== day;
  return changeSegregated(act, row, now => ({
    ...now,
    home: now.home & ~bits.homeDays,
    outside: now.outside & ~bits.outsideDays,
    accesses: accessesText(parseAccesses(now.accesses).filter(isLeft)),
  }));
}

/**
 * Returns `undefined` if the operation may be carried out: no second agent is required, or another
 * agent proposed it with the same options. Otherwise the call becomes the proposal.
 */
async function pendingUntilConfirmed(
  act: DeskContext,
  { pseudonym, access }: Subject,
  operation: SecondAgentOperation,
  options: Readonly<Record<string, boolean>> = {},
): Promise<PendingOperation | undefined> {
  if (!act.secondAgent.includes(operation)) return undefined;
  const { personRecords } = act.ledger;
  const asked = {
    pseudonym,
    operation,
    options: Object.keys(options)
      .filter(name => options[name])
      .join(' '),
    agent: act.agent,
    reference: access.reference ?? '',
  };
  if (await isConfirmation(personRecords, asked, act.today)) return undefined;
  await act.proposed();
  return propose(personRecords, asked, act.today);
}

async function erase(
  act: DeskContext,
  subject: Subject,
  { evenDossier = false, objectionUpheld = false }: EraseOptions = {},
): Promise<Erased | Proposed> {
  const { personRecords } = act.ledger;
  const before = await known(act, subject);
  const kind = objectionUpheld ? 'objection' : 'erasure';
  // The request is on record even if a legal hold bars the erasure, so that it is worked off.
  const requests = await requestsToSettle(
    personRecords,
    subject.pseudonym,
    kind,
    act.today,
    subject.access.reference,
  );
  await checkErasable(act, subject.subscriber);
  const options = { evenDossier, objectionUpheld };
  const pending = await pendingUntilConfirmed(act, subject, 'erase', options);
  if (pending !== undefined) return { ...before, pending };
  const [dossier] = await personRecords.read('dossiers', { pseudonym: subject.pseudonym });
  const isDossierKept = !evenDossier && isInForce(dossierOf(dossier), act.today);
  const cards = await eraseHeld(act, subject.subscriber, {
    keepsDossier: isDossierKept,
    objectionUpheld,
  });
  act.done();
  const outcome = isDossierKept ? 'granted-in-part' : 'granted';
  for (const id of requests) await answerRequest(personRecords, id, outcome, act.today);
  return { ...before, cards, isDossierKept };
}

/**
 * Puts the cards and the dossier that exist today under a legal hold, and returns the number of
 * months held. They are copied under the hold key, so that retention continues for all others and
 * the keys of their months are destroyed on time. To add later cards, hold again. A hold ends when
 * it is released; after its review day it is listed as due.
 * @param review UTC day, after today
 * @throws PortabilityError `ERR_RIGHT` if the reason or the review day is invalid
 */
async function hold(act: DeskContext, subject: Subject, why: HoldReason, review: string) {
  const { ledger, keyring } = act;
  const { subscriber, access } = subject;
  const today = todayOf(act);
  if (!HOLD_REASONS.includes(why))
    throw portabilityError(SUBJECTS.holdReason, {}, { words: oneOf(HOLD_REASONS) });
  if (!isCalendarDay(review) || review <= today) throw portabilityError(SUBJECTS.holdReview);
  const before = await known(act, subject);
  const pseudonym = keyring.holdPseudonym(subscriber);
  const [earlier] = await ledger.personRecords.read('holds', { pseudonym });
  const reference = access.reference || (earlier?.reference ?? '');
  await ledger.personRecords.put('holds', { pseudonym, since: today, review, why, reference });
  // A release that was proposed before concerned the hold as it was.
  await ledger.personRecords.remove('proposals', {
    pseudonym: subject.pseudonym,
    operation: 'release',
  });
  await holdDossier(ledger, keyring, subscriber, today);
  const keys = await cardKeysOf(ledger, keyring, subscriber);
  await segregate(act, subscriber, 'hold', await ledger.cards(keys), await ledger.accesses(keys));
  for (const row of await ledger.personRecords.read('apart', { pseudonym, why: 'restriction' })) {
    const days = { month: row.month, homeDays: row.home, outsideDays: row.outside };
    await segregate(
      act,
      subscriber,
      'hold',
      [days],
      parseAccesses(row.accesses).map(each => ({ ...each, month: row.month })),
    );
  }
  const held = await ledger.personRecords.read('apart', { pseudonym, why: 'hold' });
  return { ...before, months: held.length };
}

/** Releases a hold and removes its copies. */
async function release(act: DeskContext, subject: Subject): Promise<Released> {
  const { personRecords } = act.ledger;
  const pseudonym = act.keyring.holdPseudonym(subject.subscriber);
  const [held] = await personRecords.read('holds', { pseudonym });
  const pending = held && (await pendingUntilConfirmed(act, subject, 'release'));
  if (pending !== undefined) return { pending };
  await personRecords.remove('apart', { pseudonym, why: 'hold' });
  await personRecords.remove('dossiers', { pseudonym });
  if ((await personRecords.remove('holds', { pseudonym })) === 0)
    throw portabilityError(DESK.holdMissing);
  act.done();
  await personRecords.remove('proposals', { pseudonym: subject.pseudonym, operation: 'release' });
  return {};
}

/**
 * Records a directive for after death, which replaces an earlier one.
 * @param designated reference to the file on the designated person; required for `communicate`
 * @throws PortabilityError `ERR_RIGHT` if the choice is invalid or `designated` is missing,
 * `ERR_ACCESS_REASON` if the reference is invalid
 */
async function direct(
  act: DeskContext,
  subject: Subject,
  choice: DirectiveChoice,
  designated = '',
): Promise<void> {
  if (!DIRECTIVE_CHOICES.includes(choice))
    throw portabilityError(SUBJECTS.directiveChoice, {}, { words: oneOf(DIRECTIVE_CHOICES) });
  checkReference(designated, subject.subscriber);
  if (choice === 'communicate' && designated === '')
    throw portabilityError(SUBJECTS.directiveDesignated);
  const { pseudonym } = subject;
  const row = { pseudonym, choice, designated, since: todayOf(act) };
  await act.ledger.personRecords.put('directives', row);
  await settle(act, subject, 'directive', 'granted');
}

/** Revokes a directive. */
async function revoke({ ledger }: DeskContext, { pseudonym }: Subject): Promise<void> {
  if ((await ledger.personRecords.remove('directives', { pseudonym })) === 0)
    throw portabilityError(DESK.directiveMissing);
}

async function revokeGranted(act: DeskContext, { subscriber }: Subject): Promise<void> {
  if (!(await revokeException(act, subscriber))) throw portabilityError(DESK.exceptionMissing);
}

export const exceptionActions = (acting: Journaled): Pick<Desk, 'except' | 'revokeException'> => ({
  except: acting('exception', async (act, subject, reason: ExceptionReason, until: string) => {
    const before = await known(act, subject);
    await grantException(act, subject.subscriber, reason, until);
    return before;
  }),
  revokeException: acting('revoke-exception', revokeGranted),
});

export const rightActions = (
  acting: Journaled,
): Pick<
  Desk,
  'restrict' | 'lift' | 'erase' | 'dispute' | 'hold' | 'release' | 'direct' | 'revokeDirective'
> => ({
  restrict: acting('restrict', restrict),
  lift: acting('lift', lift),
  erase: acting('erase', erase),
  dispute: acting('dispute', rectify),
  hold: acting('hold', hold),
  release: acting('release', release),
  direct: acting('directive', direct),
  revokeDirective: acting('directive', revoke),
});
