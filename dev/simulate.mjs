import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { main } from './main.mjs';

/** `npm run simulate -- --sagas 10000 --seed 1`: random sagas on every core; `--confluence` plays every order of events. */
await main(async () => {
  const { values } = parseArgs({
    options: {
      sagas: { type: 'string', default: '10000' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
      confluence: { type: 'boolean', default: false },
    },
  });
  process.stdout.write(`Seed ${values.seed}\n`);
  Object.assign(process.env, {
    SIMULATE_SAGAS: values.sagas,
    SIMULATE_SEED: values.seed,
    SIMULATE_WHAT: values.confluence ? 'confluence' : 'sagas',
  });
  const { runTests } = await import('./run-tests.mjs');
  return runTests(['--config', 'simulator/simulate.config.ts']);
});
