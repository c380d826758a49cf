/**
 * Remembers per UTC day from which sides each subscriber was seen, in typed arrays on a seeded hash
 * and without identifiers.
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

/**
 * Remembers the sides from which each subscriber was seen during one day, for at most `subscribers`
 * subscribers. Identifiers are distinguished by 64 bits of a hash whose seed is not known outside
 * the process. Among a million subscribers a day, the probability that any two collide is about 1
 * in 37 million; one of the two may then lack a bit. Cost: one hash of the identifier and about one
 * probe.
 */
export class DailyDedup {
  private readonly subscribers: number;
  private readonly seeds: readonly [number, number];
  /** Number of slots: a power of two. */
  private readonly count: number;
  /**
   * A slot is two adjacent words, so that a lookup touches memory once: half of the hash, then the
   * other half without its lowest bits, which hold the day bits.
   */
  private readonly slots: Int32Array;
  private size = 0;

  constructor(subscribers: number, seeds: readonly [number, number]) {
    this.subscribers = subscribers;
    this.seeds = seeds;
    this.count = 2 ** Math.ceil(Math.log2(Math.max(16, subscribers) * 1.5));
    this.slots = new Int32Array(2 * this.count);
  }

  /**
   * Returns the slot of a subscriber and reserves one for a new subscriber. Returns -1 when the
   * bound on memory is reached.
   */
  slotOf(subscriber: string): number {
    const { slots, count } = this;
    hashOf(subscriber, this.seeds);
    const a = hash[0]!;
    const b = hash[1]!;
    // The hash bits that the slot does not store select its position, so they still distinguish
    // identifiers.
    let slot = ((a ^ (b << 16)) & (count - 1)) << 1;
    for (;;) {
      const word = slots[slot + 1]!;
      if (word === 0) break;
      if (slots[slot] === a && ((word ^ b) & ~BITS) === 0) return slot;
      slot = (slot + 2) & (2 * count - 1);
    }
    if (this.size >= this.subscribers) return -1;
    this.size++;
    slots[slot] = a;
    slots[slot + 1] = (b & ~BITS) | OCCUPIED;
    return slot;
  }

  has(slot: number, side: number): boolean {
    return (this.slots[slot + 1]! & side) !== 0;
  }

  set(slot: number, side: number): void {
    this.slots[slot + 1]! |= side;
  }

  forget(slot: number, side: number): void {
    this.slots[slot + 1]! &= ~side;
  }

  /** Forgets all subscribers, at the start of a new day. */
  clear(): void {
    this.slots.fill(0);
    this.size = 0;
  }
}
