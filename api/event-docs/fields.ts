import type { JsonSchema } from '../../events/catalogue/definition.js';

/** A row of the table of a value's fields. */
export interface Field {
  /** as in items[].price.minor */
  readonly path: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly about: string;
}

/** Every field of an object, each followed by those within it. */
export const fieldsOf = (schema: JsonSchema, prefix = ''): readonly Field[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = `${prefix}${name}`;
    const field: Field = {
      path,
      type: typeOf(property),
      isRequired: schema.required?.includes(name) ?? false,
      about: property.description ?? '',
    };
    return property.items?.properties
      ? [field, ...fieldsOf(property.items, `${path}[].`)]
      : [field, ...fieldsOf(property, `${path}.`)];
  });

function typeOf({ type, const: only, enum: values, anyOf, items }: JsonSchema): string {
  if (only !== undefined) return JSON.stringify(only);
  if (values) return values.join(' | ');
  if (anyOf) return anyOf.map(typeOf).join(' or ');
  if (items) return `array of ${typeOf(items)}`;
  return String(type);
}
