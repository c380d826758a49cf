/** Defines the clock type and the default system clock. All other modules receive a clock. */

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** A gate that is in use looks at its clock all the time: a leap beyond this is a fault of the clock, not the passing of time. */
export const LONGEST_LEAP_DAYS = 45;
