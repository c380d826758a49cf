/**
 * Defines the events of a subscriber's verification history, and parses them. A dossier holds
 * outcomes only, never the proofs.
 */

import { isCalendarDay } from '../days.ts';
import { portabilityError } from '../errors.ts';
import * as LAW from '../messages/law.ts';
import { MEANS_NAMES, MEANS_VIOLATIONS } from '../messages/law.ts';
import { type LocalisedText, oneOf } from '../messages/localised-text.ts';
import { checkMeans, MEANS, type Means, OCCASIONS, type Occasion } from './residence.ts';

/**
 * A reason for reasonable doubts about residence (Art. 5(2), rec. 28). Each reason points to
 * another State. An address seen abroad is not a reason, nor is a new or a foreign card alone: the
 * type has no value for them.
 */
export type DoubtReason = (typeof DOUBT_REASONS)[number];
/** The reasons on which a doubt about residence can rest (Art. 5(2)). */
export const DOUBT_REASONS = [
  'billing-address-moved-abroad',
  'supply-contract-moved-abroad',
  'own-statement',
  'held-information-contradicts',
] as const;

/** Who verified the residence: the provider, or the distributor that sold the subscription. */
export type VerifiedBy = (typeof VERIFIED_BY)[number];
export const VERIFIED_BY = ['provider', 'distributor'] as const;

export type Outcome = (typeof OUTCOMES)[number];
export const OUTCOMES = ['home', 'elsewhere'] as const;

/** Fields of all events. `on` is the UTC day from which the event counts, `YYYY-MM-DD`. */
interface Dated<Type extends string> {
  readonly type: Type;
  readonly on: string;
}

export interface ContractConcluded extends Dated<'contract-concluded'> {
  /**
   * Months after which the contract renews automatically, repeatedly; from 1 to 120. Without it,
   * only `contract-renewed` renews the contract.
   */
  readonly renewsEvery?: number | undefined;
}

export interface ResidenceVerified extends Dated<'residence-verified'> {
  /** `home`: residence in the Member State of the service; `elsewhere`: in another State. */
  readonly outcome: Outcome;
  /** The letters of Art. 5(1), at most two. */
  readonly means: readonly Means[];
  readonly occasion: Occasion;
  readonly by: VerifiedBy;
  /** Whether the postal address of means (i) is in a publicly available official register. */
  readonly postalAddressRegistered?: boolean | undefined;
}

export interface DoubtRaised extends Dated<'doubt-raised'> {
  readonly reason: DoubtReason;
}

export interface InformationRequested extends Dated<'information-requested'> {
  /**
   * Last day for the answer. When this day passes, the standing does not change: whether residence
   * cannot be verified *as a result* is a judgement.
   */
  readonly answerBy: string;
}

export interface InformationNotAnswered extends Dated<'information-not-answered'> {
  /**
   * Whether the data that the provider holds prove the residence nevertheless. If so, the missing
   * answer changes nothing (Art. 5(3), "as a result").
   */
  readonly heldDataProveResidence: boolean;
}

export interface VerificationWaived extends Dated<'verification-waived'> {
  /**
   * Last day of the waiver of all right holders (Art. 5(4)). Without it, the waiver holds until
   * they withdraw it.
   */
  readonly until?: string | undefined;
}

/** An event of a dossier. */
export type DossierEvent =
  | ContractConcluded
  | Dated<'contract-renewed'>
  | Dated<'contract-ended'>
  | ResidenceVerified
  | DoubtRaised
  | Dated<'doubt-dropped'>
  | InformationRequested
  | Dated<'information-answered'>
  | InformationNotAnswered
  | VerificationWaived
  | Dated<'waiver-withdrawn'>;

/** The type of an event. */
export type DossierEventType = DossierEvent['type'];

/**
 * The verification history of one subscriber, ordered by day. It cannot hold a card number, a
 * document or an address.
 */
export interface Dossier {
  readonly events: readonly DossierEvent[];
}

/** Whether a value is a day that a dossier accepts: a calendar day from 1970 to 2999. */
export const isDossierDay = (day: unknown): day is string =>
  isCalendarDay(day) && day >= '1970-01-01' && day <= '2999-12-31';

/** Reads one field, or throws. */
type Read = (value: unknown, name: string) => unknown;

const readDay: Read = (value, name) => {
  if (isDossierDay(value)) return value;
  throw portabilityError(LAW.eventDayInvalid, {}, { name });
};
const readFlag: Read = (value, name) => {
  if (typeof value === 'boolean') return value;
  throw portabilityError(LAW.eventFlagInvalid, {}, { name });
};
const readMonths: Read = (value, name) => {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 120) return value;
  throw portabilityError(LAW.eventMonthsInvalid, {}, { name });
};
const lettersAndNames = (language: keyof LocalisedText): string =>
  MEANS.map(letter => `(${letter}) ${MEANS_NAMES[letter][language]}`).join(', ');
