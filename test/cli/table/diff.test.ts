import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prefixesOf, rangeText } from '../../../src/cli/table/ranges.ts';
import { compileBundle } from '../../../src/entry/tables.ts';
import { networkOf } from '../../oracle/networks.ts';
import { cli } from '../../support/cli.ts';
import { fileOf } from '../../support/tables.ts';

const ROWS = '2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB\n2a01:cb00::/32,FR\n';
const own = fileOf(ROWS, 'own.csv');

describe('table diff', () => {
  it('tells what changes sides, the largest first, with prefixes and sizes', async () => {
    const [before, after] = await Promise.all(
      [
        ROWS,
        `${ROWS.replace('3.0.0.0/8,ES', '3.0.0.0/9,ES')}2.1.0.0/16,GB\n2.9.0.1/32,ES\n2.9.0.2/32,ES\n2.9.0.3/32,ES\n`,
      ].map(async text =>
        fileOf(await compileBundle({ sources: [{ path: fileOf(text), built: '2026-06-01' }] })),
      ),
    );
    const { stdout, status } = await cli(['table', 'diff', before!, after!, '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).moves).toEqual([
      {
        family: 'ipv4',
        from: 'eea',
        to: 'unknown',
        size: 2 ** 23,
        prefixes: 1,
        ranges: [{ size: 2 ** 23, prefixes: ['3.128.0.0/9'] }],
      },
      {
        family: 'ipv4',
        from: 'home',
        to: 'outside',
        size: 65536,
        prefixes: 1,
        ranges: [{ size: 65536, prefixes: ['2.1.0.0/16'] }],
      },
      {
        family: 'ipv4',
        from: 'home',
        to: 'eea',
        size: 3,
        prefixes: 2,
        ranges: [{ size: 3, prefixes: ['2.9.0.1/32', '2.9.0.2/31'] }],
      },
    ]);
    const text = (await cli(['table', 'diff', before!, after!, '--lang', 'fr'])).stdout;
    expect(text).toMatch(/EEE +→ +inconnu +8[\s\u202f]388[\s\u202f]608 +1/);
    expect(text).toMatch(/2\.9\.0\.1\/32 \+1 +3/);
    expect(text).toContain('rien ne change');
    expect((await cli(['table', 'diff', before!, after!, '--prefixes', '0'])).stdout).not.toContain(
      '2.1.0.0/16',
    );
  });

  it('tells of licence, dispute and anonymisers too', async () => {
    const sources = [{ path: own, built: '2026-06-01' }];
    const before = fileOf(await compileBundle({ sources }));
    const overlays = [{ path: fileOf('2.1.0.0/16'), kind: 'anonymisers' as const }];
    const after = fileOf(await compileBundle({ sources, overlays, licence: { also: ['ES'] } }));
    const { moves } = JSON.parse((await cli(['table', 'diff', before, after, '--json'])).stdout);
    expect(
      moves.map(({ from, to, size }: { from: string; to: string; size: number }) => [
        from,
        to,
        size,
      ]),
    ).toEqual([
      ['eea', 'eea+licensed', 2 ** 24],
      ['home', 'home+anonymised', 65536],
    ]);
  });
});

describe('prefixes', () => {
  it('of a range are the fewest that cover it, in order, without a gap', () => {
    const start = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(start, start, (a, b) => {
        const first = Math.min(a, b);
        const last = Math.max(a, b);
        const networks = prefixesOf([first], last === 0xffffffff ? undefined : [last + 1]).map(
          text => networkOf(text, ''),
        );
        expect([networks[0]!.first, networks.at(-1)!.last]).toEqual([BigInt(first), BigInt(last)]);
        for (const [index, { first: next }] of networks.slice(1).entries())
          expect(next).toBe(networks[index]!.last + 1n);
        expect(networks.length).toBeLessThanOrEqual(62);
      }),
    );
    expect(prefixesOf([0x2a01cb00, 0, 0, 0], [0x2a01cb01, 0, 0, 0])).toEqual(['2a01:cb00::/32']);
    expect(prefixesOf([0], undefined)).toEqual(['0.0.0.0/0']);
    expect([rangeText([0x02000000], [0x02ffffff]), rangeText([0x02000001], [0x02000002])]).toEqual([
      '2.0.0.0/8',
      '2.0.0.1 – 2.0.0.2',
    ]);
  });
});
