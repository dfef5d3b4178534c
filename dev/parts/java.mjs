import path from 'node:path';
import { findPart, isExecutable, onPath } from './find.mjs';
import { sayOnStderr } from './progress.mjs';
import { runTool } from './tool.mjs';
import { versions } from './versions.mjs';

const PROGRAM = process.platform === 'win32' ? 'java.exe' : 'java';

/**
 * A Java runtime that is new enough for every part: JAVA_HOME, PATH, or where macOS keeps it.
 * @param {{ env?: NodeJS.ProcessEnv, say?: (line: string) => void }} [options]
 * @returns {Promise<{ java: string }>} path of the executable
 * @throws PartError
 */
export async function findJava({ env = process.env, say = sayOnStderr } = {}) {
  return findPart(
    'Java runtime',
    [
      { from: 'JAVA_HOME', get: () => acceptable(env.JAVA_HOME && path.join(env.JAVA_HOME, 'bin', PROGRAM)) },
      { from: 'PATH', get: () => acceptable(onPath('java', env)) },
      { from: '/usr/libexec/java_home', get: () => acceptable(macOsJava()) },
    ],
    { otherwise: `Install Java ${versions.kafka.java} or newer, or set JAVA_HOME.`, say },
  );
}

/** @param {string | undefined | Promise<string | undefined>} candidate */
async function acceptable(candidate) {
  const java = await candidate;
  if (!java) return undefined;
  if (!isExecutable(java)) throw new Error(`${java} is no executable file`);
  const major = Number(/^\s*java\.specification\.version = (\d+)$/m.exec(await properties(java))?.[1]);
  if (major >= versions.kafka.java) return { java };
  throw new Error(`${java} is Java ${major || 'of unknown version'}, ${versions.kafka.java} or newer is needed`);
}

/** It prints them to stderr. @param {string} java */
const properties = (java) => runTool(java, ['-XshowSettings:properties', '-version'], { stderrToo: true });

/** macOS's own /usr/bin/java is a stand-in that opens a dialogue; this tells where the real one is. */
async function macOsJava() {
  if (process.platform !== 'darwin') return undefined;
  return path.join((await runTool('/usr/libexec/java_home', [])).trim(), 'bin', PROGRAM);
}
