/** Formats the help texts of commander: in the user's language, wrapped at words. */
import type { Command, Help, HelpConfiguration } from 'commander';
import type { Language } from '../law/reasons.ts';
import { wrapped } from './text-table.ts';
import { choicesText } from './words/choices.ts';
import { placeholder, termOf } from './words/placeholders.ts';
import { type PlainWord, say } from './words/words.ts';

const TITLES: Readonly<Record<string, PlainWord>> = {
  'Usage:': 'usage',
  'Options:': 'options',
  'Global Options:': 'globalOptions',
  'Commands:': 'commands',
  'Arguments:': 'arguments',
};

const ITEM_INDENT = 2;
const GAP = 2;
/** A description that has less space than this next to its term stands below it. */
const NARROWEST_DESCRIPTION = 24;
const BELOW_INDENT = 6;

/** Formats a term and its description, next to each other or, if there is no space, below. */
function formatItem(
  term: string,
  termWidth: number,
  description: string,
  { helpWidth = 80 }: Help,
): string {
  const lead = `${' '.repeat(ITEM_INDENT)}${term}`;
  if (description === '') return lead;
  const column = ITEM_INDENT + termWidth + GAP;
  const isBeside = helpWidth - column >= NARROWEST_DESCRIPTION;
  const indent = isBeside ? column : BELOW_INDENT;
  const lines = wrapped(description, helpWidth - indent).split('\n');
  const text = lines.join(`\n${' '.repeat(indent)}`);
  return isBeside ? lead.padEnd(column) + text : `${lead}\n${' '.repeat(indent)}${text}`;
}

/** Returns the settings of the help in a language. */
export function helpIn(language: Language): HelpConfiguration {
  const word = (key: PlainWord): string => say(language, key);
  const usageOf = (command: Command): string => {
    const names: string[] = [];
    for (let each: Command | null = command; each !== null; each = each.parent)
      names.unshift(each.name());
    return `${names.join(' ')} ${termOf(command.usage(), language)}`;
  };
  return {
    showGlobalOptions: true,
    styleTitle: title => (TITLES[title] === undefined ? title : word(TITLES[title])),
    commandUsage: usageOf,
    subcommandTerm: command =>
      [
        command.name(),
        command.options.length > 0 ? '[options]' : '',
        ...command.registeredArguments.map(argument => {
          const name = `${placeholder(argument.name(), language)}${argument.variadic ? '...' : ''}`;
          return argument.required ? `<${name}>` : `[${name}]`;
        }),
      ]
        .filter(part => part !== '')
        .join(' '),
    optionTerm: option => termOf(option.flags, language),
    argumentTerm: argument => placeholder(argument.name(), language),
    optionDescription: option =>
      [
        option.description,
        option.argChoices && choicesText(language, option.name(), option.argChoices),
        option.mandatory && word('mandatory'),
        option.defaultValue !== undefined &&
          say(language, 'byDefault', { value: String(option.defaultValue) }),
      ]
        .filter(part => typeof part === 'string')
        .join(' '),
    argumentDescription: argument =>
      argument.argChoices === undefined
        ? argument.description
        : `${argument.description} ${choicesText(language, argument.name(), argument.argChoices)}`,
    boxWrap: (text, width) => wrapped(text, width),
    formatItem,
  };
}
