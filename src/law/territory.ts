/**
 * Maps a territory to its zone, as seen from a home State on a given day. The module applies the
 * law alone: no licence, no address.
 */

import { applies, asOf, territories as rows } from '../../data/territories.json';
import { dayInWords, isCalendarDay } from '../days.ts';
import { portabilityError } from '../errors.ts';
import * as LAW from '../messages/law.ts';
import type { Zone } from '../zone.ts';

/** The home State and the day for which zones are computed. */
export interface TerritoryOptions {
  /**
   * ISO 3166-1 alpha-2 code of the home State; default: `FR`. The Regulation must apply in that
   * State on that day.
   */
  readonly home?: string | undefined;
  /**
   * UTC day `YYYY-MM-DD`, from 2018-04-01; default: the day on which the territory data were last
   * reviewed.
   */
  readonly on?: string | undefined;
}

/** A row of `data/territories.json`. */
export interface Territory {
  readonly code: string;
  /** Its name in English. */
  readonly name: string;
  /** Code of the State to which the territory belongs. */
  readonly state: string;
  /** First and last day on which the Regulation applies there. */
  readonly from?: string;
  readonly until?: string;
  /** Why it is in or out, where the State alone does not say so. */
  readonly reason?: string;
}

const TERRITORIES = new Map<string, Territory>(
  (rows as readonly Territory[]).map(row => [row.code, row]),
);

/** First day of application (Art. 11 as corrected; first printed as 20 March 2018). */
export const FIRST_DAY = applies;

/** The day on which `data/territories.json` was last compared with the law. */
export const REVIEWED_ON = asOf;

/**
 * Returns the day. Throws `ERR_DAY` if it is not a real calendar day `YYYY-MM-DD` on which the
 * Regulation applies (Art. 9 and 11).
 */
export function checkDay(day: string): string {
  if (!isCalendarDay(day)) throw portabilityError(LAW.dayInvalid);
  if (day < FIRST_DAY)
    throw portabilityError(LAW.dayBeforeRegulation, {}, { first: dayInWords(FIRST_DAY) });
  return day;
}

const isInEeaOn = (territory: Territory, on: string): boolean =>
  territory.from !== undefined &&
  territory.from <= on &&
  (territory.until === undefined || on <= territory.until);

/**
 * Returns the code. Throws `ERR_HOME` if it is not the code of a State in which the Regulation
 * applies on that day.
 */
export function checkHome(home: string, on: string): string {
  const territory = TERRITORIES.get(home);
  if (territory === undefined || territory.state !== home || !isInEeaOn(territory, on)) {
    throw portabilityError(LAW.homeNotAState, {}, { on: dayInWords(on) });
  }
  return home;
}

/** Returns all rows of `data/territories.json`, in its order. */
export const territories = (): readonly Territory[] => [...TERRITORIES.values()];

/**
 * Whether `code` is an ISO 3166-1 alpha-2 code, or one of the reserved codes `EA` and `IC`, in
 * upper case.
 */
export const isTerritory = (code: string): boolean => TERRITORIES.has(code);

/**
 * Returns the zone of a territory, by law. In doubt it returns `unknown`: for any value, of any
 * type, that is not an ISO 3166-1 alpha-2 code in upper case (nor `EA` or `IC`). Cost: two hash
 * look-ups, plus the validation of the day if one is given.
 *
 * Sources: Regulation (EU) 2017/1128; Art. 355 TFEU; EEA Joint Committee Decision 158/2018; see
 * `data/territories.json`.
 * @throws PortabilityError `ERR_DAY`, `ERR_HOME` on invalid options; never on a code.
 */
export function zoneOfTerritory(code: string, options: TerritoryOptions = {}): Zone {
  const { on: day, home: state = 'FR' } = options ?? {};
  const on = day === undefined ? REVIEWED_ON : checkDay(day);
  const home = checkHome(state, on);
  const territory = TERRITORIES.get(code);
  if (territory === undefined) return 'unknown';
  if (!isInEeaOn(territory, on)) return 'outside';
  return territory.state === home ? 'home' : 'eea';
}
