/** Compiles untrusted source files in a worker thread with time and memory limits. */

import { type Asset, type FileInput, startThread, type Thread } from '../assets.ts';
import { errorOf, type PlainError, type PortabilityError, portabilityError } from '../errors.ts';
import type { Guards, GuardViolation } from '../geo/guards.ts';
import type { Edition, SharedTable } from '../geo/zone-table.ts';
import * as TABLES from '../messages/tables.ts';
import type { Completed, TableConfig } from './compile-config.ts';
import type { KeptFiles } from './compile-sources.ts';

/** Limits of a compilation. Beyond them it fails with `ERR_SOURCE_LIMIT`. */
export interface Limits {
  /** Seconds; default: 60. */
  readonly seconds?: number | undefined;
  /** Megabytes of heap, in addition to the files themselves and the table; default: 1024. */
  readonly megabytes?: number | undefined;
}

/** One compile job. */
export interface Job {
  /**
   * A bundle or an MMDB file, by path or as bytes; or the configuration of a table; or a table in
   * memory.
   */
  readonly from: string | Uint8Array | TableConfig | SharedTable;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly wants: 'table' | 'bundle' | 'proof';
  /**
   * Whether the job runs with low priority, below the threads that serve requests, and does not
   * keep the process alive.
   */
  readonly isInBackground?: boolean;
  /** If given, the result is checked against these guards, and compared with the table in force. */
  readonly fitness?: { readonly inForce?: SharedTable; readonly guards: Guards };
  /** Whether the edition records that an operator accepted it, at `time`. */
  readonly isAccepted?: boolean;
  /**
   * The last good content of the files of a configuration, in shared memory. A file that cannot be
   * read is then replaced by it.
   */
  readonly kept?: KeptFiles;
}

export interface CompileResult {
  readonly edition: Edition;
  readonly table?: SharedTable;
  readonly bundle?: Uint8Array;
  readonly violations?: readonly GuardViolation[];
  /** For a job with kept files: the content from which the table was compiled. */
  readonly files?: KeptFiles;
  /** For a job with kept files: the errors of those that were replaced. */
  readonly failures?: readonly PlainError[];
}

/** A message of the worker thread: that it runs, the start of a step, or once the result. */
export type WorkerMessage =
  | { readonly running: true }
  | { readonly step: true }
  | { readonly product: CompileResult }
  | { readonly failure: PlainError };

/** The built program, also when this module runs from source. In `dist`, it is a neighbour. */
const WORKER: Asset = {
  name: 'dist/compile-worker.cjs',
  option: 'compileWorker',
  locate: () => new URL('../../dist/compile-worker.cjs', import.meta.url),
};

const isPositive = (value: unknown): boolean =>
  typeof value === 'number' && value > 0 && value < 1e6;

export function checkLimits(limits: Limits | undefined): Completed<Limits> {
  const { seconds = 60, megabytes = 1024 } = limits ?? {};
  if (isPositive(seconds) && isPositive(megabytes)) return { seconds, megabytes };
  throw portabilityError(TABLES.limitsInvalid);
}

const isOutOfMemory = (error: NodeJS.ErrnoException | undefined): boolean =>
  error?.code === 'ERR_WORKER_OUT_OF_MEMORY';

/**
 * Returns why a thread ended on its own. Of a foreign error only the name is reported, because its
 * message may quote anything.
 */
const errorOfDeadWorker = (error: NodeJS.ErrnoException | undefined): PortabilityError =>
  isOutOfMemory(error)
    ? portabilityError(TABLES.compileMemory)
    : portabilityError(
        TABLES.compileThreadEnded,
        {},
        { name: error?.code ?? error?.name ?? 'exit' },
      );

/** Options to follow a job and to abort it. */
export interface Following {
  /** Called as each step begins. If it throws, the job ends with that error. */
  readonly step?: (() => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The program of the thread; default: the one in the package. */
  readonly compileWorker?: FileInput | undefined;
}

/**
 * The thread does not inherit the flags and environment of the process: with `--input-type`, for
 * example, it would not start.
 */
function startCompiler(job: Job, megabytes: number, program: FileInput | undefined): Thread {
  const resourceLimits = {
    maxOldGenerationSizeMb: megabytes,
    maxYoungGenerationSizeMb: Math.min(megabytes, 64),
  };
  return startThread(WORKER, program, { workerData: job, execArgv: [], env: {}, resourceLimits });
}

/**
 * Runs a job in a worker thread. Only the start of the thread blocks the caller's thread: a table
 * is returned in shared memory.
 * @throws PortabilityError the error of the job, `ERR_SOURCE_LIMIT`, or `ERR_ASSET` if the thread
 * does not start
 */
export function runCompileJob(
  job: Job,
  limits: Limits = {},
  { step = () => {}, signal, compileWorker }: Following = {},
): Promise<CompileResult> {
  const { seconds, megabytes } = checkLimits(limits);
  return new Promise((resolve, reject) => {
    const { worker, notStarted } = startCompiler(job, megabytes, compileWorker);
    let isRunning = false;
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abandon);
      // First, because in Deno the end of the thread is reported at once.
      settle();
      void worker.terminate();
    };
    const fail = (error: unknown): void => end(() => reject(error));
    const abandon = (): void => fail(portabilityError(TABLES.compileAborted));
    const timer = setTimeout(() => fail(portabilityError(TABLES.compileTime)), seconds * 1000);
    signal?.addEventListener('abort', abandon);
    if (signal?.aborted === true) abandon();
    worker.on('message', (said: WorkerMessage) => {
      isRunning = true;
      try {
        if ('step' in said) step();
        else if ('product' in said) end(() => resolve(said.product));
        else if ('failure' in said) fail(errorOf(said.failure));
      } catch (error) {
        fail(error);
      }
    });
    const died = (error?: NodeJS.ErrnoException): void =>
      fail(isRunning || isOutOfMemory(error) ? errorOfDeadWorker(error) : notStarted(error));
    worker.on('error', died);
    worker.on('exit', () => died());
    // This follows the listeners, because adding a listener references the worker again.
    if (job.isInBackground) {
      timer.unref();
      worker.unref();
    }
  });
}
