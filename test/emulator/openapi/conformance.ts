import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';

/** A node of JSON Schema, as far as trim.mjs writes it. */
interface Schema {
  readonly $ref?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema;
  readonly if?: Schema;
  readonly then?: Schema;
  readonly else?: Schema;
}

interface Field {
  readonly path: string;
  readonly value: unknown;
}

interface Description {
  readonly from: { readonly module: string; readonly apiVersion: string };
  readonly definitions: Readonly<Record<string, Schema>>;
}

/** Holds answers against Stripe's own description of its objects: which fields and enum values were seen, and which are wrong. */
export class Conformance {
  /** fields as `charge.outcome.type`, enum values as `charge.status=succeeded` */
  readonly seen = new Set<string>();
  readonly wrong = new Set<string>();
  private readonly description: Description = JSON.parse(
    readFileSync(new URL('schemas.json', import.meta.url), 'utf8'),
  );
  /** References stay references: laid out flat, the compiler works for twice as long. */
  private readonly ajv = new Ajv({ allErrors: true, inlineRefs: false, strict: false });

  constructor() {
    this.ajv.addSchema({ $id: 'stripe', definitions: this.description.definitions });
  }

  get apiVersion(): string {
    return this.description.from.apiVersion;
  }

  /** @param name of Stripe's schema. @throws when Stripe has none of that name, or it is not in the copy */
  check(name: string, value: unknown): void {
    const schema = this.description.definitions[name];
    const validate = this.ajv.getSchema(`stripe#/definitions/${name}`);
    if (!schema || !validate) throw new Error(`There is no schema of ${name}: trim.mjs has the list of what is kept.`);
    this.visit(name, schema, value);
    if (validate(value) === true) return;
    for (const error of validate.errors ?? []) {
      const at = this.fieldAt(name, value, error.instancePath);
      const difference = differenceOf(at, error, validate.errors ?? []);
      if (difference) this.wrong.add(difference);
    }
  }

  /** How much of what was seen is as Stripe describes it, 0 to 1. */
  get share(): number {
    return (
      1 - this.wrong.size / (this.seen.size + [...this.wrong].filter((difference) => !this.seen.has(difference)).length)
    );
  }

  private visit(outer: string, schema: Schema | undefined, value: unknown): void {
    const path = this.named(outer, value);
    const known = schema?.$ref ? this.description.definitions[schema.$ref.replace('#/definitions/', '')] : schema;
    this.seen.add(path);
    if (known?.if) {
      this.visit(outer, isObject(value) ? known.then : known.else, value);
      return;
    }
    if (known?.enum) this.seen.add(`${path}=${String(value)}`);
    if (Array.isArray(value)) for (const item of value) this.visit(`${path}[]`, known?.items, item);
    else if (isObject(value))
      for (const [field, inner] of Object.entries(value)) {
        const isFree = known?.properties === undefined; // the keys of metadata are nobody's fields
        this.visit(isFree ? `${path}.*` : `${path}.${field}`, known?.properties?.[field], inner);
      }
  }

  /** A charge inside an intent is a charge: its fields have one name wherever it stands. */
  private named(path: string, value: unknown): string {
    const kind = isObject(value) && 'object' in value ? String(value.object) : '';
    return Object.hasOwn(this.description.definitions, kind) ? kind : path;
  }

  /** The name of the field at a JSON pointer, and its value. */
  private fieldAt(name: string, root: unknown, pointer: string): Field {
    let [path, value] = [this.named(name, root), root];
    for (const step of pointer.split('/').slice(1)) {
      path = Array.isArray(value) ? `${path}[]` : `${path}.${step}`;
      value = (value as Record<string, unknown>)[step];
      path = this.named(path, value);
    }
    return { path, value };
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An error by the name of its field; undefined for one that only repeats what is said of a field below. */
function differenceOf({ path, value }: Field, error: ErrorObject, all: readonly ErrorObject[]): string | undefined {
  if (error.keyword === 'required') return `${path}.${error.params.missingProperty} is missing`;
  if (error.keyword === 'additionalProperties') return `${path}.${error.params.additionalProperty} is unknown`;
  const isRepeated = all.some(({ instancePath }) => instancePath.startsWith(`${error.instancePath}/`));
  if (error.keyword === 'if' || isRepeated) return undefined;
  if (error.keyword === 'enum') return `${path}=${String(value)} is unknown`;
  return `${path} ${error.message ?? error.keyword}`;
}
