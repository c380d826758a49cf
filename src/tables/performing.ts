/** What does a job of compiling come to? A table, a bundle, or the proof that a file is what it says, held against guards. */

import { PortabilityError } from '../errors.ts';
import { breachesOf } from '../place/breaches.ts';
import { encodeBundle } from '../place/bundle.ts';
import { stretchesOf } from '../place/readback.ts';
import { agrees, zoneTable } from '../place/table.ts';
import { compileHere, editionOf, openHere } from './compiling.ts';
import { bundledSentinels } from './sentinels.ts';
import type { Job, Product } from './workshop.ts';

/** Does a job here and now, in whichever thread. */
export async function perform({ from, time, wants, fitness }: Job, step: () => void): Promise<Product> {
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
