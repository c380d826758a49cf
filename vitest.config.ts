import { defineConfig } from 'vitest/config';

/**
 * What needs more than Node, or minutes: servers and proxies, browsers, the built program and the
 * packed tarball, killed processes, load, hostile files, long random comparisons.
 */
const SYSTEM = 'test/system/**/*.test.ts';

/** What measures delays runs after everything else, with the machine to itself. */
const ALONE = 'test/system/tables/reload-under-load.test.ts';

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    coverage: { include: ['src/**'], exclude: ['src/cli/**'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [SYSTEM, '**/node_modules/**'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: [SYSTEM],
          exclude: [ALONE],
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'alone', include: [ALONE], sequence: { groupOrder: 1 } } },
    ],
  },
});
