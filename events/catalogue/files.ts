import { createHash } from 'node:crypto';
import { asyncapi } from './asyncapi.js';
import type { Promised } from './compatibility.js';
import { type FactDefinition, type JsonSchema, publishedSchema, versionOf } from './definition.js';
import { facts } from './facts.js';
import { sampleRecord } from './sample-record.js';

/** The AsyncAPI document among the files of a release. */
const ASYNCAPI_FILE = 'asyncapi.json';
/** A record of each fact, as a broker would hand it out. */
export const RECORDS_FILE = 'records.json';

/** The catalogue of this code as its release keeps it: name of each file and its text. */
export function catalogueFiles(): ReadonlyMap<string, string> {
  const all: readonly FactDefinition[] = Object.values(facts);
  return new Map([
    [ASYNCAPI_FILE, textOf(asyncapi())],
    [RECORDS_FILE, textOf(all.map(sampleRecord))],
    ...all.map((fact) => [`${fact.topic}.json`, textOf(publishedSchema(fact))] as const),
  ]);
}

const textOf = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** What pins a release: its files by name and content, in the order of their names. */
export function sealOf(files: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const name of [...files.keys()].sort()) hash.update(`${name}\0${files.get(name)}\0`);
  return hash.digest('hex');
}

/** What a release has promised, from its files. */
export function promisedIn(version: string, files: ReadonlyMap<string, string>): Promised {
  const { components } = JSON.parse(files.get(ASYNCAPI_FILE) ?? '{}') as ReturnType<typeof asyncapi>;
  const schemas = [...files].filter(([name]) => name !== ASYNCAPI_FILE && name !== RECORDS_FILE);
  return {
    version,
    facts: Object.fromEntries(
      schemas.map(([name, text]) => {
        const topic = name.replace(/\.json$/, '');
        const schema = JSON.parse(text) as JsonSchema;
        const headers: JsonSchema = components.messages[topic]?.headers ?? {};
        return [topic, { version: versionOf(schema.$id ?? '', topic) ?? Number.NaN, schema, headers }];
      }),
    ),
  };
}
