/**
 * Compiles sources and overlays to intervals of locations: sources vote with zones, special-purpose
 * blocks override them, and no country code remains.
 */

import { portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import { ZONES, type Zone } from '../zone.ts';
import { createIntervalsBuilder, type Intervals, sweepIntervals, type Width } from './intervals.ts';
import { ANONYMISED, DISPUTED, LICENSED, SPECIAL_PURPOSE, UNLISTED } from './location.ts';
import type { CountryIntervals } from './mmdb.ts';
import type { LoadedOverlay } from './overlay.ts';
import { specialPurposeIntervals } from './special-purpose.ts';

/** Intervals of both families by location: the values are the codes of `location.ts`. */
export interface ZoneIntervals {
  readonly ipv4: Intervals;
  readonly ipv6: Intervals;
}

/** How the law and the licence treat a country code. */
export interface Standpoint {
  /** Code of the home State. */
  readonly home: string;
  zone(code: string): Zone;
  licensed(code: string): boolean;
}

const UNKNOWN = ZONES.indexOf('unknown');
const ZONE_BITS = 3;

/** Returns the vote of one source: a zone, and whether the licence covers the location. */
const ballotOf = (code: string, standpoint: Standpoint): number => {
  const zone = ZONES.indexOf(standpoint.zone(code));
  return zone !== UNKNOWN && standpoint.licensed(code) ? zone | LICENSED : zone;
};

/** Returns the value of more than half of the votes, else the value of the first. */
function majority(ballots: readonly number[]): number {
  for (const ballot of ballots) {
    if (ballots.filter(other => other === ballot).length * 2 > ballots.length) return ballot;
  }
  return ballots[0]!;
}

/**
 * Returns the location of one interval. A strict majority of all sources decides the zone, else the
 * first source; a source without an answer votes `unknown`. Only the sources that voted for the
 * winning zone decide on the licence, so a location that is not established is never licensed.
 * INVARIANT (disputed-is-answered): disputed only where sources that do answer differ in zone.
 */
export function vote(ballots: readonly number[]): number {
  const zones = ballots.map(ballot => ballot & ZONE_BITS);
  const zone = majority(zones);
  const disputed = new Set(zones.filter(other => other !== UNKNOWN)).size > 1 ? DISPUTED : 0;
  if (zone === UNKNOWN) return UNLISTED | disputed;
  return majority(ballots.filter(ballot => (ballot & ZONE_BITS) === zone)) | disputed;
}

/**
 * Changes the location that sources and earlier overlays gave, for one label of an overlay. Label 0
 * changes nothing.
 */
type Effect = (location: number) => number;

/**
 * Returns the effect of a location that an overlay names. The operator's own entry is not disputed
 * and does not change `anonymised`.
 */
function locationEffect(word: string, standpoint: Standpoint): Effect {
  const code = word === 'home' ? standpoint.home : word;
  const isZone = ZONES.includes(code as Zone);
  const ballot = isZone ? ZONES.indexOf(code as Zone) : ballotOf(code, standpoint);
  const location = (ballot & ZONE_BITS) === UNKNOWN ? UNLISTED : ballot;
  return before => location | (before & ANONYMISED);
}

function effectsOf(
  { edition: { kind }, countries }: LoadedOverlay,
  standpoint: Standpoint,
): readonly Effect[] {
  if (kind === 'anonymisers') return [before => before, before => before | ANONYMISED];
  if (kind === 'relays') return [before => before, before => before & ~ANONYMISED];
  return countries.map(word => (word === '' ? before => before : locationEffect(word, standpoint)));
}

/** Maximum number of cached combinations. */
const MOST_KNOWN = 100_000;

/**
 * Merges one family. The same values occur again and again, so each combination is evaluated once.
 */
function merge(
  width: Width,
  family: readonly Intervals[],
  ballots: readonly (readonly number[])[],
  effects: readonly (readonly Effect[])[],
): Intervals {
  const builder = createIntervalsBuilder(width);
  const known = new Map<string, number>();
  const locationOf = (values: Uint16Array): number => {
    const voted = vote(ballots.map((cast, source) => cast[values[source]!]!));
    return effects.reduce(
      (before, effect, overlay) => effect[values[ballots.length + overlay]!]!(before),
      voted,
    );
  };
  sweepIntervals([...family, specialPurposeIntervals(width)], (start, values) => {
    if (values[family.length] !== 0) return builder.begin(start, SPECIAL_PURPOSE);
    const key = values.join();
    const location = known.get(key) ?? locationOf(values);
    if (known.size > MOST_KNOWN) known.clear();
    known.set(key, location);
    builder.begin(start, location);
  });
  return builder.build();
}

/**
 * Rejects a source that would vote `unknown` everywhere.
 * @throws PortabilityError `ERR_SOURCE_EMPTY`
 */
export function checkNamesTerritory(
  { countries }: CountryIntervals,
  isTerritory: (code: string) => boolean,
): void {
  if (countries.some(isTerritory)) return;
  throw portabilityError(GEO.sourceNoTerritory, { stage: 'data' });
}

/**
 * Compiles sources, and overlays over them in order, to intervals of locations. The order of
 * sources matters only for tied votes; of the overlays, the last one with an answer has precedence.
 * Special-purpose blocks override everything.
 * @throws PortabilityError `ERR_SOURCE_EMPTY` without a source, or if a source contains no known
 * territory (codes in lower case, for example).
 */
export function compile(
  sources: readonly CountryIntervals[],
  standpoint: Standpoint,
  overlays: readonly LoadedOverlay[] = [],
): ZoneIntervals {
  if (sources.length === 0) throw portabilityError(GEO.sourceNone);
  const ballots = sources.map(source => source.countries.map(code => ballotOf(code, standpoint)));
  for (const source of sources)
    checkNamesTerritory(source, code => (ballotOf(code, standpoint) & ZONE_BITS) !== UNKNOWN);
  const effects = overlays.map(overlay => effectsOf(overlay, standpoint));
  const all = [...sources, ...overlays];
  return {
    ipv4: merge(
      1,
      all.map(each => each.ipv4),
      ballots,
      effects,
    ),
    ipv6: merge(
      4,
      all.map(each => each.ipv6),
      ballots,
      effects,
    ),
  };
}
