/**
 * Builds, once per table, the arrays from which `zone-table.ts` reads the location of an address in
 * a few memory reads.
 */
import { growing } from './growable-array.ts';
import { increment, type Stretches } from './intervals.ts';

/** A byte that is no location code: the block is not uniform, look among the deep stretches. */
export const DEEP = 0xff;

/**
 * IPv4: the first 16 bits choose a page of 256 bytes, one per /24, equal pages shared. A /24 that is not uniform is {@link DEEP}: its
 * stretches, exact to the address, are in `deepStarts` in ascending order.
 */
export interface IPv4Layout {
  readonly pageOf: Uint16Array;
  readonly pages: Uint8Array;
  readonly deepStarts: Uint32Array;
  readonly deepCodes: Uint8Array;
}

/** First 16 bits of an IPv6 address whose /16 is uniform: this flag and the location code. Others: the number of an index page. */
export const UNIFORM = 0x80000000;

/** Bits after the first 16 by which an index page is cut, and entries of a page: one before the first bucket. */
export const BUCKET_BITS = 10;
export const BUCKETS = (1 << BUCKET_BITS) + 1;
const BUCKET_SIZE = 0x10000 >> BUCKET_BITS;

/**
 * IPv6: the first 26 bits choose a bucket of stretches, which begin at a /64 each. `keys` hold the first 64 bits of their starts, less
 * the 11 highest, so that a double holds them exactly; within a bucket those are equal. Bucket `b` of a page is the positions above
 * `index[b]` up to and with `index[b + 1]`. A /64 that is not uniform is {@link DEEP}: `deep` holds its stretches.
 */
export interface IPv6Layout {
  readonly top: Uint32Array;
  readonly index: Int32Array;
  readonly keys: Float64Array;
  readonly codes: Uint8Array;
  readonly deep: Stretches;
}

const HIGHEST = 0x100000000;

/** Blocks that a loop fills sooner than a call does. */
const SHORT = 64;

/** Lays out IPv4 stretches whose values are location codes. */
export function layoutIPv4({ starts, values, length }: Stretches): IPv4Layout {
  const blocks = Buffer.alloc(HIGHEST / 0x100);
  const isCut = new Uint8Array(0x10000);
  // Each stretch begins inside a /24 at most, and ends inside one at most.
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

/** Pages of 256 codes, equal ones kept once: as keys of a map, which keeps their order. A /16 in which nothing begins is as the one before ends. */
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

/** The key of a start or an address in {@link IPv6Layout}: its first 64 bits less the 11 highest. */
export const keyOf = (first32: number, second32: number): number => (first32 & 0x1fffff) * HIGHEST + second32;

/** Stretches by the /64 in which they begin: its first word, its key, and a code; those inside a /64 that is not uniform stand aside. */
interface SplitStretches {
  readonly firsts: Uint32Array;
  readonly keys: Float64Array;
  readonly codes: Uint8Array;
  readonly deep: Stretches;
}

function splitBy64({ starts, values, length }: Stretches): SplitStretches {
  const firsts = new Uint32Array(2 * length);
  const keys = new Float64Array(2 * length);
  const codes = new Uint8Array(2 * length);
  const deepStarts = growing(Uint32Array);
  const deepCodes = growing(Uint16Array);
  let count = 0;
  for (let at = 0; at < length; ) {
    const first = starts[at * 4]!;
    const second = starts[at * 4 + 1]!;
    const end = at + 1 < length && starts[at * 4 + 5] === second ? endOf64(starts, at, length) : at + 1;
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
  return { firsts: firsts.subarray(0, count), keys: keys.subarray(0, count), codes: codes.subarray(0, count), deep };
}

/** Whether stretch `at` begins in the /64 of two words. */
const beginsIn = (starts: Uint32Array, at: number, first64: Uint32Array): boolean =>
  starts[at * 4] === first64[0] && starts[at * 4 + 1] === first64[1];

/** The first stretch after `at` that begins in another /64. */
function endOf64(starts: Uint32Array, at: number, length: number): number {
  let end = at + 1;
  while (end < length && starts[end * 4] === starts[at * 4] && starts[end * 4 + 1] === starts[at * 4 + 1]) end++;
  return end;
}

/** How many pages the index has at most: one for each /16 in which a stretch begins. */
function indexPagesOf(firsts: Uint32Array): number {
  let [pages, last] = [0, -1];
  for (let stretch = 0; stretch < firsts.length; stretch++) {
    const high = firsts[stretch]! >>> 16;
    if (high !== last) pages++;
    last = high;
  }
  return pages;
}

/** Lays out IPv6 stretches whose values are location codes. */
export function layoutIPv6(stretches: Stretches): IPv6Layout {
  const { firsts, keys, codes, deep } = splitBy64(stretches);
  const count = firsts.length;
  const top = new Uint32Array(0x10000);
  const index = new Int32Array(indexPagesOf(firsts) * BUCKETS);
  let [at, filled] = [-1, 0];
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
