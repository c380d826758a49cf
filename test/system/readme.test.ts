import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { withoutTypes } from '../support/blocks.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const SCRIPTS = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts;
const folder = mkdtempSync(join(tmpdir(), 'laissez-passer-readme-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, 'node_modules'));
symlinkSync(ROOT, join(folder, 'node_modules/laissez-passer'));
// What an operator installs next to it.
mkdirSync(join(folder, 'node_modules/@fastify'));
for (const name of ['fastify', '@fastify/cors', 'express', 'cors', 'prom-client'])
  symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));

const MORE = [
  'docs/guide.md',
  'docs/tables.md',
  'docs/gateway.md',
  'docs/player.md',
  'docs/fleet.md',
]
  .map(name => readFileSync(join(ROOT, name), 'utf8'))
  .join('');
const blocks = (language: string): string[] =>
  [
    ...`${README}${language === 'ts' ? MORE : ''}`.matchAll(
      new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'),
    ),
  ].map(match => match[1]!);

describe('README', () => {
  it.each(blocks('ts'))('runs its code: %s', code => {
    writeFileSync(join(folder, 'example.mjs'), withoutTypes(code));
    const printed = execFileSync('node', ['example.mjs'], { cwd: folder, encoding: 'utf8' })
      .trim()
      .split('\n');
    const promised = [...code.matchAll(/console\.log\(.*\); \/\/ (.+)/g)].map(match => match[1]!);
    expect(promised.length).toBeGreaterThan(0);
    expect(printed).toEqual(promised);
  });

  /** A console block shows commands after `$ ` and below each what it prints on standard output. */
  it.each(blocks('console').flatMap(block => block.split(/^\$ /m).filter(part => part !== '')))(
    'runs its commands: %s',
    shown => {
      const [command, ...lines] = shown.trimEnd().split('\n');
      const words = command!.replaceAll('npx laissez-passer', `node ${join(ROOT, 'dist/main.js')}`);
      const script = `${words} || true`;
      const env = { PATH: process.env['PATH'], LANG: 'C.UTF-8' };
      const printed = execFileSync('bash', ['-c', script], {
        cwd: folder,
        encoding: 'utf8',
        env,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      expect(printed.replaceAll('\t', ' ').trimEnd().split('\n')).toEqual(
        lines.map(line => line.replaceAll(/\t| {2,}/g, ' ')),
      );
    },
  );

  it('names only scripts that exist', () => {
    const named = [...README.matchAll(/npm run ([\w:]+)/g)].map(match => match[1]!);
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) expect(Object.keys(SCRIPTS)).toContain(name);
  });

  it('shows the two commands of a fresh machine', () => {
    expect(README).toContain('npm ci && npm run demo');
    expect(README).toContain('npm test');
  });

  it('links only to files that exist', () => {
    const links = [...README.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(match => match[1]!);
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) expect(() => readFileSync(join(ROOT, link))).not.toThrow();
  });
});
