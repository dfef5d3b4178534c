import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { SAGAS_A_BATCH } from './batch-size.js';

/** A process a core, each with its share of the batches: `npm run simulate`. */
const batches = Math.ceil(Number(process.env.SIMULATE_SAGAS) / SAGAS_A_BATCH);
const shares = Math.max(1, Math.min(availableParallelism(), batches));
const confluence = process.env.SIMULATE_WHAT === 'confluence';

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: shares,
    testTimeout: 3_600_000,
    hookTimeout: 60_000,
    globalSetup: 'simulator/global-setup.ts',
    env: { STRIPE_SUPPRESS_NOTICES: 'true', SIMULATE_FULLY: 'true' },
    projects: Array.from({ length: confluence ? 1 : shares }, (_, share) => ({
      extends: true,
      test: {
        name: `share-${share + 1}`,
        include: [confluence ? 'test/simulation/confluence.test.ts' : 'simulator/campaign.ts'],
        env: { SIMULATE_SHARE: String(share), SIMULATE_SHARES: String(shares) },
      },
    })),
  },
});
