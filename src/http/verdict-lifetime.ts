/** For how long a granted verdict may be used again by a cache in front of the sidecar. */

import { DAY_MS } from '../days.ts';
import { portabilityError } from '../errors.ts';
import * as HTTP from '../messages/http.ts';

/** In seconds. For so long a withdrawn exception or an ended contract may still be granted. */
const LONGEST = 300;

/**
 * Checks the lifetime of a verdict, in whole seconds from 0 to 300, and returns it.
 * @throws PortabilityError `ERR_ARGUMENT`
 */
export function checkVerdictLifetime(seconds: number): number {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= LONGEST) return seconds;
  throw portabilityError(HTTP.verdictLifetime, {}, { most: LONGEST });
}

/** A cache counts in whole seconds, which is one more, and an answer takes time to reach it. */
const MARGIN_SECONDS = 2;

/**
 * Returns the seconds for which a verdict of this moment holds: the lifetime, but not beyond the UTC
 * day, nor in its last two seconds. With the day end exceptions and corrections of the table, and
 * the next one has evidence of its own.
 * @param time milliseconds since 1970
 */
export const secondsToHold = (lifetime: number, time: number): number => {
  const left = Math.floor((DAY_MS - (time % DAY_MS)) / 1000) - MARGIN_SECONDS;
  return Math.min(lifetime, Math.max(0, left));
};
