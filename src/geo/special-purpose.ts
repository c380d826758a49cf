/**
 * Lists the address blocks that are not public client addresses, with their RFCs: IANA
 * special-purpose registries, multicast and embeddings.
 */
import type { Address } from './address.ts';
import { createRangeCollector } from './flatten-ranges.ts';
import type { Intervals, Width } from './intervals.ts';
import { isWithin, parsePrefix, wordsOf } from './prefix.ts';

/**
 * A more specific block has precedence and follows the wider one. `reachable` rows are globally
 * reachable by the registry: for them the data decide. All other rows are `special-purpose` and
 * refuse.
 * Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, RFC 8190), the
 * multicast registries, RFC 4291.
 */
const BLOCKS: readonly (readonly [prefix: string, rfc: string, reachable?: 'reachable'])[] = [
  ['0.0.0.0/8', 'RFC 791, 3.2: this network'],
  ['10.0.0.0/8', 'RFC 1918: private use'],
  ['100.64.0.0/10', 'RFC 6598: shared address space'],
  ['127.0.0.0/8', 'RFC 1122, 3.2.1.3: loopback'],
  ['169.254.0.0/16', 'RFC 3927: link-local'],
  ['172.16.0.0/12', 'RFC 1918: private use'],
  ['192.0.0.0/24', 'RFC 6890, 2.1: IETF protocol assignments'],
  ['192.0.0.9/32', 'RFC 7723: Port Control Protocol anycast', 'reachable'],
  ['192.0.0.10/32', 'RFC 8155: TURN anycast', 'reachable'],
  ['192.0.2.0/24', 'RFC 5737: documentation'],
  ['192.88.99.0/24', 'RFC 7526: 6to4 relay anycast, deprecated'],
  ['192.168.0.0/16', 'RFC 1918: private use'],
  ['198.18.0.0/15', 'RFC 2544: benchmarking'],
  ['198.51.100.0/24', 'RFC 5737: documentation'],
  ['203.0.113.0/24', 'RFC 5737: documentation'],
  ['224.0.0.0/4', 'RFC 5771: multicast'],
  ['240.0.0.0/4', 'RFC 1112, 4: reserved, with the limited broadcast of RFC 8190'],
  ['::/3', 'RFC 4291, 2.4: no global unicast'],
  ['::/96', 'RFC 4291, 2.5.5.1: IPv4-compatible, deprecated'],
  ['::/128', 'RFC 4291, 2.5.2: unspecified'],
  ['::1/128', 'RFC 4291, 2.5.3: loopback'],
  ['64:ff9b::/96', 'RFC 6052: NAT64'],
  ['64:ff9b:1::/48', 'RFC 8215: NAT64, local use'],
  ['100::/64', 'RFC 6666: discard-only'],
  ['100:0:0:1::/64', 'RFC 9780: dummy prefix'],
  ['4000::/2', 'RFC 4291, 2.4: no global unicast'],
  ['5f00::/16', 'RFC 9602: segment routing identifiers'],
  ['8000::/1', 'RFC 4291, 2.4: no global unicast'],
  ['fc00::/7', 'RFC 4193: unique-local'],
  ['fe80::/10', 'RFC 4291, 2.5.6: link-local'],
  ['fec0::/10', 'RFC 3879: site-local, deprecated'],
  ['ff00::/8', 'RFC 4291, 2.7: multicast'],
  ['2001::/23', 'RFC 2928: IETF protocol assignments'],
  ['2001::/32', 'RFC 4380: Teredo'],
  ['2001:1::1/128', 'RFC 7723: Port Control Protocol anycast', 'reachable'],
  ['2001:1::2/128', 'RFC 8155: TURN anycast', 'reachable'],
  ['2001:1::3/128', 'RFC 9665: DNS-SD service registration anycast', 'reachable'],
  ['2001:2::/48', 'RFC 5180: benchmarking'],
  ['2001:3::/32', 'RFC 7450: AMT', 'reachable'],
  ['2001:4:112::/48', 'RFC 7535: AS112', 'reachable'],
  ['2001:10::/28', 'RFC 4843: ORCHID, deprecated'],
  ['2001:20::/28', 'RFC 7343: ORCHIDv2', 'reachable'],
  ['2001:30::/28', 'RFC 9374: drone remote identification', 'reachable'],
  ['2001:db8::/32', 'RFC 3849: documentation'],
  ['2002::/16', 'RFC 3056: 6to4'],
  ['3fff::/20', 'RFC 9637: documentation'],
];

const REACHABLE = 0;
const NOT_REACHABLE = 1;

/** The blocks as ranges, parsed once. */
const RANGES = BLOCKS.map(([prefix, rfc, reachable]) => ({
  ...parsePrefix(prefix),
  rfc,
  isReachable: reachable !== undefined,
}));

/**
 * Returns the intervals of one family by whether an address can belong to a public client: 1 if it
 * cannot.
 */
export function specialPurposeIntervals(width: Width): Intervals {
  const ranges = createRangeCollector(width);
  for (const range of RANGES) ranges.add(range, range.isReachable ? REACHABLE : NOT_REACHABLE);
  return ranges.lay();
}

/**
 * Returns the RFC that reserves the block of a special-purpose address; `undefined` for a public
 * address.
 */
export function specialPurposeRfc(address: Address): string | undefined {
  const words = wordsOf(address);
  const around = RANGES.findLast(range => isWithin(range, words));
  return around?.isReachable === false ? around.rfc : undefined;
}
