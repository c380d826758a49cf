import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../src/cli/demo-traffic.ts';
import { parseAddress } from '../../src/index.ts';
import { hasCorpora, readCorpus } from '../support/corpora.ts';

const isAddress = (text: string): boolean => parseAddress(text) !== undefined;

/** The eight groups of an address, without abbreviation. */
const groups = (text: string): string | undefined => {
  const address = parseAddress(text);
  return address?.version === 6
    ? address.groups.map(group => group.toString(16)).join(':')
    : undefined;
};

describe('parseAddress', () => {
  it.each([
    ['0.0.0.0', 0],
    ['1.2.3.4', 0x01020304],
    ['193.252.19.3', 0xc1fc1303],
    ['255.255.255.255', 0xffffffff],
  ])('reads %s', (text, value) => {
    expect(parseAddress(text)).toEqual({ version: 4, value });
  });

  it.each([
    ['::', '0:0:0:0:0:0:0:0'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['1::', '1:0:0:0:0:0:0:0'],
    ['2A01:CB00::aBcD', '2a01:cb00:0:0:0:0:0:abcd'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0:0:0:c000:221'],
    ['0001:0000::00ff', '1:0:0:0:0:0:0:ff'],
  ])('reads %s', (text, want) => {
    expect(groups(text)).toBe(want);
  });

  it.each([
    '::ffff:81.2.69.142',
    '::ffff:5102:458e',
    '0:0:0:0:0:FFFF:5102:458E',
    '::FFFF:81.2.69.142',
  ])('unwraps the IPv4-mapped %s', text => {
    expect(parseAddress(text)).toEqual({ version: 4, value: 0x5102458e });
  });

  it.each(['::5102:458e', '::ffff:0:5102:458e', '::fffe:5102:458e', '1::ffff:5102:458e'])(
    'does not unwrap %s',
    text => {
      expect(parseAddress(text)?.version).toBe(6);
    },
  );

  it.each([
    '',
    ' ',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.04',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.4\n',
    '+1.2.3.4',
    '1..2.3',

    '0x1.2.3.4',
    '1.2.3.4:80',
    '[::1]',
    '::1%eth0',
    'fe80::1%1',
    ':',
    ':::',
    '1:',
    ':1',
    '1:2',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',

    '1::2::3',
    '1:2:3:4:5:6:7:8::',
    '::1:2:3:4:5:6:7:8',
    '12345::',
    '::g',
    '::1.2.3',
    '::01.2.3.4',
    '1.2.3.4::',
    '1:2:3:4:5:6:7:1.2.3.4',

    '١.2.3.4',
    '1.2.3.4\0',
    '::\u01301',
    '::ffff:１.2.3.4',
    `${'0'.repeat(40)}::1`,
    '1:2:3:4:5:6:07:00008',
    'ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555',
  ])('finds no address in %j', text => {
    expect(parseAddress(text)).toBeUndefined();
    expect(text.includes('%') ? 0 : isIP(text)).toBe(0);
  });

  it('finds no address in a value that is not text', () => {
    for (const value of [
      undefined,
      null,
      0,
      16909060,
      true,
      {},
      [],
      ['1.2.3.4'],
      Symbol('1.2.3.4'),
      new String('1.2.3.4'),
    ]) {
      expect(parseAddress(value as string)).toBeUndefined();
    }
  });
});

/** Generates valid texts of both families, in every form. */
function validText(random: () => number): string {
  const below = (limit: number): number => Math.floor(random() * limit);
  const quad = (): string => [below(256), below(256), below(256), below(256)].join('.');
  if (below(3) === 0) return quad();
  const group = (): string => {
    const text = (below(3) === 0 ? 0 : below(0x10000)).toString(16).padStart(1 + below(4), '0');
    return below(2) === 0 ? text : text.toUpperCase();
  };
  const tail = below(4) === 0 ? [quad()] : [];
  const room = 8 - 2 * tail.length;
  if (below(2) === 0) return [...Array.from({ length: room }, group), ...tail].join(':');
  const left = Array.from({ length: below(room) }, group);
  const right = [...Array.from({ length: below(room - left.length) }, group), ...tail];
  return `${left.join(':')}::${right.join(':')}`;
}

const ALPHABET = `0123456789abcdefABCDEF:.::..${String.fromCharCode(...Array.from({ length: 128 }, (_, unit) => unit))}\u0661\u0130`;

/** Replaces, removes, doubles or inserts one or two characters of a text. */
function damaged(text: string, random: () => number): string {
  const at = Math.floor(random() * (text.length + 1));
  const letter = ALPHABET[Math.floor(random() * ALPHABET.length)]!;
  const cut = Math.floor(random() * 3);
  const once = text.slice(0, at) + (random() < 0.7 ? letter : '') + text.slice(at + cut);
  return random() < 0.3 ? damaged(once, random) : once;
}

const noise = (random: () => number): string =>
  Array.from(
    { length: Math.floor(random() * 48) },
    () => ALPHABET[Math.floor(random() * ALPHABET.length)],
  ).join('');

// INVARIANT (agrees-with-isip)
it('agrees-with-isip: on more than a million texts without a zone identifier', () => {
  let valid = 0;
  let compared = 0;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), seed => {
      const random = randomFrom(seed);
      for (let round = 0; round < 1000; round++) {
        const good = validText(random);
        for (const text of [good, damaged(good, random), noise(random)]) {
          const want = text.includes('%') ? false : isIP(text) !== 0;
          if (isAddress(text) !== want)
            throw new Error(`${JSON.stringify(text)}: net.isIP says ${isIP(text)}`);
          compared++;
          if (want) valid++;
        }
      }
    }),
    { numRuns: 400 },
  );
  expect(compared).toBeGreaterThanOrEqual(1_000_000);
  expect(valid / compared).toBeGreaterThan(0.3);
  expect(valid / compared).toBeLessThan(0.7);
});

