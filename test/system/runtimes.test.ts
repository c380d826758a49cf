/**
 * Tests what works in Bun and Deno, and under the Plug'n'Play of Yarn, and what says that it does
 * not.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  DRIVER,
  hasBundlers,
  importing,
  install,
  missing,
  pack,
  print,
  programOf,
  requiring,
  run,
  temporaryFolder,
  USE,
  WORKS,
} from '../support/bundled-app.ts';

const README = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
const LOCK = JSON.parse(
  readFileSync(fileURLToPath(new URL('../bundlers/package-lock.json', import.meta.url)), 'utf8'),
);
const versionOf = (name: string): string => LOCK.packages[`node_modules/${name}`].version;

const FORMATS = ['mjs', 'cjs'] as const;
const sourceOf = (format: (typeof FORMATS)[number], given?: string): string =>
  `${format === 'mjs' ? importing() : requiring()}${USE}${print(given)}`;

describe('README', () => {
  it('names the versions that are tested', () => {
    const text = README.replaceAll('\n', ' ').replaceAll(/ +/g, ' ');
    expect(text).toContain(`Bun ${versionOf('bun')}`);
    expect(text).toContain(`Deno ${versionOf('deno')}`);
    expect(text).toContain(`Yarn ${versionOf('@yarnpkg/cli-dist')}`);
  });
});

describe.skipIf(!hasBundlers).each([
  ['Bun', 'bun', [] as readonly string[]],
  ['Deno', 'deno', ['run', '--allow-all']],
])('%s', (name, program, args) => {
  const folder = temporaryFolder();
  beforeAll(() => {
    install(folder);
  });

  const ran = (format: (typeof FORMATS)[number], given?: string) => {
    const file = join(folder, `app.${format}`);
    writeFileSync(file, sourceOf(format, given));
    return run(programOf(program), ...args, file);
  };
  const works = {
    ...WORKS,
    ledger: [
      'ERR_LEDGER_DRIVER',
      `the SQLite ledger and the spool need Node.js, because better-sqlite3 is not supported in ${name}: run this in Node.js, or keep the ledger in PostgreSQL or Redis, without a spool`,
    ],
  };

  it.each(FORMATS)('decides and compiles, and says that SQLite needs Node.js (.%s)', format => {
    expect(ran(format)).toEqual(works);
  });

  it('reloads a table, and keeps evidence with a keyring and a desk', () => {
    const file = join(folder, 'more.mjs');
    writeFileSync(
      file,
      `import { mkdirSync } from 'node:fs';
import { loadZoneTable, openGate, openKeyring } from 'laissez-passer';
import { openDesk } from 'laissez-passer/desk';
import { memoryLedger } from 'laissez-passer/ledger';
import { watchZoneTable } from 'laissez-passer/tables';
const folder = ${JSON.stringify(join(folder, 'keys'))};
mkdirSync(folder, { mode: 0o700 });
const keyring = await openKeyring(folder + '/keyring');
const ledger = memoryLedger();
const gate = await openGate({ evidence: { ledger, keyring } });
const watch = watchZoneTable(gate, ${JSON.stringify(join(folder, 'node_modules/laissez-passer/data/zones.bin'))});
const gateEvent = (await watch.check()).type;
watch.close();
gate.decide({ subscriber: 's', standing: 'verified', address: '80.58.61.250' });
await gate.flush();
const desk = openDesk({ ledger, keyring, agent: 'Anna' });
await desk.record('s', { reason: 'contract' }, { type: 'contract-concluded', on: '2026-01-10' });
console.log(JSON.stringify({ gate: gateEvent, table: await gate.loadStanding('s'), ledger: (await ledger.months()).length }));
await gate.close();`,
    );
    expect(run(programOf(program), ...args, file)).toEqual({
      gate: 'unchanged',
      table: 'unverified',
      ledger: 1,
    });
  });

  it('runs the commands', () => {
    const main = join(folder, 'node_modules/laissez-passer/dist/main.js');
    const command = [...args, main, 'locate', '193.252.19.3', '--json'];
    const { stdout, stderr } = spawnSync(programOf(program), command, { encoding: 'utf8' });
    expect(stdout + stderr).toContain('"answer":"home"');
  });

  it('takes the files as bytes and says which is missing', () => {
    const own = join(folder, 'node_modules/laissez-passer');
    const bytes = (file: string): string =>
      `new Uint8Array(process.getBuiltinModule('node:fs').readFileSync('${join(own, file)}'))`;
    const given = `{ table: ${bytes('data/zones.bin')}, compileWorker: ${bytes('dist/compile-worker.cjs')} }`;
    expect(ran('mjs', given)).toEqual(works);
    const absent = ran('mjs', `{ compileWorker: '/nowhere/compile-worker.cjs' }`);
    expect(absent.table).toEqual(missing(file => join('/nowhere', basename(file))).table);
  });
});

describe.skipIf(!hasBundlers)("the Plug'n'Play of Yarn", () => {
  const folder = temporaryFolder();
  const yarn = (...args: readonly string[]): { readonly output: string; readonly last: string } => {
    const { stdout, stderr } = spawnSync(programOf('yarn'), args, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' },
    });
    return { output: stdout + stderr, last: stdout.trim().split('\n').at(-1)! };
  };

  beforeAll(() => {
    const { version } = JSON.parse(readFileSync(join(DRIVER, 'package.json'), 'utf8'));
    const dependencies = { 'laissez-passer': `file:${pack(folder)}`, 'better-sqlite3': version };
    const config = ['config', 'get', 'registry'];
    const registry = execFileSync('npm', config, { encoding: 'utf8' }).trim();
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', dependencies }));
    writeFileSync(join(folder, 'yarn.lock'), '');
    writeFileSync(
      join(folder, '.yarnrc.yml'),
      `enableGlobalCache: false\nenableScripts: false\nenableTelemetry: false\nnpmRegistryServer: '${registry}'\n`,
    );
    const { output } = yarn('install');
    if (!output.includes('Done')) throw new Error(output);
    // The driver as it was built here: no test compiles it anew.
    const unplugged = join(folder, '.yarn/unplugged');
    const driver = readdirSync(unplugged).find(name => name.startsWith('better-sqlite3'))!;
    const build = join(unplugged, driver, 'node_modules/better-sqlite3/build/Release');
    mkdirSync(build, { recursive: true });
    const file = 'better_sqlite3.node';
    copyFileSync(join(DRIVER, 'build/Release', file), join(build, file));
  });

  it.each(FORMATS)('decides, compiles and opens a SQLite ledger in Node.js (.%s)', format => {
    writeFileSync(join(folder, `app.${format}`), sourceOf(format));
    const { output, last } = yarn('node', `app.${format}`);
    expect(last.startsWith('{') ? JSON.parse(last) : output).toEqual(WORKS);
  });

  it('runs the commands', () => {
    expect(yarn('laissez-passer', 'locate', '193.252.19.3').output).toContain('in the home State');
  });
});
