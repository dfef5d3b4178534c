import type { Database } from '../../domain/database.js';
import { deadLetterTopics } from '../../events/index.js';
import { startCollector } from '../../events/transport/collector.js';
import type { createKafka } from '../../events/transport/kafka.js';
import { showLag } from '../../events/transport/lag.js';
import { createPublisher } from '../../events/transport/publisher.js';
import type { TopicSettings } from '../../events/transport/topics.js';
import { unsettledLetters } from '../../operations/dead-letters/backlog.js';
import { keepDeadLetter } from '../../operations/dead-letters/keep.js';
import type { Logger } from '../../platform/log.js';
import type { Metrics } from '../../platform/metrics.js';
import type { Running } from '../../platform/process.js';
import { createRedrive } from './redrive.js';
import { repeat } from './repeat.js';

const GROUP = 'dead-letters';

/** Collects dead letters into the database, and sends back those that an operator has asked for. */
export function startDeadLetters({
  db,
  kafka,
  topicSettings,
  metrics,
  log,
}: {
  readonly db: Database;
  readonly kafka: ReturnType<typeof createKafka>;
  readonly topicSettings: TopicSettings;
  readonly metrics: Metrics;
  readonly log: Logger;
}): readonly Running[] {
  const collector = startCollector({
    kafka,
    topicSettings,
    groupId: GROUP,
    topics: deadLetterTopics,
    log,
    keep: (letter) => keepDeadLetter(db, letter),
    onFatal: (error) => {
      log.fatal({ err: error }, 'Dead letters cannot be collected any more; the process ends to be started anew');
      process.exit(1);
    },
  });
  showLag(kafka, GROUP, deadLetterTopics, metrics);
  // Not the relay's: a letter that Kafka refuses must not hold up the facts.
  const publisher = createPublisher(kafka, log);
  const { runOnce } = createRedrive({ db, publisher, log });
  return [
    { name: 'collector of dead letters', stop: () => collector.stop() },
    { name: 'redrive connection', stop: () => publisher.close() },
    repeat({ name: 'redrive', runOnce, idleMs: 500, log }),
  ];
}

/** The gauge `dead_letters`: those that are neither back on their topic nor discarded, by topic and state. */
export function deadLetterMetrics(metrics: Metrics, db: Database): void {
  metrics.gauges(
    'dead_letters',
    'Dead letters that stand in front of a person or are on their way back, by topic and state',
    ['topic', 'state'],
    async () =>
      (await unsettledLetters(db)).map(({ topic, state, count }) => ({ labels: { topic, state }, value: count })),
  );
}
