import { isDatabaseAway } from '../../domain/outage.js';
import { type OnUnreadable, ProviderUnavailable } from '../../domain/payments/provider.js';

/** As many as the provider lists on a page: https://docs.stripe.com/api/pagination */
const BATCH = 100;

export interface Failed {
  readonly id: string;
  readonly error: unknown;
}

/** Where these are away every item would fail: the run ends, and is tried again. */
const isAway = (error: unknown): boolean => isDatabaseAway(error) || error instanceof ProviderUnavailable;

/**
 * Takes every item of a list, with what is known of it. Rows are read for a batch at once; where they cannot be, for each of
 * its items, so that an item fails alone.
 * @returns the items that could not be read or taken
 * @throws what ends the whole run: the database or the provider is away
 */
export async function takeEach<T extends { readonly id: string }, Known>(
  list: (onUnreadable: OnUnreadable) => AsyncIterable<T>,
  knownOf: (items: readonly T[]) => Promise<Known>,
  take: (item: T, known: Known) => Promise<void>,
): Promise<Failed[]> {
  const failed: Failed[] = [];
  const items = list((id, error) => failed.push({ id, error }));
  for await (const batch of inBatches(items)) {
    const known = await knownOf(batch).catch((error: unknown) => {
      if (isAway(error)) throw error;
      return undefined;
    });
    for (const item of batch)
      try {
        await take(item, known ?? (await knownOf([item])));
      } catch (error) {
        if (isAway(error)) throw error;
        failed.push({ id: item.id, error });
      }
  }
  return failed;
}

/** A list that breaks off has given what came before: that is taken first. */
async function* inBatches<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  try {
    for await (const item of items) {
      batch.push(item);
      if (batch.length < BATCH) continue;
      const full = batch;
      batch = [];
      yield full;
    }
  } catch (error) {
    if (batch.length > 0) yield batch;
    throw error;
  }
  if (batch.length > 0) yield batch;
}
