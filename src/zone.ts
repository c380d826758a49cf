/** Defines the zone, the one type that `law/` and `geo/` share. */

/**
 * Where a place lies, seen from the home State: `home` (the Member State of residence, its outermost regions included),
 * `eea` (another State where Regulation (EU) 2017/1128 applies that day), `outside`, or `unknown` (not established).
 */
export type Zone = 'home' | 'eea' | 'outside' | 'unknown';

export const ZONES: readonly Zone[] = ['home', 'eea', 'outside', 'unknown'];
