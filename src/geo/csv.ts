/**
 * Reads ranges and their countries from CSV rows of `prefix,code` or `start,end,code`, as addresses
 * or integers of both families.
 */

import { type PortabilityError, portabilityError, textOf } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import type { Message } from '../messages.ts';
import { parseAddress } from './address.ts';
import { createRangeCollector } from './flatten-ranges.ts';
import { compareWords, MAX_VALUES, type Width } from './intervals.ts';
import type { CountryIntervals } from './mmdb.ts';
import { parsePrefix, parsePrefixOrAddress, type Range, wordsOf } from './prefix.ts';

/**
 * Parses a decimal integer of up to 128 bits to four words; returns `undefined` if it is invalid.
 */
function integerWords(text: string): Uint32Array | undefined {
  if (!/^(0|[1-9]\d{0,38})$/.test(text)) return undefined;
  if (text.length < 10) return Uint32Array.of(0, 0, 0, Number(text));
  const words = new Uint32Array(4);
  for (let digit = 0; digit < text.length; digit++) {
    let carry = text.charCodeAt(digit) - 48;
    for (let word = 3; word >= 0; word--) {
      const sum = words[word]! * 10 + carry;
      words[word] = sum;
      carry = Math.floor(sum / 0x100000000);
    }
    if (carry !== 0) return undefined;
  }
  return words;
}

const fitsIPv4 = (words: Uint32Array): boolean =>
  words[0] === 0 && words[1] === 0 && words[2] === 0;

/** ::ffff:0:0/96, RFC 4291, 2.5.5.2. */
const isMapped = (words: Uint32Array): boolean =>
  words[0] === 0 && words[1] === 0 && words[2] === 0xffff;

/**
 * Parses a range of two addresses or of two integers. Integers are IPv4 if both fit in 32 bits or
 * both are mapped, else IPv6.
 */
function parseRange(start: string, end: string): Range | undefined {
  const low = integerWords(start);
  const high = integerWords(end);
  if (low !== undefined && high !== undefined) {
    const areMapped = [low, high].every(isMapped);
    if (!fitsIPv4(high) && !areMapped) return { width: 4, first: low, last: high };
    return { width: 1, first: low.slice(3), last: high.slice(3) };
  }
  const from = parseAddress(start);
  const to = parseAddress(end);
  if (from === undefined || to === undefined || from.version !== to.version) return undefined;
  const first = wordsOf(from);
  return { width: first.length as Width, first, last: wordsOf(to) };
}

const badRow = (message: Message, line: number): never => {
  throw portabilityError(message, { line });
};

/** Parses the first field of a row; an error contains the line. */
const inFirstField =
  (parse: (text: string) => Range) =>
  (fields: readonly string[], line: number): Range => {
    try {
      return parse(fields[0]!);
    } catch (error) {
      const problem = textOf(error as PortabilityError);
      throw portabilityError(GEO.rowPrefix, { line }, { problem });
    }
  };

/** Parses the prefix in the first field of a row. */
export const prefixIn = inFirstField(parsePrefix);

/** Parses the prefix or single address in the first field of a row. */
export const prefixOrAddressIn = inFirstField(parsePrefixOrAddress);

/** Parses the range of a row `prefix,label` or `start,end,label`. */
export function rangeIn(fields: readonly string[], line: number): Range {
  if (fields.length === 2) return prefixIn(fields, line);
  const range = fields.length === 3 ? parseRange(fields[0]!, fields[1]!) : undefined;
  if (range === undefined || compareWords(range.first, 0, range.last, 0, range.width) > 0)
    return badRow(GEO.rowSyntax, line);
  return range;
}

const unquote = (field: string): string => {
  const text = field.trim();
  return text.startsWith('"') ? text.replace(/^"([^"]*)"$/, '$1') : text;
};

/** Reads a row to a range and its label, or returns `undefined` if the row has no effect. */
export type RowReader = (
  fields: readonly string[],
  line: number,
) => { readonly range: Range; readonly label: string } | undefined;

const NEWLINE = 10;
const LONGEST_ROW = 4096;

/**
 * Calls `visit` with the fields of each row. Blank lines and lines that begin with `#` are skipped.
 * The whole text is never kept as one string or array: at the maximum size of a file, that would
 * end the process, not only the thread.
 */
function eachLine(file: Buffer, visit: (fields: readonly string[], line: number) => void): void {
  let line = 0;
  for (let start = 0; start < file.length; ) {
    line++;
    const found = file.indexOf(NEWLINE, start);
    const end = found < 0 ? file.length : found;
    if (end - start > LONGEST_ROW) badRow(GEO.rowTooLong, line);
    const content = file.toString('utf8', start, end).trim();
    if (content.includes('\r')) badRow(GEO.rowEnd, line);
    if (content !== '' && !content.startsWith('#')) visit(content.split(',').map(unquote), line);
    start = end + 1;
  }
}

/**
 * Calls `visit` with the range of each row and the index of its label in the result. Label 0 is
 * empty.
 */
export function eachRow(
  file: Buffer,
  read: RowReader,
  visit: (range: Range, label: number, line: number) => void,
): readonly string[] {
  const indexes = new Map<string, number>([['', 0]]);
  eachLine(file, (fields, line) => {
    const row = read(fields, line);
    if (row === undefined) return;
    const label = indexes.get(row.label) ?? indexes.size;
    if (label === MAX_VALUES) badRow(GEO.rowTooManyCodes, line);
    indexes.set(row.label, label);
    visit(row.range, label, line);
  });
  return [...indexes.keys()];
}

/**
 * Reads the intervals of both families from a CSV text, by label. Ranges can nest: the narrower one
 * has precedence.
 */
export function readLabelled(file: Buffer, read: RowReader): CountryIntervals {
  const ipv4 = createRangeCollector(1);
  const ipv6 = createRangeCollector(4);
  const countries = eachRow(file, read, (range, label, line) => {
    ipv4.add(range, label, line);
    ipv6.add(range, label, line);
  });
  return { countries, ipv4: ipv4.lay(), ipv6: ipv6.lay() };
}

/** Reads rows of `prefix,code` or `start,end,code`. */
export const countryRow: RowReader = (fields, line) => ({
  range: rangeIn(fields, line),
  label: fields.at(-1)!,
});

/**
 * Reads the intervals of both families from a CSV text, by country. Integers are IPv4 addresses if
 * the end of the range fits in 32 bits, or if both are IPv4-mapped.
 * @throws PortabilityError `ERR_SOURCE_ROW`, `ERR_SOURCE_OVERLAP`, with the line.
 */
export const readCsv = (file: Buffer): CountryIntervals => readLabelled(file, countryRow);
