/** Reads the guards of an operator from a JSON file with the fields of a recipe's `guards`. */
import { PortabilityError, withDetails } from '../../errors.ts';
import { checkGuards, type Guards } from '../../geo/guards.ts';
import { readWhole } from '../../geo/source.ts';
import { fileDetails } from '../named.ts';

/**
 * Reads the file of `--guards`; without one the default guards hold.
 * @throws PortabilityError `ERR_ARGUMENT`: a slip must not leave the door open
 */
export async function readGuards(path: string | undefined): Promise<Guards> {
  if (path === undefined) return {};
  const named = fileDetails('--guards', path);
  const file = await readWhole(path, 'ERR_SOURCE_OPEN').catch((error: PortabilityError) => {
    const details = error.system === undefined ? named : { ...named, system: error.system };
    throw new PortabilityError('ERR_ARGUMENT', 'the file of --guards cannot be read', details);
  });
  let guards: Guards;
  try {
    guards = JSON.parse(file.toString('utf8'));
  } catch {
    // No cause: its message quotes the file.
    throw new PortabilityError('ERR_ARGUMENT', 'the file of --guards is no json', named);
  }
  try {
    return checkGuards(guards);
  } catch (error) {
    throw withDetails(error, named);
  }
}
