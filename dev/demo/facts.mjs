import { Kafka, logLevel } from 'kafkajs';

const topics = [
  'order.created',
  'order.updated',
  'order.confirmed',
  'order.cancelled',
  'payment.initiated',
  'payment.completed',
  'payment.failed',
  'payment.cancelled',
  'saga.payment.compensate',
];

/**
 * Hears every fact told from now on, as any downstream team would.
 * @param {string[]} brokers
 * @returns {Promise<{ of(orderId: string): string[], stop(): Promise<void> }>} `of`: the topics of an order's facts, in
 *   the order of their sequence numbers
 */
export async function hearFacts(brokers) {
  const kafka = new Kafka({ clientId: 'demo', brokers, logLevel: logLevel.NOTHING });
  const groupId = `demo-${process.pid}-${Date.now()}`;
  const consumer = kafka.consumer({ groupId });
  /** @type {Map<string, Map<number, string>>} */
  const heard = new Map();
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ topic, message }) => {
      const key = String(message.key);
      const facts = heard.get(key) ?? new Map();
      facts.set(Number(message.headers?.ce_sequence), topic);
      heard.set(key, facts);
    },
  });
  return {
    of: (orderId) => [...(heard.get(orderId) ?? [])].sort(([a], [b]) => a - b).map(([, topic]) => topic),
    stop: async () => {
      await consumer.disconnect();
      const admin = kafka.admin();
      await admin.connect();
      // A group that stays would be one more whose lag grows for ever.
      await admin.deleteGroups([groupId]).catch(() => undefined);
      await admin.disconnect();
    },
  };
}
