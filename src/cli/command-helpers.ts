/** What have all commands in common? How a function becomes an action, and the options that several of them take. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { PortabilityError } from '../errors.ts';
import type { Language } from '../law/reasons.ts';
import { optionName } from './named.ts';
import { type CommonOptions, type Terminal, terminalOf } from './terminal.ts';
import type { Word } from './words.ts';

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('');
  return Number(text);
}

/** An option that may be given several times. */
export const several = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** The outline of every command: its language and what leads to its exit code. */
export interface Outline {
  readonly language: Language;
  readonly word: (word: Word) => string;
  finish(code: number): void;
}

/** `--html --operator` gives one option the other for its value: a file of that name would be written, of another subscriber perhaps. */
function checkValues(options: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(options))
    if (typeof value === 'string' && value.startsWith('--'))
      throw new PortabilityError('ERR_ARGUMENT', 'an option has another option for its value', {
        option: optionName(key),
      });
}

/** Runs a command's function with a terminal and what commander parsed, arguments first, then options; notes its exit code. */
export const acting =
  ({ language, finish }: Outline, action: (terminal: Terminal, ...parsed: never[]) => Promise<number>) =>
  async (...parsed: unknown[]): Promise<void> => {
    const command = parsed.at(-1) as Command;
    checkValues(command.optsWithGlobals());
    const terminal = terminalOf(command.optsWithGlobals<CommonOptions>(), language);
    finish(await action(terminal, ...(parsed.slice(0, -1) as never[])));
  };

const ENVIRONMENT = {
  ledger: 'LAISSEZ_PASSER_LEDGER',
  register: 'LAISSEZ_PASSER_REGISTER',
  keyring: 'LAISSEZ_PASSER_KEYRING',
  'keyring-key': 'LAISSEZ_PASSER_KEYRING_KEY',
} as const;
const WORDS = {
  ledger: 'optLedger',
  register: 'optRegister',
  keyring: 'optKeyring',
  'keyring-key': 'optKeyringKey',
} as const;

/** A place of the evidence, which the environment may name once for all commands. */
function placeOption({ word }: Outline, place: keyof typeof ENVIRONMENT): Option {
  const option = new Option(`--${place} <place>`, `${word(WORDS[place])} (${ENVIRONMENT[place]})`);
  return option.env(ENVIRONMENT[place]);
}

/** Ledger and what stands beside it, keyring and what opens it; each pair can be left out of a command that does not need it. */
export const addLedger = (command: Command, outline: Outline, isMandatory = true): Command =>
  command
    .addOption(placeOption(outline, 'ledger').makeOptionMandatory(isMandatory))
    .addOption(placeOption(outline, 'register'));
export const addKeyring = (command: Command, outline: Outline, isMandatory = true): Command =>
  command
    .addOption(placeOption(outline, 'keyring').makeOptionMandatory(isMandatory))
    .addOption(placeOption(outline, 'keyring-key'));
export const addPlaces = (command: Command, outline: Outline): Command =>
  addKeyring(addLedger(command, outline), outline);

/** The provider's choices for one kind of contract. */
export const addOffer = (command: Command, { word }: Outline): Command =>
  command
    .option('--free', word('optFree'))
    .option('--portable', word('optPortable'))
    .addOption(new Option('--unknown <choice>', word('optUnknown')).choices(['refuse', 'tolerate']))
    .addOption(new Option('--anonymised <choice>', word('optAnonymised')).choices(['refuse', 'ignore']))
    .addOption(new Option('--disputed <choice>', word('optDisputed')).choices(['vote', 'refuse']))
    .addOption(new Option('--unverified <choice>', word('optUnverified')).choices(['refuse', 'grant']))
    .addOption(new Option('--home-unlicensed <choice>', word('optHomeUnlicensed')).choices(['refuse', 'grant']));
