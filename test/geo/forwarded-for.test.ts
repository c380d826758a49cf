import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutZone } from '../../src/geo/forwarded-for.ts';
import { clientAddress, trustedPrefixes } from '../../src/index.ts';
import { hasCorpora, readCorpus } from '../support/corpora.ts';

const trusted = trustedPrefixes(['10.0.0.0/8', 'fd00::/8']);
const from = (forwardedFor?: string | readonly string[], peer: string | undefined = '10.0.0.1') =>
  clientAddress({ peer, forwardedFor, trusted });

describe.skipIf(!hasCorpora)('proxy chains from other projects', () => {
  interface Chain {
    readonly peer: string;
    readonly xff: string;
    readonly trusted: readonly string[];
    readonly want: string;
    readonly why: string;
  }
  const chains = hasCorpora ? readCorpus<readonly Chain[]>('xff/chains.json') : [];

  it.each(chains.map(chain => [chain.why, chain] as const))(
    '%s',
    (_, { peer, xff, trusted: list, want }) => {
      const answer = clientAddress({ peer, forwardedFor: xff, trusted: trustedPrefixes(list) });
      expect(answer).toBe(want.startsWith('unknown') ? undefined : want);
    },
  );

  it('are more than twenty', () => expect(chains.length).toBeGreaterThan(20));
});

