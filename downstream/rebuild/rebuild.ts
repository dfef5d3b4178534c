import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { openDatabase } from '../../domain/database.js';
import type { Topic } from '../../events/catalogue/topics.js';
import type { ReceivedFact } from '../../events/envelope.js';
import { createKafka, type KafkaConnection } from '../../events/transport/kafka.js';
import { ensureTopics, topicSettingsOf } from '../../events/transport/topics.js';
import type { Config } from '../../platform/config.js';
import type { Logger } from '../../platform/log.js';
import { besideOf, type ReadModel } from './read-model.js';
import { LANES, type Replay, startReplay } from './replay.js';
import {
  changePlaces,
  compare,
  createBeside,
  type Difference,
  dropBeside,
  holdWrites,
  missingFacts,
  prepareBeside,
} from './tables.js';

/** First half of the advisory lock's key, so that it meets no one else's. */
const LOCK_SPACE = 0x7265_6275;
const ATTEMPTS = 10;
const PROGRESS_EVERY_MS = 2_000;
/** A statement of the service that takes longer than this is let go first. */
const LOCK_TIMEOUT = '5s';
/** Less than the service's consumer may be silent before its group takes it for dead. */
const HELD_AT_MOST_MS = 10_000;
/** lock_timeout and deadlock_detected: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const IN_THE_WAY = ['55P03', '40P01'];

/** The read model was left as it was; the message says why. */
export class RebuildRefused extends Error {
  override readonly name = 'RebuildRefused';
}

export interface Rebuilt {
  readonly records: number;
  readonly refused: number;
  /** how long the service's writes waited */
  readonly heldMs: number;
  /** where the old rows were not what the facts say */
  readonly differences: readonly Difference[];
}

interface RebuildOptions {
  readonly config: Pick<Config, 'DATABASE_URL'> & KafkaConnection & Parameters<typeof topicSettingsOf>[0];
  readonly model: ReadModel;
  readonly log: Logger;
  /** one line for a person */
  readonly say: (line: string) => void;
}

/**
 * Builds a service's read model anew out of all facts while the service goes on: in tables beside the live ones, from the
 * first record on, and when these have heard all that the service has heard they take their place in one transaction. Until
 * then nothing is changed, so it may be killed at any time. What people decided stays.
 * @throws RebuildRefused when another one is under way, or when facts the service has heard cannot be heard again
 */
export async function rebuild({ config, model, log, say }: RebuildOptions): Promise<Rebuilt> {
  if (config.KAFKA_BROKERS.length === 0)
    throw new RebuildRefused('KAFKA_BROKERS is empty: there are no facts to build from.');
  const session = new pg.Client({ connectionString: config.DATABASE_URL, application_name: 'holdfast-rebuild' });
  session.on('error', () => undefined); // the statement that needs the connection fails and says so
  await session.connect();
  try {
    // Held by the session: it ends with this process, however that ends.
    const { rows } = await session.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1, hashtext($2)) AS got', [
      LOCK_SPACE,
      model.schema,
    ]);
    if (!rows[0]?.got)
      throw new RebuildRefused(`Another rebuild of ${model.service} is under way: wait until it has ended.`);
    await createBeside(session, model);
    try {
      return await replayInto(session, { config, model, log, say });
    } finally {
      await dropBeside(session, model);
    }
  } finally {
    await session.end();
  }
}

async function replayInto(session: pg.Client, { config, model, log, say }: RebuildOptions): Promise<Rebuilt> {
  const groupId = `${model.groupId}-rebuild-${Date.now()}`;
  const kafka = createKafka(config, groupId, log);
  await ensureTopics(kafka, topicSettingsOf(config), log);
  const db = openDatabase({
    isPatient: true,
    url: config.DATABASE_URL,
    poolSize: LANES,
    application: 'holdfast-rebuild',
    role: model.role,
  });
  const handlers = model.handlers(db, log, besideOf(model));
  const began = Date.now();
  const replay = await startReplay({
    kafka,
    groupId,
    topics: Object.keys(handlers) as Topic[],
    // The handler of a fact's own topic takes facts of that topic: the table's type says so, an index cannot.
    handle: async (fact) => (handlers[fact.topic] as ((fact: ReceivedFact) => Promise<boolean>) | undefined)?.(fact),
    log,
  });
  const progress = (): void => {
    const perSecond = Math.round(replay.records / ((Date.now() - began) / 1000));
    say(`${model.service}: ${replay.records} records, ${perSecond} records/s`);
  };
  const saying = setInterval(progress, PROGRESS_EVERY_MS);
  try {
    for (let attempt = 1; ; attempt += 1) {
      await replay.caughtUp();
      await prepareBeside(session, model);
      const changed = await tryToChangePlaces(session, model, replay);
      if (changed) {
        progress();
        return { records: replay.records, refused: replay.refused, ...changed };
      }
      if (attempt === ATTEMPTS)
        throw new RebuildRefused(
          `Long statements on ${model.schema}, or a broker that does not answer, stood in the way ${ATTEMPTS} times. Nothing was changed.`,
        );
      say(`${model.service}: a long statement or the broker is in the way of the new tables; it is tried again`);
      await delay(1_000);
    }
  } finally {
    clearInterval(saying);
    await replay.stop();
    await db.$disconnect();
  }
}

/**
 * One transaction. The service's writes wait from its first statement on, so what it has heard by then is all there is to
 * catch up with, however busy the topics are. @returns undefined when something was in the way, and nothing is changed
 */
async function tryToChangePlaces(
  session: pg.Client,
  model: ReadModel,
  replay: Replay,
): Promise<Pick<Rebuilt, 'heldMs' | 'differences'> | undefined> {
  await session.query(`BEGIN; SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
  try {
    await holdWrites(session, model);
    const heldAt = Date.now();
    const isCaughtUp = await Promise.race([
      replay.caughtUp().then(() => true),
      delay(HELD_AT_MOST_MS, false, { ref: false }), // a broker that is away must not hold the service
    ]);
    if (!isCaughtUp) {
      await session.query('ROLLBACK');
      return undefined;
    }
    await replay.hold();
    const missing = await missingFacts(session, model);
    if (missing > 0)
      throw new RebuildRefused(
        `${missing} facts that the service has heard are no longer on the topics or cannot be put into effect. Nothing was changed.`,
      );
    const differences = await compare(session, model);
    await changePlaces(session, model);
    await session.query('COMMIT');
    return { heldMs: Date.now() - heldAt, differences };
  } catch (error) {
    await session.query('ROLLBACK');
    if (!(error instanceof pg.DatabaseError) || !IN_THE_WAY.includes(error.code ?? '')) throw error;
    replay.goOn();
    return undefined;
  }
}
