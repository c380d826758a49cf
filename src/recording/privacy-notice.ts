/**
 * Reads the operator's privacy notice, and checks the stored fields, channels and recipients against
 * it.
 */

import disclosure from '../../data/disclosure.json' with { type: 'json' };
import ocs from '../../data/notice.ocs-2021.json' with { type: 'json' };
import { checkSchema, fields, list, optional, that, wholeNumber } from '../config-schema.ts';
import { isCalendarDay } from '../days.ts';
import { portabilityError } from '../errors.ts';
import { fill, type LocalisedText } from '../messages/localised-text.ts';
import * as RECORDING from '../messages/recording.ts';

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

/** An entry of a notice: its words in the notice itself, and in English. */
export interface NoticeEntry {
  readonly id: string;
  readonly en: string;
  /** The words of the notice, in its own language. */
  readonly wording: string;
}

/** A category of data, and the kept fields that it names: `table.column` or `table.*`. */
export interface NoticeCategory extends NoticeEntry {
  readonly fields?: readonly string[] | undefined;
}

type Bilingual<Entry> = Entry & { readonly fr: string };
type Statement = Omit<Bilingual<NoticeEntry>, 'id'>;

/**
 * What an operator's privacy notice says, as data: controller and contacts, categories, purposes,
 * recipients, channels, periods and wording. The schema is `data/notice.schema.json`.
 */
export interface PrivacyNotice {
  readonly policy: {
    readonly service: string;
    /** Day of the notice, `YYYY-MM-DD`. */
    readonly updated: string;
    readonly controller: string;
    /** Address at which rights are exercised. */
    readonly dpo: string;
    /** Supervisory authority. */
    readonly authority: string;
  };
  readonly categories: readonly NoticeCategory[];
  readonly purposes: readonly (Bilingual<NoticeEntry> & { readonly basis: string })[];
  readonly recipients: readonly NoticeEntry[];
  readonly channels: readonly Bilingual<NoticeEntry>[];
  readonly retention: Statement;
  /** The longest periods that the notice states, in months. */
  readonly periods?:
    | {
        readonly retentionMonths?: number | undefined;
        readonly journalMonths?: number | undefined;
        readonly requestMonths?: number | undefined;
      }
    | undefined;
  readonly transfers: Statement;
  readonly security: readonly NoticeEntry[];
  readonly rights: readonly (Bilingual<NoticeEntry> & { readonly article: string })[];
  /** What the notice should say and does not yet. */
  readonly gaps?: readonly (LocalisedText & { readonly id: string })[] | undefined;
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

/** The privacy policy of OCS of 7 July 2021: the default, and an example. */
export const OCS_NOTICE: PrivacyNotice = ocs;

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

/** Whether the notice addresses the subscribers of a channel. */
export const hasNotice = (channel: string, { channels }: PrivacyNotice = OCS_NOTICE): boolean =>
  channels.some(({ id }) => id === channel);

/** Returns the entry of the notice that names a field; `undefined` if none does. */
export const entryFor = (
  { field, cites }: DisclosedField,
  { categories, security }: PrivacyNotice,
): NoticeEntry | undefined =>
  categories.find(each => each.fields?.some(pattern => names(pattern, field)) === true) ??
  [...categories, ...security].find(({ id }) => id === cites);

/** Returns the legal basis of a field: the words of the notice, or the article of law. */
export const legalBasisOf = (field: DisclosedField, notice: PrivacyNotice): string =>
  entryFor(field, notice)?.wording ?? field.cites.replace(/^law:/, '');

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
 * @throws PortabilityError `ERR_RECIPIENT` if the notice does not disclose the recipient
 */
export function checkRecipient(recipient: string, notice: PrivacyNotice = OCS_NOTICE): string {
  const isNever = disclosure.never.some(({ id }) => id === recipient);
  const allowed = [...notice.recipients, ...disclosure.always];
  if (!isNever && allowed.some(({ id }) => id === recipient)) return recipient;
  throw portabilityError(isNever ? RECORDING.recipientRightHolder : RECORDING.recipientUndisclosed);
}
