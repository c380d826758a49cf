import { describe, expect, it } from 'vitest';
import { compileZoneTable } from '../../src/entry/tables.ts';
import { loadZoneTable } from '../../src/index.ts';
import { fileOf, tableOf } from '../support/tables.ts';

const zones = async (text: string, addresses: readonly string[]): Promise<string[]> => {
  const table = await tableOf([text]);
  return addresses.map(address => table.locate(address).zone);
};

describe('CSV sources', () => {
  it('take prefixes, ranges of addresses and ranges of integers, of both families', async () => {
    const text = [
      '# a comment, then a blank line',
      '',
      '2.0.0.0/8,FR',
      '"3.0.0.0","3.0.0.127","ES"',
      '67108864,67108865,GB\r',
      '2a01::/16,FR',
      '2a02::,2a02::ffff,ES',
      '55838096689132113150955371643624456192,55838096689132113150955371643624456193,GB',
    ].join('\n');
    const addresses = [
      '2.9.9.9',
      '3.0.0.127',
      '3.0.0.128',
      '4.0.0.0',
      '4.0.0.1',
      '4.0.0.2',
      '2a01:ff::',
      '2a02::ffff',
      '2a02::1:0',
    ];
    expect(await zones(text, addresses)).toEqual([
      'home',
      'eea',
      'unknown',
      'outside',
      'outside',
      'unknown',
      'home',
      'eea',
      'unknown',
    ]);
    expect(await zones(text, ['2a02:0:0:0:8000::'])).toEqual(['unknown']);
  });

  it('read integers of 128 bits exactly', async () => {
    // 2a03:: is 0x2a03 x 2^112.
    const start = (BigInt(0x2a03) << 112n).toString();
    const end = ((BigInt(0x2a03) << 112n) + 2n ** 64n).toString();
    expect(
      await zones(`${start},${end},FR`, [
        '2a02:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
        '2a03::',
        '2a03:0:0:1::',
        '2a03:0:0:1::1',
      ]),
    ).toEqual(['unknown', 'home', 'home', 'unknown']);
  });

  it('let the narrower of nested ranges prevail, in any order of rows', async () => {
    const rows = [
      '2.0.0.0/8,FR',
      '2.1.0.0/16,ES',
      '2.1.1.0/24,GB',
      '2.1.1.1/32,FR',
      '2.1.255.0/24,FR',
      '2.255.255.255/32,DE',
    ];
    const addresses = [
      '2.0.0.0',
      '2.1.0.0',
      '2.1.1.0',
      '2.1.1.1',
      '2.1.1.2',
      '2.1.2.0',
      '2.1.255.255',
      '2.2.0.0',
      '2.255.255.255',
      '3.0.0.0',
    ];
    const want = [
      'home',
      'eea',
      'outside',
      'home',
      'outside',
      'eea',
      'home',
      'home',
      'eea',
      'unknown',
    ];
    expect(await zones(rows.join('\n'), addresses)).toEqual(want);
    expect(await zones(rows.toReversed().join('\n'), addresses)).toEqual(want);
  });

  it('take the whole of both address spaces', async () => {
    const text = '0.0.0.0/0,FR\n::/0,ES';
    expect(
      await zones(text, ['1.1.1.1', '223.255.255.255', '2a00::1', '2000::', '3ffe:ffff::']),
    ).toEqual(['home', 'home', 'eea', 'eea', 'eea']);
  });

  it('read IPv4-mapped rows as IPv4', async () => {
    expect(
      await zones('::ffff:2.0.0.0/104,FR\n::ffff:3.0.0.0,::ffff:3.0.0.9,ES', [
        '2.255.0.1',
        '3.0.0.9',
        '3.0.0.10',
      ]),
    ).toEqual(['home', 'eea', 'unknown']);
  });

  it.each([
    ['2.0.0.0/8', 1],
    ['2.0.0.0/8,FR\nnonsense', 2],
    ['2.0.0.0/8,FR\n2.0.0.1/8,FR', 2],
    ['2.0.0.0/33,FR', 1],
    ['2.0.0.0/08,FR', 1],
    ['010.0.0.0/8,FR', 1],
    ['2.0.0.0/8,FR,x,y', 1],
    ['2.0.0.9,2.0.0.1,FR', 1],
    ['2.0.0.0,2a01::,FR', 1],
    ['2.0.0.0,33554440,FR', 1],
    ['1e3,2e3,FR', 1],
    ['0,340282366920938463463374607431768211456,FR', 1],
    ['::/0/0,FR', 1],
  ])('are refused with the line of the error: %j', async (text, line) => {
    await expect(tableOf([text])).rejects.toMatchObject({ code: 'ERR_SOURCE_ROW', line });
  });

  it.each([
    '2.0.0.0,2.0.0.9,FR\n2.0.0.5,2.0.0.12,ES',
    '2.0.0.0/8,FR\n2.0.0.0/8,ES',
    '2.0.0.0/8,FR\n3.0.0.0/8,ES\n2.0.0.0,3.0.0.0,FR',
  ])('are refused where ranges overlap partly or contradict each other: %j', async text => {
    await expect(tableOf([text])).rejects.toMatchObject({ code: 'ERR_SOURCE_OVERLAP' });
  });

  it('may repeat a row', async () => {
    expect(await zones('2.0.0.0/8,FR\n2.0.0.0/8,FR', ['2.1.1.1'])).toEqual(['home']);
  });

  it('need the day of their data', async () => {
    const path = fileOf('2.0.0.0/8,FR');
    await expect(compileZoneTable({ sources: [{ path }] })).rejects.toMatchObject({
      code: 'ERR_SOURCE_BUILT',
    });
    await expect(compileZoneTable({ sources: [{ path, built: 'June' }] })).rejects.toMatchObject({
      code: 'ERR_SOURCE_BUILT',
    });
  });

  it('that name no territory are refused, such as codes in lower case', async () => {
    await expect(tableOf(['2.0.0.0/8,fr'])).rejects.toMatchObject({ code: 'ERR_SOURCE_EMPTY' });
    await expect(tableOf(['# nothing'])).rejects.toMatchObject({ code: 'ERR_SOURCE_EMPTY' });
  });

  it('that cannot be opened are named by path, with the reason', async () => {
    const missing = await compileZoneTable({ sources: [{ path: '/nowhere/at/all' }] }).catch(
      error => error,
    );
    expect(missing).toMatchObject({
      code: 'ERR_SOURCE_OPEN',
      message: 'there is no such file (/nowhere/at/all: ENOENT)',
      file: 1,
    });
    const folder = await compileZoneTable({ sources: [{ path: '/' }] }).catch(error => error);
    expect(folder).toMatchObject({
      code: 'ERR_SOURCE_OPEN',
      message: 'the path is a directory, not a file (/: EISDIR)',
    });
  });

  it.each<[unknown]>([
    [undefined],
    [null],
    [{}],
    [{ sources: [null] }],
    [{ sources: [{}] }],
    [{ sources: [{ path: 7 }] }],
  ])('are refused where the options are invalid: %j', async options => {
    await expect(compileZoneTable(options as never)).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
    });
  });

  it('read IPv4-mapped integers as IPv4, as they do texts, and refuse rows without line feeds', async () => {
    const table = await tableOf([
      '281470698520576,281470698520831,FR\n::ffff:2.0.0.0,::ffff:2.0.0.255,ES',
    ]);
    expect(['1.0.0.1', '2.0.0.1'].map(address => table.locate(address).zone)).toEqual([
      'home',
      'eea',
    ]);
    await expect(tableOf(['1.0.0.0/8,FR\r2.0.0.0/8,ES\r'])).rejects.toMatchObject({
      code: 'ERR_SOURCE_ROW',
      line: 1,
    });
  });

  it('are refused with other invalid options', async () => {
    const sources = [{ path: fileOf('2.0.0.0/8,FR'), built: '2026-06-01' }];
    for (const more of [
      { clock: () => Number.NaN },
      { licence: { also: 'MC' } },
      { licence: null },
      { license: {} },
      { sources: [{ ...sources[0], name: 7 }] },
    ]) {
      await expect(compileZoneTable({ sources, ...more } as never)).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
      });
    }
    for (const from of [null, {}, 7, new URL('https://x')]) {
      await expect(loadZoneTable(from as never)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    }
  });
});
