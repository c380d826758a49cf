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

/** Errors cross as facts; of one that is not ours only the name, since it may quote anything. */
function failureOf(error: unknown): Said {
  if (!(error instanceof PortabilityError)) {
    const name = error instanceof Error ? error.name : 'unknown';
    return { failure: { code: 'ERR_SOURCE_LIMIT', message: `the files can not be compiled: ${name}` } };
  }
  return { failure: { code: error.code, message: error.sentence, details: detailsOf(error) } };
}

const NICE = 10;

/** On Linux 0 is the calling thread; elsewhere it is the whole process, which must not stand back. Who stands back already is left alone. */
function standBack(): void {
  try {
    if (platform() === 'linux' && getPriority(0) < NICE) setPriority(0, NICE);
  } catch {
    // Where it is not permitted the work goes on beside the others.
  }
}

if ((workerData as Job).isInBackground) standBack();
perform(workerData as Job, () => post({ step: true })).then(
  product => post({ product }),
  error => post(failureOf(error)),
);
