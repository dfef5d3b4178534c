/**
 * Tells of a step that takes long: at its begin, every few seconds, and at its end.
 * @template T
 * @param {(line: string) => void} say
 * @param {string} what "building the Temporal CLI"
 * @param {string} usually "6 minutes on two cores"
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withProgress(say, what, usually, work) {
  const begin = performance.now();
  const elapsed = () => `${Math.round((performance.now() - begin) / 1000)} s`;
  say(`${what} (usually ${usually})`);
  const timer = setInterval(() => say(`${what}: ${elapsed()} so far, usually ${usually}`), 10_000);
  try {
    const result = await work();
    say(`${what}: done in ${elapsed()}`);
    return result;
  } finally {
    clearInterval(timer);
  }
}

/** Progress goes to stderr, so that what a command prints can be piped. @param {string} line */
export const sayOnStderr = (line) => void process.stderr.write(`  ${line}\n`);
