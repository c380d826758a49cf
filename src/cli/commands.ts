/** Which commands are there? Each with its options and arguments, and the one function that it is handed to. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Language } from '../law/reasons.ts';
import { STANDINGS } from '../law/rule.ts';
import { type DecideOptions, decide, explainReason } from './decide.ts';
import { type DemoOptions, demo } from './demo.ts';
import {
  type DestroyOptions,
  type EvidencePlaces,
  evidencePurge,
  evidenceStats,
  evidenceVerify,
  keyringDestroy,
  keyringList,
  type PurgeOptions,
} from './evidence.ts';
import { locate } from './locate.ts';
import { policy } from './policy.ts';
import { tableInfo, tableVerify } from './table.ts';
import { type CommonOptions, type Terminal, terminalOf } from './terminal.ts';
import { say, type Word } from './words.ts';

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('');
  return Number(text);
}

/** The outline of every command: its name and language, and what leads to its exit code. */
export interface Outline {
  readonly language: Language;
  finish(code: number): void;
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
    .command('policy')
    .description(word('cmdPolicy'))
    .action(acting(outline, terminal => policy(terminal)));
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

function addLocate(program: Command, outline: Outline): void {
  program
    .command('locate')
    .description(say(outline.language, 'cmdLocate'))
    .argument('<addresses...>', say(outline.language, 'argAddresses'))
    .action(acting(outline, (terminal, addresses: string[]) => locate(terminal, addresses)));
}

function addEvidence(program: Command, outline: Outline): void {
  const word = (key: Word): string => say(outline.language, key);
  const evidence = program.command('evidence').description(word('cmdEvidence'));
  const add = (name: string, description: Word): Command =>
    evidence
      .command(name)
      .description(word(description))
      .requiredOption('--ledger <file>', word('optLedger'))
      .requiredOption('--keyring <file>', word('optKeyring'));
  add('purge', 'cmdPurge')
    .option('--months <count>', word('optMonths'), wholeNumber)
    .option('--keep-days <count>', word('optKeepDays'), wholeNumber)
    .option('--yes', word('optYes'))
    .action(acting(outline, (terminal, options: PurgeOptions) => evidencePurge(terminal, options)));
  add('stats', 'cmdStats')
    .option('--from <day>', word('optFrom'))
    .option('--to <day>', word('optTo'))
    .action(
      acting(outline, (terminal, options: EvidencePlaces & { from?: string; to?: string }) =>
        evidenceStats(terminal, options),
      ),
    );
  add('verify', 'cmdVerify').action(
    acting(outline, (terminal, options: EvidencePlaces) => evidenceVerify(terminal, options)),
  );
}

function addKeyring(program: Command, outline: Outline): void {
  const word = (key: Word): string => say(outline.language, key);
  const keyring = program.command('keyring').description(word('cmdKeyring'));
  keyring
    .command('list')
    .description(word('cmdKeyringList'))
    .requiredOption('--keyring <file>', word('optKeyring'))
    .action(acting(outline, (terminal, options: EvidencePlaces) => keyringList(terminal, options)));
  keyring
    .command('destroy')
    .description(word('cmdKeyringDestroy'))
    .requiredOption('--keyring <file>', word('optKeyring'))
    .requiredOption('--before <month>', word('optBefore'))
    .option('--ledger <file>', word('optLedger'))
    .option('--yes', word('optYes'))
    .action(acting(outline, (terminal, options: DestroyOptions) => keyringDestroy(terminal, options)));
}

/** In the order of help. */
export const COMMANDS = [addLocate, addDecide, addRest, addTable, addEvidence, addKeyring] as const;
