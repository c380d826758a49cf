/** Defines the finite set of locations as frozen constants, each with a small integer code. */
import { ZONES, type Zone } from '../zone.ts';

/**
 * How a location is known: listed in the data, absent from the data, in a special-purpose block, or
 * not an address.
 */
export type Known = 'listed' | 'unlisted' | 'special-purpose' | 'not-an-address';

/**
 * What the table knows of an address. There is one frozen constant per combination, so none is
 * allocated per call; compare by identity.
 */
export interface Location {
  readonly zone: Zone;
  readonly known: Known;
  /**
   * Whether the provider's licence covers this location. It follows the law, except where the
   * licence is widened or narrowed at compile time.
   */
  readonly licensed: boolean;
  /** Whether an overlay lists the address as an anonymiser's. */
  readonly anonymised: boolean;
  /** Whether the sources that have an answer differ in zone. */
  readonly disputed: boolean;
}

export const KNOWNS: readonly Known[] = ['listed', 'unlisted', 'special-purpose', 'not-an-address'];

const ZONE_UNKNOWN = ZONES.indexOf('unknown');
export const LICENSED = 1 << 4;
export const ANONYMISED = 1 << 5;
export const DISPUTED = 1 << 6;

/**
 * Number of location codes. A code is a byte: zone in bits 0-1, known in bits 2-3, then licensed,
 * anonymised, disputed.
 */
export const LOCATION_CODES = 1 << 7;

export const UNLISTED = ZONE_UNKNOWN | (1 << 2);
export const SPECIAL_PURPOSE = ZONE_UNKNOWN | (2 << 2);
export const NOT_AN_ADDRESS = ZONE_UNKNOWN | (3 << 2);

/**
 * All locations by their codes. Codes that no table contains (`home` with `special-purpose`, for
 * example) also have a location, so that decoding is total.
 */
export const LOCATIONS: readonly Location[] = Array.from({ length: LOCATION_CODES }, (_, code) =>
  Object.freeze({
    zone: ZONES[code & 3]!,
    known: KNOWNS[(code >> 2) & 3]!,
    licensed: (code & LICENSED) !== 0,
    anonymised: (code & ANONYMISED) !== 0,
    disputed: (code & DISPUTED) !== 0,
  }),
);

/**
 * Whether a table may contain this code: an established zone is listed, and a location that is not
 * established is never licensed.
 */
export function isTableCode(code: number): boolean {
  if (code >= LOCATION_CODES) return false;
  const { zone, known, licensed, anonymised, disputed } = LOCATIONS[code]!;
  if (zone !== 'unknown') return known === 'listed';
  if (licensed || known === 'listed' || known === 'not-an-address') return false;
  return known === 'unlisted' || !(anonymised || disputed);
}
