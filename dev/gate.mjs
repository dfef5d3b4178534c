import { parseArgs } from 'node:util';
import { main } from './main.mjs';

/**
 * `npm run gate`: are the replay and the tests worth anything? Makes changes to the workflow code as people make them, one
 * at a time in a copy, and tells what catches each. `-- --protections` takes away what keeps money, stock and orders
 * whole, and tells which test notices. `--named "…"` takes only some, `--replay-only` runs no tests, `--write` keeps the table in docs/replay.md.
 * Exit code 1 when something is caught by nothing and nothing is said of it.
 */
await main(async () => {
  const { values } = parseArgs({
    options: {
      protections: { type: 'boolean', default: false },
      'replay-only': { type: 'boolean', default: false },
      named: { type: 'string', default: '' },
      write: { type: 'boolean', default: false },
    },
  });
  const { setUp } = await import('./setup/index.mjs');
  await setUp();
  const { partsEnvironment } = await import('./run-tests.mjs');
  const show = await import('./gate/show.mjs');
  const env = { ...process.env, ...(await partsEnvironment()) };
  const options = { env, named: values.named, say: (/** @type {string} */ line) => process.stderr.write(`${line}\n`) };
  if (values.protections) {
    const { removeProtections } = await import('./gate/protection-run.mjs');
    const removed = await removeProtections(options);
    const table = show.protectionTable(removed);
    process.stdout.write(`${table}\n`);
    if (values.write) show.writeTable('protections', table);
    return removed.every(({ passesWith, failedWithout }) => passesWith && failedWithout !== null) ? 0 : 1;
  }
  const { tryMutants } = await import('./gate/mutation-run.mjs');
  const tried = await tryMutants({ ...options, replayOnly: values['replay-only'] });
  const table = show.mutationTable(tried);
  process.stdout.write(`${table}\n`);
  if (values.write) show.writeTable('mutants', table);
  return tried.every(({ mutant, history, test }) => history !== null || test !== null || mutant.note) ? 0 : 1;
});
