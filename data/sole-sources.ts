/** Where does one source alone decide? Blocks in which the vote is known to be wrong, and the overlay that the build makes of each. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dotted } from '../src/geo/address.ts';
import { compareWords, type Intervals } from '../src/geo/intervals.ts';
import type { Overlay } from '../src/geo/overlay.ts';
import { parsePrefix, type Range } from '../src/geo/prefix.ts';
import { loadSource, type Source } from '../src/geo/source.ts';
import { isTerritory } from '../src/law/territory.ts';
import { CACHE } from './fetch.ts';

export interface SoleSource {
  /** Name of the overlay in the edition. */
  readonly name: string;
  /** Prefixes inside which the other sources have no vote. */
  readonly blocks: readonly string[];
  /** The source that decides, by its name in the edition. */
  readonly source: string;
  readonly reason: string;
  /** UTC day on which blocks and reason were last checked. */
  readonly reviewed: string;
}

export const SOLE_SOURCES: readonly SoleSource[] = [
  {
    name: 'icloud-private-relay',
    blocks: [
      '104.28.0.0/16',
      '140.248.0.0/18',
      '146.75.128.0/17',
      '172.224.224.0/19',
      '172.225.0.0/16',
      '172.226.0.0/16',
      '2606:54c0::/32',
      '2606:54c3::/32',
      '2a02:26f7:8000::/33',
      '2a04:4e41::/32',
      '2a09:bac2::/32',
      '2a09:bac3::/32',
    ],
    source: 'geo-whois-asn-country',
    reason:
      'The egress networks of the relay keep the country of the person. Its operator publishes that country, and this source carries it; the others answer where the network is registered.',
    reviewed: '2026-11-27',
  },
];

const textOf = (words: Uint32Array): string =>
  words.length === 1
    ? dotted(words[0]!)
    : Array.from(
        words,
        word => `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`,
      ).join(':');

/** Returns the address before another one. */
function before(start: Uint32Array): Uint32Array {
  const words = start.slice();
  let word = words.length - 1;
  while (words[word] === 0) words[word--] = 0xffffffff;
  words[word]!--;
  return words;
}

/** Returns rows of `start,end,code` for the part of a source that is inside a block. */
function rowsWithin(
  { width, length, starts, values }: Intervals,
  block: Range,
  codes: readonly string[],
): string[] {
  const rows: string[] = [];
  for (let at = 0; at < length; at++) {
    const start = starts.slice(at * width, (at + 1) * width);
    const isLast = at + 1 === length;
    const end = isLast ? block.last : before(starts.slice((at + 1) * width, (at + 2) * width));
    const code = codes[values[at]!]!;
    if (!isTerritory(code)) continue;
    const first = compareWords(start, 0, block.first, 0, width) < 0 ? block.first : start;
    const last = compareWords(end, 0, block.last, 0, width) > 0 ? block.last : end;
    if (compareWords(first, 0, last, 0, width) <= 0)
      rows.push(`${textOf(first)},${textOf(last)},${code}`);
  }
  return rows;
}

/**
 * Writes each part of a source that decides alone as a file of places, and returns these files as
 * overlays. Where that source has no answer, the vote stays.
 */
export async function soleSourceOverlays(
  sources: readonly (Source & { name: string })[],
  folder = CACHE,
): Promise<readonly Overlay[]> {
  const overlays: Overlay[] = [];
  for (const { name, blocks, source } of SOLE_SOURCES) {
    const { ipv4, ipv6, countries, edition } = await loadSource(
      sources.find(each => each.name === source)!,
    );
    const rows = blocks
      .map(parsePrefix)
      .flatMap(block => rowsWithin(block.width === 1 ? ipv4 : ipv6, block, countries));
    const path = join(folder, `${name}.csv`);
    writeFileSync(path, `${rows.join('\n')}\n`);
    overlays.push({ path, name, kind: 'places', built: edition.built, licence: edition.licence });
  }
  return overlays;
}
