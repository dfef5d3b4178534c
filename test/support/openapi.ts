/** What tests read of an OpenAPI document. */
type Schema = Readonly<Record<string, unknown>>;

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly $ref?: string; readonly description?: string }>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly example?: unknown;
}

interface Media {
  readonly schema: Schema;
  readonly example?: unknown;
}

export interface Document {
  readonly openapi: string;
  readonly info: { readonly license: { readonly name: string } };
  readonly servers: readonly unknown[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly responses: Readonly<Record<string, { readonly headers: Schema }>>;
  };
}

export const operationsOf = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ path, method, operation })),
  );

/** Every object in a document with this key, and its place; examples are none of its schemas. */
export function having(key: string, value: unknown, place = ''): { place: string; found: Schema }[] {
  if (typeof value !== 'object' || value === null) return [];
  return [
    ...(key in value ? [{ place, found: value as Schema }] : []),
    ...Object.entries(value)
      .filter(([inner]) => inner !== 'example' && inner !== 'examples')
      .flatMap(([inner, part]) => having(key, part, `${place}/${inner}`)),
  ];
}
