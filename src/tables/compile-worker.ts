/**
 * Runs one compile job in a worker thread. The thread then ends, and all memory that a hostile file
 * requested is released.
 */

import { getPriority, platform, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { PortabilityError, plainError, portabilityError } from '../errors.ts';
import * as TABLES from '../messages/tables.ts';
import { runJob } from './compile-job.ts';
import type { Job, WorkerMessage } from './compile-worker-host.ts';

const post = (said: WorkerMessage): void => parentPort!.postMessage(said);

/** Of a foreign error only the name is passed on, because its message may quote anything. */
function failureOf(error: unknown): WorkerMessage {
  if (error instanceof PortabilityError) return { failure: plainError(error) };
  const name = error instanceof Error ? error.name : 'unknown';
  return { failure: plainError(portabilityError(TABLES.compileFailed, {}, { name })) };
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

post({ running: true });
if ((workerData as Job).isInBackground) standBack();
runJob(workerData as Job, () => post({ step: true })).then(
  product => post({ product }),
  error => post(failureOf(error)),
);
