/**
 * Checks the stored fields, channels and recipients against the privacy policy in
 * `data/disclosure.json`.
 */

import data from '../../data/disclosure.json' with { type: 'json' };
import { portabilityError } from '../errors.ts';
import { fill, type LocalisedText } from '../messages/localised-text.ts';
import * as RECORDING from '../messages/recording.ts';

/** A field that a ledger keeps about a person, and its source in the policy or the law. */
export interface DisclosedField {
  /** `table.column` */
  readonly field: string;
  /**
   * A category of the policy, a commitment of its chapter on security, or `law:` and the article
   * that requires the field.
   */
  readonly cites: string;
  readonly purposes: readonly string[];
  /** Identifier of a period in `data/disclosure.json`. */
  readonly kept: string;
  readonly en: string;
  readonly fr: string;
}

export const DISCLOSURE = data;
export const FIELDS: readonly DisclosedField[] = data.fields;

/** Returns a period in words in both languages, with the operator's own numbers. */
export function periodOf(kept: string, months: Readonly<Record<string, number>>): LocalisedText {
  const { en, fr } = data.periods[kept as keyof typeof data.periods];
  return { en: fill(en, months, 'en'), fr: fill(fr, months, 'fr') };
}

const CHANNELS = new Set(data.channels.map(({ id }) => id));
const RECIPIENTS = new Set([...data.recipients, ...data.always].map(({ id }) => id));

/** Whether the policy, or a notice that supplements it, covers the subscribers of a channel. */
export const hasNotice = (channel: string): boolean => CHANNELS.has(channel);

/** Returns the fields that the operator's notice does not name: those based on the law alone. */
export const unnamedFields = (): readonly DisclosedField[] =>
  FIELDS.filter(({ cites }) => cites.startsWith('law:'));

/**
 * Checks that data of a person may go to a recipient: one that the policy discloses, the person
 * concerned, or a competent authority. Right holders are never allowed (Regulation (EU) 2017/1128,
 * Art. 8(2)). Returns the recipient.
 * @throws PortabilityError `ERR_RECIPIENT` if the policy does not disclose the recipient
 */
export function checkRecipient(recipient: string): string {
  if (RECIPIENTS.has(recipient)) return recipient;
  const isNever = data.never.some(({ id }) => id === recipient);
  throw portabilityError(isNever ? RECORDING.recipientRightHolder : RECORDING.recipientUndisclosed);
}
