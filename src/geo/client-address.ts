/** Finds the client's address from the socket's peer and what trusted proxies added to a header, read right to left. */
import { PortabilityError } from '../errors.ts';
import { type Address, dotted, lastIPv4, parseAddress, readIPv4 } from './address.ts';
import { compareWords, increment } from './intervals.ts';
import { isWithin, parsePrefix, parsePrefixOrAddress, type Range, wordsOf } from './prefix.ts';

/** The proxies that an operator trusts to say whom they speak for; from {@link trustedPrefixes}. */
export interface TrustedPrefixes {
  /** Whether an address is one of theirs. */
  holds(address: Address): boolean;
  /** The same of an IPv4 address as a number, uint32: what a gateway asks for every request. */
  holdsIPv4(value: number): boolean;
  /** Whether a peer on a Unix socket is. */
  readonly unix: boolean;
}

/** What a request says of where it came from. */
export interface ClientInput {
  /** The socket's remote address as text; `undefined` on a Unix socket. */
  readonly peer: string | undefined;
  /** `X-Forwarded-For`; several header lines in their order. */
  readonly forwardedFor?: string | readonly string[] | undefined;
  /** `Forwarded` (RFC 7239), instead of the other. Where both are given it is not known which one the proxies write: there is no address. */
  readonly forwarded?: string | readonly string[] | undefined;
  readonly trusted: TrustedPrefixes;
}

/** Names for blocks that can not change hands, as `proxy-addr` has them. */
const PRESETS: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

const UNIX = 'unix';

/** Whether ranges together hold all of a block: from each end on, the next one. */
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

/** Asked for every request of a gateway: numbers beside numbers, no object made. */
function withinIPv4(ranges: readonly Range[]): (value: number) => boolean {
  const narrow = ranges.filter(({ width }) => width === 1);
  const [firsts, lasts] = [narrow.map(({ first }) => first[0]!), narrow.map(({ last }) => last[0]!)];
  return value => {
    for (let at = 0; at < firsts.length; at++) if (value >= firsts[at]! && value <= lasts[at]!) return true;
    return false;
  };
}

const EVERYBODY = ['0.0.0.0/0', '2000::/3'].map(parsePrefix);

/**
 * Compiles the proxies that are trusted: prefixes, single addresses, `loopback`, `linklocal`, `uniquelocal`, and `unix` for peers on a Unix socket:
 * only where the server listens on nothing else, for a closed TCP socket tells no peer either. No provider's ranges are built in, for they change.
 * @throws PortabilityError `ERR_PREFIX` on what is no prefix, `ERR_PREFIX_TRUSTS_ALL` where the list trusts everybody of a family
 */
export function trustedPrefixes(list: readonly string[]): TrustedPrefixes {
  if (!Array.isArray(list)) throw new PortabilityError('ERR_ARGUMENT', 'trusted proxies are a list of prefixes');
  if (!list.every(text => typeof text === 'string')) throw new PortabilityError('ERR_PREFIX', 'a prefix is a text');
  const texts = list.flatMap(text => (Object.hasOwn(PRESETS, text) ? PRESETS[text]! : [text]));
  const ranges = texts.filter(text => text !== UNIX).map(parsePrefixOrAddress);
  if (EVERYBODY.some(block => cover(ranges, block)))
    throw new PortabilityError('ERR_PREFIX_TRUSTS_ALL', 'a list of trusted proxies must not trust everybody');
  const holdsIPv4 = withinIPv4(ranges);
  const wide = ranges.filter(({ width }) => width === 4);
  const holdsIPv6 = (words: Uint32Array): boolean => wide.some(range => isWithin(range, words));
  return Object.freeze({
    unix: texts.includes(UNIX),
    holdsIPv4,
    holds: (address: Address): boolean =>
      address.version === 4 ? holdsIPv4(address.value) : wide.length > 0 && holdsIPv6(wordsOf(address)),
  });
}

/** Hops, and characters, that are read from the right; what lies further left does not count. */
const MOST_HOPS = 32;
const MOST_CHARACTERS = 4096;

/** Why the address of a client could not be established. */
export type AddressProblem =
  /** The socket has no peer address: it is closed, or a Unix socket that the list of trusted proxies does not hold. */
  | 'no-peer'
  /** A trusted proxy sent no header with an address. */
  | 'no-header'
  /** An entry on the way is not an address. */
  | 'unreadable'
  /** More hops or characters than are read. */
  | 'too-many-hops'
  /** Every hop is a trusted proxy. */
  | 'only-proxies';

interface NoAddress {
  readonly problem: AddressProblem;
}

const noAddress = (problem: AddressProblem): NoAddress => Object.freeze({ problem });
const NO_PEER = noAddress('no-peer');
const NO_HEADER = noAddress('no-header');
const UNREADABLE = noAddress('unreadable');
const TOO_MANY_HOPS = noAddress('too-many-hops');
const ONLY_PROXIES = noAddress('only-proxies');

