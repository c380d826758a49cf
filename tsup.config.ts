import { defineConfig } from 'tsup';

export default defineConfig([
  {
    entry: ['src/index.ts'],
    format: ['esm', 'cjs'],
    target: 'node20',
    dts: true,
    clean: true,
    shims: true,
    splitting: false,
  },
  {
    entry: { main: 'src/cli/main.ts' },
    format: ['esm'],
    target: 'node20',
    splitting: false,
  },
]);
