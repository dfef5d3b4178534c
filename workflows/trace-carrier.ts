/**
 * Carries the caller's trace from the start of a workflow to its activities, as bytes it never looks into. Eight lines
 * in place of a tracing interceptor, so that a history replays whatever tracing is switched on or off.
 * A fault of the workflow code, which fails the task and not the workflow, is logged here, where the order is known.
 */
import { log, TemporalFailure, type WorkflowInterceptors } from '@temporalio/workflow';
import { TRACE_HEADER } from '../contract/trace.js';

export const interceptors = (): WorkflowInterceptors => {
  let carried = {};
  const carry = <I extends { headers: object }, R>(input: I, next: (input: I) => R): R =>
    next({ ...input, headers: { ...input.headers, ...carried } });
  return {
    inbound: [
      {
        execute: async (input, next) => {
          carried = TRACE_HEADER in input.headers ? { [TRACE_HEADER]: input.headers[TRACE_HEADER] } : {};
          try {
            return await next(input);
          } catch (error) {
            if (!(error instanceof TemporalFailure)) logFault(error as Partial<Error>);
            throw error;
          }
        },
      },
    ],
    outbound: [{ scheduleActivity: carry, scheduleLocalActivity: carry }],
  };
};

function logFault({ name, message, stack }: Partial<Error>): void {
  log.error('The workflow task fails until the workflow code is mended', { error: { type: name, message, stack } });
}
