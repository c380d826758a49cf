/**
 * Reads the files that an operator applies over the sources: own ranges, geofeeds, temporary
 * corrections, anonymisers and relays.
 */

import { isCalendarDay } from '../days.ts';
import { type PortabilityError, portabilityError, textOf } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import { ZONES } from '../zone.ts';
import { parseAddress } from './address.ts';
import {
  DAY_NAMES,
  dayColumn,
  ownPlaceColumn,
  placeColumn,
  placeNames,
  reasonColumn,
  rejectConditions,
} from './columns.ts';
import {
  isRowError,
  type RowFormat,
  type RowRange,
  rangeOf,
  readLabelled,
  rejectRest,
} from './csv.ts';
import { DiscardedRows } from './findings.ts';
import { type CountryIntervals, readFlags } from './mmdb.ts';
import { isMmdb } from './mmdb-metadata.ts';
import type { Range } from './prefix.ts';
import { badRow } from './rows.ts';
import { checkSource, checkText, type Source, type SourceEdition } from './source.ts';

/**
 * The kinds of overlays. In each, a row begins with a prefix or a range (`start,end` or
 * `start-end`), or a header row names the columns:
 * - `places`: then a place: the ISO code of a territory, or a zone (`unknown` for ships and planes,
 *   for example);
 * - `geofeed`: RFC 8805; only the prefix and the country are read; no country, or ZZ, means that
 *   the country cannot be known: `unknown`. An entry that cannot be used is discarded (2.1.3) and
 *   reported in the edition; too many refuse the file;
 * - `corrections`: then a place, the last day and a reason; a row is valid through its last day
 *   (UTC);
 * - `anonymisers`: also single addresses; or an MMDB file, or a CSV with a header row, with the
 *   fields of GeoIP2 Anonymous IP or Anonymous Plus;
 * - `relays`: also single addresses, of relays whose egress keeps the country: not anonymised,
 *   regardless of earlier overlays.
 */
export const OVERLAY_KINDS = ['places', 'geofeed', 'corrections', 'anonymisers', 'relays'] as const;
/** The kind of an overlay, which determines the format and meaning of its rows. */
export type OverlayKind = (typeof OVERLAY_KINDS)[number];

/** The fields of an anonymiser database that can set `anonymised`. */
export const ANONYMISER_FIELDS = [
  ...(['is_anonymous_vpn', 'is_tor_exit_node', 'is_public_proxy'] as const),
  ...(['is_hosting_provider', 'is_residential_proxy'] as const),
] as const;
/** A field of an anonymiser database that can set `anonymised`. */
export type AnonymiserField = (typeof ANONYMISER_FIELDS)[number];

/**
 * The fields that hide a person's location in themselves. The address of a hosting provider is
 * often the exit of a company; a residential proxy uses a private person's line, and its users
 * would also be refused. These two fields are the operator's choice.
 */
export const DEFAULT_ANONYMISER_FIELDS: readonly AnonymiserField[] = [
  'is_anonymous_vpn',
  'is_tor_exit_node',
  'is_public_proxy',
];

/**
 * A file applied over the sources. The last overlay with an answer for an address has precedence;
 * within one overlay, the longest prefix.
 */
export interface Overlay extends Omit<Source, 'locations'> {
  /** Default: `places`. */
  readonly kind?: OverlayKind | undefined;
  /** For a file of anonymisers with these fields; default: VPN, Tor and public proxies. */
  readonly fields?: readonly AnonymiserField[] | undefined;
}

/** The entry of an overlay in an edition. */
export interface OverlayEdition extends Omit<SourceEdition, 'built' | 'locationsSha256'> {
  readonly kind: OverlayKind;
  /** UTC day of the data, if known. */
  readonly built?: string;
  /** For corrections: the last day on which all compiled rows are valid. */
  readonly through?: string;
  /** For corrections: the number of rows that had already ended and have no effect. */
  readonly ended?: number;
}

/**
 * The values of the intervals are indexes into `countries`, the labels. At index 0 the overlay has
 * no effect.
 */
export interface LoadedOverlay extends CountryIntervals {
  readonly edition: OverlayEdition;
}

/** The context for reading an overlay: the territory codes of the law, and the day. */
export interface OverlayContext {
  isTerritory(code: string): boolean;
  /** UTC day `YYYY-MM-DD`. */
  readonly today: string;
}

