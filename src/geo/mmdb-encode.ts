/** Encodes values in the data format of MaxMind DB files. */

/** Types of the format. */
const TEXT = 2;
const UINT16 = 5;
const UINT32 = 6;
const MAP = 7;
const UINT64 = 9;
const ARRAY = 11;
const BOOLEAN = 14;

/** Type and size of a value of at most 65,820 bytes or entries. */
function header(type: number, size: number): Buffer {
  const control = (type > 7 ? 0 : type) << 5;
  const extended = type > 7 ? [type - 7] : [];
  if (size < 29) return Buffer.from([control | size, ...extended]);
  if (size < 285) return Buffer.from([control | 29, ...extended, size - 29]);
  return Buffer.from([control | 30, ...extended, (size - 285) >> 8, (size - 285) & 0xff]);
}

function unsigned(type: number, value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.concat([header(type, bytes.length), Buffer.from(bytes)]);
}

export const uint16 = (value: number): Buffer => unsigned(UINT16, value);
export const uint32 = (value: number): Buffer => unsigned(UINT32, value);
export const uint64 = (value: number): Buffer => unsigned(UINT64, value);

export const boolean = (value: boolean): Buffer => header(BOOLEAN, value ? 1 : 0);

/** Encodes a text of at most 65,820 bytes in UTF-8. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([header(TEXT, bytes.length), bytes]);
}

export const array = (values: readonly Buffer[]): Buffer =>
  Buffer.concat([header(ARRAY, values.length), ...values]);

/** Encodes a map of encoded values, in the order of its keys. */
export function map(values: Readonly<Record<string, Buffer>>): Buffer {
  const entries = Object.entries(values);
  return Buffer.concat([
    header(MAP, entries.length),
    ...entries.flatMap(([key, value]) => [text(key), value]),
  ]);
}
