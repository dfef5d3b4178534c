import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { root } from '../paths.mjs';
import { behaviour, breaking } from './mutant.mjs';
import { applyPatch } from './patch.mjs';
import { inPool } from './pool.mjs';
import { replayMutant } from './replay-mutant.mjs';
import { runTestsIn } from './run-tests-in.mjs';
import { copyTree } from './tree.mjs';

/** Suites of the workflows' behaviour, the quick one first; what is not there is left out. */
const SUITES = ['test/workflow', 'test/saga'];

const AT_ONCE = Math.min(availableParallelism(), 2);

/**
 * @typedef {object} Tried
 * @property {import('./mutant.mjs').Mutant} mutant
 * @property {'breaks determinism' | 'behaviour only'} kind
 * @property {string | null} history the first that it would not have written
 * @property {string | null | undefined} test the first that failed; null when none did; undefined when none was run
 */

/**
 * Tries each change: on every recorded history first, and what replays on the tests of behaviour.
 * @param {object} options
 * @param {NodeJS.ProcessEnv} options.env where the tests find their parts
 * @param {string} options.named only changes whose name has it
 * @param {boolean} options.replayOnly whether the tests of behaviour, which take minutes, are left out
 * @param {(line: string) => void} options.say
 * @returns {Promise<Tried[]>}
 */
export async function tryMutants({ env, named, replayOnly, say }) {
  const all = [
    ...breaking.map((mutant) => ({ mutant, kind: /** @type {const} */ ('breaks determinism') })),
    ...behaviour.map((mutant) => ({ mutant, kind: /** @type {const} */ ('behaviour only') })),
  ].filter(({ mutant }) => mutant.name.includes(named));
  /** @type {Tried[]} */
  const replayed = await inPool(all, AT_ONCE, async ({ mutant, kind }) => {
    const refused = await replayMutant(mutant);
    say(`${mutant.name}: ${refused ? `${refused.name} does not replay` : 'replays'}`);
    return { mutant, kind, history: refused?.name ?? null, test: undefined };
  });
  if (replayOnly) return replayed;
  const suites = SUITES.filter((suite) => existsSync(path.join(root, suite)));
  const unnoticed = replayed.filter(({ history }) => history === null);
  await inPool(unnoticed, AT_ONCE, async (tried) => {
    const { suite } = tried.mutant;
    tried.test = await firstFailing(tried.mutant, suite ? [suite, ...suites] : suites, env);
    say(`${tried.mutant.name}: ${tried.test ?? 'survives'}`);
  });
  return replayed;
}

/** @param {import('./mutant.mjs').Mutant} mutant @param {readonly string[]} suites @param {NodeJS.ProcessEnv} env */
async function firstFailing(mutant, suites, env) {
  const { dir, remove } = copyTree();
  try {
    applyPatch(dir, mutant);
    for (const suite of suites) {
      // These suites hear of no broker, and one takes seconds to start.
      const { failed } = await runTestsIn(dir, [suite], { env: { ...env, KAFKA_HOME: path.join(dir, 'no-kafka') } });
      if (failed[0] !== undefined) return failed[0];
    }
    return null;
  } finally {
    remove();
  }
}
