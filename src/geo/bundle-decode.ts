/**
 * Decodes the intervals of a bundle in one pass, into arrays that are allocated once. A process
 * waits for this when it starts.
 */

import { endianness } from 'node:os';
import { portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import type { Message } from '../messages.ts';
import { type Intervals, MAX_INTERVALS, type Width } from './intervals.ts';
import { isTableCode } from './location.ts';

export const rejectBundle = (message: Message, offset: number): never => {
  throw portabilityError(message, { offset });
};

/**
 * Each interval after the first takes at least three bytes: the length byte, one byte of its start,
 * and a code.
 */
const LEAST_BYTES = 3;

/**
 * Byte `n` of a word, most significant first, is at `n ^ FLIP` of its four bytes, by the byte order
 * of the machine.
 */
const FLIP = { LE: 3, BE: 0 }[endianness()];

/**
 * Decodes the output of `encodeIntervals`. `offset` is the position of the bytes in the file, for
 * errors.
 */
export function decodeIntervals(bytes: Uint8Array, width: Width, offset: number): Intervals {
  const most = Math.min(Math.floor(bytes.length / LEAST_BYTES) + 1, MAX_INTERVALS);
  const starts = new Uint32Array(most * width);
  const places = new Uint8Array(starts.buffer);
  const values = new Uint16Array(most);
  if (bytes.length === 0) rejectBundle(GEO.tableFamilyEmpty, offset);
  let length = 0;
  let previous = 0;
  let end = 0;
  for (let at = 0, isFirst = true; at < bytes.length; isFirst = false) {
    if (length === most) tooMany();
    if (!isFirst) {
      // A start is the previous start with its first `shared` bytes kept and the bytes from `next`
      // on set to zero.
      const shared = bytes[at]! >> 4;
      const next = shared + (bytes[at++]! & 15) + 1;
      if (next > width * 4 || at + next - shared > bytes.length)
        rejectBundle(GEO.tableStartTooLong, offset + at);
      const start = length * width;
      for (let word = 0; word < width; word++) starts[start + word] = starts[previous + word]!;
      previous = start;
      if (bytes[at]! <= places[start * 4 + (shared ^ FLIP)]!)
        rejectBundle(GEO.tableStartsUnordered, offset + at);
      let byte = shared;
      while (byte < next) places[start * 4 + (byte++ ^ FLIP)] = bytes[at++]!;
      while (byte < end) places[start * 4 + (byte++ ^ FLIP)] = 0;
      end = next;
    }
    if (at >= bytes.length || !isTableCode(bytes[at]!))
      rejectBundle(GEO.tableLocationMissing, offset + at);
    const code = bytes[at++]!;
    if (length === 0 || values[length - 1] !== code) values[length++] = code;
  }
  return {
    width,
    length,
    starts: starts.subarray(0, length * width),
    values: values.subarray(0, length),
  };
}

const tooMany = (): never => {
  throw portabilityError(GEO.tableTooManyIntervals);
};
