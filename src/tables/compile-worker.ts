/**
 * Runs one compile job in a worker thread. The thread then ends, and all memory that a hostile file
 * requested is released.
 */
import { getPriority, platform, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { detailsOf, PortabilityError } from '../errors.ts';
import { perform } from './compile-job.ts';
import type { Job, Said } from './compile-worker-host.ts';

const post = (said: Said): void => parentPort!.postMessage(said);

/**
 * Errors pass to the other thread as plain data. Of a foreign error only the name is passed,
 * because its message may quote anything.
 */
function failureOf(error: unknown): Said {
  if (!(error instanceof PortabilityError)) {
    const name = error instanceof Error ? error.name : 'unknown';
    return {
      failure: { code: 'ERR_SOURCE_LIMIT', message: `the files cannot be compiled: ${name}` },
    };
  }
  return { failure: { code: error.code, message: error.sentence, details: detailsOf(error) } };
}

const NICE = 10;

/**
 * Lowers the priority of this thread. On Linux, 0 is the calling thread; on other systems it is the
 * whole process, whose priority must not change. A priority that is already low is kept.
 */
function standBack(): void {
  try {
    if (platform() === 'linux' && getPriority(0) < NICE) setPriority(0, NICE);
  } catch {
    // Without the permission, the job runs at normal priority.
  }
}

if ((workerData as Job).isInBackground) standBack();
perform(workerData as Job, () => post({ step: true })).then(
  product => post({ product }),
  error => post(failureOf(error)),
);
