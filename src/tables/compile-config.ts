/** Checks and completes the configuration of a table before any file is opened. */

import { isCalendarDay } from '../days.ts';
import { portabilityError } from '../errors.ts';
import type { Standpoint } from '../geo/compile.ts';
import {
  ANONYMISER_FIELDS,
  DEFAULT_ANONYMISER_FIELDS,
  OVERLAY_KINDS,
  type Overlay,
} from '../geo/overlay.ts';
import type { Source } from '../geo/source.ts';
import {
  checkDay,
  checkHome,
  isTerritory,
  REVIEWED_ON,
  zoneOfTerritory,
} from '../law/territory.ts';
import * as TABLES from '../messages/tables.ts';
import type { LocalisedText } from '../messages/text.ts';

/**
 * Where the contract applies beyond the home State, or not in all of it. Sets `licensed`, never the
 * zone. ISO 3166-1 alpha-2 codes.
 */
export interface Licence {
  /** Territories outside the home State that the licence includes (Monaco, for example). */
  readonly also?: readonly string[] | undefined;
  /** Territories of the home State that the licence excludes (Réunion, for example). */
  readonly except?: readonly string[] | undefined;
}

/** The configuration of a table: its sources, overlays, home State, day and licence. */
export interface TableConfig {
  /** In order: if votes are tied, the first source decides. */
  readonly sources: readonly Source[];
  /**
   * Applied over the sources, in order. The last overlay with an answer for an address has
   * precedence, regardless of the sources.
   */
  readonly overlays?: readonly Overlay[] | undefined;
  /** ISO 3166-1 alpha-2 code of the home State; default: `FR`. */
  readonly home?: string | undefined;
  /**
   * UTC day `YYYY-MM-DD` whose law applies; default: the day on which the territory data were last
   * reviewed.
   */
  readonly on?: string | undefined;
  readonly licence?: Licence | undefined;
}

/** Options with all defaults filled in: no property is missing or `undefined`. */
export type Completed<Options> = { [Name in keyof Options]-?: Exclude<Options[Name], undefined> };

function completeLicence(licence: Licence): Completed<Licence> {
  checkNames(licence, ['also', 'except'], { en: 'the licence', fr: 'la licence' });
  const { also = [], except = [] } = licence;
  if (!Array.isArray(also) || !Array.isArray(except))
    throw portabilityError(TABLES.licenceNotLists);
  if (![...also, ...except].every(isTerritory)) {
    throw portabilityError(TABLES.licenceTerritory);
  }
  if (also.some(code => except.includes(code))) {
    throw portabilityError(TABLES.licenceContradiction);
  }
  return { also: [...also], except: [...except] };
}

/**
 * Returns the standpoint for which a table is compiled: the law of a day as seen from a home State,
 * and a licence.
 */
export function standpointOf({
  home,
  on,
  licence,
}: Pick<Completed<TableConfig>, 'home' | 'on' | 'licence'>): Standpoint {
  checkDay(on);
  checkHome(home, on);
  const { also, except } = completeLicence(licence);
  const zone = (code: string) => zoneOfTerritory(code, { home, on });
  return {
    home,
    zone,
    licensed: code => !except.includes(code) && (also.includes(code) || zone(code) === 'home'),
  };
}

const TEXTS = ['path', 'name', 'sha256', 'built', 'licence'] as const;

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Rejects unknown names, so that a typing error does not silently drop an option. */
function checkNames(given: unknown, names: readonly string[], where: LocalisedText): void {
  if (isObject(given) && Object.keys(given).every(name => names.includes(name))) return;
  throw portabilityError(TABLES.configUnknownField, {}, { where, known: names.join(', ') });
}

/** Returns a file with only the properties that can pass to another thread. */
function fileOf(given: Partial<Overlay> | undefined): Overlay {
  const texts = TEXTS.filter(name => given?.[name] !== undefined).map(name => [name, given![name]]);
  if (typeof given?.path !== 'string' || texts.some(([, text]) => typeof text !== 'string'))
    throw portabilityError(TABLES.sourcesInvalid);
  if (given.built !== undefined && !isCalendarDay(given.built))
    throw portabilityError(TABLES.sourceDayInvalid);
  return Object.fromEntries(texts);
}

function sourceOf(given: Source): Source {
  const file = fileOf(given);
  checkNames(given, TEXTS, { en: 'a source', fr: 'une source' });
  return file;
}

function overlayOf(given: Overlay): Overlay {
  const file = fileOf(given);
  checkNames(given, [...TEXTS, 'kind', 'fields'], { en: 'an overlay', fr: 'une couche' });
  const { kind = 'places', fields = DEFAULT_ANONYMISER_FIELDS } = given;
  const isKnown = OVERLAY_KINDS.includes(kind) && Array.isArray(fields) && fields.length > 0;
  if (isKnown && fields.every(field => ANONYMISER_FIELDS.includes(field)))
    return { ...file, kind, fields: [...fields] };
  throw portabilityError(TABLES.overlayInvalid);
}

/**
 * Checks a configuration and completes it with defaults, before any file is opened.
 * @throws PortabilityError `ERR_ARGUMENT`, `ERR_HOME`, `ERR_DAY`, `ERR_TERRITORY`
 */
export function completeTableConfig(config: TableConfig): Completed<TableConfig> {
  const { sources, overlays = [], home = 'FR', on = REVIEWED_ON, licence: given } = config ?? {};
  const licence = given ?? {};
  if (!Array.isArray(sources) || !Array.isArray(overlays))
    throw portabilityError(TABLES.sourcesInvalid);
  standpointOf({ home, on, licence });
  const files = {
    sources: Array.from(sources, sourceOf),
    overlays: Array.from(overlays, overlayOf),
  };
  return { ...files, home, on, licence: completeLicence(licence) };
}
