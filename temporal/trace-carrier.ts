import type { WorkflowClientInterceptor } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { TRACE_HEADER } from '../contract/trace.js';
import { currentTrace } from '../platform/trace.js';

const withTraceHeader = <I extends { readonly headers: object }>(input: I): I => {
  const traceparent = currentTrace()?.traceparent;
  return traceparent
    ? { ...input, headers: { ...input.headers, [TRACE_HEADER]: defaultPayloadConverter.toPayload({ traceparent }) } }
    : input;
};

/** Puts the caller's trace on every start, from where the workflow carries it on. */
export const traceCarrier: WorkflowClientInterceptor = {
  start: (input, next) => next(withTraceHeader(input)),
  signalWithStart: (input, next) => next(withTraceHeader(input)),
  startUpdateWithStart: (input, next) =>
    next({ ...input, workflowStartHeaders: withTraceHeader({ headers: input.workflowStartHeaders }).headers }),
};
