/** Names in an error the option of the command line, the path or the value that is at fault. */
import { type ErrorDetails, PortabilityError, systemCodeOf, withDetails } from '../errors.ts';

/** What the error is told: the option, and what was given for it. */
type Given = Pick<ErrorDetails, 'option' | 'value' | 'path' | 'host' | 'system'>;

/** Runs `work`; a `PortabilityError` of it names what was given. */
export function named<Result>(given: Given, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw withDetails(error, given);
  }
}

/** The same for work that takes time. */
export const namedLater = <Result>(given: Given, work: () => Promise<Result>): Promise<Result> =>
  Promise.resolve()
    .then(work)
    .catch(error => Promise.reject(withDetails(error, given)));

/** The details of a file that could not be read or written: its option, its path and the system's code. */
export function fileDetails(option: string | undefined, path: string, error?: unknown): ErrorDetails {
  const system = systemCodeOf(error);
  return {
    path,
    ...(option !== undefined && { option }),
    ...(system !== undefined && { system }),
  };
}

/** The error of an output file. */
export const cannotWrite = (option: string | undefined, path: string, error: unknown): PortabilityError =>
  new PortabilityError('ERR_OUTPUT', 'the file cannot be written', fileDetails(option, path, error));

/** The name of an option as it is typed: `maxTableAge` is `--max-table-age`. */
export const optionName = (key: string): string => `--${key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
