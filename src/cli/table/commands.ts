/** Defines the commands for tables. */
import { type Command, Option } from 'commander';
import { acting, type CommandContext, wholeNumber } from '../command-helpers.ts';
import { several } from '../configured.ts';
import { dayOption } from '../dates.ts';
import { tableUpdate, type UpdateCommandOptions } from '../update/command.ts';
import type { PlainWord } from '../words/words.ts';
import { type BuildOptions, tableBuild } from './build.ts';
import type { BuildConfigOptions } from './build-config.ts';
import { type DiffOptions, tableDiff } from './diff.ts';
import { EXPORT_FORMATS, type ExportOptions, tableExport } from './export.ts';
import { tableInfo, tableVerify } from './info.ts';
import { type MapOptions, tableMap } from './map.ts';
import { tableWhy } from './why.ts';

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
    .action(acting(outline, (terminal, file: string | undefined) => tableInfo(terminal, file)));
  add('verify', 'cmdTableVerify')
    .argument('[file]', word('argFile'))
    .action(acting(outline, (terminal, file: string | undefined) => tableVerify(terminal, file)));
  addBuildConfig(add('build', 'cmdTableBuild'), word)
    .requiredOption('-o, --output <file>', word('optBuildOutput'))
    .option('--accept', word('optAccept'))
    .action(acting(outline, (terminal, options: BuildOptions) => tableBuild(terminal, options)));
  add('update', 'cmdTableUpdate')
    .option('--accept', word('optUpdateAccept'))
    .action(
      acting(outline, (terminal, options: UpdateCommandOptions) => tableUpdate(terminal, options)),
    );
  add('diff', 'cmdTableDiff')
    .argument('<old>', word('argOld'))
    .argument('<new>', word('argNew'))
    .option('--prefixes <count>', word('optPrefixes'), wholeNumber, 5)
    .action(
      acting(outline, (terminal, old: string, next: string, options: DiffOptions) =>
        tableDiff(terminal, old, next, options),
      ),
    );
  add('map', 'cmdTableMap')
    .argument('[file]', word('argFile'))
    .requiredOption('-o, --output <file>', word('optMapOutput'))
    .option('--from <file>', word('optMapFrom'))
    .action(
      acting(outline, (terminal, file: string | undefined, options: MapOptions) =>
        tableMap(terminal, file, options),
      ),
    );
  add('export', 'cmdTableExport')
    .argument('[file]', word('argFile'))
    .requiredOption('-o, --output <file>', word('optExportOutput'))
    .addOption(
      new Option('--format <format>', word('optExportFormat'))
        .choices(EXPORT_FORMATS)
        .default('mmdb'),
    )
    .action(
      acting(outline, (terminal, file: string | undefined, options: ExportOptions) =>
        tableExport(terminal, file, options),
      ),
    );
  addBuildConfig(add('why', 'cmdTableWhy').argument('<address>', word('argAddress')), word).action(
    acting(outline, (terminal, address: string, options: BuildConfigOptions) =>
      tableWhy(terminal, address, options),
    ),
  );
}
