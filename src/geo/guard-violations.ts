/**
 * Checks a table against its guards: shares of address space, sentinels, zones per family, and the
 * share of space that changes zone.
 */
import type { Zone } from '../zone.ts';
import {
  DEFAULT_MOVED,
  DEFAULT_SHARES,
  FAMILIES,
  type Family,
  type Guards,
  type GuardViolation,
  type Sentinel,
  type Share,
} from './guards.ts';
import { LOCATIONS } from './location.ts';
import type { ZoneIntervals } from './merge-sources.ts';
import { transitions } from './table-diff.ts';
import type { ZoneTable } from './zone-table.ts';

/**
 * Returns the zone that counts for a person at such an address. An anonymised address establishes
 * no location.
 */
const sideOf = (code: number): Zone =>
  LOCATIONS[code]!.anonymised ? 'unknown' : LOCATIONS[code]!.zone;

function shareViolations({ ipv4 }: ZoneIntervals, wanted: Guards['shares']): GuardViolation[] {
  const sums: Record<Share, number> = { home: 0, eea: 0, outside: 0, unknown: 0, anonymised: 0 };
  let all = 0;
  for (const [key, size] of transitions(ipv4, ipv4)) {
    const { zone, known, anonymised } = LOCATIONS[key & 0xff]!;
    if (known === 'special-purpose') continue;
    all += size;
    sums[zone] += size;
    if (anonymised) sums.anonymised += size;
  }
  return Object.entries(DEFAULT_SHARES).flatMap(([name, usual]) => {
    const of = name as Share;
    const bounds = wanted?.[of] ?? usual;
    const share = sums[of] / all;
    return share >= bounds[0] && share <= bounds[1]
      ? []
      : [{ guard: 'share' as const, of, share, bounds }];
  });
}

function sentinelViolations(
  table: ZoneTable,
  list: 'own' | 'bundled',
  sentinels: readonly Sentinel[],
): GuardViolation[] {
  return sentinels.flatMap(({ address, zone: expected }, index) => {
    const found = table.locate(address).zone;
    return found === expected
      ? []
      : [{ guard: 'sentinel' as const, list, which: index + 1, expected, found }];
  });
}

const KNOWN_ZONES = ['home', 'eea', 'outside'] as const;

/**
 * A family without one of these zones comes from a file that does not cover it. One overlay row
 * does not compensate for that.
 */
function familyViolations(intervals: ZoneIntervals, families: readonly Family[]): GuardViolation[] {
  return families.flatMap(family => {
    const present = new Set(
      Array.from(new Set(intervals[family].values), code => LOCATIONS[code]!.zone),
    );
    const missing = KNOWN_ZONES.filter(zone => !present.has(zone));
    return missing.length === 0 ? [] : [{ guard: 'family' as const, family, missing }];
  });
}

/**
 * Returns the share of a zone that enters or leaves it, relative to its previous size. `of` maps a
 * location code to a zone.
 */
function crossed(
  sums: ReadonlyMap<number, number>,
  zone: Zone,
  of: (code: number) => Zone,
): number {
  let was = 0;
  let crossing = 0;
  for (const [key, size] of sums) {
    const from = of(key >>> 8);
    const to = of(key & 0xff);
    if (from === zone) was += size;
    if ((from === zone) !== (to === zone)) crossing += size;
  }
  return crossing === 0 ? 0 : Math.min(1, crossing / was);
}

/**
 * Under an offer that ignores anonymisers only the zone counts; under one that refuses them, newly
 * anonymised addresses count too. The larger share is checked.
 */
function movedViolations(
  family: 'ipv4' | 'ipv6',
  before: ZoneIntervals,
  after: ZoneIntervals,
  most: number,
): GuardViolation[] {
  const sums = transitions(
    before[family],
    after[family],
    family === 'ipv4' ? Number.POSITIVE_INFINITY : LARGEST_IPV6,
  );
  return (['home', 'eea'] as const).flatMap(zone => {
    const moved = Math.max(
      crossed(sums, zone, sideOf),
      crossed(sums, zone, code => LOCATIONS[code]!.zone),
    );
    return moved <= most ? [] : [{ guard: 'moved' as const, family, zone, moved, most }];
  });
}

/**
 * A /32 is the usual allocation of a network operator. Single IPv6 blocks are larger than all the
 * space in use in Europe and would hide every other change.
 */
const LARGEST_IPV6 = 2 ** 32;

/** A table and the intervals from which it was built. */
export interface Candidate {
  readonly table: ZoneTable;
  readonly intervals: ZoneIntervals;
}

/** Returns the guards that a table violates; an empty list if it passes. */
export function guardViolations(
  { table, intervals }: Candidate,
  inForce: ZoneIntervals | undefined,
  bundled: readonly Sentinel[],
  {
    shares,
    sentinels = [],
    bundledSentinels = true,
    moved = DEFAULT_MOVED,
    families = FAMILIES,
  }: Guards = {},
): readonly GuardViolation[] {
  const compared = inForce === undefined ? [] : FAMILIES;
  return [
    ...shareViolations(intervals, shares),
    ...sentinelViolations(table, 'bundled', bundledSentinels ? bundled : []),
    ...sentinelViolations(table, 'own', sentinels),
    ...familyViolations(intervals, families),
    ...compared.flatMap(family => movedViolations(family, inForce!, intervals, moved)),
  ];
}
