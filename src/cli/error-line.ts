/**
 * Turns an error into one line in the user's language and an exit code. The line names the file,
 * option or server at fault, and nothing about a subscriber.
 */
import { CommanderError } from 'commander';
import { PortabilityError, subjectOf, systemCodeOf, textOf } from '../errors.ts';
import type { Language } from '../law/reasons.ts';
import { placeholder } from './words/placeholders.ts';
import { colon, type PlainWord, say } from './words/words.ts';

const FAILED = 1;
const INVALID_TABLE = 3;

const USAGE: Readonly<Record<string, PlainWord>> = {
  'commander.unknownOption': 'usageUnknownOption',
  'commander.unknownCommand': 'usageUnknownCommand',
  'commander.missingArgument': 'usageMissing',
  'commander.missingMandatoryOptionValue': 'usageMissing',
  'commander.optionMissingArgument': 'usageMissing',
  'commander.invalidArgument': 'usageInvalid',
  'commander.excessArguments': 'usageExcess',
};

const PLACES = { file: 'fichier', line: 'ligne', column: 'colonne', offset: 'octet' } as const;

/** Returns what is at fault, where in it, and why: ` (--source a.csv, file 2, line 7: ENOENT)`. */
function whereOf(error: PortabilityError, language: Language): string {
  const parts = (['file', 'line', 'column', 'offset'] as const).flatMap(place => {
    const word = language === 'fr' ? PLACES[place] : place === 'offset' ? 'byte' : place;
    return error[place] === undefined ? [] : [`${word} ${error[place]}`];
  });
  const where = [subjectOf(error), ...parts].filter(part => part !== '').join(', ');
  const all = [where, error.system ?? ''].filter(part => part !== '').join(colon(language));
  return all === '' ? '' : ` (${all})`;
}

/** Options whose value the operator chose and that identifies no person. Messages may quote it. */
const NAMED_VALUES = [
  '--lang',
  '--months',
  '--keep-days',
  '--journal-months',
  '--request-months',
  '--max-table-age',
  '--verdict-lifetime',
  '--drain',
  '--update-every',
  '--log-format',
  '--client-language',
  '--on-failure',
  '--prefixes',
  '--requests',
  '--seed',
];

/**
 * Describes an error in the command line. The option and its choices are named; the typed value
 * only for the options in `NAMED_VALUES`.
 */
function usage({ code, message }: CommanderError, language: Language): string {
  const option = /^error: (?:required )?option '(-[^' ,]+)/.exec(message)?.[1];
  const argument = /missing required argument '([a-z]+)'/.exec(message)?.[1];
  const choices = /Allowed choices are ([\w, -]+)\.$/.exec(message)?.[1];
  const typed = NAMED_VALUES.includes(option ?? '')
    ? / argument '([^']*)' is invalid/.exec(message)?.[1]
    : undefined;
  const subject =
    option === undefined
      ? argument && placeholder(argument, language)
      : subjectOf({ option, ...(typed !== undefined && { value: typed }) });
  const named = [subject, choices].filter(part => part !== undefined).join(colon(language));
  const words = `${say(language, USAGE[code] ?? 'usageOther')}${named === '' ? '' : ` (${named})`}`;
  return `${words}${language === 'fr' ? ' ; ' : '; '}${say(language, 'seeHelp')}`;
}

/**
 * Describes an error of the library in the given language: the sentence, where and why, and the
 * code.
 */
export function describeError(error: PortabilityError, language: Language): string {
  const message = textOf(error)[language];
  return `${message}${whereOf(error, language)} [${error.code}]`;
}

/**
 * Returns one line that describes the error, and the exit code: 3 for an invalid table or source,
 * else 1.
 */
export function failure(
  error: unknown,
  language: Language,
): { readonly line: string; readonly code: number } {
  const prefix = `laissez-passer: ${say(language, 'failed')}`;
  if (error instanceof CommanderError)
    return { line: `${prefix} ${usage(error, language)}`, code: FAILED };
  if (error instanceof PortabilityError) {
    const code = /^ERR_(TABLE|SOURCE)_/.test(error.code) ? INVALID_TABLE : FAILED;
    return { line: `${prefix} ${describeError(error, language)}`, code };
  }
  const system = systemCodeOf(error);
  const name = error instanceof Error ? error.name : say(language, 'unknownError');
  return { line: `${prefix} ${name}${system === undefined ? '' : ` (${system})`}`, code: FAILED };
}