/** Text that is never an address. */
const NO_TEXT = '';

/** `v4`, `v4:port`, `v6`, `[v6]`, `[v6]:port` as an address. */
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

/** A part without the spaces and tabs at its ends, in one pass: a pattern would go back and forth over a long run of them. */
function trim(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Whether an odd number of backslashes stands right before a position. */
function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (before > 0 && text.charCodeAt(before - 1) === BACKSLASH) before--;
  return (at - before) % 2 === 1;
}

/**
 * The comma before the element of `Forwarded` that ends at `end`, -1 where it is the first one, `undefined` where a quoted string
 * is not closed. Read from the right, as the element that a trusted proxy appended ends outside of quotes whatever a client wrote
 * before it.
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
 * One `forwarded-pair` of an element and its semicolon, or an empty one; RFC 7239, 4: `token "=" ( token / quoted-string )`.
 * Blanks around a semicolon are let pass.
 */
const PAIR =
  /[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=(?:([\w!#$%&'*+.^`|~-]+)|"((?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*)")[ \t]*)?(?:;|$)/y;

/** `node`, RFC 7239, 6: an address and perhaps a port, a number or an obfuscated one. IPv6 stands in brackets. */
const NODE = /^(?:([\d.]+)|\[([\da-fA-F:.]+)\])(?::(?:\d{1,5}|_[\w.-]+))?$/;

/** The address in the `for` of an element of `Forwarded`; no text where the element is outside of the grammar or hides its `for`. */
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
    // Each parameter stands once, RFC 7239, 4.
    if (names.has(name)) return NO_TEXT;
    names.add(name);
    if (name === 'for') node = token ?? quoted!.replace(/\\(.)/gs, '$1');
  }
  const [, ipv4, ipv6] = NODE.exec(node) ?? [];
  if (ipv6 !== undefined) return ipv6.includes(':') ? ipv6 : NO_TEXT;
  return ipv4 ?? NO_TEXT;
}

/** What an entry comes to: the client, no address, or `undefined` for a trusted hop that is passed over. */
function judge(entry: string, trusted: TrustedPrefixes): string | NoAddress | undefined {
  // Most entries are a bare IPv4 address: read without making an object.
  if (readIPv4(entry, 0)) return trusted.holdsIPv4(lastIPv4[0]! >>> 0) ? undefined : entry;
  const plain = parseAddress(entry);
  const text = plain === undefined ? addressIn(entry) : entry;
  const address = plain ?? parseAddress(text);
  if (address === undefined) return UNREADABLE;
  return trusted.holds(address) ? undefined : textOf(address, text);
}

/** An element of `Forwarded`. An empty one is passed over, as in every list of HTTP (RFC 9110, 5.6.1.2). */
function judgeElement(element: string, trusted: TrustedPrefixes): string | NoAddress | undefined {
  return element === '' ? undefined : judge(forOf(element), trusted);
}

/** The first entry from the right that is not a trusted hop. */
function fromTheRight(lines: readonly string[], isForwarded: boolean, trusted: TrustedPrefixes): string | NoAddress {
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

/** The text as it stood; an IPv4-mapped one as the IPv4 address that it maps. */
const textOf = (address: Address, text: string): string =>
  address.version === 4 && text.includes(':') ? dotted(address.value) : text;

/** A link-local peer comes with the interface that it was met on; RFC 4007, 11. Of the socket alone: in a header it is no address. */
export function withoutZone(peer: unknown): string {
  if (typeof peer !== 'string') return NO_TEXT;
  const zone = peer.indexOf('%');
  return zone < 0 ? peer : peer.slice(0, zone);
}

const isLines = (value: unknown): value is string | readonly string[] =>
  typeof value === 'string' || (Array.isArray(value) && value.every(line => typeof line === 'string'));

/** The client's address as {@link clientAddress} has it, or why there is none. Total. */
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
 * The address of the client as text: the socket's peer, or, where that is a trusted proxy, the first hop from the right that is not
 * one. Total: never throws. `undefined` where an entry on the way cannot be read, where a trusted peer names no address, where all
 * hops are trusted, and beyond 32 hops or 4096 characters: then a decision is `address-invalid` and refuses. It is never another
 * hop instead.
 *
 * `forwarded` is read by the whole grammar of RFC 7239: parameters in any order and case, quoted strings with escapes and
 * separators inside, empty pairs and elements, numeric and obfuscated ports. What is outside of the grammar cannot be read.
 *
 * INVARIANT (what-a-client-writes-is-nothing): what stands in front of the answer changes nothing.
 */
export function clientAddress(input: ClientInput): string | undefined {
  const found = findClient(input);
  return typeof found === 'string' ? found : undefined;
}
