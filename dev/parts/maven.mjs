import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { onPath } from './find.mjs';
import { runTool } from './tool.mjs';

/**
 * Copies artifacts with all they need at run time from Maven Central to `<dir>/lib`.
 * @param {string} dir
 * @param {readonly string[]} artifacts group:artifact:version
 * @param {NodeJS.ProcessEnv} env
 */
export async function copyJars(dir, artifacts, env) {
  const maven = onPath('mvn', env);
  if (!maven) throw new Error('there is no "mvn" on PATH');
  const pom = path.join(dir, 'pom.xml');
  const dependencies = artifacts.map((artifact) => {
    const [group, name, version] = artifact.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
  });
  writeFileSync(
    pom,
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${dependencies.join('\n')}</dependencies></project>\n`,
  );
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
  const output = `-DoutputDirectory=${path.join(dir, 'lib')}`;
  await runTool(maven, ['-q', '-B', '-f', pom, goal, '-DincludeScope=runtime', output], { env });
  rmSync(pom);
}
