/** Defines the finite set of locations as frozen constants, each with a small integer code. */
import { ZONES, type Zone } from '../zone.ts';

/** How a location is known: named by the data, absent from them, in a special-purpose block, or no address at all. */
export type Known = 'listed' | 'unlisted' | 'special-purpose' | 'not-an-address';

/** What the table knows of an address. Frozen constants, one per combination: compare by identity, never allocated per call. */
export interface Location {
  readonly zone: Zone;
  readonly known: Known;
  /** Whether the operator's licence serves this place; follows the law unless widened or narrowed at compile time. */
  readonly licensed: boolean;
  /** Whether an overlay names the address as an anonymiser's. */
  readonly anonymised: boolean;
  /** Whether the sources that do answer differ in zone. */
  readonly disputed: boolean;
}

export const KNOWNS: readonly Known[] = ['listed', 'unlisted', 'special-purpose', 'not-an-address'];

const ZONE_UNKNOWN = ZONES.indexOf('unknown');
export const LICENSED = 1 << 4;
export const ANONYMISED = 1 << 5;
export const DISPUTED = 1 << 6;

/** Location codes are bytes: zone in bits 0-1, known in bits 2-3, then licensed, anonymised, disputed. */
export const LOCATION_CODES = 1 << 7;

export const UNLISTED = ZONE_UNKNOWN | (1 << 2);
export const SPECIAL_PURPOSE = ZONE_UNKNOWN | (2 << 2);
export const NOT_AN_ADDRESS = ZONE_UNKNOWN | (3 << 2);

/** Every location by its code. Codes that no table holds (say `home` and `special-purpose`) have one too: decoding is total. */
export const LOCATIONS: readonly Location[] = Array.from({ length: LOCATION_CODES }, (_, code) =>
  Object.freeze({
    zone: ZONES[code & 3]!,
    known: KNOWNS[(code >> 2) & 3]!,
    licensed: (code & LICENSED) !== 0,
    anonymised: (code & ANONYMISED) !== 0,
    disputed: (code & DISPUTED) !== 0,
  }),
);

/** Whether a table may hold this code: an established zone is listed, a location that is not established is never licensed. */
export function isTableCode(code: number): boolean {
  if (code >= LOCATION_CODES) return false;
  const { zone, known, licensed, anonymised, disputed } = LOCATIONS[code]!;
  if (zone !== 'unknown') return known === 'listed';
  if (licensed || known === 'listed' || known === 'not-an-address') return false;
  return known === 'unlisted' || !(anonymised || disputed);
}
