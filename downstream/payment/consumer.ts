import type { Database } from '../../domain/database.js';
import type { ReceivedFact } from '../../events/envelope.js';
import type { RunningGroup } from '../../events/transport/group.js';
import type { Config } from '../../platform/config.js';
import type { Logger } from '../../platform/log.js';
import type { Metrics } from '../../platform/metrics.js';
import { consume } from '../consume.js';
import { measureLag } from '../lag.js';

const GROUP = 'payment-service-group';

/** The payment service hears its own story come back, and starts nothing because of it. */
export const startPaymentConsumer = ({
  config,
  db,
  log,
}: {
  readonly config: Config;
  readonly db: Database;
  readonly log: Logger;
}): RunningGroup =>
  consume({
    config,
    log,
    groupId: GROUP,
    deadLetterTopic: 'payment.dlq',
    handlers: { 'order.created': (fact) => handleOrderCreated(db, fact) },
  });

/** How far behind that story it is. */
export const paymentLag = (of: {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
}): (() => Promise<string | undefined>) => measureLag({ ...of, groupId: GROUP, topics: ['order.created'] });

/** Records that the fact came back. @returns false when it had before */
export async function handleOrderCreated(
  db: Database,
  { id, topic, key }: Extract<ReceivedFact, { topic: 'order.created' }>,
): Promise<boolean> {
  const recorded = await db.$executeRaw`
    INSERT INTO consumer_inbox (consumer_group, event_id, topic, key) VALUES (${GROUP}, ${id}, ${topic}, ${key}) ON CONFLICT DO NOTHING`;
  return recorded === 1;
}
