/**
 * What `serve` lets into force, from one start to the next: real processes, whole tables, real
 * files.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { watchZoneTable } from '../../../src/entry/tables.ts';
import type { Intervals } from '../../../src/geo/intervals.ts';
import { LOCATIONS } from '../../../src/geo/location.ts';
import type { Edition } from '../../../src/geo/zone-table.ts';
import { loadZoneTable, openGate } from '../../../src/index.ts';
import { CHECK, from } from '../../support/asking.ts';
import { decodeBundle, editionOf, encodeBundle } from '../../support/bundles.ts';
import { cli, MAIN } from '../../support/cli.ts';
import { ask, type Running, start, startSidecar } from '../../support/sidecar.ts';
import { acceptedBundle, fileOf, inFolder } from '../../support/tables.ts';

const BUNDLED = readFileSync(new URL('../../../data/zones.bin', import.meta.url));
const HOME = '2a01:cb00::1';
const whole = decodeBundle(BUNDLED);
const OUTSIDE = 2;

/**
 * The bundled table with nearly all IPv6 of the home State outside: shares, sentinels and families
 * pass, and only what moves tells that everybody at home is refused on IPv6.
 */
function movedBundle(accepted?: string): Buffer {
  const { values } = whole.intervals.ipv6;
  const first = values.findIndex(code => LOCATIONS[code]!.zone === 'home');
  const ipv6: Intervals = {
    ...whole.intervals.ipv6,
    values: values.map((code, at) =>
      at !== first && LOCATIONS[code]!.zone === 'home' ? OUTSIDE : code,
    ),
  };
  const intervals = { ...whole.intervals, ipv6 };
  const { id: _, ...facts } = whole.edition;
  return encodeBundle(
    editionOf(intervals, accepted === undefined ? facts : { ...facts, accepted }),
    intervals,
  );
}
const MOVED = movedBundle();
const MOVED_ACCEPTED = movedBundle('2026-11-26T12:00:00.000Z');
const idOf = (bundle: Uint8Array): string => decodeBundle(bundle).edition.id;

/** The rows of an IPv4-only file: the bundled table's own IPv4 space, a country for each zone. */
function ipv4OnlyRows(): string {
  const { starts, values } = whole.intervals.ipv4;
  const text = (value: number): string =>
    [24, 16, 8, 0].map(shift => (value >>> shift) & 0xff).join('.');
  const country = { home: 'FR', eea: 'ES', outside: 'US', unknown: undefined };
  return Array.from(values, (code, at) => {
    const { zone } = LOCATIONS[code]!;
    const last = at + 1 < values.length ? starts[at + 1]! - 1 : 0xffffffff;
    return country[zone] === undefined
      ? ''
      : `${text(starts[at]!)},${text(last)},${country[zone]}\n`;
  }).join('');
}

let folders = 0;
/** The path of a table in a folder of its own. */
function placed(content: Uint8Array): string {
  const folder = inFolder(`served-${++folders}`);
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  const path = join(folder, 'zones.bin');
  writeFileSync(path, content);
  return path;
}

const optionsOf = (table: string): string[] => [
  '--table',
  table,
  '--standing-header',
  'x-standing',
];
const serving = (table: string, ...more: string[]): Promise<Running> =>
  startSidecar([...optionsOf(table), ...more]);
const failing = async (table: string, ...more: string[]) =>
  cli(['serve', '--listen', '127.0.0.1:0', ...optionsOf(table), ...more]);

const reasonAt = async ({ to }: Running, address = HOME): Promise<unknown> =>
  (await ask({ ...to, ...CHECK }, from(address))).headers['laissez-passer-reason'];

const readiness = async ({ to }: Running) => {
  const { status, body } = await ask({ ...to, path: '/readyz' });
  expect(status).toBe(200);
  return JSON.parse(body) as { readonly edition: string; readonly reload: object };
};

/** The counter by outcome. */
async function loads({ to }: Running): Promise<Record<string, number>> {
  const { body } = await ask({ ...to, path: '/metrics' });
  const lines = [
    ...body.matchAll(/^laissez_passer_table_reloads_total\{outcome="(\w+)"\} (\d+)$/gm),
  ];
  return Object.fromEntries(lines.map(([, outcome, count]) => [outcome, Number(count)]));
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(20);
}

