import { defineConfig } from 'vitest/config';

/** `npm run faults` and `npm run soak`: stacks of their own, so nothing is shared and nothing is set up before. */
export default defineConfig({
  test: {
    pool: 'forks',
    include: [process.env.FAULTS_WHAT === 'soak' ? 'test/faults/soak.ts' : 'test/faults/campaign.ts'],
    hookTimeout: 120_000,
    env: { STRIPE_SUPPRESS_NOTICES: 'true' },
  },
});
