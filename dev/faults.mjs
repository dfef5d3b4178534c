import { parseArgs } from 'node:util';
import { main } from './main.mjs';

/** `npm run faults`, or `npm run faults -- --only "settle / "`: the cells whose names have this in them; `--minutes 20`: no blow after that. */
await main(async () => {
  const { values } = parseArgs({
    options: { only: { type: 'string', default: '' }, minutes: { type: 'string', default: '120' } },
  });
  Object.assign(process.env, { FAULTS_WHAT: 'matrix', FAULTS_ONLY: values.only, FAULTS_MINUTES: values.minutes });
  const { runTests } = await import('./run-tests.mjs');
  return runTests(['--config', 'test/faults/faults.config.ts']);
});
