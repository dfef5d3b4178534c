import { defineConfig } from 'vitest/config';

/** `npm run deploy:rehearse`: a stack of its own, two builds, and every stage of a deploy, one after the other. */
export default defineConfig({
  test: {
    include: ['test/deploys/rehearsal.ts'],
    bail: 1,
    testTimeout: 1_200_000,
    hookTimeout: 180_000,
    env: { STRIPE_SUPPRESS_NOTICES: 'true' },
  },
});
