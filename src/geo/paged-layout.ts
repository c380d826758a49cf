/**
 * Builds, once per table, the arrays from which `zone-table.ts` reads the location of an address in
 * a few memory reads.
 */
import { createGrowableArray } from './growable-array.ts';
import { type Intervals, increment } from './intervals.ts';

/**
 * A byte that is not a location code: the block is not uniform, and its intervals are in the deep
 * arrays.
 */
export const DEEP = 0xff;

/**
 * IPv4: the first 16 bits select a page of 256 bytes, one per /24; equal pages are shared. A /24
 * that is not uniform is {@link DEEP}: its intervals, exact to the address, are in `deepStarts` in
 * ascending order.
 */
export interface IPv4Layout {
  readonly pageOf: Uint16Array;
  readonly pages: Uint8Array;
  readonly deepStarts: Uint32Array;
  readonly deepCodes: Uint8Array;
}

/**
 * Flag in the entry for the first 16 bits of an IPv6 address. A uniform /16 has this flag and the
 * location code; any other has the number of an index page.
 */
export const UNIFORM = 0x80000000;

/**
 * Number of bits after the first 16 that select an entry of an index page, and number of entries of
 * a page: one per bucket, and one before the first bucket.
 */
export const BUCKET_BITS = 10;
export const BUCKETS = (1 << BUCKET_BITS) + 1;
export const BUCKET_SIZE = 0x10000 >> BUCKET_BITS;

/**
 * IPv6: the first 26 bits select a bucket of intervals, each of which begins at a /64. `keys` holds
 * the first 64 bits of their starts without the 11 highest, so that a double represents them
 * exactly; within a bucket these 11 bits are equal. Bucket `b` of a page contains the positions
 * above `index[b]`, up to and including `index[b + 1]`. A /64 that is not uniform is {@link DEEP}:
 * its intervals are in `deep`.
 */
export interface IPv6Layout {
  readonly top: Uint32Array;
  readonly index: Int32Array;
  readonly keys: Float64Array;
  readonly codes: Uint8Array;
  readonly deep: Intervals;
}

/** One more than the highest 32-bit number. */
export const HIGHEST = 0x100000000;

/** Number of blocks up to which a loop is faster than a call to `fill`. */
const SHORT = 64;

/** Builds the arrays for IPv4 intervals whose values are location codes. */
export function layoutIPv4({ starts, values, length }: Intervals): IPv4Layout {
  const blocks = Buffer.alloc(HIGHEST / 0x100);
  const isCut = new Uint8Array(0x10000);
  // Each interval begins inside at most one /24 and ends inside at most one.
  const deepStarts = new Uint32Array(2 * length);
  const deepCodes = new Uint8Array(2 * length);
  let deep = 0;
  for (let at = 0; at < length; at++) {
    const code = values[at]!;
    const start = starts[at]!;
    const end = at + 1 < length ? starts[at + 1]! : HIGHEST;
    const last = Math.floor(end / 0x100);
    const first = Math.ceil(start / 0x100);
    if (last - first > SHORT) blocks.fill(code, first, last);
    else for (let block = first; block < last; block++) blocks[block] = code;
    isCut[start >>> 16] = 1;
    if (start % 0x100 !== 0) {
      deepStarts[deep] = start;
      deepCodes[deep++] = code;
    }
    if (end % 0x100 === 0 || last * 0x100 < start) continue;
    blocks[last] = DEEP;
    deepStarts[deep] = last * 0x100;
    deepCodes[deep++] = code;
  }
  return {
    ...pagesOf(blocks, isCut),
    deepStarts: deepStarts.subarray(0, deep),
    deepCodes: deepCodes.subarray(0, deep),
  };
}

/**
 * Builds the pages of 256 codes. Equal pages are stored once, as the keys of a map, which preserves
 * their order. A /16 in which no interval begins is equal to the end of the previous one.
 */
function pagesOf(blocks: Buffer, isCut: Uint8Array): Pick<IPv4Layout, 'pageOf' | 'pages'> {
  const pageOf = new Uint16Array(0x10000);
  const numbers = new Map<string, number>();
  for (let high = 0; high < 0x10000; high++) {
    if (high > 0 && isCut[high - 1] === 0 && isCut[high] === 0) {
      pageOf[high] = pageOf[high - 1]!;
      continue;
    }
    const page = blocks.toString('latin1', high * 0x100, high * 0x100 + 0x100);
    pageOf[high] = numbers.get(page) ?? numbers.size;
    numbers.set(page, pageOf[high]!);
  }
  return { pageOf, pages: Buffer.from([...numbers.keys()].join(''), 'latin1') };
}

