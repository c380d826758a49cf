/**
 * Provides a growable list of numbers in typed arrays. They are outside the heap, so running out of
 * memory throws an error and does not end the process.
 */

import { portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';

type Numbers = Uint8Array | Uint16Array | Uint32Array;

export interface GrowableArray<A extends Numbers> {
  readonly length: number;
  push(value: number): void;
  /** Returns the numbers so far, copied to memory of their own. */
  array(): A;
}

/** More than any real table or source contains. A larger file is malicious. */
const MOST = 2 ** 27;

/** Creates a list that doubles its memory as it grows. */
export function createGrowableArray<A extends Numbers>(
  Type: new (length: number) => A,
): GrowableArray<A> {
  let numbers = new Type(1024);
  let length = 0;
  return {
    get length() {
      return length;
    },
    push: value => {
      if (length === numbers.length) {
        if (length >= MOST) throw portabilityError(GEO.tableTooManyNumbers);
        const larger = new Type(length * 2);
        larger.set(numbers);
        numbers = larger;
      }
      numbers[length++] = value;
    },
    array: () => numbers.slice(0, length) as A,
  };
}
