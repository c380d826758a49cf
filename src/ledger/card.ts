/**
 * Defines the month card of a subscriber: the UTC days seen from home and the UTC days seen from
 * outside.
 */

/** All that is kept of where a person is. A blank day says nothing. */
export interface Card {
  /** UTC month, `YYYY-MM`. */
  readonly month: string;
  /** 32 hexadecimal digits, under the key of the month. */
  readonly pseudonym: string;
  /** Bit `d - 1` is set where a request of day `d` was seen from the home State. */
  readonly homeDays: number;
  /** The same from anywhere else: the bit does not say whether from the EEA or from beyond. */
  readonly outsideDays: number;
}

/** Bits of days, by side. */
export interface DayBits {
  readonly homeDays: number;
  readonly outsideDays: number;
}

/** The side of the border from which a request was seen. */
export type Side = 'home' | 'outside';
