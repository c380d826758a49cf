/**
 * Provides terminal output: data to standard output, other text to standard error, colours only if
 * the output is a terminal.
 */
import type { Readable, Writable } from 'node:stream';
import pc from 'picocolors';
import type { Configuration } from '../config/configuration.ts';
import { namedLater } from '../config/option-at-fault.ts';
import type { ZoneTable } from '../geo/zone-table.ts';
import type { Language } from '../law/reasons.ts';
import { loadZoneTable } from '../tables.ts';
import { noteAgeDaily } from './age-notice.ts';
import { widthOf, wrapped } from './text-table.ts';
import { say, type Word, type WordValues } from './words/words.ts';

/**
 * The standard streams of a command; `process` has them. `isTTY` says whether one is a terminal.
 */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
}

/** The output functions and common options that every command receives. */
export interface Terminal {
  readonly language: Language;
  readonly json: boolean;
  /** Path of a table. Default: the bundled table. */
  readonly table: string | undefined;
  say<W extends Word>(word: W, ...values: WordValues<W>): string;
  /** Prints a line of data to standard output. */
  print(line?: string): void;
  /** Prints a text for the user to standard output, wrapped at words. */
  tell(text: string): void;
  /** Prints a line for the user to standard error, wrapped at words if that is a terminal. */
  note(line: string): void;
  /** Columns of text on standard output. */
  readonly width: number;
  /**
   * Columns of tables on standard output. In a pipe there is no limit, so that a row is one line
   * for programs that read it.
   */
  readonly rowWidth: number;
  readonly paint: ReturnType<typeof pc.createColors>;
  readonly streams: Streams;
  /** The configuration file, if there is one. */
  readonly configuration: Configuration | undefined;
  /** Absolute path of that file. */
  readonly configPath: string | undefined;
  /** Returns an error with the field of the configuration file at fault instead of its option. */
  nameFault(error: unknown): unknown;
}

export interface CommonOptions {
  readonly lang?: Language;
  readonly json?: boolean;
  readonly table?: string;
}

/**
 * Wraps a message at the width of a terminal. In a file or a pipe, a message is one line, so that
 * programs can read it.
 */
export const forReader = (line: string, stream: Streams['stderr']): string =>
  stream.isTTY === true ? wrapped(line, widthOf(stream)) : line;

export function terminalOf(options: CommonOptions, language: Language, streams: Streams): Terminal {
  const spoken = options.lang ?? language;
  const width = widthOf(streams.stdout);
  return {
    language: spoken,
    json: options.json === true,
    table: options.table,
    say: (word, ...values) => say(spoken, word, ...values),
    print: (line = '') => streams.stdout.write(`${line}\n`),
    tell: text => streams.stdout.write(`${wrapped(text, width)}\n`),
    note: line => streams.stderr.write(`${forReader(line, streams.stderr)}\n`),
    width,
    rowWidth: streams.stdout.isTTY === true ? width : Number.POSITIVE_INFINITY,
    paint: pc.createColors(streams.stdout.isTTY === true && !process.env['NO_COLOR']),
    streams,
    configuration: undefined,
    configPath: undefined,
    nameFault: error => error,
  };
}

/** Loads the table of the options and says on standard error, once a day, that its data are old. */
export async function loadTable(terminal: Terminal, path = terminal.table): Promise<ZoneTable> {
  const isOption = path !== undefined && path === terminal.table;
  const table = await namedLater(isOption ? { option: '--table' } : {}, () => loadZoneTable(path));
  noteAgeDaily(terminal, table, path !== undefined);
  return table;
}

/**
 * Makes text of unknown origin safe to print: replaces control characters and cuts the text to 64
 * characters.
 */
export const printable = (text: string): string =>
  text.replace(/[\p{C}\u2028\u2029]/gu, '\ufffd').slice(0, 64);

/** Formats a number of bytes: `6.1 MB`, `6,1 Mo`, `0.4 kB`. */
export function megabytes(bytes: number, language: Language): string {
  const [unit, letter] = bytes < 1e5 ? ([1e3, 'k'] as const) : ([1e6, 'M'] as const);
  return `${(bytes / unit).toLocaleString(language, { maximumFractionDigits: 1 })} ${letter}${language === 'fr' ? 'o' : 'B'}`;
}

/** Formats a share as a percentage: `2.3 %`, with a decimal comma in French. */
export const percent = (share: number, language: Language): string =>
  `${(share * 100).toLocaleString(language, { maximumSignificantDigits: 3 })} %`;

export const FAMILIES = ['ipv4', 'ipv6'] as const;
export type Family = (typeof FAMILIES)[number];
