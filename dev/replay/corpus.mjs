import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { root } from '../paths.mjs';

const directory = path.join(root, 'test', 'replay', 'histories');

/**
 * A workflow's history as a real server wrote it.
 * @typedef {object} Recorded
 * @property {string} name version and story, such as `0.1.0/paid`
 * @property {string} workflowId
 * @property {unknown} history
 */

/** Every recorded history, by name. @returns {Recorded[]} */
export function readCorpus() {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const { workflowId, history } = JSON.parse(readFileSync(path.join(directory, file), 'utf8'));
      return { name: file.replaceAll(path.sep, '/').replace(/\.json$/, ''), workflowId, history };
    });
}

/**
 * Replays one after the other, by one worker.
 * @param {string} bundle path of the workflow code, bundled
 * @param {readonly Recorded[]} corpus
 * @returns {AsyncGenerator<{ name: string, error: string | null }, void>} why the code would not have written it
 */
export async function* replayCorpus(bundle, corpus) {
  const names = corpus.map(({ name }) => name);
  const histories = corpus.map(({ workflowId, history }) => ({ workflowId, history }));
  let at = 0;
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: { codePath: bundle } }, histories))
    yield { name: names[at++] ?? '', error: error ? error.message : null };
}

/** For whoever says what does not replay, once. Before anything is replayed. */
export function beQuiet() {
  const logger = new DefaultLogger('ERROR', () => undefined);
  Runtime.install({ logger, telemetryOptions: { logging: { filter: 'OFF' } } });
}
