import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';
import { currentTrace, traceIdOf } from './trace.js';

export type { Logger } from 'pino';

const withErrorsWritten = (line: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(line).map(([key, value]) => [key, value instanceof Error ? stdSerializers.err(value) : value]),
  );

/**
 * JSON, one line an event, on stdout or where `to` writes. Correlation id, order id and trace id of the present task are
 * added by themselves.
 * Headers and bodies that may hold secrets or personal data are never logged; the redaction is the second belt.
 */
export const createLogger = (service: string, level: string, to: DestinationStream = pino.destination(1)): Logger =>
  pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      // Under whatever name an error is logged: pino itself knows `err` alone, and makes `{}` of others.
      formatters: { level: (label) => ({ level: label }), log: withErrorsWritten },
      redact: [
        'req.headers.authorization',
        'req.headers.cookie',
        '*.clientSecret',
        '*.client_secret',
        '*.customerEmail',
      ],
      mixin: () => {
        const trace = currentTrace();
        return trace
          ? {
              traceId: traceIdOf(trace.traceparent),
              ...(trace.correlationId ? { correlationId: trace.correlationId } : {}),
              ...(trace.orderId ? { orderId: trace.orderId } : {}),
            }
          : {};
      },
    },
    to,
  );
