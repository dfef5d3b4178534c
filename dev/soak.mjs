import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { main } from './main.mjs';

/** `npm run soak -- --minutes 30 --seed 1`: faults and kills at random, under load. */
await main(async () => {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '30' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    },
  });
  process.stdout.write(`Seed ${values.seed}\n`);
  Object.assign(process.env, { FAULTS_WHAT: 'soak', SOAK_MINUTES: values.minutes, SOAK_SEED: values.seed });
  const { runTests } = await import('./run-tests.mjs');
  return runTests(['--config', 'test/faults/faults.config.ts']);
});
