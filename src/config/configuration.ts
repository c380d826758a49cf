/**
 * Defines the configuration file, which the sidecar, the desk and the library read: its fields, and
 * the check of each.
 */

import { dirname, isAbsolute, join } from 'node:path';
import {
  checkSchema,
  fields,
  flag,
  list,
  optional,
  text,
  that,
  wholeNumber,
  word,
} from '../config-schema.ts';
import { type PortabilityError, portabilityError, withDetails } from '../errors.ts';
import { checkGuards, type Guards } from '../geo/guards.ts';
import { type DossierEvent, parseEvent } from '../law/dossier.ts';
import { completeOffer, type OfferChoices } from '../law/offer.ts';
import { checkWaivers } from '../law/standing.ts';
import * as CONFIG from '../messages/config.ts';
import { type EvidenceOptions, RECORDING_FIELDS } from '../recording/evidence-options.ts';
import { SECOND_AGENT_OPERATIONS, type SecondAgentOperation } from '../subjects/second-agent.ts';
import { completeTableConfig, type Licence, STANDPOINT_FIELDS } from '../tables/compile-config.ts';
import {
  type OverlayEntry,
  overlayEntries,
  resolveOrigin,
  type SourceEntry,
  sourceEntries,
} from './table-sources.ts';

/** Where evidence is kept; every other field is an option of `openGate`'s `evidence`. */
export interface EvidenceConfiguration
  extends Omit<EvidenceOptions, 'ledger' | 'keyring' | 'closesStores' | 'notice'> {
  /**
   * Location of the ledger: a file, `postgres://...` or `redis://...`, or `env:NAME` or `file:PATH`
   * for a variable or a file that holds it.
   */
  readonly ledger?: string | undefined;
  /** Location of the person records, for a Redis ledger. */
  readonly personRecords?: string | undefined;
  readonly keyring?: string | undefined;
  /** File with the key that wraps a keyring in PostgreSQL, or `env:NAME`. */
  readonly keyringKey?: string | undefined;
  /** File in which batches wait while the ledger cannot be reached. */
  readonly spool?: string | undefined;
}

/** Returns the options of evidence that are not locations, as `openGate` takes them. */
export function recordingOptions(
  evidence: EvidenceConfiguration | undefined,
): Partial<EvidenceOptions> {
  const {
    ledger: _,
    personRecords: __,
    keyring: ___,
    keyringKey: ____,
    spool: _____,
    ...options
  } = evidence ?? {};
  return options;
}

/** Options of the sidecar, as `serve` names them. */
export interface ServeConfiguration {
  readonly listen?: string | undefined;
  readonly socket?: string | undefined;
  readonly peers?: readonly string[] | undefined;
  readonly trusted?: readonly string[] | undefined;
  readonly trustedFile?: string | undefined;
  readonly headers?:
    | {
        readonly address?: string | undefined;
        readonly subscriber?: string | undefined;
        readonly standing?: string | undefined;
        readonly offer?: string | undefined;
        readonly channel?: string | undefined;
      }
    | undefined;
  readonly fittingStatus?: boolean | undefined;
  readonly shadow?: boolean | undefined;
  readonly corsOrigins?: readonly string[] | undefined;
  readonly decidePreflights?: boolean | undefined;
  readonly blockedBy?: string | undefined;
  readonly clientLanguage?: 'fr' | 'en' | undefined;
  readonly tableState?: string | undefined;
  /** Seconds for which a cache in front may use a granted verdict again; default: 0. */
  readonly verdictLifetimeSeconds?: number | undefined;
  /** Processes that serve on the one socket; default: 1. */
  readonly workers?: number | undefined;
  readonly drainSeconds?: number | undefined;
  readonly logFormat?: 'text' | 'json' | undefined;
  /** Hours between two updates of the table; default: none. */
  readonly updateEvery?: number | undefined;
}

/** Options of the support desk. */
export interface DeskConfiguration {
  /** Operations that one agent proposes and another one confirms; default: none. */
  readonly secondAgent?: readonly SecondAgentOperation[] | undefined;
  /** Address and port of the pages; default: `127.0.0.1:8453`. */
  readonly listen?: string | undefined;
  /** Unix socket of the pages, in place of an address. */
  readonly socket?: string | undefined;
  /** Proxies whose headers name the agent; default: none, a one-time link instead. */
  readonly peers?: readonly string[] | undefined;
  /** Header with the name of the agent; default: `remote-user`. */
  readonly agentHeader?: string | undefined;
  /** Header with the groups of the agent; default: `remote-groups`. */
  readonly groupsHeader?: string | undefined;
  /** Name of the group of each role; default: `desk-read` and so on. */
  readonly groups?:
    | {
        readonly read?: string | undefined;
        readonly act?: string | undefined;
        readonly erase?: string | undefined;
        readonly oversight?: string | undefined;
      }
    | undefined;
  /** Path below which the proxy shows the pages; default: none. */
  readonly base?: string | undefined;
  /** Time zone of the callers; default: `Europe/Paris`. */
  readonly timeZone?: string | undefined;
  /** Minutes without a request after which a session ends; default: 30. */
  readonly sessionMinutes?: number | undefined;
  readonly logFormat?: 'text' | 'json' | undefined;
}

