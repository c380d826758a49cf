/**
 * Formats a range of addresses as the fewest prefixes that cover it, in the canonical text of RFC
 * 5952.
 */
import ipaddr from 'ipaddr.js';
import type { Words } from '../../geo/intervals.ts';

const WORD = 32n;

const numberOf = (words: Words): bigint =>
  Array.from(words).reduce((value, word) => (value << WORD) | BigInt(word), 0n);

function textOf(value: bigint, width: number): string {
  const bytes = Array.from({ length: width * 4 }, (_, byte) =>
    Number((value >> BigInt(8 * (width * 4 - 1 - byte))) & 255n),
  );
  return ipaddr.fromByteArray(bytes).toString();
}

/**
 * Returns the prefixes from `start` up to `next`, the first address after the range. `next` is
 * `undefined` at the end of the address space.
 */
export function prefixesOf(start: Words, next: Words | undefined): string[] {
  const width = start.length;
  const bits = BigInt(width) * WORD;
  const end = next === undefined ? 1n << bits : numberOf(next);
  const prefixes: string[] = [];
  for (let value = numberOf(start); value < end; ) {
    let host = 0n;
    while (host < bits && value % (1n << (host + 1n)) === 0n && value + (1n << (host + 1n)) <= end)
      host++;
    prefixes.push(`${textOf(value, width)}/${bits - host}`);
    value += 1n << host;
  }
  return prefixes;
}

/** Formats a range by its first and last address: as one prefix if possible, else as both ends. */
export function rangeText(first: Words, last: Words): string {
  const next = numberOf(last) + 1n;
  const width = first.length;
  const words = Array.from({ length: width }, (_, word) =>
    Number((next >> (WORD * BigInt(width - 1 - word))) & 0xffffffffn),
  );
  const isEnd = next === 1n << (BigInt(width) * WORD);
  const prefixes = prefixesOf(first, isEnd ? undefined : words);
  return prefixes.length === 1
    ? prefixes[0]!
    : `${textOf(numberOf(first), width)} – ${textOf(numberOf(last), width)}`;
}
