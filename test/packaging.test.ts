/** Is what is published clean and small? The packed tarball under the tools that look for what resolves wrongly, its files, its weight. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'laissez-passer-packaging-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT, encoding: 'utf8' });
const tarball = join(folder, packed.trim().split('\n').at(-1)!);
const tool = (...args: readonly string[]) => {
  const { stdout, stderr, status } = spawnSync('npx', args, { cwd: ROOT, encoding: 'utf8' });
  return { said: stdout + stderr, status };
};

describe('the package', () => {
  it('is found nothing wrong with by publint, nor by "are the types wrong?"', () => {
    expect(tool('publint', 'run', tarball, '--strict')).toMatchObject({ status: 0 });
    // Node 20 and newer: not the resolution of Node 10, which knows no subpaths.
    expect(tool('attw', tarball, '--profile', 'node16')).toMatchObject({ status: 0 });
  });

  it('holds what a user needs and nothing else', () => {
    const files = execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
    const KINDS =
      /^package\/(dist\/[\w.-]+\.(js|cjs|d\.ts|d\.cts)|data\/(LICENSE|SOURCES\.md|zones\.bin|export\.schema\.json)|docs\/[\w/.@-]+\.(md|png|svg|conf|cfg|lua|service|mjs)|docs\/gateway\/(Caddyfile|Dockerfile)|(README|CHANGELOG|SECURITY)\.md|LICENSE|package\.json)$/;
    expect(files.filter(file => !KINDS.test(file))).toEqual([]);
    for (const file of [
      'dist/main.js',
      'dist/sqlite-worker.js',
      'dist/compile-worker.js',
      'data/zones.bin',
      'SECURITY.md',
    ])
      expect(files).toContain(`package/${file}`);
  });

  it('runs nothing when it is installed', () => {
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
      expect(MANIFEST.scripts[name]).toBeUndefined();
  });

  it('weighs 1.5 MB at most, and `import { openGate }` 40 kB compressed', () => {
    expect(statSync(tarball).size).toBeLessThan(1_500_000);
    const contents = `import { openGate } from ${JSON.stringify(join(ROOT, 'dist/index.js'))}; globalThis.openGate = openGate;`;
    const { outputFiles } = buildSync({
      ...{ stdin: { contents, resolveDir: ROOT }, bundle: true, minify: true, write: false },
      ...{ platform: 'node', format: 'esm', packages: 'external' },
    });
    expect(gzipSync(outputFiles![0]!.contents).length).toBeLessThan(40_000);
  });
});