const MEANS_IN_WORDS: LocalisedText = { en: lettersAndNames('en'), fr: lettersAndNames('fr') };

const readMeans: Read = (value, name) => {
  if (Array.isArray(value) && value.every(letter => (MEANS as readonly unknown[]).includes(letter)))
    return [...value];
  throw portabilityError(LAW.eventMeansInvalid, {}, { name, means: MEANS_IN_WORDS });
};
const readOneOf =
  (words: readonly string[]): Read =>
  (value, name) => {
    if (words.includes(value as string)) return value;
    throw portabilityError(LAW.eventWordInvalid, {}, { name, words: oneOf(words) });
  };

/** The fields of each event in addition to type and day. Names that end in `?` are optional. */
const FIELDS: { readonly [Type in DossierEventType]: Readonly<Record<string, Read>> } = {
  'contract-concluded': { 'renewsEvery?': readMonths },
  'contract-renewed': {},
  'contract-ended': {},
  'residence-verified': {
    outcome: readOneOf(OUTCOMES),
    means: readMeans,
    occasion: readOneOf(OCCASIONS),
    by: readOneOf(VERIFIED_BY),
    'postalAddressRegistered?': readFlag,
  },
  'doubt-raised': { reason: readOneOf(DOUBT_REASONS) },
  'doubt-dropped': {},
  'information-requested': { answerBy: readDay },
  'information-answered': {},
  'information-not-answered': { heldDataProveResidence: readFlag },
  'verification-waived': { 'until?': readDay },
  'waiver-withdrawn': {},
};

/** The types of all events. */
export const EVENT_TYPES = Object.keys(FIELDS) as readonly DossierEventType[];

interface Field {
  readonly name: string;
  readonly isOptional: boolean;
  readonly read: Read;
}

/** The fields of each event, by type. */
const FIELDS_OF: ReadonlyMap<unknown, readonly Field[]> = new Map(
  Object.entries(FIELDS).map(([type, fields]) => [
    type,
    Object.entries(fields).map(([key, read]) => ({
      name: key.replace('?', ''),
      isOptional: key.endsWith('?'),
      read,
    })),
  ]),
);

/**
 * Parses an event from an unknown value. The event must have exactly the fields of its type; the
 * means of a verification must be sufficient for its occasion. An unknown field is rejected, not
 * dropped.
 * @throws PortabilityError `ERR_DOSSIER_EVENT`, naming the field or the article.
 */
export function parseEvent(value: unknown): DossierEvent {
  if (typeof value !== 'object' || value === null) throw portabilityError(LAW.eventNotObject);
  const given = value as Readonly<Record<string, unknown>>;
  const { type } = given;
  const fields = FIELDS_OF.get(type);
  if (fields === undefined)
    throw portabilityError(LAW.eventTypeUnknown, {}, { known: EVENT_TYPES.join(', ') });
  const event: Record<string, unknown> = { type, on: readDay(given['on'], 'on') };
  for (const { name, isOptional, read } of fields)
    if (!isOptional || given[name] !== undefined) event[name] = read(given[name], name);
  for (const name of Object.keys(given))
    if (!Object.hasOwn(event, name) && given[name] !== undefined)
      throw portabilityError(LAW.eventFieldUnknown);
  const parsed = Object.freeze(event) as unknown as DossierEvent;
  checkEvent(parsed);
  PARSED.add(parsed);
  return parsed;
}

/** Events that are already parsed; they are not parsed again. */
const PARSED = new WeakSet<object>();

/**
 * Returns the events ordered by day, and parses those that are not parsed yet. Events of one day
 * keep the order in which they were recorded.
 */
export function inOrder(events: readonly DossierEvent[]): DossierEvent[] {
  const known = Array.from(events, event => (PARSED.has(event) ? event : parseEvent(event)));
  return known.sort((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0));
}

/** Checks the conditions that an event must satisfy on its own, independent of earlier events. */
function checkEvent(event: DossierEvent): void {
  if (event.type === 'residence-verified') checkVerification(event);
  if (event.type === 'information-requested' && event.answerBy < event.on)
    throw portabilityError(LAW.answerDueBeforeRequest);
  if (event.type === 'verification-waived' && (event.until ?? event.on) < event.on)
    throw portabilityError(LAW.waiverEndsBeforeStart);
}

function checkVerification({ means, outcome, ...options }: ResidenceVerified): void {
  const check = checkMeans(means, options);
  if (!check.valid)
    throw portabilityError(
      LAW.meansInsufficient,
      {},
      { problem: MEANS_VIOLATIONS[check.violation] },
    );
  if (outcome === 'elsewhere' && means.join() === 'k') throw portabilityError(LAW.ipCheckAlone);
}