export const LISTED = 'yes';

const isZone = (word: string): boolean => (ZONES as readonly string[]).includes(word);

/** Whether an operator can have written a location. A typing error must not become "unknown". */
const isLocation = (word: string, context: OverlayContext): boolean =>
  isZone(word) || context.isTerritory(word);

/**
 * With an empty country, the publisher states that the country cannot be known (RFC 8805, 2.1.1.2).
 * The user-assigned code means the same.
 */
const NO_COUNTRY = ['', 'ZZ'];

/** What reading the rows of an overlay finds out besides its intervals. */
interface Notes {
  /** The earliest last day of a correction so far. */
  day?: string;
  /** The number of corrections that have ended. */
  ended: number;
  /** The number of entries of a geofeed. */
  rows: number;
  /** Why a geofeed is refused as a whole. */
  refusal?: unknown;
  readonly discarded: DiscardedRows;
}

const openNotes = (): Notes => ({ ended: 0, rows: 0, discarded: new DiscardedRows() });

function placesFormat(context: OverlayContext): RowFormat {
  return {
    open: (header, line) => {
      if (header !== undefined) rejectConditions(header, line, placeNames());
      const column = header && ownPlaceColumn(header, line);
      return (fields, row) => {
        const { range, next } = rangeOf(fields, row, { header, takesAddress: false });
        const at = column ?? next;
        const label = fields[at] ?? '';
        if (!isLocation(label, context)) badRow(GEO.locationUnknown, row, at + 1);
        if (header === undefined) rejectRest(fields, at + 1, row);
        return { range, label };
      };
    },
  };
}

const hasHostBits = (error: unknown): boolean =>
  textOf(error as PortabilityError).en.endsWith(GEO.prefixHostBits.en);

/**
 * An entry that cannot be used is discarded, RFC 8805, 2.1.3: the publisher's error about one
 * network says nothing about the others. Its addresses have no answer here, not even that of a
 * wider entry; sources and other overlays decide. The country is read in any case, 2.1.1.2.
 */
function geofeedFormat(context: OverlayContext, notes: Notes): RowFormat {
  const { discarded } = notes;
  return {
    hasComments: true,
    onBadRow: (_error, line) => {
      notes.rows++;
      discarded.add('row', line);
    },
    onDuplicate: line => discarded.add('duplicate', line),
    open: (header, line) => {
      const column = header && placeColumn(header, line, false).column;
      // Later fields are ignored, 2.1.3.
      const options = { header, takesAddress: true, isOpenEnded: true };
      const discard = (range: Range, ...problem: Parameters<DiscardedRows['add']>) => {
        discarded.add(...problem);
        return { range, label: '' };
      };
      return (fields, row) => {
        notes.rows++;
        let found: RowRange;
        try {
          found = rangeOf(fields, row, options);
        } catch (error) {
          if (!isRowError(error)) throw error;
          const isHostBits = hasHostBits(error);
          // A first row without an address may be a header with unknown names.
          if (header === undefined && row === line && !isHostBits) notes.refusal = error;
          discarded.add(isHostBits ? 'host-bits' : 'prefix', row);
          return undefined;
        }
        const { range, next } = found;
        const field: string | undefined = fields[column ?? next];
        if (field === undefined) return discard(range, 'row', row);
        const code = field.toUpperCase();
        const label = NO_COUNTRY.includes(code) ? 'unknown' : code;
        if (label !== 'unknown' && !context.isTerritory(label))
          return discard(range, 'code', row, code);
        return { range, label };
      };
    },
  };
}

function correctionsFormat({ today, ...context }: OverlayContext, notes: Notes): RowFormat {
  return {
    open: (header, line) => {
      if (header !== undefined) rejectConditions(header, line, [...placeNames(), ...DAY_NAMES]);
      const columns = header && [
        ownPlaceColumn(header, line),
        dayColumn(header, line),
        reasonColumn(header, line),
      ];
      // The reason, in the last column, may contain separators.
      const isOpenEnded = columns?.[2] === (header?.names.length ?? 0) - 1;
      const options = { header, takesAddress: false, isOpenEnded };
      return (fields, row) => {
        const { range, next } = rangeOf(fields, row, options);
        const [place, last, reason] = columns ?? [next, next + 1, next + 2];
        const label = fields[place!] ?? '';
        if (!isLocation(label, { today, ...context })) badRow(GEO.locationUnknown, row, place! + 1);
        const day = fields[last!] ?? '';
        if (!isCalendarDay(day)) badRow(GEO.correctionLastDay, row, last! + 1);
        if ((fields[reason!] ?? '') === '') badRow(GEO.correctionReason, row, reason! + 1);
        if (day < today) {
          notes.ended++;
          return undefined;
        }
        if (notes.day === undefined || day < notes.day) notes.day = day;
        const end = columns === undefined || isOpenEnded ? undefined : reason! + 1;
        return { range, label, note: `${day}: ${fields.slice(reason!, end).join(',').trim()}` };
      };
    },
  };
}

