/** Tests the packed tarball: publint and "are the types wrong?", its files, links and size. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'laissez-passer-packaging-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
  cwd: ROOT,
  encoding: 'utf8',
});
const tarball = join(folder, packed.trim().split('\n').at(-1)!);
const tool = (...args: readonly string[]) => {
  const { stdout, stderr, status } = spawnSync('npx', args, { cwd: ROOT, encoding: 'utf8' });
  return { output: stdout + stderr, status };
};

/** The relative links and pictures of a page, outside of its code. */
const linksOf = (page: string): string[] => {
  const text = readFileSync(join(ROOT, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  const found = [...text.matchAll(/\]\(([^)\s]+)\)|\b(?:src|href)="([^"]+)"|^\[[^\]]+\]: (\S+)/gm)];
  return found
    .map(([, inline, html, reference]) => (inline ?? html ?? reference)!)
    .filter(link => !/^([a-z]+:|#)/.test(link))
    .map(link => decodeURIComponent(link.replace(/#.*$/, '')));
};

describe('the package', () => {
  it('passes publint and "are the types wrong?"', () => {
    expect(tool('publint', 'run', tarball, '--strict')).toMatchObject({ status: 0 });
    // Node 20 and newer: the resolution of Node 10, which has no subpaths, is left out.
    // The table and the workers are files to copy, not modules.
    // The pages of the desk are an ES module alone, which Node can require.
    const files = ['zones.bin', 'compile-worker.cjs', 'sqlite-worker.cjs', 'desk-page'];
    expect(
      tool('attw', tarball, '--profile', 'node16', '--exclude-entrypoints', ...files),
    ).toMatchObject({ status: 0 });
  });

  it('has the pages of the desk by require too', () => {
    const file = join(ROOT, 'dist/desk-page.js');
    const code = `process.stdout.write(typeof require(${JSON.stringify(file)}).createDesk)`;
    expect(
      execFileSync(process.execPath, ['--no-warnings', '-e', code], { encoding: 'utf8' }),
    ).toBe('function');
  });

  it('holds what a user needs and nothing else', () => {
    const files = execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
    const KINDS =
      /^package\/(dist\/[\w.-]+\.(js|cjs|d\.ts|d\.cts)|data\/(LICENSE|SOURCES\.md|zones\.bin|(config|export|notice)\.schema\.json|notice\.ocs-2021\.json)|docs\/[\w/.@-]+\.(md|png|jpg|svg|conf|cfg|lua|service|timer|mjs)|docs\/gateway\/(Caddyfile|Dockerfile)|bench\/runs\/[\w.-]+\/results\.svg|(README|CHANGELOG|SECURITY|THIRD-PARTY-NOTICES)\.md|LICENSE|package\.json)$/;
    expect(files.filter(file => !KINDS.test(file))).toEqual([]);
    for (const file of [
      'dist/main.js',
      'dist/sqlite-worker.cjs',
      'dist/compile-worker.cjs',
      'data/zones.bin',
      'SECURITY.md',
    ])
      expect(files).toContain(`package/${file}`);
  });

  it('holds every file and picture that README and the shipped pages link to', () => {
    const files = execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
    const shipped = files.map(file => file.replace('package/', ''));
    const links = shipped
      .filter(file => file.endsWith('.md'))
      .flatMap(page =>
        linksOf(page).map(link => ({ page, link, target: normalize(join(dirname(page), link)) })),
      );
    expect(links.length).toBeGreaterThan(40);
    expect(links.map(({ target }) => target)).toContain('docs/flow.svg');
    expect(
      links.filter(
        ({ target }) => !shipped.some(file => file === target || file.startsWith(`${target}/`)),
      ),
    ).toEqual([]);
  });

  it('runs no script when it is installed', () => {
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
      expect(MANIFEST.scripts[name]).toBeUndefined();
  });

  it('has five dependencies; the other packages of the command line are bundled', () => {
    expect(Object.keys(MANIFEST.dependencies)).toEqual([
      'fastify-plugin',
      'ipaddr.js',
      'lru-cache',
      'maxmind',
      'negotiator',
    ]);
  });

  it('has at most 2.5 MB, and `import { openGate }` at most 40 kB compressed', () => {
    expect(statSync(tarball).size).toBeLessThan(2_500_000);
    const contents = `import { openGate } from ${JSON.stringify(join(ROOT, 'dist/index.js'))}; globalThis.openGate = openGate;`;
    const { outputFiles } = buildSync({
      stdin: { contents, resolveDir: ROOT },
      bundle: true,
      minify: true,
      write: false,
      platform: 'node',
      format: 'esm',
      packages: 'external',
    });
    expect(gzipSync(outputFiles![0]!.contents).length).toBeLessThan(40_000);
  });
});

describe('the oldest Node that engines allows', () => {
  const semver = createRequire(import.meta.url)('semver') as {
    readonly minVersion: (range: string) => { readonly version: string };
    readonly satisfies: (version: string, range: string) => boolean;
  };
  const oldest = semver.minVersion(MANIFEST.engines.node).version;

  it.each(['package-lock.json', 'bench/package-lock.json', 'test/bundlers/package-lock.json'])(
    'is new enough for every package of %s',
    lock => {
      const { packages } = JSON.parse(readFileSync(join(ROOT, lock), 'utf8')) as {
        readonly packages: Readonly<
          Record<string, { readonly version?: string; readonly engines?: { node?: string } }>
        >;
      };
      expect(Object.keys(packages).length).toBeGreaterThan(50);
      const tooNew = Object.entries(packages)
        .filter(
          ([, { engines }]) =>
            engines?.node !== undefined && !semver.satisfies(oldest, engines.node),
        )
        .map(([name, { version, engines }]) => `${name}@${version} needs Node ${engines!.node}`);
      expect(tooNew).toEqual([]);
    },
  );

  it('is compared correctly: a package that needs a newer Node would be reported', () => {
    expect(oldest).toBe('20.19.0');
    expect(semver.satisfies(oldest, '>=22')).toBe(false);
    expect(semver.satisfies(oldest, '^20.19.0 || >=22.12.0')).toBe(true);
  });
});

describe('what only the owner can fill in', () => {
  const COMPLETE = {
    author: 'Somebody',
    homepage: 'https://example.org',
    repository: { type: 'git', url: 'git+https://example.org/laissez-passer.git' },
    bugs: { url: 'https://example.org/laissez-passer/issues' },
  };

  it('is asked for by name before anything is published', () => {
    const own = mkdtempSync(join(tmpdir(), 'laissez-passer-publication-'));
    const check = (
      manifest: object,
    ): { readonly output: string; readonly status: number | null } => {
      writeFileSync(join(own, 'package.json'), JSON.stringify(manifest));
      const script = join(ROOT, 'docs/before-publication.ts');
      const tsx = join(ROOT, 'node_modules/tsx/dist/cli.mjs');
      const { stdout, stderr, status } = spawnSync('node', [tsx, script], {
        cwd: own,
        encoding: 'utf8',
      });
      return { output: stdout + stderr, status };
    };
    expect(check({ name: 'x' })).toEqual({
      output: expect.stringContaining(
        'package.json has no valid author, homepage, repository, bugs.',
      ),
      status: 1,
    });
    expect(check({ ...COMPLETE, author: ' ', bugs: {} })).toEqual({
      output: expect.stringContaining('package.json has no valid author, bugs.'),
      status: 1,
    });
    expect(check(COMPLETE)).toEqual({ output: '', status: 0 });
    rmSync(own, { recursive: true });
    expect(MANIFEST.scripts.prepublishOnly).toBe('tsx docs/before-publication.ts');
    expect(readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8')).toContain(
      '## Before the first publication',
    );
  });

  it('is the only part that is missing: description, keywords and licence are there', () => {
    expect(MANIFEST.description.length).toBeGreaterThan(40);
    expect(MANIFEST.keywords.length).toBeGreaterThan(5);
    expect([MANIFEST.license, readFileSync(join(ROOT, 'LICENSE'), 'utf8').split('\n')[0]]).toEqual([
      'MIT',
      'MIT License',
    ]);
  });
});
