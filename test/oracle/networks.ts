/** Slow, obvious oracles for addresses: BigInt values, linear scans, longest prefix wins. */
import ipaddr from 'ipaddr.js';

/** An address as one number, with its version. */
export function numberOf(text: string): { readonly version: 4 | 6; readonly value: bigint } {
  const address = ipaddr.parse(text);
  const value = address.toByteArray().reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return { version: address.kind() === 'ipv4' ? 4 : 6, value };
}

export function textOf(version: 4 | 6, value: bigint): string {
  const size = version === 4 ? 4 : 16;
  const bytes = Array.from({ length: size }, (_, index) =>
    Number((value >> BigInt(8 * (size - 1 - index))) & 255n),
  );
  return ipaddr.fromByteArray(bytes).toString();
}

export interface Network {
  readonly version: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
  readonly code: string;
}

export function networkOf(prefix: string, code: string): Network {
  const [host, length] = prefix.split('/');
  const { version, value } = numberOf(host!);
  const size = 1n << BigInt((version === 4 ? 32 : 128) - Number(length));
  const first = value - (value % size);
  return { version, first, last: first + size - 1n, code };
}

/** The code of the narrowest network around an address, or an empty text. */
export function naiveCountry(networks: readonly Network[], version: 4 | 6, value: bigint): string {
  let best: Network | undefined;
  for (const network of networks) {
    if (network.version !== version || value < network.first || value > network.last) continue;
    if (best === undefined || network.last - network.first <= best.last - best.first)
      best = network;
  }
  return best?.code ?? '';
}

/**
 * Blocks that are not public client addresses, as prefixes; the prefixes after the bar are excepted
 * from them.
 */
const [BLOCKED, HOLES] = `
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16
198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 2001::/23 2001:db8::/32 2002::/16 3fff::/20
| 192.0.0.9/32 192.0.0.10/32 2001:1::1/128 2001:1::2/128 2001:1::3/128 2001:3::/32 2001:4:112::/48 2001:20::/28 2001:30::/28`
  .split('|')
  .map(part =>
    part
      .trim()
      .split(/\s+/)
      .map(prefix => networkOf(prefix, 'x')),
  ) as [Network[], Network[]];

export function isSpecial(version: 4 | 6, value: bigint): boolean {
  if (version === 6 && value >> 125n !== 1n) return true;
  return naiveCountry(BLOCKED, version, value) !== '' && naiveCountry(HOLES, version, value) === '';
}

const MAPPED = 0xffffn << 32n;

/** Returns the IPv4 address of an IPv4-mapped one, and any other address as it is. */
export function unwrapped(
  version: 4 | 6,
  value: bigint,
): { readonly version: 4 | 6; readonly value: bigint } {
  return version === 6 && value >> 32n === MAPPED >> 32n
    ? { version: 4, value: value & 0xffffffffn }
    : { version, value };
}

/** The vote of the sources, written as plainly as possible. */
export function naiveVote(zones: readonly string[]): {
  readonly zone: string;
  readonly disputed: boolean;
} {
  const winner =
    zones.find(zone => zones.filter(other => other === zone).length > zones.length / 2) ??
    zones[0]!;
  const answers = zones.filter(zone => zone !== 'unknown');
  return { zone: winner, disputed: answers.some(zone => zone !== answers[0]) };
}
