import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cached, cacheEntry } from './cache.mjs';
import { PartError } from './child.mjs';
import { download } from './download.mjs';
import { findPart, isExecutable, onPath } from './find.mjs';
import { sayOnStderr, withProgress } from './progress.mjs';
import { runTool } from './tool.mjs';
import { versions } from './versions.mjs';

const { version, server, download: releases, sha256, go, cliext } = versions.temporalCli;
const ENTRY = `temporal-cli-${version}-${process.platform}-${process.arch}`;
const PROGRAM = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

/**
 * The Temporal CLI, which holds the development server: TEMPORAL_CLI, PATH, cache, the vendor's release, or built from
 * Go modules. Safe to call at once from several processes.
 * @param {{ env?: NodeJS.ProcessEnv, say?: (line: string) => void }} [options]
 * @returns {Promise<string>} path of the executable
 * @throws PartError
 */
export async function findTemporalCli({ env = process.env, say = sayOnStderr } = {}) {
  const fromCache = () => {
    const dir = cached(ENTRY, env);
    return dir && path.join(dir, PROGRAM);
  };
  const into = async (/** @type {(dir: string) => Promise<void>} */ fill) =>
    path.join(await cacheEntry(ENTRY, fill, say, env), PROGRAM);
  return findPart(
    'Temporal CLI',
    [
      { from: 'TEMPORAL_CLI', get: () => named(env) },
      { from: 'PATH', get: () => acceptable(onPath('temporal', env), say) },
      { from: 'cache', get: fromCache },
      { from: 'the vendor', get: () => (assetName() in sha256 ? into((dir) => fetchRelease(dir, say)) : undefined) },
      { from: 'Go modules', get: () => into((dir) => build(dir, env, say)) },
    ],
    {
      otherwise:
        'Install it (https://docs.temporal.io/cli) or Go 1.21 or newer, or set TEMPORAL_ADDRESS to a server of your own.',
      say,
    },
  );
}

/** @param {NodeJS.ProcessEnv} env */
function named(env) {
  if (!env.TEMPORAL_CLI) return undefined;
  if (isExecutable(env.TEMPORAL_CLI)) return path.resolve(env.TEMPORAL_CLI);
  throw new PartError(`TEMPORAL_CLI is "${env.TEMPORAL_CLI}": that is no executable file.`);
}

/**
 * An older server lacks what the checkout is built on, a build of one's own has no version but tells its server's.
 * @param {string | undefined} program
 * @param {(line: string) => void} say
 */
async function acceptable(program, say) {
  if (!program) return undefined;
  const found = /\(Server (\d+\.\d+\.\d+)/.exec(await runTool(program, ['--version']))?.[1];
  if (found && isAtLeast(found, server)) return program;
  say(`${program} holds server ${found ?? 'of unknown version'}, at least ${server} is needed: not used`);
  return undefined;
}

/** @param {string} version @param {string} wanted of the same major version */
function isAtLeast(version, wanted) {
  const [a, b] = [version, wanted].map((v) => v.split('.').map(Number));
  const at = a?.findIndex((n, i) => n !== b?.[i]) ?? -1;
  return at === -1 || (at > 0 && Number(a?.[at]) > Number(b?.[at]));
}

const assetName = () =>
  `temporal_cli_${version}_${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}.tar.gz`;

/** @param {string} dir @param {(line: string) => void} say */
async function fetchRelease(dir, say) {
  const archive = path.join(dir, assetName());
  const hex = /** @type {string} */ (sha256[assetName()]);
  await withProgress(say, `Downloading the Temporal CLI ${version}`, 'half a minute', async () => {
    await download(releases + assetName(), archive, { algorithm: 'sha256', hex });
    await runTool('tar', ['-xzf', archive, '-C', dir, PROGRAM]);
  });
  rmSync(archive);
}

/**
 * `go install …@version` refuses a module whose go.mod has a replace directive, as the CLI's has: so a module of our
 * own names it as a tool and repeats the directive.
 * @param {string} dir @param {NodeJS.ProcessEnv} env @param {(line: string) => void} say
 */
async function build(dir, env, say) {
  const tool = onPath('go', env);
  if (!tool) throw new Error('there is no "go" on PATH');
  const source = path.join(dir, 'source');
  const module = 'github.com/temporalio/cli';
  const run = (/** @type {string[]} */ ...args) =>
    runTool(tool, args, { cwd: source, env: { ...env, GOFLAGS: '', GOWORK: 'off' } });
  mkdirSync(source);
  await withProgress(
    say,
    `Building the Temporal CLI ${version} from Go modules`,
    '6 minutes on two cores',
    async () => {
      await run('mod', 'init', 'tools');
      await run('mod', 'edit', `-go=${go}`, `-replace=${module}/cliext=${module}/cliext@${cliext}`);
      await run('get', '-tool', `${module}/cmd/temporal@v${version}`);
      const stamp = `-X ${module}/internal/temporalcli.Version=${version}`;
      await run('build', `-ldflags=-s -w ${stamp}`, '-o', path.join(dir, PROGRAM), `${module}/cmd/temporal`);
    },
  );
  rmSync(source, { recursive: true });
}
