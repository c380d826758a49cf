/** An application that uses the packed library, for the tests with real bundlers and runtimes. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The folder of the bundlers and runtimes, which `npm ci --prefix test/bundlers` installs. */
export const BUNDLERS = join(ROOT, 'test/bundlers');
export const hasBundlers =
  existsSync(join(BUNDLERS, 'node_modules')) || process.env['CI'] === 'true';
export const requireBundler = createRequire(join(BUNDLERS, 'package.json'));

/** The path of a program that one of those packages installs. */
export const programOf = (name: string): string => join(BUNDLERS, 'node_modules/.bin', name);

/** The driver of the SQLite ledger, which an application installs next to its bundle. */
export const DRIVER = join(ROOT, 'node_modules/better-sqlite3');

/** A folder that is removed after the test file. */
export function temporaryFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, '.laissez-passer-app-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Packs the library into a folder, and returns the path of the tarball. */
export function pack(folder: string): string {
  const args = ['pack', '--silent', '--pack-destination', folder];
  const packed = execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' });
  return join(folder, packed.trim().split('\n').at(-1)!);
}

/**
 * Installs the packed library, what it depends on, and the driver into a folder.
 * @param copies whether packages are copied, because links out of the folder are not followed
 */
export function install(folder: string, copies = false): void {
  const modules = join(folder, 'node_modules');
  mkdirSync(modules, { recursive: true });
  execFileSync('tar', ['xzf', pack(folder)], { cwd: folder });
  const own = join(modules, 'laissez-passer');
  renameSync(join(folder, 'package'), own);
  const { dependencies } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) {
    const from = join(ROOT, 'node_modules', name);
    if (copies) cpSync(from, join(modules, name), { recursive: true, dereference: true });
    else symlinkSync(from, join(modules, name));
  }
  symlinkSync(DRIVER, join(modules, 'better-sqlite3'));
  writeFileSync(join(folder, 'package.json'), '{ "name": "app", "private": true }');
}

const IMPORTED = {
  'node:fs': 'writeFileSync',
  'node:os': 'tmpdir',
  'node:path': 'join',
  'laissez-passer': 'openGate',
  'laissez-passer/tables': 'compileZoneTable',
  'laissez-passer/sqlite': 'openSqliteLedger',
};

/** The imports of the application. */
export const importing = (): string =>
  Object.entries(IMPORTED)
    .map(([from, name]) => `import { ${name} } from '${from}';\n`)
    .join('');

/** The same by require. */
export const requiring = (): string =>
  Object.entries(IMPORTED)
    .map(([from, name]) => `const { ${name} } = require('${from}');\n`)
    .join('');

/** What the application does: it decides, compiles and opens a ledger, and returns what came of it. */
export const USE = `
async function outcomes(given) {
  const settled = work => work().catch(error => [error.code, error.message]);
  const file = join(tmpdir(), \`bundled-\${process.pid}-\${Date.now()}\`);
  writeFileSync(\`\${file}.csv\`, '2.0.0.0/8,FR\\n');
  const source = { path: \`\${file}.csv\`, built: '2026-11-01' };
  return {
    gate: await settled(async () => {
      const gate = await openGate(given.table && { table: given.table });
      return gate.decide({ subscriber: 's', standing: 'verified', address: '193.252.19.3' }).verdict;
    }),
    table: await settled(async () => {
      const table = await compileZoneTable({ sources: [source], compileWorker: given.compileWorker });
      return table.locate('2.1.1.1').zone;
    }),
    ledger: await settled(async () => {
      const ledger = await openSqliteLedger(\`\${file}.db\`, { sqliteWorker: given.sqliteWorker });
      await ledger.close();
      return ledger.kind;
    }),
  };
}
`;

/** Prints the outcomes. @param given expression of the options */
export const print = (given = '{}'): string =>
  `outcomes(${given}).then(result => console.log(JSON.stringify(result)));\n`;

export interface Outcomes {
  readonly gate: unknown;
  readonly table: unknown;
  readonly ledger: unknown;
}

/** The outcomes where every file is found. */
export const WORKS: Outcomes = { gate: 'domestic', table: 'home', ledger: 'sqlite' };

const FILES = {
  gate: ['data/zones.bin', 'table'],
  table: ['dist/compile-worker.cjs', 'compileWorker'],
  ledger: ['dist/sqlite-worker.cjs', 'sqliteWorker'],
} as const;

/**
 * The outcomes where no file is found.
 * @param placeOf where a file is looked for; `undefined` if the bundle does not know its own place
 */
export function missing(placeOf: (file: string) => string | undefined): Outcomes {
  const outcome = ([name, option]: readonly [string, string]): readonly string[] => {
    const place = placeOf(name);
    const problem =
      place === undefined
        ? 'cannot be located, because import.meta.url is missing here'
        : 'is missing here';
    const subject = place === undefined ? '' : ` (${place}: ENOENT)`;
    const remedy = `name a copy of it with the option ${option}`;
    return ['ERR_ASSET', `${name} of laissez-passer ${problem}: ${remedy}${subject}`];
  };
  return {
    gate: outcome(FILES.gate),
    table: outcome(FILES.table),
    ledger: outcome(FILES.ledger),
  };
}

/** Runs a program from another folder, and returns the outcomes that it prints. */
export function run(program: string, ...args: readonly string[]): Outcomes {
  const { stdout, stderr, error } = spawnSync(program, args, { cwd: '/', encoding: 'utf8' });
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(
      `${program} ${args.join(' ')}: ${error ?? ''}\n${stdout.slice(0, 2000)}\n${stderr.slice(-2000)}`,
    );
  }
}
