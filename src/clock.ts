/** What time is it? The one default clock; everything else is handed a clock. */

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
