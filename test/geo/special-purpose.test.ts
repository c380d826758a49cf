import { describe, expect, it } from 'vitest';
import { specialPurposeRfc } from '../../src/geo/special-purpose.ts';
import { parseAddress } from '../../src/index.ts';
import { loadZoneTable } from '../../src/tables.ts';
import { networkOf, textOf } from '../oracle/networks.ts';
import { hasCorpora, readCorpus } from '../support/corpora.ts';

const table = await loadZoneTable();

describe('special-purpose addresses', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '169.254.1.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',

    '192.0.2.1',
    '192.88.99.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',

    '255.255.255.255',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '::5102:458e',
    '64:ff9b::5102:458e',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',

    '2001:0:5102:458e::1',
    '2001:2::1',
    '2001:10::1',
    '2001:db8::1',
    '2002:5102:458e::1',
    '3fff::1',
    '4000::1',
    '5f00::1',
    'fc00::1',

    'fd00::1',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    '1::1',
    '8000::1',
  ])('include %s', text => {
    expect(table.locate(text)).toMatchObject({
      zone: 'unknown',
      known: 'special-purpose',
      licensed: false,
      disputed: false,
    });
    expect(specialPurposeRfc(parseAddress(text)!)).toMatch(/^RFC \d+/);
  });

  it.each([
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.0.9',
    '192.0.0.10',
  ])('do not include %s, which is looked up in the table', text => {
    expect(table.locate(text).known).not.toBe('special-purpose');
    expect(specialPurposeRfc(parseAddress(text)!)).toBeUndefined();
  });

  it.each([
    '2001:1::1',
    '2001:1::2',
    '2001:1::3',
    '2001:3::1',
    '2001:4:112::1',
    '2001:20::1',
    '2001:30::1',
    '2001:200::1',
    '2620:4f:8000::1',
  ])('do not include %s, which is looked up in the table', text => {
    expect(table.locate(text).known).not.toBe('special-purpose');
  });
});

describe.skipIf(!hasCorpora)('special-purpose registries', () => {
  interface Block {
    readonly block: string;
    readonly globallyReachable: boolean | null;
    readonly globallyReachableRaw?: string;
    readonly rfc: string;
  }
  const registry = hasCorpora
    ? readCorpus<{
        ipv4: readonly Block[];
        ipv6: readonly Block[];
        notInRegistry: readonly Block[];
      }>('iana/special-purpose.json')
    : { ipv4: [], ipv6: [], notInRegistry: [] };
  const blocks = [...registry.ipv4, ...registry.ipv6, ...registry.notInRegistry];

  /**
   * Refuses what is not globally reachable, and the embedding of IPv4 that must not be read
   * through.
   */
  const isRefused = ({ block, globallyReachable }: Block): boolean =>
    globallyReachable !== true || block === '64:ff9b::/96';

  it('are all recognised, at their first and last address', () => {
    expect(blocks.length).toBeGreaterThan(50);
    for (const block of blocks.filter(candidate => candidate.block !== '::ffff:0:0/96')) {
      const { version, first, last } = networkOf(block.block, '');
      for (const value of [first, last]) {
        const text = textOf(version, value);
        const around = blocks.filter(other => {
          const range = networkOf(other.block, '');
          return range.version === version && range.first <= value && value <= range.last;
        });
        const narrowest = around.reduce((a, b) =>
          Number(a.block.split('/')[1]) > Number(b.block.split('/')[1]) ? a : b,
        );
        expect([text, table.locate(text).known === 'special-purpose']).toEqual([
          text,
          isRefused(narrowest),
        ]);
      }
    }
  });

  it('never have embedded IPv4 addresses read through', () => {
    const { vectors } = readCorpus<{
      vectors: readonly { kind: string; ipv6: string; ipv4: string | null }[];
    }>('iana/embedding.json');
    for (const { kind, ipv6, ipv4 } of vectors) {
      const location = table.locate(ipv6);
      if (kind === 'mapped' && ipv4 !== null) expect(location).toBe(table.locate(ipv4));
      if (['6to4', 'teredo'].includes(kind) && ipv4 !== null)
        expect(location.known).toBe('special-purpose');
      if (kind === 'nat64') expect(location.known).toBe('special-purpose');
    }
  });
});
