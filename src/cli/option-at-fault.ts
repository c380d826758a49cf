/** Adds the option, path or value at fault to an error. */

import {
  type ErrorDetails,
  type PortabilityError,
  portabilityError,
  systemCodeOf,
  withDetails,
} from '../errors.ts';
import * as CLI from '../messages/cli.ts';

/** The details to add to the error: the option and what was passed for it. */
type Given = Pick<ErrorDetails, 'option' | 'value' | 'path' | 'host' | 'system'>;

/** Runs `work` and adds the details to a `PortabilityError` that it throws. */
export function named<Result>(given: Given, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw withDetails(error, given);
  }
}

/** Runs asynchronous `work` and adds the details to a `PortabilityError` that it throws. */
export const namedLater = <Result>(given: Given, work: () => Promise<Result>): Promise<Result> =>
  Promise.resolve()
    .then(work)
    .catch(error => Promise.reject(withDetails(error, given)));

/**
 * Returns the error details of a file that could not be read or written: its option, its path and
 * the system's error code.
 */
export function fileDetails(
  option: string | undefined,
  path: string,
  error?: unknown,
): ErrorDetails {
  const system = systemCodeOf(error);
  return {
    path,
    ...(option !== undefined && { option }),
    ...(system !== undefined && { system }),
  };
}

/** Creates the error for an output file that cannot be written. */
export const cannotWrite = (
  option: string | undefined,
  path: string,
  error: unknown,
): PortabilityError => portabilityError(CLI.outputUnwritable, fileDetails(option, path, error));

/** Returns an option's name as it is typed: `maxTableAge` becomes `--max-table-age`. */
export const optionName = (key: string): string =>
  `--${key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
