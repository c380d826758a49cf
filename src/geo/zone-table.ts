/**
 * Looks up the location of an address, given as text or as a number, without an allocation.
 */

import { portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import { dotted, lastIPv4, lastIPv6, readAddress } from './address.ts';
import { compareWords } from './intervals.ts';
import { LOCATIONS, type Location, NOT_AN_ADDRESS } from './location.ts';
import type { ZoneIntervals } from './merge-sources.ts';
import type { OverlayEdition } from './overlay.ts';
import {
  BUCKET_BITS,
  BUCKETS,
  DEEP,
  type IPv4Layout,
  type IPv6Layout,
  keyOf,
  layoutIPv4,
  layoutIPv6,
  UNIFORM,
} from './paged-layout.ts';
import { fromSharedBuffer, type SharedLayout, toSharedBuffer } from './shared-memory.ts';
import type { SourceEdition } from './source.ts';

/** The identity of a zone table: its home State, the day whose law applies, and its sources. */
export interface Edition {
  /**
   * Day of the newest source and the first digits of a digest of the content. Equal content has an
   * equal id.
   */
  readonly id: string;
  /** ISO 3166-1 alpha-2 code of the home State. */
  readonly home: string;
  /** UTC day `YYYY-MM-DD` whose law decides which territories are home and which are EEA. */
  readonly on: string;
  /**
   * Territories that the licence includes outside the home State (`also`) or excludes within it
   * (`except`), if there are any.
   */
  readonly licence?: {
    readonly also?: readonly string[] | undefined;
    readonly except?: readonly string[] | undefined;
  };
  readonly sources: readonly SourceEdition[];
  /** In order, if there are any. */
  readonly overlays?: readonly OverlayEdition[];
  /** Time of compilation, ISO 8601 in UTC. */
  readonly compiled: string;
  /**
   * Time at which an operator accepted the table regardless of the guards (`table build --accept`),
   * ISO 8601 in UTC. Such a table passes the guards of every process. It does not change the id.
   */
  readonly accepted?: string;
}

/**
 * An immutable table of the whole address space, IPv4 exact to /32, IPv6 to /128. It contains zones
 * and no country.
 */
export interface ZoneTable {
  readonly edition: Edition;
  /**
   * Returns the location of an address given as text. Total: never throws, allocates nothing. In
   * doubt the zone is `unknown`: a value that is not a strict address is `not-an-address`, an
   * address that the data do not contain is `unlisted`. Cost: parsing the text, and two memory
   * reads for IPv4 (a binary search in the rare /24 that is not uniform), or a short binary search
   * for IPv6.
   */
  locate(address: string): Location;
  /**
   * Returns the location of an IPv4 address given as uint32. Any other number is `not-an-address`.
   */
  locateIPv4(address: number): Location;
  /**
   * Returns the code, from 0 to 127, of the location that {@link locate} returns, for callers that
   * use it as an index.
   */
  locationCode(address: unknown): number;
  /** Bytes of memory that the table uses, once for all threads. */
  readonly byteLength: number;
  /**
   * Returns a handle that passes to worker threads (`workerData`, `postMessage`) without copying
   * the table. `openSharedTable` of `laissez-passer/tables` opens it.
   */
  share(): SharedTable;
}

/**
 * Returns the position of the last start that is not above an address given as int32. The first
 * start is never above it.
 */
function lastNotAbove(starts: Uint32Array, int32: number): number {
  const address = int32 >>> 0;
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (starts[middle]! <= address) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The address is an int32: larger numbers are boxed when the call is not inlined. */
function codeOfIPv4({ pageOf, pages, deepStarts, deepCodes }: IPv4Layout, address: number): number {
  const code = pages[(pageOf[address >>> 16]! << 8) | ((address >>> 8) & 0xff)]!;
  return code === DEEP ? deepCodes[lastNotAbove(deepStarts, address)]! : code;
}

/**
 * INVARIANT (bucket-is-exact): within a bucket the highest 26 bits are equal, so keys of 53 bits
 * order its starts as addresses.
 */
function codeOfIPv6(layout: IPv6Layout): number {
  const entry = layout.top[lastIPv6[0]!]!;
  if (entry >= UNIFORM) return entry & 0x7f;
  const bucket = entry * BUCKETS + (lastIPv6[1]! >>> (16 - BUCKET_BITS));
  let low = layout.index[bucket]!;
  let high = layout.index[bucket + 1]!;
  const key = keyOf(lastIPv6[0]! * 0x10000 + lastIPv6[1]!, lastIPv6[2]! * 0x10000 + lastIPv6[3]!);
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (layout.keys[middle]! <= key) low = middle;
    else high = middle - 1;
  }
  const code = layout.codes[low]!;
  return code === DEEP ? codeInside64(layout) : code;
}

const wanted = new Uint32Array(4);

/** Looks up an address inside one of the rare /64s that are not uniform. */
function codeInside64({ deep }: IPv6Layout): number {
  for (let word = 0; word < 4; word++)
    wanted[word] = lastIPv6[2 * word]! * 0x10000 + lastIPv6[2 * word + 1]!;
  let low = 0;
  let high = deep.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (compareWords(deep.starts, middle * 4, wanted, 0, 4) <= 0) low = middle;
    else high = middle - 1;
  }
  return deep.values[low]!;
}

