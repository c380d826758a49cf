import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'laissez-passer-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: folder, encoding: 'utf8' });

/**
 * The packed tarball in an empty folder, as a user would have it: only the package and its declared
 * dependencies.
 */
const tarball = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .at(-1)!;
const modules = join(folder, 'node_modules');
mkdirSync(modules);
run('tar', 'xzf', tarball);
run('mv', 'package', join(modules, 'laissez-passer'));
for (const name of Object.keys(MANIFEST.dependencies))
  symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));

const script = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};

writeFileSync(join(folder, 'own.csv'), '2.0.0.0/8,ES');
const ENTRIES = [
  ['lp', 'laissez-passer'],
  ['tables', 'laissez-passer/tables'],
  ['desks', 'laissez-passer/desk'],
  ['ledgers', 'laissez-passer/ledger'],
];
/** Values that one entry point makes and another must recognise, by import and by require. */
const BODY = `
async function evidence() {
  const ledger = ledgers.memoryLedger();
  const keyring = await lp.openSuppliedKeyring({ key: async name => Buffer.alloc(32, name) });
  const gate = await lp.openGate({ evidence: { ledger, keyring } });
  gate.decide({ subscriber: 's', standing: 'verified', address: '80.58.61.250' });
  await gate.close();
  return (await ledger.months()).length;
}
const table = await lp.loadZoneTable();
const gate = await lp.openGate({ table });
const decision = gate.decide({ subscriber: 's', standing: 'verified', address: '80.58.61.250' });
const own = await tables.compileZoneTable({ sources: [{ path: 'own.csv', built: '2026-11-01' }] });
const owning = await lp.openGate({ table: tables.openSharedTable(own.share()) });
console.log(JSON.stringify([decision.reason, table.locate('193.252.19.3').zone, lp.zoneOfTerritory('RE'), lp.explain('LP-07').length > 9, own.locate('2.1.1.1').zone, owning.decide({ subscriber: 's', standing: 'verified', address: '2.1.1.1' }).reason, await evidence()]));`;
const WANT = JSON.stringify([
  'temporarily-abroad',
  'home',
  'home',
  true,
  'eea',
  'temporarily-abroad',
  1,
]);

