import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

/** What every log line and every outgoing message of the present task carries. */
export interface TraceContext {
  /** W3C trace context, version 00: https://www.w3.org/TR/trace-context/#traceparent-header */
  readonly traceparent: string;
  readonly correlationId?: string;
  readonly orderId?: string;
}

const storage = new AsyncLocalStorage<TraceContext>();

export const currentTrace = (): TraceContext | undefined => storage.getStore();

export const withTrace = <T>(context: TraceContext, task: () => T): T => storage.run(context, task);

const pattern = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The caller's traceparent when it is well-formed, else that of a new trace. */
export const traceparentFrom = (header: string | undefined): string =>
  header && pattern.test(header)
    ? header
    : `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;

/** The 32 hex digits that are the same from the request to the last consumer. */
export const traceIdOf = (traceparent: string): string => traceparent.slice(3, 35);
