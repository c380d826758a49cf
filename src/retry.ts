/** Repeats a change that another writer may overtake. */
import { portabilityError } from './errors.ts';
import type { Message } from './messages.ts';

/** Number of attempts, after which other writers are assumed to be faster for ever. */
const ATTEMPTS = 100;

/**
 * Runs an attempt until it returns a result.
 * @param attempt Reads, computes and writes; `undefined` if another writer was faster.
 * @throws PortabilityError with the message given, after 100 attempts
 */
export async function retry<Result>(
  attempt: () => Promise<Result | undefined>,
  busy: Message,
): Promise<Result> {
  for (let count = 0; count < ATTEMPTS; count++) {
    const result = await attempt();
    if (result !== undefined) return result;
  }
  throw portabilityError(busy);
}
