import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadZoneTable } from '../../../src/index.ts';
import { cli } from '../../support/cli.ts';
import { fileOf, inFolder } from '../../support/tables.ts';

const BUNDLED = new URL('../../../data/zones.bin', import.meta.url).pathname;
const ROWS = '2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB\n2a01:cb00::/32,FR\n';
const own = fileOf(ROWS, 'own.csv');
const ANY = {
  shares: { home: [0, 1], eea: [0, 1], outside: [0, 1], unknown: [0, 1] },
  bundledSentinels: false,
  families: [],
};

/** A folder with a recipe and what it names. */
function recipeIn(name: string, more: object = {}): string {
  const folder = inFolder(name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'own.csv'), ROWS);
  writeFileSync(join(folder, 'ships.csv'), '2.1.0.0/16,unknown\n');
  const config = {
    sources: [{ path: 'own.csv', built: '2026-06-01', name: 'own ranges' }],
    overlays: [{ path: 'ships.csv', name: 'ships' }],
    guards: ANY,
    ...more,
  };
  writeFileSync(join(folder, 'recipe.json'), JSON.stringify(config));
  return join(folder, 'recipe.json');
}

describe('table build', () => {
  it('makes a table of a recipe, whose paths are as seen from its folder; info tells what it is made of', async () => {
    const output = inFolder('built.bin');
    const { status, stdout, stderr } = await cli([
      'table',
      'build',
      '--build-config',
      recipeIn('recipe'),
      '-o',
      output,
    ]);
    const table = await loadZoneTable(output);
    expect([status, stderr]).toEqual([
      0,
      'there was no table to compare with: only shares, sentinels and families were checked\n',
    ]);
    expect(stdout).toMatch(new RegExp(`^written: edition ${table.edition.id}, 0\\.4 MB\\n$`));
    expect(['2.2.0.1', '2.1.0.1', '3.1.1.1'].map(address => table.locate(address).zone)).toEqual([
      'home',
      'unknown',
      'eea',
    ]);
    const info = (await cli(['table', 'info', output, '--lang', 'fr'])).stdout;
    expect(info).toMatch(/own ranges +01\/06\/2026/);
    expect(info).toMatch(/couche +genre/);
    expect(info).toMatch(/ships +places/);
    expect((await cli(['table', 'verify', output])).status).toBe(0);
  });

  it('takes the same on the command line', async () => {
    const output = inFolder('by-options.bin');
    const overlay = fileOf('3.1.0.0/16\n');
    const args = [
      '--source',
      own,
      '--built',
      '2026-06-01',
      '--overlay',
      `anonymisers:${overlay}`,
      '--home',
      'ES',
    ];
    const licence = ['--also', 'AD', '--except', 'EA', '--on', '2026-01-01', '--accept'];
    expect((await cli(['table', 'build', '-o', output, ...args, ...licence])).status).toBe(0);
    const table = await loadZoneTable(output);
    expect(table.edition).toMatchObject({ home: 'ES', on: '2026-01-01' });
    expect(table.locate('3.1.1.1')).toMatchObject({ zone: 'home', anonymised: true });
  });

  it('holds it against guards, and writes nothing until it is accepted', async () => {
    const output = inFolder('held.bin');
    const args = ['table', 'build', '-o', output, '--source', own, '--built', '2026-06-01'];
    const { status, stderr, stdout } = await cli(args);
    expect([status, stdout, existsSync(output), existsSync(`${output}.held`)]).toEqual([
      2,
      '',
      false,
      true,
    ]);
    expect(stderr).toMatch(
      /^- “outside the EEA”: 0\.453 % of the public IPv4 addresses, not between 60 % and 92 %$/m,
    );
    expect(stderr).toMatch(
      /^- sentinel 1 of the bundled ones: found “unknown” instead of “home State”$/m,
    );
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^table 2026-06-01-\w+ violates its guards and .* --accept$/,
    );
    expect(stderr).not.toMatch(/\d+\.\d+\.\d+\.\d+/);
    expect((await cli([...args, '--lang', 'fr'])).stderr).toMatch(
      /- sentinelle 1 parmi celles fournies : « inconnu » au lieu de « État de résidence »/,
    );
    const accepted = await cli([...args, '--accept', '--json']);
    expect(JSON.parse(accepted.stdout)).toMatchObject({
      written: true,
      violations: expect.arrayContaining([]),
    });
    expect(JSON.parse(accepted.stdout).violations.length).toBeGreaterThan(3);
    expect(existsSync(output)).toBe(true);
  });

  it('holds it against the table that the file holds, which stays as it is', async () => {
    const config = recipeIn('replacing');
    const output = inFolder('replaced.bin');
    expect((await cli(['table', 'build', '--build-config', config, '-o', output])).status).toBe(0);
    const before = readFileSync(output);
    writeFileSync(join(config, '..', 'own.csv'), ROWS.replace('2.0.0.0/8,FR', '2.0.0.0/8,ES'));
    const held = await cli(['table', 'build', '--build-config', config, '-o', output, '--json']);
    expect(held.status).toBe(2);
    expect((await cli(['table', 'diff', output, `${output}.held`])).stdout).toMatch(/home +→ +eea/);
    expect(JSON.parse(held.stdout)).toMatchObject({
      written: false,
      violations: [{ guard: 'moved', family: 'ipv4', zone: 'home' }, {}],
    });
    expect(held.stderr).toMatch(
      /IPv4: 100 % of the addresses “home State” change zone, more than 5 %/,
    );
    expect(readFileSync(output).equals(before)).toBe(true);
    expect(
      (await cli(['table', 'build', '--build-config', config, '-o', output, '--accept'])).status,
    ).toBe(0);
    expect(readFileSync(output).equals(before)).toBe(false);
  });

  it('writes through a link and keeps the mode of the file', async () => {
    const config = recipeIn('linked');
    const real = inFolder('real.bin');
    const link = inFolder('current.bin');
    expect((await cli(['table', 'build', '--build-config', config, '-o', real])).status).toBe(0);
    chmodSync(real, 0o600);
    symlinkSync(real, link);
    const before = readFileSync(real);
    writeFileSync(join(config, '..', 'ships.csv'), '2.2.0.0/16,unknown\n');
    expect((await cli(['table', 'build', '--build-config', config, '-o', link])).status).toBe(0);
    expect([lstatSync(link).isSymbolicLink(), statSync(real).mode & 0o777]).toEqual([true, 0o600]);
    expect(readFileSync(real).equals(before)).toBe(false);
  });

  it('tells of corrections that have ended, which then say nothing', async () => {
    const corrections = fileOf('2.1.0.0/16,ES,2020-01-01,over\n2.2.0.0/16,ES,2099-01-01,not yet');
    const args = [
      '--source',
      own,
      '--built',
      '2026-06-01',
      '--overlay',
      `corrections:${corrections}`,
    ];
    const { stderr } = await cli([
      'table',
      'build',
      '-o',
      inFolder('ended.bin'),
      ...args,
      '--accept',
    ]);
    expect(stderr).toContain('corrections that have ended and have no effect: 1');
    const why = (await cli(['table', 'why', '2.1.0.1', ...args])).stdout;
    expect(why).toMatch(
      /corrections +nothing +2\.1\.0\.0\/16 \(line 1\) +ended 2020-01-01: over|corrections +nothing.*ended 2020-01-01: over/,
    );
    expect((await cli(['table', 'why', '2.2.0.1', ...args])).stdout).toMatch(
      /ES +eea +2\.2\.0\.0\/16 \(line 2\) +2099-01-01: not yet/,
    );
  });

  it.each<[string, string[], RegExp]>([
    ['no source', [], /at least one source \[ERR_SOURCE_EMPTY\]/],
    [
      'no day',
      ['--source', own],
      /day of its data: give it, as YYYY-MM-DD \(\/tmp\/\S+, file 1\) \[ERR_SOURCE_BUILT\]$/,
    ],
    [
      'an overlay of no kind',
      ['--source', own, '--overlay', own],
      /an overlay must be KIND:FILE.* \(--overlay \/tmp\/\S+\) \[/,
    ],
    [
      'a recipe that is none',
      ['--build-config', fileOf('{"sources":')],
      /the build configuration is not valid JSON \(--build-config \/tmp\/\S+\) \[/,
    ],
    [
      'a recipe with a slip',
      ['--build-config', fileOf('{"sources":[],"overlay":[]}')],
      /unknown field overlay in the build configuration; known fields: sources, overlays, home, on, licence, guards/,
    ],
    [
      'a source with a slip',
      ['--build-config', fileOf('{"sources":[{"path":"x","buit":"y"}]}')],
      /unknown field sources\[0\]\.buit in the build configuration; known fields: path, name/,
    ],
    [
      'a licence that is a list',
      ['--build-config', fileOf('{"sources":[],"licence":["MC"]}')],
      /licence in the build configuration must be an object/,
    ],
    [
      'overlays that are no list',
      ['--build-config', fileOf('{"sources":[],"overlays":{}}')],
      /overlays in the build configuration must be a list of files, each with a path/,
    ],
    [
      'no guards',
      ['--build-config', fileOf('{"sources":[],"guards":false}')],
      /the guards must be an object/,
    ],
    [
      'no recipe',
      ['--build-config', '/nowhere'],
      /there is no such file \(--build-config \/nowhere: ENOENT\) \[/,
    ],
    [
      'a day that is none',
      ['--source', own, '--built', '31/11/2026'],
      /this day is not in the calendar; .* \(--built\) \[/,
    ],
    [
      'a compiled table as a source',
      ['--source', BUNDLED, '--built', '2026-01-01'],
      /a compiled table cannot be a source/,
    ],
    [
      'an output that is a source',
      ['--source', own, '--built', '2026-01-01', '--accept', '-o', own],
      /is not overwritten: choose another path \(--output \/tmp\/\S+\) \[/,
    ],
    [
      'the second of two files',
      ['--source', own, '--built', '2026-01-01', '--overlay', `places:${fileOf('x')}`],
      /\(\/tmp\/\S+, file 2, line 1\)/,
    ],
    [
      'a folder that is none',
      ['--source', own, '--built', '2026-01-01', '--accept', '-o', '/nowhere/x'],
      /\(--output \/nowhere\/x\S*: ENOENT\) \[ERR_OUTPUT\]/,
    ],
  ])('says in one line what is wrong: %s', async (_, args, line) => {
    const output = args.includes('-o') ? [] : ['-o', inFolder('never.bin')];
    const { status, stderr } = await cli(['table', 'build', ...args, ...output]);
    expect(status).toBeGreaterThan(0);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(line);
    expect(existsSync(inFolder('never.bin'))).toBe(false);
  });
});
