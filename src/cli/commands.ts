/** Defines the commands, with their options and arguments and the function that each one calls. */
import { type Command, Option } from 'commander';
import { STANDINGS } from '../law/rule.ts';
import { ACCESS_REASONS } from '../subjects/journal.ts';
import {
  acting,
  addKeyring,
  addLedger,
  addOffer,
  addPast,
  type CommandContext,
  wholeNumber,
} from './command-helpers.ts';
import { configCheck } from './config-check.ts';
import { configInit } from './config-init.ts';
import { dayOption } from './dates.ts';
import { type DecideOptions, decide } from './decide.ts';
import { type DemoOptions, demo } from './demo.ts';
import { DESK_COMMANDS } from './desk/commands.ts';
import { EVIDENCE_COMMANDS } from './evidence/commands.ts';
import { type ExplainOptions, explainCommand } from './explain.ts';
import { locate } from './locate.ts';
import type { PastOptions } from './past/in-force.ts';
import { auditReplay } from './past/replay.ts';
import { type PolicyOptions, policy } from './privacy-policy.ts';
import { addServe } from './serve/commands.ts';
import { addTable } from './table/commands.ts';

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
    .action(acting(outline, (terminal, options: DecideOptions) => decide(terminal, options)));
}

function addRest(program: Command, outline: CommandContext): void {
  const { word } = outline;
  program
    .command('policy')
    .description(word('cmdPolicy'))
    .option('--notice <file>', word('optNotice'))
    .action(acting(outline, (terminal, options: PolicyOptions) => policy(terminal, options)));
  program
    .command('explain')
    .description(word('cmdExplain'))
    .argument('[reason]', word('argReason'))
    .option('--eea', word('optEea'))
    .option('--where <country>', word('optWhere'))
    .option('--home <code>', word('optHome'))
    .addOption(dayOption('--on <day>', word('optLawOf')))
    .action(
      acting(outline, (terminal, reason: string | undefined, options: ExplainOptions) =>
        explainCommand(terminal, reason, options),
      ),
    );
  program
    .command('demo')
    .description(word('cmdDemo'))
    .option('--requests <count>', word('optRequests'), wholeNumber, 500_000)
    .option('--seed <seed>', word('optSeed'), wholeNumber, 2017_1128)
    .action(acting(outline, (terminal, options: DemoOptions) => demo(terminal, options)));
}

function addConfig(program: Command, outline: CommandContext): void {
  const { word } = outline;
  const config = program.command('config').description(word('cmdConfig')).helpCommand(false);
  config
    .command('init')
    .description(word('cmdConfigInit'))
    .argument('[folder]', word('argFolder'), '.')
    .action(acting(outline, (terminal, folder: string) => configInit(terminal, folder)));
  config
    .command('check')
    .description(word('cmdConfigCheck'))
    .action(acting(outline, terminal => configCheck(terminal)));
}

function addLocate(program: Command, outline: CommandContext): void {
  addLedger(addPast(program.command('locate'), outline), outline, false)
    .description(outline.word('cmdLocate'))
    .argument('<addresses...>', outline.word('argAddresses'))
    .action(
      acting(outline, (terminal, addresses: string[], options: PastOptions) =>
        locate(terminal, addresses, options),
      ),
    );
}

function addAudit(program: Command, outline: CommandContext): void {
  const { word } = outline;
  const audit = program.command('audit').description(word('cmdAudit')).helpCommand(false);
  const replay = audit
    .command('replay')
    .description(word('cmdAuditReplay'))
    .argument('<file>', word('argReplayFile'))
    .option('--editions <folder>', word('optEditions'));
  addLedger(replay, outline, false)
    .addHelpText('after', `\n${word('replayHelp')}`)
    .action(
      acting(outline, (terminal, file: string, options: PastOptions) =>
        auditReplay(terminal, file, options),
      ),
    );
}

/** All commands, in the order of the help text. */
export const COMMANDS = [
  addLocate,
  addDecide,
  addRest,
  addTable,
  addServe,
  addAudit,
  addConfig,
  ...EVIDENCE_COMMANDS,
  ...DESK_COMMANDS,
] as const;
