import { randomUUID } from 'node:crypto';
import { openDatabase } from '../../domain/database.js';
import { consume, type Handlers } from '../../downstream/consume.js';
import type { ReadModel } from '../../downstream/rebuild/read-model.js';
import type { ReceivedFact } from '../../events/envelope.js';
import { createKafka } from '../../events/transport/kafka.js';
import { createPublisher } from '../../events/transport/publisher.js';
import { ensureTopics } from '../../events/transport/topics.js';
import { type Config, loadConfig } from '../../platform/config.js';
import { createLogger } from '../../platform/log.js';
import { brokers, recordOf } from '../events/records.js';

const log = createLogger('test', 'silent');

/** What a process of the platform is told, to work on this database and the run's broker. */
export const environmentOf = (url: string) => ({
  DATABASE_URL: url,
  KAFKA_BROKERS: brokers.join(','),
  KAFKA_REPLICATION_FACTOR: '1',
  STRIPE_SECRET_KEY: 'sk_test_shop',
  STRIPE_WEBHOOK_SECRET: 'whsec_test',
  JWT_SECRET: 'a key of the tests, at least 32 characters',
});
export const configOf = (url: string): Config => loadConfig(environmentOf(url));

export interface Live {
  /** the keys of all facts that it was told, each as often as it was */
  readonly told: readonly string[];
  stop(): Promise<void>;
}

/** A service's consumer on the run's broker, in a group of its own, under the service's role. */
export function startLive(url: string, model: ReadModel): Live {
  const told: string[] = [];
  const db = openDatabase({ url, application: `holdfast-${model.service}`, role: model.role });
  const consumer = consume({
    config: configOf(url),
    log,
    groupId: `${model.groupId}-${randomUUID()}`,
    deadLetterTopic: 'products.dlq',
    handlers: noting(model.handlers(db, log, model.schema), told),
  });
  return {
    told,
    stop: async () => {
      await consumer.stop();
      await db.$disconnect();
    },
  };
}

function noting(handlers: Handlers, told: string[]): Handlers {
  const noted = Object.entries(handlers).map(([topic, handle]) => [
    topic,
    async (fact: ReceivedFact) => {
      const isNew = await (handle as (fact: ReceivedFact) => Promise<boolean>)(fact);
      told.push(fact.key);
      return isNew;
    },
  ]);
  return Object.fromEntries(noted) as Handlers;
}

/** Tells facts on the run's broker. */
export async function openTeller(): Promise<{
  tell(facts: readonly ReceivedFact[]): Promise<void>;
  close(): Promise<void>;
}> {
  const kafka = createKafka({ KAFKA_BROKERS: brokers }, 'test-teller', log);
  await ensureTopics(kafka, { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: -1 }, log);
  const publisher = createPublisher(kafka, log);
  return {
    tell: async (facts) => {
      await publisher.publish(facts.map((fact) => ({ topic: fact.topic, ...recordOf(fact) })));
    },
    close: () => publisher.close(),
  };
}