/** Replaces the file, asks for a reload, and waits for what came of it. */
async function reload(
  running: Running,
  table: string,
  content: Uint8Array,
  outcome: string,
): Promise<void> {
  const before = (await loads(running))[outcome]!;
  writeFileSync(table, content);
  running.child.kill('SIGHUP');
  await until(async () => (await loads(running))[outcome]! > before);
}

/** Starts once with a table and stops when it is remembered. */
async function remembered(content: Uint8Array): Promise<string> {
  const table = placed(content);
  const running = await serving(table);
  await until(() => existsSync(`${table}.in-force`));
  expect(await running.stop()).toBe(0);
  return table;
}

describe('a table that the guards held at SIGHUP', () => {
  it('is held at the next start too: the one last in force answers, and /readyz and the counter say so', async () => {
    const table = await remembered(BUNDLED);
    const first = await serving(table);
    await reload(first, table, MOVED, 'held');
    const held = { outcome: 'held', at: expect.any(String), edition: idOf(MOVED), violations: 1 };
    expect(await readiness(first)).toMatchObject({ edition: idOf(BUNDLED), reload: held });
    expect(first.output()).toContain('violates its guards');
    await first.stop();

    const second = await serving(table);
    expect(await reasonAt(second)).toBe('present-at-home');
    expect(await readiness(second)).toMatchObject({ edition: idOf(BUNDLED), reload: held });
    expect(await loads(second)).toEqual({ replaced: 0, unchanged: 0, held: 1, refused: 0 });
    expect(second.output()).toContain(`table ${idOf(MOVED)} violates its guards:`);
    expect(second.output()).toMatch(
      / WARN \d+ - IPv6: \d+(\.\d+)? % of the addresses “home State” change zone, more than 5 %$/m,
    );
    expect(second.output()).toContain(`${idOf(BUNDLED)}, saved in ${table}.in-force`);
    await reload(second, table, MOVED, 'held');
    expect(await reasonAt(second)).toBe('present-at-home');
    await second.stop();
    expect(idOf(readFileSync(`${table}.in-force`))).toBe(idOf(BUNDLED));
  }, 120_000);

  it('comes into force at SIGHUP once it was accepted, is remembered, and starts from then on', async () => {
    const table = await remembered(BUNDLED);
    const running = await serving(table);
    await reload(running, table, MOVED, 'held');
    await reload(running, table, MOVED_ACCEPTED, 'replaced');
    expect(await reasonAt(running)).toBe('outside-eea');
    expect(await readiness(running)).toMatchObject({
      reload: { outcome: 'replaced', edition: idOf(MOVED) },
    });
    await running.stop();
    expect(decodeBundle(readFileSync(`${table}.in-force`)).edition).toEqual(
      decodeBundle(MOVED_ACCEPTED).edition,
    );
    const next = await serving(table);
    expect(await loads(next)).toEqual({ replaced: 0, unchanged: 1, held: 0, refused: 0 });
    expect(await reasonAt(next)).toBe('outside-eea');
  }, 120_000);

  it('starts at once where it was accepted before, against a remembered one that differs', async () => {
    const table = await remembered(BUNDLED);
    writeFileSync(table, MOVED_ACCEPTED);
    const running = await serving(table);
    expect(await reasonAt(running)).toBe('outside-eea');
    await until(() => idOf(readFileSync(`${table}.in-force`)) === idOf(MOVED));
  }, 120_000);
});

