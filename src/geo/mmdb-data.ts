/**
 * Reads values of the MaxMind DB data format within bounds, and decodes only the values that are
 * needed.
 */

import { isUtf8 } from 'node:buffer';
import { type ErrorCode, portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import type { Message } from '../messages.ts';

const MAX_NESTING = 32;

const fail = (code: ErrorCode, message: Message, offset: number): never => {
  throw portabilityError(message, { code, offset });
};

/**
 * Position in a section between `base` and `end`. `type` and `size` describe the value whose header
 * was read last.
 */
export interface Cursor {
  readonly file: Buffer;
  readonly base: number;
  readonly end: number;
  readonly code: ErrorCode;
  at: number;
  type: number;
  size: number;
  /**
   * Number of values that may still be read. Records can share the data to which they point, so a
   * small file could require endless reading.
   */
  budget: number;
}

const STRING = 2;
const POINTER = 1;
const MAP = 7;
const ARRAY = 11;
const BOOLEAN = 14;
const UNSIGNED = [5, 6, 9];

const ANY = Number.POSITIVE_INFINITY;
/**
 * Maximum size of a value, by type: bytes, entries of a container, the bit of a boolean.
 * `undefined`: no value has this type.
 */
const MOST: readonly (number | undefined)[] = [
  undefined,
  ANY,
  ANY,
  8,
  ANY,
  2,
  4,
  ANY,
  4,
  8,
  16,
  ANY,
  undefined,
  undefined,
  1,
  4,
];
/** Double and float always have their maximum size. */
const FIXED = [3, 15];

function byte(cursor: Cursor): number {
  if (cursor.at >= cursor.end) fail(cursor.code, GEO.mmdbValueTooLong, cursor.at);
  return cursor.file[cursor.at++]!;
}

function bytes(cursor: Cursor, count: number): number {
  let value = 0;
  for (let index = 0; index < count; index++) value = value * 256 + byte(cursor);
  return value;
}

/**
 * Reads type and size, and leaves the cursor at the payload. The size of a pointer is its target,
 * as an offset into the section.
 */
function header(cursor: Cursor): void {
  if (cursor.budget-- <= 0) fail(cursor.code, GEO.mmdbTooMuchReading, cursor.at);
  const control = byte(cursor);
  cursor.type = control >> 5 === 0 ? byte(cursor) + 7 : control >> 5;
  const most = MOST[cursor.type] ?? fail(cursor.code, GEO.mmdbTypeUnknown, cursor.at);
  const size = control & 31;
  if (cursor.type === POINTER) {
    const length = size >> 3;
    const high = length === 3 ? 0 : (size & 7) * 256 ** (length + 1);
    cursor.size = high + bytes(cursor, length + 1) + [0, 2048, 526336, 0][length]!;
  } else {
    cursor.size = size < 29 ? size : [29, 285, 65821][size - 29]! + bytes(cursor, size - 28);
    if (cursor.size > most || (FIXED.includes(cursor.type) && cursor.size < most))
      fail(cursor.code, GEO.mmdbValueSize, cursor.at);
  }
}

/**
 * Reads a header, through at most one pointer. Returns the position at which reading continues
 * after a pointer, or -1.
 */
function follow(cursor: Cursor): number {
  header(cursor);
  if (cursor.type !== POINTER) return -1;
  const back = cursor.at;
  if (cursor.base + cursor.size >= cursor.end) fail(cursor.code, GEO.mmdbPointerOutside, back);
  cursor.at = cursor.base + cursor.size;
  header(cursor);
  if (cursor.type === POINTER) fail(cursor.code, GEO.mmdbPointerToPointer, cursor.at);
  return back;
}

/**
 * Skips the payload of the value whose header was just read. It never follows a pointer, so the
 * size of the file limits its cost.
 */
function skip(cursor: Cursor, depth = 0): void {
  const { type, size } = cursor;
  if (depth > MAX_NESTING) fail(cursor.code, GEO.mmdbNesting, cursor.at);
  if (type === MAP || type === ARRAY) {
    const count = type === MAP ? size * 2 : size;
    if (count > cursor.end - cursor.at) fail(cursor.code, GEO.mmdbContainerTooLarge, cursor.at);
    for (let index = 0; index < count; index++) {
      header(cursor);
      skip(cursor, depth + 1);
    }
  } else if (type !== POINTER && type !== BOOLEAN) {
    if (size > cursor.end - cursor.at) fail(cursor.code, GEO.mmdbValueTooLong, cursor.at);
    cursor.at += size;
  }
}

/** Reads the payload of a string whose header was just read. */
function payload(cursor: Cursor): string {
  const start = cursor.at;
  skip(cursor);
  if (!isUtf8(cursor.file.subarray(start, cursor.at)))
    fail(cursor.code, GEO.mmdbTextNotUtf8, start);
  return cursor.file.toString('utf8', start, cursor.at);
}

/**
 * Reads a string, through a pointer if necessary. Any other value is skipped and returns
 * `undefined`.
 */
export function string(cursor: Cursor): string | undefined {
  const back = follow(cursor);
  const text = cursor.type === STRING ? payload(cursor) : skip(cursor);
  if (back >= 0) cursor.at = back;
  return text ?? undefined;
}

/**
 * Calls `visit` with each key of a map; `visit` must read the value. Returns `false` if the value
 * is not a map, and skips it.
 */
export function eachKey(cursor: Cursor, visit: (key: string) => void): boolean {
  const back = follow(cursor);
  const { type, size } = cursor;
  if (type !== MAP) skip(cursor);
  else if (size * 2 > cursor.end - cursor.at) fail(cursor.code, GEO.mmdbMapTooLarge, cursor.at);
  else
    for (let pair = 0; pair < size; pair++)
      visit(string(cursor) ?? fail(cursor.code, GEO.mmdbKeyNotText, cursor.at));
  if (back >= 0) cursor.at = back;
  return type === MAP;
}

/**
 * Reads an unsigned integer of up to 8 bytes, exact up to 2^53. Any other value returns
 * `undefined`.
 */
export function unsigned(cursor: Cursor): number | undefined {
  const back = follow(cursor);
  const start = cursor.at;
  const { type, size } = cursor;
  skip(cursor);
  const value =
    UNSIGNED.includes(type) && size <= 8 ? leading(cursor.file, start, size) : undefined;
  if (back >= 0) cursor.at = back;
  return value;
}

function leading(file: Buffer, start: number, size: number): number {
  let value = 0;
  for (let index = 0; index < size; index++) value = value * 256 + file[start + index]!;
  return value;
}

/** Skips a value of any type. */
export function skipValue(cursor: Cursor): void {
  header(cursor);
  skip(cursor);
}

/**
 * Reads a boolean, through a pointer if necessary. Any other value is skipped and returns `false`.
 */
export function isTrue(cursor: Cursor): boolean {
  const back = follow(cursor);
  const answer = cursor.type === BOOLEAN && cursor.size === 1;
  skip(cursor);
  if (back >= 0) cursor.at = back;
  return answer;
}
