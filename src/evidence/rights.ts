/** How are the rights of a person carried out on what is held? Restriction, objection, erasure, rectification, hold, directives. */
import { isCalendarDay } from '../day.ts';
import { PortabilityError } from '../errors.ts';
import { type Side, utcDay } from './card.ts';
import { cardKeysOf, type MonthDays } from './holdings.ts';
import { checkReference } from './journal.ts';
import { digestOf, type Ledger, type Mark, REGISTER_MARK } from './ledger.ts';
import type { Keyring } from './pseudonyms.ts';
import { type ApartRow, accessesText, parseAccesses, type SingleAccess } from './register.ts';
import { eraseCards } from './retention.ts';

/** Where a person's data are, and the time. */
export interface Place {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** Restriction at the person's request (Art. 18 GDPR), or while an objection is examined (Art. 18(1)(d), 21). */
export type RestrictionGround = (typeof RESTRICTION_GROUNDS)[number];
export const RESTRICTION_GROUNDS = ['restriction', 'objection'] as const;

/** Why cards are held although their time ends (Art. 17(3)(e) GDPR). */
export type HoldReason = (typeof HOLD_REASONS)[number];
export const HOLD_REASONS = ['legal-claim', 'authority-order', 'abuse-inquiry'] as const;

/** What a person wants done with the data after death; never beyond retention. */
export type DirectiveChoice = (typeof DIRECTIVE_CHOICES)[number];
export const DIRECTIVE_CHOICES = ['erase', 'communicate', 'keep'] as const;

const refusal = (message: string): PortabilityError => new PortabilityError('ERR_RIGHT', message);

function todayOf({ time }: Place): string {
  const today = utcDay(time);
  if (today === undefined) throw new PortabilityError('ERR_EVIDENCE_OPTION', 'the clock tells no day');
  return today.day;
}

/** Puts cards into the rows apart, beside what is there already. */
async function setApart(
  place: Place,
  subscriber: string,
  why: ApartRow['why'],
  months: readonly MonthDays[],
  accesses: readonly (SingleAccess & { month: string })[],
) {
  const { register } = place.ledger;
  const pseudonym = place.keyring.holdPseudonym(subscriber);
  for (const month of new Set([...months, ...accesses].map(each => each.month))) {
    const [before] = await register.read('apart', { pseudonym, month, why });
    const card = months.find(each => each.month === month);
    const single = [...parseAccesses(before?.accesses ?? '[]'), ...accesses.filter(each => each.month === month)];
    await register.put('apart', {
      pseudonym,
      month,
      why,
      home: (before?.home ?? 0) | (card?.homeDays ?? 0),
      outside: (before?.outside ?? 0) | (card?.outsideDays ?? 0),
      accesses: accessesText(single),
      since: todayOf(place),
    });
  }
}

/**
 * Restricts at once: nothing new is recorded from the next request on, in any gate on this register, and past cards are set aside from every
 * read but the person's own export. Their time goes on. Safe to repeat.
 */
export async function restrict(place: Place, subscriber: string, ground: RestrictionGround): Promise<void> {
  if (!RESTRICTION_GROUNDS.includes(ground))
    throw refusal(`a restriction rests on ${RESTRICTION_GROUNDS.join(' or ')}`);
  const { ledger, keyring } = place;
  const today = todayOf(place);
  const pseudonym = keyring.registerPseudonym(subscriber);
  const [before] = await ledger.register.read('restrictions', { pseudonym });
  // An upheld objection is not weakened, and a restriction said again begins when it first did.
  if (before === undefined || (before.ground !== ground && before.ground !== 'objection-upheld'))
    await ledger.register.put('restrictions', { pseudonym, since: before?.since ?? today, ground });
  const keys = await cardKeysOf(ledger, keyring, subscriber);
  await setApart(place, subscriber, 'restriction', await ledger.cards(keys), await ledger.accesses(keys));
  await keyring.addMarks(keys.map(key => ({ month: key.month, digest: digestOf(key.pseudonym), through: today })));
  await ledger.erase(keys, today);
}

/** Ends a restriction: recording goes on, and what was set aside can be read again until its time ends. `false` where there is none. */
export async function lift({ ledger, keyring }: Place, subscriber: string): Promise<boolean> {
  return (await ledger.register.remove('restrictions', { pseudonym: keyring.registerPseudonym(subscriber) })) > 0;
}

export interface Erasure {
  /** Leaves the dossier: a contract is in force, and the Regulation asks for its outcomes (Art. 17(3)(b) GDPR). */
  readonly keepsDossier?: boolean;
  /** An objection is upheld: nothing is recorded any more (Art. 21 GDPR). The register keeps the stand-in for that alone. */
  readonly stops?: boolean;
}

/** The stand-ins of a person that the register knows. */
const standIns = ({ keyring }: Place, subscriber: string) => ({
  register: keyring.registerPseudonym(subscriber),
  hold: keyring.holdPseudonym(subscriber),
  journal: keyring.journalPseudonym(subscriber),
});

/** Empties a person out of the register: rows go, requests and journal keep their days without the person. */
async function eraseFromRegister(place: Place, subscriber: string, { keepsDossier = false }: Erasure): Promise<void> {
  const { ledger, keyring } = place;
  const { register, hold, journal } = standIns(place, subscriber);
  const marks = [...(keepsDossier ? [] : [register]), hold, journal].map(
    (pseudonym): Mark => ({ month: REGISTER_MARK, digest: digestOf(pseudonym), through: todayOf(place) }),
  );
  await keyring.addMarks(marks);
  for (const table of ['restrictions', 'directives', ...(keepsDossier ? [] : (['dossiers'] as const))] as const)
    await ledger.register.remove(table, { pseudonym: register });
  await ledger.register.remove('apart', { pseudonym: hold });
  for (const row of await ledger.register.read('requests', { pseudonym: register }))
    await ledger.register.put('requests', { ...row, pseudonym: '' });
  await ledger.register.forgetInJournal(journal);
  await ledger.restoreMarks(marks);
}

/** @throws PortabilityError `ERR_RIGHT_HELD` under a legal hold (Art. 17(3)(e) GDPR) */
export async function checkErasable(place: Place, subscriber: string): Promise<void> {
  const [held] = await place.ledger.register.read('holds', { pseudonym: standIns(place, subscriber).hold });
  if (held !== undefined)
    throw new PortabilityError('ERR_RIGHT_HELD', 'a legal hold bars the erasure: release it first');
}

/**
 * Erases cards, accesses, dossier, restriction and directive; what is left are tombstones (digests) that keep a retry, a replay or a restored
 * backup from bringing them back. Answers the number of cards.
 * @throws PortabilityError `ERR_RIGHT_HELD` under a legal hold
 */
export async function erase(place: Place, subscriber: string, erasure: Erasure = {}): Promise<number> {
  const { ledger, keyring, time } = place;
  const { register, hold } = standIns(place, subscriber);
  await checkErasable(place, subscriber);
  const apart = await ledger.register.read('apart', { pseudonym: hold });
  await eraseFromRegister(place, subscriber, erasure);
  if (erasure.stops === true)
    await ledger.register.put('restrictions', {
      pseudonym: register,
      since: todayOf(place),
      ground: 'objection-upheld',
    });
  return apart.length + (await eraseCards(ledger, keyring, subscriber, time));
}

/**
 * Clears a bit that was shown to be wrong, for good, wherever it stands; a copy under a legal hold is left as it is.
 * @param day UTC, of a month whose key is there, not after today
 */
export async function correct(place: Place, subscriber: string, day: string, side: Side): Promise<void> {
  if (side !== 'home' && side !== 'outside') throw refusal('a side is home or outside');
  if (!isCalendarDay(day) || day > todayOf(place)) throw refusal('a day is written YYYY-MM-DD and not after today');
  const { ledger, keyring } = place;
  const month = day.slice(0, 7);
  const key = (await cardKeysOf(ledger, keyring, subscriber)).find(each => each.month === month);
  if (key === undefined) throw refusal('nothing of that month can be found: there is no key of it');
  const bit = 1 << (Number(day.slice(8)) - 1);
  const bits = side === 'home' ? { homeDays: bit, outsideDays: 0 } : { homeDays: 0, outsideDays: bit };
  await keyring.addMarks([{ month, digest: digestOf(key.pseudonym), through: '', ...bits }]);
  await ledger.clear(key, bits);
  const pseudonym = keyring.holdPseudonym(subscriber);
  const [row] = await ledger.register.read('apart', { pseudonym, month, why: 'restriction' });
  if (row === undefined) return;
  const left = parseAccesses(row.accesses).filter(
    ({ at, fromHome }) => fromHome !== (side === 'home') || new Date(at * 1000).toISOString().slice(0, 10) !== day,
  );
  await ledger.register.put('apart', {
    ...row,
    home: row.home & ~bits.homeDays,
    outside: row.outside & ~bits.outsideDays,
    accesses: accessesText(left),
  });
}

/**
 * Holds what there is on this day: cards are copied under the hold key, so that retention goes on for the others and the keys of their months
 * are destroyed on time. To add what came since, hold again. A hold ends when it is released: past its review day it is listed as due.
 * @param review UTC day, after today
 */
export async function hold(place: Place, subscriber: string, why: HoldReason, review: string): Promise<number> {
  const { ledger, keyring } = place;
  const today = todayOf(place);
  if (!HOLD_REASONS.includes(why)) throw refusal(`a hold rests on ${HOLD_REASONS.join(' or ')}`);
  if (!isCalendarDay(review) || review <= today) throw refusal('a hold is reviewed on a day after today, YYYY-MM-DD');
  const pseudonym = keyring.holdPseudonym(subscriber);
  await ledger.register.put('holds', { pseudonym, since: today, review, why });
  const keys = await cardKeysOf(ledger, keyring, subscriber);
  await setApart(place, subscriber, 'hold', await ledger.cards(keys), await ledger.accesses(keys));
  for (const row of await ledger.register.read('apart', { pseudonym, why: 'restriction' })) {
    const days = { month: row.month, homeDays: row.home, outsideDays: row.outside };
    await setApart(
      place,
      subscriber,
      'hold',
      [days],
      parseAccesses(row.accesses).map(each => ({ ...each, month: row.month })),
    );
  }
  return (await ledger.register.read('apart', { pseudonym, why: 'hold' })).length;
}

/** Releases a hold: its copies go. `false` where there is none. */
export async function release({ ledger, keyring }: Place, subscriber: string): Promise<boolean> {
  const pseudonym = keyring.holdPseudonym(subscriber);
  await ledger.register.remove('apart', { pseudonym, why: 'hold' });
  return (await ledger.register.remove('holds', { pseudonym })) > 0;
}

/** Notes a directive for after death, in place of an earlier one; `designated` is a reference to the file on the designated person. */
export async function direct(
  place: Place,
  subscriber: string,
  choice: DirectiveChoice,
  designated = '',
): Promise<void> {
  if (!DIRECTIVE_CHOICES.includes(choice)) throw refusal(`a directive is ${DIRECTIVE_CHOICES.join(' or ')}`);
  checkReference(designated);
  if (choice === 'communicate' && designated === '')
    throw refusal('a directive to communicate names the file of the designated person');
  const pseudonym = place.keyring.registerPseudonym(subscriber);
  await place.ledger.register.put('directives', { pseudonym, choice, designated, since: todayOf(place) });
}

/** Revokes a directive; `false` where there is none. */
export async function revoke({ ledger, keyring }: Place, subscriber: string): Promise<boolean> {
  return (await ledger.register.remove('directives', { pseudonym: keyring.registerPseudonym(subscriber) })) > 0;
}