/**
 * The fields of a database of anonymisers, by the names of columns of MaxMind, IPinfo and others.
 */
const FLAG_COLUMNS: Readonly<Record<string, AnonymiserField>> = {
  is_anonymous_vpn: 'is_anonymous_vpn',
  is_vpn: 'is_anonymous_vpn',
  vpn: 'is_anonymous_vpn',
  is_tor_exit_node: 'is_tor_exit_node',
  is_tor: 'is_tor_exit_node',
  tor: 'is_tor_exit_node',
  is_public_proxy: 'is_public_proxy',
  is_proxy: 'is_public_proxy',
  proxy: 'is_public_proxy',
  is_hosting_provider: 'is_hosting_provider',
  is_hosting: 'is_hosting_provider',
  hosting: 'is_hosting_provider',
  is_residential_proxy: 'is_residential_proxy',
};

/** The columns next to them that describe a row, in the files of MaxMind and IPinfo. */
const FLAG_DETAILS = [
  ...(['is_anonymous', 'anonymizer_confidence', 'network_last_seen'] as const),
  ...(['relay', 'is_relay', 'join_key'] as const),
] as const;

const TRUE = ['true', '1', 'yes', 't'];
const FALSE = ['false', '0', 'no', 'f', ''];

/** Reads whether one of the columns is true. */
function anyFlag(fields: readonly string[], columns: readonly number[], row: number): boolean {
  let isAny = false;
  for (const column of columns) {
    const word = (fields[column] ?? badRow(GEO.rowFields, row, column + 1)).toLowerCase();
    if (TRUE.includes(word)) isAny = true;
    else if (!FALSE.includes(word)) badRow(GEO.rowFlag, row, column + 1);
  }
  return isAny;
}

/** Words that answer yes or no. Two capitals are a country: `NO` is Norway. */
const ANSWER = /^(true|false|yes|no|vrai|faux|oui|non|[tfyno])$/i;
/** `2026-12-31`, `31/12/2026`, `31.12.26`, alone or in a text. */
const DATE_IN_NUMBERS = /\d[-/. ]\d{1,2}[-/. ]\d{2}/;
/** `20261231` */
const COMPACT_DATE = /^20\d\d[01]\d[0-3]\d/;
/** The month of `31 déc. 2026`, `Dec 31, 2026` and `dec 2026`, in English or French. */
const MONTH_AND_NUMBER =
  /(^|[-/. ])(jan|f[eé]v|feb|mar|avr|apr|mai|may|jui|jun|jul|ao[uû]|aug|sep|oct|nov|d[eé]c)[a-zéû]*\.?[-/. ]\d/i;

const isDate = (field: string): boolean =>
  DATE_IN_NUMBERS.test(field) ||
  COMPACT_DATE.test(field) ||
  (MONTH_AND_NUMBER.test(field) && /\d{4}/.test(field));

/**
 * Whether a field without a name may say more than a label: an address, a length, a day, true or
 * false.
 */
const hasMeaning = (field: string): boolean =>
  (ANSWER.test(field) && !/^[A-Z]{2}$/.test(field)) ||
  /^\/\d+$/.test(field) ||
  isDate(field) ||
  (/\d\.\d|:/.test(field) &&
    field.split(/[^\da-f.:]+/i).some(word => parseAddress(word) !== undefined));

/**
 * A list of networks. `flags` are the columns of booleans that a row counts by, if the header row
 * names some of them.
 */
