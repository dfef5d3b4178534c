import { setTimeout as delay } from 'node:timers/promises';

/**
 * Looks until what is seen is right, and fails with what was seen last. Errors count as not right yet.
 * @param look reads the present state
 * @param isRight defaults to: it is neither null, undefined nor false
 * @param everyMs the pause between two looks: longer where many wait at once, and looking would slow down what is looked at
 */
export async function eventually<T>(
  look: () => Promise<T> | T,
  isRight: (seen: T) => boolean = Boolean,
  withinMs = 15_000,
  everyMs = 25,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (let seen: unknown; ; await delay(everyMs)) {
    try {
      const now = await look();
      if (isRight(now)) return now;
      seen = now;
    } catch (error) {
      seen = error;
    }
    if (Date.now() > end)
      throw new Error(
        `It did not come to be within ${withinMs} ms. Last seen: ${seen instanceof Error ? seen.stack : JSON.stringify(seen)}`,
      );
  }
}