it('agrees-with-isip: with any one character inserted into an address or in place of one', () => {
  const bases = [
    '1.2.3.4',
    '193.252.19.3',
    '::',
    '::1',
    '2a01:cb00::1',
    '::ffff:8.8.8.8',
    '1:2:3:4:5:6:7:8',
  ];
  const wrong: string[] = [];
  for (const base of bases) {
    for (let at = 0; at <= base.length; at++) {
      for (let unit = 0; unit < 0x10000; unit += unit < 0x180 ? 1 : 61) {
        const letter = String.fromCharCode(unit);
        for (const text of [
          base.slice(0, at) + letter + base.slice(at),
          base.slice(0, at) + letter + base.slice(at + 1),
        ]) {
          if (isAddress(text) !== (!text.includes('%') && isIP(text) !== 0)) wrong.push(text);
        }
      }
    }
  }
  expect(wrong).toEqual([]);
});

it('agrees-with-isip: on texts that fast-check can shrink', () => {
  const texts = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.string({ maxLength: 50 }),
    fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 46 }),
  );
  fc.assert(
    fc.property(texts, text => isAddress(text) === (!text.includes('%') && isIP(text) !== 0)),
    { numRuns: 20_000 },
  );
});

describe.skipIf(!hasCorpora)('address vectors of other projects', () => {
  interface Vector {
    readonly input: string;
    readonly valid: boolean;
    readonly canonical: string | null;
  }

  it('are all read as those projects agree', () => {
    const { vectors } = readCorpus<{ vectors: readonly Vector[] }>('ip/addresses.json');
    expect(vectors.length).toBeGreaterThan(300);
    const wrong = vectors.filter(({ input, valid }) => isAddress(input) !== valid);
    expect(wrong).toEqual([]);
    const misread = vectors.filter(({ input, canonical }) => {
      const read = parseAddress(input);
      const want = canonical === null ? undefined : parseAddress(canonical);
      return JSON.stringify(read) !== JSON.stringify(want);
    });
    expect(misread).toEqual([]);
  });
});
