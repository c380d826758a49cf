/**
 * Loads, compiles and verifies zone tables. Everything except our own bundle is read in a worker
 * thread.
 */

import { type Asset, assetMissing, type FileInput, pathOfAsset, pathOrBytes } from './assets.ts';
import { type Clock, systemClock } from './clock.ts';
import { type PortabilityError, withDetails } from './errors.ts';
import { decodeBundle } from './geo/bundle.ts';
import { isBundle } from './geo/bundle-magic.ts';
import { readIntoSharedMemory } from './geo/source.ts';
import { type Edition, openShared, type ZoneTable } from './geo/zone-table.ts';
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
  /**
   * The file `laissez-passer/compile-worker.cjs`, for an application whose bundler does not copy
   * it: its path, its `file:` URL, or its bytes. Default: the file in the package.
   */
  readonly compileWorker?: FileInput | undefined;
  /** Called as the compilation progresses: for each file, and once more for the table. */
  readonly onStep?: ((done: number, of: number) => void) | undefined;
}

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

/** Compiles in a worker thread and reports the steps. */
export function compileInWorker(
  options: CompileOptions,
  job: Pick<Job, 'wants' | 'fitness' | 'isAccepted' | 'isInBackground'>,
  signal?: AbortSignal,
) {
  const { clock = systemClock, limits = {}, compileWorker, onStep, ...config } = options ?? {};
  const from = completeTableConfig(config as TableConfig);
  let done = 0;
  const step = (): void => onStep?.(done++, from.sources.length + from.overlays.length + 1);
  return runCompileJob({ from, time: checkTime(clock), ...job }, limits, {
    step,
    signal,
    compileWorker,
  });
}

/**
 * Compiles sources and overlays to a zone table, in a worker thread. No country code remains.
 * Several sources vote with zones: a strict majority of all sources decides, else the first source;
 * if the sources with an answer differ, the location is `disputed`. Overlays have precedence over
 * the sources.
 * @throws PortabilityError `ERR_SOURCE_...` on a file, with its stage, offset or line, and its
 * number if there are several;
 * `ERR_SOURCE_LIMIT` beyond the limits; `ERR_ASSET` without the program of the thread; `ERR_HOME`, `ERR_DAY`, `ERR_TERRITORY` on the other
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

/** Options of {@link loadZoneTable} and {@link verifyZoneTable}. */
export type LoadOptions = Pick<CompileOptions, 'compileWorker'>;

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
 * thread, for home State FR by the law as last reviewed; {@link compileZoneTable} accepts other home
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
