import { Client, Connection } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { CHECKOUT_TASK_QUEUE } from '../../contract/checkout.js';

/** The workflows that the worker of today will have to go on with. */
export const OPEN_WORKFLOWS = `TaskQueue = '${CHECKOUT_TASK_QUEUE}' AND ExecutionStatus = 'Running'`;

export interface Replayed {
  readonly workflowId: string;
  /** why the code would not have written this history; null when it replays */
  readonly error: string | null;
}

/**
 * Replays what a server keeps against a workflow bundle, one history after the other; it changes nothing and needs no
 * worker. A history is fetched, replayed and forgotten, so that memory does not grow with their number.
 * @param found.query a visibility query, as in the Web UI
 * @param found.bundlePath the workflow code, as `npm run build` bundles it
 * @throws when the server cannot be reached, or refuses the query
 */
export async function* replayOpen({
  address,
  namespace,
  query = OPEN_WORKFLOWS,
  bundlePath,
}: {
  readonly address: string;
  readonly namespace: string;
  readonly query?: string;
  readonly bundlePath: string;
}): AsyncGenerator<Replayed, void> {
  const connection = await Connection.connect({ address, connectTimeout: '5s' });
  try {
    const { workflow } = new Client({ connection, namespace });
    const histories = workflow.list({ query }).intoHistories({ concurrency: 2, bufferLimit: 2 });
    const code = { workflowBundle: { codePath: bundlePath } };
    for await (const { workflowId, error } of Worker.runReplayHistories(code, histories))
      yield { workflowId, error: error ? error.message : null };
  } finally {
    await connection.close();
  }
}
