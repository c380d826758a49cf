/** Defines the clock type and the default system clock. All other modules receive a clock. */

/** Returns milliseconds since 1970-01-01T00:00:00Z. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/**
 * Days. A gate in use reads its clock continuously, so a larger leap is a fault of the clock, not
 * the passage of time.
 */
export const LONGEST_LEAP_DAYS = 45;
