/**
 * A slow, plain reader of MaxMind DB files, written from the published format. It lists the country
 * of every network.
 */

type Leaf = { readonly bits: string; readonly code: string };

interface Value {
  readonly type: number;
  readonly size: number;
  readonly at: number;
}

const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');

/** Throws where the file cannot be read, as a strict reader would refuse it. */
const unreadable = (why: string): never => {
  throw new RangeError(why);
};

/**
 * Reads the value whose control byte is at `at` and follows one pointer; reading continues at
 * `next`.
 */
function valueAt(file: Buffer, base: number, at: number): Value & { readonly next: number } {
  const control = file[at] ?? unreadable('end of file');
  let type = control >> 5;
  let next = at + 1;
  if (type === 1) {
    const length = ((control >> 3) & 3) + 1;
    const low = file.readUIntBE(next, length);
    const high = length === 4 ? 0 : (control & 7) * 2 ** (8 * length);
    const target = base + high + low + [0, 0, 2048, 526336, 0][length]!;
    const value = valueAt(file, base, target);
    if (file[target]! >> 5 === 1) unreadable('pointer to pointer');
    return { ...value, next: next + length };
  }
  if (type === 0) type = 7 + file[next++]!;
  let size = control & 31;
  if (size >= 29) {
    const length = size - 28;
    size = [0, 29, 285, 65821][length]! + file.readUIntBE(next, length);
    next += length;
  }
  return { type, size, at: next, next };
}

/** Returns where the value that begins at `at` ends, without following pointers. */
function endOf(file: Buffer, at: number): number {
  const control = file[at] ?? unreadable('end of file');
  if (control >> 5 === 1) return at + 1 + ((control >> 3) & 3) + 1;
  const { type, size, at: start } = valueAt(file, 0, at);
  if (type === 14) return start;
  if (type !== 7 && type !== 11) return start + size;
  let end = start;
  for (let count = type === 7 ? 2 * size : size; count > 0; count--) end = endOf(file, end);
  return end;
}

const textOf = (file: Buffer, { type, size, at }: Value): string | undefined =>
  type === 2 ? file.toString('utf8', at, at + size) : undefined;

/** Returns the last value of a key in a map. */
function find(file: Buffer, base: number, map: Value, wanted: string): Value | undefined {
  let found: Value | undefined;
  if (map.type !== 7) return undefined;
  let at = map.at;
  for (let pair = 0; pair < map.size; pair++) {
    const key = valueAt(file, base, at);
    const after = file[at]! >> 5 === 1 ? key.next : endOf(file, at);
    if (textOf(file, key) === wanted) found = valueAt(file, base, after);
    at = endOf(file, after);
  }
  return found;
}

function countryAt(file: Buffer, base: number, at: number): string {
  const record = valueAt(file, base, at);
  const text = (value: Value | undefined): string | undefined => value && textOf(file, value);
  const country = find(file, base, record, 'country');
  return (
    text(country && find(file, base, country, 'iso_code')) ??
    text(find(file, base, record, 'country_code')) ??
    text(country) ??
    ''
  );
}

/** The record of an exported zone table, as JSON. */
export function locationAt(file: Buffer, base: number, at: number): string {
  const record = valueAt(file, base, at);
  const field = (key: string): Value => find(file, base, record, key) ?? unreadable(key);
  const text = (key: string): string => textOf(file, field(key)) ?? unreadable(key);
  const isSet = (key: string): boolean =>
    field(key).type === 14 ? field(key).size === 1 : unreadable(key);
  return JSON.stringify({
    zone: text('zone'),
    known: text('known'),
    licensed: isSet('licensed'),
    anonymised: isSet('anonymised'),
    disputed: isSet('disputed'),
  });
}

/**
 * Lists each network of the tree in the order of addresses, as bits below the root, with its
 * country, or with what `readRecord` makes of its record.
 */
export function leavesOf(
  file: Buffer,
  readRecord = countryAt,
): {
  readonly version: number;
  readonly leaves: readonly Leaf[];
} {
  const marker = file.lastIndexOf(MARKER);
  const start = marker + MARKER.length;
  const metadata = valueAt(file, start, start);
  const number = (key: string): number => {
    const value = find(file, start, metadata, key) ?? unreadable(key);
    return value.size === 0 ? 0 : file.readUIntBE(value.at, Math.min(6, value.size));
  };
  const nodes = number('node_count');
  const bits = number('record_size');
  const version = number('ip_version');
  const record = (node: number, side: number): number => {
    const at = (node * bits) / 4;
    if (bits === 24) return file.readUIntBE(at + 3 * side, 3);
    if (bits === 32) return file.readUInt32BE(at + 4 * side);
    const middle = file[at + 3]!;
    return (side === 0 ? middle >> 4 : middle & 15) * 2 ** 24 + file.readUIntBE(at + 4 * side, 3);
  };
  const base = (nodes * bits) / 4 + 16;
  const leaves: Leaf[] = [];
  const walk = (node: number, path: string): void => {
    if (leaves.length > 200_000) unreadable('no end');
    // A path longer than an address: no look-up ends there.
    if (path.length === 128 && node < nodes) leaves.push({ bits: path, code: '' });
    else if (node < nodes) {
      walk(record(node, 0), `${path}0`);
      walk(record(node, 1), `${path}1`);
    } else
      leaves.push({
        bits: path,
        code: node === nodes ? '' : readRecord(file, base, base + node - nodes - 16),
      });
  };
  walk(0, '');
  return { version, leaves };
}
