/** Defines the commands for the configuration file and for the replay of past requests. */
import type { Command } from 'commander';
import { acting, addLedger, type CommandContext } from './command-helpers.ts';

function addConfig(program: Command, outline: CommandContext): void {
  const { word } = outline;
  const config = program.command('config').description(word('cmdConfig')).helpCommand(false);
  config
    .command('init')
    .description(word('cmdConfigInit'))
    .argument('[folder]', word('argFolder'), '.')
    .action(acting(outline, async () => (await import('./config-init.ts')).configInit));
  config
    .command('check')
    .description(word('cmdConfigCheck'))
    .action(acting(outline, async () => (await import('./config-check.ts')).configCheck));
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
    .action(acting(outline, async () => (await import('./past/replay.ts')).auditReplay));
}

export const OPERATION_COMMANDS = [addAudit, addConfig] as const;
