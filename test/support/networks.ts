/** Random networks that nest and touch, and the points at which a table could be wrong. */
import fc from 'fast-check';
import { type Network, textOf } from '../oracle/networks.ts';

/** Few distinct bytes, so that networks nest, touch and lie at the ends of the space. */
const bytes = fc.array(fc.constantFrom(0, 1, 127, 128, 254, 255), { minLength: 16, maxLength: 16 });
export const prefixArbitrary = fc.record({
  isV4: fc.boolean(),
  bytes,
  length: fc.nat(128),
  code: fc.constantFrom('FR', 'ES', 'US', 'EU', 'RE'),
});

/**
 * A network as text without host bits, mostly inside 2.0.0.0/7 and 2a00::/12 so that it is public.
 */
export function prefixText({
  isV4,
  bytes: raw,
  length: wanted,
}: {
  isV4: boolean;
  bytes: number[];
  length: number;
}): string {
  const version = isV4 ? 4 : 6;
  const size = isV4 ? 32 : 128;
  const length = isV4 ? wanted % 33 : wanted;
  const all = isV4 ? [raw[0]! < 128 ? 2 : raw[0]!, ...raw.slice(1, 4)] : [0x2a, ...raw.slice(1)];
  const value = all.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const kept = (value >> BigInt(size - length)) << BigInt(size - length);
  return `${textOf(version, kept)}/${length}`;
}

/** Returns the borders of the networks, the addresses just outside them, and their middles. */
export function pointsOf(networks: readonly Network[]): { version: 4 | 6; value: bigint }[] {
  const limit = { 4: 2n ** 32n, 6: 2n ** 128n };
  return networks.flatMap(({ version, first, last }) =>
    [first - 1n, first, (first + last) / 2n, last, last + 1n]
      .filter(value => value >= 0n && value < limit[version])
      .map(value => ({ version, value })),
  );
}
