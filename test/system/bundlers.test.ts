/**
 * Tests applications bundled by real bundlers, moved to a folder of their own: what works out of the
 * box, and what docs/bundlers.md says to do elsewhere.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BUNDLERS,
  DRIVER,
  hasBundlers,
  importing,
  install,
  missing,
  print,
  programOf,
  requireBundler,
  requiring,
  run,
  temporaryFolder,
  USE,
  WORKS,
} from '../support/bundled-app.ts';

const PAGE = readFileSync(
  fileURLToPath(new URL('../../docs/bundlers.md', import.meta.url)),
  'utf8',
);

/** The block of the page that begins with this comment. */
function blockOf(title: string): string {
  const found = PAGE.split('```js\n')
    .map(part => part.split('```')[0]!)
    .find(block => block.startsWith(`// ${title}`));
  if (found === undefined) throw new Error(`docs/bundlers.md has no block ${title}`);
  return found;
}

type Format = 'esm' | 'cjs';
const EXTENSION = { esm: 'mjs', cjs: 'cjs' } as const;

describe.skipIf(!hasBundlers)('an application bundled by', () => {
  const folder = temporaryFolder();
  const from = process.cwd();
  let outputs = 0;
  beforeAll(() => {
    install(folder);
    process.chdir(folder);
  });
  afterAll(() => process.chdir(from));

  /** The application by import or by require. @param given expression of the options */
  const app = (format: Format, given?: string, head = ''): string => {
    const path = join(folder, `app-${++outputs}.${EXTENSION[format]}`);
    const imports = format === 'esm' ? importing() : requiring();
    writeFileSync(path, `${imports}${head}${USE}${print(given)}`);
    return path;
  };

  /** A folder apart from the sources, with nothing but the driver of the ledger. */
  const place = (): string => {
    const own = join(folder, `moved-${++outputs}`);
    mkdirSync(join(own, 'node_modules'), { recursive: true });
    symlinkSync(DRIVER, join(own, 'node_modules/better-sqlite3'));
    return own;
  };

  /** Moves what a bundler wrote away from its sources, and returns the path of the program. */
  const moved = (program: string): string => {
    const own = place();
    cpSync(dirname(program), join(own, 'dist'), { recursive: true });
    rmSync(dirname(program), { recursive: true });
    return join(own, 'dist', basename(program));
  };

  const outputOf = (format: Format): string =>
    join(folder, `out-${++outputs}`, `main.${EXTENSION[format]}`);

  /** Where an error looks for a file if nothing copies it. */
  const nextTo =
    (program: string) =>
    (file: string): string =>
      file.startsWith('data/')
        ? join(dirname(program), '..', file)
        : join(dirname(program), basename(file));

  /** Copies the files next to a bundle, as the page says. */
  const copyFiles = (program: string): void => {
    const script = join(folder, 'copy.mjs');
    writeFileSync(script, blockOf('copy.mjs').replaceAll("'dist/", `'${dirname(program)}/`));
    execFileSync('node', [script], { cwd: folder });
  };
  const named = (format: Format): { head: string; given: string } => ({
    head: blockOf(format === 'esm' ? 'ES module' : 'CommonJS'),
    given: 'files',
  });

  const esbuild = async (entry: string, format: Format, more: object = {}): Promise<string> => {
    const outfile = outputOf(format);
    await requireBundler('esbuild').build({
      entryPoints: [entry],
      bundle: true,
      platform: 'node',
      format,
      outfile,
      logLevel: 'error',
      ...more,
    });
    return moved(outfile);
  };

  const rollup = async (entry: string, format: Format, copies: boolean): Promise<string> => {
    const { nodeResolve } = requireBundler('@rollup/plugin-node-resolve');
    const { importMetaAssets } = requireBundler('@web/rollup-plugin-import-meta-assets');
    const commonjs = requireBundler('@rollup/plugin-commonjs');
    const bundle = await requireBundler('rollup').rollup({
      input: entry,
      plugins: [
        nodeResolve({ preferBuiltins: true }),
        (commonjs.default ?? commonjs)(),
        ...(copies ? [importMetaAssets()] : []),
      ],
      onwarn: () => {},
    });
    const file = outputOf(format);
    await bundle.write({
      dir: dirname(file),
      format: format === 'esm' ? 'es' : 'cjs',
      entryFileNames: basename(file),
      inlineDynamicImports: true,
    });
    return moved(file);
  };

  const vite = async (entry: string, format: Format, noExternal = true): Promise<string> => {
    const file = outputOf(format);
    const program = join(BUNDLERS, 'node_modules/vite/dist/node/index.js');
    const { build } = await import(/* @vite-ignore */ pathToFileURL(program).href);
    await build({
      root: folder,
      configFile: false,
      logLevel: 'error',
      ssr: { noExternal: noExternal || undefined },
      build: {
        ssr: entry,
        outDir: dirname(file),
        rollupOptions: {
          output: { format: format === 'esm' ? 'es' : 'cjs', entryFileNames: basename(file) },
        },
      },
    });
    return noExternal ? moved(file) : file;
  };

  const webpack = async (entry: string, format: Format): Promise<string> => {
    const file = outputOf(format);
    const isModule = format === 'esm';
    await new Promise<void>((resolve, reject) =>
      requireBundler('webpack')(
        {
          mode: 'production',
          target: 'node20',
          context: folder,
          entry,
          experiments: { outputModule: isModule },
          output: {
            path: dirname(file),
            filename: basename(file),
            module: isModule,
            ...(isModule && { library: { type: 'module' } }),
          },
        },
        (error: Error | null, stats: { hasErrors(): boolean; toString(): string }) => {
          if (error !== null || stats.hasErrors()) reject(error ?? new Error(stats.toString()));
          else resolve();
        },
      ),
    );
    return moved(file);
  };

  const ncc = async (entry: string, format: Format): Promise<string> => {
    const file = outputOf(format);
    const { code, assets } = await requireBundler('@vercel/ncc')(entry, { quiet: true });
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, code);
    for (const [name, { source }] of Object.entries<{ source: Uint8Array }>(assets)) {
      mkdirSync(dirname(join(dirname(file), name)), { recursive: true });
      writeFileSync(join(dirname(file), name), source);
    }
    return moved(file);
  };

  it.each([
    ['esm', 'esm'],
    ['cjs', 'cjs'],
  ] as const)('webpack works out of the box (%s)', async (_, format) => {
    const program = await webpack(app('esm'), format);
    expect(run('node', program)).toEqual(WORKS);
    const files = readdirSync(dirname(program)).filter(name => !name.startsWith('main'));
    expect(files.length).toBe(3);
    for (const name of files) rmSync(join(dirname(program), name));
    const left = run('node', program);
    for (const [code, message] of Object.values(left) as [string, string][]) {
      expect(code).toBe('ERR_ASSET');
      expect(message).toContain(`(${dirname(program)}/`);
    }
  });

  it.each(['esm', 'cjs'] as const)(
    'rollup works out of the box with a plugin that copies files (%s)',
    async format => {
      expect(run('node', await rollup(app('esm'), format, true))).toEqual(WORKS);
    },
  );

  it('ncc works out of the box', async () => {
    expect(run('node', await ncc(app('esm'), 'esm'))).toEqual(WORKS);
  });

  it.each([
    ['esbuild', 'esm', esbuild],
    ['esbuild', 'cjs', esbuild],
    ['rollup', 'esm', (entry: string, format: Format) => rollup(entry, format, false)],
    ['rollup', 'cjs', (entry: string, format: Format) => rollup(entry, format, false)],
    ['Vite', 'esm', vite],
    ['Vite', 'cjs', vite],
  ] as const)('%s works with copies that are named (%s)', async (name, format, build) => {
    const bare = await build(app('esm'), format);
    const isLost = name === 'esbuild' && format === 'cjs';
    expect(run('node', bare)).toEqual(missing(isLost ? () => undefined : nextTo(bare)));
    // A bundle as CommonJS has `__dirname`, also where the application is written as a module.
    const { head, given } = named(format);
    const program = await build(app('esm', given, head), format);
    copyFiles(program);
    expect(run('node', program)).toEqual(WORKS);
  });

  it.each([
    ['esbuild', esbuild],
    ['webpack', webpack],
    ['ncc', ncc],
  ] as const)('%s by require works with copies that are named', async (_, build) => {
    const bare = await build(app('cjs'), 'cjs');
    expect(run('node', bare)).toEqual(missing(nextTo(bare)));
    const { head, given } = named('cjs');
    const program = await build(app('cjs', given, head), 'cjs');
    copyFiles(program);
    expect(run('node', program)).toEqual(WORKS);
  });

  it('esbuild holds the table and the workers as bytes', async () => {
    const head = blockOf('bytes in the bundle');
    const loader = { '.bin': 'binary', '.cjs': 'binary' };
    const program = await esbuild(app('esm', 'files', head), 'esm', {
      loader,
      target: 'node20',
    });
    expect(run('node', program)).toEqual(WORKS);
    expect(readdirSync(dirname(program))).toEqual(['main.mjs']);
  });

  it('esbuild needs nothing where the package stays outside of the bundle', async () => {
    const outfile = join(folder, 'external.mjs');
    const entryPoints = [app('esm')];
    await requireBundler('esbuild').build({
      entryPoints,
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
      packages: 'external',
    });
    expect(run('node', outfile)).toEqual(WORKS);
  });

  it('Vite needs nothing, because packages stay outside of a server build', async () => {
    expect(run('node', await vite(app('esm'), 'esm', false))).toEqual(WORKS);
  });

  it('Node.js as a single executable works with the files as assets', async () => {
    const own = place();
    const main = join(own, 'main.cjs');
    for (const [isNamed, given, head] of [
      [false, '{}', ''],
      [true, 'files', blockOf('single executable')],
    ] as const) {
      copyFileSync(await esbuild(app('esm', given, head), 'cjs'), main);
      const config = JSON.parse(PAGE.split('```json\n')[1]!.split('```')[0]!);
      const assets = Object.entries<string>(config.assets);
      writeFileSync(
        join(own, 'sea.json'),
        JSON.stringify({
          ...config,
          main,
          output: join(own, 'app.blob'),
          assets: Object.fromEntries(assets.map(([name, path]) => [name, join(folder, path)])),
        }),
      );
      execFileSync('node', ['--experimental-sea-config', join(own, 'sea.json')], {
        stdio: 'ignore',
      });
      const executable = join(own, `app-${isNamed}`);
      copyFileSync(process.execPath, executable);
      const fuse = ['--sentinel-fuse', 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'];
      const blob = join(own, 'app.blob');
      execFileSync(programOf('postject'), [executable, 'NODE_SEA_BLOB', blob, ...fuse], {
        stdio: 'ignore',
      });
      const found = run(executable);
      expect(found).toEqual(isNamed ? WORKS : missing(() => undefined));
    }
  });
});
