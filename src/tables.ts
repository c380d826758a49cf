/**
 * Loads, compiles and verifies zone tables. Everything except our own bundle is read in a worker
 * thread.
 */
import { fileURLToPath } from 'node:url';
import { type Clock, systemClock } from './clock.ts';
import { PortabilityError, withDetails } from './errors.ts';
import { decodeBundle } from './geo/bundle.ts';
import { isBundle } from './geo/bundle-magic.ts';
import { readWhole } from './geo/source.ts';
import { type Edition, openShared, type ZoneTable, zoneTable } from './geo/zone-table.ts';
import { completeRecipe, type Recipe } from './tables/compile-config.ts';
import { checkTime } from './tables/compile-sources.ts';
import { type Job, type Limits, performApart } from './tables/compile-worker-host.ts';

/** What a table is made of, for whom, and what making it may take. */
export interface CompileOptions extends Recipe {
  /** For the edition's `compiled`, and for the day on which corrections end; the system's clock unless given. */
  readonly clock?: Clock | undefined;
  readonly limits?: Limits | undefined;
  /** Called as the work goes on: files read, and one step more for the table. */
  readonly onStep?: ((done: number, of: number) => void) | undefined;
}

/** The bundled table lies beside the code, in `data/`, both in the package and in its source tree. */
export const BUNDLED = fileURLToPath(new URL('../data/zones.bin', import.meta.url));

/** Compiles apart, and reports the steps. */
export function compileApart(options: CompileOptions, job: Pick<Job, 'wants' | 'fitness' | 'isAccepted'>) {
  const from = completeRecipe(options);
  const { clock = systemClock, limits = {}, onStep } = options;
  let done = 0;
  const step = (): void => onStep?.(done++, from.sources.length + from.overlays.length + 1);
  return performApart({ from, time: checkTime(clock), ...job }, limits, { step });
}

/**
 * Compiles sources and overlays to a zone table, in a thread of its own. No country code survives. Several sources vote with zones: a strict
 * majority of all decides, else the first; where those that answer differ, the location is `disputed`. Overlays lie over them.
 * @throws PortabilityError `ERR_SOURCE_...` on a file, with its stage, offset or line, and its number where there are several;
 * `ERR_SOURCE_LIMIT` beyond the limits; `ERR_HOME`, `ERR_DAY`, `ERR_TERRITORY` on the other options.
 */
export async function compileZoneTable(options: CompileOptions): Promise<ZoneTable> {
  const { table } = await compileApart(options, { wants: 'table' });
  return openShared(table!);
}

/** Compiles to the bytes of a bundle, for {@link loadZoneTable}. Throws as {@link compileZoneTable} does. */
export async function compileBundle(options: CompileOptions): Promise<Uint8Array> {
  const { bundle } = await compileApart(options, { wants: 'bundle' });
  return Buffer.from(bundle!);
}

function checkFrom(from: string | Uint8Array): void {
  if (typeof from === 'string' || from instanceof Uint8Array) return;
  throw new PortabilityError('ERR_ARGUMENT', 'a table is loaded from a path or from bytes');
}

/**
 * Loads a zone table: the bundled one where nothing is named, else a bundle or an MMDB file, by path or as bytes. A bundle is checksummed
 * and read at once; an MMDB file is compiled apart, for home State FR by the law as last reviewed: {@link compileZoneTable} takes other standpoints.
 * @throws PortabilityError `ERR_TABLE_OPEN` where the file cannot be read; `ERR_TABLE_...` for a bundle, `ERR_SOURCE_...` for an MMDB file.
 */
export async function loadZoneTable(from: string | Uint8Array = BUNDLED): Promise<ZoneTable> {
  checkFrom(from);
  const file = typeof from === 'string' ? await readWhole(from, 'ERR_TABLE_OPEN') : from;
  if (!isBundle(file)) {
    const { table } = await performApart({ from, time: systemClock(), wants: 'table' });
    return openShared(table!);
  }
  try {
    const { edition, stretches } = decodeBundle(file);
    return zoneTable(edition, stretches);
  } catch (error) {
    throw typeof from === 'string' ? withDetails(error, { path: from }) : error;
  }
}

/**
 * Checks a table slowly and strictly, from end to end: checksum, structure, that the edition's id is that of the content, and that the
 * table in memory answers as the file says on both sides of every border.
 * @throws PortabilityError as {@link loadZoneTable} does; `ERR_TABLE_FORMAT` where the content is not what the edition names.
 */
export async function verifyZoneTable(from: string | Uint8Array = BUNDLED): Promise<Edition> {
  checkFrom(from);
  const proof = performApart({ from, time: systemClock(), wants: 'proof' });
  const { edition } = await proof.catch(error => {
    throw typeof from === 'string' ? withDetails(error, { path: from }) : error;
  });
  return edition;
}
