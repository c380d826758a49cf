/** Names the options and output files of the command line in errors. */

import { fileDetails } from '../config/option-at-fault.ts';
import { type PortabilityError, portabilityError } from '../errors.ts';
import * as CLI from '../messages/cli.ts';

/** Creates the error for an output file that cannot be written. */
export const cannotWrite = (
  option: string | undefined,
  path: string,
  error: unknown,
): PortabilityError => portabilityError(CLI.outputUnwritable, fileDetails(option, path, error));

/** Returns an option's name as it is typed: `maxTableAge` becomes `--max-table-age`. */
export const optionName = (key: string): string =>
  `--${key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
