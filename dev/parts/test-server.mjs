import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { filesBelow } from '../machine/files.mjs';
import { cached, cacheEntry } from './cache.mjs';
import { PartError } from './child.mjs';
import { download, downloadText } from './download.mjs';
import { findPart, isExecutable } from './find.mjs';
import { findJava } from './java.mjs';
import { copyJars } from './maven.mjs';
import { sayOnStderr, withProgress } from './progress.mjs';
import { runTool } from './tool.mjs';
import { versions } from './versions.mjs';

const { version, download: releases, release } = versions.temporalTestServer;
const ENTRY = `temporal-test-server-${version}-${process.platform}-${process.arch}`;
const PROGRAM = 'temporal-test-server';

/**
 * Temporal's test server that skips time: TEMPORAL_TEST_SERVER, cache, the vendor's release, or Maven Central with
 * Java. PATH is not asked, because the program does not tell its version. Safe to call at once from several processes.
 * @param {{ env?: NodeJS.ProcessEnv, say?: (line: string) => void }} [options]
 * @returns {Promise<string>} path of the executable, which takes the port as its one argument
 * @throws PartError
 */
export async function findTestServer({ env = process.env, say = sayOnStderr } = {}) {
  const into = async (/** @type {(dir: string) => Promise<void>} */ fill) =>
    path.join(await cacheEntry(ENTRY, fill, say, env), PROGRAM);
  return findPart(
    "Temporal's test server",
    [
      { from: 'TEMPORAL_TEST_SERVER', get: () => named(env) },
      { from: 'cache', get: () => inEntry(cached(ENTRY, env)) },
      { from: 'the vendor', get: () => into((dir) => fetchRelease(dir, say)) },
      { from: 'Maven Central', get: () => into((dir) => fromMaven(dir, env, say)) },
    ],
    {
      otherwise: 'Install Java and Maven, or set TEMPORAL_TEST_SERVER.',
      say,
    },
  );
}

/** @param {NodeJS.ProcessEnv} env */
function named(env) {
  if (!env.TEMPORAL_TEST_SERVER) return undefined;
  if (isExecutable(env.TEMPORAL_TEST_SERVER)) return path.resolve(env.TEMPORAL_TEST_SERVER);
  throw new PartError(`TEMPORAL_TEST_SERVER is "${env.TEMPORAL_TEST_SERVER}": that is no executable file.`);
}

/** @param {string | undefined} dir */
const inEntry = (dir) => dir && path.join(dir, PROGRAM);

/** The release has no checksum file; GitHub tells each asset's sum. @param {string} dir @param {(line: string) => void} say */
async function fetchRelease(dir, say) {
  const system = process.platform === 'darwin' ? 'macOS' : process.platform;
  const name = `temporal-test-server_${version}_${system}_${process.arch === 'x64' ? 'amd64' : process.arch}.tar.gz`;
  /** @type {{ assets: { name: string, digest?: string }[] }} */
  const { assets } = JSON.parse(await downloadText(release));
  const digest = assets.find((asset) => asset.name === name)?.digest;
  if (!digest?.startsWith('sha256:')) throw new Error(`no checksum is published for ${name}`);
  const archive = path.join(dir, name);
  await withProgress(say, `Downloading Temporal's test server ${version}`, 'half a minute', async () => {
    await download(releases + name, archive, { algorithm: 'sha256', hex: digest.slice('sha256:'.length) });
    await runTool('tar', ['-xzf', archive, '-C', dir]);
  });
  rmSync(archive);
  const program = filesBelow(dir).find(({ file }) => path.basename(file) === PROGRAM);
  if (!program) throw new Error(`${name} holds no ${PROGRAM}`);
  if (program.file !== PROGRAM) renameSync(path.join(dir, program.file), path.join(dir, PROGRAM));
}

/** @param {string} dir @param {NodeJS.ProcessEnv} env @param {(line: string) => void} say */
async function fromMaven(dir, env, say) {
  await findJava({ env });
  await withProgress(say, `Getting Temporal's test server ${version} from Maven Central`, 'half a minute', () =>
    copyJars(dir, [`io.temporal:temporal-test-server:${version}`], env),
  );
  const program = path.join(dir, PROGRAM);
  // It is ended by SIGKILL, so the shell must give way to Java: a shell that waits would leave Java behind.
  writeFileSync(
    program,
    `#!/bin/sh
java=java
[ -x "$JAVA_HOME/bin/java" ] && java="$JAVA_HOME/bin/java"
exec "$java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"
`,
  );
  chmodSync(program, 0o755);
}
