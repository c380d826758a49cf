/** Tests the files of the library that a bundled application may have put elsewhere. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Asset, loadWith, pathOfAsset, startThread } from '../src/assets.ts';
import { readConfig } from '../src/entry/config.ts';
import { memoryLedger } from '../src/entry/ledger.ts';
import {
  compileBundle,
  compileZoneTable,
  openEditionArchive,
  verifyZoneTable,
  watchZoneTable,
} from '../src/entry/tables.ts';
import { type FileInput, loadZoneTable, openGate, PortabilityError } from '../src/index.ts';
import { openSpool, openSqliteLedger } from '../src/ledger/sqlite.ts';
import { table } from './support/gate.ts';
import { inFolder } from './support/tables.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ZONES = join(ROOT, 'data/zones.bin');
const COMPILE_WORKER = join(ROOT, 'dist/compile-worker.cjs');
const SQLITE_WORKER = join(ROOT, 'dist/sqlite-worker.cjs');
const ABSENT = inFolder('absent.cjs');

/** The three forms in which an application can name a file. */
const formsOf = (path: string): readonly (readonly [form: string, file: FileInput])[] => [
  ['path', path],
  ['URL', pathToFileURL(path)],
  ['bytes', new Uint8Array(readFileSync(path))],
];

const program = (name: string, text: string): string => {
  const path = inFolder(name);
  writeFileSync(path, text);
  return path;
};
const SYNTAX = program('syntax.cjs', 'this is no program');
const ENDS = program('ends.cjs', '');

const failure = async (work: () => unknown): Promise<PortabilityError> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof PortabilityError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

const csv = inFolder('own.csv');
writeFileSync(csv, '2.0.0.0/8,FR\n');
const config = { sources: [{ path: csv, built: '2026-11-01' }] };
let files = 0;
const newPath = (): string => inFolder(`assets-${++files}.db`);

describe('the place of a file of the library', () => {
  const asset = (locate: Asset['locate']): Asset => ({
    name: 'data/zones.bin',
    option: 'table',
    locate,
  });

  it('is said to be unknown where the code does not know its own', async () => {
    for (const base of [undefined, 'not a URL']) {
      const error = await failure(() => pathOfAsset(asset(() => new URL('../zones.bin', base))));
      expect([error.code, error.text]).toEqual([
        'ERR_ASSET',
        {
          en: 'data/zones.bin of laissez-passer cannot be located, because import.meta.url is missing here: name a copy of it with the option table',
          fr: 'data/zones.bin de laissez-passer ne peut pas être localisé, car import.meta.url manque ici : indiquez-en une copie par l’option table',
        },
      ]);
    }
  });

  it('is named where it is no file', async () => {
    const error = await failure(() => pathOfAsset(asset(() => new URL('https://cdn.example/a'))));
    expect(error.message).toBe(
      'data/zones.bin of laissez-passer is missing here: name a copy of it with the option table (https://cdn.example/a: ENOENT)',
    );
  });
});

describe('a table', () => {
  it.each(formsOf(ZONES))('is loaded and verified from its %s', async (_, file) => {
    const { edition } = await loadZoneTable(file);
    expect((await verifyZoneTable(file)).id).toBe(edition.id);
    const gate = await openGate({ table: file });
    expect(gate.table.edition.id).toBe(edition.id);
    await gate.close();
  });

  it('is refused in any other form, and by a URL that is not of a file', async () => {
    for (const file of [1, {}, null, new URL('https://example.org/zones.bin')]) {
      const error = await failure(() => loadZoneTable(file as never));
      expect([error.code, error.message]).toEqual([
        'ERR_ARGUMENT',
        'table must be a path, a file URL or bytes',
      ]);
    }
  });

  it('that was named and is missing is no missing file of the library', async () => {
    expect((await failure(() => loadZoneTable(ABSENT))).code).toBe('ERR_TABLE_OPEN');
  });
});

describe('the program that compiles', () => {
  it.each(formsOf(COMPILE_WORKER))('runs from its %s', async (_, compileWorker) => {
    const options = { ...config, compileWorker };
    expect((await compileZoneTable(options)).locate('2.1.1.1').zone).toBe('home');
    expect((await verifyZoneTable(await compileBundle(options), { compileWorker })).home).toBe(
      'FR',
    );
  });

  const OTHERS: readonly (readonly [string, (compileWorker: FileInput) => unknown])[] = [
    ['compileZoneTable', compileWorker => compileZoneTable({ ...config, compileWorker })],
    ['compileBundle', compileWorker => compileBundle({ ...config, compileWorker })],
    ['verifyZoneTable', compileWorker => verifyZoneTable(undefined, { compileWorker })],
    ['loadZoneTable', compileWorker => loadZoneTable(csv, { compileWorker })],
    ['openGate', compileWorker => openGate({ table: csv, compileWorker })],
  ];

  it.each(OTHERS)('is looked for where %s was told', async (_, work) => {
    const error = await failure(() => work(ABSENT));
    expect([error.code, error.path, error.text]).toEqual([
      'ERR_ASSET',
      ABSENT,
      {
        en: 'dist/compile-worker.cjs of laissez-passer is missing here: name a copy of it with the option compileWorker',
        fr: 'dist/compile-worker.cjs de laissez-passer manque ici : indiquez-en une copie par l’option compileWorker',
      },
    ]);
  });

  it('is looked for where a watch was told', async () => {
    const holder = { table, replaceTable: () => {} };
    const watch = watchZoneTable(holder, config, { compileWorker: ABSENT });
    const event = await watch.check();
    watch.close();
    expect(event).toMatchObject({ type: 'refused', error: { code: 'ERR_ASSET', path: ABSENT } });
  });

  it('is looked for where an archive was told', async () => {
    const folder = inFolder('archive');
    const archive = await openEditionArchive(folder, { compileWorker: ABSENT });
    await expect(archive.note(table)).rejects.toMatchObject({ code: 'ERR_ASSET', path: ABSENT });
    await archive.noteStop().catch(() => {});
  });

  it.each([
    ['cannot be read', SYNTAX, 'SyntaxError'],
    ['ends at once', ENDS, 'exit'],
  ])('is not one that %s: that is no limit', async (_, compileWorker, reason) => {
    const error = await failure(() => compileZoneTable({ ...config, compileWorker }));
    expect(error.message).toBe(
      `dist/compile-worker.cjs of laissez-passer does not start (${reason}): name a copy of it with the option compileWorker (${compileWorker})`,
    );
  });

  it('that runs and then ends is a limit, as one whose memory is too small', async () => {
    const compileWorker = program(
      'stops.cjs',
      `require('node:worker_threads').parentPort.postMessage({ running: true });`,
    );
    const ended = await failure(() => compileZoneTable({ ...config, compileWorker }));
    expect([ended.code, ended.message]).toEqual([
      'ERR_SOURCE_LIMIT',
      'the compiling thread ended: exit',
    ]);
    const small = { ...config, limits: { megabytes: 1 } };
    expect((await failure(() => compileZoneTable(small))).code).toBe('ERR_SOURCE_LIMIT');
  });

  it('is refused in any other form', async () => {
    const error = await failure(() => compileZoneTable({ ...config, compileWorker: 1 as never }));
    expect(error.message).toBe('compileWorker must be a path, a file URL or bytes');
  });
});

