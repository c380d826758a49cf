/** Reads the arrays of a table back to the intervals from which they were built. */

import { createIntervalsBuilder, type Intervals } from './intervals.ts';
import type { ZoneIntervals } from './merge-sources.ts';
import {
  BUCKET_BITS,
  BUCKETS,
  DEEP,
  HIGHEST,
  type IPv4Layout,
  type IPv6Layout,
  UNIFORM,
} from './paged-layout.ts';
import { fromSharedBuffer, type SharedLayout } from './shared-memory.ts';

/**
 * Returns the /24s of a page at which an interval begins: where the code differs from the previous
 * one, and each /24 that is not uniform.
 */
function beginningsOf(pages: Uint8Array, page: number): number[] {
  const codes = pages.subarray(page << 8, (page + 1) << 8);
  const beginnings: number[] = [];
  codes.forEach((code, block) => {
    if (code === DEEP || code !== codes[block - 1]) beginnings.push(block);
  });
  return beginnings;
}

function readIPv4({ pageOf, pages, deepStarts, deepCodes }: IPv4Layout): Intervals {
  const builder = createIntervalsBuilder(1);
  const start = new Uint32Array(1);
  const beginnings = Array.from({ length: pages.length >> 8 }, (_, page) =>
    beginningsOf(pages, page),
  );
  let deep = 0;
  pageOf.forEach((page, high) => {
    for (const block of beginnings[page]!) {
      const code = pages[(page << 8) | block]!;
      start[0] = high * 0x10000 + block * 0x100;
      const end = start[0] + 0x100;
      if (code !== DEEP) builder.begin(start, code);
      else
        for (; deep < deepStarts.length && deepStarts[deep]! < end; deep++)
          builder.begin(deepStarts.subarray(deep, deep + 1), deepCodes[deep]!);
    }
  });
  return builder.build();
}

/**
 * Calls `visit` with each entry of the keys and the first 64 bits of the address at which it
 * begins.
 */
function eachKey(
  { top, index, keys, codes }: IPv6Layout,
  visit: (high: number, low: number, code: number) => void,
) {
  for (let high = 0; high < 0x10000; high++) {
    const entry = top[high]!;
    const first = high * 0x10000;
    if (entry >= UNIFORM) {
      visit(first, 0, entry & 0x7f);
      continue;
    }
    const page = entry * BUCKETS;
    // The interval at the start of the page may have begun before it.
    if (index[page]! >= 0 && codes[index[page]!] !== DEEP) visit(first, 0, codes[index[page]!]!);
    for (let at = index[page]! + 1; at <= index[page + (1 << BUCKET_BITS)]!; at++) {
      const key = keys[at]!;
      visit(first + (Math.floor(key / HIGHEST) & 0xffff), key % HIGHEST, codes[at]!);
    }
  }
}

function readIPv6(layout: IPv6Layout): Intervals {
  const { starts, values, length } = layout.deep;
  const builder = createIntervalsBuilder(4);
  const start = new Uint32Array(4);
  let deep = 0;
  eachKey(layout, (high, low, code) => {
    start[0] = high;
    start[1] = low;
    if (code !== DEEP) return builder.begin(start, code);
    for (; deep < length && starts[deep * 4] === high && starts[deep * 4 + 1] === low; deep++)
      builder.begin(starts.subarray(deep * 4, deep * 4 + 4), values[deep]!);
  });
  return builder.build();
}

/**
 * Returns the intervals of both families by location code: the content from which the table was
 * built.
 */
export function intervalsOf(layout: SharedLayout): ZoneIntervals {
  const { ipv4, ipv6 } = fromSharedBuffer(layout);
  return { ipv4: readIPv4(ipv4), ipv6: readIPv6(ipv6) };
}
