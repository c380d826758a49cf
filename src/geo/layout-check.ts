/**
 * Checks the arrays of a table that come from a file. Whatever the file contains, a lookup in
 * arrays that pass stays within them, ends, and returns the location of the interval that contains
 * the address. A process waits for this when it starts: one pass over each array.
 */

import { portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import type { Message } from '../messages.ts';
import { compareWords, type Intervals } from './intervals.ts';
import { isTableCode } from './location.ts';
import {
  BUCKET_SIZE,
  BUCKETS,
  DEEP,
  HIGHEST,
  type IPv4Layout,
  type IPv6Layout,
  keyOf,
  UNIFORM,
} from './paged-layout.ts';
import { fromSharedBuffer, type SharedLayout } from './shared-memory.ts';

const reject = (message: Message): never => {
  throw portabilityError(message);
};

/** Number of values of the first 16 bits of an address. */
const HIGHS = 0x10000;

/** Number of addresses of a /24, and of /24s of a page. */
const BLOCK = 0x100;

/** By byte: 1 for a location code that a table may contain, 2 for {@link DEEP}, else 0. */
const KIND = Uint8Array.from({ length: 0x100 }, (_, byte) =>
  byte === DEEP ? 2 : Number(isTableCode(byte)),
);

function checkCodes(codes: Uint8Array | Uint16Array): void {
  for (let at = 0; at < codes.length; at++)
    if (KIND[codes[at]!] !== 1) reject(GEO.tableLocationInvalid);
}

/** Checks codes of which some may be {@link DEEP}; returns how many are. */
function countDeep(codes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < codes.length; at++) {
    const kind = KIND[codes[at]!]!;
    if (kind === 0) reject(GEO.tableLocationInvalid);
    count += kind >> 1;
  }
  return count;
}

/** The /24s of the pages that are not uniform. Those of page `p` begin at `from[p]`. */
interface DeepBlocks {
  readonly blocks: Uint8Array;
  readonly from: Uint32Array;
}

function deepBlocksOf(pages: Uint8Array): DeepBlocks {
  const blocks = new Uint8Array(countDeep(pages));
  const from = new Uint32Array(pages.length / BLOCK + 1);
  let filled = 0;
  let at = pages.indexOf(DEEP);
  for (let page = 0; page + 1 < from.length; page++) {
    const end = (page + 1) * BLOCK;
    for (; at >= 0 && at < end; at = pages.indexOf(DEEP, at + 1)) blocks[filled++] = at;
    from[page + 1] = filled;
  }
  return { blocks, from };
}

/**
 * Each /24 that is not uniform has an interval at its first address, and each deep interval is in
 * such a /24.
 */
function checkIPv4({ pageOf, pages, deepStarts, deepCodes }: IPv4Layout): void {
  const isWhole = pageOf.length === HIGHS && pages.length % BLOCK === 0;
  if (!isWhole || deepStarts.length !== deepCodes.length) reject(GEO.tableArraysInvalid);
  checkCodes(deepCodes);
  const { blocks, from } = deepBlocksOf(pages);
  const pageCount = pages.length / BLOCK;
  let deep = 0;
  for (let high = 0; high < HIGHS; high++) {
    const page = pageOf[high]!;
    if (page >= pageCount) reject(GEO.tableArraysInvalid);
    for (let at = from[page]!; at < from[page + 1]!; at++) {
      const first = high * HIGHS + blocks[at]! * BLOCK;
      if (deepStarts[deep++] !== first) reject(GEO.tableArraysInvalid);
      for (; deepStarts[deep]! < first + BLOCK; deep++)
        if (deepStarts[deep]! <= deepStarts[deep - 1]!) reject(GEO.tableStartsUnordered);
    }
  }
  if (deep !== deepStarts.length) reject(GEO.tableArraysInvalid);
}

/** Consumes the intervals inside the /64s that are not uniform, in order. */
class DeepIntervals {
  readonly #deep: Intervals;
  #at = 0;

