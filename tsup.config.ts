import { readFileSync } from 'node:fs';
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

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

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

export default defineConfig([
  {
    // By import the entry points and the command line share chunks: there is one copy of the core.
    entry: { ...entryPoints, main: 'src/cli/main.ts' },
    format: ['esm'],
    target: 'node20',
    splitting: true,
    clean: true,
    esbuildOptions: options => {
      options.supported = supported;
    },
    esbuildPlugins: [workersAreNeighbours],
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
    esbuildPlugins: [workersAreNeighbours],
  },
  {
    entry: entryPoints,
    format: ['esm', 'cjs'],
    dts: { only: true },
  },
]);
