import { readdirSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cached, cacheEntry } from './cache.mjs';
import { PartError } from './child.mjs';
import { download, downloadText } from './download.mjs';
import { findPart, onPath } from './find.mjs';
import { copyJars } from './maven.mjs';
import { sayOnStderr, withProgress } from './progress.mjs';
import { runTool } from './tool.mjs';
import { versions } from './versions.mjs';

const { version, scala, download: release, slf4jSimple } = versions.kafka;
const ENTRY = `kafka_${scala}-${version}`;

/**
 * Apache Kafka's jars: KAFKA_HOME (an installation, or a directory of jars), an installation on PATH, cache, the
 * vendor's release, or Maven Central. Safe to call at once from several processes.
 * @param {{ env?: NodeJS.ProcessEnv, say?: (line: string) => void }} [options]
 * @returns {Promise<string>} a Java class path
 * @throws PartError
 */
export async function findKafkaJars({ env = process.env, say = sayOnStderr } = {}) {
  const into = async (/** @type {(dir: string) => Promise<void>} */ fill) =>
    classPathOf(await cacheEntry(ENTRY, fill, say, env));
  return findPart(
    'Apache Kafka',
    [
      { from: 'KAFKA_HOME', get: () => named(env) },
      { from: 'PATH', get: () => installed(env) },
      { from: 'cache', get: () => fromDirectory(cached(ENTRY, env)) },
      { from: 'the vendor', get: () => into((dir) => fetchRelease(dir, say)) },
      { from: 'Maven Central', get: () => into((dir) => fromMaven(dir, env, say)) },
    ],
    {
      otherwise: 'Install it, or Maven, or set KAFKA_HOME, or KAFKA_BROKERS to brokers of your own.',
      say,
    },
  );
}

/** @param {NodeJS.ProcessEnv} env */
function named(env) {
  if (!env.KAFKA_HOME) return undefined;
  const classPath = fromDirectory(path.resolve(env.KAFKA_HOME));
  if (classPath) return classPath;
  throw new PartError(`KAFKA_HOME is "${env.KAFKA_HOME}": it holds no kafka_*.jar of version 4.`);
}

/** The start script lies in bin/ beside libs/, or is a link to there. @param {NodeJS.ProcessEnv} env */
function installed(env) {
  const script = onPath('kafka-server-start.sh', env) ?? onPath('kafka-server-start', env);
  if (!script) return undefined;
  const home = path.dirname(path.dirname(realpathSync(script)));
  return fromDirectory(home) ?? fromDirectory(path.join(home, 'libexec'));
}

/**
 * @param {string | undefined} dir
 * @returns {string | undefined} its jars' class path when it holds a broker of the major version we configure
 */
function fromDirectory(dir) {
  if (!dir) return undefined;
  for (const place of [path.join(dir, 'libs'), path.join(dir, 'lib'), dir]) {
    const jars = listed(place);
    if (jars.some((jar) => /^kafka_[\d.]+-4\.\d+\.\d+\.jar$/.test(jar))) return path.join(place, '*');
  }
  return undefined;
}

/** @param {string} dir */
function classPathOf(dir) {
  const classPath = fromDirectory(dir);
  if (!classPath) throw new Error(`${dir} holds no Kafka: delete it and start again`);
  return classPath;
}

/** @param {string} dir */
function listed(dir) {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

/** Apache publishes a SHA-512 beside each release: "name: AB12 CD34 …" over several lines. @param {string} dir @param {(line: string) => void} say */
async function fetchRelease(dir, say) {
  const text = await downloadText(`${release}.sha512`);
  const hex = text
    .slice(text.indexOf(':') + 1)
    .replaceAll(/\s/g, '')
    .toLowerCase();
  if (!/^[0-9a-f]{128}$/.test(hex)) throw new Error(`${release}.sha512 is no checksum`);
  const archive = path.join(dir, 'kafka.tgz');
  await withProgress(say, `Downloading Apache Kafka ${version}`, 'a minute', async () => {
    await download(release, archive, { algorithm: 'sha512', hex });
    await runTool('tar', ['-xzf', archive, '-C', dir, '--strip-components=1', `${ENTRY}/libs`]);
  });
  rmSync(archive);
}

/** @param {string} dir @param {NodeJS.ProcessEnv} env @param {(line: string) => void} say */
async function fromMaven(dir, env, say) {
  const artifacts = [`org.apache.kafka:kafka_${scala}:${version}`, `org.slf4j:slf4j-simple:${slf4jSimple}`];
  await withProgress(say, `Getting Apache Kafka ${version} from Maven Central`, 'half a minute', () =>
    copyJars(dir, artifacts, env),
  );
}
