/** Adds the option or field, path or value at fault to an error. */

import { type ErrorDetails, systemCodeOf, withDetails } from '../errors.ts';

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
