/** Lists the addresses at which a table changes, for comparisons with other readers. */
import type { Intervals } from '../../src/geo/intervals.ts';
import type { ZoneIntervals } from '../../src/geo/merge-sources.ts';

function textOf(words: readonly number[]): string {
  if (words.length === 1)
    return [24, 16, 8, 0].map(shift => (words[0]! >>> shift) & 0xff).join('.');
  return words
    .flatMap(word => [word >>> 16, word & 0xffff])
    .map(group => group.toString(16))
    .join(':');
}

/** The address before another one. */
function before(words: readonly number[]): number[] {
  const previous = [...words];
  let word = previous.length - 1;
  while (previous[word] === 0) previous[word--] = 0xffffffff;
  previous[word]!--;
  return previous;
}

function* bordersOfFamily({ width, length, starts }: Intervals): Generator<string> {
  for (let at = 0; at < length; at++) {
    const start = Array.from(starts.subarray(at * width, (at + 1) * width));
    if (at > 0) yield textOf(before(start));
    yield textOf(start);
  }
  yield textOf(Array.from({ length: width }, () => 0xffffffff));
}

/** The first and the last address of every interval, as texts, IPv4 before IPv6. */
export function* bordersOf({ ipv4, ipv6 }: ZoneIntervals): Generator<string> {
  yield* bordersOfFamily(ipv4);
  yield* bordersOfFamily(ipv6);
}
