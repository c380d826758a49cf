/**
 * Writes a zone table as an address map of HAProxy: lines of a prefix and what the table says of
 * it.
 */

import { dotted } from './address.ts';
import { LOCATIONS, SPECIAL_PURPOSE } from './location.ts';
import { SearchTreeBuilder } from './search-tree.ts';
import { intervalsOf } from './table-intervals.ts';
import { checkTable, type ZoneTable } from './zone-table.ts';

/** The first words of the first line, by which an earlier map is recognised. */
const FIRST_LINE = '# laissez-passer zones,';

/** 2000::/3. Everything else is special-purpose: no global unicast (RFC 4291, 2.4). */
const GLOBAL_UNICAST = '001';
const SIX_TO_FOUR = '0010000000000010';

/** The words of a location: its zone, how it is known unless it is listed, and its flags. */
function wordsOf(code: number): string {
  const { zone, known, licensed, anonymised, disputed } = LOCATIONS[code]!;
  return [
    zone,
    known !== 'listed' && known,
    licensed && 'licensed',
    anonymised && 'anonymised',
    disputed && 'disputed',
  ]
    .filter(word => word !== false)
    .join(' ');
}

const numberOf = (bits: readonly string[], from: number, to: number): number =>
  Number.parseInt(
    bits
      .slice(from, to)
      .join('')
      .padEnd(to - from, '0'),
    2,
  );

function ipv6Text(bits: readonly string[]): string {
  const groups: string[] = [];
  for (let at = 0; at < bits.length; at += 16)
    groups.push(numberOf(bits, at, at + 16).toString(16));
  return groups.length === 8 ? groups.join(':') : `${groups.join(':')}::`;
}

/**
 * Encodes a zone table as an address map of HAProxy, for `map_ip(FILE,"unknown special-purpose")`.
 * Each line is a prefix and words: the zone, `unlisted` or `special-purpose`, and `licensed`,
 * `anonymised`, `disputed` where they apply. HAProxy goes by the longest prefix, and these are the
 * fewest. What no line covers is special-purpose: only so does HAProxy look up an IPv4-mapped
 * address as the IPv4 address. 6to4 has a line of its own, because HAProxy would look up the IPv4
 * address inside it too. Cost: about two seconds for the bundled table, in the calling thread.
 * @throws PortabilityError `ERR_ARGUMENT` if the value is not a zone table
 */
export function encodeHaproxyMap(table: ZoneTable): Uint8Array {
  const { edition, ...layout } = checkTable(table).share();
  const { ipv4, ipv6 } = intervalsOf(layout);
  const { id, home, on } = edition;
  // Licences may require that the sources are named with the data.
  const sources = edition.sources.map(({ name, licence = '' }) =>
    `# source: ${name} ${licence}`.replace(/[\r\n]/g, ' ').trimEnd(),
  );
  const lines = [
    `${FIRST_LINE} edition ${id}, as seen from ${home} by the law of ${on}`,
    ...sources,
  ];
  const tree = new SearchTreeBuilder();
  tree.eachPrefix(tree.add(ipv4), '', SPECIAL_PURPOSE, (bits, code) => {
    lines.push(`${dotted(numberOf(bits, 0, 32))}/${bits.length} ${wordsOf(code)}`);
  });
  lines.push(`${ipv6Text([...SIX_TO_FOUR])}/16 ${wordsOf(SPECIAL_PURPOSE)}`);
  const unicast = tree.below(tree.add(ipv6), GLOBAL_UNICAST);
  tree.eachPrefix(unicast, GLOBAL_UNICAST, SPECIAL_PURPOSE, (bits, code) => {
    if (bits.join('') !== SIX_TO_FOUR)
      lines.push(`${ipv6Text(bits)}/${bits.length} ${wordsOf(code)}`);
  });
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** Whether a file is such a map. */
export const isHaproxyMap = (file: Uint8Array): boolean =>
  Buffer.from(file.subarray(0, FIRST_LINE.length)).equals(Buffer.from(FIRST_LINE));
