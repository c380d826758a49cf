/** How many addresses does each source put into each zone, and how far do the sources agree? */

import { type Intervals, sweepIntervals } from '../src/geo/intervals.ts';
import { DISPUTED, LOCATIONS } from '../src/geo/location.ts';
import { compile, type ZoneIntervals } from '../src/geo/merge-sources.ts';
import type { LoadedSource } from '../src/geo/source.ts';
import { zoneOfTerritory } from '../src/law/territory.ts';
import { ZONES } from '../src/zone.ts';

export const compileOne = (source: LoadedSource): ZoneIntervals =>
  compile([source], {
    home: 'FR',
    zone: code => zoneOfTerritory(code),
    licensed: code => zoneOfTerritory(code) === 'home',
  });

/** Size of a stretch: IPv4 addresses, or IPv6 /64s (what is inside one counts as its fraction). */
const place = (start: ArrayLike<number>): number =>
  start.length === 1 ? start[0]! : start[0]! * 2 ** 32 + start[1]! + start[2]! / 2 ** 32;

const whole = (cut: Intervals): number => (cut.width === 1 ? 2 ** 32 : 2 ** 64);

/** Calls `visit` with the size and the codes of each stretch common to all cuts. */
function eachSize(
  cuts: readonly Intervals[],
  visit: (size: number, codes: readonly number[]) => void,
): void {
  let from = 0;
  let codes: readonly number[] | undefined;
  sweepIntervals(cuts, (start, values) => {
    if (codes !== undefined) visit(place(start) - from, codes);
    from = place(start);
    codes = Array.from(values);
  });
  visit(whole(cuts[0]!) - from, codes!);
}

const zoneOf = (code: number): string =>
  LOCATIONS[code]!.known === 'special-purpose' ? 'special-purpose' : LOCATIONS[code]!.zone;

/** Addresses by zone, special-purpose ones apart, and the disputed ones among them. */
export function sizes(cut: Intervals): Record<string, number> {
  const sums: Record<string, number> = Object.fromEntries(
    [...ZONES, 'special-purpose', 'disputed'].map(name => [name, 0]),
  );
  eachSize([cut], (size, [code]) => {
    sums[zoneOf(code!)]! += size;
    if ((code! & DISPUTED) !== 0) sums['disputed']! += size;
  });
  return sums;
}

export interface Agreement {
  /** Where both answer: the share on which they name the same zone. */
  readonly agree: number;
  /** Of what either calls home: the share that both call home. */
  readonly agreeOnHome: number;
}

export function agreement(one: Intervals, other: Intervals): Agreement {
  let both = 0;
  let same = 0;
  let anyHome = 0;
  let bothHome = 0;
  eachSize([one, other], (size, codes) => {
    const [a, b] = codes.map(zoneOf) as [string, string];
    const homes = [a, b].filter(zone => zone === 'home').length;
    if (homes > 0) anyHome += size;
    if (homes === 2) bothHome += size;
    if (a === 'unknown' || b === 'unknown' || a === 'special-purpose') return;
    both += size;
    if (a === b) same += size;
  });
  return { agree: same / both, agreeOnHome: bothHome / anyHome };
}

/** Of the addresses on which the two others agree: the share on which this source says another zone, and on which it says nothing. */
export function alone(
  mine: Intervals,
  others: readonly [Intervals, Intervals],
): { differs: number; silent: number } {
  let total = 0;
  let differs = 0;
  let silent = 0;
  eachSize([mine, ...others], (size, codes) => {
    const [a, b, c] = codes.map(zoneOf) as [string, string, string];
    if (b !== c || b === 'unknown' || b === 'special-purpose') return;
    total += size;
    if (a === 'unknown') silent += size;
    else if (a !== b) differs += size;
  });
  return { differs: differs / total, silent: silent / total };
}
