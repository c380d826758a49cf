/** Tests a route of a Next.js application, built and started by both of its bundlers. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  BUNDLERS,
  DRIVER,
  hasBundlers,
  importing,
  install,
  missing,
  type Outcomes,
  programOf,
  temporaryFolder,
  USE,
  WORKS,
} from '../support/bundled-app.ts';

const ENVIRONMENT = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

describe.skipIf(!hasBundlers)('a route of Next.js', () => {
  // Turbopack takes no package from outside of its root, which is the folder of the bundlers here.
  const folder = hasBundlers ? temporaryFolder(BUNDLERS) : '';
  beforeAll(() => {
    install(folder, true);
    mkdirSync(join(folder, 'app/outcomes'), { recursive: true });
    writeFileSync(
      join(folder, 'app/layout.js'),
      'export default ({ children }) => <html lang="fr"><body>{children}</body></html>;\n',
    );
    writeFileSync(
      join(folder, 'app/outcomes/route.js'),
      `${importing()}${USE}
export const dynamic = 'force-dynamic';
export const GET = async () => Response.json(await outcomes({}));
`,
    );
  });

  const configure = (more: object = {}): void => {
    const config = { turbopack: { root: BUNDLERS }, outputFileTracingRoot: BUNDLERS, ...more };
    writeFileSync(join(folder, 'next.config.mjs'), `export default ${JSON.stringify(config)};\n`);
  };

  function build(bundler: '--turbopack' | '--webpack'): void {
    rmSync(join(folder, '.next'), { recursive: true, force: true });
    execFileSync(programOf('next'), ['build', bundler], {
      cwd: folder,
      env: ENVIRONMENT,
      stdio: 'pipe',
    });
  }

  const start = (port: number): readonly string[] => [
    join(BUNDLERS, 'node_modules/next/dist/bin/next'),
    'start',
    '--port',
    String(port),
  ];

  /** Starts the server that was built, and returns what its route answers. */
  async function answer(argumentsOf = start): Promise<Outcomes> {
    const port = await freePort();
    const server = spawn('node', argumentsOf(port), {
      cwd: folder,
      env: { ...ENVIRONMENT, PORT: String(port) },
      stdio: 'ignore',
    });
    const ended = once(server, 'exit');
    try {
      for (let attempt = 0; ; attempt++) {
        const response = await fetch(`http://127.0.0.1:${port}/outcomes`).catch(() => undefined);
        if (response !== undefined) return (await response.json()) as Outcomes;
        if (attempt > 100) throw new Error('the server does not answer');
        await delay(100);
      }
    } finally {
      server.kill();
      await ended;
    }
  }

  it('works out of the box by Turbopack', async () => {
    configure();
    build('--turbopack');
    expect(await answer()).toEqual(WORKS);
    const assets = join(folder, '.next/server/assets');
    renameSync(assets, `${assets}-elsewhere`);
    const absent = await answer();
    for (const [code, message] of Object.values(absent) as [string, string][]) {
      expect(code).toBe('ERR_ASSET');
      expect(message).toContain(`(${assets}/`);
    }
  });

  it('works out of the box by Turbopack as a standalone server', async () => {
    configure({ output: 'standalone' });
    build('--turbopack');
    const elsewhere = temporaryFolder();
    cpSync(join(folder, '.next/standalone'), elsewhere, { recursive: true });
    mkdirSync(join(elsewhere, 'node_modules'), { recursive: true });
    symlinkSync(DRIVER, join(elsewhere, 'node_modules/better-sqlite3'));
    rmSync(join(folder, '.next'), { recursive: true });
    const own = join(elsewhere, basename(folder));
    expect(await answer(port => [join(own, 'server.js'), String(port)])).toEqual(WORKS);
  });

  it.each(['--turbopack', '--webpack'] as const)(
    'works as an external package (%s)',
    async bundler => {
      configure({ serverExternalPackages: ['laissez-passer'] });
      build(bundler);
      expect(await answer()).toEqual(WORKS);
    },
  );

  it('says by webpack what is missing, because its URL leads to no file', async () => {
    configure();
    build('--webpack');
    const found = await answer();
    const nowhere = missing(() => '').gate as readonly string[];
    for (const [code, message] of Object.values(found) as [string, string][]) {
      expect(code).toBe('ERR_ASSET');
      expect(message).toContain('(/_next/static/media/');
    }
    expect((found.gate as string[])[1]).toContain(nowhere[1]!.split(' (')[0]);
  });
});
