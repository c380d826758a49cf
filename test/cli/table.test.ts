import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prefixesOf, rangeText } from '../../src/cli/ranges.ts';
import { compileBundle, loadZoneTable } from '../../src/index.ts';
import { networkOf } from '../oracle/networks.ts';
import { cli } from '../support/cli.ts';
import { fileOf, inFolder } from '../support/tables.ts';

const ROWS = '2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB\n2a01:cb00::/32,FR\n';
const own = fileOf(ROWS, 'own.csv');
const ANY = { shares: { home: [0, 1], eea: [0, 1], outside: [0, 1], unknown: [0, 1] }, bundledSentinels: false };

/** A folder with a recipe and what it names. */
function recipeIn(name: string, more: object = {}): string {
  const folder = inFolder(name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'own.csv'), ROWS);
  writeFileSync(join(folder, 'ships.csv'), '2.1.0.0/16,unknown\n');
  const recipe = {
    sources: [{ path: 'own.csv', built: '2026-06-01', name: 'own ranges' }],
    overlays: [{ path: 'ships.csv', name: 'ships' }],
    guards: ANY,
    ...more,
  };
  writeFileSync(join(folder, 'recipe.json'), JSON.stringify(recipe));
  return join(folder, 'recipe.json');
}

describe('table build', () => {
  it('makes a table of a recipe, whose paths are as seen from its folder; info tells what it is made of', async () => {
    const output = inFolder('built.bin');
    const { status, stdout, stderr } = cli(['table', 'build', '--recipe', recipeIn('recipe'), '-o', output]);
    const table = await loadZoneTable(output);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`edition ${table.edition.id}, 0 MB\n`);
    expect(['2.2.0.1', '2.1.0.1', '3.1.1.1'].map(address => table.locate(address).zone)).toEqual([
      ...['home', 'unknown', 'eea'],
    ]);
    const info = cli(['table', 'info', output, '--lang', 'fr']).stdout;
    expect(info).toMatch(/own ranges +2026-06-01/);
    expect(info).toMatch(/couche +genre/);
    expect(info).toMatch(/ships +places/);
    expect(cli(['table', 'verify', output]).status).toBe(0);
  });

  it('takes the same on the command line', async () => {
    const output = inFolder('by-options.bin');
    const overlay = fileOf('3.1.0.0/16\n');
    const args = ['--source', own, '--built', '2026-06-01', '--overlay', `anonymisers:${overlay}`, '--home', 'ES'];
    const licence = ['--also', 'AD', '--except', 'EA', '--on', '2026-01-01', '--accept'];
    expect(cli(['table', 'build', '-o', output, ...args, ...licence]).status).toBe(0);
    const table = await loadZoneTable(output);
    expect(table.edition).toMatchObject({ home: 'ES', on: '2026-01-01' });
    expect(table.locate('3.1.1.1')).toMatchObject({ zone: 'home', anonymised: true });
  });

  it('holds it against guards, and writes nothing until it is accepted', async () => {
    const output = inFolder('held.bin');
    const args = ['table', 'build', '-o', output, '--source', own, '--built', '2026-06-01'];
    const { status, stderr, stdout } = cli(args);
    expect([status, stdout, existsSync(output)]).toEqual([3, '', false]);
    expect(stderr).toMatch(/^- “outside the EEA”: 0\.453 % of the public IPv4 addresses, not between 60 % and 92 %$/m);
    expect(stderr).toMatch(/^- sentinel 1 of the bundled ones: unknown, not home State$/m);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/say --accept \[ERR_TABLE_GUARD\]$/);
    expect(stderr).not.toMatch(/\d+\.\d+\.\d+\.\d+/);
    expect(cli([...args, '--lang', 'fr']).stderr).toMatch(
      /- sentinelle 1 parmi celles fournies : inconnu, et non État de résidence/,
    );
    const accepted = cli([...args, '--accept', '--json']);
    expect(JSON.parse(accepted.stdout)).toMatchObject({ written: true, breaches: expect.arrayContaining([]) });
    expect(JSON.parse(accepted.stdout).breaches.length).toBeGreaterThan(3);
    expect(existsSync(output)).toBe(true);
  });

  it('holds it against the table that the file holds, which stays as it is', () => {
    const recipe = recipeIn('replacing');
    const output = inFolder('replaced.bin');
    expect(cli(['table', 'build', '--recipe', recipe, '-o', output]).status).toBe(0);
    const before = readFileSync(output);
    writeFileSync(join(recipe, '..', 'own.csv'), ROWS.replace('2.0.0.0/8,FR', '2.0.0.0/8,ES'));
    const held = cli(['table', 'build', '--recipe', recipe, '-o', output, '--json']);
    expect(held.status).toBe(3);
    expect(JSON.parse(held.stdout)).toMatchObject({
      written: false,
      breaches: [{ guard: 'moved', family: 'ipv4', zone: 'home' }, {}],
    });
    expect(held.stderr).toMatch(/IPv4: 100 % of “home State” changes sides, more than 5 %/);
    expect(readFileSync(output).equals(before)).toBe(true);
    expect(cli(['table', 'build', '--recipe', recipe, '-o', output, '--accept']).status).toBe(0);
    expect(readFileSync(output).equals(before)).toBe(false);
  });

  it.each<[string, string[], RegExp]>([
    ['no source', [], /at least one source \[ERR_SOURCE_EMPTY\]/],
    [
      'no day',
      ['--source', own],
      /YYYY-MM-DD; csv does not hold it \[ERR_SOURCE_BUILT\]|\(file 1\) \[ERR_SOURCE_BUILT\]/,
    ],
    ['an overlay of no kind', ['--source', own, '--overlay', own], /an overlay is KIND:FILE/],
    ['a recipe that is none', ['--recipe', fileOf('{"sources":')], /a recipe is a json object/],
    ['a recipe with a slip', ['--recipe', fileOf('{"sources":[],"overlay":[]}')], /a recipe is a json object/],
    [
      'the second of two files',
      ['--source', own, '--built', '2026-01-01', '--overlay', `places:${fileOf('x')}`],
      /\(file 2, line 1\)/,
    ],
    [
      'a folder that is none',
      ['--source', own, '--built', '2026-01-01', '--accept', '-o', '/nowhere/x'],
      /\[ERR_OUTPUT\]/,
    ],
  ])('says in one line what is wrong: %s', (_, args, line) => {
    const output = args.includes('-o') ? [] : ['-o', inFolder('never.bin')];
    const { status, stderr } = cli(['table', 'build', ...args, ...output]);
    expect(status).toBeGreaterThan(0);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(line);
    expect(stderr).not.toContain('/tmp');
    expect(existsSync(inFolder('never.bin'))).toBe(false);
  });
});

