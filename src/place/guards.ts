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
   * 0.05 unless given, 1 lets everything pass. What becomes anonymised has left; what comes in counts as what goes out; in IPv6 a range counts
   * as a /32 at most.
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

const NAMES = ['shares', 'sentinels', 'bundledSentinels', 'moved'];

const areShares = (shares: unknown): boolean =>
  typeof shares === 'object' &&
  shares !== null &&
  Object.entries(shares).every(([of, bounds]) => Object.hasOwn(DEFAULT_SHARES, of) && isBounds(bounds));

const areSentinels = (sentinels: unknown): boolean =>
  Array.isArray(sentinels) &&
  sentinels.every(each => parseAddress(each?.address) !== undefined && ZONES.includes(each.zone));

/** @throws PortabilityError `ERR_ARGUMENT` on guards that are none: a slip must not leave the door open */
export function checkGuards(guards: Guards): Guards {
  const { shares = {}, sentinels = [], bundledSentinels = true, moved = DEFAULT_MOVED } = guards ?? {};
  const isSound =
    areShares(shares) && areSentinels(sentinels) && isShare(moved) && typeof bundledSentinels === 'boolean';
  if (
    isSound &&
    typeof guards === 'object' &&
    guards !== null &&
    Object.keys(guards).every(name => NAMES.includes(name))
  )
    return guards;
  throw new PortabilityError(
    'ERR_ARGUMENT',
    'guards are shares between 0 and 1, sentinels with an address and a zone, bundledSentinels, and moved between 0 and 1',
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
