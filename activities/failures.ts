import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { ProviderStuck, ProviderUnavailable, RequestNotBuilt } from '../domain/payments/provider.js';
import { Refusal } from '../domain/refusal.js';
import type { Logger } from '../platform/log.js';

/**
 * Runs an activity so that what goes wrong arrives in the workflow as what it means: a refusal, or a request that cannot be
 * written, ends the step; anything else is worth another try. Of unforeseen errors only the kind crosses over, for their text may quote rows and the
 * history is shown to everyone; the text goes to the log.
 */
export async function refusalsAsFailures<T>(log: Logger, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof Refusal)
      throw ApplicationFailure.create({
        type: error.code,
        message: error.message,
        nonRetryable: true,
        category: ApplicationFailureCategory.BENIGN,
      });
    if (error instanceof RequestNotBuilt) {
      log.error({ err: error }, 'ALERT: a request to the payment provider could not be written');
      throw ApplicationFailure.create({ type: error.name, message: error.message, nonRetryable: true });
    }
    if (error instanceof ProviderUnavailable || error instanceof ProviderStuck) {
      log.warn({ reason: error.message }, 'The payment provider gave no usable answer; the step is tried again');
      throw ApplicationFailure.create({
        type: error.name,
        message: error.message,
        ...(error instanceof ProviderUnavailable && error.retryAfterMs !== null
          ? { nextRetryDelay: error.retryAfterMs }
          : {}),
      });
    }
    const kind = error instanceof Error ? error.name : 'Error';
    const code = error instanceof Error && 'code' in error ? ` ${String(error.code)}` : '';
    log.error({ err: error }, `The step failed and is tried again: ${kind}${code}`);
    throw ApplicationFailure.create({ type: kind, message: `${kind}${code}; the worker's log has the rest` });
  }
}