describe('table diff', () => {
  it('tells what changes sides, the largest first, with prefixes and sizes', async () => {
    const [before, after] = await Promise.all(
      [
        ROWS,
        `${ROWS.replace('3.0.0.0/8,ES', '3.0.0.0/9,ES')}2.1.0.0/16,GB\n2.9.0.1/32,ES\n2.9.0.2/32,ES\n2.9.0.3/32,ES\n`,
      ].map(async text => fileOf(await compileBundle({ sources: [{ path: fileOf(text), built: '2026-06-01' }] }))),
    );
    const { stdout, status } = cli(['table', 'diff', before!, after!, '--json']);
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
    const text = cli(['table', 'diff', before!, after!, '--lang', 'fr']).stdout;
    expect(text).toMatch(/eea +→ +unknown +8[\s\u202f]388[\s\u202f]608 +1/);
    expect(text).toMatch(/2\.9\.0\.1\/32 \+1 +3/);
    expect(text).toContain('rien ne change');
    expect(cli(['table', 'diff', before!, after!, '--prefixes', '0']).stdout).not.toContain('2.1.0.0/16');
  });

  it('tells of licence, dispute and anonymisers too', async () => {
    const sources = [{ path: own, built: '2026-06-01' }];
    const before = fileOf(await compileBundle({ sources }));
    const overlays = [{ path: fileOf('2.1.0.0/16'), kind: 'anonymisers' as const }];
    const after = fileOf(await compileBundle({ sources, overlays, licence: { also: ['ES'] } }));
    const { moves } = JSON.parse(cli(['table', 'diff', before, after, '--json']).stdout);
    expect(moves.map(({ from, to, size }: { from: string; to: string; size: number }) => [from, to, size])).toEqual([
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
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        const networks = prefixesOf([first], last === 0xffffffff ? undefined : [last + 1]).map(text =>
          networkOf(text, ''),
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
      ...['2.0.0.0/8', '2.0.0.1 – 2.0.0.2'],
    ]);
  });
});
