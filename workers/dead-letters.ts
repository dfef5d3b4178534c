import type { Database } from '../domain/database.js';
import { unsettledLetters } from '../domain/dead-letters/backlog.js';
import { keepDeadLetter } from '../domain/dead-letters/keep.js';
import { markRedriven, nextToRedrive, type Redrive, reopenDeadLetter } from '../domain/dead-letters/redrive.js';
import { redriven } from '../events/dead-letters.js';
import { deadLetterTopics } from '../events/index.js';
import { startCollector } from '../events/transport/collector.js';
import { type createKafka, isRefusal } from '../events/transport/kafka.js';
import { showLag } from '../events/transport/lag.js';
import { createPublisher, type EventPublisher } from '../events/transport/publisher.js';
import type { TopicSettings } from '../events/transport/topics.js';
import type { Logger } from '../platform/log.js';
import type { Metrics } from '../platform/metrics.js';
import type { Running } from '../platform/process.js';
import { repeat } from './repeat.js';

const GROUP = 'dead-letters';
/** A batch is small: each record may be as large as Kafka takes. */
const AT_ONCE = 50;

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

/**
 * Sends back the dead letters that an operator has asked for. Dying between sending and marking sends them again;
 * consumers know a fact by its id.
 */
export function createRedrive({
  db,
  publisher,
  log,
}: {
  readonly db: Database;
  readonly publisher: EventPublisher;
  readonly log: Logger;
}): { runOnce(): Promise<number> } {
  const sendBack = async (letter: Redrive): Promise<void> => {
    const { id, topic, group } = letter;
    try {
      await publisher.publish([redriven(letter)]);
    } catch (error) {
      if (!isRefusal(error, 'MESSAGE_TOO_LARGE')) throw error;
      log.error({ deadLetter: String(id) }, `ALERT: a dead letter is too large for ${topic} and stays one`);
      return reopenDeadLetter(db, id, `could not be sent back: Kafka says that it is too large for ${topic}`);
    }
    await markRedriven(db, id);
    log.info({ deadLetter: String(id), group }, `A dead letter is back on ${topic}`);
  };
  return {
    runOnce: async () => {
      const letters = await nextToRedrive(db, AT_ONCE);
      if (letters.length === 0) return 0;
      // One by one: a record that Kafka will not have holds up no other.
      for (const letter of letters) await sendBack(letter);
      return letters.length;
    },
  };
}

/** What the dead letters say of themselves when they are asked. */
export function deadLetterMetrics(metrics: Metrics, db: Database): void {
  metrics.gauges(
    'dead_letters',
    'Dead letters that stand in front of a person or are on their way back, by topic and state',
    ['topic', 'state'],
    async () =>
      (await unsettledLetters(db)).map(({ topic, state, count }) => ({ labels: { topic, state }, value: count })),
  );
}
