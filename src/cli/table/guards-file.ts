/** Reads the guards of an operator from a JSON file with the fields of a recipe's `guards`. */
import { PortabilityError } from '../../errors.ts';
import { checkGuards, type Guards } from '../../place/guards.ts';
import { readWhole } from '../../place/source.ts';

/**
 * Reads the file of `--guards`; without one the default guards hold.
 * @throws PortabilityError `ERR_ARGUMENT`: a slip must not leave the door open
 */
export async function readGuards(path: string | undefined): Promise<Guards> {
  if (path === undefined) return {};
  const file = await readWhole(path, 'ERR_SOURCE_OPEN').catch(() => {
    throw new PortabilityError('ERR_ARGUMENT', 'the file of --guards cannot be read');
  });
  let guards: Guards;
  try {
    guards = JSON.parse(file.toString('utf8'));
  } catch {
    // No cause: its message quotes the file.
    throw new PortabilityError('ERR_ARGUMENT', 'the file of --guards is no json');
  }
  return checkGuards(guards);
}
