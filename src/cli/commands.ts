/** Which commands are there? Each with its options and arguments, and the one function that it is handed to. */
import { type Command, Option } from 'commander';
import { STANDINGS } from '../law/rule.ts';
import { type DecideOptions, decide, explainReason } from './decide.ts';
import { type DemoOptions, demo } from './demo.ts';
import { DESK_COMMANDS } from './desk-commands.ts';
import {
  type DestroyOptions,
  type EvidencePlaces,
  evidenceHead,
  evidencePurge,
  evidenceStats,
  evidenceVerify,
  keyringCreate,
  keyringDestroy,
  keyringList,
  type PurgeOptions,
} from './evidence.ts';
import { addLedgerCommands } from './ledger-commands.ts';
import { locate } from './locate.ts';
import { acting, addKeyring, addOffer, addPlaces, type Outline, wholeNumber } from './outline.ts';
import { policy } from './policy.ts';
import { addServe } from './serve-commands.ts';
import { addTable } from './table-commands.ts';
import { say, type Word } from './words.ts';

function addDecide(program: Command, outline: Outline): void {
  const word = (key: Word): string => say(outline.language, key);
  addOffer(program.command('decide'), outline.language)
    .description(word('cmdDecide'))
    .option('--address <address>', word('optAddress'))
    .option('--subscriber <id>', word('optSubscriber'))
    .addOption(new Option('--standing <standing>', word('optStanding')).choices(STANDINGS).makeOptionMandatory())
    .action(acting(outline, (terminal, options: DecideOptions) => decide(terminal, options)));
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
  const evidence = program.command('evidence').description(word('cmdEvidence')).helpCommand(false);
  const add = (name: string, description: Word): Command =>
    addPlaces(evidence.command(name).description(word(description)), outline.language);
  add('purge', 'cmdPurge')
    .option('--months <count>', word('optMonths'), wholeNumber)
    .option('--keep-days <count>', word('optKeepDays'), wholeNumber)
    .option('--journal-months <count>', word('optJournalMonths'), wholeNumber)
    .option('--request-months <count>', word('optRequestMonths'), wholeNumber)
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
  add('verify', 'cmdVerify').option('--head <head>', word('optHead')).action(acting(outline, evidenceVerify));
  add('head', 'cmdJournalHead').action(acting(outline, evidenceHead));
}

function addKeys(program: Command, outline: Outline): void {
  const word = (key: Word): string => say(outline.language, key);
  const keyring = program.command('keyring').description(word('cmdKeyring')).helpCommand(false);
  const command = (name: string, about: Word): Command =>
    addKeyring(keyring.command(name).description(word(about)), outline.language);
  command('create', 'cmdKeyringCreate').action(acting(outline, keyringCreate));
  command('list', 'cmdKeyringList').action(acting(outline, keyringList));
  command('destroy', 'cmdKeyringDestroy')
    .requiredOption('--before <month>', word('optBefore'))
    .option('--ledger <place>', word('optLedger'))
    .option('--register <place>', word('optRegister'))
    .option('--yes', word('optYes'))
    .action(acting(outline, (terminal, options: DestroyOptions) => keyringDestroy(terminal, options)));
}

/** In the order of help. */
export const COMMANDS = [
  addLocate,
  addDecide,
  addRest,
  addTable,
  addServe,
  addEvidence,
  addKeys,
  addLedgerCommands,
  ...DESK_COMMANDS,
] as const;
