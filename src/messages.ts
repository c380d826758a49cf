/**
 * Describes the messages of errors. Each is a constant in `messages/`, by layer: its error code,
 * and its text in English and French. Parameters are written `{name}` and are the same in every
 * language. A constant that a program does not use is not in its bundle.
 */
import type { ErrorCode } from './error-code.ts';
import type * as BASE from './messages/base.ts';
import type * as CLI from './messages/cli.ts';
import type * as CONFIG from './messages/config.ts';
import type * as DESK from './messages/desk.ts';
import type * as GATE from './messages/gate.ts';
import type * as GEO from './messages/geo.ts';
import type * as HTTP from './messages/http.ts';
import type * as KEYS from './messages/keys.ts';
import type * as LAW from './messages/law.ts';
import type * as LEDGER from './messages/ledger.ts';
import {
  fill,
  type LocalisedText,
  type Parameters,
  type TextValues,
} from './messages/localised-text.ts';
import type * as RECORDING from './messages/recording.ts';
import type * as SUBJECTS from './messages/subjects.ts';
import type * as TABLES from './messages/tables.ts';
import type * as UPDATE from './messages/update.ts';
import type * as WEB from './messages/web.ts';

/** A message of an error. */
export interface Message extends LocalisedText {
  readonly code: ErrorCode;
}

/** The values of a message's parameters. A value may itself depend on the language. */
export type MessageValues<M extends Message> = Readonly<
  Record<Parameters<M['en']>, string | number | LocalisedText>
>;

type All = Omit<
  typeof BASE &
    typeof LAW &
    typeof GEO &
    typeof TABLES &
    typeof KEYS &
    typeof LEDGER &
    typeof RECORDING &
    typeof SUBJECTS &
    typeof DESK &
    typeof GATE &
    typeof HTTP &
    typeof CONFIG &
    typeof UPDATE &
    typeof WEB &
    typeof CLI,
  'MEANS_NAMES' | 'MEANS_VIOLATIONS'
>;
type Complete<Messages extends Readonly<Record<keyof Messages, Message>>> = Messages;
type ParametersOf<Language extends 'en' | 'fr'> = {
  [Id in keyof All]: Readonly<Record<Parameters<Complete<All>[Id][Language]>, true>>;
};
type True<Condition extends true> = Condition;

/**
 * A message that lacks a language, or whose languages differ in their parameters, does not compile.
 */
export type EveryLanguageIsComplete = True<
  ParametersOf<'en'> extends ParametersOf<'fr'>
    ? ParametersOf<'fr'> extends ParametersOf<'en'>
      ? true
      : false
    : false
>;

/** Returns the text of a message with its values in every language. */
export const localised = ({ en, fr }: Message, values: TextValues): LocalisedText => ({
  en: fill(en, values, 'en'),
  fr: fill(fr, values, 'fr'),
});