function listFormat(fieldsOfFlags: readonly AnonymiserField[] | undefined): RowFormat {
  return {
    hasComments: true,
    open: (header, line) => {
      const names = fieldsOfFlags === undefined ? [] : Object.keys(FLAG_COLUMNS);
      const isFlagged = header?.names.some(name => names.includes(name)) === true;
      if (header !== undefined)
        rejectConditions(header, line, isFlagged ? [...names, ...FLAG_DETAILS] : []);
      const flags = [...(header?.names.entries() ?? [])].flatMap(([column, name]) =>
        isFlagged && fieldsOfFlags!.includes(FLAG_COLUMNS[name]!) ? [column] : [],
      );
      if (isFlagged && flags.length === 0) {
        const known = Object.keys(FLAG_COLUMNS).filter(name => header.names.includes(name));
        throw portabilityError(GEO.headerNoFlag, { line }, { known: known.join(', ') });
      }
      return (fields, row) => {
        const { range, next } = rangeOf(fields, row, { header, takesAddress: true });
        if (header === undefined) {
          const strange = fields.findIndex((field, at) => at >= next && hasMeaning(field));
          if (strange >= 0) badRow(GEO.rowMeaning, row, strange + 1);
        }
        // A narrower network without a flag is not one of the wider network that has it.
        return { range, label: isFlagged && !anyFlag(fields, flags, row) ? '' : LISTED };
      };
    },
  };
}

function formatOf(
  { kind = 'places', fields = DEFAULT_ANONYMISER_FIELDS }: Pick<Overlay, 'kind' | 'fields'>,
  context: OverlayContext,
  notes: Notes,
): RowFormat {
  if (kind === 'places') return placesFormat(context);
  if (kind === 'geofeed') return geofeedFormat(context, notes);
  if (kind === 'corrections') return correctionsFormat(context, notes);
  return listFormat(kind === 'anonymisers' ? fields : undefined);
}

/** Returns the rows of an overlay. Corrections that have ended have no effect. */
export const overlayFormat = (
  overlay: Pick<Overlay, 'kind' | 'fields'>,
  context: OverlayContext,
): RowFormat => formatOf(overlay, context, openNotes());

/** A geofeed may have this many entries that cannot be used, however short it is. */
const FEW_DISCARDED = 20;
/** A longer geofeed may have this share of entries that cannot be used. */
const DISCARDED_SHARE = 0.05;

/**
 * Refuses a geofeed of which too much cannot be used: half of it, or more than 20 entries and more
 * than 5 %. It is then damaged, or not a geofeed.
 */
function checkDiscarded({ rows, discarded, refusal }: Notes): void {
  if (refusal !== undefined) throw refusal;
  const { count } = discarded;
  if (count === 0) return;
  if (count * 2 < rows && (count <= FEW_DISCARDED || count <= rows * DISCARDED_SHARE)) return;
  const line = Math.min(...discarded.findings().map(({ lines }) => lines[0]!));
  throw portabilityError(GEO.geofeedDiscarded, { line }, { count, rows });
}

/**
 * Checks the bytes of an overlay and parses them.
 * @throws PortabilityError as a source does
 */
export function parseOverlay(
  file: Buffer,
  overlay: Overlay,
  context: OverlayContext,
): LoadedOverlay {
  const { kind = 'places', fields = DEFAULT_ANONYMISER_FIELDS } = overlay;
  const { built, ...facts } = checkSource(file, overlay);
  const isFlags = kind === 'anonymisers' && isMmdb(file);
  if (!isFlags && isMmdb(file)) throw portabilityError(GEO.overlayNotText);
  const notes = openNotes();
  const content = isFlags
    ? readFlags(file, fields)
    : readLabelled(checkText(file), formatOf(overlay, context, notes));
  checkDiscarded(notes);
  // Corrections come to an end, the other kinds do not.
  if (kind !== 'corrections' && content.countries.length === 1) {
    const message = kind === 'anonymisers' ? GEO.overlayNoAnonymiser : GEO.overlayNoEntry;
    throw portabilityError(message, { stage: 'data' });
  }
  // The day inside the file has precedence over the configured one.
  const day = content.built ?? built;
  const findings = notes.discarded.findings();
  const edition = {
    ...facts,
    kind,
    ...(day && { built: day }),
    ...(notes.day && { through: notes.day }),
    ...(notes.ended > 0 && { ended: notes.ended }),
    ...(findings.length > 0 && { findings }),
  };
  return { ...content, edition };
}
