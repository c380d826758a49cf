/**
 * Runs one compile job: it produces a table, a bundle, or the verification of a file, and checks
 * the result against guards.
 */

import { portabilityError } from '../errors.ts';
import { encodeBundle } from '../geo/bundle.ts';
import { breachesOf } from '../geo/guard-violations.ts';
import { stretchesOf } from '../geo/table-intervals.ts';
import { agrees, zoneTable } from '../geo/zone-table.ts';
import * as TABLES from '../messages/tables.ts';
import { type Compiled, compileHere, editionOf, openHere } from './compile-sources.ts';
import type { Job, Product } from './compile-worker-host.ts';
import { bundledSentinels } from './sentinels.ts';

/** Returns the compiled content from which the job starts. */
function compiledOf({ from, time }: Job, step: () => void): Compiled | Promise<Compiled> {
  if (typeof from === 'string' || from instanceof Uint8Array) return openHere(from, time);
  if ('buffer' in from) return { edition: from.edition, stretches: stretchesOf(from) };
  return compileHere(from, time, step);
}

/** Runs a job in the current thread. */
export async function perform(job: Job, step: () => void): Promise<Product> {
  const { time, wants, fitness, isAccepted } = job;
  const { edition: made, stretches } = await compiledOf(job, step);
  const edition = isAccepted === true ? { ...made, accepted: new Date(time).toISOString() } : made;
  if (wants === 'bundle' && fitness === undefined)
    return { edition, bundle: encodeBundle(edition, stretches) };
  const table = zoneTable(edition, stretches);
  if (wants === 'proof') {
    if (editionOf(stretches, edition).id !== edition.id)
      throw portabilityError(TABLES.tableContentDiffers);
    if (!agrees(table, stretches)) throw portabilityError(TABLES.tableAnswersDiffer);
    return { edition };
  }
  const inForce = fitness?.inForce && stretchesOf(fitness.inForce);
  const sentinels = bundledSentinels(edition.home, edition.on);
  const breaches = fitness && breachesOf({ table, stretches }, inForce, sentinels, fitness.guards);
  const result =
    wants === 'bundle' ? { bundle: encodeBundle(edition, stretches) } : { table: table.share() };
  return { edition, ...result, ...(breaches && { breaches }) };
}