/** The content of a configuration file. Paths are absolute once it is read. */
export interface Configuration {
  readonly $schema?: string | undefined;
  /** Language of the command line and of the answers to clients. */
  readonly language?: 'fr' | 'en' | undefined;
  readonly table?: string | undefined;
  /** Folder in which past editions of the table are kept. */
  readonly editions?: string | undefined;
  readonly maxTableAgeDays?: number | undefined;
  /** Where `table update` gets the sources of the table, in the order of their votes. */
  readonly sources?: readonly SourceEntry[] | undefined;
  /** Where `table update` gets the overlays of the table. The last one has precedence. */
  readonly overlays?: readonly OverlayEntry[] | undefined;
  /** Home State of the table that `table update` compiles; default: `FR`. */
  readonly home?: string | undefined;
  /** UTC day whose law applies; default: the day on which the territory data were reviewed. */
  readonly on?: string | undefined;
  readonly licence?: Licence | undefined;
  /** Folder for what `table update` fetches; default: next to the table, `TABLE.downloads`. */
  readonly downloads?: string | undefined;
  /** Guards of a new table, or the path of their file. */
  readonly guards?: Guards | string | undefined;
  /** The provider's choices for each kind of contract, or the path of their file. */
  readonly offers?: Readonly<Record<string, OfferChoices>> | string | undefined;
  /** Waivers of all right holders for the whole service, or the path of their file. */
  readonly waivers?: readonly DossierEvent[] | string | undefined;
  /** The operator's privacy notice: the path of its file. */
  readonly notice?: string | undefined;
  readonly evidence?: EvidenceConfiguration | undefined;
  /** Options of the support desk. */
  readonly desk?: DeskConfiguration | undefined;
  readonly serve?: ServeConfiguration | undefined;
}

const path = optional(
  that<string>(value => typeof value === 'string' && value !== '', {
    en: 'a path',
    fr: 'un chemin',
  }),
);
const place = optional(
  that<string>(value => typeof value === 'string' && value !== '', {
    en: 'a location, or env:NAME or file:PATH',
    fr: 'un emplacement, ou env:NOM ou file:CHEMIN',
  }),
);
const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objectOrPath = optional(
  that<object | string>(value => isObject(value) || (typeof value === 'string' && value !== ''), {
    en: 'an object or a path',
    fr: 'un objet ou un chemin',
  }),
);
const listOrPath = optional(
  that<unknown[] | string>(
    value => Array.isArray(value) || (typeof value === 'string' && value !== ''),
    { en: 'a list or a path', fr: 'une liste ou un chemin' },
  ),
);

const safeguard = that<NonNullable<EvidenceOptions['safeguard']>>(
  value => {
    if (value === 'standard-contractual-clauses') return true;
    if (!isObject(value)) return false;
    const { adequacy, scope, ...others } = value as Readonly<Record<string, unknown>>;
    const isScope = scope === undefined || typeof scope === 'string';
    return adequacy === true && isScope && Object.keys(others).length === 0;
  },
  {
    en: '"standard-contractual-clauses", or {"adequacy": true} with its scope',
    fr: '"standard-contractual-clauses", ou {"adequacy": true} avec son champ (scope)',
  },
);
const language = optional(word(['fr', 'en'] as const));
const texts = optional(list(text));

