import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { resolve } from 'node:path';
import { defineConfig, type Options } from 'tsup';

const entryPoints = {
  index: 'src/index.ts',
  tables: 'src/entry/tables.ts',
  desk: 'src/entry/desk.ts',
  ledger: 'src/entry/ledger.ts',
  config: 'src/entry/config.ts',
  sqlite: 'src/ledger/sqlite.ts',
  postgres: 'src/entry/postgres.ts',
  redis: 'src/ledger/redis.ts',
  fastify: 'src/http/fastify.ts',
  express: 'src/http/express.ts',
  metrics: 'src/http/metrics.ts',
};

/**
 * The pages of the desk share the words of the command line. They are built by import alone: the
 * oldest Node that is supported can require an ES module.
 */
const pages = { 'desk-page': 'src/cli/web/desk-page.ts' };

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/**
 * esbuild makes a chunk for each combination of entry points that share code, and Node takes a third
 * of a millisecond for each file. So each entry point of the library imports the core, and each
 * command what all commands share. An import of a module without side effects adds no code.
 */
const fewChunks: Plugin = {
  name: 'few-chunks',
  setup(build) {
    const [core, commandLine] = ['src/index.ts', 'src/cli/args.ts'].map(path => resolve(path));
    const shared = new Map(Object.values(entryPoints).map(path => [resolve(path), core]));
    build.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      if (kind === 'dynamic-import') shared.set(resolve(resolveDir, path), commandLine);
      return undefined;
    });
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const imported = shared.get(path);
      if (imported === undefined || imported === path) return undefined;
      const text = readFileSync(path, 'utf8');
      return { contents: `${text}\nimport ${JSON.stringify(imported)};\n`, loader: 'ts' };
    });
  },
};

/** Sources name a worker by its path from `src`. In `dist`, it is next to the code. */
const workersAreNeighbours: Plugin = {
  name: 'workers-are-neighbours',
  setup(build) {
    build.onLoad({ filter: /[\\/](compile-worker-host|worker-file)\.ts$/ }, ({ path }) => {
      const contents = readFileSync(path, 'utf8').replace(/new URL\('[./]+\/dist\//, "new URL('./");
      return { contents, loader: 'ts' };
    });
  },
};

/** Node 20 knows these expressions. As literals, those that are not used are left out. */
const supported = { 'regexp-unicode-property-escapes': true, 'regexp-set-notation': true };

/** The packages of the command line call `require` for Node's own modules. An ES module has none. */
const builtinsByRequire: Plugin = {
  name: 'builtins-by-require',
  setup(build) {
    const builtins = new Set(builtinModules);
    build.onResolve({ filter: /.*/ }, ({ kind, path }) => {
      const name = path.replace(/^node:/, '');
      return kind === 'require-call' && builtins.has(name)
        ? { path: name, namespace: 'builtin' }
        : undefined;
    });
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/** Fills in the digest at the end of the bundled table, whose arrays were checked when it was made. */
const checkedTable: Plugin = {
  name: 'checked-table',
  setup(build) {
    const digest = readFileSync('data/zones.bin').subarray(-32).toString('hex');
    build.onLoad({ filter: /geo[/\\]checked-table\.ts$/ }, () => ({
      contents: `export const CHECKED_TABLE = ${JSON.stringify(digest)};`,
    }));
  },
};

export default defineConfig([
  {
    // By import the entry points and the command line share chunks: there is one copy of the core.
    entry: { ...entryPoints, ...pages, main: 'src/cli/main.ts' },
    format: ['esm'],
    target: 'node20',
    splitting: true,
    removeNodeProtocol: false,
    clean: true,
    esbuildPlugins: [workersAreNeighbours, fewChunks, builtinsByRequire, checkedTable],
    esbuildOptions: options => {
      options.logOverride = { 'ignored-bare-import': 'silent' };
      options.supported = supported;
    },
  },
  {
    // Each worker is one file, which can be copied alone. As CommonJS it also runs from its bytes,
    // and its name says so wherever it is copied to.
    entry: {
      'sqlite-worker': 'src/ledger/sqlite/worker.ts',
      'compile-worker': 'src/tables/compile-worker.ts',
    },
    format: ['cjs'],
    target: 'node20',
    minifyWhitespace: true,
    removeNodeProtocol: false,
  },
  {
    // By require each entry point holds its own copy, without indentation.
    entry: entryPoints,
    format: ['cjs'],
    target: 'node20',
    minifyWhitespace: true,
    // What a file knows of itself by require, found out only when it is used.
    banner: {
      js: "const thisFile={get url(){return require('node:url').pathToFileURL(__filename).href}};",
    },
    define: { 'import.meta.url': 'thisFile.url' },
    esbuildPlugins: [workersAreNeighbours, checkedTable],
  },
  {
    entry: entryPoints,
    format: ['esm', 'cjs'],
    dts: { only: true },
  },
  {
    entry: pages,
    format: ['esm'],
    dts: { only: true },
  },
]);
