/** Defines the commands for tables. */
import { type Command, Option } from 'commander';
import { acting, type CommandContext, wholeNumber } from '../command-helpers.ts';
import { several } from '../configured.ts';
import { dayOption } from '../dates.ts';
import type { PlainWord } from '../words/words.ts';

/** The values of `table export --format`. */
export const EXPORT_FORMATS = ['mmdb', 'haproxy'] as const;

const addBuildConfig = (command: Command, word: (key: PlainWord) => string): Command =>
  command
    .option('--build-config <file>', word('optBuildConfig'))
    .option('--source <file>', word('optSource'), several)
    .option('--overlay <kind:file>', word('optOverlay'), several)
    .addOption(dayOption('--built <day>', word('optBuilt')))
    .option('--home <code>', word('optHome'))
    .addOption(dayOption('--on <day>', word('optLawOf')))
    .option('--also <code>', word('optAlso'), several)
    .option('--except <code>', word('optExcept'), several);

export function addTable(program: Command, outline: CommandContext): void {
  const { word } = outline;
  const table = program.command('table').description(word('cmdTable')).helpCommand(false);
  const add = (name: string, description: PlainWord): Command =>
    table.command(name).description(word(description));
  add('info', 'cmdTableInfo')
    .argument('[file]', word('argFile'))
    .action(acting(outline, async () => (await import('./info.ts')).tableInfo));
  add('verify', 'cmdTableVerify')
    .argument('[file]', word('argFile'))
    .action(acting(outline, async () => (await import('./info.ts')).tableVerify));
  addBuildConfig(add('build', 'cmdTableBuild'), word)
    .requiredOption('-o, --output <file>', word('optBuildOutput'))
    .option('--accept', word('optAccept'))
    .action(acting(outline, async () => (await import('./build.ts')).tableBuild));
  add('update', 'cmdTableUpdate')
    .option('--accept', word('optUpdateAccept'))
    .action(acting(outline, async () => (await import('../update/command.ts')).tableUpdate));
  add('diff', 'cmdTableDiff')
    .argument('<old>', word('argOld'))
    .argument('<new>', word('argNew'))
    .option('--prefixes <count>', word('optPrefixes'), wholeNumber, 5)
    .action(acting(outline, async () => (await import('./diff.ts')).tableDiff));
  add('map', 'cmdTableMap')
    .argument('[file]', word('argFile'))
    .requiredOption('-o, --output <file>', word('optMapOutput'))
    .option('--from <file>', word('optMapFrom'))
    .action(acting(outline, async () => (await import('./map.ts')).tableMap));
  add('export', 'cmdTableExport')
    .argument('[file]', word('argFile'))
    .requiredOption('-o, --output <file>', word('optExportOutput'))
    .addOption(
      new Option('--format <format>', word('optExportFormat'))
        .choices(EXPORT_FORMATS)
        .default('mmdb'),
    )
    .action(acting(outline, async () => (await import('./export.ts')).tableExport));
  addBuildConfig(add('why', 'cmdTableWhy').argument('<address>', word('argAddress')), word).action(
    acting(outline, async () => (await import('./why.ts')).tableWhy),
  );
}
