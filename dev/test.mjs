import { main } from './main.mjs';

/** `npm test`: sets up, gets the parts, runs every suite; arguments go to vitest. */
await main(async () => {
  const { runTests } = await import('./run-tests.mjs');
  return runTests(process.argv.slice(2));
});
