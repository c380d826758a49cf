/** Checks and completes the configuration of a table before any file is opened. */

import { checkSchema, fields, list, optional, text, that, word } from '../config-schema.ts';
import { isCalendarDay } from '../days.ts';
import { portabilityError } from '../errors.ts';
import type { Standpoint } from '../geo/merge-sources.ts';
import {
  ANONYMISER_FIELDS,
  type AnonymiserField,
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

function completeLicence({ also = [], except = [] }: Licence): Completed<Licence> {
  if (also.some(code => except.includes(code))) throw portabilityError(TABLES.licenceContradiction);
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

const FILES = {
  en: 'a list of files, each with a path',
  fr: 'une liste de fichiers, chacun avec un chemin (path)',
};

/** Builds the schema in a call that a bundle leaves out if it compiles no table. */
function fileFields() {
  return {
    path: text,
    name: optional(text),
    sha256: optional(text),
    built: optional(
      that<string>(isCalendarDay, {
        code: 'ERR_SOURCE_BUILT',
        en: 'a calendar day, YYYY-MM-DD',
        fr: 'une date qui existe, AAAA-MM-JJ',
      }),
    ),
    licence: optional(text),
  };
}

/** The fields of a source. */
export const FILE_FIELDS = /* @__PURE__ */ fileFields();

function overlayFields() {
  const names = ANONYMISER_FIELDS.join(', ');
  const anonymiserFields = that<readonly AnonymiserField[]>(
    value =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every(name => ANONYMISER_FIELDS.includes(name)),
    {
      en: `a list of one or more of ${names}`,
      fr: `une liste d’un ou plusieurs de ${names}`,
    },
  );
  return { kind: optional(word(OVERLAY_KINDS)), fields: optional(anonymiserFields) };
}

/** The fields that an overlay has besides those of a source. */
export const OVERLAY_FIELDS = /* @__PURE__ */ overlayFields();

function standpointFields() {
  const territory = that<string>(value => typeof value === 'string' && isTerritory(value), {
    code: 'ERR_TERRITORY',
    en: 'an ISO 3166-1 alpha-2 code in upper case',
    fr: 'un code ISO 3166-1 alpha-2 en majuscules',
  });
  const territories = optional(list(territory));
  return {
    home: optional(text),
    on: optional(text),
    licence: optional(fields({ also: territories, except: territories })),
  };
}

/** The fields of the law and the licence of a table. */
export const STANDPOINT_FIELDS = /* @__PURE__ */ standpointFields();

const tableConfigFields = () => ({
  sources: list(fields({ ...FILE_FIELDS, locations: optional(text) }), FILES),
  overlays: optional(list(fields({ ...FILE_FIELDS, ...OVERLAY_FIELDS }), FILES)),
  ...STANDPOINT_FIELDS,
});

/** The fields of a table configuration. */
export const TABLE_CONFIG_FIELDS = /* @__PURE__ */ tableConfigFields();

const SCHEMA = /* @__PURE__ */ fields(TABLE_CONFIG_FIELDS);

/** Returns an object without the properties that are `undefined`. */
const given = <Value extends object>(value: Value): Value =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Value;

/**
 * Checks a configuration and completes it with defaults, before any file is opened.
 * @throws PortabilityError `ERR_ARGUMENT`, `ERR_HOME`, `ERR_DAY`, `ERR_SOURCE_BUILT`,
 * `ERR_TERRITORY`
 */
export function completeTableConfig(config: TableConfig): Completed<TableConfig> {
  const {
    sources,
    overlays = [],
    home = 'FR',
    on = REVIEWED_ON,
    licence = {},
  }: TableConfig = checkSchema(SCHEMA, config, 'ERR_ARGUMENT', {
    en: 'the table configuration',
    fr: 'la configuration de la table',
  });
  standpointOf({ home, on, licence });
  return {
    sources: sources.map(given),
    overlays: overlays.map(overlay => ({
      kind: 'places' as const,
      fields: DEFAULT_ANONYMISER_FIELDS,
      ...given(overlay),
    })),
    home,
    on,
    licence: completeLicence(licence),
  };
}
