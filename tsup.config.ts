import { defineConfig } from 'tsup';

export default defineConfig([
  {
    entry: {
      index: 'src/index.ts',
      sqlite: 'src/evidence/sqlite.ts',
      postgres: 'src/evidence/postgres.ts',
      redis: 'src/evidence/redis.ts',
      fastify: 'src/http/fastify.ts',
      express: 'src/http/express.ts',
      metrics: 'src/http/metrics.ts',
    },
    format: ['esm', 'cjs'],
    target: 'node20',
    dts: true,
    clean: true,
    shims: true,
    splitting: false,
  },
  {
    entry: {
      main: 'src/cli/main.ts',
      'sqlite-worker': 'src/evidence/sqlite/worker.ts',
      'compile-worker': 'src/tables/compile-worker.ts',
    },
    format: ['esm'],
    target: 'node20',
    splitting: true,
  },
]);
