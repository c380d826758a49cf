/** Reads the guards of the operator from a JSON file, the `guards` of a build configuration. */

import { fileDetails } from '../../config/option-at-fault.ts';
import { type PortabilityError, portabilityError, withDetails } from '../../errors.ts';
import { checkGuards, type Guards } from '../../geo/guards.ts';
import { readWhole } from '../../geo/read-file.ts';
import * as CLI from '../../messages/cli.ts';

/**
 * Reads the file of `--guards`. Default: the default guards.
 * @throws PortabilityError `ERR_ARGUMENT`: an error in the file must not disable the guards
 */
export async function readGuards(path: Guards | string | undefined): Promise<Guards> {
  if (path === undefined) return {};
  if (typeof path === 'object') return path;
  const named = fileDetails('--guards', path);
  const file = await readWhole(path, 'ERR_SOURCE_OPEN').catch((error: PortabilityError) => {
    const details = error.system === undefined ? named : { ...named, system: error.system };
    throw portabilityError(CLI.guardsUnreadable, details);
  });
  let guards: Guards;
  try {
    guards = JSON.parse(file.toString('utf8'));
  } catch {
    // The cause is left out because its message quotes the file.
    throw portabilityError(CLI.guardsSyntax, named);
  }
  try {
    return checkGuards(guards);
  } catch (error) {
    throw withDetails(error, named);
  }
}
