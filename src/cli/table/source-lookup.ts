/**
 * Looks up an address in each of the operator's files, after their check, and returns the entry
 * with its prefix and line.
 */
import ipaddr from 'ipaddr.js';
import maxmind, { type Reader, type Response } from 'maxmind';
import { systemClock } from '../../clock.ts';
import { dayOf } from '../../days.ts';
import type { Address } from '../../geo/address.ts';
import { eachRow, type RowFormat, sourceFormat } from '../../geo/csv.ts';
import { compareWords, valueAt, type Words } from '../../geo/intervals.ts';
import { readLocations } from '../../geo/locations-file.ts';
import type { CountryIntervals } from '../../geo/mmdb.ts';
import { isMmdb } from '../../geo/mmdb-metadata.ts';
import {
  ANONYMISER_FIELDS,
  type Overlay,
  type OverlayContext,
  type OverlayKind,
  overlayFormat,
  parseOverlay,
} from '../../geo/overlay.ts';
import { isWithin, type Range, wordsOf } from '../../geo/prefix.ts';
import { parseSource, readSourceFiles, type Source, type SourceEdition } from '../../geo/source.ts';
import { isTerritory, REVIEWED_ON, zoneOfTerritory } from '../../law/territory.ts';
import type { TableConfig } from '../../tables/compile-config.ts';
import { canonicalText } from '../address-text.ts';
import { rangeText } from './ranges.ts';

/** What one file says about the address. `says` is empty if the file has no entry. */
export interface SourceAnswer {
  readonly file: string;
  /** `source`, or the kind of an overlay. */
  readonly kind: Role;
  readonly says: string;
  readonly zone?: string;
  /** The prefix or range that contains the address. */
  readonly range?: string;
  readonly line?: number;
  /** For an MMDB file: the fields that `maxmind`, an independent second reader, finds in it. */
  readonly maxmind?: string;
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
  readonly note?: string | undefined;
}

/**
 * Compares two ranges. The result is negative if `a` begins later, or begins at the same address
 * and ends earlier. Of two nested ranges, that is the narrower one.
 */
const byNarrowness = (a: Range, b: Range): number =>
  compareWords(b.first, 0, a.first, 0, a.width) || compareWords(a.last, 0, b.last, 0, a.width);

/** Returns the narrowest row that contains the address. */
function saidInText(file: Buffer, format: RowFormat, words: Words): Said {
  let narrowest: Row | undefined;
  const labels = eachRow(file, format, (range, label, line, note) => {
    if (!isWithin(range, words)) return;
    const order = narrowest === undefined ? -1 : byNarrowness(range, narrowest.range);
    if (order < 0) narrowest = { range, label, line, note };
    // Two entries of a geofeed for one range have no effect.
    else if (order === 0 && label !== narrowest!.label) narrowest = { ...narrowest!, label: 0 };
  });
  if (narrowest === undefined) return { says: '' };
  const { range, label, line, note } = narrowest as Row;
  return {
    says: labels[label]!,
    range: rangeText(range.first, range.last),
    line,
    ...(note !== undefined && { note }),
  };
}

/** Returns the correction with its last day and reason, including a correction that has ended. */
function saidInCorrections(file: Buffer, context: OverlayContext, words: Words): Said {
  const saidOn = (today: string): Said =>
    saidInText(file, overlayFormat({ kind: 'corrections' }, { ...context, today }), words);
  const said = saidOn(context.today);
  if (said.line !== undefined) return said;
  const { line, note } = saidOn('');
  return line === undefined ? said : { ...said, hasEnded: true, line, note: note! };
}

/**
 * Returns what the library's own reader found in an MMDB file, and next to it what `maxmind` reads.
 * `maxmind` trusts the file, which the library has checked completely before.
 */
async function saidInDatabase(
  file: CountryIntervals,
  path: string,
  address: Address,
): Promise<Said> {
  const intervals = address.version === 4 ? file.ipv4 : file.ipv6;
  const says = file.countries[valueAt(intervals, wordsOf(address))]!;
  const reader: Reader<Response> = await maxmind.open(path);
  const text = canonicalText(address);
  const [record, bits] = reader.getWithPrefixLength(text);
  // In an IPv6 tree, IPv4 networks are below 96 zero bits.
  const length = address.version === 4 && bits > 32 ? bits - 96 : bits;
  const network =
    address.version === 4
      ? ipaddr.IPv4.networkAddressFromCIDR(`${text}/${length}`)
      : ipaddr.IPv6.networkAddressFromCIDR(`${text}/${length}`);
  return { says, range: `${network}/${length}`, maxmind: fieldsIn(record) };
}

/** The fields of a record that a source or a database of anonymisers is read by. */
const FIELDS: readonly string[] = ['country', 'country_code', ...ANONYMISER_FIELDS];

/** Formats those fields of a record as `maxmind` returns it: `country.iso_code=FR`. */
function fieldsIn(record: Response | null): string {
  const fields = Object.entries(record ?? {}).filter(([name]) => FIELDS.includes(name));
  return fields
    .flatMap(([name, value]) => {
      if (name !== 'country' || typeof value !== 'object') return [`${name}=${value}`];
      const { iso_code: code } = value as { readonly iso_code?: string };
      return code === undefined ? [] : [`country.iso_code=${code}`];
    })
    .join(', ');
}

/** What a file is to the table: a source, or an overlay of a kind. */
export type Role = 'source' | OverlayKind;

export async function sourceAnswerOf(
  file: Source & Overlay,
  kind: Role,
  edition: Pick<SourceEdition, 'name'>,
  address: Address,
  config: TableConfig,
): Promise<SourceAnswer> {
  const files = await readSourceFiles(file, kind !== 'source');
  const bytes = files.file as Buffer;
  const context = { isTerritory, today: dayOf(systemClock()) };
  const words = wordsOf(address);
  const said = async (): Promise<Said> => {
    if (isMmdb(bytes)) {
      const loaded =
        kind === 'source' ? parseSource(bytes, file) : parseOverlay(bytes, file, context);
      return saidInDatabase(loaded, file.path, address);
    }
    if (kind === 'corrections') return saidInCorrections(bytes, context, words);
    const locations = files.locations && readLocations(files.locations as Buffer);
    const format =
      kind === 'source' ? sourceFormat(locations) : overlayFormat({ ...file, kind }, context);
    return saidInText(bytes, format, words);
  };
  const answer = await said();
  const { home = 'FR', on = REVIEWED_ON } = config;
  const zone = isTerritory(answer.says) ? { zone: zoneOfTerritory(answer.says, { home, on }) } : {};
  return { file: edition.name, kind, ...answer, ...zone };
}
