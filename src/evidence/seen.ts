/** Which sides has this subscriber been seen from today? Two bits each, in typed arrays on a seeded hash; no identifier is kept. */

export const HOME = 1;
export const OUTSIDE = 2;
const OCCUPIED = 4;

/** A side times this: its bit is not only on its way but durable. */
export const DURABLE = 8;

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

function hashOf(subscriber: string, seeds: readonly [number, number]): void {
  let a = seeds[0] | 0;
  let b = seeds[1] | 0;
  for (let at = 0; at < subscriber.length; at++) {
    const unit = subscriber.charCodeAt(at);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x85ebca6b);
    a ^= b >>> 15;
    b ^= a >>> 13;
  }
  a = Math.imul(a ^ (a >>> 16) ^ subscriber.length, 0x85ebca6b);
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
  const slots = 2 ** Math.ceil(Math.log2(Math.max(16, subscribers) * 1.5));
  const [first, second, bits] = [new Int32Array(slots), new Int32Array(slots), new Uint8Array(slots)];
  let size = 0;
  const placeOf = (subscriber: string): number => {
    hashOf(subscriber, seeds);
    const a = hash[0]!;
    const b = hash[1]!;
    let place = a & (slots - 1);
    while (bits[place] !== 0) {
      if (first[place] === a && second[place] === b) return place;
      place = (place + 1) & (slots - 1);
    }
    if (size >= subscribers) return -1;
    size++;
    first[place] = a;
    second[place] = b;
    bits[place] = OCCUPIED;
    return place;
  };
  return {
    placeOf,
    has: (place, side) => (bits[place]! & side) !== 0,
    set: (place, side) => {
      bits[place]! |= side;
    },
    forget: (place, side) => {
      bits[place]! &= ~side;
    },
    clear: () => {
      bits.fill(0);
      size = 0;
    },
  };
}
