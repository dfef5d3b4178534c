import type { WorkflowClientInterceptor } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { currentTrace } from '../platform/trace.js';

const HEADER = '_tracer-data';
const withTraceHeader = <I extends { readonly headers: object }>(input: I): I => {
  const traceparent = currentTrace()?.traceparent;
  return traceparent
    ? { ...input, headers: { ...input.headers, [HEADER]: defaultPayloadConverter.toPayload({ traceparent }) } }
    : input;
};

/** Puts the caller's trace on every start, from where the workflow carries it on. */
export const traceCarrier: WorkflowClientInterceptor = {
  start: (input, next) => next(withTraceHeader(input)),
  signalWithStart: (input, next) => next(withTraceHeader(input)),
  startUpdateWithStart: (input, next) =>
    next({ ...input, workflowStartHeaders: withTraceHeader({ headers: input.workflowStartHeaders }).headers }),
};