/**
 * A table that passes to a worker thread without a copy. `openSharedTable` of
 * `laissez-passer/tables` opens it there.
 */
export interface SharedTable extends SharedLayout {
  readonly edition: Edition;
}

/** @throws PortabilityError `ERR_ARGUMENT` if the value is not a zone table */
export function checkTable(table: ZoneTable): ZoneTable {
  if (typeof table?.locationCode === 'function' && typeof table.share === 'function') return table;
  throw portabilityError(GEO.tableNotATable);
}

/** Lays out compiled intervals in shared memory. */
export const layoutOf = ({ ipv4, ipv6 }: ZoneIntervals): SharedLayout =>
  toSharedBuffer(layoutIPv4(ipv4), layoutIPv6(ipv6));

/** Opens a table over memory that was laid out before, in this thread or another. */
export function openShared(shared: SharedTable): ZoneTable {
  const { buffer, places } = shared;
  const edition = Object.freeze(shared.edition);
  const { ipv4, ipv6 } = fromSharedBuffer(shared);
  const locationCode = (address: unknown): number => {
    const version = readAddress(address);
    if (version === 4) return codeOfIPv4(ipv4, lastIPv4[0]!);
    return version === 6 ? codeOfIPv6(ipv6) : NOT_AN_ADDRESS;
  };
  return Object.freeze({
    edition,
    byteLength: buffer.byteLength,
    locationCode,
    locate: (address: string): Location => LOCATIONS[locationCode(address)]!,
    locateIPv4: (address: number): Location =>
      LOCATIONS[
        typeof address === 'number' && address >>> 0 === address
          ? codeOfIPv4(ipv4, address | 0)
          : NOT_AN_ADDRESS
      ]!,
    share: (): SharedTable => ({ edition, buffer, places }),
  });
}

const textOf = (words: Uint32Array): string =>
  words.length === 1
    ? dotted(words[0]!)
    : Array.from(
        words,
        word => `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`,
      ).join(':');

/**
 * Whether the table returns what its intervals contain, at the first address of each and at the
 * last address before it. Slow; for verification.
 */
export function agreesWithIntervals(table: ZoneTable, intervals: ZoneIntervals): boolean {
  return [intervals.ipv4, intervals.ipv6].every(({ width, starts, values }) =>
    values.every((value, interval) => {
      const start = starts.slice(interval * width, (interval + 1) * width);
      if (table.locationCode(textOf(start)) !== value) return false;
      return (
        interval === 0 || table.locationCode(textOf(decrement(start))) === values[interval - 1]
      );
    }),
  );
}

/** Decrements an address in place. */
function decrement(words: Uint32Array): Uint32Array {
  let word = words.length - 1;
  while (words[word] === 0) words[word--] = 0xffffffff;
  words[word]!--;
  return words;
}
