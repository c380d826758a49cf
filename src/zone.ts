/** Defines the zone, a type that `law/` and `geo/` share. */

/**
 * The zone of a location, as seen from the home State: `home` (the Member State of residence,
 * including its outermost regions), `eea` (another State in which Regulation (EU) 2017/1128 applies
 * that day), `outside`, or `unknown` (not established).
 */
export type Zone = 'home' | 'eea' | 'outside' | 'unknown';

export const ZONES: readonly Zone[] = ['home', 'eea', 'outside', 'unknown'];
