import { isDatabaseAway } from '../domain/outage.js';
import type { DeadLetterTopic, Topic } from '../events/catalogue/topics.js';
import { startConsumer } from '../events/consumer/consumer.js';
import type { ReceivedFact } from '../events/envelope.js';
import type { RunningGroup } from '../events/transport/group.js';
import { createKafka } from '../events/transport/kafka.js';
import { topicSettingsOf } from '../events/transport/topics.js';
import type { Config } from '../platform/config.js';
import type { Logger } from '../platform/log.js';

/** A handler a topic: puts the fact and its inbox row into effect at once; false when it was in effect already. */
export type Handlers = { readonly [T in Topic]?: (fact: Extract<ReceivedFact, { topic: T }>) => Promise<boolean> };

/**
 * Runs a service's consumer group over its handlers. Without a broker in the configuration it consumes nothing and its
 * probe says so; the service goes on with what it knows.
 */
export function consume(options: {
  readonly config: Config;
  readonly log: Logger;
  readonly groupId: string;
  readonly deadLetterTopic: DeadLetterTopic;
  readonly handlers: Handlers;
}): RunningGroup {
  const { config, log, groupId, deadLetterTopic, handlers } = options;
  if (config.KAFKA_BROKERS.length === 0) {
    log.warn('KAFKA_BROKERS is empty: no events are consumed');
    return {
      probe: () => Promise.reject(new Error('KAFKA_BROKERS is empty')),
      pause: () => undefined,
      resume: () => undefined,
      stop: () => Promise.resolve(),
    };
  }
  return startConsumer({
    kafka: createKafka(config, groupId, log),
    topicSettings: topicSettingsOf(config),
    groupId,
    topics: Object.keys(handlers) as Topic[],
    deadLetterTopic,
    log,
    handle: (fact) => {
      // The handler of a fact's own topic takes facts of that topic: the table's type says so, an index cannot.
      const handler = handlers[fact.topic] as ((fact: ReceivedFact) => Promise<boolean>) | undefined;
      return handler ? handler(fact) : Promise.resolve(false);
    },
    isOutage: isDatabaseAway,
    onFatal: (error) => {
      log.fatal(
        { err: error },
        'The Kafka consumer has stopped and cannot start again; the process ends to be started anew',
      );
      process.exit(1);
    },
  });
}