/**
 * Returns the key of a start or an address in {@link IPv6Layout}: its first 64 bits without the 11
 * highest.
 */
export const keyOf = (first32: number, second32: number): number =>
  (first32 & 0x1fffff) * HIGHEST + second32;

/**
 * Intervals by the /64 in which they begin: the first word, the key, and a code. Intervals inside a
 * /64 that is not uniform are stored separately in `deep`.
 */
interface SplitIntervals {
  readonly firsts: Uint32Array;
  readonly keys: Float64Array;
  readonly codes: Uint8Array;
  readonly deep: Intervals;
}

function splitBy64({ starts, values, length }: Intervals): SplitIntervals {
  const firsts = new Uint32Array(2 * length);
  const keys = new Float64Array(2 * length);
  const codes = new Uint8Array(2 * length);
  const deepStarts = createGrowableArray(Uint32Array);
  const deepCodes = createGrowableArray(Uint16Array);
  let count = 0;
  for (let at = 0; at < length; ) {
    const first = starts[at * 4]!;
    const second = starts[at * 4 + 1]!;
    const end =
      at + 1 < length && starts[at * 4 + 5] === second ? endOf64(starts, at, length) : at + 1;
    firsts[count] = first;
    keys[count] = keyOf(first, second);
    const isAligned = starts[at * 4 + 2] === 0 && starts[at * 4 + 3] === 0;
    if (isAligned && end === at + 1) {
      codes[count++] = values[at++]!;
      continue;
    }
    codes[count++] = DEEP;
    if (!isAligned) {
      for (const word of [first, second, 0, 0]) deepStarts.push(word);
      deepCodes.push(values[at - 1]!);
    }
    for (let word = at * 4; word < end * 4; word++) deepStarts.push(starts[word]!);
    for (; at < end; at++) deepCodes.push(values[at]!);
    const next = Uint32Array.of(first, second);
    if (!increment(next) || beginsIn(starts, at, next)) continue;
    firsts[count] = next[0]!;
    keys[count] = keyOf(next[0]!, next[1]!);
    codes[count++] = values[at - 1]!;
  }
  const deep = {
    width: 4,
    length: deepCodes.length,
    starts: deepStarts.array(),
    values: deepCodes.array(),
  } as const;
  return {
    firsts: firsts.subarray(0, count),
    keys: keys.subarray(0, count),
    codes: codes.subarray(0, count),
    deep,
  };
}

/** Whether interval `at` begins in the /64 that two words give. */
const beginsIn = (starts: Uint32Array, at: number, first64: Uint32Array): boolean =>
  starts[at * 4] === first64[0] && starts[at * 4 + 1] === first64[1];

/** Returns the first interval after `at` that begins in another /64. */
function endOf64(starts: Uint32Array, at: number, length: number): number {
  let end = at + 1;
  while (
    end < length &&
    starts[end * 4] === starts[at * 4] &&
    starts[end * 4 + 1] === starts[at * 4 + 1]
  )
    end++;
  return end;
}

/** Returns the maximum number of index pages: one for each /16 in which an interval begins. */
function indexPagesOf(firsts: Uint32Array): number {
  let pages = 0;
  let last = -1;
  for (let interval = 0; interval < firsts.length; interval++) {
    const high = firsts[interval]! >>> 16;
    if (high !== last) pages++;
    last = high;
  }
  return pages;
}

/** Builds the arrays for IPv6 intervals whose values are location codes. */
export function layoutIPv6(intervals: Intervals): IPv6Layout {
  const { firsts, keys, codes, deep } = splitBy64(intervals);
  const count = firsts.length;
  const top = new Uint32Array(0x10000);
  const index = new Int32Array(indexPagesOf(firsts) * BUCKETS);
  let at = -1;
  let filled = 0;
  for (let high = 0; high < 0x10000; high++) {
    const first = high * 0x10000;
    const before = at;
    if (firsts[at + 1] === first && keys[at + 1]! % HIGHEST === 0) at++;
    if (at + 1 === count || firsts[at + 1]! >= first + 0x10000) {
      top[high] = UNIFORM | codes[at]!;
      continue;
    }
    top[high] = filled / BUCKETS;
    index[filled++] = before;
    for (let bucket = 1; bucket < BUCKETS; bucket++) {
      const end = first + bucket * BUCKET_SIZE;
      while (at + 1 < count && firsts[at + 1]! < end) at++;
      index[filled++] = at;
    }
  }
  return { top, index: index.subarray(0, filled), keys, codes, deep };
}
