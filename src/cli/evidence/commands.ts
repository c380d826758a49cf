/** Defines the commands for the evidence, the keyring and the ledger. */
import type { Command } from 'commander';
import {
  acting,
  addKeyring,
  addLedger,
  addLocations,
  type CommandContext,
  wholeNumber,
} from '../command-helpers.ts';
import { dayOption, monthOption } from '../dates.ts';
import type { PlainWord } from '../words/words.ts';

function addEvidence(program: Command, outline: CommandContext): void {
  const { word } = outline;
  const evidence = program.command('evidence').description(word('cmdEvidence')).helpCommand(false);
  const add = (name: string, description: PlainWord): Command =>
    addLocations(evidence.command(name).description(word(description)), outline);
  add('purge', 'cmdPurge')
    .option('--months <count>', word('optMonths'), wholeNumber)
    .option('--keep-days <count>', word('optKeepDays'), wholeNumber)
    .option('--journal-months <count>', word('optJournalMonths'), wholeNumber)
    .option('--request-months <count>', word('optRequestMonths'), wholeNumber)
    .option('--yes', word('optYes'))
    .option('--accept-clock', word('optAcceptClock'))
    .action(acting(outline, async () => (await import('./stats-verify-purge.ts')).evidencePurge));
  add('stats', 'cmdStats')
    .addOption(dayOption('--from <day>', word('optFrom')))
    .addOption(dayOption('--to <day>', word('optTo')))
    .action(acting(outline, async () => (await import('./stats-verify-purge.ts')).evidenceStats));
  add('verify', 'cmdVerify')
    .option('--head <head>', word('optHead'))
    .action(acting(outline, async () => (await import('./stats-verify-purge.ts')).evidenceVerify));
  add('head', 'cmdJournalHead').action(
    acting(outline, async () => (await import('./stats-verify-purge.ts')).evidenceHead),
  );
}

function addKeys(program: Command, outline: CommandContext): void {
  const { word } = outline;
  const keyring = program.command('keyring').description(word('cmdKeyring')).helpCommand(false);
  const command = (name: string, about: PlainWord): Command =>
    addKeyring(keyring.command(name).description(word(about)), outline);
  command('create', 'cmdKeyringCreate').action(
    acting(outline, async () => (await import('./keyring.ts')).keyringCreate),
  );
  addLedger(command('list', 'cmdKeyringList'), outline, false).action(
    acting(outline, async () => (await import('./keyring-list.ts')).keyringList),
  );
  command('rewrap', 'cmdKeyringRewrap')
    .requiredOption('--new-key <key>', word('optNewKey'))
    .action(acting(outline, async () => (await import('./keyring-copy.ts')).keyringRewrap));
  addLedger(keyring.command('copy').description(word('cmdKeyringCopy')), outline, false)
    .requiredOption('--from <place>', word('optFromKeyring'))
    .option('--from-key <key>', word('optFromKey'))
    .requiredOption('--to <place>', word('optToKeyring'))
    .option('--to-key <key>', word('optToKey'))
    .action(acting(outline, async () => (await import('./keyring-copy.ts')).keyringCopy));
  addLedger(command('destroy', 'cmdKeyringDestroy'), outline, false)
    .addOption(monthOption('--before <month>', word('optBefore')).makeOptionMandatory())
    .option('--yes', word('optYes'))
    .action(acting(outline, async () => (await import('./keyring.ts')).keyringDestroy));
}

function addLedgers(program: Command, outline: CommandContext): void {
  const { word } = outline;
  const ledger = program.command('ledger').description(word('cmdLedger')).helpCommand(false);
  const prepare = ledger.command('prepare').description(word('cmdLedgerPrepare'));
  addKeyring(addLedger(prepare, outline), outline, false)
    .option('--accept-keyring', word('optAcceptKeyring'))
    .action(acting(outline, async () => (await import('./ledger.ts')).ledgerPrepare));
  ledger
    .command('copy')
    .description(word('cmdLedgerCopy'))
    .requiredOption('--from <place>', word('optFromLedger'))
    .requiredOption('--to <place>', word('optToLedger'))
    .option('--from-person-records <place>', word('optPersonRecords'))
    .option('--to-person-records <place>', word('optPersonRecords'))
    .option('--months <count>', word('optMonths'), wholeNumber)
    .option('--state <file>', word('optState'))
    .action(acting(outline, async () => (await import('./ledger.ts')).ledgerCopy));
}

/** The command groups, in the order of the help text. */
export const EVIDENCE_COMMANDS = [addEvidence, addKeys, addLedgers] as const;
