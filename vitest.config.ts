import { defineConfig } from 'vitest/config';

const pure = ['test/unit/**/*.test.ts', 'test/emulator/**/*.test.ts'];
const e2e = 'test/e2e/**/*.test.ts';

export default defineConfig({
  test: {
    pool: 'forks',
    // No suite replaces a module: files share a process, so that each module and each engine is loaded once.
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    env: { STRIPE_SUPPRESS_NOTICES: 'true' },
    projects: [
      {
        extends: true,
        test: { name: 'pure', include: pure, maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: [...pure, e2e],
          globalSetup: 'test/support/global-setup.ts',
          // Two cores carry PostgreSQL, Temporal and Kafka beside the suites.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        // Each file starts a whole stack of its own: one after the other, when the other suites are done.
        test: { name: 'e2e', include: [e2e], maxWorkers: 1, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
