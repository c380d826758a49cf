/** Reads a header row, which names the columns of a text file. */

import { portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import { badRow } from './rows.ts';

const PREFIXES = ['network', 'prefix', 'cidr', 'ip_prefix', 'subnet', 'prefixe', 'reseau'] as const;

const STARTS = [
  ...(['start_ip', 'ip_from', 'first_ip', 'ip_start', 'range_start', 'start', 'debut'] as const),
  ...(['network_start_ip', 'network_start_integer'] as const),
] as const;

const ENDS = [
  ...(['end_ip', 'ip_to', 'last_ip', 'ip_end', 'range_end', 'end', 'fin'] as const),
  ...(['network_last_ip', 'network_last_integer'] as const),
] as const;

const ADDRESSES = ['ip', 'address', 'ip_address', 'ip_range', 'adresse', 'plage'] as const;

/** Columns that give a range another size than its prefix or its end does. */
const SIZE = /^((net)?mask|(prefix|mask)_?(len|length|bits)|bits|count|size|masque|taille|nombre)$/;

/** Columns that hold codes. */
const CODES = [
  ...(['country_code', 'country_iso_code', 'iso_code', 'alpha2code', 'code_pays'] as const),
  ...(['code', 'cc'] as const),
] as const;

/** Columns of the place that an operator decided on. */
const PLACES = ['place', 'lieu'] as const;

/** Columns that hold codes in some files and names in others. */
const CODES_OR_NAMES = ['country', 'pays'] as const;

const DAYS = [
  ...(['last_day', 'until', 'through', 'valid_until', 'expires'] as const),
  ...(['dernier_jour', 'jusqu_au'] as const),
] as const;

const REASONS = ['reason', 'comment', 'note', 'motif'] as const;

/** The column in which MaxMind's CSV files refer to their locations file. */
const GEONAME = 'geoname_id';

/**
 * Columns that only describe a row. A file that an operator writes may have no other ones that its
 * kind does not read: they could say that a row does not count, or no longer.
 */
const DESCRIPTION =
  /^(|id|asn?|as_.+|isp|org|organi[sz]ation|company|operator|owner|hoster|host(name)?|domain|names?|labels?|provider(_name)?|service|ship|vessel|site|ticket|source|description|comments?|notes?|remarks?|reason|motif|commentaires?|remarques?|nom|libelle|hebergeur|fournisseur|operateur|societe|navire|ville|pays|code_pays|cc|(country|continent|region|subdivision|city)(_(iso_)?code|_name|_geoname_id)?|geoname_id|postal(_code)?|latitude|longitude|time_?zone)$/;

/** The columns of a header row, by position from 0; -1 if the file has no such column. */
export interface Header {
  /** Names in lower case, with underscores. */
  readonly names: readonly string[];
  /** The column of the prefix or address, or of the start of a range. */
  readonly first: number;
  /** The column of the end of a range. */
  readonly last: number;
}

/** `Country ISO-code` becomes `country_iso_code`, and `Préfixe` becomes `prefixe`. */
const plainName = (name: string): string =>
  name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '_');

/** Returns the column of the first of these names that the header has, or -1. */
export function columnOf({ names }: Pick<Header, 'names'>, wanted: readonly string[]): number {
  const name = wanted.find(each => names.includes(each));
  return name === undefined ? -1 : names.indexOf(name);
}

/** Whether a field begins with an address or an integer, which no name of a column does. */
const isAddressed = (field: string): boolean => /^\d+([-\s.]|$)|:.*:/.test(field);

/**
 * Returns the header if a row is one: it names a column of addresses. A first row that is neither a
 * header nor begins with an address is refused.
 */
