/**
 * Checks a table against its guards: shares of address space, sentinels, zones per family, and the
 * share of space that changes zone.
 */
import type { Zone } from '../zone.ts';
import type { ZoneStretches } from './compile.ts';
import {
  type Breach,
  DEFAULT_MOVED,
  DEFAULT_SHARES,
  FAMILIES,
  type Family,
  type Guards,
  type Sentinel,
  type Share,
} from './guards.ts';
import { LOCATIONS } from './location.ts';
import { transitions } from './table-diff.ts';
import type { ZoneTable } from './zone-table.ts';

/** Where a person at such an address counts as being: an anonymised address establishes no place. */
const sideOf = (code: number): Zone => (LOCATIONS[code]!.anonymised ? 'unknown' : LOCATIONS[code]!.zone);

function shareBreaches({ ipv4 }: ZoneStretches, wanted: Guards['shares']): Breach[] {
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
    return share >= bounds[0] && share <= bounds[1] ? [] : [{ guard: 'share' as const, of, share, bounds }];
  });
}

function sentinelBreaches(table: ZoneTable, list: 'own' | 'bundled', sentinels: readonly Sentinel[]): Breach[] {
  return sentinels.flatMap(({ address, zone: expected }, index) => {
    const found = table.locate(address).zone;
    return found === expected ? [] : [{ guard: 'sentinel' as const, list, which: index + 1, expected, found }];
  });
}

const KNOWN_ZONES = ['home', 'eea', 'outside'] as const;

/** A family that lacks a zone comes from a file that does not cover it; one overlay row does not make up for it. */
function familyBreaches(stretches: ZoneStretches, families: readonly Family[]): Breach[] {
  return families.flatMap(family => {
    const present = new Set(Array.from(new Set(stretches[family].values), code => LOCATIONS[code]!.zone));
    const missing = KNOWN_ZONES.filter(zone => !present.has(zone));
    return missing.length === 0 ? [] : [{ guard: 'family' as const, family, missing }];
  });
}

/** Of a whole space the share of a zone that crosses its border, by one way of telling where a person is. */
function crossed(sums: ReadonlyMap<number, number>, zone: Zone, of: (code: number) => Zone): number {
  let [was, crossing] = [0, 0];
  for (const [key, size] of sums) {
    const [from, to] = [of(key >>> 8), of(key & 0xff)];
    if (from === zone) was += size;
    if ((from === zone) !== (to === zone)) crossing += size;
  }
  return crossing === 0 ? 0 : Math.min(1, crossing / was);
}

/** Under an offer that ignores anonymisers the zone counts, under one that refuses them also what becomes anonymised: the worse is held. */
function movedBreaches(family: 'ipv4' | 'ipv6', before: ZoneStretches, after: ZoneStretches, most: number): Breach[] {
  const sums = transitions(before[family], after[family], family === 'ipv4' ? Number.POSITIVE_INFINITY : LARGEST_IPV6);
  return (['home', 'eea'] as const).flatMap(zone => {
    const moved = Math.max(
      crossed(sums, zone, sideOf),
      crossed(sums, zone, code => LOCATIONS[code]!.zone),
    );
    return moved <= most ? [] : [{ guard: 'moved' as const, family, zone, moved, most }];
  });
}

/** A /32 is what a network operator is allocated; single blocks of IPv6 are larger than all that is in use in Europe, and would drown it. */
const LARGEST_IPV6 = 2 ** 32;

/** A table with what it was compiled to. */
export interface Candidate {
  readonly table: ZoneTable;
  readonly stretches: ZoneStretches;
}

/** What of the guards a table does not pass; nothing where it is fit. */
export function breachesOf(
  { table, stretches }: Candidate,
  inForce: ZoneStretches | undefined,
  bundled: readonly Sentinel[],
  { shares, sentinels = [], bundledSentinels = true, moved = DEFAULT_MOVED, families = FAMILIES }: Guards = {},
): readonly Breach[] {
  const compared = inForce === undefined ? [] : FAMILIES;
  return [
    ...shareBreaches(stretches, shares),
    ...sentinelBreaches(table, 'bundled', bundledSentinels ? bundled : []),
    ...sentinelBreaches(table, 'own', sentinels),
    ...familyBreaches(stretches, families),
    ...compared.flatMap(family => movedBreaches(family, inForce!, stretches, moved)),
  ];
}