describe('clientAddress', () => {
  it.each<[string, string | readonly string[] | undefined, string | undefined, string | undefined]>(
    [
      [
        'is the peer if that is not a trusted proxy, whatever it sends',
        '9.9.9.9',
        '81.2.69.142',
        '81.2.69.142',
      ],
      ['is the peer as IPv4 where it is mapped', undefined, '::ffff:81.2.69.142', '81.2.69.142'],
      ['is undefined without a peer', '9.9.9.9', undefined, undefined],
      ['is undefined if a trusted peer sends no header', undefined, '10.0.0.1', undefined],
      [
        'is the last of several lines, in order',
        ['1.1.1.1', '9.9.9.9, 10.0.0.2'],
        '10.0.0.1',
        '9.9.9.9',
      ],
      [
        'may stand in a line before the last',
        ['1.1.1.1, 9.9.9.9', '10.0.0.3, 10.0.0.2'],
        '10.0.0.1',
        '9.9.9.9',
      ],
      ['is undefined if a line is empty', ['9.9.9.9', ''], '10.0.0.1', undefined],
      ['may be IPv6, with a port in brackets', '[2a01:cb00::1]:443', 'fd00::1', '2a01:cb00::1'],
      ['is undefined if brackets hold IPv4', '[9.9.9.9]:443', '10.0.0.1', undefined],
      ['is undefined if the port is invalid', '9.9.9.9:x', '10.0.0.1', undefined],
      ['is undefined if the peer cannot be read', '9.9.9.9', 'peer.example', undefined],
      ['is undefined beyond 32 hops', `9.9.9.9${', 10.0.0.2'.repeat(32)}`, '10.0.0.1', undefined],
      ['is found within 32 hops', `9.9.9.9${', 10.0.0.2'.repeat(31)}`, '10.0.0.1', '9.9.9.9'],
      [
        'is undefined beyond 4096 characters',
        `9.9.9.9,${' '.repeat(4096)}10.0.0.2`,
        '10.0.0.1',
        undefined,
      ],
    ],
  )('%s', (_, forwardedFor, peer, want) => {
    expect(clientAddress({ peer, forwardedFor, trusted })).toBe(want);
  });

  it("trusts a peer on a Unix socket only if 'unix' is in the list", () => {
    const unix = trustedPrefixes(['unix', '10.0.0.0/8']);
    expect(clientAddress({ peer: undefined, forwardedFor: '9.9.9.9', trusted: unix })).toBe(
      '9.9.9.9',
    );
    expect(clientAddress({ peer: undefined, trusted: unix })).toBeUndefined();
  });

  it.each<[string, string | readonly string[], string | undefined]>([
    ['a token', 'for=9.9.9.9', '9.9.9.9'],
    ['other pairs around it', 'proto=https;For=9.9.9.9;by=10.0.0.1', '9.9.9.9'],
    ['quotes around IPv6', 'for="[2a01:cb00::1]:443"', '2a01:cb00::1'],
    ['quotes around a port', 'for="9.9.9.9:443"', '9.9.9.9'],
    ['trusted hops after it', 'for=1.1.1.1, for=9.9.9.9;proto=https, for="10.0.0.2:1"', '9.9.9.9'],
    ['missing quotes', 'for=[2a01:cb00::1]', undefined],
    ['a hidden name', 'for=_hidden', undefined],
    ['an unknown client', 'for=unknown', undefined],
    ['no for', 'proto=https', undefined],
    ['a quote opened by a client', ['for="', 'for=9.9.9.9'], '9.9.9.9'],
    ['an escape', 'for="9.9.9\\.9"', '9.9.9.9'],
    ['separators in a quoted host', 'for=9.9.9.9;host="x,for=1.1.1.1;y";proto=https', '9.9.9.9'],
    [
      'separators in a quoted host before it',
      'proto=http;host="x,for=1.1.1.1;y";for="9.9.9.9:1"',
      '9.9.9.9',
    ],
    ['an escaped quote in a host', 'for=9.9.9.9;host="a\\", for=1.1.1.1;x=\\"b"', '9.9.9.9'],
    ['an escaped backslash at the end of a string', 'for=9.9.9.9;host="a\\\\"', '9.9.9.9'],
    ['an obfuscated port', 'for="[2a01:cb00::1]:_p1"', '2a01:cb00::1'],
    ['an obfuscated port of IPv4', 'for="9.9.9.9:_a.b-c_1"', '9.9.9.9'],
    ['an empty pair', 'for=9.9.9.9;;proto=https', '9.9.9.9'],
    ['empty pairs at the ends', ';for=9.9.9.9;', '9.9.9.9'],
    ['empty elements', ', for=1.1.1.1, for=9.9.9.9, , ,', '9.9.9.9'],
    ['an empty line after it', ['for=9.9.9.9', ''], '9.9.9.9'],
    ['any case', 'PROTO=https;FOR=9.9.9.9', '9.9.9.9'],
    ['a hidden hop after it', 'for=9.9.9.9, for="_gazonk"', undefined],
    ['a hidden hop with a port', 'for="_gazonk:80"', undefined],
    ['IPv6 without brackets', 'for="2a01:cb00::1"', undefined],
    ['IPv4 in brackets', 'for="[9.9.9.9]"', undefined],
    ['an empty obfuscated port', 'for="9.9.9.9:_"', undefined],
    ['a port of six digits', 'for="9.9.9.9:123456"', undefined],
    ['blanks around the equals sign', 'for = 9.9.9.9', undefined],
    ['a blank inside the quotes', 'for=" 9.9.9.9"', undefined],
    ['a colon outside of quotes', 'for=9.9.9.9:80', undefined],
    ['an element without a for after it', 'for=9.9.9.9, proto=https', undefined],
    ['an element of empty pairs after it', 'for=9.9.9.9, ;', undefined],
    ['an empty for', 'for=', undefined],
    ['an empty string', 'for=""', undefined],
    ['a quote that is not closed', 'for="9.9.9.9', undefined],
    ['text after a quoted string', 'for="9.9.9.9"x', undefined],
    ['another parameter twice', 'for=9.9.9.9;by=a;by=b', undefined],
    ['an escape at the very end', 'for="9.9.9.9\\"', undefined],
    ['empty elements alone', ', ,', undefined],
    // A client's Host that a proxy writes without escaping looks like two hops: docs/gateway.md.
    ['a host that a proxy did not escape', 'for=9.9.9.9;host="a", for="1.1.1.1"', '1.1.1.1'],
    ['a parameter inside a quote', 'x="a;for=1.1.1.1;b";for=9.9.9.9', '9.9.9.9'],
    ['a parameter inside a quote, and none outside', 'x="a;for=1.1.1.1;b"', undefined],
    ['two for parameters', 'for=1.1.1.1;for=9.9.9.9', undefined],
    ['text after it that is not a parameter', 'for=9.9.9.9;by', undefined],
    ['an X-Forwarded-For', '9.9.9.9', undefined],
  ])('reads Forwarded (RFC 7239): %s', (_, forwarded, want) => {
    expect(clientAddress({ peer: '10.0.0.1', forwarded, trusted })).toBe(want);
  });

  it('drops the zone identifier of the peer', () => {
    const link = trustedPrefixes(['linklocal']);
    expect(clientAddress({ peer: 'fe80::1%eth0', forwardedFor: '9.9.9.9', trusted: link })).toBe(
      '9.9.9.9',
    );
    expect(clientAddress({ peer: 'fe80::1%eth0', trusted })).toBe('fe80::1');
    expect(clientAddress({ peer: '10.0.0.1', forwardedFor: 'fe80::1%eth0', trusted: link })).toBe(
      '10.0.0.1',
    );
    expect(
      clientAddress({ peer: '10.0.0.1', forwardedFor: 'fe80::1%eth0', trusted }),
    ).toBeUndefined();
  });

  it('returns undefined where both headers are given, and for any other value', () => {
    expect(
      clientAddress({
        peer: '10.0.0.1',
        forwarded: 'for=9.9.9.9',
        forwardedFor: '9.9.9.9',
        trusted,
      }),
    ).toBeUndefined();
    for (const value of [undefined, null, 7, {}, [], [7], Symbol('x'), () => 1]) {
      expect(clientAddress(value as never)).toBeUndefined();
      expect(
        clientAddress({ peer: '10.0.0.1', forwardedFor: value as never, trusted }),
      ).toBeUndefined();
      expect(clientAddress({ peer: '9.9.9.9', trusted: value as never })).toBeUndefined();
    }
  });

  /** What a trusted proxy has appended, and what a client may have written before it. */
  const hop = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.ipV4().map(address => `${address}:80`),
    fc.ipV6().map(address => `[${address}]:80`),
  );
  const rubbish = fc.oneof(
    hop,
    fc.string(),
    fc.constantFrom('', '"', 'for="', '10.0.0.1', ',,,', 'x'.repeat(5000)),
  );

  // INVARIANT (what-a-client-writes-is-nothing)
  it('what-a-client-writes-is-nothing: text put before the chain changes nothing', () => {
    fc.assert(
      fc.property(
        fc.array(rubbish, { maxLength: 40 }),
        hop,
        fc.nat(5),
        fc.boolean(),
        (prepended, client, hops, isLine) => {
          const chain = `${client}${', 10.0.0.2'.repeat(hops)}`;
          const honest = from(chain);
          fc.pre(honest !== undefined);
          const forged = isLine ? [...prepended, chain] : [...prepended, chain].join(', ');
          expect(from(forged)).toBe(honest);
          const forwarded = (text: string): string =>
            text
              .split(', ')
              .map(each => (/[[:]/.test(each) ? `for="${each}"` : `for=${each}`))
              .join(', ');
          const element = forwarded(chain);
          const answer = clientAddress({ peer: '10.0.0.1', forwarded: element, trusted });
          const lines = isLine ? [...prepended, element] : [...prepended, element].join(', ');
          expect(clientAddress({ peer: '10.0.0.1', forwarded: lines, trusted })).toBe(answer);
        },
      ),
    );
  });
});

