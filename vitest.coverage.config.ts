import { defineConfig } from 'vitest/config';

const ALL = { lines: 100, branches: 100, functions: 100, statements: 100 };

/** `npm run coverage`: every line and branch of what decides, places and remembers is run by a test. */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    include: [
      'test/{law,geo,gate,recording,keys,subjects,ledger}/*.test.ts',
      'test/gate.test.ts',
      'test/system/geo/{bundle,hostile-files,size-limits}.test.ts',
    ],
    // Limits are those of the thread.
    testNamePattern: '^(?!limits )',
    setupFiles: ['test/support/compile-here.ts'],
    coverage: {
      enabled: true,
      include: [
        'src/law/**',
        'src/geo/**',
        'src/ledger/card.ts',
        'src/gate.ts',
        'src/gate/decider.ts',
        'src/gate/decision-table.ts',
      ],
      reporter: [['text', { skipFull: true }], 'json'],
      reportsDirectory: '.cache/coverage',
      thresholds: ALL,
    },
  },
});
