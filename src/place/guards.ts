/** Is a table fit to take the place of the one in force? Shares of address space, sentinels, and how much changes sides. */
import { PortabilityError } from '../errors.ts';
import { ZONES, type Zone } from '../zone.ts';
import { parseAddress } from './address.ts';
import type { ZoneStretches } from './compile.ts';
import { transitions } from './difference.ts';
import { LOCATIONS } from './location.ts';
import type { ZoneTable } from './table.ts';

/** An address whose zone is beyond doubt. */
export interface Sentinel {
  readonly address: string;
  readonly zone: Zone;
}

/** A share of the public IPv4 addresses, between 0 and 1: the least and the most. */
export type Bounds = readonly [least: number, most: number];

export type Share = Zone | 'anonymised';

/** What a table must keep to before it is put in force by itself. */
export interface Guards {
  /** Shares of public IPv4 addresses; those left out have the bounds of `DEFAULT_SHARES`. */
  readonly shares?: Partial<Readonly<Record<Share, Bounds>>>;
  /** The operator's own, beside the bundled few. */
  readonly sentinels?: readonly Sentinel[];
  /** Whether the bundled sentinels are asked; `true` unless given. */
  readonly bundledSentinels?: boolean;
  /**
   * How much of the home space, and of the EEA space, may change sides against the table in force, as a share of it in either family;
   * 0.05 unless given, 1 lets everything pass. What becomes anonymised has left; what comes in counts as what goes out.
   */
  readonly moved?: number;
}

/** A guard that a table does not pass. No address is named: a sentinel is known by its place in its list, from 1. */
export type Breach =
  | { readonly guard: 'share'; readonly of: Share; readonly share: number; readonly bounds: Bounds }
  | {
      readonly guard: 'sentinel';
      readonly list: 'own' | 'bundled';
      readonly which: number;
      readonly expected: Zone;
      readonly found: Zone;
    }
  | {
      readonly guard: 'moved';
      readonly family: 'ipv4' | 'ipv6';
      readonly zone: 'home' | 'eea';
      readonly moved: number;
      readonly most: number;
    };

/** Wide enough for every State of the EEA as home and for every source known to us, narrow enough for a file of something else. */
export const DEFAULT_SHARES: Readonly<Record<Share, Bounds>> = {
  home: [0.00001, 0.08],
  eea: [0.06, 0.22],
  outside: [0.6, 0.92],
  unknown: [0, 0.15],
  anonymised: [0, 0.25],
};

const DEFAULT_MOVED = 0.05;

const isShare = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1;

const isBounds = (value: unknown): value is Bounds => {
  if (!Array.isArray(value) || value.length !== 2 || !value.every(isShare)) return false;
  const [least, most] = value as unknown as Bounds;
  return least <= most;
};

/** @throws PortabilityError `ERR_ARGUMENT` on guards that are none: a slip must not leave the door open. */
export function checkGuards(guards: Guards): Guards {
  const { shares = {}, sentinels = [], moved = DEFAULT_MOVED } = guards ?? {};
  const isSound =
    Object.entries(shares ?? { x: 1 }).every(([of, bounds]) => of in DEFAULT_SHARES && isBounds(bounds)) &&
    Array.isArray(sentinels) &&
    sentinels.every(each => parseAddress(each?.address) !== undefined && ZONES.includes(each.zone)) &&
    isShare(moved);
  if (isSound) return guards ?? {};
  throw new PortabilityError(
    'ERR_ARGUMENT',
    'guards have shares between 0 and 1, and sentinels with an address and a zone',
  );
}

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
  return Object.entries({ ...DEFAULT_SHARES, ...wanted }).flatMap(([name, bounds]) => {
    const of = name as Share;
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

function movedBreaches(family: 'ipv4' | 'ipv6', before: ZoneStretches, after: ZoneStretches, most: number): Breach[] {
  const sums = transitions(before[family], after[family]);
  return (['home', 'eea'] as const).flatMap(zone => {
    let [was, crossed] = [0, 0];
    for (const [key, size] of sums) {
      const [from, to] = [sideOf(key >>> 8), sideOf(key & 0xff)];
      if (from === zone) was += size;
      if ((from === zone) !== (to === zone)) crossed += size;
    }
    const moved = crossed === 0 ? 0 : Math.min(1, crossed / was);
    return moved <= most ? [] : [{ guard: 'moved' as const, family, zone, moved, most }];
  });
}

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
  { shares, sentinels = [], bundledSentinels = true, moved = DEFAULT_MOVED }: Guards = {},
): readonly Breach[] {
  const families = inForce === undefined ? [] : (['ipv4', 'ipv6'] as const);
  return [
    ...shareBreaches(stretches, shares),
    ...sentinelBreaches(table, 'bundled', bundledSentinels ? bundled : []),
    ...sentinelBreaches(table, 'own', sentinels),
    ...families.flatMap(family => movedBreaches(family, inForce!, stretches, moved)),
  ];
}
