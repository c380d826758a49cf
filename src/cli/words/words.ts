/** Holds all texts of the command line, in English and French. */
import type { Language } from '../../law/reasons.ts';
import { fill, type LocalisedText, type Parameters } from '../../messages/localised-text.ts';
import { DESK_WORDS } from './desk.ts';
import { EVIDENCE_WORDS } from './evidence.ts';
import { GENERAL_WORDS } from './general.ts';
import { PAST_WORDS } from './past.ts';
import { SERVE_WORDS } from './serve.ts';
import { TABLE_WORDS } from './table.ts';
import { UPDATE_WORDS } from './update.ts';

export const WORDS = {
  ...GENERAL_WORDS,
  ...DESK_WORDS,
  ...TABLE_WORDS,
  ...SERVE_WORDS,
  ...EVIDENCE_WORDS,
  ...UPDATE_WORDS,
  ...PAST_WORDS,
} satisfies Readonly<Record<string, LocalisedText>>;

/** Identifies a text of the command line. */
export type Word = keyof typeof WORDS;

/** Identifies a text without parameters. */
export type PlainWord = {
  [W in Word]: [Parameters<(typeof WORDS)[W]['en']>] extends [never] ? W : never;
}[Word];

/** The values that the text of a word needs; none if it has no parameters. */
export type WordValues<W extends Word> = [Parameters<(typeof WORDS)[W]['en']>] extends [never]
  ? []
  : [values: Readonly<Record<Parameters<(typeof WORDS)[W]['en']>, string>>];

/** Returns the text of a word in a language, with each `{name}` replaced by its value. */
export const say = <W extends Word>(
  language: Language,
  word: W,
  ...values: WordValues<W>
): string => fill(WORDS[word][language], values[0] ?? {}, language);

/** The colon between a label and what follows it: with a space before it in French. */
export const colon = (language: Language): string => (language === 'fr' ? ' : ' : ': ');

/**
 * Returns the language of the environment. The first non-empty variable of `LC_ALL`, `LC_MESSAGES`
 * and `LANG` decides. Default: English.
 */
export function languageOf(environment: Readonly<Record<string, string | undefined>>): Language {
  const locale = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || '';
  return locale.toLowerCase().startsWith('fr') ? 'fr' : 'en';
}
