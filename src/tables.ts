/**
 * Loads, compiles and verifies zone tables. Everything except our own bundle is read in a worker
 * thread.
 */

import { fileURLToPath } from 'node:url';
import { type Clock, systemClock } from './clock.ts';
import { portabilityError, withDetails } from './errors.ts';
import { decodeBundle } from './geo/bundle.ts';
import { isBundle } from './geo/bundle-magic.ts';
import { readIntoSharedMemory } from './geo/source.ts';
import { type Edition, openShared, type ZoneTable } from './geo/zone-table.ts';
import * as TABLES from './messages/tables.ts';
import { completeTableConfig, type TableConfig } from './tables/compile-config.ts';
import { checkTime } from './tables/compile-sources.ts';
import { type Job, type Limits, runCompileJob } from './tables/compile-worker-host.ts';

/** The configuration of a table, and the limits of its compilation. */
export interface CompileOptions extends TableConfig {
  /**
   * Sets the edition's `compiled`, and the day on which corrections end; default: the system clock.
   */
  readonly clock?: Clock | undefined;
  readonly limits?: Limits | undefined;
  /** Called as the compilation progresses: for each file, and once more for the table. */
  readonly onStep?: ((done: number, of: number) => void) | undefined;
}

/**
 * Path of the bundled table, in `data/` next to the code, both in the package and in the source
 * tree.
 */
export const BUNDLED = fileURLToPath(new URL('../data/zones.bin', import.meta.url));

/** Compiles in a worker thread and reports the steps. */
export function compileInWorker(
  options: CompileOptions,
  job: Pick<Job, 'wants' | 'fitness' | 'isAccepted' | 'isInBackground'>,
  signal?: AbortSignal,
) {
  const { clock = systemClock, limits = {}, onStep, ...config } = options ?? {};
  const from = completeTableConfig(config as TableConfig);
  let done = 0;
  const step = (): void => onStep?.(done++, from.sources.length + from.overlays.length + 1);
  return runCompileJob({ from, time: checkTime(clock), ...job }, limits, { step, signal });
}

/**
 * Compiles sources and overlays to a zone table, in a worker thread. No country code remains.
 * Several sources vote with zones: a strict majority of all sources decides, else the first source;
 * if the sources with an answer differ, the location is `disputed`. Overlays have precedence over
 * the sources.
 * @throws PortabilityError `ERR_SOURCE_...` on a file, with its stage, offset or line, and its
 * number if there are several;
 * `ERR_SOURCE_LIMIT` beyond the limits; `ERR_HOME`, `ERR_DAY`, `ERR_TERRITORY` on the other
 * options.
 */
export async function compileZoneTable(options: CompileOptions): Promise<ZoneTable> {
  const { table } = await compileInWorker(options, { wants: 'table' });
  return openShared(table!);
}

/**
 * Compiles to the bytes of a bundle, for {@link loadZoneTable}. Throws as {@link compileZoneTable}
 * does.
 */
export async function compileBundle(options: CompileOptions): Promise<Uint8Array> {
  const { bundle } = await compileInWorker(options, { wants: 'bundle' });
  return Buffer.from(bundle!);
}

function checkFrom(from: string | Uint8Array): void {
  if (typeof from === 'string' || from instanceof Uint8Array) return;
  throw portabilityError(TABLES.tableArgument);
}

/**
 * Loads a zone table from a bundle or an MMDB file, by path or as bytes; default: the bundled
 * table. A bundle is verified by its checksum, its arrays are checked, and they are used as they were
 * read, in this thread; bytes are copied first. An MMDB file is compiled in a worker thread, for home
 * State FR by the law as last reviewed; {@link compileZoneTable} accepts other home States and days.
 * @throws PortabilityError `ERR_TABLE_OPEN` if the file cannot be read; `ERR_TABLE_...` for a
 * bundle, `ERR_SOURCE_...` for an MMDB file.
 */
export async function loadZoneTable(from: string | Uint8Array = BUNDLED): Promise<ZoneTable> {
  checkFrom(from);
  const file = typeof from === 'string' ? await readIntoSharedMemory(from) : from;
  if (!isBundle(file instanceof SharedArrayBuffer ? new Uint8Array(file) : file)) {
    const { table } = await runCompileJob({ from, time: systemClock(), wants: 'table' });
    return openShared(table!);
  }
  try {
    return openShared(decodeBundle(file));
  } catch (error) {
    throw typeof from === 'string' ? withDetails(error, { path: from }) : error;
  }
}

/**
 * Verifies a table completely; this is slow. Checks the checksum, the structure, that the edition's
 * id matches the content, and that the table in memory returns what the file contains on both sides
 * of every border.
 * @throws PortabilityError as {@link loadZoneTable} does; `ERR_TABLE_FORMAT` if the content does
 * not match the edition.
 */
export async function verifyZoneTable(from: string | Uint8Array = BUNDLED): Promise<Edition> {
  checkFrom(from);
  const proof = runCompileJob({ from, time: systemClock(), wants: 'proof' });
  const { edition } = await proof.catch(error => {
    throw typeof from === 'string' ? withDetails(error, { path: from }) : error;
  });
  return edition;
}
