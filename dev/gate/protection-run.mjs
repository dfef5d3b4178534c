import { applyPatch } from './patch.mjs';
import { protections } from './protections.mjs';
import { runTestsIn } from './run-tests-in.mjs';
import { copyTree } from './tree.mjs';

/**
 * @typedef {object} Removed
 * @property {import('./protections.mjs').Protection} protection
 * @property {boolean} passesWith whether the test passes while the protection is there
 * @property {string | null} failedWithout the one that fails without it
 */

/**
 * Takes each protection away and runs the test that must notice; before that, all of these tests with everything in place.
 * @param {object} options
 * @param {NodeJS.ProcessEnv} options.env where the tests find their parts
 * @param {string} options.named only protections whose name has it
 * @param {(line: string) => void} options.say
 * @returns {Promise<Removed[]>}
 */
export async function removeProtections({ env, named, say }) {
  const { dir, remove } = copyTree();
  /** @type {Removed[]} */
  const removed = [];
  try {
    const wanted = protections.filter(({ name }) => name.includes(named));
    const titles = wanted.map(({ title }) => title);
    const intact = await runTestsIn(dir, [...new Set(wanted.map(({ test }) => test))], { env, titles });
    say(`With every protection: ${intact.passed.length} tests pass, ${intact.failed.join(', ') || 'none'} fails`);
    for (const protection of wanted) {
      const { test, title } = protection;
      const takeBack = applyPatch(dir, protection);
      const { failed } = await runTestsIn(dir, [test], { env, titles: [title] });
      takeBack();
      const failedWithout = failed.find((name) => name.includes(title)) ?? null;
      removed.push({ protection, passesWith: intact.passed.some((name) => name.includes(title)), failedWithout });
      say(`Without: ${protection.name}: ${failedWithout ?? 'nothing'} fails`);
    }
  } finally {
    remove();
  }
  return removed;
}