export function headerOf(fields: readonly string[], line: number): Header | undefined {
  if (isAddressed(fields[0]!)) return undefined;
  const names = fields.map(plainName);
  const prefix = columnOf({ names }, PREFIXES);
  const start = columnOf({ names }, STARTS);
  const end = columnOf({ names }, ENDS);
  const address = columnOf({ names }, ADDRESSES);
  const first = [prefix, start, address].find(column => column >= 0);
  if (first === undefined) {
    // A prefix with an error has a better message than an unknown header.
    if (!/^[^\d:./]+$/.test(fields[0]!)) return undefined;
    const known = [...PREFIXES, ...STARTS, ...ADDRESSES].join(', ');
    throw portabilityError(GEO.headerUnknown, { line }, { known });
  }
  const twice = names.findIndex((name, column) => name !== '' && names.indexOf(name) < column);
  if (twice >= 0) badRow(GEO.headerTwice, line, twice + 1);
  const size = prefix >= 0 && end >= 0 ? end : names.findIndex(name => SIZE.test(name));
  if (size >= 0) badRow(GEO.headerSize, line, size + 1);
  if (start >= 0 && prefix < 0 && end < 0)
    throw portabilityError(GEO.headerNoColumn, { line }, { known: ENDS.join(', ') });
  return { names, first, last: end };
}

/**
 * Returns a column that the kind of the file needs, else throws with the names that it can have.
 */
function needed(header: Header, line: number, wanted: readonly string[]): number {
  const column = columnOf(header, wanted);
  if (column >= 0) return column;
  throw portabilityError(GEO.headerNoColumn, { line }, { known: wanted.join(', ') });
}

/** The column of the place: codes, codes or names, or ids of a locations file. */
export interface PlaceColumn {
  readonly column: number;
  readonly holds: 'codes' | 'codes or names' | 'ids';
}

/** Returns the column that decides on the place. A column of codes precedes one of names. */
export function placeColumn(header: Header, line: number, takesIds: boolean): PlaceColumn {
  const codes = columnOf(header, [...CODES, ...PLACES]);
  if (codes >= 0) return { column: codes, holds: 'codes' };
  const either = columnOf(header, CODES_OR_NAMES);
  if (either >= 0) return { column: either, holds: 'codes or names' };
  const ids = takesIds ? columnOf(header, [GEONAME]) : -1;
  if (ids >= 0) return { column: ids, holds: 'ids' };
  return { column: needed(header, line, [...CODES, ...PLACES, ...CODES_OR_NAMES]), holds: 'codes' };
}

/**
 * Returns the column of the place that an operator decided on. A country next to it only describes
 * the row; two columns of equal rank are refused.
 */
export function ownPlaceColumn(header: Header, line: number): number {
  for (const wanted of [PLACES, CODES, CODES_OR_NAMES] as const) {
    const [column, other] = [...header.names.keys()].filter(each =>
      (wanted as readonly string[]).includes(header.names[each]!),
    );
    if (other !== undefined) badRow(GEO.headerTwice, line, other + 1);
    if (column !== undefined) return column;
  }
  return needed(header, line, [...PLACES, ...CODES, ...CODES_OR_NAMES]);
}

export const dayColumn = (header: Header, line: number): number => needed(header, line, DAYS);
export const reasonColumn = (header: Header, line: number): number => needed(header, line, REASONS);

/** Returns the columns of a locations file: its ids and their country codes. */
export const locationColumns = ({ names }: Pick<Header, 'names'>) => ({
  id: columnOf({ names }, [GEONAME]),
  code: columnOf({ names }, CODES),
});

/** The names of a row that is the header of a locations file, which has no addresses. */
export const namesOf = (fields: readonly string[]): readonly string[] => fields.map(plainName);

/**
 * Rejects columns that could change the meaning of a row and that this kind of file does not read.
 * `read` are the names that it does read.
 */
export function rejectConditions(header: Header, line: number, read: readonly string[] = []): void {
  const known: readonly string[] = [...PREFIXES, ...STARTS, ...ENDS, ...ADDRESSES, ...read];
  const column = header.names.findIndex(name => !DESCRIPTION.test(name) && !known.includes(name));
  if (column < 0) return;
  const name = header.names[column]!;
  throw portabilityError(
    GEO.headerCondition,
    { line, column: column + 1 },
    // A long name may be anything; the column says which one it is.
    { name: name.length > 40 ? '…' : name },
  );
}

export const placeNames = (): readonly string[] => [...PLACES, ...CODES];
export const DAY_NAMES: readonly string[] = DAYS;
