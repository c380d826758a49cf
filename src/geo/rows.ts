/**
 * Splits a text file into rows of fields: separators, quotes, comments, line ends and encodings.
 */

import { isUtf8 } from 'node:buffer';
import { portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import type { Message } from '../messages.ts';

/**
 * Throws the error of a row, with its line and its column if one is at fault. Both count from 1.
 */
export const badRow = (message: Message, line: number, column?: number): never => {
  throw portabilityError(message, { line, column });
};

const NEWLINE = 10;
const QUOTE = 34;
const LONGEST_ROW = 4096;

/**
 * The separator after the first field, which contains none itself; `undefined` if there is none.
 */
const separatorOf = (text: string): string | undefined =>
  /^(?:\s*"[^"]*"\s*|[^",;\t]*)([,;\t])/.exec(text)?.[1];

/** Excel writes and reads a first row `sep=;`. */
const SEPARATOR_ROW = /^"?sep=([,;\t])"?$/i;

/**
 * Reads a quoted field, in which two quotes stand for one. Returns the field, and the position
 * after its closing quote.
 */
function quotedField(text: string, at: number, line: number, column: number): [string, number] {
  let field = '';
  for (let from = at + 1; ; ) {
    const close = text.indexOf('"', from);
    if (close < 0) badRow(GEO.rowQuote, line, column);
    field += text.slice(from, close);
    if (text.charCodeAt(close + 1) !== QUOTE) return [field.trim(), close + 1];
    field += '"';
    from = close + 2;
  }
}

/** Splits a row that contains quotes, RFC 4180, 2.5 to 2.7. */
function splitQuoted(text: string, separator: string, line: number): string[] {
  const fields: string[] = [];
  for (let at = 0; ; ) {
    while (text[at] === ' ') at++;
    const column = fields.length + 1;
    const isQuoted = text.charCodeAt(at) === QUOTE;
    const [field, after] = isQuoted ? quotedField(text, at, line, column) : ['', at];
    const found = text.indexOf(separator, after);
    const rest = text.slice(after, found < 0 ? text.length : found).trim();
    if (isQuoted && rest !== '') badRow(GEO.rowQuote, line, column);
    fields.push(isQuoted ? field : rest);
    if (found < 0) return fields;
    at = found + 1;
  }
}

const trim = (field: string): string => field.trim();

function split(text: string, separator: string, line: number): string[] {
  if (text.includes('"')) return splitQuoted(text, separator, line);
  return text.split(separator).map(trim);
}

/** Removes spaces and carriage returns at the end of a row. A tab there ends a field. */
function trimRow(text: string): string {
  let end = text.length;
  while (text[end - 1] === ' ' || text[end - 1] === '\r') end--;
  return text.slice(0, end);
}

/** Removes a comment: what follows a `#` outside quotes. */
function withoutComment(text: string): string {
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') isQuoted = !isQuoted;
    else if (text[at] === '#' && !isQuoted) return trimRow(text.slice(0, at));
  }
  return text;
}

/** Whether a row is empty: Excel writes rows of separators only. */
const isBlank = (text: string): boolean => text === '' || !/[^,;"\s]/.test(text);

/**
 * The characters 0x80 to 0x9f of Windows-1252. The `TextDecoder` of some releases of Node returns
 * control characters for them.
 */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/**
 * Returns a function that decodes a part of a file. A file that is not UTF-8 is read as
 * Windows-1252, as Excel writes it. That cannot change a verdict: addresses, codes and days consist
 * of ASCII characters in both, and anything else in their columns is refused.
 */
function decoderOf(file: Buffer): (start: number, end: number) => string {
  if (isUtf8(file)) return (start, end) => file.toString('utf8', start, end);
  return (start, end) =>
    file
      .toString('latin1', start, end)
      .replace(/[\x80-\x9f]/g, character => WINDOWS_1252[character.charCodeAt(0) - 0x80]!);
}

/** How the rows of a file are read. */
export interface RowOptions {
  /** Whether a `#` outside quotes begins a comment anywhere in a row, RFC 8805, 2.1. */
  readonly hasComments?: boolean;
  /** Called for a row that cannot be read; default: the error ends the reading. */
  readonly onBadRow?: ((error: unknown, line: number) => void) | undefined;
}

/**
 * Calls `visit` with the fields of each row. The separator is the comma, semicolon or tab after the
 * first field of the first row that has one. Empty rows and lines that begin with `#` are skipped.
 * The whole text is never kept as one string or array: at the maximum size of a file, that would
 * end the process, not only the thread.
 */
export function eachLine(
  file: Buffer,
  visit: (fields: readonly string[], line: number) => void,
  { hasComments = false, onBadRow }: RowOptions = {},
): void {
  const decode = decoderOf(file);
  let separator: string | undefined;
  const read = (start: number, end: number, line: number): void => {
    if (end - start > LONGEST_ROW) badRow(GEO.rowTooLong, line);
    let text = trimRow(decode(start, end));
    if (line === 1) text = text.replace(/^\ufeff/, '');
    if (text.includes('\r')) badRow(GEO.rowEnd, line);
    if (/^\s*#/.test(text)) return;
    // The heading of Spamhaus' lists. Further down, a semicolon ends an empty first field.
    if (hasComments && separator === undefined && /^\s*;/.test(text)) return;
    if (hasComments && text.includes('#')) text = withoutComment(text);
    if (isBlank(text)) return;
    const given = line === 1 ? SEPARATOR_ROW.exec(text)?.[1] : undefined;
    separator ??= given ?? separatorOf(text);
    if (given !== undefined) return;
    const fields = split(text, separator ?? ',', line);
    if (fields.length === 1 && separatorOf(text) !== undefined) badRow(GEO.rowSeparator, line);
    if (fields.length === 1 && text.includes('|')) badRow(GEO.rowPipe, line);
    visit(fields, line);
  };
  for (let start = 0, line = 1; start < file.length; line++) {
    const found = file.indexOf(NEWLINE, start);
    const end = found < 0 ? file.length : found;
    try {
      read(start, end, line);
    } catch (error) {
      if (onBadRow === undefined) throw error;
      onBadRow(error, line);
    }
    start = end + 1;
  }
}
