/** Finds, reads and validates the metadata of a MaxMind DB file. */

import { portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import type { Message } from '../messages.ts';
import { type Cursor, eachKey, skipValue, string, unsigned } from './mmdb-data.ts';

export const MARKER = /* @__PURE__ */ Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const MARKER_SEARCH = 128 * 1024;
/** Zero bytes between search tree and data. */
export const SEPARATOR = 16;

/** By the specification, the last occurrence of the marker is within the last 128 KiB. */
function markerOf(file: Buffer): number {
  const from = Math.max(0, file.length - MARKER_SEARCH);
  const at = file.subarray(from).lastIndexOf(MARKER);
  return at < 0 ? -1 : from + at;
}

/** The database type of a zone table that was exported. It contains no country. */
export const ZONE_DATABASE = 'laissez-passer-Zone';

export const isMmdb = (file: Buffer): boolean => markerOf(file) >= 0;

export interface Metadata {
  readonly nodes: number;
  readonly recordSize: 24 | 28 | 32;
  readonly version: 4 | 6;
  /** UTC day `YYYY-MM-DD`. */
  readonly built: string;
  readonly type: string;
  /** Offset of the marker, at which the data section ends. */
  readonly marker: number;
}

/** Required unsigned integers, in the order in which {@link metadataOf} reads them. */
const INTEGERS = [
  'binary_format_major_version',
  'node_count',
  'record_size',
  'ip_version',
  'build_epoch',
] as const;

/** 9999-12-31, so that the year of a day has four digits. */
const LAST_EPOCH = 253402300799;

const fail = (message: Message, offset: number): never => {
  throw portabilityError(message, { offset });
};

/**
 * Reads the map: texts and numbers by name. A duplicate name, or data after the map, does not come
 * from a single writer and is rejected.
 */
function readMap(file: Buffer, start: number): Map<string, string | number | undefined> {
  const cursor: Cursor = {
    file,
    base: start,
    end: file.length,
    code: 'ERR_SOURCE_METADATA',
    at: start,
    type: 0,
    size: 0,
    budget: MARKER_SEARCH,
  };
  const found = new Map<string, string | number | undefined>();
  const isMap = eachKey(cursor, key => {
    if (found.has(key)) fail(GEO.mmdbMetadataTwice, cursor.at);
    const isInteger = (INTEGERS as readonly string[]).includes(key);
    if (key === 'database_type') found.set(key, string(cursor));
    else if (isInteger) found.set(key, unsigned(cursor));
    else found.set(key, void skipValue(cursor));
  });
  if (!isMap) fail(GEO.mmdbMetadataNotMap, start);
  if (cursor.at !== file.length) fail(GEO.mmdbMetadataTrailing, cursor.at);
  return found;
}

/**
 * Checks that the separator is where the metadata place it. An additional marker is the end of
 * another file inside this one.
 */
function checkPlaces(file: Buffer, { nodes, recordSize, marker }: Metadata): void {
  const tree = (nodes * recordSize) / 4;
  if (tree + SEPARATOR > marker) {
    throw portabilityError(GEO.mmdbTreeTooLarge, {
      offset: marker,
    });
  }
  if (file.subarray(tree, tree + SEPARATOR).some(byte => byte !== 0)) {
    throw portabilityError(GEO.mmdbTreeEnd, {
      offset: tree,
    });
  }
  const first = file.indexOf(MARKER);
  if (first !== marker) fail(GEO.mmdbMetadataSecond, first);
}

/**
 * Reads the metadata of a file that contains the marker.
 * @throws PortabilityError `ERR_SOURCE_METADATA`, `ERR_SOURCE_TRUNCATED`, `ERR_SOURCE_TREE`, with
 * the byte offset.
 */
export function metadataOf(file: Buffer): Metadata {
  const marker = markerOf(file);
  const start = marker + MARKER.length;
  const found = readMap(file, start);
  const [major, nodes, recordSize, version, epoch] = INTEGERS.map(name =>
    Number(found.get(name) ?? 0),
  );
  const type = found.get('database_type');
  const sound =
    major === 2 && nodes! > 0 && [24, 28, 32].includes(recordSize!) && [4, 6].includes(version!);
  if (!sound || typeof type !== 'string' || epoch === 0 || epoch! > LAST_EPOCH)
    fail(GEO.mmdbMetadataIncomplete, start);
  const built = new Date(epoch! * 1000).toISOString().slice(0, 10);
  const metadata = { nodes, recordSize, version, built, type, marker } as Metadata;
  checkPlaces(file, metadata);
  return metadata;
}
