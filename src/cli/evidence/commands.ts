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
import { type DestroyOptions, keyringCreate, keyringDestroy, keyringList } from './keyring.ts';
import { type CopyOptions, ledgerCopy, ledgerPrepare } from './ledger.ts';
import type { EvidenceLocations, KeyringLocation, LedgerLocation } from './open-stores.ts';
import {
  evidenceHead,
  evidencePurge,
  evidenceStats,
  evidenceVerify,
  type PurgeOptions,
} from './stats-verify-purge.ts';

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
    .action(acting(outline, (terminal, options: PurgeOptions) => evidencePurge(terminal, options)));
  add('stats', 'cmdStats')
    .addOption(dayOption('--from <day>', word('optFrom')))
    .addOption(dayOption('--to <day>', word('optTo')))
    .action(
      acting(outline, (terminal, options: EvidenceLocations & { from?: string; to?: string }) =>
        evidenceStats(terminal, options),
      ),
    );
  add('verify', 'cmdVerify')
    .option('--head <head>', word('optHead'))
    .action(acting(outline, evidenceVerify));
  add('head', 'cmdJournalHead').action(acting(outline, evidenceHead));
}

function addKeys(program: Command, outline: CommandContext): void {
  const { word } = outline;
  const keyring = program.command('keyring').description(word('cmdKeyring')).helpCommand(false);
  const command = (name: string, about: PlainWord): Command =>
    addKeyring(keyring.command(name).description(word(about)), outline);
  command('create', 'cmdKeyringCreate').action(acting(outline, keyringCreate));
  command('list', 'cmdKeyringList').action(acting(outline, keyringList));
  addLedger(command('destroy', 'cmdKeyringDestroy'), outline, false)
    .addOption(monthOption('--before <month>', word('optBefore')).makeOptionMandatory())
    .option('--yes', word('optYes'))
    .action(
      acting(outline, (terminal, options: DestroyOptions) => keyringDestroy(terminal, options)),
    );
}

function addLedgers(program: Command, outline: CommandContext): void {
  const { word } = outline;
  const ledger = program.command('ledger').description(word('cmdLedger')).helpCommand(false);
  const prepare = ledger.command('prepare').description(word('cmdLedgerPrepare'));
  addKeyring(addLedger(prepare, outline), outline, false).action(
    acting(outline, (terminal, places: LedgerLocation & Partial<KeyringLocation>) =>
      ledgerPrepare(terminal, places),
    ),
  );
  ledger
    .command('copy')
    .description(word('cmdLedgerCopy'))
    .requiredOption('--from <place>', word('optFromLedger'))
    .requiredOption('--to <place>', word('optToLedger'))
    .option('--from-person-records <place>', word('optPersonRecords'))
    .option('--to-person-records <place>', word('optPersonRecords'))
    .option('--months <count>', word('optMonths'), wholeNumber)
    .option('--state <file>', word('optState'))
    .action(acting(outline, (terminal, options: CopyOptions) => ledgerCopy(terminal, options)));
}

/** The command groups, in the order of the help text. */
export const EVIDENCE_COMMANDS = [addEvidence, addKeys, addLedgers] as const;
