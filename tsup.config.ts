import { defineConfig } from 'tsup';

export default defineConfig([
  {
    entry: {
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
    },
    format: ['esm', 'cjs'],
    target: 'node20',
    dts: true,
    clean: true,
    shims: true,
    // By import the entry points share readable chunks. By require each holds its own copy, without
    // indentation.
    esbuildOptions(options, { format }) {
      options.minifyWhitespace = format === 'cjs';
    },
  },
  {
    entry: {
      main: 'src/cli/main.ts',
      'sqlite-worker': 'src/ledger/sqlite/worker.ts',
      'compile-worker': 'src/tables/compile-worker.ts',
    },
    format: ['esm'],
    target: 'node20',
    splitting: true,
    // A program that nobody debugs from its build: a tenth of the package is its indentation.
    minifyWhitespace: true,
  },
]);
