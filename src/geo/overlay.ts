/**
 * Reads the files that an operator applies over the sources: own ranges, geofeeds, temporary
 * corrections, anonymisers and relays.
 */
import { isCalendarDay } from '../days.ts';
import { PortabilityError } from '../errors.ts';
import { ZONES } from '../zone.ts';
import { prefixIn, prefixOrAddressIn, type RowReader, rangeIn, readLabelled } from './csv.ts';
import { type CountryStretches, readFlags } from './mmdb.ts';
import { isMmdb } from './mmdb-metadata.ts';
import { checkSource, checkText, readWhole, type Source, type SourceEdition } from './source.ts';

/**
 * What a file says, and how:
 * - `places`: rows of `prefix,place` or `start,end,place`; a place is a territory's ISO code or a zone (`unknown` for ships and planes, say);
 * - `geofeed`: RFC 8805; only the prefix and the country count; no country, or ZZ, means that there is none to be known: `unknown`;
 * - `corrections`: rows of `prefix,place,last day,reason`; a row counts through its last day (UTC);
 * - `anonymisers`: rows that begin with a prefix or an address, or an MMDB file with the fields of GeoIP2 Anonymous IP or Anonymous Plus;
 * - `relays`: rows that begin with a prefix or an address, of relays whose egress keeps the country: not anonymised, whatever an overlay before says.
 */
export const OVERLAY_KINDS = ['places', 'geofeed', 'corrections', 'anonymisers', 'relays'] as const;
/** What the rows of an overlay say. */
export type OverlayKind = (typeof OVERLAY_KINDS)[number];

/** The fields of an anonymiser database that can set `anonymised`. */
export const ANONYMISER_FIELDS = [
  ...(['is_anonymous_vpn', 'is_tor_exit_node', 'is_public_proxy'] as const),
  ...(['is_hosting_provider', 'is_residential_proxy'] as const),
] as const;
/** A field of an anonymiser database that may count. */
export type AnonymiserField = (typeof ANONYMISER_FIELDS)[number];

/**
 * Those that hide where a person is, by themselves. A hosting provider's address is often a company's exit; a residential proxy is a
 * household's line, whose people would be refused with it: these two are the operator's choice.
 */
export const HIDING: readonly AnonymiserField[] = ['is_anonymous_vpn', 'is_tor_exit_node', 'is_public_proxy'];

/** A file over the sources. The last overlay that speaks of an address wins; within one, the longest prefix. */
export interface Overlay extends Source {
  /** `places` unless given. */
  readonly kind?: OverlayKind | undefined;
  /** Of an MMDB file of anonymisers: VPN, Tor and public proxies unless given. */
  readonly fields?: readonly AnonymiserField[] | undefined;
}

/** What an edition says of an overlay. */
export interface OverlayEdition extends Omit<SourceEdition, 'built'> {
  readonly kind: OverlayKind;
  /** UTC day of the data, where it is known. */
  readonly built?: string;
  /** Of corrections: the last day on which all rows that were compiled count. */
  readonly through?: string;
  /** Of corrections: how many rows had ended already, and say nothing. */
  readonly ended?: number;
}

/** The values of the stretches are indexes into `countries`, the labels; at 0 the overlay says nothing. */
export interface LoadedOverlay extends CountryStretches {
  readonly edition: OverlayEdition;
}

/** What an overlay is read with: the law's codes, and the day. */
export interface OverlayContext {
  isTerritory(code: string): boolean;
  /** UTC day `YYYY-MM-DD`. */
  readonly today: string;
}

export const NAMED = 'yes';

const isZone = (word: string): boolean => (ZONES as readonly string[]).includes(word);

const bad = (message: string, line: number): never => {
  throw new PortabilityError('ERR_SOURCE_ROW', message, { line });
};

/** A place of the operator's own words: a slip of the pen must not become "unknown". */
function placeOf(word: string | undefined, context: OverlayContext, line: number): string {
  if (word !== undefined && (isZone(word) || context.isTerritory(word))) return word;
  return bad('a place is the iso 3166-1 code of a territory, or home, eea, outside or unknown', line);
}

/** An empty country is the publisher's word that there is none to be known (RFC 8805, 2.1.1.2); so is the user-assigned code. */
const NO_COUNTRY = ['', 'ZZ'];

/** The first of the last days seen so far, and rows that have ended. */
interface Through {
  day?: string;
  ended: number;
}

const READERS: Readonly<Record<OverlayKind, (context: OverlayContext, through: Through) => RowReader>> = {
  places: context => (fields, line) => ({
    range: rangeIn(fields, line),
    label: placeOf(fields.at(-1), context, line),
  }),
  geofeed: context => (all, line) => {
    // What follows a `#` is a comment, RFC 8805, 2.1.
    const comment = all.findIndex(field => field.includes('#'));
    const fields = comment < 0 ? all : all.slice(0, comment + 1).map(field => field.replace(/\s*#.*$/, ''));
    const code = (fields[1] ?? '').toUpperCase();
    const label = NO_COUNTRY.includes(code) ? 'unknown' : placeOf(code, context, line);
    return { range: prefixOrAddressIn(fields, line), label };
  },
  corrections: (context, through) => (fields, line) => {
    const range = prefixIn(fields, line);
    const label = placeOf(fields[1], context, line);
    const day = fields[2] ?? '';
    if (!isCalendarDay(day)) bad('a correction has a last day, YYYY-MM-DD', line);
    if ((fields[3] ?? '') === '') bad('a correction has a reason', line);
    if (day < context.today) {
      through.ended++;
      return undefined;
    }
    if (through.day === undefined || day < through.day) through.day = day;
    return { range, label };
  },
  anonymisers: () => (fields, line) => ({ range: prefixOrAddressIn(fields, line), label: NAMED }),
  relays: () => (fields, line) => ({ range: prefixOrAddressIn(fields, line), label: NAMED }),
};

/** How the rows of an overlay are read; corrections that have ended say nothing. */
export const overlayRow = (kind: OverlayKind, context: OverlayContext): RowReader =>
  READERS[kind](context, { ended: 0 });

/** Reads an overlay's file. Throws as a source does. */
export async function loadOverlay(overlay: Overlay, context: OverlayContext): Promise<LoadedOverlay> {
  const { kind = 'places', fields = HIDING } = overlay;
  const file = await readWhole(overlay.path, 'ERR_SOURCE_OPEN');
  const { built, ...facts } = checkSource(file, overlay);
  const isFlags = kind === 'anonymisers' && isMmdb(file);
  const through: Through = { ended: 0 };
  if (!isFlags && isMmdb(file))
    throw new PortabilityError('ERR_SOURCE_FORMAT', 'an overlay of this kind is text, not an mmdb file');
  const content = isFlags ? readFlags(file, fields) : readLabelled(checkText(file), READERS[kind](context, through));
  if (kind === 'anonymisers' && content.countries.length === 1)
    throw new PortabilityError('ERR_SOURCE_EMPTY', 'an overlay of anonymisers names none', { stage: 'data' });
  // A file that says its day is not contradicted.
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
