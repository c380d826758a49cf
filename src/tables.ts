/**
 * Loads and verifies zone tables. Everything except our own bundle is read in a worker thread.
 */

import { type Asset, assetMissing, type FileInput, pathOfAsset, pathOrBytes } from './assets.ts';
import { systemClock } from './clock.ts';
import { type PortabilityError, withDetails } from './errors.ts';
import { decodeBundle } from './geo/bundle.ts';
import { isBundle } from './geo/bundle-magic.ts';
import { readIntoSharedMemory } from './geo/read-file.ts';
import { type Edition, openShared, type ZoneTable } from './geo/zone-table.ts';
import { runCompileJob } from './tables/compile-worker-host.ts';

/** The bundled table, in `data/` next to the code, both in the package and in the source tree. */
const BUNDLED: Asset = {
  name: 'data/zones.bin',
  option: 'table',
  locate: () => new URL('../data/zones.bin', import.meta.url),
};

/**
 * Returns the path of the bundled table.
 * @throws PortabilityError `ERR_ASSET` if it cannot be told
 */
export const bundledTable = (): string => pathOfAsset(BUNDLED);

/** Options of {@link loadZoneTable} and {@link verifyZoneTable}. */
export interface LoadOptions {
  /** The file `laissez-passer/compile-worker.cjs`, as in `compileZoneTable`. */
  readonly compileWorker?: FileInput | undefined;
}

const fileOf = (from: FileInput | undefined): string | Uint8Array =>
  from === undefined ? bundledTable() : pathOrBytes(from, 'table');

/** Returns the error of a table with its path; of a bundled table that is missing, the remedy. */
function atTable(error: unknown, given: FileInput | undefined, path: string | Uint8Array): unknown {
  if (typeof path !== 'string') return error;
  const { code, system } = error as PortabilityError;
  if (given === undefined && code === 'ERR_TABLE_OPEN' && system === 'ENOENT')
    return assetMissing(BUNDLED, path);
  return code === 'ERR_ASSET' ? error : withDetails(error, { path });
}

async function loadFrom(
  from: string | Uint8Array,
  { compileWorker }: LoadOptions,
): Promise<ZoneTable> {
  const file = typeof from === 'string' ? await readIntoSharedMemory(from) : from;
  if (isBundle(file instanceof SharedArrayBuffer ? new Uint8Array(file) : file))
    return openShared(decodeBundle(file));
  const job = { from, time: systemClock(), wants: 'table' } as const;
  const { table } = await runCompileJob(job, {}, { compileWorker });
  return openShared(table!);
}

/**
 * Loads a zone table from a bundle or an MMDB file, by path, by `file:` URL or as bytes; default:
 * the bundled table. A bundle is verified by its checksum, its arrays are checked, and they are used
 * as they were read, in this thread; bytes are copied first. An MMDB file is compiled in a worker
 * thread, for home State FR by the law as last reviewed; `compileZoneTable` accepts other home
 * States and days.
 * @throws PortabilityError `ERR_TABLE_OPEN` if the file cannot be read; `ERR_TABLE_...` for a
 * bundle, `ERR_SOURCE_...` for an MMDB file; `ERR_ASSET` if the bundled table is not where the
 * package has it.
 */
export async function loadZoneTable(
  from?: FileInput,
  options: LoadOptions = {},
): Promise<ZoneTable> {
  const file = fileOf(from);
  return loadFrom(file, options).catch(error => {
    throw atTable(error, from, file);
  });
}

/**
 * Verifies a table completely; this is slow. Checks the checksum, the structure, that the edition's
 * id matches the content, and that the table in memory returns what the file contains on both sides
 * of every border.
 * @throws PortabilityError as {@link loadZoneTable} does; `ERR_TABLE_FORMAT` if the content does
 * not match the edition.
 */
export async function verifyZoneTable(
  from?: FileInput,
  { compileWorker }: LoadOptions = {},
): Promise<Edition> {
  const file = fileOf(from);
  const job = { from: file, time: systemClock(), wants: 'proof' } as const;
  const { edition } = await runCompileJob(job, {}, { compileWorker }).catch(error => {
    throw atTable(error, from, file);
  });
  return edition;
}
