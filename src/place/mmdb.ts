/** Which network has which country in a MaxMind DB file? A bounded reader of metadata and search tree. */
import { PortabilityError } from '../errors.ts';
import { type Cursor, countryOf, eachKey, pass, string, unsigned } from './mmdb-data.ts';
import { MOST_VALUES, type Stretches, type StretchesBuilder, stretchesBuilder } from './stretches.ts';

/** What a source says: both families cut into stretches, whose values are indexes into `countries`; 0 is no answer. */
export interface CountryStretches {
  readonly countries: readonly string[];
  readonly ipv4: Stretches;
  readonly ipv6: Stretches;
  /** UTC day `YYYY-MM-DD`, from inside the file. */
  readonly built?: string;
  /** What the file calls itself. */
  readonly type?: string;
}

const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const MARKER_SEARCH = 128 * 1024;
const SEPARATOR = 16;

/** The specification has the marker's last occurrence within the last 128 KiB. */
function markerOf(file: Buffer): number {
  const from = Math.max(0, file.length - MARKER_SEARCH);
  const at = file.subarray(from).lastIndexOf(MARKER);
  return at < 0 ? -1 : from + at;
}

export const isMmdb = (file: Buffer): boolean => markerOf(file) >= 0;

interface Metadata {
  readonly nodes: number;
  readonly recordSize: 24 | 28 | 32;
  readonly version: 4 | 6;
  readonly built: string;
  readonly type: string;
}

function readMetadata(file: Buffer, start: number): Metadata {
  const cursor: Cursor = {
    file,
    base: start,
    end: file.length,
    code: 'ERR_SOURCE_METADATA',
    at: start,
    type: 0,
    budget: MARKER_SEARCH,
    size: 0,
  };
  const numbers = new Map<string, number | undefined>();
  let type = '';
  eachKey(cursor, key => {
    if (key === 'database_type') type = string(cursor) ?? '';
    else if (INTEGERS.includes(key)) numbers.set(key, unsigned(cursor));
    else pass(cursor);
  });
  const [major, nodes, recordSize, version, epoch] = INTEGERS.map(key => numbers.get(key) ?? 0) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const sound = major === 2 && nodes > 0 && [24, 28, 32].includes(recordSize) && [4, 6].includes(version);
  if (!sound || epoch === 0 || epoch > LAST_EPOCH) {
    throw new PortabilityError('ERR_SOURCE_METADATA', 'the metadata are incomplete or out of range', { offset: start });
  }
  const built = new Date(epoch * 1000).toISOString().slice(0, 10);
  return { nodes, recordSize, version, built, type } as Metadata;
}

const INTEGERS = ['binary_format_major_version', 'node_count', 'record_size', 'ip_version', 'build_epoch'];

/** 9999-12-31, so that a day has four digits of year. */
const LAST_EPOCH = 253402300799;

interface Tree extends Metadata {
  readonly file: Buffer;
  readonly marker: number;
}

/** One of the two records of a node. */
function record({ file, recordSize }: Tree, node: number, side: 0 | 1): number {
  if (recordSize === 24) return file.readUIntBE(node * 6 + side * 3, 3);
  if (recordSize === 32) return file.readUInt32BE(node * 8 + side * 4);
  const at = node * 7;
  const middle = file[at + 3]!;
  return side === 0
    ? (middle >> 4) * 0x1000000 + file.readUIntBE(at, 3)
    : (middle & 15) * 0x1000000 + file.readUIntBE(at + 4, 3);
}

/** The record at which the IPv4 addresses hang: 96 zeros below the root, or where the path ends before that. */
function ipv4Root(tree: Tree): number {
  let node = 0;
  for (let depth = 0; tree.version === 6 && depth < 96 && node < tree.nodes; depth++) node = record(tree, node, 0);
  return node;
}

/** Reads the country of a data record, each record once. */
function countryReader(tree: Tree, countries: string[]): (leaf: number) => number {
  const base = (tree.nodes * tree.recordSize) / 4 + SEPARATOR;
  const end = tree.marker;
  const budget = (end - base) * 8 + 1_000_000;
  const cursor: Cursor = { file: tree.file, base, end, code: 'ERR_SOURCE_DATA', at: base, type: 0, size: 0, budget };
  const known = new Map<number, number>([[tree.nodes, 0]]);
  const indexes = new Map<string, number>(countries.map((code, index) => [code, index]));
  return leaf => {
    const cached = known.get(leaf);
    if (cached !== undefined) return cached;
    const at = base + leaf - tree.nodes - SEPARATOR;
    if (at < base || at >= end)
      throw new PortabilityError('ERR_SOURCE_TREE', 'a record points outside the data section', { offset: at });
    cursor.at = at;
    const code = countryOf(cursor) ?? '';
    const index = indexes.get(code) ?? countries.push(code) - 1;
    if (index === MOST_VALUES)
      throw new PortabilityError('ERR_SOURCE_DATA', 'the file names more codes than there are', { offset: at });
    indexes.set(code, index);
    known.set(leaf, index);
    return index;
  };
}

/**
 * Walks the tree in the order of addresses, from `node` at bit `depth` of `path`. Nodes may be shared, so a budget of visits stops a
 * tree that unfolds without end; `alias` is a node not to enter (the IPv4 tree, which writers hang up again under IPv6 prefixes).
 */
function walk(
  tree: Tree,
  countryAt: (leaf: number) => number,
  builder: StretchesBuilder,
  path: Uint32Array,
  top: number,
  alias: number,
) {
  let budget = tree.nodes * 4 + 1024;
  const bits = path.length * 32;
  const visit = (node: number, depth: number): void => {
    if (node >= tree.nodes || (node === alias && depth > 0)) {
      builder.begin(path, node >= tree.nodes ? countryAt(node) : 0);
      return;
    }
    if (depth === bits || budget-- === 0) {
      throw new PortabilityError('ERR_SOURCE_TREE', 'the search tree does not end', {
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

/**
 * Both families of a MaxMind DB file, cut by country. IPv6 of an IPv4-only file has no answer.
 * @throws PortabilityError `ERR_SOURCE_METADATA`, `ERR_SOURCE_TRUNCATED`, `ERR_SOURCE_TREE`, `ERR_SOURCE_DATA`, with the byte offset.
 */
export function readMmdb(file: Buffer): CountryStretches {
  const marker = markerOf(file);
  const tree: Tree = { ...readMetadata(file, marker + MARKER.length), file, marker };
  const treeSize = (tree.nodes * tree.recordSize) / 4;
  if (treeSize + SEPARATOR > marker) {
    throw new PortabilityError('ERR_SOURCE_TRUNCATED', 'the search tree is larger than the file', { offset: marker });
  }
  const countries = [''];
  const countryAt = countryReader(tree, countries);
  const ipv4 = stretchesBuilder(1);
  const ipv6 = stretchesBuilder(4);
  const root = ipv4Root(tree);
  walk(tree, countryAt, ipv4, new Uint32Array(1), root, -1);
  if (tree.version === 6) walk(tree, countryAt, ipv6, new Uint32Array(4), 0, root);
  return { countries, ipv4: ipv4.build(), ipv6: ipv6.build(), built: tree.built, type: tree.type };
}
