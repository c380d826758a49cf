/**
 * Remembers per UTC day from which sides each subscriber was seen, in typed arrays on a seeded hash
 * and without identifiers.
 */

export const HOME = 1;
export const OUTSIDE = 2;
const OCCUPIED = 4;

/** A side times this: its bit is not only on its way but durable. */
export const DURABLE = 8;

/** All of the above lie in the lowest bits of the second word of a slot. */
const BITS = 31;

/** Remembers bits by subscriber for one day. */
export interface Seen {
  /** The place of a subscriber's bits, taken where it is new; -1 where the bound on memory is reached. */
  placeOf(subscriber: string): number;
  has(place: number, side: number): boolean;
  set(place: number, side: number): void;
  forget(place: number, side: number): void;
  /** A new day: everybody is new. */
  clear(): void;
}

/** 64 bits of a seeded hash, as two int32; reused from call to call. */
const hash = new Int32Array(2);

/** Four code units a step, two into each half; each step is a bijection of the 64 bits, whatever it is given. */
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
 * Room for `subscribers` of them. Identifiers are told apart by 64 bits of a hash whose seed nobody outside the process knows: among a
 * million subscribers a day, the odds that any two are taken for one are about 1 in 37 million, and then one of them may lack a bit.
 * Cost: the hash of the identifier and about one probe.
 */
export function seenToday(subscribers: number, seeds: readonly [number, number]): Seen {
  const count = 2 ** Math.ceil(Math.log2(Math.max(16, subscribers) * 1.5));
  // A slot is two words side by side, for one visit to memory: half of the hash; the other half less its lowest bits, which hold ours.
  const slots = new Int32Array(2 * count);
  let size = 0;
  const placeOf = (subscriber: string): number => {
    hashOf(subscriber, seeds);
    const a = hash[0]!;
    const b = hash[1]!;
    // What the slot lacks of the hash decides where it is, so that it tells apart all the same.
    let place = ((a ^ (b << 16)) & (count - 1)) << 1;
    for (;;) {
      const word = slots[place + 1]!;
      if (word === 0) break;
      if (slots[place] === a && ((word ^ b) & ~BITS) === 0) return place;
      place = (place + 2) & (2 * count - 1);
    }
    if (size >= subscribers) return -1;
    size++;
    slots[place] = a;
    slots[place + 1] = (b & ~BITS) | OCCUPIED;
    return place;
  };
  return {
    placeOf,
    has: (place, side) => (slots[place + 1]! & side) !== 0,
    set: (place, side) => {
      slots[place + 1]! |= side;
    },
    forget: (place, side) => {
      slots[place + 1]! &= ~side;
    },
    clear: () => {
      slots.fill(0);
      size = 0;
    },
  };
}
