import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { configOrExit } from '../platform/process.js';
import { OPEN_WORKFLOWS, replayOpen } from '../temporal/deployments/replay-open.js';

/**
 * `npm run replay -- --from-server --query "…"`: whether the workflow code of this checkout can go on with what stands on
 * the configured Temporal server; without a query, with everything that is open. Reads only. Exit code 0 when every
 * history replays, 1 when one does not, 2 when it could not look.
 */
const { query } = parseArgs({ options: { query: { type: 'string', default: OPEN_WORKFLOWS } } }).values;
const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, WORKFLOW_BUNDLE } = configOrExit();
const bundlePath = WORKFLOW_BUNDLE ?? fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
// Each workflow that does not replay is told of below, once.
Runtime.install({
  logger: new DefaultLogger('ERROR', () => undefined),
  telemetryOptions: { logging: { filter: 'OFF' } },
});

let replayed = 0;
let refused = 0;
try {
  const began = performance.now();
  for await (const { workflowId, error } of replayOpen({ address, namespace, query, bundlePath })) {
    replayed += 1;
    if (error === null) continue;
    refused += 1;
    process.stdout.write(`${workflowId} does not replay: ${error}\n`);
  }
  const where = `namespace ${namespace} at ${address}`;
  const took = `${((performance.now() - began) / 1000).toFixed(1)} s`;
  process.stdout.write(
    replayed === 0
      ? `No workflow in ${where} matches ${query}: there is nothing to replay.\n`
      : `${replayed} workflows in ${where}, ${refused} of which do not replay, in ${took}.\n`,
  );
  process.exitCode = refused === 0 ? 0 : 1;
} catch (error) {
  const why =
    error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);
  process.stderr.write(`Nothing could be replayed from namespace ${namespace} at ${address}: ${why}\n`);
  process.exitCode = 2;
}
