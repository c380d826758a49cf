/**
 * Encodes a zone table as a MaxMind DB file, so that other programs can look up what the gate looks
 * up.
 */

import type { Intervals } from './intervals.ts';
import { LOCATIONS } from './location.ts';
import type { ZoneIntervals } from './merge-sources.ts';
import { array, boolean, map, text, uint16, uint32, uint64 } from './mmdb-encode.ts';
import { isMmdb, MARKER, metadataOf, SEPARATOR, ZONE_DATABASE } from './mmdb-metadata.ts';
import { type EncodedTree, SearchTreeBuilder } from './search-tree.ts';
import { intervalsOf } from './table-intervals.ts';
import { checkTable, type Edition, type ZoneTable } from './zone-table.ts';

/** IPv4 addresses are looked up below 96 zeros. */
const IPV4 = '0'.repeat(96);
/** ::ffff:0:0/96. A table answers an IPv4-mapped address as the IPv4 address that it maps. */
const IPV4_MAPPED = '0'.repeat(80) + '1'.repeat(16);

function recordOf(code: number): Buffer {
  const { zone, known, licensed, anonymised, disputed } = LOCATIONS[code]!;
  return map({
    zone: text(zone),
    known: text(known),
    licensed: boolean(licensed),
    anonymised: boolean(anonymised),
    disputed: boolean(disputed),
  });
}

/** Encodes a record for each location that occurs, and returns their positions by location code. */
function encodeRecords(families: readonly Intervals[]): { data: Buffer; offsets: number[] } {
  const codes = new Set(families.flatMap(({ values }) => [...new Set(values)]));
  const offsets = LOCATIONS.map(() => 0);
  const records: Buffer[] = [];
  let size = 0;
  for (const code of [...codes].sort((a, b) => a - b)) {
    offsets[code] = size;
    const record = recordOf(code);
    records.push(record);
    size += record.length;
  }
  return { data: Buffer.concat(records), offsets };
}

function encodeTree({ ipv4, ipv6 }: ZoneIntervals, offsets: readonly number[]): EncodedTree {
  const tree = new SearchTreeBuilder();
  const ipv4Root = tree.add(ipv4);
  const withIPv4 = tree.mount(tree.add(ipv6), IPV4, ipv4Root);
  return tree.encode(tree.mount(withIPv4, IPV4_MAPPED, ipv4Root), offsets);
}

/** A description is for people. The metadata must be within the last 128 KiB of the file. */
const LONGEST_DESCRIPTION = 2000;

/** Describes the table. Licences may require that the sources are named with the data. */
function descriptionOf({ id, home, on, sources }: Edition): { en: string; fr: string } {
  const named = sources
    .map(({ name, licence }) => (licence === undefined ? name : `${name} (${licence})`))
    .join(', ');
  const cut = (description: string): string => description.slice(0, LONGEST_DESCRIPTION);
  return {
    en: cut(`Zones as seen from ${home} by the law of ${on}; edition ${id}; sources: ${named}`),
    fr: cut(`Zones vues de ${home} selon le droit du ${on} ; édition ${id} ; sources : ${named}`),
  };
}

/**
 * Returns the time of the oldest source: a check of the file's age sees the age of the data, as
 * `health()` does. The same content has the same bytes.
 */
const epochOf = ({ sources }: Edition): number =>
  Math.max(1, Math.min(...sources.map(({ built }) => Date.parse(built) / 1000)));

function encodeMetadata(edition: Edition, { nodes, recordSize }: EncodedTree): Buffer {
  const { en, fr } = descriptionOf(edition);
  return map({
    binary_format_major_version: uint16(2),
    binary_format_minor_version: uint16(0),
    build_epoch: uint64(epochOf(edition)),
    database_type: text(ZONE_DATABASE),
    description: map({ en: text(en), fr: text(fr) }),
    ip_version: uint16(6),
    languages: array([text('en'), text('fr')]),
    node_count: uint32(nodes),
    record_size: uint16(recordSize),
  });
}

/**
 * Encodes a zone table as a MaxMind DB file (format 2.0), for programs that read this format. Every
 * address has a record with `zone`, `known`, `licensed`, `anonymised` and `disputed`, each as
 * {@link ZoneTable.locate} returns it. One kind of address cannot differ: the format looks up IPv4
 * addresses below ::/96, so a deprecated IPv4-compatible address (`::192.0.2.1`; RFC 4291, 2.5.5.1)
 * has the record of its IPv4 address. `locate` returns `special-purpose` for it.
 *
 * The file is no decision: it knows no standing and no offer, and nothing is recorded. It does not
 * age visibly either: export it again with each new table. The same edition always gives the same
 * bytes. Cost: about a second for the bundled table, in the calling thread.
 * @throws PortabilityError `ERR_ARGUMENT` if the value is not a zone table; `ERR_SOURCE_LIMIT`
 * beyond 33 million nodes.
 */
export function encodeMmdb(table: ZoneTable): Uint8Array {
  const { edition, ...layout } = checkTable(table).share();
  const intervals = intervalsOf(layout);
  const { data, offsets } = encodeRecords([intervals.ipv4, intervals.ipv6]);
  const tree = encodeTree(intervals, offsets);
  return Buffer.concat([
    tree.bytes,
    Buffer.alloc(SEPARATOR),
    data,
    MARKER,
    encodeMetadata(edition, tree),
  ]);
}

/** Whether a file is a table that was exported. A damaged file is not. */
export function isZoneMmdb(file: Buffer): boolean {
  try {
    return isMmdb(file) && metadataOf(file).type === ZONE_DATABASE;
  } catch {
    return false;
  }
}
