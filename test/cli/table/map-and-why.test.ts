import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { placeOf } from '../../../src/cli/table/hilbert.ts';
import { compileBundle } from '../../../src/entry/tables.ts';
import { cli, MAIN, PLAIN } from '../../support/cli.ts';
import { ipv4Bits, writeMmdb } from '../../support/mmdb-writer.ts';
import { fileOf, inFolder } from '../../support/tables.ts';

const BUNDLED = new URL('../../../data/zones.bin', import.meta.url).pathname;
const ROWS = '2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB\n2a01:cb00::/32,FR\n';
const own = fileOf(ROWS, 'own.csv');
describe('table map', () => {
  it('runs along a Hilbert curve: every place once, each beside the one before, every prefix a square', () => {
    const places = Array.from({ length: 4096 }, (_, index) => placeOf(index, 6));
    expect(new Set(places.map(([x, y]) => `${x},${y}`)).size).toBe(4096);
    for (let index = 1; index < places.length; index++) {
      const [[x, y], [a, b]] = [places[index]!, places[index - 1]!];
      expect(Math.abs(x - a) + Math.abs(y - b)).toBe(1);
    }
    for (let block = 0; block < 4096; block += 64) {
      const xs = places.slice(block, block + 64).map(([x]) => x >> 3);
      const ys = places.slice(block, block + 64).map(([, y]) => y >> 3);
      expect([new Set(xs).size, new Set(ys).size]).toEqual([1, 1]);
    }
    expect([placeOf(0, 10), placeOf(2 ** 20 - 1, 10)]).toEqual([
      [0, 0],
      [1023, 0],
    ]);
  });

  /** The colour inside the block of a /8, away from its number and its lines. */
  const colourAt = (image: PNG, octet: number): number[] => {
    const [x, y] = placeOf(octet, 4);
    const at = ((96 + y * 64 + 40) * image.width + 36 + x * 64 + 40) * 4;
    return [...image.data.subarray(at, at + 3)];
  };

  it('colours zones, disputes and what is special, and for a diff what moves', async () => {
    const sources = [
      { path: own, built: '2026-06-01' },
      { path: fileOf(`${ROWS.replace('4.0.0.0/8,GB', '4.0.0.0/8,FR')}`), built: '2026-06-01' },
    ];
    const file = fileOf(await compileBundle({ sources }));
    const output = inFolder('map.png');
    expect((await cli(['table', 'map', file, '-o', output, '--json'])).stdout).toMatch(
      /"width":1096/,
    );
    const image = PNG.sync.read(readFileSync(output));
    expect([2, 3, 4, 5, 10].map(octet => colourAt(image, octet))).toEqual([
      [0, 74, 173],
      [247, 181, 0],
      [222, 0, 112],
      [178, 156, 217],
      [92, 101, 115],
    ]);
    const after = fileOf(
      await compileBundle({
        sources: [
          { path: fileOf('2.0.0.0/8,ES\n3.0.0.0/8,FR\n5.0.0.0/8,US'), built: '2026-06-01' },
        ],
      }),
    );
    expect((await cli(['table', 'map', after, '--from', file, '-o', output])).status).toBe(0);
    const moved = PNG.sync.read(readFileSync(output));
    expect([2, 3, 4, 5, 7].map(octet => colourAt(moved, octet))).toEqual([
      [240, 165, 0],
      [0, 74, 173],
      [126, 87, 194],
      [205, 30, 30],
      [234, 237, 241],
    ]);
    expect((await cli(['table', 'map', file, '-o', '/nowhere/map.png'])).stderr).toContain(
      '[ERR_OUTPUT]',
    );
  });
});

