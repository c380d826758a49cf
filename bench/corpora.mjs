/** Which addresses are asked for? Seeded, so that every run asks the same; flat strings, as a parser of HTTP makes them. */
import { createHash } from 'node:crypto';

/** Mulberry32. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const COUNT = 100_000;
const CLIENTS = 50_000;

export const flat = text => Buffer.from(text, 'latin1').latin1Slice();
const dotted = number => flat([24, 16, 8, 0].map(shift => (number >>> shift) & 255).join('.'));

/** First 32 bits of allocations in use, those of the EEA among others; what follows is random. */
const ALLOCATED = [
  '2a01:cb00',
  '2a01:e0a',
  '2a02:9000',
  '2a02:2120',
  '2a00:23c4',
  '2001:4600',
  '2600:1f18',
  '2804:14d',
  '2409:8000',
];
const SPECIAL = [
  '10.1.2.3',
  '127.0.0.1',
  '192.168.1.77',
  '172.16.9.9',
  '100.64.0.1',
  '169.254.3.4',
  '198.51.100.7',
  '224.0.0.5',
  '255.255.255.255',

  '::1',
  'fe80::1',
  'fd00::12',
  '2001:db8::9',
  '2002:c000:204::1',
  '2001:0:1::2',
  '64:ff9b::8.8.8.8',
  'ff02::fb',
];
const MALFORMED = [
  '',
  '1.2.3',
  '1.2.3.4.5',
  '256.1.1.1',
  '01.2.3.4',
  '1.2.3.4 ',
  ' 1.2.3.4',
  '1.2.3.4:80',
  '1..2.3',
  'a.b.c.d',
  '1.2.3.',
  '0x7f.1.1.1',

  '::1::',
  ':1',
  '1:2:3:4:5:6:7:8:9',
  '12345::',
  'fe80::1%eth0',
  '[::1]',
  '::ffff:1.2.3',
  'unknown',
  '-',
  'example.org',
];

/**
 * @param zoneOf zone of an address as a number, uint32
 * @returns texts by name, and numbers
 */
export function corporaOf(zoneOf) {
  const random = randomFrom(2017_1128);
  const below = limit => Math.floor(random() * limit);
  const numbers = Uint32Array.from({ length: COUNT }, () => below(2 ** 32));
  const clients = [];
  while (clients.length < CLIENTS) {
    const number = below(2 ** 32);
    const zone = zoneOf(number);
    // Nine of ten at home, as an evening of a French service has them.
    if (zone === 'home' ? true : zone === 'eea' && random() < 0.02) clients.push(number);
  }
  const group = () => below(0x10000).toString(16);
  const pick = list => flat(list[below(list.length)]);
  const many = make => Array.from({ length: COUNT }, make);
  return {
    numbers,
    texts: {
      'IPv4 uniform': Array.from(numbers, dotted),
      'IPv4 skewed': many(() => dotted(clients[Math.floor(CLIENTS * random() ** 3)])),
      'IPv6 allocated': many(() =>
        flat(`${ALLOCATED[below(ALLOCATED.length)]}:${Array.from({ length: 6 }, group).join(':')}`),
      ),
      'IPv4-mapped': many((_, n) => flat(`::ffff:${dotted(numbers[n])}`)),
      'special-purpose': many(() => pick(SPECIAL)),
      malformed: many(() => pick(MALFORMED)),
    },
  };
}

let made = 0;
/** Cards of subscribers nobody has seen: the dearest case, each a new row at a random place. */
export const freshCards = count =>
  Array.from({ length: count }, () => ({
    month: '2026-11',
    pseudonym: createHash('sha256').update(`bench ${made++}`).digest('hex').slice(0, 32),
    homeDays: 1,
    outsideDays: 0,
  }));
