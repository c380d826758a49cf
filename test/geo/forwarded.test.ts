import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientAddress, trustedPrefixes } from '../../src/index.ts';

const trusted = trustedPrefixes(['10.0.0.0/8']);
const read = (forwarded: string | readonly string[]) =>
  clientAddress({ peer: '10.0.0.1', forwarded, trusted });

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Reads the grammar of RFC 7239 and the list rule of RFC 9110 from the left, one character at a
 * time: slow and obvious. Returns the elements as lists of pairs, or `undefined` if the field is
 * outside of the grammar.
 */
function parseFromTheLeft(field: string): [name: string, value: string][][] | undefined {
  const elements: [string, string][][] = [];
  let pairs: [string, string][] = [];
  let hasSemicolon = false;
  let at = 0;
  const skipBlanks = (): void => {
    while (field[at] === ' ' || field[at] === '\t') at++;
  };
  const word = (): string => {
    const start = at;
    while (at < field.length && TOKEN.test(field[at]!)) at++;
    return field.slice(start, at);
  };
  const finish = (): void => {
    // Empty list elements do not count.
    if (pairs.length > 0 || hasSemicolon) elements.push(pairs);
    pairs = [];
    hasSemicolon = false;
  };
  for (;;) {
    skipBlanks();
    const name = word();
    if (name !== '') {
      if (field[at++] !== '=') return undefined;
      let value = '';
      if (field[at] === '"') {
        at++;
        while (field[at] !== '"') {
          if (field[at] === '\\') at++;
          if (at >= field.length) return undefined;
          value += field[at++];
        }
        at++;
      } else {
        value = word();
        if (value === '') return undefined;
      }
      pairs.push([name.toLowerCase(), value]);
    }
    skipBlanks();
    if (at >= field.length) {
      finish();
      return elements;
    }
    const separator = field[at++];
    if (separator === ',') finish();
    else if (separator === ';') hasSemicolon = true;
    else return undefined;
  }
}

/** The client by that reading, where every hop starts with `10.` or is the answer. */
function clientFromTheLeft(field: string): string | undefined | 'outside' {
  const elements = parseFromTheLeft(field);
  if (elements === undefined) return 'outside';
  for (const pairs of elements.toReversed()) {
    const names = pairs.map(([name]) => name);
    const node = pairs.find(([name]) => name === 'for')?.[1];
    if (node === undefined || new Set(names).size < names.length) return undefined;
    const [, ipv4] = /^(\d{1,3}(?:\.\d{1,3}){3})(?::(?:\d{1,5}|_[\w.-]+))?$/.exec(node) ?? [];
    if (
      ipv4 === undefined ||
      !ipv4.split('.').every(part => /^(0|[1-9]\d*)$/.test(part) && Number(part) < 256)
    )
      return undefined;
    if (!ipv4.startsWith('10.')) return ipv4;
  }
  return undefined;
}

const token = fc.constantFrom('by', 'host', 'proto', 'secret', 'x-y');
const quoted = fc
  .string({
    unit: fc.constantFrom('a', ',', ';', '=', '"', '\\', ' ', 'for=1.1.1.1', '\t', '\xe9'),
  })
  .map(text => `"${text.replace(/["\\]/g, '\\$&')}"`);
const port = fc.constantFrom('', ':1', ':65535', ':_p1', ':_a.b-c');
const node = fc
  .tuple(fc.constantFrom('10.0.0.2', '9.9.9.9', '2.1.1.1'), port, fc.boolean())
  .map(([address, suffix, isQuoted]) =>
    suffix !== '' || isQuoted ? `"${address}${suffix}"` : address,
  );
const element = fc
  .record({
    before: fc.array(fc.tuple(token, quoted), { maxLength: 1 }),
    name: fc.constantFrom('for', 'For', 'FOR'),
    node,
    after: fc.array(fc.constant(''), { maxLength: 2 }),
  })
  .map(({ before, name, node, after }) =>
    [...before.map(([key, value]) => `${key}=${value}`), `${name}=${node}`, ...after].join(';'),
  );

describe('Forwarded, compared with a reader from the left', () => {
  it('is read by the grammar of RFC 7239', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(element, fc.constant('')), { minLength: 1, maxLength: 6 }),
        elements => {
          const field = elements.join(' , ');
          const want = clientFromTheLeft(field);
          expect(want).not.toBe('outside');
          expect(read(field)).toBe(want);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('agrees on every text of a small alphabet that is inside of the grammar', () => {
    const unit = fc.constantFrom(
      'for=',
      '9.9.9.9',
      '10.0.0.2',
      '"',
      '\\',
      ',',
      ';',
      ' ',
      ':',
      '_p',
      '=',
      'x',
    );
    let inside = 0;
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), field => {
        const want = clientFromTheLeft(field);
        if (want === 'outside') return;
        inside++;
        expect(read(field)).toBe(want);
      }),
      { numRuns: 20_000 },
    );
    expect(inside).toBeGreaterThan(100);
  });

  it('is read as one list over several lines, and no slower if a field is hostile', () => {
    expect(read(['for=9.9.9.9;x="', '"', 'for=10.0.0.2'])).toBeUndefined();
    expect(read(['for=9.9.9.9', 'for=10.0.0.2'])).toBe('9.9.9.9');
    for (const hostile of ['"', '\\"', 'a=', ' ', ';', 'x="\\\\', '\\'])
      expect(read(`${hostile.repeat(60_000)}, for=9.9.9.9`)).toBe('9.9.9.9');
    expect(read(`for=9.9.9.9;x="${'\\\\'.repeat(3000)}"`)).toBeUndefined();
  });
});
