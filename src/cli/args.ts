/** Parses the command line with commander and runs the command. */
import { Command, CommanderError, Option, type OutputConfiguration } from 'commander';
import type { Language } from '../law/reasons.ts';
import type { CommandContext } from './command-helpers.ts';
import { loadCommands } from './commands.ts';
import {
  applyConfiguration,
  type Configured,
  dropEmptyVariables,
  readConfigured,
} from './configured.ts';
import { failure } from './error-line.ts';
import { helpIn } from './help.ts';
import { forReader, type Streams } from './terminal.ts';
import { widthOf, wrapped } from './text-table.ts';
import { libraryVersion } from './version.ts';
import { say } from './words/words.ts';

/**
 * Suppresses the error messages of commander, because they quote the typed text, which may be an
 * address or a subscriber. Help is printed.
 */
const quiet = ({ stdout, stderr }: Streams): OutputConfiguration => ({
  writeOut: text => void stdout.write(wrapped(text, widthOf(stdout))),
  writeErr: text =>
    void (text.startsWith('error:') || stderr.write(wrapped(text, widthOf(stderr)))),
  getOutHelpWidth: () => widthOf(stdout),
  getErrHelpWidth: () => widthOf(stderr),
});

function newProgram({ language, streams, word }: CommandContext): Command {
  return new Command('laissez-passer')
    .description(word('about'))
    .exitOverride()
    .configureOutput(quiet(streams))
    .configureHelp(helpIn(language))
    .helpOption('-h, --help', word('help'))
    .helpCommand(false)
    .version(libraryVersion(), '-V, --version', word('version'))
    .addOption(new Option('--lang <lang>', word('optLang')).choices(['fr', 'en']))
    .option('--config <file>', word('optConfig'))
    .option('--table <file>', word('optTable'))
    .option('--json', word('optJson'));
}

/** Returns the language of `--lang`, read before parsing so that help and errors use it too. */
function askedLanguage(args: readonly string[]): Language | undefined {
  const at = args.findIndex(arg => arg === '--lang' || arg.startsWith('--lang='));
  const value =
    at < 0 ? undefined : args[at] === '--lang' ? args[at + 1] : args[at]!.slice('--lang='.length);
  return value === 'fr' || value === 'en' ? value : undefined;
}

/**
 * Runs one command line and returns its exit code: 0 granted or done, 1 failure or usage error, 2
 * refused, 3 invalid table.
 */
export async function run(
  args: readonly string[],
  fallback: Language,
  streams: Streams = process,
): Promise<number> {
  let exitCode = 0;
  dropEmptyVariables();
  let configured: Configured | undefined;
  let configError: unknown;
  try {
    configured = await readConfigured(args);
  } catch (error) {
    configError = error;
  }
  const language = askedLanguage(args) ?? configured?.configuration.language ?? fallback;
  const outline: CommandContext = {
    language,
    streams,
    word: word => say(language, word),
    finish: code => {
      exitCode = code;
    },
    configured,
  };
  const program = newProgram(outline);
  for (const addTo of await loadCommands(args[0])) addTo(program, outline);
  if (configured !== undefined) applyConfiguration(program, args, configured);
  program.hook('preAction', () => {
    if (configError !== undefined) throw configError;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (
      error instanceof CommanderError &&
      (error.exitCode === 0 || error.code === 'commander.help')
    )
      return error.exitCode;
    // Without its file, the command line lacks options that the file would have set.
    const { line, code } = failure(configError ?? error, language);
    streams.stderr.write(`${forReader(line, streams.stderr)}\n`);
    return code;
  }
  return exitCode;
}
