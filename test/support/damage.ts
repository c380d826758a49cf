/** Checks that a damaged file is refused, or read exactly as a slow, plain reader reads it. */

import type { Intervals } from '../../src/geo/intervals.ts';
import { LOCATIONS } from '../../src/geo/location.ts';
import { compile, type ZoneIntervals } from '../../src/geo/merge-sources.ts';
import { parseSource } from '../../src/geo/source.ts';
import { PortabilityError, zoneOfTerritory } from '../../src/index.ts';
import { leavesOf } from '../oracle/mmdb.ts';
import { isSpecial, unwrapped } from '../oracle/networks.ts';

const FRANCE = {
  home: 'FR',
  zone: (code: string) => zoneOfTerritory(code),
  licensed: (code: string) => zoneOfTerritory(code) === 'home',
};

/**
 * Compiles in this thread, and returns the table or the `PortabilityError`. Any other error is
 * thrown.
 */
export function attemptOf(file: Buffer, sha256?: string): ZoneIntervals | PortabilityError {
  try {
    return compile([parseSource(file, { path: 'damaged', ...(sha256 && { sha256 }) })], FRANCE);
  } catch (error) {
    if (error instanceof PortabilityError) return error;
    throw error;
  }
}

const startOf = ({ starts, width }: Intervals, interval: number): bigint => {
  let value = 0n;
  for (let word = 0; word < width; word++)
    value = (value << 32n) | BigInt(starts[interval * width + word]!);
  return value;
};

interface Plain {
  readonly starts: readonly bigint[];
  readonly zones: readonly string[];
}

const plain = (intervals: Intervals): Plain => ({
  starts: Array.from({ length: intervals.length }, (_, interval) => startOf(intervals, interval)),
  zones: Array.from(intervals.values, code => LOCATIONS[code]!.zone),
});

function zoneAt({ starts, zones }: Plain, value: bigint): string {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return zones[low]!;
}

/**
 * Counts the addresses at which our reader and the plain one differ in zone: both ends of each
 * network, and each of our borders.
 */
export function differences(file: Buffer, ours: ZoneIntervals): number {
  const { version, leaves } = leavesOf(file);
  const size = version === 4 ? 32 : 128;
  const ends = leaves.map(({ bits, code }) => ({
    code,
    first: BigInt(`0b${bits.padEnd(size, '0')}`),
    last: BigInt(`0b${bits.padEnd(size, '1')}`),
  }));
  const ipv4 = plain(ours.ipv4);
  const ipv6 = plain(ours.ipv6);
  const wrong = (value: bigint, code: string): boolean => {
    // IPv4 addresses lie below 96 zeros of an IPv6 tree, or the file holds only them.
    const isV4 = version === 4 || value >> 32n === 0n;
    const asked = isV4 ? { version: 4 as const, value: value & 0xffffffffn } : unwrapped(6, value);
    if (asked.version === 4 && !isV4) return false;
    const want = isSpecial(asked.version, asked.value) ? 'unknown' : zoneOfTerritory(code);
    return zoneAt(asked.version === 4 ? ipv4 : ipv6, asked.value) !== want;
  };
  const firsts: Plain = {
    starts: ends.map(({ first }) => first),
    zones: ends.map(({ code }) => code),
  };
  const borders = (version === 4 ? [ipv4] : [ipv4, ipv6]).flatMap(({ starts }) => starts);
  return (
    ends.filter(({ first, last, code }) => wrong(first, code) || wrong(last, code)).length +
    borders.filter(value => wrong(value, zoneAt(firsts, value))).length
  );
}