describe('a first table', () => {
  it('starts and is remembered; a second start with the same table says nothing about it', async () => {
    const table = placed(BUNDLED);
    const first = await serving(table);
    await until(() => existsSync(`${table}.in-force`));
    expect(await loads(first)).toEqual({ replaced: 1, unchanged: 0, held: 0, refused: 0 });
    await first.stop();
    const state = readFileSync(`${table}.in-force`);
    expect([state.equals(BUNDLED), statSync(`${table}.in-force`).mode & 0o777]).toEqual([
      true,
      0o644,
    ]);
    const { mtimeMs, ino } = statSync(`${table}.in-force`);
    const second = await serving(table);
    expect(await loads(second)).toEqual({ replaced: 0, unchanged: 1, held: 0, refused: 0 });
    await second.stop();
    const words = (running: Running): string =>
      running
        .output()
        .replace(/^\S+Z (\w+) \d+/gm, '$1')
        .replace(/127\.0\.0\.1:\d+/g, 'PLACE');
    expect(words(second)).toBe(words(first));
    expect(statSync(`${table}.in-force`)).toMatchObject({ mtimeMs, ino });
    expect(readdirSync(join(table, '..')).toSorted()).toEqual(['zones.bin', 'zones.bin.in-force']);
  }, 120_000);

  it('from an IPv4-only file is held: by table build, and by serve with exit code 2', async () => {
    const source = fileOf(ipv4OnlyRows(), 'ipv4.csv');
    const built = inFolder('ipv4.bin');
    const args = ['table', 'build', '--source', source, '--built', '2026-06-01', '-o', built];
    const build = await cli(args);
    const words =
      '- IPv6: no address is in “home State”, “elsewhere in the EEA”, “outside the EEA”';
    expect([build.status, build.stderr.split('\n')[0]]).toEqual([2, words]);
    const { status, stdout, stderr } = await failing(placed(readFileSync(`${built}.held`)));
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
    expect(stderr).toContain('table build --accept');
    expect((await failing(placed(readFileSync(`${built}.held`)), '--lang', 'fr')).stderr).toContain(
      '- IPv6 : aucune adresse dans « État de résidence », « ailleurs dans l’EEE », « hors de l’EEE »',
    );
    // One row of an overlay does not make a family present.
    const overlay = `places:${fileOf('2a01:cb00::/32,FR\n', 'ship.csv')}`;
    expect((await cli([...args, '--overlay', overlay, '--json'])).stdout).toContain(
      '"missing":["eea","outside"]',
    );
    // An operator without IPv6 says so, or accepts.
    const guards = fileOf('{"families":["ipv4"]}', 'guards.json');
    const table = placed(readFileSync(`${built}.held`));
    await (await serving(table, '--guards', guards)).stop();
    expect((await cli([...args, '--accept'])).status).toBe(0);
    const running = await serving(placed(readFileSync(built)));
    expect(await reasonAt(running, '193.252.19.3')).toBe('present-at-home');
  }, 120_000);

  it('is held by the operator’s own guards, the bundled table too', async () => {
    const guards = fileOf(
      JSON.stringify({ sentinels: [{ address: '8.8.8.8', zone: 'home' }] }),
      'guards.json',
    );
    const args = ['serve', '--standing-header', 'x', '--guards', guards];
    const { status, stderr } = await cli(args);
    expect(status).toBe(2);
    expect(stderr).toContain(
      '- sentinel 1 of your own: found “outside the EEA” instead of “home State”',
    );
  });
});

