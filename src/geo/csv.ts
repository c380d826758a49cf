/**
 * Reads ranges and their labels from the rows of text files. A row begins with a prefix, with
 * `start-end`, or with `start,end` as addresses or integers of both families, in every kind of
 * file.
 */

import { PortabilityError, portabilityError, textOf } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import { parseAddress } from './address.ts';
import { type Header, headerOf, namesOf, placeColumn } from './columns.ts';
import { SHOWN_LINES } from './findings.ts';
import { createRangeCollector } from './flatten-ranges.ts';
import { compareWords, MAX_VALUES, type Width } from './intervals.ts';
import type { CountryIntervals } from './mmdb.ts';
import { parsePrefix, parsePrefixOrAddress, type Range, wordsOf } from './prefix.ts';
import { badRow, eachLine, type RowOptions } from './rows.ts';

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
function parseEnds(start: string, end: string): Range | undefined {
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

/** 224.0.0.0 and 240.0.0.0: the first addresses of multicast, and of the reserved class E. */
const MULTICAST = 0xe0000000;
const CLASS_E = 0xf0000000;

/** Parses the range of a start and an end in the same row. */
function parseRange(start: string, end: string, line: number, column: number): Range {
  const range = parseEnds(start, end);
  if (range === undefined || compareWords(range.first, 0, range.last, 0, range.width) > 0)
    return badRow(GEO.rowRange, line, column);
  // No network of hosts reaches into class E, but a netmask is in it.
  if (end.includes('.') && range.last[0]! >= CLASS_E && range.first[0]! < MULTICAST)
    return badRow(GEO.rowMask, line, column);
  return range;
}

/** Parses one field: a prefix, `start-end`, or a single address where the file may have them. */
function parseField(text: string, takesAddress: boolean, line: number, column: number): Range {
  const [, start, end] = /^([^\s-]+)\s*-\s*([^\s-]+)$/.exec(text) ?? [];
  if (start !== undefined) return parseRange(start, end!, line, column);
  try {
    return takesAddress ? parsePrefixOrAddress(text) : parsePrefix(text);
  } catch (error) {
    const problem = textOf(error as PortabilityError);
    throw portabilityError(GEO.rowPrefix, { line, column }, { problem });
  }
}

/** Text of digits, dots and slashes (addresses, integers, days), or with the colons of IPv6. */
const isNumeric = (text: string): boolean =>
  /^\d[\d./\s-]*$/.test(text) || /^[\da-f]*:[\da-f]*:[\da-f:.]*(\/\d*)?$/i.test(text);

/**
 * Returns how many fields of a row without a header hold its addresses: two if the second one looks
 * like an address or an integer. It is then the end of the range, and never ignored.
 */
function addressFields(fields: readonly string[], line: number): 1 | 2 {
  const second = fields[1];
  if (second === undefined || !isNumeric(second)) return 1;
  const first = fields[0]!;
  const isInteger = (field: string): boolean => /^\d+$/.test(field);
  if (/[/-]/.test(first) || isInteger(first) !== isInteger(second))
    badRow(GEO.rowSecondAddress, line, 2);
  return 2;
}

/** How a file names its addresses: by a header row, or by the position of the fields. */
export interface AddressOptions {
  readonly header: Header | undefined;
  /** Whether a row may hold a single address instead of a prefix. */
  readonly takesAddress: boolean;
  /** Whether the last column takes the rest of a row, as the reason of a correction does. */
  readonly isOpenEnded?: boolean;
}

/** The range of a row. `next` is the first field after it, if the file has no header. */
export interface RowRange {
  readonly range: Range;
  readonly next: number;
}

/** Reads the range of a row, by the header or by position. */
export function rangeOf(
  fields: readonly string[],
  line: number,
  { header, takesAddress, isOpenEnded = false }: AddressOptions,
): RowRange {
  if (header === undefined) {
    const next = addressFields(fields, line);
    const range =
      next === 2
        ? parseRange(fields[0]!, fields[1]!, line, 1)
        : parseField(fields[0]!, takesAddress, line, 1);
    return { range, next };
  }
  const { names, first, last } = header;
  if (!isOpenEnded && fields.length > names.length && fields.slice(names.length).some(isFilled))
    badRow(GEO.rowFields, line, names.length + 1);
  const start = fields[first] ?? '';
  const range =
    last < 0
      ? parseField(start, takesAddress, line, first + 1)
      : parseRange(start, fields[last] ?? '', line, first + 1);
  return { range, next: -1 };
}

const isFilled = (field: string): boolean => field !== '';

/** Rejects fields after the last one that is read. Empty ones are Excel's. */
export function rejectRest(fields: readonly string[], from: number, line: number): void {
  for (let at = from; at < fields.length; at++)
    if (fields[at] !== '') badRow(GEO.rowSyntax, line, at + 1);
}

/** A row, as a reader returns it. */
export interface Row {
  readonly range: Range;
  readonly label: string;
  /** What the file says about the row besides, for `table why`. */
  readonly note?: string;
}

/** Reads a row to a range and its label, or returns `undefined` if the row has no effect. */
export type RowReader = (fields: readonly string[], line: number) => Row | undefined;

/** Whether an error is about one row, and not about the file or a defect of this library. */
export const isRowError = (error: unknown): boolean =>
  error instanceof PortabilityError && error.code === 'ERR_SOURCE_ROW';

/** The rows of a kind of file. */
export interface RowFormat extends RowOptions {
  /**
   * Called for each row whose range has rows with different labels, which then have no effect;
   * default: they refuse the file.
   */
  readonly onDuplicate?: (line: number) => void;
  /** Returns the reader of the rows below a header row, or of rows without one. */
  open(header: Header | undefined, line: number): RowReader;
}

/** Whether a row repeats the header. An address begins with a digit or contains a colon. */
function isRepeated(header: Header, fields: readonly string[]): boolean {
  const text = fields[header.first];
  if (text === undefined || !/^[^\d:]+$/.test(text)) return false;
  return namesOf(fields).join() === header.names.join();
}

/**
 * Calls `visit` with the range of each row and the index of its label in the result. Label 0 is
 * empty. A header row may be repeated, so that the files of two families can be put in one.
 */
export function eachRow(
  file: Buffer,
  format: RowFormat,
  visit: (range: Range, label: number, line: number, note?: string) => void,
): readonly string[] {
  const indexes = new Map<string, number>([['', 0]]);
  let read: RowReader | undefined;
  let header: Header | undefined;
  const visitRow = (fields: readonly string[], line: number): void => {
    const row = read!(fields, line);
    if (row === undefined) return;
    const label = indexes.get(row.label) ?? indexes.size;
    if (label === MAX_VALUES) badRow(GEO.rowTooManyCodes, line);
    indexes.set(row.label, label);
    visit(row.range, label, line, row.note);
  };
  const onFields = (fields: readonly string[], line: number): void => {
    if (read === undefined) {
      header = headerOf(fields, line);
      read = format.open(header, line);
      if (header !== undefined) return;
    } else if (header !== undefined && isRepeated(header, fields)) return;
    visitRow(fields, line);
  };
  const { onBadRow, hasComments = false } = format;
  const onBad = (error: unknown, line: number): void => {
    // The columns are known from the first row: without it, no other row can be read.
    if (read === undefined || !isRowError(error)) throw error;
    onBadRow!(error, line);
  };
  eachLine(file, onFields, { hasComments, onBadRow: onBadRow && onBad });
  return [...indexes.keys()];
}

/** How often a label occurs, and in which lines first. */
export interface LabelRows {
  readonly count: number;
  /** At most {@link SHOWN_LINES}. */
  readonly lines: readonly number[];
}

/** Intervals with the rows of each label. */
export interface LabelledIntervals extends CountryIntervals {
  readonly rows: readonly LabelRows[];
}

/**
 * Reads the intervals of both families from a text, by label. Ranges can nest: the narrower one has
 * precedence.
 */
export function readLabelled(file: Buffer, format: RowFormat): LabelledIntervals {
  const { onDuplicate } = format;
  const ipv4 = createRangeCollector(1);
  const ipv6 = createRangeCollector(4);
  const rows: { count: number; lines: number[] }[] = [];
  const countries = eachRow(file, format, (range, label, line) => {
    (range.width === 1 ? ipv4 : ipv6).add(range, label, line);
    while (rows.length <= label) rows.push({ count: 0, lines: [] });
    const { lines } = rows[label]!;
    rows[label]!.count++;
    if (lines.length < SHOWN_LINES) lines.push(line);
  });
  return { countries, rows, ipv4: ipv4.lay(onDuplicate), ipv6: ipv6.lay(onDuplicate) };
}

/** The answer of a file that names no country; `-` is IP2Location's. */
const codeOf = (text: string): string => (text === '-' ? '' : text);

/**
 * Reads a row without a header: `prefix,code`, `start,end,code`, or IP2Location's
 * `start,end,code,name` with integers.
 */
function rowByPosition(fields: readonly string[], line: number): Row {
  const { range, next } = rangeOf(fields, line, { header: undefined, takesAddress: false });
  const label = fields[next] ?? badRow(GEO.rowSyntax, line);
  const name = fields[next + 1] ?? '';
  const isNamed = next === 2 && name.length !== 2 && /^\d+$/.test(fields[0]!);
  rejectRest(fields, isNamed && /^([A-Z]{2}|-)$/.test(label) ? next + 2 : next + 1, line);
  return { range, label: codeOf(label) };
}

/** Country codes by the ids of MaxMind's locations file. */
export type Locations = ReadonlyMap<string, string>;

/** Reads the place of a row below a header. */
function readPlace(header: Header, line: number, locations: Locations | undefined) {
  const { column, holds } = placeColumn(header, line, true);
  if (holds === 'ids' && locations === undefined) badRow(GEO.locationsMissing, line, column + 1);
  return (fields: readonly string[], row: number): string => {
    const text = fields[column] ?? badRow(GEO.rowFields, row, column + 1);
    if (text === '' || holds === 'codes') return codeOf(text);
    if (holds === 'ids')
      return locations!.get(text) ?? badRow(GEO.locationsUnknownId, row, column + 1);
    // A name is refused: it would be read as a code that no one knows.
    if (!/^([A-Za-z]{2}|-)$/.test(text)) badRow(GEO.countryNames, row, column + 1);
    return codeOf(text);
  };
}

/** The rows of a source: prefix or range, and country. */
export const sourceFormat = (locations?: Locations): RowFormat => ({
  open: (header, line) => {
    if (header === undefined) return rowByPosition;
    const placeOf = readPlace(header, line, locations);
    const options = { header, takesAddress: false };
    return (fields, row) => ({
      range: rangeOf(fields, row, options).range,
      label: placeOf(fields, row),
    });
  },
});

/**
 * Reads the intervals of both families from a source in CSV, by country. Integers are IPv4
 * addresses if the end of the range fits in 32 bits, or if both are IPv4-mapped.
 * @throws PortabilityError `ERR_SOURCE_ROW`, `ERR_SOURCE_OVERLAP`, with the line.
 */
export const readCsv = (file: Buffer, locations?: Locations): LabelledIntervals =>
  readLabelled(file, sourceFormat(locations));
