import type { Database } from '../../domain/database.js';
import { redriven } from '../../events/dead-letters.js';
import { isRefusal } from '../../events/transport/kafka.js';
import type { EventPublisher } from '../../events/transport/publisher.js';
import { markRedriven, nextToRedrive, type Redrive, reopenDeadLetter } from '../../operations/dead-letters/redrive.js';
import type { Logger } from '../../platform/log.js';

/** A batch is small: each record may be as large as Kafka takes. */
const AT_ONCE = 50;

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
