/** Compiles zone tables from source files, in a worker thread. */

import type { FileInput } from '../assets.ts';
import { type Clock, systemClock } from '../clock.ts';
import { openShared, type ZoneTable } from '../geo/zone-table.ts';
import { completeTableConfig, type TableConfig } from './compile-config.ts';
import { checkTime } from './compile-sources.ts';
import { type Job, type Limits, runCompileJob } from './compile-worker-host.ts';

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
 * `ERR_SOURCE_LIMIT` beyond the limits; `ERR_ASSET` without the program of the thread; `ERR_HOME`,
 * `ERR_DAY`, `ERR_TERRITORY` on the other options.
 */
export async function compileZoneTable(options: CompileOptions): Promise<ZoneTable> {
  const { table } = await compileInWorker(options, { wants: 'table' });
  return openShared(table!);
}

/**
 * Compiles to the bytes of a bundle, for `loadZoneTable`. Throws as {@link compileZoneTable}
 * does.
 */
export async function compileBundle(options: CompileOptions): Promise<Uint8Array> {
  const { bundle } = await compileInWorker(options, { wants: 'bundle' });
  return Buffer.from(bundle!);
}
