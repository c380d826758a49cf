/**
 * Carries out the rights of a person on the stored data: restriction, objection, rectification,
 * legal hold and directives.
 */

import { isCalendarDay } from '../days.ts';
import { portabilityError } from '../errors.ts';
import type { Side } from '../ledger/card.ts';
import { digestOf } from '../ledger/ledger.ts';
import {
  accessesText,
  type PersonRecords,
  parseAccesses,
  type RestrictionRow,
  type SingleAccess,
  UPHELD,
} from '../ledger/person-records.ts';
import { oneOf } from '../messages/localised-text.ts';
import * as SUBJECTS from '../messages/subjects.ts';
import { retry } from '../retry.ts';
import { holdDossier } from './dossier-store.ts';
import { checkReference } from './journal.ts';
import { changeSegregated, type SubjectContext, segregate, todayOf } from './segregated-cards.ts';
import { cardKeysOf } from './subject-data.ts';

/**
 * Reason for a restriction: the person's request (Art. 18 GDPR), or an objection under examination
 * (Art. 18(1)(d), 21).
 */
export type RestrictionReason = (typeof RESTRICTION_REASONS)[number];
/** All reasons for a restriction. */
export const RESTRICTION_REASONS = ['restriction', 'objection'] as const;
/** A restriction and an objection at the same time. */
export const BOTH_REASONS = 'restriction-and-objection';

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
export async function restrict(
  place: SubjectContext,
  subscriber: string,
  reason: RestrictionReason,
): Promise<void> {
  if (!RESTRICTION_REASONS.includes(reason))
    throw portabilityError(SUBJECTS.restrictionReason, {}, { words: oneOf(RESTRICTION_REASONS) });
  const { ledger, keyring } = place;
  const today = todayOf(place);
  const pseudonym = keyring.personPseudonym(subscriber);
  await addReason(ledger.personRecords, { pseudonym, since: today, ground: reason });
  const keys = await cardKeysOf(ledger, keyring, subscriber);
  await segregate(
    place,
    subscriber,
    'restriction',
    await ledger.cards(keys),
    await ledger.accesses(keys),
  );
  await keyring.addTombstones(
    keys.map(key => ({ month: key.month, digest: digestOf(key.pseudonym), through: today })),
  );
  await ledger.erase(keys, today);
}

/**
 * Ends a restriction: recording continues, and segregated data can be read again until their
 * retention ends. If an objection was combined with a restriction at the person's request, that
 * restriction stays.
 * @throws PortabilityError `ERR_RIGHT` if the restriction was changed in the meantime
 */
export async function lift({ ledger }: SubjectContext, row: RestrictionRow): Promise<void> {
  const isLifted =
    row.ground === BOTH_REASONS
      ? await ledger.personRecords.change('restrictions', row, { ...row, ground: 'restriction' })
      : (await ledger.personRecords.remove('restrictions', row)) > 0;
  if (!isLifted) throw portabilityError(SUBJECTS.restrictionChanged);
}

/**
 * Clears a day bit that was shown to be wrong, permanently and wherever it is stored. A copy under
 * a legal hold is not changed.
 * @param day UTC, of a month that has a key, not after today
 * @throws PortabilityError `ERR_RIGHT` if side or day is invalid, the month has no key, or the bit
 * is not set
 */
export async function correct(
  place: SubjectContext,
  subscriber: string,
  day: string,
  side: Side,
): Promise<void> {
  if (side !== 'home' && side !== 'outside') throw portabilityError(SUBJECTS.sideInvalid);
  if (!isCalendarDay(day) || day > todayOf(place)) throw portabilityError(SUBJECTS.correctionDay);
  const { ledger, keyring } = place;
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
  await keyring.addTombstones([{ month, digest: digestOf(key.pseudonym), through: '', ...bits }]);
  await ledger.clear(key, bits);
  if (row === undefined) return;
  const isLeft = ({ at, fromHome }: SingleAccess): boolean =>
    fromHome !== (side === 'home') || new Date(at * 1000).toISOString().slice(0, 10) !== day;
  await changeSegregated(place, row, now => ({
    ...now,
    home: now.home & ~bits.homeDays,
    outside: now.outside & ~bits.outsideDays,
    accesses: accessesText(parseAccesses(now.accesses).filter(isLeft)),
  }));
}

