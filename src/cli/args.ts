/** Which command is meant? The arguments as typed, read by commander, handed to one function each. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Language } from '../law/reasons.ts';
import { STANDINGS } from '../law/rule.ts';
import { type DecideOptions, decide, explainReason } from './decide.ts';
import { type DemoOptions, demo } from './demo.ts';
import { failure } from './failure.ts';
import { locate } from './locate.ts';
import { tableInfo, tableVerify } from './table.ts';
import { type CommonOptions, type Terminal, terminalOf } from './terminal.ts';
import { say, type Word } from './words.ts';

const version = (): string => JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('');
  return Number(text);
}

/** The outline of every command: its name and language, and what leads to its exit code. */
interface Outline {
  readonly language: Language;
  finish(code: number): void;
}

const TITLES: Readonly<Record<string, Word>> = {
  'Usage:': 'usage',
  'Options:': 'options',
  'Global Options:': 'globalOptions',
  'Commands:': 'commands',
  'Arguments:': 'arguments',
};

/** What commander would say quotes what was typed, which may be an address or a subscriber: its words are not printed, but for help. */
const quiet = { writeErr: (text: string) => void (text.startsWith('error:') || process.stderr.write(text)) };

function newProgram({ language }: Outline): Command {
  const word = (key: Word): string => say(language, key);
  return new Command('laissez-passer')
    .description(word('about'))
    .exitOverride()
    .configureOutput(quiet)
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: title => (TITLES[title] === undefined ? title : word(TITLES[title])),
      optionDescription: ({ description, argChoices }) =>
        argChoices === undefined ? description : `${description} (${word('choices')} ${argChoices.join(', ')})`,
    })
    .helpOption('-h, --help', word('help'))
    .helpCommand(false)
    .version(version(), '-V, --version', word('version'))
    .addOption(new Option('--lang <lang>', word('optLang')).choices(['fr', 'en']))
    .option('--table <file>', word('optTable'))
    .option('--json', word('optJson'));
}

type Action = (terminal: Terminal, ...args: never[]) => Promise<number>;

/** Runs a command's function with a terminal and what commander parsed, and notes its exit code. */
const acting =
  ({ language, finish }: Outline, action: Action) =>
  async (...parsed: unknown[]): Promise<void> => {
    const command = parsed.at(-1) as Command;
    const terminal = terminalOf(command.optsWithGlobals<CommonOptions>(), language);
    finish(await action(terminal, ...(parsed.slice(0, -1) as never[])));
  };

function addDecide(program: Command, outline: Outline): void {
  const word = (key: Word): string => say(outline.language, key);
  program
    .command('decide')
    .description(word('cmdDecide'))
    .option('--address <address>', word('optAddress'))
    .option('--subscriber <id>', word('optSubscriber'))
    .addOption(new Option('--standing <standing>', word('optStanding')).choices(STANDINGS).makeOptionMandatory())
    .option('--free', word('optFree'))
    .option('--portable', word('optPortable'))
    .addOption(new Option('--unknown <choice>', word('optUnknown')).choices(['refuse', 'tolerate']))
    .addOption(new Option('--anonymised <choice>', word('optAnonymised')).choices(['refuse', 'ignore']))
    .addOption(new Option('--disputed <choice>', word('optDisputed')).choices(['vote', 'refuse']))
    .addOption(new Option('--unverified <choice>', word('optUnverified')).choices(['refuse', 'grant']))
    .addOption(new Option('--home-unlicensed <choice>', word('optHomeUnlicensed')).choices(['refuse', 'grant']))
    .action(acting(outline, (terminal, options: DecideOptions) => decide(terminal, options)));
}

function addTable(program: Command, outline: Outline): void {
  const word = (key: Word): string => say(outline.language, key);
  const table = program.command('table').description(word('cmdTable'));
  table
    .command('info')
    .description(word('cmdTableInfo'))
    .argument('[file]', word('argFile'))
    .action(acting(outline, (terminal, file: string | undefined) => tableInfo(terminal, file)));
  table
    .command('verify')
    .description(word('cmdTableVerify'))
    .argument('[file]', word('argFile'))
    .action(acting(outline, (terminal, file: string | undefined) => tableVerify(terminal, file)));
}

function addRest(program: Command, outline: Outline): void {
  const word = (key: Word): string => say(outline.language, key);
  program
    .command('explain')
    .description(word('cmdExplain'))
    .argument('[reason]', word('argReason'))
    .action(acting(outline, (terminal, reason: string | undefined) => explainReason(terminal, reason)));
  program
    .command('demo')
    .description(word('cmdDemo'))
    .option('--requests <count>', word('optRequests'), wholeNumber, 500_000)
    .option('--seed <seed>', word('optSeed'), wholeNumber, 2017_1128)
    .action(acting(outline, (terminal, options: DemoOptions) => demo(terminal, options)));
}

function programOf(outline: Outline): Command {
  const program = newProgram(outline);
  program
    .command('locate')
    .description(say(outline.language, 'cmdLocate'))
    .argument('<addresses...>', say(outline.language, 'argAddresses'))
    .action(acting(outline, (terminal, addresses: string[]) => locate(terminal, addresses)));
  addDecide(program, outline);
  addRest(program, outline);
  addTable(program, outline);
  return program;
}

/** The language of `--lang` where it is given, so that help and errors speak it too. */
function askedLanguage(args: readonly string[]): Language | undefined {
  const at = args.findIndex(arg => arg === '--lang' || arg.startsWith('--lang='));
  const value = at < 0 ? undefined : args[at] === '--lang' ? args[at + 1] : args[at]!.slice('--lang='.length);
  return value === 'fr' || value === 'en' ? value : undefined;
}

/** Runs one command line and answers its exit code: 0 granted or done, 1 failure or usage, 2 refused, 3 invalid table. */
export async function run(args: readonly string[], fallback: Language): Promise<number> {
  const language = askedLanguage(args) ?? fallback;
  let exitCode = 0;
  const program = programOf({
    language,
    finish: code => {
      exitCode = code;
    },
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help'))
      return error.exitCode;
    const { line, code } = failure(error, language);
    process.stderr.write(`${line}\n`);
    return code;
  }
  return exitCode;
}
