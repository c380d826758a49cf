/**
 * A random world for two gates: networks that nest and touch, overlays, offers, and requests that
 * hit their borders.
 */
import { OFFERS, type Offer } from '../../src/law/offer.ts';
import { STANDINGS } from '../../src/law/rule.ts';
import type { SlowOverlay, SlowRequest, SlowWorld } from '../oracle/gate.ts';
import { type Network, networkOf, textOf } from '../oracle/networks.ts';
import { pointsOf, prefixText } from './networks.ts';

type Random = () => number;

export const pick = <Item>(random: Random, items: readonly Item[]): Item =>
  items[Math.floor(random() * items.length)]!;
const times = <Item>(count: number, make: (n: number) => Item): Item[] =>
  Array.from({ length: count }, (_, n) => make(n));

const BYTES = [0, 1, 127, 128, 254, 255];
const prefix = (random: Random): string =>
  prefixText({
    isV4: random() < 0.6,
    bytes: times(16, () => pick(random, BYTES)),
    length: Math.floor(random() * 129),
  });

/** Rows of a source, each prefix once, since a file must not contradict itself. */
const rowsOf = (random: Random, codes: readonly string[], least: number): Map<string, string> =>
  new Map([
    ['9.9.9.9/32', codes[0]!],
    ...times(
      least + Math.floor(random() * 10),
      () => [prefix(random), pick(random, codes)] as const,
    ),
  ]);

const networksOf = (rows: ReadonlyMap<string, string>): Network[] =>
  [...rows].map(([each, code]) => networkOf(each, code));

export interface World extends SlowWorld {
  readonly sourceRows: readonly ReadonlyMap<string, string>[];
  readonly overlayRows: readonly {
    readonly kind: SlowOverlay['kind'];
    readonly rows: ReadonlyMap<string, string>;
  }[];
  readonly addresses: readonly string[];
}

const WORDS = {
  places: ['home', 'eea', 'outside', 'unknown'],
  anonymisers: ['anonymiser'],
  relays: ['relay'],
};
const GARBAGE = [
  '',
  '1.2.3',
  '1.2.3.256',
  '01.2.3.4',
  'localhost',
  '2a00::%eth0',
  '::g',
  ' 2.1.1.1',
  '2.1.1.1 ',
  '0x2.1.1.1',
];

export function randomWorld(random: Random): World {
  const sourceRows = times(1 + Math.floor(random() * 3), () =>
    rowsOf(random, ['FR', 'RE', 'ES', 'NO', 'US', 'CH', 'EU'], 2),
  );
  const overlayRows = times(Math.floor(random() * 4), () => {
    const kind = pick(random, ['places', 'anonymisers', 'relays'] as const);
    const rows = rowsOf(random, WORDS[kind], 0);
    rows.delete('9.9.9.9/32');
    rows.set(prefix(random), WORDS[kind][0]!);
    return { kind, rows };
  });
  const sources = sourceRows.map(networksOf);
  const overlays = overlayRows.map(({ kind, rows }) => ({ kind, networks: networksOf(rows) }));
  const points = pointsOf([...sources, ...overlays.map(({ networks }) => networks)].flat());
  const mapped = points
    .filter(({ version }) => version === 4)
    .map(({ value }) => `::ffff:${textOf(4, value)}`);
  return {
    sources,
    overlays,
    sourceRows,
    overlayRows,
    offers: {
      default: pick(random, OFFERS) as Offer,
      a: pick(random, OFFERS) as Offer,
      b: pick(random, OFFERS) as Offer,
    },
    addresses: [
      ...points.map(({ version, value }) => textOf(version, value)),
      ...mapped,
      ...GARBAGE,
    ],
  };
}

export const randomRequest = (random: Random, { addresses }: World): SlowRequest => ({
  subscriber: random() < 0.02 ? '' : `s${Math.floor(random() * 40)}`,
  standing: pick(random, STANDINGS),
  address: random() < 0.01 ? undefined : pick(random, addresses),
  ...(random() < 0.8 && { offer: pick(random, ['default', 'a', 'b', 'no such offer']) }),
  ...(random() < 0.3 && { channel: pick(random, ['direct', 'reseller']) }),
});
