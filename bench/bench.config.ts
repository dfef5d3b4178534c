import { defineConfig } from 'vitest/config';

/** `npm run bench`, or `npm run bench -- bench/events`: figures of one run on one machine; nothing here can fail for being slow. */
export default defineConfig({
  test: {
    include: ['bench/**/*.bench.ts'],
    globalSetup: 'test/support/global-setup.ts',
    fileParallelism: false,
    testTimeout: 1_800_000,
    hookTimeout: 120_000,
    env: { STRIPE_SUPPRESS_NOTICES: 'true' },
  },
});
