/** Where are source files read? In a thread of its own, with an end to its time and memory: the files may be hostile. */
import { Worker } from 'node:worker_threads';
import type { Recipe } from './compiling.ts';
import { type ErrorCode, type ErrorDetails, PortabilityError } from './errors.ts';
import type { Breach, Guards } from './place/guards.ts';
import type { Edition, SharedTable } from './place/table.ts';

/** What compiling may take; beyond it `ERR_SOURCE_LIMIT`. */
export interface Limits {
  /** Seconds; 60 unless given. */
  readonly seconds?: number;
  /** Megabytes of heap, beside the files themselves and the table; 1024 unless given. */
  readonly megabytes?: number;
}

/** One piece of work. */
export interface Job {
  /** A bundle or an MMDB file, by path or as bytes; or what to compile. */
  readonly from: string | Uint8Array | Recipe;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly wants: 'table' | 'bundle' | 'proof';
  /** Whether the work is to stand back for the threads that serve. */
  readonly isInBackground?: boolean;
  /** Where the result is to be held against guards, and against the table in force. */
  readonly fitness?: { readonly inForce?: SharedTable; readonly guards: Guards };
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
  import.meta.url.endsWith('.ts') ? '../dist/compile-worker.js' : './compile-worker.js',
  import.meta.url,
);

const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0 && value < 1e6;

export function checkLimits(limits: Limits | undefined): Required<Limits> {
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

/**
 * Does a job in a thread of its own. The caller's thread is held for the start of the thread and nothing else: a table comes back in shared memory.
 * @throws PortabilityError what the job threw, or `ERR_SOURCE_LIMIT`
 */
export function performApart(job: Job, limits: Limits = {}, step: () => void = () => {}): Promise<Product> {
  const { seconds, megabytes } = checkLimits(limits);
  return new Promise((resolve, reject) => {
    const resourceLimits = { maxOldGenerationSizeMb: megabytes, maxYoungGenerationSizeMb: Math.min(megabytes, 64) };
    // The process's own flags are not the thread's: with `--input-type`, say, it would not start.
    const worker = new Worker(WORKER, { workerData: job, execArgv: [], resourceLimits });
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      void worker.terminate();
      settle();
    };
    const timer = setTimeout(() => end(() => reject(limit('compiling takes more time than it may'))), seconds * 1000);
    worker.on('message', (said: Said) => {
      if ('step' in said) step();
      else if ('product' in said) end(() => resolve(said.product));
      else end(() => reject(new PortabilityError(said.failure.code, said.failure.message, said.failure.details)));
    });
    worker.on('error', error => end(() => reject(diedOf(error))));
  });
}
