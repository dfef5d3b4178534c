import path from 'node:path';
import { cacheEntry } from '../parts/cache.mjs';
import { onPath } from '../parts/find.mjs';
import { runTool } from '../parts/tool.mjs';

const VERSION = '4.32.5';
const OLDEST = 10;

/**
 * Schemathesis at the pinned version, installed in the cache directory beside the other parts.
 * @param {(line: string) => void} say
 * @returns {Promise<{ python: string, packages: string } | { missing: string }>} `missing` is one sentence
 */
export async function findSchemathesis(say) {
  const python = onPath('python3', process.env) ?? onPath('python', process.env);
  if (!python) return { missing: `Python 3.${OLDEST} or newer is not on PATH.` };
  const minor = await minorOf(python);
  if (minor === undefined || minor < OLDEST)
    return { missing: `${python} is not Python 3.${OLDEST} or newer with pip.` };
  try {
    const packages = await cacheEntry(
      `schemathesis-${VERSION}-python3.${minor}`,
      async (dir) => {
        say(`Installing schemathesis ${VERSION}`);
        const pip = [
          '-m',
          'pip',
          'install',
          '--quiet',
          '--disable-pip-version-check',
          '--no-compile',
          '--retries',
          '1',
        ];
        await runTool(python, [...pip, '--target', dir, `schemathesis==${VERSION}`]);
      },
      say,
    );
    return { python, packages };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n').at(-1) : String(error);
    return { missing: `Schemathesis ${VERSION} cannot be installed from the package index (${reason}).` };
  }
}

/** @param {{ python: string, packages: string }} installed */
export const environmentOf = ({ packages }) => ({
  ...process.env,
  PYTHONPATH: packages,
  PYTHONDONTWRITEBYTECODE: '1',
  PATH: `${path.join(packages, 'bin')}${path.delimiter}${process.env.PATH ?? ''}`,
});

/** @param {string} python @returns {Promise<number | undefined>} undefined where pip is missing, or it is no Python 3 */
async function minorOf(python) {
  const program = 'import pip, sys; print(sys.version_info[1] if sys.version_info[0] == 3 else 0)';
  try {
    return Number(await runTool(python, ['-c', program]));
  } catch {
    return undefined;
  }
}
