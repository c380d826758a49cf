/** Which range has which country in a CSV file? Rows of `prefix,code` or `start,end,code`, addresses or integers, both families. */
import { PortabilityError } from '../errors.ts';
import { parseAddress } from './address.ts';
import type { CountryStretches } from './mmdb.ts';
import { layRanges, type ValuedRange } from './nesting.ts';
import { parsePrefix, type Range, wordsOf } from './prefix.ts';
import { compareWords, MOST_VALUES, type Width } from './stretches.ts';

/** A decimal integer of up to 128 bits as four words, or `undefined`. */
function integerWords(text: string): Uint32Array | undefined {
  if (!/^(0|[1-9]\d{0,38})$/.test(text)) return undefined;
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

const fitsIPv4 = (words: Uint32Array): boolean => words[0] === 0 && words[1] === 0 && words[2] === 0;

/** A range of two addresses, or of two integers: IPv4 where both fit 32 bits, IPv6 where not. */
function parseRange(start: string, end: string): Range | undefined {
  const [low, high] = [integerWords(start), integerWords(end)];
  if (low !== undefined && high !== undefined) {
    if (!fitsIPv4(high)) return { width: 4, first: low, last: high };
    return { width: 1, first: low.slice(3), last: high.slice(3) };
  }
  const [from, to] = [parseAddress(start), parseAddress(end)];
  if (from === undefined || to === undefined || from.version !== to.version) return undefined;
  const first = wordsOf(from);
  return { width: first.length as Width, first, last: wordsOf(to) };
}

const badRow = (message: string, line: number): never => {
  throw new PortabilityError('ERR_SOURCE_ROW', message, { line });
};

/** The prefix in the first field of a row. */
export function prefixIn(fields: readonly string[], line: number): Range {
  try {
    return parsePrefix(fields[0]!);
  } catch {
    return badRow('a row begins with a prefix', line);
  }
}

/** The prefix, or the single address, in the first field of a row. */
export function prefixOrAddressIn(fields: readonly string[], line: number): Range {
  const address = parseAddress(fields[0]!);
  if (address === undefined) return prefixIn(fields, line);
  const words = wordsOf(address);
  return { width: words.length as Width, first: words, last: words };
}

/** The range of a row `prefix,label` or `start,end,label`. */
export function rangeIn(fields: readonly string[], line: number): Range {
  if (fields.length === 2) return prefixIn(fields, line);
  const range = fields.length === 3 ? parseRange(fields[0]!, fields[1]!) : undefined;
  if (range === undefined || compareWords(range.first, 0, range.last, 0, range.width) > 0)
    return badRow('a row is prefix,code or start,end,code', line);
  return range;
}

const unquote = (field: string): string => field.trim().replace(/^"([^"]*)"$/, '$1');

/** What a row says: a range and its label; `undefined` where it says nothing. */
export type RowReader = (
  fields: readonly string[],
  line: number,
) => { readonly range: Range; readonly label: string } | undefined;

/** Calls `visit` with the fields of each row; blank lines and lines that begin with `#` are passed over. */
function eachRow(text: string, visit: (fields: readonly string[], line: number) => void): void {
  let line = 0;
  for (const raw of text.split('\n')) {
    line++;
    const content = raw.trim();
    if (content !== '' && !content.startsWith('#')) visit(content.split(',').map(unquote), line);
  }
}

/** The ranges of a text in the order of its rows, their values indexes into `labels`; label 0 is empty. */
export function readRows(text: string, read: RowReader): { ranges: ValuedRange[]; labels: string[] } {
  const indexes = new Map<string, number>([['', 0]]);
  const ranges: ValuedRange[] = [];
  eachRow(text, (fields, line) => {
    const row = read(fields, line);
    if (row === undefined) return;
    const value = indexes.get(row.label) ?? indexes.size;
    if (value === MOST_VALUES) badRow('the file names more codes than there are', line);
    indexes.set(row.label, value);
    ranges.push({ ...row.range, value, line });
  });
  return { ranges, labels: [...indexes.keys()] };
}

/** Both families of a CSV text, cut by label. Ranges may nest: the narrower prevails. */
export function readLabelled(text: string, read: RowReader): CountryStretches {
  const { ranges, labels } = readRows(text, read);
  return { countries: labels, ipv4: layRanges(ranges, 1), ipv6: layRanges(ranges, 4) };
}

/** Rows of `prefix,code` or `start,end,code`. */
export const countryRow: RowReader = (fields, line) => ({ range: rangeIn(fields, line), label: fields.at(-1)! });

/**
 * Both families of a CSV text, cut by country. Integers name IPv4 addresses where the end of the range fits 32 bits.
 * @throws PortabilityError `ERR_SOURCE_ROW`, `ERR_SOURCE_OVERLAP`, with the line.
 */
export const readCsv = (text: string): CountryStretches => readLabelled(text, countryRow);
