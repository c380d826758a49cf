/** Defines the commands for the evidence, the keyring and the ledger. */
import type { Command } from 'commander';
import type { EvidenceLocations } from '../../config/locations.ts';
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
import { type DestroyOptions, keyringCreate, keyringDestroy } from './keyring.ts';
import {
  type CopyKeyringOptions,
  keyringCopy,
  keyringRewrap,
  type RewrapOptions,
} from './keyring-copy.ts';
import { keyringList, type ListOptions } from './keyring-list.ts';
import { type CopyOptions, ledgerCopy, ledgerPrepare, type PrepareOptions } from './ledger.ts';
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
  addLedger(command('list', 'cmdKeyringList'), outline, false).action(
    acting(outline, (terminal, options: ListOptions) => keyringList(terminal, options)),
  );
  command('rewrap', 'cmdKeyringRewrap')
    .requiredOption('--new-key <key>', word('optNewKey'))
    .action(
      acting(outline, (terminal, options: RewrapOptions) => keyringRewrap(terminal, options)),
    );
  addLedger(keyring.command('copy').description(word('cmdKeyringCopy')), outline, false)
    .requiredOption('--from <place>', word('optFromKeyring'))
    .option('--from-key <key>', word('optFromKey'))
    .requiredOption('--to <place>', word('optToKeyring'))
    .option('--to-key <key>', word('optToKey'))
    .action(
      acting(outline, (terminal, options: CopyKeyringOptions) => keyringCopy(terminal, options)),
    );
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
  addKeyring(addLedger(prepare, outline), outline, false)
    .option('--accept-keyring', word('optAcceptKeyring'))
    .action(
      acting(outline, (terminal, options: PrepareOptions) => ledgerPrepare(terminal, options)),
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
