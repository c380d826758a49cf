/**
 * Checks a privacy notice, and compares the stored fields, channels and recipients with it.
 */

import disclosure from '../../data/disclosure.json' with { type: 'json' };
import { checkSchema, fields, list, optional, that, wholeNumber } from '../config-schema.ts';
import { isCalendarDay } from '../days.ts';
import { portabilityError } from '../errors.ts';
import { fill, type LocalisedText } from '../messages/localised-text.ts';
import * as RECORDING from '../messages/recording.ts';
import { type NoticeEntry, OCS_NOTICE, type PrivacyNotice } from './privacy-notice.ts';

/** A field that a ledger keeps about a person, and its source in the notice or the law. */
export interface DisclosedField {
  /** `table.column` */
  readonly field: string;
  /**
   * A category of the notice, a commitment of its chapter on security, or `law:` and the article
   * that requires the field.
   */
  readonly cites: string;
  readonly purposes: readonly string[];
  /** Identifier of a period in `data/disclosure.json`. */
  readonly kept: string;
  readonly en: string;
  readonly fr: string;
}

const words = that<string>(value => typeof value === 'string' && value.trim() !== '', {
  en: 'a text',
  fr: 'un texte',
});
const entry = { id: words, en: words, wording: words };
const statement = fields({ en: words, fr: words, wording: words });
const months = optional(wholeNumber(0, 120));
const FIELD_PATTERN = /^[a-z_]+\.([a-z_]+|\*)$/;

const SCHEMA = fields({
  $schema: optional(words),
  about: optional(words),
  policy: fields({
    service: words,
    updated: that<string>(isCalendarDay, {
      en: 'a day, YYYY-MM-DD',
      fr: 'une date, AAAA-MM-JJ',
    }),
    controller: words,
    dpo: words,
    authority: words,
  }),
  categories: list(
    fields({
      ...entry,
      fields: optional(
        list(
          that<string>(value => typeof value === 'string' && FIELD_PATTERN.test(value), {
            en: 'a kept field, table.column or table.*',
            fr: 'un champ conservé, table.colonne ou table.*',
          }),
        ),
      ),
    }),
  ),
  purposes: list(fields({ ...entry, fr: words, basis: words })),
  recipients: list(fields(entry)),
  channels: list(fields({ ...entry, fr: words })),
  retention: statement,
  periods: optional(
    fields({ retentionMonths: months, journalMonths: months, requestMonths: months }),
  ),
  transfers: statement,
  security: list(fields(entry)),
  rights: list(fields({ ...entry, fr: words, article: words })),
  gaps: optional(list(fields({ id: words, en: words, fr: words }))),
});

/** Every field that a ledger keeps about a person. */
export const FIELDS: readonly DisclosedField[] = disclosure.fields;

/** What a ledger keeps that concerns no person, by table. */
export const IMPERSONAL: Readonly<Record<string, LocalisedText>> = disclosure.impersonal;

/** Whether a pattern of a category names a field. */
const names = (pattern: string, field: string): boolean =>
  pattern === field || (pattern.endsWith('.*') && field.startsWith(pattern.slice(0, -1)));

const isKept = (pattern: string): boolean => FIELDS.some(({ field }) => names(pattern, field));

/**
 * Checks a privacy notice.
 * @throws PortabilityError `ERR_NOTICE`, with the name of the field at fault
 */
export function parseNotice(value: unknown): PrivacyNotice {
  const what = { en: 'the privacy notice', fr: 'la politique de confidentialité' };
  const notice: PrivacyNotice = checkSchema(SCHEMA, value, 'ERR_NOTICE', what);
  const strange = notice.categories.flatMap(each => each.fields ?? []).find(each => !isKept(each));
  if (strange !== undefined)
    throw portabilityError(RECORDING.noticeFieldUnknown, {}, { field: strange });
  return notice;
}

/** Returns a period in words in both languages, with the operator's own numbers. */
export function periodOf(kept: string, numbers: Readonly<Record<string, number>>): LocalisedText {
  const { en, fr } = disclosure.periods[kept as keyof typeof disclosure.periods];
  return { en: fill(en, numbers, 'en'), fr: fill(fr, numbers, 'fr') };
}

/** Returns the entry of the notice that names a field; `undefined` if none does. */
export const entryFor = (
  { field, cites }: DisclosedField,
  { categories, security }: PrivacyNotice,
): NoticeEntry | undefined =>
  categories.find(each => each.fields?.some(pattern => names(pattern, field)) === true) ??
  [...categories, ...security].find(({ id }) => id === cites);

/** Stands for the words of a notice that has none for a field; the export is in French. */
const UNNAMED = 'non nommé dans la politique de confidentialité';

/**
 * Returns the legal basis of a field: the words of the notice, or the article of law. A field that
 * has neither says so.
 */
export function legalBasisOf(field: DisclosedField, notice: PrivacyNotice): string {
  const { cites } = field;
  const entry = entryFor(field, notice);
  if (entry !== undefined) return entry.wording;
  return cites.startsWith('law:') ? cites.slice('law:'.length) : UNNAMED;
}

/** Returns the kept fields that the notice does not name. Some rest on the law alone. */
export const unnamedFields = (notice: PrivacyNotice = OCS_NOTICE): readonly DisclosedField[] =>
  FIELDS.filter(field => entryFor(field, notice) === undefined);

/** Returns the periods that are longer than the notice states, by name. */
export const longerThan = (
  { periods = {} }: PrivacyNotice,
  inForce: NonNullable<PrivacyNotice['periods']>,
): string[] =>
  Object.entries(inForce)
    .filter(([name, count]) => count! > (periods[name as keyof typeof periods] ?? 120))
    .map(([name]) => name);

/**
 * Checks that data of a person may go to a recipient: one that the notice discloses, the person
 * concerned, or a competent authority. Right holders are never allowed (Regulation (EU) 2017/1128,
 * Art. 8(2)). Returns the recipient.
 * @param notice default: the notice of OCS, 2021
 * @throws PortabilityError `ERR_RECIPIENT` if the notice does not disclose the recipient;
 * `ERR_NOTICE` if the notice is invalid
 */
export function checkRecipient(recipient: string, notice: PrivacyNotice = OCS_NOTICE): string {
  if (notice !== OCS_NOTICE) parseNotice(notice);
  const isNever = disclosure.never.some(({ id }) => id === recipient);
  const allowed = [...notice.recipients, ...disclosure.always];
  if (!isNever && allowed.some(({ id }) => id === recipient)) return recipient;
  throw portabilityError(isNever ? RECORDING.recipientRightHolder : RECORDING.recipientUndisclosed);
}