describe('trustedPrefixes', () => {
  it('accepts prefixes, single addresses and names of blocks that cannot change hands', () => {
    const list = trustedPrefixes([
      'loopback',
      'uniquelocal',
      'linklocal',
      '192.0.2.7',
      '2001:db8::/32',
      '::ffff:198.51.100.0/120',
    ]);
    for (const peer of [
      '127.0.0.1',
      '::1',
      '10.1.1.1',
      '192.168.1.1',
      'fe80::1',
      '192.0.2.7',
      '2001:db8::9',
      '198.51.100.9',
    ])
      expect([peer, clientAddress({ peer, forwardedFor: '9.9.9.9', trusted: list })]).toEqual([
        peer,
        '9.9.9.9',
      ]);
    for (const peer of ['192.0.2.8', '172.32.0.1', '2001:db9::1'])
      expect(clientAddress({ peer, forwardedFor: '9.9.9.9', trusted: list })).toBe(peer);
  });

  it.each([
    [['0.0.0.0/0'], 'ERR_PREFIX_TRUSTS_ALL'],
    [['::/0'], 'ERR_PREFIX_TRUSTS_ALL'],
    [['::ffff:0:0/96'], 'ERR_PREFIX_TRUSTS_ALL'],
    [['2000::/3'], 'ERR_PREFIX_TRUSTS_ALL'],
    [['0.0.0.0/1', '10.0.0.0/8', '128.0.0.0/1'], 'ERR_PREFIX_TRUSTS_ALL'],
    [['2000::/4', '3000::/4'], 'ERR_PREFIX_TRUSTS_ALL'],
    [['0.0.0.0/2', '0.0.0.0/1', '128.0.0.0/1', '128.0.0.0/9'], 'ERR_PREFIX_TRUSTS_ALL'],
    [['010.0.0.0/8'], 'ERR_PREFIX'],
    [['10.0.0.1/8'], 'ERR_PREFIX'],
    [['proxy.example'], 'ERR_PREFIX'],
    [['*'], 'ERR_PREFIX'],
    [[7], 'ERR_PREFIX'],
    ['10.0.0.0/8', 'ERR_ARGUMENT'],
    [undefined, 'ERR_ARGUMENT'],
  ])('refuses %j: %s', (list, code) => {
    expect(() => trustedPrefixes(list as never)).toThrow(expect.objectContaining({ code }));
  });

  it('accepts an empty list', () => {
    expect(
      clientAddress({ peer: '10.0.0.1', forwardedFor: '9.9.9.9', trusted: trustedPrefixes([]) }),
    ).toBe('10.0.0.1');
    expect(
      clientAddress({ peer: undefined, forwardedFor: '9.9.9.9', trusted: trustedPrefixes([]) }),
    ).toBeUndefined();
  });
});

it('withoutZone removes the zone of a peer, and takes what is not text for no address', () => {
  expect(['fe80::1%eth0', 'fe80::1', '10.0.0.1'].map(withoutZone)).toEqual([
    'fe80::1',
    'fe80::1',
    '10.0.0.1',
  ]);
  expect(clientAddress({ peer: 7 as never, trusted: trustedPrefixes([]) })).toBeUndefined();
});
