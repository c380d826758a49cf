/**
 * Says in French what the codes mean that an option or argument can take: they are English words.
 */
import type { Language } from '../../law/reasons.ts';
import { accessReasonWord, actionWord } from './journal.ts';
import { kindWord, wordFor } from './residence.ts';
import { say, WORDS, type Word } from './words.ts';

const codeWord = (code: string): string => wordFor('fr', code);
const spoken = (code: string): string =>
  Object.hasOwn(WORDS, code) ? WORDS[code as Word].fr : code;

/** Where the meaning of a code stands, by the name of the option or argument that takes it. */
const MEANINGS: Readonly<Record<string, (code: string) => string>> = {
  reason: code => accessReasonWord('fr', code),
  action: code => actionWord('fr', code),
  event: codeWord,
  kind: code => kindWord('fr', code),
  choice: codeWord,
  standing: spoken,
  side: spoken,
  rejected: codeWord,
  'hold-reason': codeWord,
  'exception-reason': codeWord,
  'doubt-reason': codeWord,
  occasion: code => codeWord(`occasion-${code}`),
  by: code => codeWord(`by-${code}`),
  outcome: code => {
    const residence = codeWord(`outcome-${code}`);
    return residence === `outcome-${code}` ? codeWord(code) : residence;
  },
  'held-data-prove-residence': code => ({ yes: 'oui', no: 'non' })[code] ?? code,
};

/**
 * Returns the choices of an option or argument for its help text: in French, each code that is no
 * French word with its meaning.
 */
export function choicesText(language: Language, name: string, codes: readonly string[]): string {
  const meaning = language === 'fr' ? MEANINGS[name] : undefined;
  const listed = codes.map(code => {
    const words = meaning?.(code) ?? code;
    return words === code ? code : `${code} = ${words}`;
  });
  const separator = meaning === undefined ? ', ' : ' ; ';
  return `(${say(language, 'choices')} ${listed.join(separator)})`;
}
