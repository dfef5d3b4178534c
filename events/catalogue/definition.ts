import type { TObject } from 'typebox';
import type { Topic } from './topics.js';

/** JSON Schema, as far as it is looked into. */
export interface JsonSchema {
  readonly $id?: string;
  readonly description?: string;
  readonly type?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly examples?: readonly unknown[];
}

/** The services that tell and hear facts. */
export type Service = 'order' | 'payment' | 'products' | 'orders';

/** One kind of fact: what it means, who tells it, who hears it, and what its record's value is. */
export interface FactDefinition {
  readonly topic: Topic;
  /** Major version of the schema: it rises with what a reader of the version before could not read, and not before. */
  readonly version: number;
  readonly title: string;
  /** when it is told, in a sentence or two */
  readonly told: string;
  /** whose logic makes it true */
  readonly toldBy: Service;
  readonly heardBy: readonly Service[];
  /** what the record's key is, and what `ce_sequence` counts */
  readonly key: 'orderId' | 'productId';
  /** the value, with examples; the first is the one that is kept as a record with each release */
  readonly schema: TObject;
  /** place of the first example in its key's story */
  readonly sequence: number;
}

/** Where a schema lies on the checkout API. */
export const schemaPath = ({ topic, version }: Pick<FactDefinition, 'topic' | 'version'>): string =>
  `/schemas/${topic}/${version}.json`;

/** A schema's name, as `ce_dataschema` and `$id` carry it. A URI, so that it is stable, whoever runs the platform. */
export const schemaUri = (fact: Pick<FactDefinition, 'topic' | 'version'>): string =>
  `https://holdfast.dev${schemaPath(fact)}`;

/** The schema of a fact's value as the world gets it. */
export const publishedSchema = (fact: FactDefinition) => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: schemaUri(fact),
  title: fact.title,
  description: fact.told,
  ...fact.schema,
});

/** The version that a schema's name says. @returns null when it names no schema of this topic */
export function versionOf(uri: string, topic: string): number | null {
  const [, named, version] = /\/schemas\/([a-z.]+)\/([1-9]\d*)\.json$/.exec(uri) ?? [];
  return named === topic ? Number(version) : null;
}
