/** Compiles untrusted source files in a worker thread with time and memory limits. */
import { Worker } from 'node:worker_threads';
import { type ErrorCode, type ErrorDetails, PortabilityError } from '../errors.ts';
import type { Breach, Guards } from '../geo/guards.ts';
import type { Edition, SharedTable } from '../geo/zone-table.ts';
import type { Complete, Recipe } from './compile-config.ts';

/** What compiling may take; beyond it `ERR_SOURCE_LIMIT`. */
export interface Limits {
  /** Seconds; 60 unless given. */
  readonly seconds?: number | undefined;
  /** Megabytes of heap, beside the files themselves and the table; 1024 unless given. */
  readonly megabytes?: number | undefined;
}

/** One piece of work. */
export interface Job {
  /** A bundle or an MMDB file, by path or as bytes; or what to compile; or a table in memory. */
  readonly from: string | Uint8Array | Recipe | SharedTable;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly wants: 'table' | 'bundle' | 'proof';
  /** Whether the work is to stand back for the threads that serve, and not to keep the process alive. */
  readonly isInBackground?: boolean;
  /** Where the result is to be held against guards, and against the table in force. */
  readonly fitness?: { readonly inForce?: SharedTable; readonly guards: Guards };
  /** Whether the edition is to say that an operator accepted it, at `time`. */
  readonly isAccepted?: boolean;
}

export interface Product {
  readonly edition: Edition;
  readonly table?: SharedTable;
  readonly bundle?: Uint8Array;
  readonly breaches?: readonly Breach[];
}

interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: ErrorDetails;
}

/** What the thread says: a step of the work begun, and once its end. */
export type Said = { readonly step: true } | { readonly product: Product } | { readonly failure: Failure };

/** The built worker lies beside the built module, also when this one runs from source. */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/compile-worker.js' : './compile-worker.js',
  import.meta.url,
);

const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0 && value < 1e6;

export function checkLimits(limits: Limits | undefined): Complete<Limits> {
  const { seconds = 60, megabytes = 1024 } = limits ?? {};
  if (isPositive(seconds) && isPositive(megabytes)) return { seconds, megabytes };
  throw new PortabilityError('ERR_ARGUMENT', 'limits are positive numbers of seconds and megabytes');
}

const limit = (message: string): PortabilityError => new PortabilityError('ERR_SOURCE_LIMIT', message);

/** Why a thread ended by itself. Of an error that is not ours only the name is told: it may quote anything. */
const diedOf = (error: NodeJS.ErrnoException): PortabilityError =>
  error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? limit('compiling takes more memory than it may')
    : limit(`the thread that compiles ended: ${error.code ?? error.name}`);

/** How a caller follows the work, and ends it. */
export interface Following {
  /** Called as each step begins; what it throws ends the work. */
  readonly step?: (() => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The process's own flags and environment are not the thread's: with `--input-type`, say, it would not start. */
function startThread(job: Job, megabytes: number): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: megabytes, maxYoungGenerationSizeMb: Math.min(megabytes, 64) };
  return new Worker(WORKER, { workerData: job, execArgv: [], env: {}, resourceLimits });
}

/**
 * Does a job in a thread of its own. The caller's thread is held for the start of the thread and nothing else: a table comes back in shared memory.
 * @throws PortabilityError what the job threw, or `ERR_SOURCE_LIMIT`
 */
export function performApart(
  job: Job,
  limits: Limits = {},
  { step = () => {}, signal }: Following = {},
): Promise<Product> {
  const { seconds, megabytes } = checkLimits(limits);
  return new Promise((resolve, reject) => {
    const worker = startThread(job, megabytes);
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abandon);
      void worker.terminate();
      settle();
    };
    const fail = (error: unknown): void => end(() => reject(error));
    const abandon = (): void => fail(limit('the work was abandoned'));
    const timer = setTimeout(() => fail(limit('compiling takes more time than it may')), seconds * 1000);
    signal?.addEventListener('abort', abandon);
    if (signal?.aborted === true) abandon();
    worker.on('message', (said: Said) => {
      try {
        if ('step' in said) step();
        else if ('product' in said) end(() => resolve(said.product));
        else fail(new PortabilityError(said.failure.code, said.failure.message, said.failure.details));
      } catch (error) {
        fail(error);
      }
    });
    worker.on('error', error => fail(diedOf(error)));
    // After the listeners, which would hold the process again.
    if (job.isInBackground) {
      timer.unref();
      worker.unref();
    }
  });
}
