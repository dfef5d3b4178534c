import type { Database } from '../../domain/database.js';
import { deadLetterTopics } from '../../events/index.js';

export interface LetterCount {
  readonly topic: string;
  readonly state: 'OPEN' | 'REDRIVING';
  readonly count: number;
}

/** How many dead letters stand in front of a person and how many are on their way back, with every zero. */
export async function unsettledLetters(db: Database): Promise<LetterCount[]> {
  const rows = await db.$queryRaw<LetterCount[]>`
    SELECT letter_topic AS topic, state::text, count(*)::int FROM dead_letter
     WHERE state IN ('OPEN', 'REDRIVING') GROUP BY letter_topic, state`;
  return deadLetterTopics.flatMap((topic) =>
    (['OPEN', 'REDRIVING'] as const).map((state) => ({
      topic,
      state,
      count: rows.find((row) => row.topic === topic && row.state === state)?.count ?? 0,
    })),
  );
}
