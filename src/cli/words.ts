/** Holds all texts of the command line, in English and French. */
import type { Language } from '../law/reasons.ts';
import { DESK_ENGLISH } from './words/desk-en.ts';
import { DESK_FRENCH } from './words/desk-fr.ts';
import { ENGLISH } from './words/en.ts';
import { FLEET_ENGLISH, FLEET_FRENCH } from './words/fleet.ts';
import { FRENCH } from './words/fr.ts';
import { SERVE_ENGLISH, SERVE_FRENCH } from './words/serve.ts';
import { TABLE_ENGLISH, TABLE_FRENCH } from './words/table.ts';

const WORDS = {
  en: { ...ENGLISH, ...DESK_ENGLISH, ...TABLE_ENGLISH, ...SERVE_ENGLISH, ...FLEET_ENGLISH },
  fr: { ...FRENCH, ...DESK_FRENCH, ...TABLE_FRENCH, ...SERVE_FRENCH, ...FLEET_FRENCH },
} as const;

export type Word = keyof typeof WORDS.en;

/**
 * Returns the text of `word` in `language`, with each `{name}` replaced by its value in `values`. A
 * placeholder without a value stays as it is.
 */
export function say(
  language: Language,
  word: Word,
  values: Readonly<Record<string, string>> = {},
): string {
  const text: string = WORDS[language][word];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

/**
 * Returns the language of the environment. The first non-empty variable of `LC_ALL`, `LC_MESSAGES`
 * and `LANG` decides. Default: English.
 */
export function languageOf(environment: Readonly<Record<string, string | undefined>>): Language {
  const locale = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || '';
  return locale.toLowerCase().startsWith('fr') ? 'fr' : 'en';
}
