/**
 * Reads the networks of a MaxMind DB file and their countries, with a bounded reader of metadata
 * and search tree.
 */

import { portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import {
  createIntervalsBuilder,
  type Intervals,
  type IntervalsBuilder,
  MAX_VALUES,
} from './intervals.ts';
import type { Cursor } from './mmdb-data.ts';
import { type Metadata, metadataOf, SEPARATOR, ZONE_DATABASE } from './mmdb-metadata.ts';
import { anyTrue, countryOf } from './mmdb-record.ts';

/**
 * The content of a source: the intervals of both families, whose values are indexes into
 * `countries`. Index 0 means that there is no answer.
 */
export interface CountryIntervals {
  readonly countries: readonly string[];
  readonly ipv4: Intervals;
  readonly ipv6: Intervals;
  /** UTC day `YYYY-MM-DD`, from inside the file. */
  readonly built?: string;
  /** The database type that the file states. */
  readonly type?: string;
}

interface Tree extends Metadata {
  readonly file: Buffer;
}

/** Reads one of the two records of a node. */
function record({ file, recordSize }: Tree, node: number, side: 0 | 1): number {
  if (recordSize === 24) return file.readUIntBE(node * 6 + side * 3, 3);
  if (recordSize === 32) return file.readUInt32BE(node * 8 + side * 4);
  const at = node * 7;
  const middle = file[at + 3]!;
  return side === 0
    ? (middle >> 4) * 0x1000000 + file.readUIntBE(at, 3)
    : (middle & 15) * 0x1000000 + file.readUIntBE(at + 4, 3);
}

/**
 * Returns the record at which the IPv4 addresses begin: 96 zeros below the root, or where the path
 * ends before that.
 */
function ipv4Root(tree: Tree): number {
  let node = 0;
  for (let depth = 0; tree.version === 6 && depth < 96 && node < tree.nodes; depth++)
    node = record(tree, node, 0);
  return node;
}

/** Maximum number of cached records; more than any country database has. */
const MOST_KNOWN = 1_000_000;

/**
 * Decodes the required value of a record, such as the country code; returns `undefined` if there is
 * none.
 */
type Decode = (cursor: Cursor) => string | undefined;

/** Returns a function that decodes data records. Each record is decoded once. */
function leafReader(tree: Tree, countries: string[], decode: Decode): (leaf: number) => number {
  const base = (tree.nodes * tree.recordSize) / 4 + SEPARATOR;
  const end = tree.marker;
  const budget = (end - base) * 8 + 1_000_000;
  const cursor: Cursor = {
    file: tree.file,
    base,
    end,
    code: 'ERR_SOURCE_DATA',
    at: base,
    type: 0,
    size: 0,
    budget,
  };
  const known = new Map<number, number>();
  const indexes = new Map<string, number>(countries.map((code, index) => [code, index]));
  return leaf => {
    if (leaf === tree.nodes) return 0;
    const cached = known.get(leaf);
    if (cached !== undefined) return cached;
    const at = base + leaf - tree.nodes - SEPARATOR;
    if (at < base || at >= end)
      throw portabilityError(GEO.mmdbRecordOutside, {
        offset: at,
      });
    cursor.at = at;
    const code = decode(cursor) ?? '';
    const index = indexes.get(code) ?? countries.push(code) - 1;
    if (index === MAX_VALUES)
      throw portabilityError(GEO.mmdbTooManyCodes, {
        offset: at,
      });
    indexes.set(code, index);
    if (known.size > MOST_KNOWN) known.clear();
    known.set(leaf, index);
    return index;
  };
}

/**
 * Whether writers place an alias of the IPv4 tree here: outside global unicast (IPv4-mapped,
 * NAT64), Teredo, 6to4. No public client has such an address.
 */
const isAliasNetwork = ([first]: Uint32Array, depth: number): boolean =>
  (depth >= 3 && first! >>> 29 !== 1) ||
  (depth >= 16 && first! >>> 16 === 0x2002) ||
  (depth >= 32 && first === 0x20010000);

/**
 * Walks the tree in the order of addresses, from the node `top`; `path` is the address so far.
 * Nodes can be shared, so a limit on visits stops a tree that expands without end. `alias` is the
 * IPv4 tree, which is not entered where it is an alias.
 */
function walk(
  tree: Tree,
  valueAt: (leaf: number) => number,
  builder: IntervalsBuilder,
  path: Uint32Array,
  top: number,
  alias: number,
) {
  let budget = tree.nodes * 4 + 1024;
  const bits = path.length * 32;
  const visit = (node: number, depth: number): void => {
    const isAlias = node === alias && isAliasNetwork(path, depth);
    if (node >= tree.nodes || isAlias) {
      builder.begin(path, isAlias ? 0 : valueAt(node));
      return;
    }
    if (depth === bits || budget-- === 0) {
      throw portabilityError(GEO.mmdbTreeEndless, {
        offset: (node * tree.recordSize) / 4,
      });
    }
    const word = depth >> 5;
    const bit = 0x80000000 >>> (depth & 31);
    visit(record(tree, node, 0), depth + 1);
    path[word] = path[word]! | bit;
    visit(record(tree, node, 1), depth + 1);
    path[word] = path[word]! & ~bit;
  };
  visit(top, 0);
}

function readTree(file: Buffer, decode: Decode): CountryIntervals {
  const tree: Tree = { ...metadataOf(file), file };
  if (tree.type === ZONE_DATABASE) throw portabilityError(GEO.mmdbExported);
  const countries = [''];
  const valueAt = leafReader(tree, countries, decode);
  const ipv4 = createIntervalsBuilder(1);
  const ipv6 = createIntervalsBuilder(4);
  const root = ipv4Root(tree);
  walk(tree, valueAt, ipv4, new Uint32Array(1), root, -1);
  if (tree.version === 6) walk(tree, valueAt, ipv6, new Uint32Array(4), 0, root);
  return { countries, ipv4: ipv4.build(), ipv6: ipv6.build(), built: tree.built, type: tree.type };
}

/**
 * Reads the intervals of both families from a MaxMind DB file, by country. An IPv4-only file has no
 * answer for IPv6.
 * @throws PortabilityError `ERR_SOURCE_METADATA`, `ERR_SOURCE_TRUNCATED`, `ERR_SOURCE_TREE`,
 * `ERR_SOURCE_DATA`, with the byte offset.
 */
export const readMmdb = (file: Buffer): CountryIntervals => readTree(file, countryOf);

/**
 * Reads the same intervals by flag: the value is `yes` if one of the named boolean fields is true.
 */
export const readFlags = (file: Buffer, fields: readonly string[]): CountryIntervals =>
  readTree(file, cursor => (anyTrue(cursor, fields) ? 'yes' : undefined));
