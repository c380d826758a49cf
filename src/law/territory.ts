/**
 * Maps a territory to its zone, as seen from a home State on a given day. The module applies the
 * law alone: no licence, no address.
 */
import data from '../../data/territories.json' with { type: 'json' };
import { isCalendarDay } from '../days.ts';
import { PortabilityError } from '../errors.ts';
import type { Zone } from '../zone.ts';

/** From which home State, on which day. */
export interface TerritoryOptions {
  /** ISO 3166-1 alpha-2 code of the home State; `FR` unless given. It must be a State where the Regulation applies that day. */
  readonly home?: string | undefined;
  /** UTC day `YYYY-MM-DD`, from 2018-04-01; unless given, the day on which the territory data were last reviewed. */
  readonly on?: string | undefined;
}

interface Territory {
  readonly code: string;
  readonly state: string;
  readonly from?: string;
  readonly until?: string;
}

const TERRITORIES = new Map<string, Territory>((data.territories as readonly Territory[]).map(row => [row.code, row]));

/** First day of application (Art. 11 as corrected; first printed 20 March 2018). */
export const FIRST_DAY = data.applies;

/** The day on which `data/territories.json` was last compared with the law. */
export const REVIEWED_ON = data.asOf;

/** Throws `ERR_DAY` unless `day` is a real calendar day `YYYY-MM-DD` on which the Regulation applies (Art. 9 and 11). */
export function checkDay(day: string): string {
  if (!isCalendarDay(day)) throw new PortabilityError('ERR_DAY', 'a day is a calendar day written YYYY-MM-DD');
  if (day < FIRST_DAY) throw new PortabilityError('ERR_DAY', `the regulation applies from ${FIRST_DAY}`);
  return day;
}

const counts = (territory: Territory, on: string): boolean =>
  territory.from !== undefined && territory.from <= on && (territory.until === undefined || on <= territory.until);

/** Throws `ERR_HOME` unless `home` is the code of a State where the Regulation applies on that day. */
export function checkHome(home: string, on: string): string {
  const territory = TERRITORIES.get(home);
  if (territory === undefined || territory.state !== home || !counts(territory, on)) {
    throw new PortabilityError('ERR_HOME', `the home state is no state where the regulation applies on ${on}`);
  }
  return home;
}

/** Whether `code` is an ISO 3166-1 alpha-2 code, or one of the reserved codes `EA` and `IC`, in upper case. */
export const isTerritory = (code: string): boolean => TERRITORIES.has(code);

/**
 * The zone of a territory, by law. A code that is no ISO 3166-1 alpha-2 code in upper case (nor `EA`, `IC`), whatever its
 * type, is `unknown`: doubt refuses. Cost: two hash look-ups, and where a day is given the check that it is one.
 *
 * Sources: Regulation (EU) 2017/1128; Art. 355 TFEU; EEA Joint Committee Decision 158/2018; see `data/territories.json`.
 * @throws PortabilityError `ERR_DAY`, `ERR_HOME` on bad options; never on a code.
 */
export function zoneOfTerritory(code: string, options: TerritoryOptions = {}): Zone {
  const { on: day, home: state = 'FR' } = options ?? {};
  const on = day === undefined ? REVIEWED_ON : checkDay(day);
  const home = checkHome(state, on);
  const territory = TERRITORIES.get(code);
  if (territory === undefined) return 'unknown';
  if (!counts(territory, on)) return 'outside';
  return territory.state === home ? 'home' : 'eea';
}
