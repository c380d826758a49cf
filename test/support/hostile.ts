/** Hostile files: one node whose two records point to hand-made data. */
import { encode, type Value } from './mmdb-writer.ts';

const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const METADATA: { readonly [key: string]: Value } = {
  binary_format_major_version: 2,
  build_epoch: 1_780_000_000,
  database_type: 'Hostile',
  ip_version: 4,
  node_count: 1,
  record_size: 24,
};

const metadataWith = (changes: { readonly [key: string]: Value }): Buffer =>
  encode({ ...METADATA, ...changes });
const assemble = (tree: Buffer, data: Buffer, metadata: Buffer = metadataWith({})): Buffer =>
  Buffer.concat([tree, Buffer.alloc(16), data, MARKER, metadata]);

/**
 * A file of one node: the lower half of IPv4 has the record at `left`, the upper half that at
 * `right`, as offsets into the data.
 */
const withData = (data: Buffer, left = 0, right = left): Buffer => {
  const tree = Buffer.alloc(6);
  tree.writeUIntBE(17 + left, 0, 3);
  tree.writeUIntBE(17 + right, 3, 3);
  return assemble(tree, data);
};

const pointer = (target: number): Buffer => Buffer.from([0x20 | (target >> 8), target & 0xff]);
const longPointer = (target: number): Buffer =>
  Buffer.from([0x38, 0, target >> 16, (target >> 8) & 255, target & 255]);
const array = (items: number): Buffer => Buffer.from([items, 4]);
const map = (pairs: number): Buffer => Buffer.from([0xe0 | pairs]);
const FRANCE = encode({ country: { iso_code: 'FR' } });

/**
 * Levels of arrays, each of 20 pointers to the next one below: 20^levels values to a reader that
 * follows them.
 */
function laughs(levels: number): Buffer {
  const parts: Buffer[] = [encode('ha')];
  let at = parts[0]!.length;
  let below = 0;
  for (let level = 0; level < levels; level++) {
    parts.push(Buffer.concat([array(20), ...Array.from({ length: 20 }, () => longPointer(below))]));
    below = at;
    at += parts.at(-1)!.length;
  }
  const record = Buffer.concat([
    map(2),
    encode('names'),
    longPointer(below),
    encode('country_code'),
    encode('FR'),
  ]);
  return withData(Buffer.concat([...parts, record]), at);
}

/** Nodes that each point twice to the next: 2^count paths. */
function fan(count: number): Buffer {
  const tree = Buffer.alloc(count * 6);
  for (let node = 0; node < count; node++) {
    const next = node + 1 === count ? count + 16 : node + 1;
    tree.writeUIntBE(next, node * 6, 3);
    tree.writeUIntBE(next, node * 6 + 3, 3);
  }
  return assemble(tree, FRANCE, metadataWith({ node_count: count, ip_version: 6 }));
}

const both = (record: Buffer): Buffer =>
  withData(Buffer.concat([record, FRANCE]), 0, record.length);
const nested = (depth: number, one: Buffer, last: Buffer): Buffer =>
  Buffer.concat([...Array.from({ length: depth }, () => one), last]);

