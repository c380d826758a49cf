/** Parses prefixes to ranges of addresses, with the same strict parser as addresses. */

import { portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import { type Address, parseAddress } from './address.ts';
import { compareWords, type Width, type Words } from './intervals.ts';

/** First and last address of a range, as words, most significant first. */
export interface Range {
  readonly width: Width;
  readonly first: Uint32Array;
  readonly last: Uint32Array;
}

/** Returns an address as words of 32 bits, most significant first. */
export function wordsOf(address: Address): Uint32Array {
  if (address.version === 4) return Uint32Array.of(address.value);
  const words = new Uint32Array(4);
  for (let word = 0; word < 4; word++)
    words[word] = address.groups[2 * word]! * 0x10000 + address.groups[2 * word + 1]!;
  return words;
}

/** Returns the bits of word `word` that belong to the host if the prefix is `bits` long. */
const hostMask = (bits: number, word: number): number => {
  const kept = Math.min(32, Math.max(0, bits - 32 * word));
  return kept === 32 ? 0 : 0xffffffff >>> kept;
};

/**
 * Parses `address/length`, both strict: decimal length without leading zeros, no host bits set.
 * IPv4-mapped prefixes are returned as the IPv4 prefixes that they map.
 * @throws PortabilityError `ERR_PREFIX`, without the text.
 */
export function parsePrefix(text: string): Range {
  const [, host, length] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(String(text)) ?? [];
  const address = host === undefined ? undefined : parseAddress(host);
  if (address === undefined) throw portabilityError(GEO.prefixSyntax);
  const mapped = address.version === 4 && host!.includes(':');
  const bits = Number(length) - (mapped ? 96 : 0);
  const first = wordsOf(address);
  if (bits < 0 || bits > 32 * first.length) throw portabilityError(GEO.prefixLength);
  if (first.some((value, word) => (value & hostMask(bits, word)) !== 0)) {
    throw portabilityError(GEO.prefixHostBits);
  }
  return {
    width: first.length as Width,
    first,
    last: first.map((value, word) => value + hostMask(bits, word)),
  };
}

/**
 * Parses a prefix or a single address to its range.
 * @throws PortabilityError `ERR_PREFIX`, without the text.
 */
export function parsePrefixOrAddress(text: string): Range {
  const address = parseAddress(text);
  if (address === undefined) return parsePrefix(text);
  const words = wordsOf(address);
  return { width: words.length as Width, first: words, last: words };
}

/** Whether an address, as words, is in a range. An address of the other family is not. */
export const isWithin = ({ first, last, width }: Range, words: Words): boolean =>
  words.length === width &&
  compareWords(first, 0, words, 0, width) <= 0 &&
  compareWords(words, 0, last, 0, width) <= 0;
