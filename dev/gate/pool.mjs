/**
 * Each item once, so many at a time; results in the order of the items.
 * @template T, R
 * @param {readonly T[]} items
 * @param {number} atOnce
 * @param {(item: T) => Promise<R>} act
 * @returns {Promise<R[]>}
 */
export async function inPool(items, atOnce, act) {
  /** @type {R[]} */
  const results = [];
  const waiting = items.map((item, at) => ({ item, at }));
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results[next.at] = await act(next.item);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}