/** Each file with its expected outcome: a code, or the zones of 2.1.1.1 and 193.1.1.1. */
export const HOSTILE: Readonly<Record<string, readonly [file: Buffer, outcome: string]>> = {
  'a pointer to itself': [withData(pointer(0)), 'ERR_SOURCE_DATA'],
  'two pointers in a circle': [
    withData(Buffer.concat([pointer(2), pointer(0)])),
    'ERR_SOURCE_DATA',
  ],
  'a key that points to its own map': [
    withData(Buffer.concat([map(1), pointer(0)])),
    'ERR_SOURCE_DATA',
  ],
  'a country that points to its own record': [
    both(Buffer.concat([map(1), encode('country'), pointer(0)])),
    'unknown home',
  ],
  'a pointer outside the data': [
    withData(Buffer.concat([map(1), encode('country'), longPointer(1e6)])),
    'ERR_SOURCE_DATA',
  ],
  'a billion laughs next to the country': [laughs(12), 'home home'],
  'a billion laughs as the country': [
    withData(
      Buffer.concat([
        map(1),
        encode('country'),
        map(20),
        ...Array.from({ length: 40 }, () => pointer(0)),
      ]),
    ),
    'ERR_SOURCE_DATA',
  ],
  'arrays nested ten thousand deep': [
    withData(Buffer.concat([map(1), encode('x'), nested(10_000, array(1), encode('x'))])),
    'ERR_SOURCE_DATA',
  ],
  'maps nested ten thousand deep': [
    withData(
      Buffer.concat([
        map(1),
        encode('x'),
        nested(10_000, Buffer.concat([map(1), encode('k')]), encode('x')),
      ]),
    ),
    'ERR_SOURCE_DATA',
  ],
  'an array of sixteen million': [
    withData(Buffer.concat([map(1), encode('x'), Buffer.from([0x1f, 4, 255, 255, 255])])),
    'ERR_SOURCE_DATA',
  ],
  'a map of sixteen million': [withData(Buffer.from([0xff, 255, 255, 255])), 'ERR_SOURCE_DATA'],
  'a text of sixteen million': [
    withData(Buffer.concat([map(1), encode('country_code'), Buffer.from([0x5f, 255, 255, 255])])),
    'ERR_SOURCE_DATA',
  ],
  'an array of a hundred thousand booleans, a thousand times': [
    withData(
      Buffer.concat([
        map(28),
        ...Array.from({ length: 28 }, (_, n) =>
          Buffer.concat([
            encode(`k${n}`),
            Buffer.from([0x1f, 4, 0, 0x80, 0]),
            Buffer.alloc(2 * (65821 + 0x8000), 0x01).fill(7, 1),
          ]),
        ),
      ]),
    ),
    'ERR_SOURCE_DATA',
  ],
  'prototype keys': [
    both(
      encode(
        JSON.parse(
          '{"__proto__":{"country":{"iso_code":"ES"}},"constructor":"ES","toString":{"iso_code":"ES"}}',
        ),
      ),
    ),
    'unknown home',
  ],
  'a prototype inside the country': [
    both(encode(JSON.parse('{"country":{"__proto__":{"iso_code":"ES"}}}'))),
    'unknown home',
  ],
  'a country twice': [
    both(
      Buffer.concat([
        map(2),
        encode('country_code'),
        encode('ES'),
        encode('country_code'),
        encode('GB'),
      ]),
    ),
    'outside home',
  ],
  'a key that is not utf-8': [
    withData(Buffer.concat([map(1), Buffer.from([0x42, 0xc3, 0x28]), encode('FR')])),
    'ERR_SOURCE_DATA',
  ],
  'an unknown type': [
    withData(Buffer.concat([map(1), encode('x'), Buffer.from([0, 200])])),
    'ERR_SOURCE_DATA',
  ],
  'a boolean with the value 2': [
    withData(Buffer.concat([map(1), encode('x'), Buffer.from([2, 7])])),
    'ERR_SOURCE_DATA',
  ],
  'a double of three bytes': [
    withData(Buffer.concat([map(1), encode('x'), Buffer.from([0x63, 1, 2, 3])])),
    'ERR_SOURCE_DATA',
  ],
  'a tree that unfolds without end': [fan(40), 'ERR_SOURCE_TREE'],
  'a tree of one hundred and thirty levels': [fan(130), 'ERR_SOURCE_TREE'],
  'a node that points to itself': [assemble(Buffer.alloc(6), FRANCE), 'ERR_SOURCE_TREE'],
  'metadata that claim fewer nodes': [
    assemble(
      Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 18, 0, 0, 18]),
      FRANCE,
      metadataWith({ node_count: 1 }),
    ),
    'ERR_SOURCE_TREE',
  ],
  'metadata that claim more nodes': [
    assemble(Buffer.alloc(6), FRANCE, metadataWith({ node_count: 4 })),
    'ERR_SOURCE_TREE',
  ],
  'metadata that claim more nodes than bytes': [
    assemble(Buffer.alloc(6), FRANCE, metadataWith({ node_count: 40 })),
    'ERR_SOURCE_TRUNCATED',
  ],
  'metadata that claim the maximum of nodes': [
    assemble(Buffer.alloc(6), FRANCE, metadataWith({ node_count: 0xffffffff })),
    'ERR_SOURCE_TRUNCATED',
  ],
  'metadata of another record size': [
    assemble(withData(FRANCE).subarray(0, 6), FRANCE, metadataWith({ record_size: 28 })),
    'ERR_SOURCE_TREE',
  ],
  'metadata in a circle': [
    assemble(Buffer.alloc(6), FRANCE, Buffer.concat([map(1), encode('node_count'), pointer(12)])),
    'ERR_SOURCE_METADATA',
  ],
  'metadata nested ten thousand deep': [
    assemble(
      Buffer.alloc(6),
      FRANCE,
      Buffer.concat([map(1), encode('x'), nested(10_000, array(1), encode('x'))]),
    ),
    'ERR_SOURCE_METADATA',
  ],
  'metadata with a key twice': [
    assemble(
      Buffer.alloc(6),
      FRANCE,
      Buffer.concat([map(2), encode('node_count'), encode(1), encode('node_count'), encode(2)]),
    ),
    'ERR_SOURCE_METADATA',
  ],
  'metadata that are text': [
    assemble(Buffer.alloc(6), FRANCE, encode('FR')),
    'ERR_SOURCE_METADATA',
  ],
  'two files one after the other': [
    Buffer.concat([withData(FRANCE), withData(FRANCE)]),
    'ERR_SOURCE_METADATA',
  ],
  'a file followed by the end of a longer one': [
    Buffer.concat([
      withData(FRANCE),
      withData(Buffer.concat([FRANCE, FRANCE])).subarray(withData(FRANCE).length),
    ]),
    'ERR_SOURCE_METADATA',
  ],
  'bytes after the metadata': [
    Buffer.concat([withData(FRANCE), Buffer.alloc(1)]),
    'ERR_SOURCE_METADATA',
  ],
};
