/** Tests code that is imported somewhere else than its files are: nothing is looked for before. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'laissez-passer-moved-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));

const run = (name: string, text: string): unknown => {
  writeFileSync(join(folder, name), text);
  const { stdout, stderr } = spawnSync('node', [name], { cwd: folder, encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
};

const ENTRIES = Object.entries<{ import: { default: string }; require?: { default: string } }>(
  MANIFEST.exports,
)
  .filter(([, target]) => typeof target === 'object')
  .map(([name, target]) => ({ name, esm: target.import.default, cjs: target.require?.default }));

/** Opens a gate and a ledger, and compiles: prints the code and the message of each error. */
const TRY = `
const failures = [];
for (const work of [() => openGate(), () => openSqliteLedger('ledger.db'), () => loadZoneTable('own.csv')])
  await work().then(() => failures.push('none'), error => failures.push([error.code, error.message]));
console.log(JSON.stringify(failures));`;
writeFileSync(join(folder, 'own.csv'), '2.0.0.0/8,FR\n');

describe('import', () => {
  it('covers every entry point', () => {
    expect(ENTRIES.length).toBe(12);
  });

  it.each([
    ['is of no file that exists', { 'import.meta.url': '"file:///nonexistent/app/x.js"' }],
    ['is of no file', { 'import.meta.url': '"https://cdn.example/x.js"' }],
    ['is no URL', { 'import.meta.url': '"x"' }],
    ['is missing', { 'import.meta.url': 'undefined' }],
  ])('throws nothing where import.meta.url %s', (_, define) => {
    for (const { esm } of ENTRIES)
      buildSync({
        entryPoints: [join(ROOT, esm)],
        outdir: join(folder, 'moved'),
        outExtension: { '.js': '.mjs' },
        bundle: true,
        platform: 'node',
        format: 'esm',
        packages: 'external',
        define,
        logLevel: 'error',
      });
    const files = ENTRIES.map(({ esm }) =>
      esm.replace('./dist/', './moved/').replace('.js', '.mjs'),
    );
    const values = `const values = [];
for (const file of ${JSON.stringify(files)}) values.push(Object.keys(await import(file)).length);
console.log(JSON.stringify(values.length === ${ENTRIES.length}));`;
    expect(run('values.mjs', values)).toBe(true);
    const failures = run(
      'try.mjs',
      `import { loadZoneTable, openGate } from './moved/index.mjs';
import { openSqliteLedger } from './moved/sqlite.mjs';${TRY}`,
    );
    const url = JSON.parse(define['import.meta.url'].replace('undefined', 'null'));
    const named = (name: string, option: string, path: string): readonly string[] => {
      const remedy = `name a copy of it with the option ${option}`;
      return url?.includes('://')
        ? [
            'ERR_ASSET',
            `${name} of laissez-passer is missing here: ${remedy} (${new URL(path, url).href.replace('file://', '')}: ENOENT)`,
          ]
        : [
            'ERR_ASSET',
            `${name} of laissez-passer cannot be located, because import.meta.url is missing here: ${remedy}`,
          ];
    };
    expect(failures).toEqual([
      named('data/zones.bin', 'table', '../data/zones.bin'),
      named('dist/sqlite-worker.cjs', 'sqliteWorker', './sqlite-worker.cjs'),
      named('dist/compile-worker.cjs', 'compileWorker', './compile-worker.cjs'),
    ]);
  });
});

describe('require', () => {
  it('works where there is a global document', () => {
    const text = `globalThis.document = { currentScript: null, baseURI: 'http://localhost/' };
${ENTRIES.flatMap(({ cjs }) => cjs ?? [])
  .map(cjs => `require('${join(ROOT, cjs)}');`)
  .join('\n')}
const { openGate } = require('${join(ROOT, 'dist/index.cjs')}');
openGate().then(gate => console.log(JSON.stringify(gate.decide({ subscriber: 's', standing: 'verified', address: '193.252.19.3' }).reason)));`;
    expect(run('document.cjs', text)).toBe('present-at-home');
  });
});

describe('a package that lacks files', () => {
  it('says which, where they were looked for, and what to do', () => {
    const modules = join(folder, 'incomplete/node_modules');
    const own = join(modules, 'laissez-passer');
    mkdirSync(modules, { recursive: true });
    cpSync(join(ROOT, 'dist'), join(own, 'dist'), {
      recursive: true,
      filter: source => !source.endsWith('-worker.cjs'),
    });
    writeFileSync(join(own, 'package.json'), JSON.stringify(MANIFEST));
    for (const head of [
      `import { loadZoneTable, openGate } from 'laissez-passer'; import { openSqliteLedger } from 'laissez-passer/sqlite';${TRY}`,
      `const { loadZoneTable, openGate } = require('laissez-passer'); const { openSqliteLedger } = require('laissez-passer/sqlite'); (async () => {${TRY}})();`,
    ]) {
      const name = head.startsWith('import') ? 'incomplete/a.mjs' : 'incomplete/b.cjs';
      expect(run(name, head)).toEqual([
        [
          'ERR_ASSET',
          `data/zones.bin of laissez-passer is missing here: name a copy of it with the option table (${own}/data/zones.bin: ENOENT)`,
        ],
        [
          'ERR_ASSET',
          `dist/sqlite-worker.cjs of laissez-passer is missing here: name a copy of it with the option sqliteWorker (${own}/dist/sqlite-worker.cjs: ENOENT)`,
        ],
        [
          'ERR_ASSET',
          `dist/compile-worker.cjs of laissez-passer is missing here: name a copy of it with the option compileWorker (${own}/dist/compile-worker.cjs: ENOENT)`,
        ],
      ]);
    }
  });
});
