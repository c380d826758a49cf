/**
 * Provides what commands share: actions with exit codes, and options that several commands take.
 */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { portabilityError } from '../errors.ts';
import type { Language } from '../law/reasons.ts';
import * as CLI from '../messages/cli.ts';
import { type Configured, namedByField } from './configured.ts';
import { momentOption } from './dates.ts';
import { optionName } from './option-at-fault.ts';
import { type CommonOptions, type Streams, type Terminal, terminalOf } from './terminal.ts';
import type { PlainWord } from './words/words.ts';

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('');
  return Number(text);
}

/**
 * The context of every command: its language, its words and the function that sets the exit code.
 */
export interface CommandContext {
  readonly language: Language;
  readonly streams: Streams;
  readonly word: (word: PlainWord) => string;
  finish(code: number): void;
  /** The configuration file, if there is one. */
  readonly configured?: Configured | undefined;
}

/**
 * Rejects an option whose value is another option. In `--html --agent`, commander takes
 * `--agent` as the value, and a file of that name would be written, possibly for another
 * subscriber.
 */
function checkValues(options: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(options))
    if (typeof value === 'string' && value.startsWith('--'))
      throw portabilityError(CLI.optionAsValue, {
        option: optionName(key),
      });
}

/**
 * Turns a command's function into an action of commander. `load` imports the function, so that the
 * code of a command is loaded only when it is called. The function gets a terminal, the parsed
 * arguments and then the options; its result becomes the exit code.
 */
export const acting =
  (
    { language, streams, finish, configured }: CommandContext,
    load: () => Promise<(terminal: Terminal, ...parsed: never[]) => Promise<number>>,
  ) =>
  async (...parsed: unknown[]): Promise<void> => {
    const command = parsed.at(-1) as Command;
    checkValues(command.optsWithGlobals());
    const terminal: Terminal = {
      ...terminalOf(command.optsWithGlobals<CommonOptions>(), language, streams),
      configuration: configured?.configuration,
      configPath: configured?.path,
      nameFault: error => namedByField(error, command, configured),
    };
    try {
      const action = await load();
      finish(await action(terminal, ...(parsed.slice(0, -1) as never[])));
    } catch (error) {
      throw terminal.nameFault(error);
    }
  };

const ENVIRONMENT = {
  ledger: 'LAISSEZ_PASSER_LEDGER',
  'person-records': 'LAISSEZ_PASSER_PERSON_RECORDS',
  keyring: 'LAISSEZ_PASSER_KEYRING',
  'keyring-key': 'LAISSEZ_PASSER_KEYRING_KEY',
} as const;
const WORDS = {
  ledger: 'optLedger',
  'person-records': 'optPersonRecords',
  keyring: 'optKeyring',
  'keyring-key': 'optKeyringKey',
} as const;

/**
 * Creates the option for a location of the evidence. An environment variable can set it for all
 * commands.
 */
function locationOption({ word }: CommandContext, place: keyof typeof ENVIRONMENT): Option {
  const option = new Option(`--${place} <place>`, `${word(WORDS[place])} (${ENVIRONMENT[place]})`);
  return option.env(ENVIRONMENT[place]);
}

/** Adds the options of the ledger, or of the keyring. Both are mandatory by default. */
export const addLedger = (command: Command, outline: CommandContext, isMandatory = true): Command =>
  command
    .addOption(locationOption(outline, 'ledger').makeOptionMandatory(isMandatory))
    .addOption(locationOption(outline, 'person-records'));
export const addKeyring = (
  command: Command,
  outline: CommandContext,
  isMandatory = true,
): Command =>
  command
    .addOption(locationOption(outline, 'keyring').makeOptionMandatory(isMandatory))
    .addOption(locationOption(outline, 'keyring-key'));
export const addLocations = (command: Command, outline: CommandContext): Command =>
  addKeyring(addLedger(command, outline), outline);

/** Adds the options for the provider's choices for one kind of contract. */
export const addOffer = (command: Command, { word }: CommandContext): Command =>
  command
    .option('--offer <name>', word('optOffer'))
    .option('--free', word('optFree'))
    .option('--portable', word('optPortable'))
    .addOption(new Option('--unknown <choice>', word('optUnknown')).choices(['refuse', 'tolerate']))
    .addOption(
      new Option('--anonymised <choice>', word('optAnonymised')).choices(['refuse', 'ignore']),
    )
    .addOption(new Option('--disputed <choice>', word('optDisputed')).choices(['vote', 'refuse']))
    .addOption(
      new Option('--unverified <choice>', word('optUnverified')).choices(['refuse', 'grant']),
    )
    .addOption(
      new Option('--home-unlicensed <choice>', word('optHomeUnlicensed')).choices([
        'refuse',
        'grant',
      ]),
    );

/** Adds the options of a command that can answer for an earlier moment. */
export const addPast = (command: Command, { word }: CommandContext): Command =>
  command
    .addOption(momentOption('--at <moment>', word('optAt')))
    .option('--editions <folder>', word('optEditions'));
