import { isDeepStrictEqual } from 'node:util';

/** Prints steps as they happen and remembers whether one differed. */
export class Report {
  failed = 0;
  passed = 0;

  /** @param {string} title */
  section(title) {
    process.stdout.write(`\n${title}\n`);
  }

  /**
   * @param {string} step @param {unknown} expected @param {unknown} seen
   * @returns {boolean} whether they are the same
   */
  step(step, expected, seen) {
    const same = isDeepStrictEqual(seen, expected);
    if (same) this.passed += 1;
    else this.failed += 1;
    const show = (/** @type {unknown} */ value) => (typeof value === 'string' ? value : JSON.stringify(value));
    process.stdout.write(
      `  ${same ? 'ok  ' : 'FAIL'} ${step}\n       expected ${show(expected)}\n       seen     ${show(seen)}\n`,
    );
    return same;
  }
}

/**
 * Looks until what is seen equals what is expected or time is up, then says what was seen last.
 * @template T
 * @param {() => Promise<T>} look @param {unknown} expected @param {number} [withinMs]
 * @returns {Promise<T>}
 */
export async function until(look, expected, withinMs = 20_000) {
  const end = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (isDeepStrictEqual(seen, expected) || Date.now() > end) return seen;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