describe('table why', () => {
  const database = fileOf(
    writeMmdb([
      { bits: ipv4Bits('2.0.0.0/8'), record: { country: { iso_code: 'FR' } } },
      { bits: ipv4Bits('2.16.0.0/12'), record: { country_code: 'ES' } },
    ]),
    'geo.mmdb',
  );
  const flags = fileOf(
    writeMmdb([
      {
        bits: ipv4Bits('2.16.1.0/24'),
        record: { is_tor_exit_node: true, is_anonymous_vpn: false },
      },
    ]),
    'anonymous.mmdb',
  );
  const corrections = fileOf(
    '2.16.0.0/13,GB,2099-01-01,ticket 7\n2.16.0.0/12,FR,2020-01-01,over',
    'corrections.csv',
  );
  const files = [
    '--source',
    own,
    '--source',
    database,
    '--built',
    '2026-06-01',
    '--overlay',
    `corrections:${corrections}`,
    '--overlay',
    `anonymisers:${flags}`,
  ];

  it('shows what each file says, with its prefix and line, and what comes of it', async () => {
    const { stdout, status } = await cli(['table', 'why', '2.16.1.7', ...files, '--json']);
    expect(status).toBe(0);
    const { location, answers } = JSON.parse(stdout);
    expect(location).toMatchObject({ zone: 'outside', anonymised: true });
    expect(
      answers.map(({ kind, says, zone, range, line, maxmind }: Record<string, unknown>) => [
        kind,
        says,
        zone,
        range,
        line,
        maxmind,
      ]),
    ).toEqual([
      ['source', 'FR', 'home', '2.0.0.0/8', 1, undefined],
      ['source', 'ES', 'eea', '2.16.0.0/12', undefined, 'country_code=ES'],
      ['corrections', 'GB', 'outside', '2.16.0.0/13', 1, undefined],
      [
        'anonymisers',
        'yes',
        undefined,
        '2.16.1.0/24',
        undefined,
        'is_tor_exit_node=true, is_anonymous_vpn=false',
      ],
    ]);
    const french = (await cli(['table', 'why', '2a01:cb00::1', ...files, '--lang', 'fr'])).stdout;
    expect(french).toMatch(/source +FR +résidence +2a01:cb00::\/32 \(ligne 4\)/);
    expect(french).toMatch(/geo\.mmdb +source +rien/);
    expect(french).toMatch(/^résidence · dans l’État de résidence/m);
  });

  it('reads mapped addresses as IPv4, and refuses anything else', async () => {
    const { answers } = JSON.parse(
      (await cli(['table', 'why', '::ffff:2.16.1.7', ...files, '--json'])).stdout,
    );
    expect(answers[1]).toMatchObject({ says: 'ES', range: '2.16.0.0/12' });
    expect(await cli(['table', 'why', '2.16.1', ...files])).toMatchObject({
      status: 1,
      stderr: expect.not.stringContaining('2.16.1'),
    });
  });
});

it('SIGHUP gives a command that runs for long a newer table, and does not end it', async () => {
  const path = fileOf(await compileBundle({ sources: [{ path: own, built: '2026-06-01' }] }));
  const child = spawn(process.execPath, [MAIN, 'locate', '-', '--table', path], { env: PLAIN });
  let answers = '';
  let notes = '';
  child.stdout.on('data', chunk => {
    answers += chunk;
  });
  child.stderr.on('data', chunk => {
    notes += chunk;
  });
  const until = async (isThere: () => boolean): Promise<void> => {
    while (!isThere()) await delay(10);
  };
  const ask = async (): Promise<string> => {
    const before = answers.length;
    child.stdin.write('80.58.61.250\n');
    await until(() => answers.slice(before).includes('\n'));
    return answers.slice(before).split('\t')[1]!;
  };
  expect(await ask()).toBe('unlisted');
  for (const [content, note] of [
    [await compileBundle({ sources: [{ path: own, built: '2026-06-02' }] }), 'violates its guards'],
    ['rubbish', 'ERR_SOURCE_ROW'],
  ] as const) {
    writeFileSync(path, content);
    child.kill('SIGHUP');
    await until(() => notes.includes(note));
    expect(await ask()).toBe('unlisted');
  }
  child.stdin.end();
  expect((await once(child, 'exit'))[0]).toBe(0);
});

it('SIGHUP puts a table that passes its guards in force', async () => {
  const path = fileOf(readFileSync(BUNDLED));
  const child = spawn(process.execPath, [MAIN, 'locate', '-', '--table', path, '--lang', 'fr'], {
    env: PLAIN,
  });
  child.stdin.write('192.0.0.1\n');
  await once(child.stdout, 'data');
  let notes = '';
  child.stderr.on('data', chunk => {
    notes += chunk;
  });
  child.kill('SIGHUP');
  while (!notes.includes('le fichier contient la table en vigueur')) await delay(10);
  child.stdin.end();
  expect((await once(child, 'exit'))[0]).toBe(0);
});
