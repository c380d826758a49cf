/**
 * Reads the files that an operator applies over the sources: own ranges, geofeeds, temporary
 * corrections, anonymisers and relays.
 */

import { isCalendarDay } from '../days.ts';
import { portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import type { Message } from '../messages.ts';
import { ZONES } from '../zone.ts';
import { prefixIn, prefixOrAddressIn, type RowReader, rangeIn, readLabelled } from './csv.ts';
import { type CountryIntervals, readFlags } from './mmdb.ts';
import { isMmdb } from './mmdb-metadata.ts';
import { checkSource, checkText, readWhole, type Source, type SourceEdition } from './source.ts';

/**
 * The kinds of overlays:
 * - `places`: rows of `prefix,place` or `start,end,place`; a place is the ISO code of a territory,
 *   or a zone (`unknown` for ships and planes, for example);
 * - `geofeed`: RFC 8805; only the prefix and the country are read; no country, or ZZ, means that
 *   the country cannot be known: `unknown`;
 * - `corrections`: rows of `prefix,place,last day,reason`; a row is valid through its last day
 *   (UTC);
 * - `anonymisers`: rows that begin with a prefix or an address, or an MMDB file with the fields of
 *   GeoIP2 Anonymous IP or Anonymous Plus;
 * - `relays`: rows that begin with a prefix or an address, of relays whose egress keeps the
 *   country: not anonymised, regardless of earlier overlays.
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
export interface Overlay extends Source {
  /** Default: `places`. */
  readonly kind?: OverlayKind | undefined;
  /** For an MMDB file of anonymisers; default: VPN, Tor and public proxies. */
  readonly fields?: readonly AnonymiserField[] | undefined;
}

/** The entry of an overlay in an edition. */
export interface OverlayEdition extends Omit<SourceEdition, 'built'> {
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

const bad = (message: Message, line: number): never => {
  throw portabilityError(message, { line });
};

/** Validates a location that the operator wrote. A typing error must not become "unknown". */
function checkLocation(word: string | undefined, context: OverlayContext, line: number): string {
  if (word !== undefined && (isZone(word) || context.isTerritory(word))) return word;
  return bad(GEO.locationUnknown, line);
}

/**
 * With an empty country, the publisher states that the country cannot be known (RFC 8805, 2.1.1.2).
 * The user-assigned code means the same.
 */
const NO_COUNTRY = ['', 'ZZ'];

/** The earliest last day so far, and the number of rows that have ended. */
interface Through {
  day?: string;
  ended: number;
}

const READERS: Readonly<
  Record<OverlayKind, (context: OverlayContext, through: Through) => RowReader>
> = {
  places: context => (fields, line) => ({
    range: rangeIn(fields, line),
    label: checkLocation(fields.at(-1), context, line),
  }),
  geofeed: context => (all, line) => {
    // Text after a `#` is a comment, RFC 8805, 2.1.
    const comment = all.findIndex(field => field.includes('#'));
    const fields =
      comment < 0 ? all : all.slice(0, comment + 1).map(field => field.replace(/\s*#.*$/, ''));
    const code = (fields[1] ?? '').toUpperCase();
    const label = NO_COUNTRY.includes(code) ? 'unknown' : checkLocation(code, context, line);
    return { range: prefixOrAddressIn(fields, line), label };
  },
  corrections: (context, through) => (fields, line) => {
    const range = prefixIn(fields, line);
    const label = checkLocation(fields[1], context, line);
    const day = fields[2] ?? '';
    if (!isCalendarDay(day)) bad(GEO.correctionLastDay, line);
    if ((fields[3] ?? '') === '') bad(GEO.correctionReason, line);
    if (day < context.today) {
      through.ended++;
      return undefined;
    }
    if (through.day === undefined || day < through.day) through.day = day;
    return { range, label };
  },
  anonymisers: () => (fields, line) => ({
    range: prefixOrAddressIn(fields, line),
    label: LISTED,
  }),
  relays: () => (fields, line) => ({
    range: prefixOrAddressIn(fields, line),
    label: LISTED,
  }),
};

/** Returns the row reader of an overlay kind. Corrections that have ended have no effect. */
export const overlayRow = (kind: OverlayKind, context: OverlayContext): RowReader =>
  READERS[kind](context, { ended: 0 });

/** Reads the file of an overlay. Throws as a source does. */
export async function loadOverlay(
  overlay: Overlay,
  context: OverlayContext,
): Promise<LoadedOverlay> {
  const { kind = 'places', fields = DEFAULT_ANONYMISER_FIELDS } = overlay;
  const file = await readWhole(overlay.path, 'ERR_SOURCE_OPEN');
  const { built, ...facts } = checkSource(file, overlay);
  const isFlags = kind === 'anonymisers' && isMmdb(file);
  const through: Through = { ended: 0 };
  if (!isFlags && isMmdb(file)) throw portabilityError(GEO.overlayNotText);
  const content = isFlags
    ? readFlags(file, fields)
    : readLabelled(checkText(file), READERS[kind](context, through));
  if (kind === 'anonymisers' && content.countries.length === 1)
    throw portabilityError(GEO.overlayNoAnonymiser, {
      stage: 'data',
    });
  // The day inside the file has precedence over the configured one.
  const day = content.built ?? built;
  const edition = {
    ...facts,
    kind,
    ...(day && { built: day }),
    ...(through.day && { through: through.day }),
    ...(through.ended > 0 && { ended: through.ended }),
  };
  return { ...content, edition };
}
