/** Runs the five commands of docs/first-day.md, in an empty folder, with the packed tarball. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = readFileSync(join(ROOT, 'docs/first-day.md'), 'utf8');
const COMMANDS = [...PAGE.matchAll(/```sh\n([\s\S]*?)```/g)].map(match => match[1]!.trim());
const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'laissez-passer-first-day-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Does what the first command does, without a network: the tarball, what it depends on, and the
 * packages that the command names.
 */
function installed(tarball: string): void {
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  execFileSync('tar', ['xzf', tarball], { cwd: folder });
  renameSync(join(folder, 'package'), join(modules, 'laissez-passer'));
  const named = COMMANDS[0]!.split(' ').filter(word => word.includes('@'));
  expect(named).toHaveLength(3);
  for (const each of named) {
    const [name, major] = each.split('@') as [string, string];
    expect(MANIFEST.peerDependencies[name]).toBe(`^${major}`);
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  for (const name of Object.keys(MANIFEST.dependencies))
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  symlinkSync('../laissez-passer/dist/main.js', join(modules, '.bin/laissez-passer'));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** The commands as one shell script, as somebody types them one after the other. */
function inShell(
  script: string,
): Promise<{ readonly status: number | null; readonly printed: string }> {
  const env = { PATH: process.env['PATH'], HOME: folder, LANG: 'C.UTF-8' };
  const shell = spawn('bash', ['-c', script], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [shell.stdout, shell.stderr])
    stream.on('data', chunk => {
      printed += chunk;
    });
  return new Promise(resolve => shell.once('exit', status => resolve({ status, printed })));
}

describe('docs/first-day.md', () => {
  it('leads from an empty folder to a verified subscriber who is granted, with five commands', async () => {
    expect(COMMANDS).toHaveLength(6);
    const tarball = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    installed(tarball.trim().split('\n').at(-1)!);
    const [, init, imported, serve, ask, around] = COMMANDS as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const port = await freePort();
    const onPort = (command: string): string => command.replaceAll('8451', String(port));
    const script = [
      'set -e',
      init,
      // The port of the page may be taken on this machine.
      `sed -i s/8451/${port}/ laissez-passer.json`,
      imported,
      serve,
      `trap 'kill %1; wait' EXIT`,
      onPort(ask),
      `! ${onPort(ask).replace('K-1001', 'K-1002')}`,
      onPort(ask).replace('K-1001', 'K-1002').replace('80.58.61.250', '193.252.19.3'),
      around
        .split('\n')
        .filter(line => line !== 'kill %1')
        // The subscriber is refused, which is exit code 2.
        .map(line => `${line} || test $? = 2`)
        .join('\n'),
    ].join('\n');
    const { status, printed } = await inShell(script);
    expect(printed).toMatch(/new dossiers +2\n/);
    expect(printed).toMatch(/200 OK[\s\S]*laissez-passer-verdict: portable/);
    expect(printed).toContain('laissez-passer-reason: temporarily-abroad');
    expect(printed).toContain('laissez-passer-reason: present-at-home');
    expect(printed).toContain('residence-unverified');
    expect(printed).toContain('laissez-passer.json is valid; in force:');
    expect(status).toBe(0);
  });
});
