import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeAtomically } from '../machine/files.mjs';
import { withProgress } from '../parts/progress.mjs';
import { runTool } from '../parts/tool.mjs';
import { root } from '../paths.mjs';
import { fingerprint, inputFiles } from './fingerprint.mjs';

/** @typedef {(line: string) => void} Say */

const inRoot = (/** @type {string[]} */ ...names) => path.join(root, ...names);
const node = (/** @type {string[]} */ ...args) => runTool(process.execPath, args, { cwd: root });

/**
 * Whether what npm wrote down at its last install is what the lockfile asks for. Packages for other platforms may be
 * missing. An install that was interrupted has written nothing down.
 * @param {string} [dir]
 */
export function dependenciesAreInstalled(dir = root) {
  const read = (/** @type {string} */ file) => {
    try {
      /** @type {Record<string, { version?: string, optional?: boolean }>} */
      return JSON.parse(readFileSync(path.join(dir, file), 'utf8')).packages;
    } catch {
      return undefined;
    }
  };
  const [wanted, installed] = [read('package-lock.json'), read('node_modules/.package-lock.json')];
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(
    ([place, { version, optional }]) =>
      place === '' || installed[place]?.version === version || (optional && !installed[place]),
  );
}

/** `npm ci` when the packages are missing or not those of the lockfile. @param {Say} say */
export async function installDependencies(say) {
  if (dependenciesAreInstalled()) return;
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  await withProgress(say, 'Installing packages (npm ci)', 'a minute', () =>
    runTool(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root }),
  );
}

/** `prisma generate` when the schema has changed since. @param {Say} say */
export async function generateClient(say) {
  const inputs = fingerprint(inputFiles(['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json']));
  const stamp = inRoot('prisma', 'generated', '.stamp');
  if (readStamp(stamp)?.inputs === inputs) return;
  await withProgress(say, 'Generating the Prisma client', '3 s', () => node(prismaCli, 'generate'));
  writeAtomically(stamp, JSON.stringify({ inputs }));
}

/** Path of Prisma's command line. */
export const prismaCli = inRoot('node_modules', 'prisma', 'build', 'index.js');

/** Compiles to dist/ and bundles the workflow code, when a source has changed since. @param {Say} say */
export async function build(say) {
  const { include } = JSON.parse(readFileSync(inRoot('tsconfig.build.json'), 'utf8'));
  const rooms = include.map((/** @type {string} */ pattern) => pattern.replace(/\/\*\.ts$/, ''));
  const sources = inputFiles(rooms, (file) => file.endsWith('.ts'));
  const inputs = fingerprint([...sources, 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']);
  const stamp = inRoot('dist', '.stamp');
  const before = readStamp(stamp);
  if (before?.inputs === inputs) return;
  rmSync(stamp, { force: true });
  for (const gone of (before?.sources ?? []).filter((/** @type {string} */ file) => !sources.includes(file)))
    for (const ending of ['.js', '.js.map']) rmSync(inRoot('dist', gone.replace(/\.ts$/, ending)), { force: true });
  await withProgress(say, 'Compiling', '5 s', async () => {
    await node(inRoot('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json');
    const bundle = inRoot('dist', 'workers', 'bundle.js');
    if (existsSync(bundle)) await node(bundle);
  });
  writeAtomically(stamp, JSON.stringify({ inputs, sources }));
}

/** @param {string} file @returns {{ inputs: string, sources?: string[] } | undefined} */
function readStamp(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