describe('the program of the SQLite ledger', () => {
  it.each(formsOf(SQLITE_WORKER))('runs from its %s', async (_, sqliteWorker) => {
    const ledger = await openSqliteLedger(newPath(), { sqliteWorker });
    const spool = await openSpool(ledger, newPath(), { sqliteWorker });
    expect(await spool.months()).toEqual([]);
    await spool.close();
  });

  it('is looked for where a ledger, a spool and a configuration were told', async () => {
    const ledger = newPath();
    const keyring = inFolder('assets-keys');
    const configuration = inFolder('assets.json');
    writeFileSync(configuration, JSON.stringify({ evidence: { ledger, keyring } }));
    for (const work of [
      () => openSqliteLedger(newPath(), { sqliteWorker: ABSENT }),
      () => openSpool(memoryLedger(), newPath(), { sqliteWorker: ABSENT }),
      () => readConfig(configuration, { sqliteWorker: ABSENT }),
    ]) {
      const error = await failure(work);
      expect([error.code, error.path]).toEqual(['ERR_ASSET', ABSENT]);
      expect(error.text.en).toContain('name a copy of it with the option sqliteWorker');
    }
  });

  it('is passed on by a configuration, as the program that compiles is', async () => {
    const ledger = newPath();
    const keyring = inFolder('passed-keys');
    const configuration = inFolder('passed.json');
    writeFileSync(configuration, JSON.stringify({ evidence: { ledger, keyring } }));
    const sqliteWorker = readFileSync(SQLITE_WORKER);
    const options = await readConfig(configuration, { sqliteWorker, compileWorker: ABSENT });
    expect(options.compileWorker).toBe(ABSENT);
    const gate = await openGate(options);
    await gate.close();
  });

  it.each([
    ['cannot be read', SYNTAX, 'SyntaxError'],
    ['ends at once', ENDS, 'exit'],
  ])('is not one that %s: the ledger has not ended', async (_, sqliteWorker, reason) => {
    const error = await failure(() => openSqliteLedger(newPath(), { sqliteWorker }));
    expect([error.code, error.path]).toEqual(['ERR_ASSET', sqliteWorker]);
    expect(error.text.en).toContain(`does not start (${reason})`);
  });

  it('that ends later is a ledger that ended, with the code of the system', async () => {
    const sqliteWorker = program(
      'dies.cjs',
      `const { parentPort } = require('node:worker_threads');
parentPort.postMessage({ id: 0 });
parentPort.on('message', () => { throw Object.assign(new Error('secret'), { code: 'EIO' }); });`,
    );
    const path = newPath();
    const ledger = await openSqliteLedger(path, { sqliteWorker });
    const error = await failure(() => ledger.months());
    expect([error.code, error.message]).toEqual([
      'ERR_LEDGER_CLOSED',
      `the thread of the ledger has ended: open the ledger again (${path}: EIO)`,
    ]);
  });
});

describe('a package of the application', () => {
  it('is loaded from this module, else from the program that runs, else not at all', () => {
    expect(loadWith(require => require.resolve('better-sqlite3'))).toMatch(/better-sqlite3/);
    const program = process.argv[1]!;
    const asked: string[] = [];
    const fromProgram = loadWith(require => {
      asked.push(require.resolve.paths('x')![0]!);
      if (asked.length === 1) throw new Error('not here');
      return 'there';
    });
    expect([fromProgram, asked[1]]).toEqual(['there', join(program, '../node_modules')]);
    expect(loadWith(require => require.resolve('no-such-package'))).toBeUndefined();
  });
});

describe('a thread that the system does not give', () => {
  it('is an error of its program', async () => {
    const asset = { name: 'x.cjs', option: 'x', locate: () => pathToFileURL(COMPILE_WORKER) };
    const options = { resourceLimits: 1, execArgv: ['--no-such-flag'] };
    const error = await failure(() => startThread(asset, undefined, options as never));
    expect([error.code, error.message]).toEqual([
      'ERR_ASSET',
      `x.cjs of laissez-passer does not start (ERR_WORKER_INVALID_EXEC_ARGV): name a copy of it with the option x (${COMPILE_WORKER})`,
    ]);
  });
});
