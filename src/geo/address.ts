/** Parses IP addresses with one strict parser, which clients, peers and prefixes share. */

/**
 * An IP address as numbers. IPv4-mapped IPv6 (RFC 4291, 2.5.5.2) is represented as the IPv4 address
 * that it maps.
 */
export type Address =
  | { readonly version: 4 /** uint32 */; readonly value: number }
  | {
      readonly version: 6 /** eight 16-bit groups, first to last */;
      readonly groups: readonly number[];
    };

/** Length of the longest address: `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255` */
const LONGEST = 45;

/**
 * The result of the last successful read, IPv4 as int32. Typed arrays and small integers, so that
 * no number is boxed.
 */
export const lastIPv4 = new Int32Array(1);
export const lastIPv6 = new Uint16Array(8);

const DOT = 46;

/**
 * Reads four decimal parts without leading zeros, from `from` to the end of the text, into
 * {@link lastIPv4}. A processor cannot predict how many digits a part has, so nothing branches on
 * that: `two` and `three` are masks, all ones if the part has that many digits. Characters beyond
 * the text are not read.
 */
export function readIPv4(text: string, from: number): boolean {
  const end = text.length;
  if (end - from < 7 || end - from > 15) return false;
  let at = from;
  let value = 0;
  for (let part = 0; ; part++) {
    const hasSecond = (at + 1 - end) >> 31;
    const hasThird = (at + 2 - end) >> 31;
    const first = text.charCodeAt(at) ^ 48;
    const second = text.charCodeAt(at - hasSecond) ^ 48;
    const third = text.charCodeAt(at - 2 * hasThird) ^ 48;
    const two = hasSecond & ((second - 10) >> 31);
    const three = two & hasThird & ((third - 10) >> 31);
    const tens = first + (two & (first * 9 + second));
    const octet = tens + (three & (tens * 9 + third));
    if (((9 - first) | (255 - octet) | (two & (first - 1))) < 0) return false;
    value = (value << 8) | octet;
    at += 1 - two - three;
    if (part === 3) break;
    if (at + 1 >= end || text.charCodeAt(at++) !== DOT) return false;
  }
  lastIPv4[0] = value;
  return at === end;
}

const COLON = 58;

/**
 * The value of each hexadecimal digit by its code unit; 255 for any other of the 65,536 code units.
 */
const HEXADECIMAL = new Uint8Array(0x10000).fill(0xff);
for (const [value, digit] of [...'0123456789abcdef'].entries())
  for (const unit of [digit, digit.toUpperCase()]) HEXADECIMAL[unit.charCodeAt(0)] = value;

/**
 * Reads RFC 4291 text (2.2, all three forms) into {@link lastIPv6}. No zone id, port, brackets or
 * white space. As in {@link readIPv4}, nothing branches on the number of digits in a group.
 */
function readIPv6(text: string): boolean {
  const end = text.length;
  if (end < 2 || end > LONGEST) return false;
  const isGapFirst = text.charCodeAt(0) === COLON;
  if (isGapFirst && text.charCodeAt(1) !== COLON) return false;
  let gap = isGapFirst ? 0 : -1;
  let count = 0;
  for (let at = isGapFirst ? 2 : 0; at < end; ) {
    const hasSecond = (at + 1 - end) >> 31;
    const hasThird = (at + 2 - end) >> 31;
    const hasFourth = (at + 3 - end) >> 31;
    const first = HEXADECIMAL[text.charCodeAt(at)]!;
    const second = HEXADECIMAL[text.charCodeAt(at - hasSecond)]!;
    const third = HEXADECIMAL[text.charCodeAt(at - 2 * hasThird)]!;
    const fourth = HEXADECIMAL[text.charCodeAt(at - 3 * hasFourth)]!;
    const two = hasSecond & ((second - 16) >> 31);
    const three = two & hasThird & ((third - 16) >> 31);
    const four = three & hasFourth & ((fourth - 16) >> 31);
    if (first > 15 || count === 8) return false;
    let group = (first << (4 & two)) | (second & two);
    group = (group << (4 & three)) | (third & three);
    group = (group << (4 & four)) | (fourth & four);
    const start = at;
    at += 1 - two - three - four;
    const unit = at < end ? text.charCodeAt(at) : COLON;
    if (unit === DOT) return readTail(text, start, count, gap);
    lastIPv6[count++] = group;
    if (at === end) break;
    if (unit !== COLON || ++at === end) return false;
    if (text.charCodeAt(at) === COLON) {
      if (gap >= 0) return false;
      gap = count;
      at++;
    }
  }
  return fillGap(count, gap);
}

/** Reads a dotted quad as the last two groups. */
function readTail(text: string, start: number, count: number, gap: number): boolean {
  if (count > 6 || !readIPv4(text, start)) return false;
  const value = lastIPv4[0]!;
  lastIPv6[count] = value >>> 16;
  lastIPv6[count + 1] = value & 0xffff;
  return fillGap(count + 2, gap);
}

/** Inserts the zeros of `::`, which stands for at least one group. */
function fillGap(count: number, gap: number): boolean {
  if (gap < 0) return count === 8;
  if (count === 8) return false;
  // At most seven groups: copyWithin and fill cost more than this loop.
  let to = 7;
  for (let from = count - 1; from >= gap; from--) lastIPv6[to--] = lastIPv6[from]!;
  while (to >= gap) lastIPv6[to--] = 0;
  return true;
}

/**
 * Whether {@link lastIPv6} is in ::ffff:0:0/96. If so, stores the IPv4 address in {@link lastIPv4}.
 */
function unwrapMapped(): boolean {
  if (
    lastIPv6[5] !== 0xffff ||
    (lastIPv6[0]! | lastIPv6[1]! | lastIPv6[2]! | lastIPv6[3]! | lastIPv6[4]!) !== 0
  )
    return false;
  lastIPv4[0] = (lastIPv6[6]! << 16) | lastIPv6[7]!;
  return true;
}

/**
 * Reads an address without allocating. Returns 4 with the address in {@link lastIPv4}, 6 with the
 * address in {@link lastIPv6}, or 0 for any value of any type that is not an address.
 */
export function readAddress(text: unknown): 0 | 4 | 6 {
  if (typeof text !== 'string') return 0;
  if (readIPv4(text, 0)) return 4;
  if (!readIPv6(text)) return 0;
  return unwrapMapped() ? 4 : 6;
}

/**
 * Parses an address. Returns `undefined` for any value, of any type, that is not an address.
 * Strict: IPv4 in four decimal parts without leading zeros, IPv6 by RFC 4291, 2.2; at most 45
 * characters; no zone id, port, brackets or white space. Agrees with `net.isIP` on every text
 * without a zone id. IPv4-mapped IPv6 is returned as IPv4. Never throws.
 */
export function parseAddress(text: string): Address | undefined {
  const version = readAddress(text);
  if (version === 4) return { version, value: lastIPv4[0]! >>> 0 };
  return version === 6 ? { version, groups: Array.from(lastIPv6) } : undefined;
}

/** Formats an IPv4 address, given as uint32 or int32, in four decimal parts. */
export const dotted = (value: number): string =>
  [24, 16, 8, 0].map(shift => (value >>> shift) & 0xff).join('.');
