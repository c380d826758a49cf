/** Where does a zone table come from? Loads a bundle or an MMDB file, compiles sources: here the law meets the places. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type Clock, systemClock } from './clock.ts';
import { PortabilityError } from './errors.ts';
import { checkDay, checkHome, isTerritory, REVIEWED_ON, zoneOfTerritory } from './law/territory.ts';
import { decodeBundle, encodeBundle, encodeStretches, isBundle } from './place/bundle.ts';
import { compile, type Standpoint, type ZoneStretches } from './place/compile.ts';
import { type LoadedSource, loadSource, parseSource, readWhole, type Source } from './place/source.ts';
import { agrees, type Edition, type ZoneTable, zoneTable } from './place/table.ts';

/** Where the contract serves beside or short of the law: sets `licensed`, never the zone. ISO 3166-1 alpha-2 codes. */
export interface Licence {
  /** Territories outside the home State that the licence includes (Monaco, say). */
  readonly also?: readonly string[];
  /** Territories of the home State that the licence leaves out (Réunion, say). */
  readonly except?: readonly string[];
}

export interface CompileOptions {
  /** In order: where votes are tied, the first decides. */
  readonly sources: readonly Source[];
  /** ISO 3166-1 alpha-2 code of the home State; `FR` unless given. */
  readonly home?: string;
  /** UTC day `YYYY-MM-DD` whose law applies; the day on which the territory data were last reviewed unless given. */
  readonly on?: string;
  readonly licence?: Licence;
  /** For the edition's `compiled`; the system's clock unless given. */
  readonly clock?: Clock;
}

/** The bundled table lies beside the code, in `data/`, both in the package and in its source tree. */
const BUNDLED = fileURLToPath(new URL('../data/zones.bin', import.meta.url));

function checkLicence({ also = [], except = [] }: Licence): void {
  if (!Array.isArray(also) || !Array.isArray(except))
    throw new PortabilityError('ERR_ARGUMENT', 'a licence has lists of territories');
  if (![...also, ...except].every(isTerritory)) {
    throw new PortabilityError(
      'ERR_TERRITORY',
      'a licence names territories by iso 3166-1 alpha-2 codes in upper case',
    );
  }
  if (also.some(code => except.includes(code))) {
    throw new PortabilityError('ERR_TERRITORY', 'a licence both includes and leaves out a territory');
  }
}

/** The eyes with which a table is compiled: the law of a day, seen from a home State, and a licence. */
function standpointOf({ home, on, licence = {} }: { home: string; on: string; licence?: Licence }): Standpoint {
  checkDay(on);
  checkHome(home, on);
  checkLicence(licence);
  const { also = [], except = [] } = licence;
  const zone = (code: string) => zoneOfTerritory(code, { home, on });
  return { zone, licensed: code => !except.includes(code) && (also.includes(code) || zone(code) === 'home') };
}

function editionOf(stretches: ZoneStretches, facts: Omit<Edition, 'id'>): Edition {
  const hash = createHash('sha256').update(`${facts.home} ${facts.on}\n`);
  const digest = hash.update(encodeStretches(stretches.ipv4)).update(encodeStretches(stretches.ipv6)).digest('hex');
  const newest = facts.sources
    .map(source => source.built)
    .sort()
    .at(-1)!;
  return Object.freeze({ ...facts, id: `${newest}-${digest.slice(0, 12)}` });
}

function timeOf(time: number): string {
  if (Math.abs(time) <= 8.64e15) return new Date(time).toISOString();
  throw new PortabilityError('ERR_ARGUMENT', 'the clock tells no time');
}

/** What callers without types may hand over. */
function checkSources(options: CompileOptions): void {
  const isSource = ({ path, name = '', sha256 = '' }: Partial<Source>): boolean =>
    [path, name, sha256].every(text => typeof text === 'string');
  const { sources } = options ?? {};
  if (Array.isArray(sources) && Array.from(sources).every(source => source && isSource(source))) return;
  throw new PortabilityError('ERR_ARGUMENT', 'sources are a list of files, each with a path');
}

