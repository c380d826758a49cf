import { defineConfig } from 'vitest/config';

/** `npm run mutants`: the tests that are to notice when a line of the law, or of the table, says something else. */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    include: [
      'test/law/*.test.ts',
      'test/system/law/standing-oracle.test.ts',
      'test/gate.test.ts',
      'test/gate/offers.test.ts',
      'test/geo/merge-sources.test.ts',
      'test/geo/guards.test.ts',
      'test/geo/zone-table.test.ts',
    ],
  },
});
