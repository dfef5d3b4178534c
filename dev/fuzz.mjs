import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { main } from './main.mjs';

/** `npm run fuzz -- --requests 2000 --seed 1`: generated requests against every document of a stack of its own. */
await main(async () => {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '2000' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    },
  });
  for (const [name, value] of Object.entries(values))
    if (!/^\d{1,10}$/.test(value)) throw new Error(`--${name} is "${value}": it must be a whole number.`);
  const { runFuzz } = await import('./fuzz/run.mjs');
  return runFuzz({ requests: Number(values.requests), seed: Number(values.seed) });
});
