/**
 * Packs the arrays of a table into one SharedArrayBuffer, which all threads of a process share and
 * which is never changed.
 */
import type { IPv4Layout, IPv6Layout } from './paged-layout.ts';

/** Position of one array: its offset in bytes, and its number of elements. */
interface Place {
  readonly offset: number;
  readonly length: number;
}

/** All arrays of a table in one SharedArrayBuffer. It passes to a worker thread unchanged. */
export interface SharedLayout {
  readonly buffer: SharedArrayBuffer;
  readonly places: readonly Place[];
}

/**
 * The arrays in order. Arrays of 8-byte elements come first, so that each array begins at a
 * multiple of its element size.
 */
const arraysOf = (ipv4: IPv4Layout, ipv6: IPv6Layout) => [
  ipv6.keys,
  ipv4.deepStarts,
  ipv6.top,
  ipv6.index,
  ipv6.deep.starts,
  ipv6.deep.values,
  ipv4.pageOf,
  ipv4.pages,
  ipv4.deepCodes,
  ipv6.codes,
];

/** Bytes of an element of each array, in the order of {@link arraysOf}. */
export const ELEMENT_BYTES: readonly number[] = [8, 4, 4, 4, 4, 2, 2, 1, 1, 1];

/** Each array begins at a multiple of so many bytes. */
export const ALIGNMENT = 8;
export const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Returns the positions of arrays of these lengths, one after the other from `offset` on. */
export function placesOf(lengths: readonly number[], offset: number): Place[] {
  let next = offset;
  return lengths.map((length, index) => {
    const place = { offset: next, length };
    next += aligned(length * ELEMENT_BYTES[index]!);
    return place;
  });
}

/** Returns the position after the last array. */
export function endOf(places: readonly Place[]): number {
  const { offset, length } = places.at(-1)!;
  return offset + aligned(length * ELEMENT_BYTES.at(-1)!);
}

/** Copies the arrays into shared memory. */
export function toSharedBuffer(ipv4: IPv4Layout, ipv6: IPv6Layout): SharedLayout {
  const arrays = arraysOf(ipv4, ipv6);
  const lengths = arrays.map(({ length }) => length);
  const places = placesOf(lengths, 0);
  const buffer = new SharedArrayBuffer(endOf(places));
  arrays.forEach((array, index) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    new Uint8Array(buffer, places[index]!.offset, array.byteLength).set(bytes);
  });
  return { buffer, places };
}

/** Constructor of a view of one array. */
type View<A> = new (buffer: SharedArrayBuffer, offset: number, length: number) => A;

/** Returns views of the arrays in the memory, without a copy. */
export function fromSharedBuffer({ buffer, places }: SharedLayout): {
  readonly ipv4: IPv4Layout;
  readonly ipv6: IPv6Layout;
} {
  const view = <A>(Type: View<A>, index: number): A =>
    new Type(buffer, places[index]!.offset, places[index]!.length);
  const deep = { starts: view(Uint32Array, 4), values: view(Uint16Array, 5) };
  return {
    ipv4: {
      deepStarts: view(Uint32Array, 1),
      pageOf: view(Uint16Array, 6),
      pages: view(Uint8Array, 7),
      deepCodes: view(Uint8Array, 8),
    },
    ipv6: {
      keys: view(Float64Array, 0),
      top: view(Uint32Array, 2),
      index: view(Int32Array, 3),
      codes: view(Uint8Array, 9),
      deep: { width: 4, length: deep.values.length, ...deep },
    },
  };
}
