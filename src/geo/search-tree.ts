/**
 * Builds the search tree of a MaxMind DB file: a binary tree over the bits of an address, in which
 * equal subtrees are stored once.
 */

import { portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import type { Intervals } from './intervals.ts';
import { LOCATION_CODES } from './location.ts';
import { SEPARATOR } from './mmdb-metadata.ts';

/**
 * A subtree: either a leaf, whose number is its location code, or a node, whose number is its
 * position plus {@link LOCATION_CODES}.
 */
export type Subtree = number;

const isLeaf = (subtree: Subtree): boolean => subtree < LOCATION_CODES;

/** At most a gigabyte while the arrays grow. The bundled table needs a hundredth of these nodes. */
const MOST_NODES = 2 ** 25;

/** An encoded tree, and what the metadata of the file say about it. */
export interface EncodedTree {
  readonly bytes: Buffer;
  readonly nodes: number;
  readonly recordSize: 24 | 28 | 32;
}

/**
 * Collects nodes from the leaves upwards. A node with the same children as an earlier one is not
 * stored again.
 */
export class SearchTreeBuilder {
  readonly #most: number;
  /** The two children of each node. */
  #children = new Uint32Array(2 * 1024);
  #count = 0;
  /** An open-addressing hash table of the nodes by their children. 0 is an empty slot. */
  #slots = new Uint32Array(2 * 1024);

  constructor(most: number = MOST_NODES) {
    this.#most = most;
  }

  /** Builds the subtree of a whole address space. */
  add(intervals: Intervals): Subtree {
    return this.#cover(intervals, 0, 0, intervals.length - 1);
  }

  /** Returns `root` with the addresses below `prefix`, as 0 and 1, replaced by a subtree. */
  mount(root: Subtree, prefix: string, subtree: Subtree, depth = 0): Subtree {
    if (depth === prefix.length) return subtree;
    const left = isLeaf(root) ? root : this.#child(root, 0);
    const right = isLeaf(root) ? root : this.#child(root, 1);
    return prefix[depth] === '0'
      ? this.#node(this.mount(left, prefix, subtree, depth + 1), right)
      : this.#node(left, this.mount(right, prefix, subtree, depth + 1));
  }

  /**
   * Encodes the nodes that can be reached from a node. Their records are as short as the number of
   * nodes allows.
   * @param offsets position of the data of each location code within the data section
   */
  encode(root: Subtree, offsets: readonly number[]): EncodedTree {
    const { order, numbers } = this.#numbered(root);
    const nodes = order.length;
    const firstData = nodes + SEPARATOR;
    const recordSize = recordSizeFor(firstData + Math.max(...offsets));
    const bytes = Buffer.alloc((nodes * recordSize) / 4);
    const recordOf = (subtree: Subtree): number =>
      isLeaf(subtree) ? firstData + offsets[subtree]! : numbers[subtree - LOCATION_CODES]!;
    order.forEach((node, number) => {
      const left = recordOf(this.#child(node, 0));
      const right = recordOf(this.#child(node, 1));
      writeNode(bytes, recordSize, number, left, right);
    });
    return { bytes, nodes, recordSize };
  }

  /** Returns the subtree of the addresses below `prefix`, as 0 and 1. */
  below(root: Subtree, prefix: string): Subtree {
    let subtree = root;
    for (const bit of prefix) {
      if (isLeaf(subtree)) return subtree;
      subtree = this.#child(subtree, bit === '0' ? 0 : 1);
    }
    return subtree;
  }

  /**
   * Calls `visit` with the fewest prefixes below `prefix` that say the same as a subtree to a
   * program that goes by the longest prefix, and that has the answer `inherited` without one. By
   * Draves et al., "Constructing Optimal IP Routing Tables" (1999). The bits are reused.
   * INVARIANT (codes-of-a-table): a table has at most 29 location codes, so a set of them is a
   * number of 32 bits.
   */
  eachPrefix(
    root: Subtree,
    prefix: string,
    inherited: number,
    visit: (bits: readonly string[], code: number) => void,
  ): void {
    const sets = this.#possibleCodes();
    const bits = [...prefix];
    const walk = (subtree: Subtree, given: number): void => {
      let code = given;
      if ((sets.of(subtree) & sets.of(given)) === 0) {
        code = sets.first(subtree);
        visit(bits, code);
      }
      if (isLeaf(subtree)) return;
      for (const side of [0, 1] as const) {
        bits.push(String(side));
        walk(this.#child(subtree, side), code);
        bits.pop();
      }
    };
    walk(root, inherited);
  }

  /**
   * For each subtree, the set of codes that a prefix over it can have so that the fewest prefixes
   * are needed inside it: what both halves can have, else what either can.
   */
  #possibleCodes(): { of(subtree: Subtree): number; first(subtree: Subtree): number } {
    const codes: number[] = [];
    const ofLeaves = new Uint32Array(LOCATION_CODES);
    const ofNodes = new Uint32Array(this.#count);
    const of = (subtree: Subtree): number => {
      if (!isLeaf(subtree)) return ofNodes[subtree - LOCATION_CODES]!;
      if (ofLeaves[subtree] === 0) ofLeaves[subtree] = 1 << (codes.push(subtree) - 1);
      return ofLeaves[subtree]!;
    };
    // The children of a node are older than it.
    for (let at = 0; at < this.#count; at++) {
      const left = of(this.#children[2 * at]!);
      const right = of(this.#children[2 * at + 1]!);
      ofNodes[at] = (left & right) !== 0 ? left & right : left | right;
    }
    return { of, first: subtree => codes[31 - Math.clz32(of(subtree))]! };
  }

  /**
   * Builds the subtree of the addresses that share their first `depth` bits, to which the intervals
   * `first` to `last` belong: all of them but the first begin inside it.
   */
  #cover(intervals: Intervals, depth: number, first: number, last: number): Subtree {
    if (first === last) return intervals.values[first]!;
    const upper = firstWithBit(intervals, depth, first + 1, last + 1);
    // The upper half begins inside the interval before, unless an interval begins exactly there.
    const isExact = upper <= last && endsWithZeros(intervals, upper, depth + 1);
    const left = this.#cover(intervals, depth + 1, first, upper - 1);
    return this.#node(left, this.#cover(intervals, depth + 1, isExact ? upper : upper - 1, last));
  }

  #child(node: Subtree, side: 0 | 1): Subtree {
    return this.#children[2 * (node - LOCATION_CODES) + side]!;
  }

  #node(left: Subtree, right: Subtree): Subtree {
    let slot = this.#slotOf(left, right);
    if (this.#slots[slot] !== 0) return this.#slots[slot]!;
    if (this.#count >= this.#most) throw portabilityError(GEO.tableTooFragmented);
    if (2 * this.#count >= this.#slots.length) {
      this.#grow();
      slot = this.#slotOf(left, right);
    }
    this.#children[2 * this.#count] = left;
    this.#children[2 * this.#count + 1] = right;
    this.#slots[slot] = LOCATION_CODES + this.#count;
    return LOCATION_CODES + this.#count++;
  }

  /** Returns the slot of the node with these children, or the empty slot in which it belongs. */
  #slotOf(left: Subtree, right: Subtree): number {
    const mask = this.#slots.length - 1;
    let hash = Math.imul(left, 0x9e3779b1) + Math.imul(right, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    for (let slot = (hash ^ (hash >>> 13)) & mask; ; slot = (slot + 1) & mask) {
      const node = this.#slots[slot]!;
      if (node === 0) return slot;
      if (this.#child(node, 0) === left && this.#child(node, 1) === right) return slot;
    }
  }

  #grow(): void {
    const children = new Uint32Array(this.#children.length * 2);
    children.set(this.#children);
    this.#children = children;
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let at = 0; at < this.#count; at++)
      this.#slots[this.#slotOf(children[2 * at]!, children[2 * at + 1]!)] = LOCATION_CODES + at;
  }

  /**
   * Numbers the nodes from the root downwards, so that a path is close together in the file and
   * what is no longer part of the tree is left out.
   */
  #numbered(root: Subtree): { order: Uint32Array; numbers: Uint32Array } {
    const order = new Uint32Array(this.#count);
    const numbers = new Uint32Array(this.#count).fill(UNNUMBERED);
    let count = 0;
    const visit = (subtree: Subtree): void => {
      if (isLeaf(subtree) || numbers[subtree - LOCATION_CODES] !== UNNUMBERED) return;
      numbers[subtree - LOCATION_CODES] = count;
      order[count++] = subtree;
      visit(this.#child(subtree, 0));
      visit(this.#child(subtree, 1));
    };
    visit(root);
    return { order: order.subarray(0, count), numbers };
  }
}

const UNNUMBERED = 0xffffffff;

/**
 * Returns the first interval, from `low` up to and without `high`, whose start has the bit `depth`
 * set. The starts agree in all bits before it.
 */
function firstWithBit(intervals: Intervals, depth: number, low: number, high: number): number {
  const { starts, width } = intervals;
  const word = depth >>> 5;
  const bit = 0x80000000 >>> (depth & 31);
  let from = low;
  let to = high;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((starts[middle * width + word]! & bit) === 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Whether all bits of a start from bit `depth` on are zero. */
function endsWithZeros({ starts, width }: Intervals, at: number, depth: number): boolean {
  for (let word = depth >>> 5; word < width; word++) {
    const mask = word === depth >>> 5 ? 0xffffffff >>> (depth & 31) : 0xffffffff;
    if ((starts[at * width + word]! & mask) !== 0) return false;
  }
  return true;
}

const recordSizeFor = (largest: number): 24 | 28 | 32 =>
  largest < 2 ** 24 ? 24 : largest < 2 ** 28 ? 28 : 32;

/** Writes the two records of a node. With 28 bits they share the byte in the middle. */
function writeNode(
  bytes: Buffer,
  recordSize: 24 | 28 | 32,
  node: number,
  left: number,
  right: number,
): void {
  const at = (node * recordSize) / 4;
  if (recordSize === 32) {
    bytes.writeUInt32BE(left, at);
    bytes.writeUInt32BE(right, at + 4);
    return;
  }
  bytes.writeUIntBE(left & 0xffffff, at, 3);
  bytes.writeUIntBE(right & 0xffffff, at + recordSize / 4 - 3, 3);
  if (recordSize === 28) bytes[at + 3] = ((left >>> 24) << 4) | (right >>> 24);
}
