/**
 * Defines the month card of a subscriber: the UTC days seen from home and the UTC days seen from
 * outside.
 */

/**
 * The days of one month on which a subscriber's requests came from the home State, or from
 * elsewhere. An unset day bit proves nothing.
 */
export interface Card {
  /** UTC month, `YYYY-MM`. */
  readonly month: string;
  /** 32 hexadecimal digits, derived with the key of the month. */
  readonly pseudonym: string;
  /** Bit `d - 1` is set if a request on day `d` was seen from the home State. */
  readonly homeDays: number;
  /**
   * The same for every other location: the bit does not distinguish the EEA from the rest of the
   * world.
   */
  readonly outsideDays: number;
}

/** Day bits for each side. */
export interface DayBits {
  readonly homeDays: number;
  readonly outsideDays: number;
}

/** The side of the border from which a request was seen. */
export type Side = 'home' | 'outside';
