/**
 * Provides terminal output: data to standard output, other text to standard error, colours only if
 * the output is a terminal.
 */
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import pc from 'picocolors';
import type { ZoneTable } from '../geo/zone-table.ts';
import type { Language } from '../law/reasons.ts';
import { loadZoneTable } from '../tables.ts';
import { noteAgeDaily } from './age-notice.ts';
import { namedLater } from './option-at-fault.ts';
import { say, type Word, type WordValues } from './words/words.ts';

/**
 * The standard streams of a command; `process` has them. `isTTY` says whether one is a terminal.
 */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
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
  /** Prints a line for the user to standard error. */
  note(line: string): void;
  readonly paint: ReturnType<typeof pc.createColors>;
  readonly streams: Streams;
}

export interface CommonOptions {
  readonly lang?: Language;
  readonly json?: boolean;
  readonly table?: string;
}

export function terminalOf(options: CommonOptions, language: Language, streams: Streams): Terminal {
  const spoken = options.lang ?? language;
  return {
    language: spoken,
    json: options.json === true,
    table: options.table,
    say: (word, ...values) => say(spoken, word, ...values),
    print: (line = '') => streams.stdout.write(`${line}\n`),
    note: line => streams.stderr.write(`${line}\n`),
    paint: pc.createColors(streams.stdout.isTTY === true && !process.env['NO_COLOR']),
    streams,
  };
}

const MANIFEST = new URL(
  import.meta.url.endsWith('.ts') ? '../../package.json' : '../package.json',
  import.meta.url,
);
export const libraryVersion = (): string => JSON.parse(readFileSync(MANIFEST, 'utf8')).version;

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
