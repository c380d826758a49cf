/**
 * Generates synthetic requests of an evening at a playback gateway from real networks, the same
 * ones for the same seed.
 */
import type { AccessRequest } from '../gate/access-request.ts';
import { parsePrefix } from '../geo/prefix.ts';
import type { Standing } from '../law/rule.ts';

/**
 * A location of subscribers: its share of a thousand requests, and the networks of its addresses.
 */
export interface Place {
  readonly name: { readonly en: string; readonly fr: string };
  readonly share: number;
  /** Prefixes to draw addresses from, or complete texts to use as they are. */
  readonly networks: readonly string[];
}

export const PLACES: readonly Place[] = [
  {
    name: { en: 'at home in France', fr: 'chez soi en France' },
    share: 640,
    networks: [
      '90.0.0.0/11',
      '82.64.0.0/14',
      '86.192.0.0/11',
      '109.0.0.0/11',
      '176.128.0.0/10',
      '2a01:cb00::/32',
      '2a01:e0a::/32',
    ],
  },
  {
    name: { en: 'in Réunion', fr: 'à La Réunion' },
    share: 40,
    networks: ['102.35.0.0/16', '165.169.0.0/16'],
  },
  {
    name: { en: 'travelling in Spain', fr: 'en voyage en Espagne' },
    share: 110,
    networks: ['80.58.0.0/16', '83.32.0.0/13', '88.0.0.0/12', '2a02:9000::/32'],
  },
  {
    name: { en: 'in Norway', fr: 'en Norvège' },
    share: 40,
    networks: ['84.208.0.0/13', '88.88.0.0/13', '2a02:2120::/32'],
  },
  {
    name: { en: 'in Switzerland', fr: 'en Suisse' },
    share: 60,
    networks: ['85.0.0.0/13', '188.60.0.0/14'],
  },
  {
    name: { en: 'in London', fr: 'à Londres' },
    share: 60,
    networks: ['86.128.0.0/11', '90.192.0.0/11', '2a00:23c4::/32'],
  },
  {
    name: { en: 'behind a private address', fr: 'derrière une adresse privée' },
    share: 30,
    networks: ['10.0.0.0/8', '192.168.0.0/16', '100.64.0.0/10', 'fd00::/8'],
  },
  {
    name: { en: 'with a malformed address', fr: 'avec une adresse mal formée' },
    share: 20,
    networks: ['unknown', '010.8.8.8', '256.1.2.3', '90.12.34.56:443', 'fe80::1%eth0', ''],
  },
];

const STANDINGS: readonly (readonly [standing: Standing, share: number])[] = [
  ['verified', 880],
  ['renewal-due', 50],
  ['unverified', 30],
  ['doubted', 12],
  ['unverifiable', 10],
  ['elsewhere', 10],
  ['none', 8],
];

/** A request with the location that it comes from. */
export interface DemoRequest extends AccessRequest {
  readonly place: Place;
}

/**
 * Creates a Mulberry32 generator: 32 bits of state and the same sequence on every machine. It is
 * not for secrets.
 */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws one of the choices, weighted by shares of a thousand. */
function draw<T>(choices: readonly (readonly [T, number])[], random: () => number): T {
  let ticket = random() * 1000;
  for (const [choice, share] of choices) {
    ticket -= share;
    if (ticket < 0) return choice;
  }
  return choices.at(-1)![0];
}

/** Draws an address of a network and returns its text. */
function addressIn(network: string, random: () => number): string {
  if (!network.includes('/')) return network;
  const { first, last } = parsePrefix(network);
  const words = first.map((word, index) => word + Math.floor(random() * (last[index]! - word + 1)));
  if (words.length === 1)
    return [24, 16, 8, 0].map(shift => (words[0]! >>> shift) & 0xff).join('.');
  return Array.from(
    words,
    word => `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`,
  ).join(':');
}

/**
 * Generates `count` requests. Each subscriber makes about five of them; locations and standings are
 * drawn by share.
 */
export function demoTraffic(seed: number, count: number): readonly DemoRequest[] {
  const random = randomFrom(seed);
  const places = PLACES.map(place => [place, place.share] as const);
  return Array.from({ length: count }, () => {
    const place = draw(places, random);
    const network = place.networks[Math.floor(random() * place.networks.length)]!;
    const subscriber = `demo-${Math.floor(random() * Math.max(1, count / 5))}`;
    return {
      subscriber,
      standing: draw(STANDINGS, random),
      address: addressIn(network, random),
      place,
    };
  });
}
