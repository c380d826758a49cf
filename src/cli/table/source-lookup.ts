/**
 * Looks up an address in each of the operator's files, after their check, and returns the entry
 * with its prefix and line.
 */
import ipaddr from 'ipaddr.js';
import maxmind, { type Reader, type Response } from 'maxmind';
import { systemClock } from '../../clock.ts';
import { dayOf } from '../../days.ts';
import type { Address } from '../../geo/address.ts';
import { countryRow, eachRow, type RowReader } from '../../geo/csv.ts';
import { compareWords, type Words } from '../../geo/intervals.ts';
import { isMmdb } from '../../geo/mmdb-metadata.ts';
import {
  ANONYMISER_FIELDS,
  type Overlay,
  type OverlayContext,
  overlayRow,
} from '../../geo/overlay.ts';
import { isWithin, type Range, wordsOf } from '../../geo/prefix.ts';
import { readWhole, type SourceEdition } from '../../geo/source.ts';
import { isTerritory, REVIEWED_ON, zoneOfTerritory } from '../../law/territory.ts';
import type { TableConfig } from '../../tables/compile-config.ts';
import { canonicalText } from '../locate.ts';
import { rangeText } from './ranges.ts';

/** What one file says about the address. `says` is empty if the file has no entry. */
export interface SourceAnswer {
  readonly file: string;
  /** `source`, or the kind of an overlay. */
  readonly kind: string;
  readonly says: string;
  readonly zone?: string;
  /** The prefix or range that contains the address. */
  readonly range?: string;
  readonly line?: number;
  /** The last day and the reason, for corrections. */
  readonly note?: string;
  /** Whether the entry is a correction that has ended. */
  readonly hasEnded?: boolean;
}

type Said = Omit<SourceAnswer, 'file' | 'kind' | 'zone'>;

interface Row {
  readonly range: Range;
  readonly label: number;
  readonly line: number;
}

/**
 * Compares two ranges. The result is negative if `a` begins later, or begins at the same address
 * and ends earlier. Of two nested ranges, that is the narrower one.
 */
const byNarrowness = (a: Range, b: Range): number =>
  compareWords(b.first, 0, a.first, 0, a.width) || compareWords(a.last, 0, b.last, 0, a.width);

/** Returns the narrowest row that contains the address. */
function saidInText(file: Buffer, read: RowReader, words: Words): Said {
  let narrowest: Row | undefined;
  const labels = eachRow(file, read, (range, label, line) => {
    if (!isWithin(range, words)) return;
    if (narrowest === undefined || byNarrowness(range, narrowest.range) < 0)
      narrowest = { range, label, line };
  });
  if (narrowest === undefined) return { says: '' };
  const { range, label, line } = narrowest as Row;
  return { says: labels[label]!, range: rangeText(range.first, range.last), line };
}

/** Returns the correction with its last day and reason, including a correction that has ended. */
function saidInCorrections(file: Buffer, context: OverlayContext, words: Words): Said {
  const notes = new Map<number, string>();
  const noting = (today: string): RowReader => {
    const read = overlayRow('corrections', { ...context, today });
    return (fields, line) => {
      const [, , day, ...reason] = fields;
      notes.set(line, `${day}: ${reason.join(',')}`);
      return read(fields, line);
    };
  };
  const said = saidInText(file, noting(context.today), words);
  const ever = said.says === '' ? saidInText(file, noting(''), words) : said;
  if (ever.line === undefined) return said;
  return {
    ...said,
    ...(said.line === undefined && { hasEnded: true }),
    line: ever.line,
    note: notes.get(ever.line)!,
  };
}

interface CountryRecord {
  readonly country?: { readonly iso_code?: string } | string;
  readonly country_code?: string;
}

/**
 * Returns the country from another reader's record, by the same path as the library's own reader.
 */
function countryIn(record: CountryRecord): string {
  const { country, country_code: code } = record;
  if (typeof country === 'object' && typeof country.iso_code === 'string') return country.iso_code;
  return code ?? (typeof country === 'string' ? country : '');
}

const flagsIn = (record: Readonly<Record<string, unknown>>): string =>
  ANONYMISER_FIELDS.filter(field => record[field] === true).join(', ');

/**
 * Looks up the address in an MMDB file. The reader trusts the file, which was checked completely
 * before.
 */
async function saidInDatabase(path: string, isFlags: boolean, address: Address): Promise<Said> {
  const reader: Reader<Response> = await maxmind.open(path);
  const text = canonicalText(address);
  const [record, bits] = reader.getWithPrefixLength(text);
  // In an IPv6 tree, IPv4 networks are below 96 zero bits.
  const length = address.version === 4 && bits > 32 ? bits - 96 : bits;
  const network = `${address.version === 4 ? ipaddr.IPv4.networkAddressFromCIDR(`${text}/${length}`) : ipaddr.IPv6.networkAddressFromCIDR(`${text}/${length}`)}/${length}`;
  if (record === null) return { says: '', range: network };
  return {
    says: isFlags ? flagsIn(record as never) : countryIn(record as CountryRecord),
    range: network,
  };
}

export async function sourceAnswerOf(
  file: Overlay,
  kind: string,
  edition: Pick<SourceEdition, 'name'>,
  address: Address,
  config: TableConfig,
): Promise<SourceAnswer> {
  const bytes = await readWhole(file.path, 'ERR_SOURCE_OPEN');
  const context = { isTerritory, today: dayOf(systemClock()) };
  const words = wordsOf(address);
  const inText = (): Said => {
    if (kind === 'corrections') return saidInCorrections(bytes, context, words);
    return saidInText(
      bytes,
      kind === 'source' ? countryRow : overlayRow(file.kind ?? 'places', context),
      words,
    );
  };
  const said = isMmdb(bytes)
    ? await saidInDatabase(file.path, kind === 'anonymisers', address)
    : inText();
  const { home = 'FR', on = REVIEWED_ON } = config;
  const zone = isTerritory(said.says) ? { zone: zoneOfTerritory(said.says, { home, on }) } : {};
  return { file: edition.name, kind, ...said, ...zone };
}