  constructor(deep: Intervals) {
    if (deep.starts.length !== deep.length * 4) reject(GEO.tableArraysInvalid);
    checkCodes(deep.values);
    this.#deep = deep;
  }

  /** Consumes those of one /64, of which the first begins at its first address. */
  consume(first: number, second: number): void {
    const { starts, length } = this.#deep;
    const begin = this.#at;
    if (starts[begin * 4 + 2] !== 0 || starts[begin * 4 + 3] !== 0) reject(GEO.tableArraysInvalid);
    while (
      this.#at < length &&
      starts[this.#at * 4] === first &&
      starts[this.#at * 4 + 1] === second
    ) {
      const low = this.#at * 4 + 2;
      if (this.#at > begin && compareWords(starts, low, starts, low - 4, 2) <= 0)
        reject(GEO.tableStartsUnordered);
      this.#at++;
    }
    if (begin === this.#at) reject(GEO.tableArraysInvalid);
  }

  checkEnd(): void {
    if (this.#at !== this.#deep.length) reject(GEO.tableArraysInvalid);
  }
}

/** The number of different keys: those of 53 bits. */
const KEYS = 2 ** 53;

/**
 * The keys of a bucket ascend and lie in it. After a /64 that is not uniform, the next interval
 * begins at the next /64: a search never ends in a /64 that does not contain the address.
 */
function checkIPv6({ top, index, keys, codes, deep }: IPv6Layout): void {
  const isWhole = top.length === HIGHS && index.length % BUCKETS === 0;
  if (!isWhole || keys.length !== codes.length || keys[0] !== 0) reject(GEO.tableArraysInvalid);
  countDeep(codes);
  const inside = new DeepIntervals(deep);
  let pages = 0;
  let at = -1;
  let uniform = 0;
  for (let high = 0; high < HIGHS; high++) {
    const entry = top[high]!;
    if (entry >= UNIFORM) {
      if (KIND[Math.min(entry - UNIFORM, DEEP - 1)] !== 1) reject(GEO.tableLocationInvalid);
      uniform++;
      continue;
    }
    const page = entry * BUCKETS;
    if (entry !== pages++ || page >= index.length) reject(GEO.tableArraysInvalid);
    // A uniform /16 may have an interval of its own, which begins at its start.
    const before = index[page]!;
    if (before < at || before > at + uniform || before >= keys.length)
      reject(GEO.tableArraysInvalid);
    while (at < before) if (codes[++at] === DEEP) reject(GEO.tableArraysInvalid);
    uniform = 0;
    for (let bucket = 1; bucket < BUCKETS; bucket++) {
      const last = index[page + bucket]!;
      if (last < Math.max(at, 0) || last >= keys.length) reject(GEO.tableArraysInvalid);
      const first32 = high * HIGHS + (bucket - 1) * BUCKET_SIZE;
      let least = keyOf(first32, 0);
      const end = least + BUCKET_SIZE * HIGHEST;
      while (at < last) {
        const key = keys[++at]!;
        if (!(key >= least && key < end && Math.floor(key) === key))
          reject(GEO.tableStartsUnordered);
        least = key + 1;
        if (codes[at] !== DEEP) continue;
        inside.consume(high * HIGHS + (Math.floor(key / HIGHEST) % HIGHS), key % HIGHEST);
        if (at + 1 < keys.length && keys[at + 1] !== (key + 1) % KEYS)
          reject(GEO.tableArraysInvalid);
      }
    }
  }
  while (++at < keys.length)
    if (codes[at] === DEEP || uniform-- === 0) reject(GEO.tableArraysInvalid);
  inside.checkEnd();
}

/**
 * Checks the arrays of a table from a file.
 * @throws PortabilityError `ERR_TABLE_FORMAT`
 */
export function checkLayout(layout: SharedLayout): void {
  const { ipv4, ipv6 } = fromSharedBuffer(layout);
  checkIPv4(ipv4);
  checkIPv6(ipv6);
}