describe('an acceptance', () => {
  it('is written by table build, shown by table info, and holds at start, at SIGHUP and in a watch', async () => {
    const rows = fileOf('2.0.0.0/8,FR\n3.0.0.0/8,ES\n', 'own.csv');
    const output = inFolder('accepted.bin');
    const build = ['table', 'build', '--source', rows, '--built', '2026-06-01', '-o', output];
    expect((await cli([...build, '--accept'])).status).toBe(0);
    const { edition } = decodeBundle(readFileSync(output));
    expect(edition.accepted).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect((await cli(['table', 'info', output])).stdout).toMatch(
      /accepted despite its guards +2\d{3}-/,
    );
    expect((await cli(['table', 'info', output, '--lang', 'fr'])).stdout).toMatch(
      /acceptée malgré ses garde-fous +2/,
    );
    expect((await cli(['table', 'verify', output])).status).toBe(0);

    const running = await serving(placed(readFileSync(output)));
    expect(await reasonAt(running, '2.1.1.1')).toBe('present-at-home');

    const table = placed(BUNDLED);
    const reloaded = await serving(table);
    await reload(reloaded, table, readFileSync(output), 'replaced');
    expect((await readiness(reloaded)).edition).toBe(edition.id);

    const gate = await openGate();
    const watch = watchZoneTable(gate, output);
    expect((await watch.check()).type).toMatch(/replaced|unchanged/);
    watch.close();
    expect(gate.table.edition).toMatchObject({ id: edition.id, accepted: edition.accepted });

    // The same sources again, and not accepted: the id is the same, the table is held.
    expect((await cli(build)).status).toBe(2);
    const again = decodeBundle(readFileSync(`${output}.held`)).edition;
    expect([again.id, again.accepted]).toEqual([edition.id, undefined]);
  }, 120_000);

  it('is given whatever the guards of this build say: elsewhere another table may be in force', async () => {
    const config = {
      sources: [{ path: fileOf('2.0.0.0/8,FR\n', 'own.csv'), built: '2026-06-01' }],
    };
    const guards = { shares: {}, bundledSentinels: false, families: [], moved: 1 };
    const shares = { home: [0, 1], eea: [0, 1], outside: [0, 1], unknown: [0, 1] };
    const path = fileOf(
      JSON.stringify({ ...config, guards: { ...guards, shares } }),
      'recipe.json',
    );
    const output = inFolder('passes-here.bin');
    expect(
      (await cli(['table', 'build', '--build-config', path, '-o', output, '--accept'])).status,
    ).toBe(0);
    expect((await loadZoneTable(output)).edition.accepted).toBeDefined();
  });

  it('is part of the checksummed file, and what is not a time is none', async () => {
    const flipped = Buffer.from(
      BUNDLED.toString('latin1').replace('"compiled"', '"accepted"'),
      'latin1',
    );
    await expect(loadZoneTable(flipped)).rejects.toMatchObject({ code: 'ERR_TABLE_CHECKSUM' });
    for (const accepted of ['', 'yes', true, null, 7]) {
      const edition = { ...whole.edition, accepted } as unknown as Edition;
      await expect(loadZoneTable(encodeBundle(edition, whole.intervals))).rejects.toMatchObject({
        code: 'ERR_TABLE_FORMAT',
      });
    }
  });
});

describe('a table file that cannot be used', () => {
  it.each([
    ['is gone', undefined, 'ERR_TABLE_OPEN'],
    ['is damaged', BUNDLED.subarray(0, 100_000), 'ERR_TABLE_TRUNCATED'],
  ])(
    'because it %s: the remembered table answers, else exit code 3',
    async (_, content, code) => {
      const table = await remembered(BUNDLED);
      const path = content === undefined ? `${table}.gone` : table;
      if (content !== undefined) writeFileSync(table, content);
      const running = await serving(path, '--table-state', `${table}.in-force`);
      expect(running.output()).toContain(code);
      expect(await reasonAt(running)).toBe('present-at-home');
      expect(await loads(running)).toEqual({ replaced: 0, unchanged: 0, held: 0, refused: 1 });
      expect((await readiness(running)).reload).toEqual({
        outcome: 'refused',
        at: expect.any(String),
      });
      await running.stop();
      const { status, stderr } = await failing(path, '--table-state', `${table}.none`);
      expect([status, stderr]).toEqual([3, expect.stringContaining(code)]);
    },
    120_000,
  );

  it('is counted at SIGHUP, and the one before stays', async () => {
    const table = placed(BUNDLED);
    const running = await serving(table);
    await reload(running, table, Buffer.from('nonsense'), 'refused');
    expect(await loads(running)).toEqual({ replaced: 1, unchanged: 0, held: 0, refused: 1 });
    expect((await readiness(running)).reload).toMatchObject({ outcome: 'refused' });
    expect(await reasonAt(running)).toBe('present-at-home');
  }, 120_000);

  it('because it is of another home State: the remembered one answers, though it was accepted', async () => {
    const table = await remembered(BUNDLED);
    const sources = [{ path: fileOf('2.0.0.0/8,DE\n', 'own.csv'), built: '2026-06-01' }];
    writeFileSync(table, await acceptedBundle({ sources, home: 'DE' }));
    const running = await serving(table);
    expect(running.output()).toContain('ERR_HOME');
    expect(await reasonAt(running)).toBe('present-at-home');
  }, 120_000);
});

