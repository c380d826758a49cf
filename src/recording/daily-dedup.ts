/**
 * Remembers per UTC day from which sides each subscriber was seen, in typed arrays on a seeded hash
 * and without identifiers. It only saves writes: what is forgotten is written once more.
 */

export const HOME = 1;
export const OUTSIDE = 2;
const OCCUPIED = 4;

/**
 * Multiplier of a side: `side * DURABLE` is the bit that says that the side is durable and not only
 * pending.
 */
export const DURABLE = 8;

/** Mask of the bits defined above; they occupy the lowest bits of the second word of a slot. */
const BITS = 31;

/** The last hash: 64 bits as two int32 values, reused from call to call. */
const hash = new Int32Array(2);

/**
 * Writes the seeded hash of an identifier to `hash`. A step consumes four code units, two for each
 * half, and is a bijection of the 64 bits for every input.
 */
function hashOf(subscriber: string, seeds: readonly [number, number]): void {
  const { length } = subscriber;
  let a = seeds[0] | 0;
  let b = seeds[1] ^ length;
  for (let at = 0; at < length; at += 4) {
    const second = at + 1 < length ? subscriber.charCodeAt(at + 1) : 0;
    const third = at + 2 < length ? subscriber.charCodeAt(at + 2) : 0;
    const fourth = at + 3 < length ? subscriber.charCodeAt(at + 3) : 0;
    a = Math.imul(a ^ subscriber.charCodeAt(at) ^ (second << 16), 0x9e3779b1);
    b = Math.imul(b ^ third ^ (fourth << 16), 0x85ebca6b);
    a ^= b >>> 15;
    b ^= a >>> 13;
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b);
  b = Math.imul(b ^ (b >>> 15), 0xc2b2ae35);
  hash[0] = a ^ (a >>> 13);
  hash[1] = b ^ (b >>> 16);
}

/** Share of a table's slots that are in use when it is full. */
const LOAD = 2 / 3;
/** Slots of the first table of a day: 32 kB. */
const FIRST_SLOTS = 4096;
const SLOT_BYTES = 8;
/**
 * Slots of the former table that move with each new subscriber. A table of twice the size takes as
 * many new subscribers as the former one has slots before it is full, so all have moved long
 * before.
 */
const MOVED_AT_ONCE = 16;

/** Returns the slot in which a hash is, or the free one in which it would be. */
function probe(table: Int32Array, a: number, b: number): number {
  const last = table.length - 1;
  // The position depends only on what a slot stores, so that slots can move to another table.
  let slot = ((a ^ ((b >>> 5) << 16)) << 1) & last;
  for (;;) {
    const word = table[slot + 1]!;
    if (word === 0 || (table[slot] === a && ((word ^ b) & ~BITS) === 0)) return slot;
    slot = (slot + 2) & last;
  }
}

/** Sets and clears bits of a hash, if it is in the table. */
function change(table: Int32Array, a: number, b: number, set: number, clear: number): void {
  const slot = probe(table, a, b);
  const word = table[slot + 1]!;
  if (word !== 0) table[slot + 1] = (word & ~clear) | set;
}

/**
 * Remembers the sides from which each subscriber was seen during one day. It begins small and grows
 * up to a bound; beyond it, the subscribers that were not seen for longest are forgotten, half of
 * the memory at a time. Forgetting costs a write, because the bit is then written once more, and
 * loses nothing, because a write is an OR.
 *
 * Identifiers are distinguished by 59 bits of a hash whose seed is not known outside the process.
 * Among a million subscribers a day, the probability that any two collide is about 1 in a million;
 * one of the two may then lack a bit. Cost: one hash of the identifier and about one probe; two
 * probes for a subscriber who is new, or beyond the bound. Growing moves a few slots with each new
 * subscriber and never all at once.
 */
export class DailyDedup {
  /** The hash of the subscriber that `slotOf` was called with last. */
  lastA = 0;
  lastB = 0;
  /** Subscribers that were forgotten because of the bound, since the start. */
  forgotten = 0;
  private readonly seeds: readonly [number, number];
  /** Slots of a table at most: two tables fit into the bound. */
  private readonly mostSlots: number;
  /**
   * A slot is two adjacent words, so that a lookup touches memory once: half of the hash, then the
   * other half without its lowest bits, which hold the day bits.
   */
  private table: Int32Array;
  private size = 0;
  /**
   * The former table: its slots are moving, or, at the bound, it is what will be forgotten next.
   */
  private former: Int32Array | undefined;
  private formerSize = 0;
  /** The next word of the former table that moves; its length if none does. */
  private moved = 0;

