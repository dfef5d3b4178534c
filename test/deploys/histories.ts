import { Client, Connection } from '@temporalio/client';

/** temporal.api.enums.v1.WorkflowTaskFailedCause: a message came while the task was being answered. Not a fault. */
const UNHANDLED_COMMAND = 1;

export interface Lived {
  readonly workflowId: string;
  readonly status: string;
  /** whose workers have answered its workflow tasks, in order, without repeats */
  readonly builds: readonly string[];
  /** why each workflow task that failed did so, but for messages that came meanwhile */
  readonly failedTasks: readonly string[];
}

/** What became of every workflow of the checkout's task queue. */
export async function readHistories(address: string): Promise<Lived[]> {
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const lived: Lived[] = [];
  for await (const { workflowId, runId, status } of client.workflow.list({ query: "TaskQueue = 'checkout'" })) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const completed = (events ?? []).map(
      (event) => event.workflowTaskCompletedEventAttributes?.deploymentVersion?.buildId,
    );
    const failed = (events ?? []).flatMap((event) => event.workflowTaskFailedEventAttributes ?? []);
    lived.push({
      workflowId,
      status: status.name,
      builds: [...new Set(completed.filter((build) => build !== undefined && build !== null))],
      failedTasks: failed
        .filter(({ cause }) => cause !== UNHANDLED_COMMAND)
        .map(({ failure }) => failure?.message ?? ''),
    });
  }
  await connection.close();
  return lived;
}