const SCHEMA = fields({
  $schema: optional(text),
  language,
  table: path,
  editions: path,
  maxTableAgeDays: optional(
    that<number>(value => typeof value === 'number' && value > 0, {
      en: 'a number of days above 0',
      fr: 'un nombre de jours supérieur à 0',
    }),
  ),
  sources: optional(sourceEntries),
  overlays: optional(overlayEntries),
  ...STANDPOINT_FIELDS,
  downloads: path,
  guards: objectOrPath,
  offers: objectOrPath,
  waivers: listOrPath,
  notice: path,
  evidence: optional(
    fields({
      ledger: place,
      personRecords: place,
      keyring: place,
      keyringKey: place,
      spool: path,
      ...RECORDING_FIELDS,
      safeguard: optional(safeguard),
    }),
  ),
  desk: optional(
    fields({
      secondAgent: optional(list(word(SECOND_AGENT_OPERATIONS))),
      listen: optional(text),
      socket: path,
      peers: texts,
      agentHeader: optional(text),
      groupsHeader: optional(text),
      groups: optional(
        fields({
          read: optional(text),
          act: optional(text),
          erase: optional(text),
          oversight: optional(text),
        }),
      ),
      base: optional(text),
      timeZone: optional(text),
      sessionMinutes: optional(wholeNumber(5, 120)),
      logFormat: optional(word(['text', 'json'] as const)),
    }),
  ),
  serve: optional(
    fields({
      listen: optional(text),
      socket: path,
      peers: texts,
      trusted: texts,
      trustedFile: path,
      headers: optional(
        fields({
          address: optional(text),
          subscriber: optional(text),
          standing: optional(text),
          offer: optional(text),
          channel: optional(text),
        }),
      ),
      fittingStatus: optional(flag),
      shadow: optional(flag),
      corsOrigins: texts,
      decidePreflights: optional(flag),
      blockedBy: optional(text),
      clientLanguage: language,
      tableState: path,
      verdictLifetimeSeconds: optional(wholeNumber(0, 300)),
      workers: optional(wholeNumber(1, 64)),
      drainSeconds: optional(wholeNumber(0, 3600)),
      logFormat: optional(word(['text', 'json'] as const)),
      updateEvery: optional(wholeNumber(1, 8760)),
    }),
  ),
});

/** Locations that are not files. A URL with an unknown scheme is refused when it is opened. */
const SERVER = /^(env:|postgres(ql)?:|rediss?(\+cluster)?:|[a-z][a-z\d+.-]*:\/\/)/i;

/** Returns a location whose path is relative to the folder of the configuration file. */
function resolvePlace(folder: string, value: string): string {
  if (SERVER.test(value)) return value;
  const [, scheme = '', rest = ''] = /^(file:|sqlite:)?(.*)$/s.exec(value) ?? [];
  return `${scheme}${isAbsolute(rest) ? rest : join(folder, rest)}`;
}

const PLACES = [
  ['table'],
  ['downloads'],
  ['editions'],
  ['guards'],
  ['offers'],
  ['waivers'],
  ['notice'],
  ['evidence', 'ledger'],
  ['evidence', 'personRecords'],
  ['evidence', 'keyring'],
  ['evidence', 'keyringKey'],
  ['evidence', 'spool'],
  ['desk', 'socket'],
  ['serve', 'socket'],
  ['serve', 'trustedFile'],
  ['serve', 'tableState'],
] as const;

type Section = Record<string, unknown>;

function resolvePlaces(configuration: Section, folder: string): Section {
  const resolved: Section = { ...configuration };
  for (const field of ['sources', 'overlays'] as const) {
    const entries = resolved[field] as readonly SourceEntry[] | undefined;
    if (entries !== undefined) resolved[field] = entries.map(each => resolveOrigin(each, folder));
  }
  for (const [first, second] of PLACES) {
    if (second === undefined) {
      const value = resolved[first];
      if (typeof value === 'string') resolved[first] = resolvePlace(folder, value);
      continue;
    }
    const section = resolved[first] as Section | undefined;
    const value = section?.[second];
    if (typeof value === 'string')
      resolved[first] = { ...section, [second]: resolvePlace(folder, value) };
  }
  return resolved;
}

/** Runs a check of a part, and adds the part and the file to its error. */
function checkPart(option: string, file: string, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    throw withDetails(error, { option, path: file });
  }
}

/**
 * Checks the content of a configuration file and resolves its paths.
 * @param file path of the file; relative paths in it are relative to its folder
 * @throws PortabilityError `ERR_CONFIG` and the codes of offers, waivers and guards, with the path
 * of the field at fault
 */
export function parseConfiguration(value: unknown, file: string): Configuration {
  const what = { en: 'the configuration file', fr: 'le fichier de configuration' };
  let checked: Configuration;
  try {
    checked = checkSchema(SCHEMA, value, 'ERR_CONFIG', what) as Configuration;
  } catch (error) {
    throw withDetails(error as PortabilityError, { path: file });
  }
  const { offers, waivers, guards, desk, serve, home, on, licence } = checked;
  checkPart(home === undefined ? 'on' : 'home', file, () =>
    completeTableConfig({ sources: [], home, on, licence }),
  );
  if (typeof offers === 'object')
    for (const [name, offer] of Object.entries(offers))
      checkPart(`offers.${name}`, file, () => completeOffer(offer));
  if (Array.isArray(waivers))
    checkPart('waivers', file, () => checkWaivers(waivers.map(parseEvent)));
  if (typeof guards === 'object') checkPart('guards', file, () => checkGuards(guards));
  for (const [section, place] of [
    ['serve', serve],
    ['desk', desk],
  ] as const)
    if (place?.listen !== undefined && place.socket !== undefined)
      throw portabilityError(CONFIG.configListenTwice, { path: file }, { section });
  return resolvePlaces(checked as unknown as Section, dirname(file)) as unknown as Configuration;
}
