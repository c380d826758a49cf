/**
 * Finds the client's address from the socket's peer and the header that trusted proxies extend,
 * which is read from right to left.
 */

import { portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import { type Address, dotted, lastIPv4, parseAddress, readIPv4 } from './address.ts';
import { compareWords, increment } from './intervals.ts';
import { isWithin, parsePrefix, parsePrefixOrAddress, type Range, wordsOf } from './prefix.ts';

/**
 * The compiled list of trusted proxies, whose forwarding headers are believed; made by
 * {@link trustedPrefixes}.
 */
export interface TrustedPrefixes {
  /** Whether an address is in the list. */
  holds(address: Address): boolean;
  /** The same for an IPv4 address as uint32. A gateway calls it for every request. */
  holdsIPv4(value: number): boolean;
  /** Whether a peer on a Unix socket is trusted. */
  readonly unix: boolean;
}

/** The facts of a request from which the client's address is found. */
export interface ClientInput {
  /** The socket's remote address as text; `undefined` on a Unix socket. */
  readonly peer: string | undefined;
  /** `X-Forwarded-For`; several header lines in order. */
  readonly forwardedFor?: string | readonly string[] | undefined;
  /**
   * `Forwarded` (RFC 7239), instead of `forwardedFor`. If both are given, it is not known which one
   * the proxies write, so there is no address.
   */
  readonly forwarded?: string | readonly string[] | undefined;
  readonly trusted: TrustedPrefixes;
}

/** Names for blocks that cannot change owner, the same as in `proxy-addr`. */
const PRESETS: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

const UNIX = 'unix';

/**
 * Whether ranges together contain a whole block: each step continues after the end of the previous
 * range.
 */
function cover(ranges: readonly Range[], block: Range): boolean {
  const at = block.first.slice();
  for (;;) {
    const around = ranges
      .filter(range => isWithin(range, at))
      .sort((a, b) => compareWords(b.last, 0, a.last, 0, a.width));
    if (around[0] === undefined) return false;
    at.set(around[0].last);
    if (compareWords(at, 0, block.last, 0, block.width) >= 0 || !increment(at)) return true;
  }
}

/** Called for every request of a gateway: it compares numbers and creates no object. */
function withinIPv4(ranges: readonly Range[]): (value: number) => boolean {
  const narrow = ranges.filter(({ width }) => width === 1);
  const firsts = narrow.map(({ first }) => first[0]!);
  const lasts = narrow.map(({ last }) => last[0]!);
  return value => {
    for (let at = 0; at < firsts.length; at++)
      if (value >= firsts[at]! && value <= lasts[at]!) return true;
    return false;
  };
}

const EVERYBODY = ['0.0.0.0/0', '2000::/3'];

/**
 * Compiles the list of trusted proxies: prefixes, single addresses, `loopback`, `linklocal`,
 * `uniquelocal`, and `unix` for peers on a Unix socket. Use `unix` only if the server listens on
 * nothing else, because a closed TCP socket has no peer address either. No provider's ranges are
 * built in, because they change.
 * @throws PortabilityError `ERR_PREFIX` on an invalid prefix, `ERR_PREFIX_TRUSTS_ALL` if the list
 * trusts every public address of a family
 */
export function trustedPrefixes(list: readonly string[]): TrustedPrefixes {
  if (!Array.isArray(list)) throw portabilityError(GEO.trustedNotList);
  if (!list.every(text => typeof text === 'string')) throw portabilityError(GEO.prefixNotText);
  const texts = list.flatMap(text => (Object.hasOwn(PRESETS, text) ? PRESETS[text]! : [text]));
  const ranges = texts.filter(text => text !== UNIX).map(parsePrefixOrAddress);
  if (EVERYBODY.some(block => cover(ranges, parsePrefix(block))))
    throw portabilityError(GEO.trustedEveryone);
  const holdsIPv4 = withinIPv4(ranges);
  const wide = ranges.filter(({ width }) => width === 4);
  const holdsIPv6 = (words: Uint32Array): boolean => wide.some(range => isWithin(range, words));
  return Object.freeze({
    unix: texts.includes(UNIX),
    holdsIPv4,
    holds: (address: Address): boolean =>
      address.version === 4
        ? holdsIPv4(address.value)
        : wide.length > 0 && holdsIPv6(wordsOf(address)),
  });
}

/**
 * Maximum number of hops and characters that are read from the right. Beyond them there is no
 * address.
 */
const MOST_HOPS = 32;
const MOST_CHARACTERS = 4096;

/** Why the address of a client could not be established. */
export type AddressProblem =
  /**
   * The socket has no peer address: it is closed, or it is a Unix socket and the list of trusted
   * proxies does not include `unix`.
   */
  | 'no-peer'
  /** A trusted proxy sent no header with an address. */
  | 'no-header'
  /** An entry that has to be read is not an address. */
  | 'unreadable'
  /** The header has more hops or characters than are read. */
  | 'too-many-hops'
  /** Every hop is a trusted proxy. */
  | 'only-proxies';

interface NoAddress {
  readonly problem: AddressProblem;
}

const noAddress = (problem: AddressProblem): NoAddress => Object.freeze({ problem });
const NO_PEER = /* @__PURE__ */ noAddress('no-peer');
const NO_HEADER = /* @__PURE__ */ noAddress('no-header');
const UNREADABLE = /* @__PURE__ */ noAddress('unreadable');
const TOO_MANY_HOPS = /* @__PURE__ */ noAddress('too-many-hops');
const ONLY_PROXIES = /* @__PURE__ */ noAddress('only-proxies');

/** Text that is never an address. */
const NO_TEXT = '';

/** Extracts the address from `v4`, `v4:port`, `v6`, `[v6]` or `[v6]:port`. */
function addressIn(entry: string): string {
  const [, bracketed] = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(entry) ?? [];
  if (bracketed !== undefined) return bracketed.includes(':') ? bracketed : NO_TEXT;
  return /^([\d.]+):\d{1,5}$/.exec(entry)?.[1] ?? entry;
}

const SPACE = 0x20;
const TAB = 0x09;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

const isBlank = (unit: number): boolean => unit === SPACE || unit === TAB;

/** Trims spaces and tabs in one pass; a regular expression backtracks over long runs of them. */
function trim(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Whether an odd number of backslashes immediately precedes a position. */
function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (before > 0 && text.charCodeAt(before - 1) === BACKSLASH) before--;
  return (at - before) % 2 === 1;
}

/**
 * Returns the position of the comma before the element of `Forwarded` that ends at `end`, -1 if it
 * is the first element, `undefined` if a quoted string is not closed. The header is read from the
 * right, because the element that a trusted proxy appended ends outside quotes whatever a client
 * wrote before it.
 */
function commaBefore(text: string, end: number, first: number): number | undefined {
  let isQuoted = false;
  for (let at = end - 1; at >= first; at--) {
    const unit = text.charCodeAt(at);
    if (unit === COMMA && !isQuoted) return at;
    if (unit === QUOTE && !(isQuoted && isEscaped(text, at))) isQuoted = !isQuoted;
  }
  return isQuoted ? undefined : -1;
}

/**
 * Matches one `forwarded-pair` of an element and its semicolon, or an empty pair; RFC 7239, 4:
 * `token "=" ( token / quoted-string )`. Blanks around a semicolon are accepted.
 */
const PAIR =
  /[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=(?:([\w!#$%&'*+.^`|~-]+)|"((?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*)")[ \t]*)?(?:;|$)/y;

/**
 * `node`, RFC 7239, 6: an address with an optional port, numeric or obfuscated. IPv6 is in
 * brackets.
 */
const NODE = /^(?:([\d.]+)|\[([\da-fA-F:.]+)\])(?::(?:\d{1,5}|_[\w.-]+))?$/;

/**
 * Returns the address in the `for` parameter of an element of `Forwarded`, or empty text if the
 * element does not match the grammar or hides its `for`.
 */
function forOf(element: string): string {
  const names = new Set<string>();
  let node = NO_TEXT;
  for (let at = 0; at < element.length; at = PAIR.lastIndex) {
    PAIR.lastIndex = at;
    const pair = PAIR.exec(element);
    if (pair === null) return NO_TEXT;
    const [, written, token, quoted] = pair;
    if (written === undefined) continue;
    const name = written.toLowerCase();
    // Each parameter occurs at most once, RFC 7239, 4.
    if (names.has(name)) return NO_TEXT;
    names.add(name);
    if (name === 'for') node = token ?? quoted!.replace(/\\(.)/gs, '$1');
  }
  const [, ipv4, ipv6] = NODE.exec(node) ?? [];
  if (ipv6 !== undefined) return ipv6.includes(':') ? ipv6 : NO_TEXT;
  return ipv4 ?? NO_TEXT;
}

/**
 * Evaluates an entry: returns the client's address, a problem, or `undefined` for a trusted hop,
 * which is skipped.
 */
function judge(entry: string, trusted: TrustedPrefixes): string | NoAddress | undefined {
  // Most entries are a plain IPv4 address, which is read without creating an object.
  if (readIPv4(entry, 0)) return trusted.holdsIPv4(lastIPv4[0]! >>> 0) ? undefined : entry;
  const plain = parseAddress(entry);
  const text = plain === undefined ? addressIn(entry) : entry;
  const address = plain ?? parseAddress(text);
  if (address === undefined) return UNREADABLE;
  return trusted.holds(address) ? undefined : textOf(address, text);
}

/**
 * Evaluates an element of `Forwarded`. An empty element is skipped, as in every list of HTTP (RFC
 * 9110, 5.6.1.2).
 */
function judgeElement(element: string, trusted: TrustedPrefixes): string | NoAddress | undefined {
  return element === '' ? undefined : judge(forOf(element), trusted);
}

/** Returns the first entry from the right that is not a trusted hop, or a problem. */
function fromTheRight(
  lines: readonly string[],
  isForwarded: boolean,
  trusted: TrustedPrefixes,
): string | NoAddress {
  let hops = 0;
  let left = MOST_CHARACTERS;
  for (let line = lines.length - 1; line >= 0; line--) {
    const text = lines[line]!;
    for (let end = text.length; end >= 0; ) {
      const comma = isForwarded
        ? commaBefore(text, end, Math.max(0, end - left))
        : end === 0
          ? -1
          : text.lastIndexOf(',', end - 1);
      if (comma === undefined) return UNREADABLE;
      left -= end - comma;
      hops++;
      if (hops > MOST_HOPS || left < 0) return TOO_MANY_HOPS;
      const entry = trim(text, comma + 1, end);
      const found = isForwarded ? judgeElement(entry, trusted) : judge(entry, trusted);
      if (found !== undefined) return found;
      end = comma;
    }
  }
  return ONLY_PROXIES;
}

/** Returns the text unchanged; an IPv4-mapped address as the IPv4 address that it maps. */
const textOf = (address: Address, text: string): string =>
  address.version === 4 && text.includes(':') ? dotted(address.value) : text;

/**
 * Removes the zone id of a link-local peer (RFC 4007, 11). It applies to the socket's peer only: in
 * a header, a text with a zone id is not an address.
 */
export function withoutZone(peer: unknown): string {
  if (typeof peer !== 'string') return NO_TEXT;
  const zone = peer.indexOf('%');
  return zone < 0 ? peer : peer.slice(0, zone);
}

const isLines = (value: unknown): value is string | readonly string[] =>
  typeof value === 'string' ||
  (Array.isArray(value) && value.every(line => typeof line === 'string'));

/** Finds the client's address as {@link clientAddress} does, or returns the problem. Total. */
export function findClient(input: ClientInput): string | NoAddress {
  const { peer, forwardedFor, forwarded, trusted } = input ?? {};
  if (typeof trusted?.holdsIPv4 !== 'function') return NO_PEER;
  const isUnix = peer === undefined && trusted.unix === true;
  if (peer === undefined && !isUnix) return NO_PEER;
  const own = isUnix ? undefined : judge(withoutZone(peer), trusted);
  if (own !== undefined) return own;
  const isForwarded = forwarded !== undefined;
  const lines = isForwarded ? forwarded : forwardedFor;
  if (lines === undefined) return NO_HEADER;
  if (!isLines(lines) || (isForwarded && forwardedFor !== undefined)) return UNREADABLE;
  if (lines.length === 0) return NO_HEADER;
  return fromTheRight(typeof lines === 'string' ? [lines] : lines, isForwarded, trusted);
}

/**
 * Returns the address of the client as text: the socket's peer or, if the peer is a trusted proxy,
 * the first hop from the right that is not one. Total: never throws. In doubt it returns
 * `undefined`, never another hop: if an entry that has to be read is invalid, if a trusted peer
 * sends no address, if all hops are trusted, and beyond 32 hops or 4096 characters. The decision is
 * then `address-invalid`, a refusal.
 *
 * `forwarded` is parsed by the whole grammar of RFC 7239: parameters in any order and case, quoted
 * strings with escapes and separators inside, empty pairs and elements, numeric and obfuscated
 * ports. Text outside the grammar is invalid.
 *
 * INVARIANT (what-a-client-writes-is-nothing): what stands in front of the answer changes nothing.
 */
export function clientAddress(input: ClientInput): string | undefined {
  const found = findClient(input);
  return typeof found === 'string' ? found : undefined;
}
