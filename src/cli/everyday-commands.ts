/** Defines the commands that need no ledger: where an address is, what a request gets, and why. */
import { type Command, Option } from 'commander';
import { STANDINGS } from '../law/rule.ts';
import { ACCESS_REASONS } from '../subjects/access-reasons.ts';
import {
  acting,
  addKeyring,
  addLedger,
  addOffer,
  addPast,
  type CommandContext,
  wholeNumber,
} from './command-helpers.ts';
import { dayOption } from './dates.ts';

function addDecide(program: Command, outline: CommandContext): void {
  const { word } = outline;
  const command = addOffer(program.command('decide'), outline)
    .description(word('cmdDecide'))
    .option('--address <address>', word('optAddress'))
    .addOption(new Option('--standing <standing>', word('optStanding')).choices(STANDINGS))
    .option('--subscriber', word('optSubscriber'));
  addKeyring(addLedger(addPast(command, outline), outline, false), outline, false)
    .option('--agent <name>', word('optAgent'))
    .addOption(new Option('--reason <reason>', word('optReason')).choices(ACCESS_REASONS))
    .option('--reference <code>', word('optReference'))
    .option('--waivers <file>', word('optWaivers'))
    .action(acting(outline, async () => (await import('./decide.ts')).decide));
}

function addRest(program: Command, outline: CommandContext): void {
  const { word } = outline;
  program
    .command('policy')
    .description(word('cmdPolicy'))
    .option('--notice <file>', word('optNotice'))
    .action(acting(outline, async () => (await import('./privacy-policy.ts')).policy));
  program
    .command('explain')
    .description(word('cmdExplain'))
    .argument('[reason]', word('argReason'))
    .option('--eea', word('optEea'))
    .option('--where <country>', word('optWhere'))
    .option('--home <code>', word('optHome'))
    .addOption(dayOption('--on <day>', word('optLawOf')))
    .action(acting(outline, async () => (await import('./explain.ts')).explainCommand));
  program
    .command('demo')
    .description(word('cmdDemo'))
    .option('--requests <count>', word('optRequests'), wholeNumber, 500_000)
    .option('--seed <seed>', word('optSeed'), wholeNumber, 2017_1128)
    .action(acting(outline, async () => (await import('./demo.ts')).demo));
}

function addLocate(program: Command, outline: CommandContext): void {
  addLedger(addPast(program.command('locate'), outline), outline, false)
    .description(outline.word('cmdLocate'))
    .argument('<addresses...>', outline.word('argAddresses'))
    .action(acting(outline, async () => (await import('./locate.ts')).locate));
}

export const EVERYDAY_COMMANDS = [addLocate, addDecide, addRest] as const;
