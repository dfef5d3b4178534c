import path from 'node:path';
import { runInForeground } from './machine/foreground.mjs';
import { findChromium, findJava, findKafkaJars, findTemporalCli, findTestServer, PartError } from './parts/index.mjs';
import { sayOnStderr } from './parts/progress.mjs';
import { root } from './paths.mjs';
import { setUp } from './setup/index.mjs';

/**
 * @param {readonly string[]} args for vitest
 * @returns {Promise<number>} vitest's exit code
 */
export async function runTests(args) {
  await setUp();
  const env = { ...process.env, ...(await partsEnvironment()) };
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
  return runInForeground(process.execPath, [vitest, 'run', ...args], { cwd: root, env });
}

/**
 * Found once here, so that no test waits for a download. Where Kafka or a browser cannot be had, their tests say so
 * themselves.
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
export async function partsEnvironment() {
  const [cli, testServer] = [await findTemporalCli(), await findTestServer()];
  /** @type {NodeJS.ProcessEnv} */
  const env = { TEMPORAL_CLI: cli, TEMPORAL_TEST_SERVER: testServer };
  try {
    const { java } = await findJava();
    env.KAFKA_HOME = path.dirname(await findKafkaJars());
    if (!process.env.JAVA_HOME && path.isAbsolute(java)) env.JAVA_HOME = path.dirname(path.dirname(java));
  } catch (error) {
    if (!(error instanceof PartError)) throw error;
    sayOnStderr(`Tests that need Kafka cannot pass here. ${error.message}`);
  }
  try {
    env.CHROMIUM = await findChromium();
  } catch (error) {
    if (!(error instanceof PartError)) throw error;
    sayOnStderr(`Tests that need a browser do not run here. ${error.message}`);
  }
  return env;
}
