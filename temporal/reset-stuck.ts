import { type Client, WorkflowNotFoundError } from '@temporalio/client';

/** temporal.api.enums.v1.WorkflowTaskFailedCause */
const NON_DETERMINISTIC_ERROR = 24;
/** Where the SDK finds a history impossible before the code has said anything, it gives the cause of any failure. */
const IMPOSSIBLE = /^Fatal error in workflow machines/;
const WITHIN_MS = 3_000;

/**
 * Begins a workflow again that cannot go on, as its history does not replay on the worker that has it: its code does not
 * fit, or a history was damaged, which Temporal's SDK has been seen to do when a worker stands still for longer than a
 * workflow task may take (decision 0019). Temporal's reset to the first workflow task: the same input, and everything told
 * or asked of the old run is told again, so no promise is lost; what steps have done they find done in the rows.
 * Safe to repeat, and to do twice at once. @returns whether it was so; false too where none is known
 */
export async function beginAgainIfStuck(client: Client, workflowId: string): Promise<boolean> {
  return client.withDeadline(Date.now() + WITHIN_MS, async () => {
    const runId = await runningRun(client, workflowId);
    if (runId === null) return false;
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const failed = events?.findLast(
      (event) => event.workflowTaskCompletedEventAttributes || event.workflowTaskFailedEventAttributes,
    )?.workflowTaskFailedEventAttributes;
    const doesNotReplay = failed?.cause === NON_DETERMINISTIC_ERROR || IMPOSSIBLE.test(failed?.failure?.message ?? '');
    if (!doesNotReplay) return false;
    const firstTask = events?.find((event) => event.workflowTaskStartedEventAttributes);
    await client.workflowService.resetWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId, runId },
      workflowTaskFinishEventId: firstTask?.eventId ?? null,
      reason: 'Its history does not replay: it is begun again, with all that it was told.',
      requestId: `${runId}:begun-again`,
    });
    return true;
  });
}

async function runningRun(client: Client, workflowId: string): Promise<string | null> {
  try {
    const { runId, status } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING' ? runId : null;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}
