/** What does the thread do that compiles? One job, then it is gone, and with it all memory that a hostile file may have asked for. */
import { getPriority, platform, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { compileHere, editionOf, openHere } from './compiling.ts';
import { PortabilityError } from './errors.ts';
import { breachesOf } from './place/breaches.ts';
import { encodeBundle } from './place/bundle.ts';
import { stretchesOf } from './place/readback.ts';
import { agrees, zoneTable } from './place/table.ts';
import { bundledSentinels } from './sentinels.ts';
import type { Job, Product, Said } from './workshop.ts';

const post = (said: Said): void => parentPort!.postMessage(said);

async function perform({ from, time, wants, fitness }: Job): Promise<Product> {
  const step = (): void => post({ step: true });
  const isFile = typeof from === 'string' || from instanceof Uint8Array;
  const { edition, stretches } = isFile ? await openHere(from, time) : await compileHere(from, time, step);
  if (wants === 'bundle' && fitness === undefined) return { edition, bundle: encodeBundle(edition, stretches) };
  const table = zoneTable(edition, stretches);
  if (wants === 'proof') {
    if (editionOf(stretches, edition).id !== edition.id)
      throw new PortabilityError('ERR_TABLE_FORMAT', 'the content is not the one that the edition names');
    if (!agrees(table, stretches))
      throw new PortabilityError('ERR_TABLE_FORMAT', 'the table does not answer as its file says');
    return { edition };
  }
  const inForce = fitness?.inForce && stretchesOf(fitness.inForce);
  const sentinels = bundledSentinels(edition.home, edition.on);
  const breaches = fitness && breachesOf({ table, stretches }, inForce, sentinels, fitness.guards);
  const made = wants === 'bundle' ? { bundle: encodeBundle(edition, stretches) } : { table: table.share() };
  return { edition, ...made, ...(breaches && { breaches }) };
}

/** Errors cross as facts; of one that is not ours only the name, since it may quote anything. */
function failureOf(error: unknown): Said {
  if (!(error instanceof PortabilityError)) {
    const name = error instanceof Error ? error.name : 'unknown';
    return { failure: { code: 'ERR_SOURCE_LIMIT', message: `the files can not be compiled: ${name}` } };
  }
  const { code, message, offset, line, file, stage } = error;
  return { failure: { code, message, details: { offset, line, file, stage } as object } };
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
perform(workerData as Job).then(
  product => post({ product }),
  error => post(failureOf(error)),
);