describe('the file that remembers', () => {
  it.each([
    ['is damaged', (path: string) => writeFileSync(path, BUNDLED.subarray(0, -1))],
    ['is something else', (path: string) => writeFileSync(path, 'precious')],
    ['is a folder', (path: string) => mkdirSync(path)],
  ])('ends the start where it %s, names itself, and is left alone', async (_, spoil) => {
    const table = placed(BUNDLED);
    const state = join(table, '..', 'state');
    spoil(state);
    const before = statSync(state);
    const { status, stderr, stdout } = await failing(table, '--table-state', state);
    expect([status, stdout]).toEqual([3, '']);
    expect(stderr).toContain(`${state} should hold the table last in force, but is damaged`);
    expect(stderr).toContain('ERR_TABLE_STATE');
    expect((await failing(table, '--table-state', state, '--lang', 'fr')).stderr).toContain(
      'la table conservée dans le fichier d’état',
    );
    expect(statSync(state)).toMatchObject({ mtimeMs: before.mtimeMs, ino: before.ino });
  });

  it('is not the table itself', async () => {
    const table = placed(BUNDLED);
    const { status, stderr } = await failing(
      table,
      '--table-state',
      join(table, '..', '.', 'zones.bin'),
    );
    expect([status, stderr]).toEqual([1, expect.stringContaining('name the same file')]);
  });

  it('warns once where its folder cannot be written, with its name and the cause, and goes on', async () => {
    const table = placed(BUNDLED);
    const folder = join(table, '..', 'read-only');
    mkdirSync(folder);
    chmodSync(folder, 0o555);
    // Root may write anywhere, unless it has given up its capabilities.
    const isRoot = process.getuid!() === 0;
    const command = isRoot ? 'setpriv' : process.execPath;
    const dropped = isRoot ? ['--bounding-set=-all', '--inh-caps=-all', process.execPath] : [];
    const state = join(folder, 'state');
    const args = [
      MAIN,
      'serve',
      '--listen',
      '127.0.0.1:0',
      ...optionsOf(table),
      '--table-state',
      state,
    ];
    const running = await start(command, [...dropped, ...args]);
    await until(() => running.output().includes('cannot be saved'));
    expect(running.output()).toContain(`cannot be saved in ${state} (EACCES)`);
    await reload(running, table, MOVED_ACCEPTED, 'replaced');
    expect(await reasonAt(running)).toBe('outside-eea');
    expect(await running.stop()).toBe(0);
    expect(running.output().match(/cannot be saved/g)).toHaveLength(1);
    expect(readdirSync(folder)).toEqual([]);
  }, 120_000);

  it('is not made beside the bundled table, unless it is named', async () => {
    const running = await startSidecar(['--standing-header', 'x-standing']);
    const data = new URL('../../../data/', import.meta.url);
    await running.stop();
    expect(readdirSync(data).filter(name => name.endsWith('.in-force'))).toEqual([]);
    const state = join(inFolder('bundled-state'));
    const named = await startSidecar(['--standing-header', 'x-standing', '--table-state', state]);
    await until(() => existsSync(state));
    await named.stop();
    expect(readFileSync(state).equals(BUNDLED)).toBe(true);
  }, 120_000);
});

describe('--guards', () => {
  it.each([
    ['{"movd":0}', 'unknown field movd in the guards', 'champ movd inconnu dans les garde-fous'],
    [
      '{',
      'the file of --guards is not valid JSON',
      'le fichier de --guards n’est pas du JSON valide',
    ],
    [
      undefined,
      'the file of --guards cannot be read',
      'le fichier de --guards ne peut pas être lu',
    ],
  ])('that are none end the start: %j', async (text, words, french) => {
    const file = text === undefined ? '/nowhere/guards.json' : fileOf(text, 'guards.json');
    const { status, stderr } = await failing(placed(BUNDLED), '--guards', file);
    expect([status, stderr]).toEqual([1, expect.stringContaining(words)]);
    expect((await failing(placed(BUNDLED), '--guards', file, '--lang', 'fr')).stderr).toContain(
      french,
    );
  });

  it('hold at SIGHUP too', async () => {
    const table = placed(BUNDLED);
    const running = await serving(table, '--guards', fileOf('{"moved":1}', 'guards.json'));
    await reload(running, table, MOVED, 'replaced');
    expect(await reasonAt(running)).toBe('outside-eea');
  }, 120_000);
});

it('help names the new options in both languages', async () => {
  for (const [lang, file] of [
    ['en', 'file'],
    ['fr', 'fichier'],
  ] as const) {
    const { stdout } = await cli(['serve', '--help', '--lang', lang]);
    expect(stdout).toContain(`--guards <${file}>`);
    expect(stdout).toContain(`--table-state <${file}>`);
  }
});
