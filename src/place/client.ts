/** Whose request is it? From the socket's peer and what trusted proxies added to a header, right to left; never from what a client could write. */
import { PortabilityError } from '../errors.ts';
import { type Address, dotted, lastIPv4, parseAddress, readIPv4 } from './address.ts';
import { isWithin, parsePrefix, parsePrefixOrAddress, type Range, wordsOf } from './prefix.ts';
import { compareWords, increment } from './stretches.ts';

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
  /** `Forwarded` (RFC 7239), instead of the other; where both are given nobody knows which one the proxies write, and there is no answer. */
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

/** Hops, and characters, that are looked at from the right; what lies further left is nobody's business. */
const MOST_HOPS = 32;
const MOST_CHARACTERS = 4096;

/** `v4`, `v4:port`, `v6`, `[v6]`, `[v6]:port`, as an address. */
function addressIn(entry: string): string {
  const [, bracketed] = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(entry) ?? [];
  if (bracketed !== undefined) return bracketed.includes(':') ? bracketed : '';
  return /^([\d.]+):\d{1,5}$/.exec(entry)?.[1] ?? entry;
}

/** A space or a tab. */
const isBlank = (unit: number): boolean => unit === 0x20 || unit === 0x09;

/** A part without the spaces and tabs at its ends, in one pass: a pattern would go back and forth over a long run of them. */
function trim(text: string, from: number, to: number): string {
  let [start, end] = [from, to];
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** One `name=token` or `name="quoted"` of an element of `Forwarded`, to its semicolon or the end; RFC 7239, 4. */
const PARAMETER = /[ \t]*([\w!#$%&'*+.^`|~-]+)=(?:([^\s";,]+)|"([^"\\]*)")[ \t]*(?:;|$)/y;

/**
 * The `for` of an element of `Forwarded`, read parameter by parameter: a client writes its `host`, so what stands inside quotes must not be taken for
 * a parameter. What can not be read to its end, and a second `for`, say nothing.
 */
function forOf(element: string): string {
  let found: string | undefined;
  for (let at = 0; at < element.length; at = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = at;
    const [, name, token, quoted] = PARAMETER.exec(element) ?? [];
    if (name === undefined) return NOBODY;
    if (name.toLowerCase() !== 'for') continue;
    if (found !== undefined) return NOBODY;
    // An IPv6 address is quoted, and an address with a port is; RFC 7239, 4 and 6.
    found = token === undefined ? quoted! : /[[:\]]/.test(token) ? NOBODY : token;
  }
  return found ?? NOBODY;
}

/** What an entry comes to: the client, nobody, or a trusted hop that is passed over. */
function judge(entry: string, trusted: TrustedPrefixes): string | undefined {
  // Most entries are a bare IPv4 address: read without making an object.
  if (readIPv4(entry, 0)) return trusted.holdsIPv4(lastIPv4[0]! >>> 0) ? undefined : entry;
  const plain = parseAddress(entry);
  const text = plain === undefined ? addressIn(entry) : entry;
  const address = plain ?? parseAddress(text);
  if (address === undefined) return NOBODY;
  return trusted.holds(address) ? undefined : textOf(address, text);
}

const NOBODY = '';

/** The first entry from the right that is no trusted hop; nobody where there is none, or too many stand on the way. */
function fromTheRight(lines: readonly string[], isForwarded: boolean, trusted: TrustedPrefixes): string {
  let [hops, left] = [0, MOST_CHARACTERS];
  for (let line = lines.length - 1; line >= 0; line--) {
    const text = lines[line]!;
    for (let end = text.length; end >= 0; ) {
      const comma = end === 0 ? -1 : text.lastIndexOf(',', end - 1);
      left -= end - comma;
      if (++hops > MOST_HOPS || left < 0) return NOBODY;
      const entry = trim(text, comma + 1, end);
      const found = judge(isForwarded ? forOf(entry) : entry, trusted);
      if (found !== undefined) return found;
      end = comma;
    }
  }
  return NOBODY;
}

/** The text as it stood; an IPv4-mapped one as the IPv4 address that it maps. */
const textOf = (address: Address, text: string): string =>
  address.version === 4 && text.includes(':') ? dotted(address.value) : text;

/** A link-local peer comes with the interface that it was met on; RFC 4007, 11. Of the socket alone: in a header it is no address. */
export function withoutZone(peer: unknown): string {
  if (typeof peer !== 'string') return NOBODY;
  const zone = peer.indexOf('%');
  return zone < 0 ? peer : peer.slice(0, zone);
}

const isLines = (value: unknown): value is string | readonly string[] =>
  typeof value === 'string' || (Array.isArray(value) && value.every(line => typeof line === 'string'));

/**
 * The address of the client as text: the socket's peer, or, where that is a trusted proxy, the first hop from the right that is none. Total: never
 * throws. `undefined` where an entry on the way can not be read, where a trusted peer names nobody, where all hops are trusted, and beyond 32 hops or
 * 4096 characters: then a decision is `address-invalid` and refuses. It is never another hop instead.
 * INVARIANT (what-a-client-writes-is-nothing): what stands in front of the answer changes nothing.
 */
export function clientAddress(input: ClientInput): string | undefined {
  const { peer, forwardedFor, forwarded, trusted } = input ?? {};
  if (typeof trusted?.holdsIPv4 !== 'function') return undefined;
  const isUnix = peer === undefined && trusted.unix === true;
  const own = isUnix ? undefined : judge(withoutZone(peer), trusted);
  if (own !== undefined) return own === NOBODY ? undefined : own;
  const isForwarded = forwarded !== undefined;
  const lines = isForwarded ? forwarded : forwardedFor;
  if (!isLines(lines) || (isForwarded && forwardedFor !== undefined)) return undefined;
  return fromTheRight(typeof lines === 'string' ? [lines] : lines, isForwarded, trusted) || undefined;
}
