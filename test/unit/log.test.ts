import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createLogger } from '../../platform/log.js';
import { sdkLogOf } from '../../temporal/sdk-log.js';

/** What is logged, line by line, as it is written. */
function written(): { readonly lines: string[]; readonly to: Writable } {
  const lines: string[] = [];
  const to = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  return { lines, to };
}

test('an error is logged with its message and stack, under whatever name', () => {
  const { lines, to } = written();
  createLogger('worker', 'info', to).error(
    { error: new TypeError('no such field'), reason: new Error('why') },
    'failed',
  );
  expect(lines).toHaveLength(1);
  const { error, reason } = JSON.parse(String(lines[0])) as Record<string, Record<string, string>>;
  expect(error).toMatchObject({
    type: 'TypeError',
    message: 'no such field',
    stack: expect.stringContaining('log.test'),
  });
  expect(reason).toMatchObject({ message: 'why' });
});

test('what the SDK of Temporal reports of a workflow is one JSON line with the ids of its order', () => {
  const { lines, to } = written();
  const { logger } = sdkLogOf(createLogger('worker', 'info', to));
  const fault = { workflowId: 'checkout-order-7', error: new TypeError('no such field') };
  logger?.log('ERROR', 'Failed to process the workflow', fault);
  logger?.log('WARN', 'Slow', { workflowId: 'after-sale-order-8' });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { level: 'error', orderId: 'order-7', correlationId: 'saga-order-7', error: { message: 'no such field' } },
    { level: 'warn', orderId: 'order-8', msg: 'Slow' },
  ]);
});
