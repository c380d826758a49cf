/** Which location has each stretch of addresses? Sources vote with zones; special-purpose blocks lie over them; countries end here. */
import { PortabilityError } from '../errors.ts';
import { ZONES, type Zone } from '../zone.ts';
import { DISPUTED, LICENSED, SPECIAL_PURPOSE, UNLISTED } from './location.ts';
import type { CountryStretches } from './mmdb.ts';
import { specialStretches } from './special.ts';
import { type Stretches, stretchesBuilder, sweep } from './stretches.ts';

/** Both families cut by location: the values are the codes of `location.ts`. */
export interface ZoneStretches {
  readonly ipv4: Stretches;
  readonly ipv6: Stretches;
}

/** What the law and the licence make of a country code. */
export interface Standpoint {
  zone(code: string): Zone;
  licensed(code: string): boolean;
}

const UNKNOWN = ZONES.indexOf('unknown');
const ZONE_BITS = 3;

/** One source's vote: a zone, and whether the licence serves the place. */
const ballotOf = (code: string, standpoint: Standpoint): number => {
  const zone = ZONES.indexOf(standpoint.zone(code));
  return zone !== UNKNOWN && standpoint.licensed(code) ? zone | LICENSED : zone;
};

/** What more than half of the ballots say, else what the first says. */
function majority(ballots: readonly number[]): number {
  for (const ballot of ballots) {
    if (ballots.filter(other => other === ballot).length * 2 > ballots.length) return ballot;
  }
  return ballots[0]!;
}

/**
 * The location of one stretch. A strict majority of all sources decides the zone, else the first source; a source without an answer
 * votes `unknown`. The licence is asked of those sources only that carry the zone, so a place that is not established is never licensed.
 * INVARIANT (disputed-is-answered): disputed only where sources that do answer differ in zone.
 */
export function vote(ballots: readonly number[]): number {
  const zones = ballots.map(ballot => ballot & ZONE_BITS);
  const zone = majority(zones);
  const disputed = new Set(zones.filter(other => other !== UNKNOWN)).size > 1 ? DISPUTED : 0;
  if (zone === UNKNOWN) return UNLISTED | disputed;
  return majority(ballots.filter(ballot => (ballot & ZONE_BITS) === zone)) | disputed;
}

/** Merges one family of all sources. Votes repeat, so each combination is counted once. */
function merge(cuts: readonly Stretches[], ballots: readonly (readonly number[])[]): Stretches {
  const width = cuts[0]!.width;
  const builder = stretchesBuilder(width);
  const counted = new Map<string, number>();
  sweep([...cuts, specialStretches(width)], (start, values) => {
    if (values[cuts.length] !== 0) return builder.begin(start, SPECIAL_PURPOSE);
    const cast = cuts.map((_, source) => ballots[source]![values[source]!]!);
    const key = cast.join();
    const location = counted.get(key) ?? vote(cast);
    counted.set(key, location);
    builder.begin(start, location);
  });
  return builder.build();
}

/**
 * Compiles sources to stretches of locations; their order matters only where votes are tied.
 * @throws PortabilityError `ERR_SOURCE_EMPTY` without a source, or where one names no territory at all (codes in lower case, say).
 */
export function compile(sources: readonly CountryStretches[], standpoint: Standpoint): ZoneStretches {
  if (sources.length === 0) throw new PortabilityError('ERR_SOURCE_EMPTY', 'a table needs at least one source');
  const ballots = sources.map(source => source.countries.map(code => ballotOf(code, standpoint)));
  if (ballots.some(cast => cast.every(ballot => (ballot & ZONE_BITS) === UNKNOWN))) {
    throw new PortabilityError('ERR_SOURCE_EMPTY', 'a source names no known territory');
  }
  return {
    ipv4: merge(
      sources.map(source => source.ipv4),
      ballots,
    ),
    ipv6: merge(
      sources.map(source => source.ipv6),
      ballots,
    ),
  };
}