/**
 * Puts the cards and the dossier that exist today under a legal hold, and returns the number of
 * months held. They are copied under the hold key, so that retention continues for all others and the keys of their
 * months are destroyed on time. To add later cards, hold again. A hold ends when it is released;
 * after its review day it is listed as due.
 * @param review UTC day, after today
 * @throws PortabilityError `ERR_RIGHT` if the reason or the review day is invalid
 */
export async function hold(
  place: SubjectContext,
  subscriber: string,
  why: HoldReason,
  review: string,
): Promise<number> {
  const { ledger, keyring } = place;
  const today = todayOf(place);
  if (!HOLD_REASONS.includes(why))
    throw portabilityError(SUBJECTS.holdReason, {}, { words: oneOf(HOLD_REASONS) });
  if (!isCalendarDay(review) || review <= today) throw portabilityError(SUBJECTS.holdReview);
  const pseudonym = keyring.holdPseudonym(subscriber);
  await ledger.personRecords.put('holds', { pseudonym, since: today, review, why });
  await holdDossier(ledger, keyring, subscriber, today);
  const keys = await cardKeysOf(ledger, keyring, subscriber);
  await segregate(place, subscriber, 'hold', await ledger.cards(keys), await ledger.accesses(keys));
  for (const row of await ledger.personRecords.read('apart', { pseudonym, why: 'restriction' })) {
    const days = { month: row.month, homeDays: row.home, outsideDays: row.outside };
    await segregate(
      place,
      subscriber,
      'hold',
      [days],
      parseAccesses(row.accesses).map(each => ({ ...each, month: row.month })),
    );
  }
  return (await ledger.personRecords.read('apart', { pseudonym, why: 'hold' })).length;
}

/** Releases a hold and removes its copies. Returns `false` if there is none. */
export async function release(
  { ledger, keyring }: SubjectContext,
  subscriber: string,
): Promise<boolean> {
  const pseudonym = keyring.holdPseudonym(subscriber);
  await ledger.personRecords.remove('apart', { pseudonym, why: 'hold' });
  await ledger.personRecords.remove('dossiers', { pseudonym });
  return (await ledger.personRecords.remove('holds', { pseudonym })) > 0;
}

/**
 * Records a directive for after death, which replaces an earlier one.
 * @param designated reference to the file on the designated person; required for `communicate`
 * @throws PortabilityError `ERR_RIGHT` if the choice is invalid or `designated` is missing,
 * `ERR_ACCESS_REASON` if the reference is invalid
 */
export async function direct(
  place: SubjectContext,
  subscriber: string,
  choice: DirectiveChoice,
  designated = '',
): Promise<void> {
  if (!DIRECTIVE_CHOICES.includes(choice))
    throw portabilityError(SUBJECTS.directiveChoice, {}, { words: oneOf(DIRECTIVE_CHOICES) });
  checkReference(designated, subscriber);
  if (choice === 'communicate' && designated === '')
    throw portabilityError(SUBJECTS.directiveDesignated);
  const pseudonym = place.keyring.personPseudonym(subscriber);
  await place.ledger.personRecords.put('directives', {
    pseudonym,
    choice,
    designated,
    since: todayOf(place),
  });
}

/** Revokes a directive. Returns `false` if there is none. */
export async function revoke(
  { ledger, keyring }: SubjectContext,
  subscriber: string,
): Promise<boolean> {
  return (
    (await ledger.personRecords.remove('directives', {
      pseudonym: keyring.personPseudonym(subscriber),
    })) > 0
  );
}
