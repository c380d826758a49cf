/**
 * A small writer of MaxMind DB files, from the published format, so that tests can make their own
 * files.
 */

export type Value =
  | string
  | number
  | boolean
  | readonly Value[]
  | { readonly [key: string]: Value };

export interface Network {
  /** Bits of the network's address, most significant first, as long as its prefix. */
  readonly bits: string;
  readonly record: Value;
}

export interface MmdbOptions {
  readonly recordSize?: 24 | 28 | 32;
  readonly version?: 4 | 6;
  readonly epoch?: number;
  /** Also mounts the IPv4 tree where MaxMind's writers do: IPv4-mapped, Teredo and 6to4. */
  readonly aliases?: boolean;
  /** Also mounts the IPv4 tree at these bits. */
  readonly alsoAt?: readonly string[];
  readonly metadata?: { readonly [key: string]: Value };
}

const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');

/** Control byte and size of a value. */
function head(type: number, size: number): Buffer {
  const extended = type > 7;
  const first = (extended ? 0 : type) << 5;
  const kind = extended ? [type - 7] : [];
  if (size < 29) return Buffer.from([first | size, ...kind]);
  if (size < 285) return Buffer.from([first | 29, ...kind, size - 29]);
  return Buffer.from([first | 30, ...kind, (size - 285) >> 8, (size - 285) & 255]);
}

export function encode(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([head(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'boolean') return head(14, value ? 1 : 0);
  if (typeof value === 'number') {
    const bytes: number[] = [];
    for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
    return Buffer.concat([head(value > 0xffffffff ? 9 : 6, bytes.length), Buffer.from(bytes)]);
  }
  if (Array.isArray(value)) return Buffer.concat([head(11, value.length), ...value.map(encode)]);
  const entries = Object.entries(value as { [key: string]: Value });
  return Buffer.concat([
    head(7, entries.length),
    ...entries.flatMap(([key, inner]) => [encode(key), encode(inner)]),
  ]);
}

type Node = [left: Branch, right: Branch];
type Branch = Node | { readonly leaf: string } | undefined;

function insert(root: Node, bits: string, leaf: Branch): void {
  let node = root;
  for (const bit of bits.slice(0, -1)) {
    const side = Number(bit);
    const child = node[side];
    if (Array.isArray(child)) node = child;
    else {
      const deeper: Node = [child, child];
      node[side] = deeper;
      node = deeper;
    }
  }
  node[Number(bits.at(-1))] = leaf;
}

function writeNode(recordSize: number, left: number, right: number): Buffer {
  const out = Buffer.alloc(recordSize / 4);
  if (recordSize === 32) {
    out.writeUInt32BE(left, 0);
    out.writeUInt32BE(right, 4);
  } else {
    out.writeUIntBE(left & 0xffffff, 0, 3);
    out.writeUIntBE(right & 0xffffff, recordSize / 4 - 3, 3);
    if (recordSize === 28) out[3] = ((left >>> 24) << 4) | (right >>> 24);
  }
  return out;
}

const ALIASES = [
  `${'0'.repeat(80)}${'1'.repeat(16)}`,
  `0010000000000001${'0'.repeat(16)}`,
  '0010000000000010',
];

/**
 * In an IPv6 tree, IPv4 networks lie below 96 zeros, which their bits must include. More specific
 * networks come after wider ones.
 */
export function writeMmdb(networks: readonly Network[], options: MmdbOptions = {}): Buffer {
  const {
    recordSize = 24,
    version = 6,
    epoch = Date.UTC(2026, 5, 1) / 1000,
    aliases = false,
  } = options;
  const root: Node = [undefined, undefined];
  for (const { bits, record } of networks) insert(root, bits, { leaf: JSON.stringify(record) });
  let ipv4: Branch = root;
  for (let depth = 0; depth < 96 && Array.isArray(ipv4); depth++) ipv4 = ipv4[0];
  for (const bits of [...(aliases ? ALIASES : []), ...(options.alsoAt ?? [])])
    insert(root, bits, ipv4);
  const numbers = new Map<Node, number>();
  const nodes: Node[] = [];
  const number = (node: Node): void => {
    if (numbers.has(node)) return;
    numbers.set(node, nodes.push(node) - 1);
    for (const branch of node) if (Array.isArray(branch)) number(branch);
  };
  number(root);
  const offsets = new Map<string, number>();
  const data: Buffer[] = [];
  let size = 0;
  const branchValue = (branch: Branch): number => {
    if (branch === undefined) return nodes.length;
    if (Array.isArray(branch)) return numbers.get(branch)!;
    if (!offsets.has(branch.leaf)) {
      const bytes = encode(JSON.parse(branch.leaf) as Value);
      offsets.set(branch.leaf, size);
      data.push(bytes);
      size += bytes.length;
    }
    return nodes.length + 16 + offsets.get(branch.leaf)!;
  };
  const tree = nodes.map(([left, right]) =>
    writeNode(recordSize, branchValue(left), branchValue(right)),
  );
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: epoch,
    database_type: 'Test-Country',
    description: { en: 'test' },
    ip_version: version,
    languages: ['en'],
    node_count: nodes.length,
    record_size: recordSize,
    ...options.metadata,
  });
  return Buffer.concat([...tree, Buffer.alloc(16), ...data, MARKER, metadata]);
}

const byteBits = (value: number, width: number): string => value.toString(2).padStart(width, '0');

/** `81.2.69.0/24` as bits; below 96 zeros for an IPv6 tree. */
export function ipv4Bits(prefix: string, version: 4 | 6 = 6): string {
  const [host, length] = prefix.split('/');
  const bits = host!
    .split('.')
    .map(part => byteBits(Number(part), 8))
    .join('');
  return (version === 6 ? '0'.repeat(96) : '') + bits.slice(0, Number(length));
}

/** Eight groups, none left out, and a length: `2a01:cb00:0:0:0:0:0:0/32` as bits. */
export function ipv6Bits(prefix: string): string {
  const [host, length] = prefix.split('/');
  const bits = host!
    .split(':')
    .map(group => byteBits(Number.parseInt(group, 16), 16))
    .join('');
  return bits.slice(0, Number(length));
}
