import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';

/**
 * The refusal in a failed activity. A local activity's failure arrives bare, a regular one's wrapped in ActivityFailure:
 * https://github.com/temporalio/sdk-typescript/blob/main/packages/common/src/failure.ts
 * @returns undefined for time-outs, cancellations and failures worth another try
 */
export function refusalIn(error: unknown): ApplicationFailure | undefined {
  const failure = error instanceof ActivityFailure ? error.cause : error;
  return failure instanceof ApplicationFailure && failure.nonRetryable ? failure : undefined;
}
