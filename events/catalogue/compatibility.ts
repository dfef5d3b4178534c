/**
 * What keeps services that are a release behind reading: the catalogue may gain topics and optional fields, and nothing
 * that it has promised changes. Records stay in their topics, so readers of today read those of every release, too.
 */
import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from './definition.js';

/** A catalogue as far as readers depend on it. */
export interface Promised {
  /** of the catalogue, as in 1.2.0 */
  readonly version: string;
  /** under each topic */
  readonly facts: Readonly<Record<string, PromisedFact>>;
}

interface PromisedFact {
  readonly version: number;
  /** of the record's value */
  readonly schema: JsonSchema;
  readonly headers: JsonSchema;
}

/** What a schema says to people; readers do not depend on it. */
const REMARKS = ['$schema', '$id', 'title', 'description', 'examples'];

/**
 * What a reader of `released` could not read of `now`, or the other way round: a sentence each that names fact and field.
 * Raising a fact's version lets it change, and is itself a break unless the catalogue's first number rises with it.
 */
export function breaksBetween(released: Promised, now: Promised): readonly string[] {
  const isNewMajor = majorOf(now) > majorOf(released);
  return Object.entries(released.facts).flatMap(([topic, before]) => {
    const after = now.facts[topic];
    if (!after)
      return isNewMajor ? [] : [`${topic}: is no longer told, and readers of ${released.version} wait for it`];
    if (after.version === before.version)
      return [
        ...compare(before.schema, after.schema, '', { fact: topic, release: released.version }),
        ...compare(before.headers, after.headers, '', { fact: `${topic}, headers`, release: released.version }),
      ];
    return isNewMajor && after.version > before.version
      ? []
      : [`${topic}: is version ${after.version}, and readers of ${released.version} read version ${before.version}`];
  });
}

const majorOf = ({ version }: Promised): number => Number(version.split('.')[0]);

interface At {
  readonly fact: string;
  readonly release: string;
}

function compare(before: JsonSchema, after: JsonSchema, field: string, at: At): string[] {
  const was: Readonly<Record<string, unknown>> = { ...before };
  const is: Readonly<Record<string, unknown>> = { ...after };
  const keywords = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const remark of REMARKS) keywords.delete(remark);
  const of = field === '' ? 'the value' : field;
  const say = (what: string): string => `${at.fact}: ${of} ${what}`;
  return [...keywords].flatMap((keyword) => {
    if (isDeepStrictEqual(was[keyword], is[keyword])) return [];
    switch (keyword) {
      case 'required':
        return compareRequired(before, after, field, at);
      case 'properties':
        return compareProperties(before, after, field, at);
      case 'items':
        return compare(before.items ?? {}, after.items ?? {}, `${field}[]`, at);
      case 'enum':
        if (before.enum && after.enum) return compareValues(before.enum, after.enum, at).map(say);
        break;
      case 'anyOf':
        if (before.anyOf?.length === after.anyOf?.length)
          return (before.anyOf ?? []).flatMap((each, i) => compare(each, after.anyOf?.[i] ?? {}, field, at));
    }
    return [say(`has another ${keyword}: ${told(is[keyword])}, and ${at.release} promised ${told(was[keyword])}`)];
  });
}

const told = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));
const within = (field: string, name: string): string => (field === '' ? name : `${field}.${name}`);

function compareRequired(before: JsonSchema, after: JsonSchema, field: string, { fact, release }: At): string[] {
  const [was, is] = [before.required ?? [], after.required ?? []];
  const isTold = (name: string): boolean => after.properties?.[name] !== undefined;
  return [
    ...was
      .filter((name) => !is.includes(name))
      .map(
        (name) =>
          `${fact}: ${within(field, name)} ${isTold(name) ? 'may be missing' : 'is gone'}, and ${release} promised it`,
      ),
    ...is
      .filter((name) => !was.includes(name))
      .map((name) => `${fact}: ${within(field, name)} is required, and records of ${release} may lack it`),
  ];
}

function compareProperties(before: JsonSchema, after: JsonSchema, field: string, at: At): string[] {
  return Object.entries(before.properties ?? {}).flatMap(([name, schema]) => {
    const now = after.properties?.[name];
    return now ? compare(schema, now, within(field, name), at) : [];
  });
}

function compareValues(was: readonly unknown[], is: readonly unknown[], { release }: At): string[] {
  return [
    ...is
      .filter((value) => !was.includes(value))
      .map((value) => `may be ${value}, which readers of ${release} do not know`),
    ...was.filter((value) => !is.includes(value)).map((value) => `is never ${value}, and records of ${release} may be`),
  ];
}