interface Compiled {
  readonly edition: Edition;
  readonly stretches: ZoneStretches;
}

function compileLoaded(sources: readonly LoadedSource[], options: Omit<CompileOptions, 'sources'>): Compiled {
  const { home = 'FR', on = REVIEWED_ON, licence, clock = systemClock } = options;
  const stretches = compile(sources, standpointOf({ home, on, licence: licence ?? {} }));
  const compiled = timeOf(clock());
  const edition = editionOf(stretches, { home, on, sources: sources.map(source => source.edition), compiled });
  return { edition, stretches };
}

async function compileSources(options: CompileOptions): Promise<Compiled> {
  checkSources(options);
  const sources: LoadedSource[] = [];
  for (const source of options.sources) sources.push(await loadSource(source));
  return compileLoaded(sources, options);
}

/**
 * Compiles sources to a zone table. No country code survives. Several sources vote with zones: a strict majority of all decides, else
 * the first; where those that answer differ, the location is `disputed`.
 * @throws PortabilityError `ERR_SOURCE_...` on a source, `ERR_HOME`, `ERR_DAY`, `ERR_TERRITORY` on the other options.
 */
export async function compileZoneTable(options: CompileOptions): Promise<ZoneTable> {
  const { edition, stretches } = await compileSources(options);
  return zoneTable(edition, stretches);
}

/** Compiles sources to the bytes of a bundle, for {@link loadZoneTable}. Throws as {@link compileZoneTable} does. */
export async function compileBundle(options: CompileOptions): Promise<Uint8Array> {
  const { edition, stretches } = await compileSources(options);
  return encodeBundle(edition, stretches);
}

/** A bundle, or an MMDB file compiled for home State FR by the law as last reviewed. */
async function openCompiled(from: string | Uint8Array): Promise<Compiled> {
  if (typeof from !== 'string' && !(from instanceof Uint8Array)) {
    throw new PortabilityError('ERR_ARGUMENT', 'a table is loaded from a path or from bytes');
  }
  const file = typeof from === 'string' ? await readWhole(from, 'ERR_TABLE_OPEN') : Buffer.from(from);
  if (isBundle(file)) return decodeBundle(file);
  return compileLoaded([parseSource(file, { path: typeof from === 'string' ? from : 'memory' })], {});
}

/**
 * Loads a zone table: the bundled one where nothing is named, else a bundle or an MMDB file, by path or as bytes. An MMDB file is
 * compiled for home State FR by the law as last reviewed; {@link compileZoneTable} takes other standpoints.
 * @throws PortabilityError `ERR_TABLE_OPEN` where the file cannot be read; `ERR_TABLE_...` for a bundle, `ERR_SOURCE_...` for an MMDB file.
 */
export async function loadZoneTable(from: string | Uint8Array = BUNDLED): Promise<ZoneTable> {
  const { edition, stretches } = await openCompiled(from);
  return zoneTable(edition, stretches);
}

/**
 * Checks a table slowly and strictly, from end to end: checksum, structure, that the edition's id is that of the content, and that the
 * table in memory answers as the file says on both sides of every border.
 * @throws PortabilityError as {@link loadZoneTable} does; `ERR_TABLE_FORMAT` where the content is not what the edition names.
 */
export async function verifyZoneTable(from: string | Uint8Array = BUNDLED): Promise<Edition> {
  const { edition, stretches } = await openCompiled(from);
  if (editionOf(stretches, edition).id !== edition.id) {
    throw new PortabilityError('ERR_TABLE_FORMAT', 'the content is not the one that the edition names');
  }
  if (!agrees(zoneTable(edition, stretches), stretches)) {
    throw new PortabilityError('ERR_TABLE_FORMAT', 'the table does not answer as its file says');
  }
  return edition;
}
