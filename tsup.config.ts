import { defineConfig } from 'tsup';

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

export default defineConfig([
  {
    // By import the entry points, the command line and the workers share chunks: there is one copy
    // of the core.
    entry: {
      ...entryPoints,
      main: 'src/cli/main.ts',
      'sqlite-worker': 'src/ledger/sqlite/worker.ts',
      'compile-worker': 'src/tables/compile-worker.ts',
    },
    format: ['esm'],
    target: 'node20',
    splitting: true,
    clean: true,
  },
  {
    // By require each entry point holds its own copy, without indentation.
    entry: entryPoints,
    format: ['cjs'],
    target: 'node20',
    shims: true,
    minifyWhitespace: true,
  },
  {
    entry: entryPoints,
    format: ['esm', 'cjs'],
    dts: { only: true },
  },
]);