describe('the packed tarball, from an empty folder', () => {
  it('works by import', () => {
    expect(
      run(
        'node',
        script(
          'a.mjs',
          `${ENTRIES.map(([local, path]) => `import * as ${local} from '${path}';`).join('')}${BODY}`,
        ),
      ).trim(),
    ).toBe(WANT);
  });

  it('works by require', () => {
    expect(
      run(
        'node',
        script(
          'b.cjs',
          `${ENTRIES.map(([local, path]) => `const ${local} = require('${path}');`).join('')}(async () => {${BODY}})();`,
        ),
      ).trim(),
    ).toBe(WANT);
  });

  it.each([
    ['c.mts', 'NodeNext'],
    ['d.cts', 'NodeNext'],
    ['e.ts', 'Bundler'],
  ])('has types for %s (%s)', (name, resolution) => {
    const isCommonJs = name.endsWith('.cts');
    const head = isCommonJs
      ? "import lp = require('laissez-passer');"
      : "import * as lp from 'laissez-passer';";
    const text = `${head}
const standing: lp.Standing = 'verified';
export async function main(): Promise<lp.Verdict> {
  const gate: lp.Gate = await lp.openGate({ offers: { free: { paid: false, portable: true } } });
  const decision: lp.Decision = gate.decide({ subscriber: 's', standing, address: undefined });
  const zone: lp.Zone = lp.zoneOfTerritory('FR', { home: 'DE' });
  // @ts-expect-error a standing is one of eight words
  gate.decide({ subscriber: 's', standing: 'fine', address: zone });
  return decision.verdict;
}
`;
    const module = resolution === 'NodeNext' ? 'NodeNext' : 'ESNext';
    script(name, text);
    const compilerOptions = {
      noEmit: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      target: 'ES2022',
      types: [],
      module,
      moduleResolution: resolution,
    };
    script('tsconfig.json', JSON.stringify({ compilerOptions, files: [name] }));
    const tsc = spawnSync('node', [join(ROOT, 'node_modules/typescript/bin/tsc')], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect([tsc.stdout, tsc.status]).toEqual(['', 0]);
  });

  /** Every entry point, with options that are `undefined`, as a strict project writes it. */
  it.each([
    ['consumer.mts', (name: string) => `import * as ${name}`],
    ['consumer.cts', (name: string) => `import ${name} = require`],
  ])('has types of every entry point for a strict project (%s)', (name, head) => {
    const isCommonJs = name.endsWith('.cts');
    const from = (local: string, subpath: string): string =>
      isCommonJs
        ? `${head(local)}('laissez-passer${subpath}');`
        : `${head(local)} from 'laissez-passer${subpath}';`;
    const entries = Object.keys(MANIFEST.exports)
      .filter(path => !/\.(json|bin|cjs)$/.test(path) && path !== '.')
      .map(path => path.slice(2));
    expect(entries).toEqual([
      'tables',
      'desk',
      'desk-page',
      'ledger',
      'config',
      'sqlite',
      'postgres',
      'redis',
      'fastify',
      'express',
      'metrics',
    ]);
    const peers = ['fastify', 'express', 'prom-client', 'pg', 'redis', 'better-sqlite3'];
    const typed = ['@types/node', '@types/express', '@types/pg', '@types/better-sqlite3'];
    mkdirSync(join(modules, '@types'), { recursive: true });
    for (const each of [...peers, ...typed])
      symlinkSync(join(ROOT, 'node_modules', each), join(modules, each));
    script(
      name,
      `${from('lp', '')}
${entries.map(entry => from(entry.replace('-', '_'), `/${entry}`)).join('\n')}
const trusted: readonly string[] | undefined = undefined;
export async function main(months: number | undefined): Promise<lp.Decision> {
  const keyring = await lp.openKeyring('keys', { create: undefined });
  const ledger = await sqlite.openSpool(await postgres.openPostgresLedger('postgres://x/y', { schema: undefined }), 'spool.db');
  const gate: lp.Gate = await lp.openGate({ evidence: { ledger, keyring, retentionMonths: months }, offers: { free: { paid: undefined } } });
  express.laissezPasser({ gate, trusted, subscriber: request => request.get('x') });
  const options: fastify.FastifyOptions = { gate, trusted, subscriber: request => request.headers['x'] };
  void [options, redis.openRedisLedger, metrics.registerMetrics];
  // @ts-expect-error an option that does not exist
  await lp.openGate({ tabel: undefined });
  return gate.decide({ subscriber: 's', standing: 'verified', address: undefined });
}
`,
    );
    const compilerOptions = {
      noEmit: true,
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      target: 'ES2022',
      module: 'NodeNext',
      moduleResolution: 'NodeNext',
      types: ['node'],
    };
    script('tsconfig.json', JSON.stringify({ compilerOptions, files: [name] }));
    const tsc = spawnSync('node', [join(ROOT, 'node_modules/typescript/bin/tsc')], {
      cwd: folder,
      encoding: 'utf8',
    });
    for (const each of [...peers, ...typed]) rmSync(join(modules, each));
    expect([tsc.stdout, tsc.status]).toEqual(['', 0]);
  });

  const LEDGER = `
const ledger = await openSqliteLedger('${join(folder, 'ledger.db')}').catch(error => error);
console.log(ledger.kind ?? ledger.code + ': ' + ledger.message);
await ledger.close?.();`;
  const driver = join(modules, 'better-sqlite3');
  const byImport = (name: string): string =>
    run(
      'node',
      script(name, `import { openSqliteLedger } from 'laissez-passer/sqlite';${LEDGER}`),
    ).trim();
  const byRequire = (name: string): string =>
    run(
      'node',
      script(
        name,
        `const { openSqliteLedger } = require('laissez-passer/sqlite');(async () => {${LEDGER}})();`,
      ),
    ).trim();

  it('says how to install the driver of the sqlite ledger where it is missing or of a version that crashes', () => {
    const add = 'npm install better-sqlite3@12';
    expect(byImport('f.mjs')).toBe(`ERR_LEDGER_DRIVER: the SQLite ledger needs a driver: ${add}`);
    mkdirSync(driver);
    writeFileSync(
      join(driver, 'package.json'),
      '{ "name": "better-sqlite3", "version": "13.0.0" }',
    );
    expect(byRequire('g.cjs')).toBe(
      `ERR_LEDGER_DRIVER: the SQLite ledger needs another version of its driver: ${add}`,
    );
    writeFileSync(
      join(driver, 'package.json'),
      '{ "name": "better-sqlite3", "version": "12.0.0", "main": "i.js" }',
    );
    writeFileSync(
      join(driver, 'i.js'),
      'module.exports = class { constructor() { throw Object.assign(new Error(), { tries: [] }) } }',
    );
    expect(byImport('r.mjs')).toBe(
      'ERR_LEDGER_DRIVER: the driver of the SQLite ledger does not load: npm rebuild better-sqlite3 (with Yarn: yarn rebuild better-sqlite3)',
    );
    rmSync(driver, { recursive: true });
  });

  it('opens the sqlite ledger by import and by require where the driver is installed', () => {
    symlinkSync(join(ROOT, 'node_modules/better-sqlite3'), driver);
    expect([byImport('h.mjs'), byRequire('i.cjs')]).toEqual(['sqlite', 'sqlite']);
    rmSync(driver);
  });

  it.each([
    ['Bun', 'bun'],
    ['Deno', 'deno'],
  ])('says that the sqlite ledger needs Node.js in %s', (runtime, name) => {
    // By this a program knows where it runs.
    const hook = script(
      `${name}.cjs`,
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, ${name}: '1.4.5' } });`,
    );
    const said = run(
      'node',
      '--require',
      `./${hook}`,
      script(
        'runtime.mjs',
        `import { openSqliteLedger, openSpool } from 'laissez-passer/sqlite';
for (const open of [openSqliteLedger, path => openSpool({}, path)])
  await open('${join(folder, 'no.db')}').catch(({ code, text }) => console.log(code, text.en, text.fr));`,
      ),
    );
    for (const line of said.trim().split('\n')) {
      expect(line).toContain('ERR_LEDGER_DRIVER the SQLite ledger and the spool need Node.js');
      expect(line).toContain(`not supported in ${runtime}`);
      expect(line).toContain(`ne fonctionne pas dans ${runtime}`);
    }
    expect(said.trim().split('\n')).toHaveLength(2);
  });

  it('finds the driver and syncs a keyring under the hooks of Yarn Plug’n’Play', () => {
    const hook = script(
      'pnp.cjs',
      `// Finds packages as .pnp.cjs does, and has file handles that cannot sync.
const Module = require('node:module');
const fs = require('node:fs');
const resolve = Module._resolveFilename;
process.versions.pnp ?? Object.defineProperty(process, 'versions', { value: { ...process.versions, pnp: '3' } });
Module._resolveFilename = function (name, ...rest) {
  if (name === 'pnpapi') return __filename;
  const found = /^better-sqlite3(\\/|$)/.test(name) ? '${join(ROOT, 'node_modules')}/' + name : name;
  return resolve.call(this, found, ...rest);
};
const open = fs.promises.open;
fs.promises.open = async (...args) => {
  const handle = await open(...args);
  handle.sync = handle.datasync = () => { throw new Error('Method not implemented.'); };
  return handle;
};
Module.syncBuiltinESMExports();`,
    );
    mkdirSync(join(folder, 'closed'), { mode: 0o700 });
    const text = `import { openKeyring } from 'laissez-passer';
import { openSqliteLedger } from 'laissez-passer/sqlite';
const keyring = await openKeyring('closed/keys');
await keyring.ensureMonth('2026-11');
const ledger = await openSqliteLedger('closed/ledger.db').catch(error => console.log(error.message));
console.log((await keyring.months()).length, ledger.kind);
await ledger.close();`;
    expect(run('node', '--require', `./${hook}`, script('pnp.mjs', text)).trim()).toBe('1 sqlite');
  });

  it('has one error class, whichever entry point and module system it comes from', () => {
    symlinkSync(join(ROOT, 'node_modules/pg'), join(modules, 'pg'));
    const text = `import { createRequire } from 'node:module';
import { PortabilityError } from 'laissez-passer';
import { openPostgresLedger } from 'laissez-passer/postgres';
const require = createRequire(import.meta.url);
const errors = [
  await openPostgresLedger('http://x').catch(error => error),
  await require('laissez-passer/sqlite').openSqliteLedger('/nowhere/x').catch(error => error),
  new Error('another'), null, 'ERR_ARGUMENT', { code: 'ERR_ARGUMENT' },
];
console.log(errors.map(error => error instanceof PortabilityError).join(' '), new PortabilityError('ERR_HOME', 'x') instanceof Error);`;
    expect(run('node', script('q.mjs', text)).trim()).toBe(
      'true true false false false false true',
    );
  });

  it('has plugins and metrics by import and by require where their peers are installed', () => {
    const bin = join(modules, 'laissez-passer', MANIFEST.bin['laissez-passer']);
    const serve = spawnSync('node', [bin, 'serve', '--standing-header', 'x'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect([serve.status, serve.stderr]).toEqual([
      1,
      expect.stringContaining('npm install fastify@5 prom-client@15'),
    ]);
    const peers = ['fastify', 'express', 'prom-client'];
    for (const name of peers) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    const names = {
      fastify: 'laissezPasser',
      express: 'laissezPasser',
      metrics: 'registerMetrics',
    };
    for (const [subpath, name] of Object.entries(names)) {
      const from = `laissez-passer/${subpath}`;
      expect(
        run(
          'node',
          script('j.mjs', `import { ${name} } from '${from}'; console.log(typeof ${name})`),
        ),
      ).toBe('function\n');
      expect(run('node', script('k.cjs', `console.log(typeof require('${from}').${name})`))).toBe(
        'function\n',
      );
    }
    for (const name of peers) rmSync(join(modules, name));
  });

  it('installs its command line', () => {
    const bin = join(modules, 'laissez-passer', MANIFEST.bin['laissez-passer']);
    expect(run('node', bin, 'locate', '193.252.19.3', '--json')).toContain('"answer":"home"');
  });

  it('holds what a user needs and nothing else', () => {
    const files = run('tar', 'tzf', tarball)
      .trim()
      .split('\n')
      .map(name => name.replace('package/', ''));
    for (const name of [
      'LICENSE',
      'README.md',
      'CHANGELOG.md',
      'data/zones.bin',
      'data/LICENSE',
      'data/SOURCES.md',
      'dist/index.cjs',
      'dist/index.d.cts',
      'dist/sqlite.cjs',
      'dist/sqlite.d.ts',
      'dist/sqlite-worker.cjs',
      'dist/metrics.cjs',
      'docs/gateway.md',
      'docs/proxies.md',
      'docs/gateway/nginx.conf',
      'docs/gateway/nginx-zones.conf',
      'docs/gateway/Caddyfile',
      'docs/gateway/haproxy.cfg',
      'docs/gateway/haproxy.lua',
      'docs/gateway/apache.conf',
      'docs/gateway/apache.lua',
      'docs/gateway/laissez-passer@.service',
      'docs/gateway/Dockerfile',
      'docs/gateway/example.mjs',
      'docs/player.md',
      'docs/gateway/player.mjs',
      'docs/gateway/native-player.mjs',
    ]) {
      expect(files).toContain(name);
    }
    expect(files.filter(name => /^(src|test|\.)|\.(?<!d\.)ts$|\.map$/.test(name))).toEqual([]);
  });

  it('has no script that runs on installation', () => {
    const { scripts } = JSON.parse(
      readFileSync(join(modules, 'laissez-passer/package.json'), 'utf8'),
    );
    expect(Object.keys(scripts).filter(name => /install|prepare/.test(name))).toEqual([]);
  });
});