  /** @param bytes bound on memory */
  constructor(bytes: number, seeds: readonly [number, number]) {
    this.seeds = seeds;
    this.mostSlots = Math.max(16, 2 ** Math.floor(Math.log2(bytes / 2 / SLOT_BYTES)));
    this.table = this.firstTable();
  }

  /** Number of subscribers that are remembered. */
  get remembered(): number {
    return this.size + this.formerSize;
  }

  /** Memory of the tables. */
  get bytes(): number {
    return (this.table.length + (this.former?.length ?? 0)) * (SLOT_BYTES / 2);
  }

  /**
   * Returns the slot of a subscriber and reserves one for a new subscriber. It is valid until the
   * next call.
   */
  slotOf(subscriber: string): number {
    hashOf(subscriber, this.seeds);
    const a = hash[0]!;
    const b = hash[1]!;
    this.lastA = a;
    this.lastB = b;
    const slot = probe(this.table, a, b);
    return this.table[slot + 1] === 0 ? this.add(a, b) : slot;
  }

  has(slot: number, side: number): boolean {
    return (this.table[slot + 1]! & side) !== 0;
  }

  set(slot: number, side: number): void {
    this.table[slot + 1]! |= side;
  }

  /** Marks the side of a hash as durable, wherever it is by now. */
  setDurable(a: number, b: number, side: number): void {
    change(this.table, a, b, side * DURABLE, 0);
    if (this.former !== undefined) change(this.former, a, b, side * DURABLE, 0);
  }

  /** Forgets the side of a hash, wherever it is by now. */
  forget(a: number, b: number, side: number): void {
    change(this.table, a, b, 0, side);
    if (this.former !== undefined) change(this.former, a, b, 0, side);
  }

  /** Forgets all subscribers, at the start of a new day. */
  clear(): void {
    this.table = this.firstTable();
    this.size = 0;
    this.dropFormer();
  }

  private firstTable(): Int32Array {
    return new Int32Array(2 * Math.min(FIRST_SLOTS, this.mostSlots));
  }

  /**
   * Reserves a slot for a hash that is not in the table, with what the former table knows of it.
   */
  private add(a: number, b: number): number {
    let bits = OCCUPIED;
    if (this.former !== undefined) {
      const known = this.former[probe(this.former, a, b) + 1]! & BITS;
      bits |= known;
      // At the bound, it is not among those who are forgotten next.
      if (known !== 0 && this.formerSize > 0) this.formerSize--;
      this.move(MOVED_AT_ONCE);
    }
    if (this.size >= (this.table.length / 2) * LOAD) this.renew();
    return this.insert(a, b, bits);
  }

  private insert(a: number, b: number, bits: number): number {
    const slot = probe(this.table, a, b);
    if (this.table[slot + 1] === 0) {
      this.size++;
      this.table[slot] = a;
      this.table[slot + 1] = (b & ~BITS) | bits;
    }
    return slot;
  }

  /** Moves slots of the former table, if they are moving. */
  private move(count: number): void {
    const former = this.former!;
    const end = Math.min(former.length, this.moved + 2 * count);
    if (this.moved >= former.length) return;
    for (let at = this.moved; at < end; at += 2) {
      const word = former[at + 1]!;
      if (word !== 0) this.insert(former[at]!, word, word & BITS);
    }
    this.moved = end;
    if (end === former.length) this.dropFormer();
  }

  private dropFormer(): void {
    this.former = undefined;
    this.formerSize = 0;
    this.moved = 0;
  }

  /** Begins another table: of twice the size, or, at the bound, of the same size. */
  private renew(): void {
    const { length } = this.table;
    const isAtBound = length / 2 >= this.mostSlots;
    this.forgotten += this.formerSize;
    this.former = this.table;
    // While slots move they are counted where they arrive.
    this.formerSize = isAtBound ? this.size : 0;
    this.moved = isAtBound ? length : 0;
    this.table = new Int32Array(isAtBound ? length : 2 * length);
    this.size = 0;
  }
}
