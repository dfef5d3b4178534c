/**
 * Makes schemas.json from Stripe's own OpenAPI description, which comes with stripe-mock from the Go module proxy:
 * the schemas of the objects that the emulator answers with, as JSON Schema, without their prose; and parameters.json, the
 * names of the parameters of every call to their collections.
 * Usage: node test/emulator/openapi/trim.mjs [version of stripe-mock]
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const MODULE = 'github.com/stripe/stripe-mock';
/** What is answered, or expanded inside an answer; a field that expands to anything else is an id here. */
const ROOTS = [
  'balance_transaction',
  'charge',
  'checkout.session',
  'customer',
  'deleted_customer',
  'deleted_webhook_endpoint',
  'dispute',
  'error',
  'event',
  'item',
  'payment_intent',
  'payment_method',
  'radar.early_fraud_warning',
  'refund',
  'review',
  'setup_intent',
  'webhook_endpoint',
];
const COLLECTIONS =
  'balance_transactions|charges|checkout/sessions|customers|disputes|events|payment_intents|payment_methods|radar/early_fraud_warnings|refunds|reviews|webhook_endpoints';
const NULL = { type: 'null' };

const { Version, Dir } = JSON.parse(
  execFileSync('go', ['mod', 'download', '-json', `${MODULE}@${process.argv[2] ?? 'latest'}`], {
    encoding: 'utf8',
    cwd: path.parse(process.cwd()).root, // outside of any Go module
  }),
);
/** @param {string} name */
const read = (name) => JSON.parse(readFileSync(path.join(Dir, 'embedded/openapi', name), 'utf8'));
const spec = read('spec3.json');
/** Says of more fields that they are always there: what the SDKs are generated from. Its further fields are previews. */
const sdkSpec = read('spec3.beta.sdk.json');

/** @type {Map<string, object>} */
const kept = new Map();
/** @param {string} name */
function keep(name) {
  if (kept.has(name)) return;
  kept.set(name, {});
  kept.set(name, schemaOf(spec.components.schemas[name], sdkSpec.components.schemas[name]?.required));
}

/** @param {string} ref */
const nameOf = (ref) => ref.replace('#/components/schemas/', '');

/**
 * From OpenAPI 3.0 to JSON Schema. An object may have no field that Stripe's has not.
 * @param {any} schema
 * @param {readonly string[]} always fields that are there, if Stripe's has them at all
 * @returns {any}
 */
function schemaOf(schema, always = []) {
  if (schema.$ref) {
    keep(nameOf(schema.$ref));
    return { $ref: `#/definitions/${nameOf(schema.$ref)}` };
  }
  if (schema.anyOf) return anyOf(schema);
  const { type, enum: values, items, properties, required, additionalProperties, pattern, maxLength } = schema;
  return {
    ...(type ? { type: schema.nullable ? [type, 'null'] : type } : {}),
    // The metadata of some fields is `enum: ['']`, which stands for "or nothing" in parameters only.
    ...(values ? { enum: schema.nullable ? [...values, null] : values } : {}),
    ...(pattern ? { pattern } : {}),
    ...(maxLength ? { maxLength } : {}),
    ...(items ? { items: schemaOf(items) } : {}),
    ...(properties
      ? {
          properties: Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, schemaOf(value)])),
          required: [...new Set([...(required ?? []), ...always.filter((name) => name in properties)])],
          additionalProperties: false,
        }
      : {}),
    ...(!properties && typeof additionalProperties === 'object'
      ? { additionalProperties: schemaOf(additionalProperties) }
      : {}),
  };
}

/**
 * An id that may be expanded, or one of several forms. Told apart by what is there, so that what is wrong inside a form
 * is said of the field that is wrong.
 * @param {any} schema
 */
function anyOf({ anyOf: branches, nullable, 'x-expansionResources': expands }) {
  const forms = branches.filter((/** @type {any} */ { $ref }) => $ref && (!expands || ROOTS.includes(nameOf($ref))));
  const plain = branches.filter((/** @type {any} */ { $ref }) => !$ref);
  const otherwise = [...plain.map((/** @type {any} */ branch) => schemaOf(branch)), ...(nullable ? [NULL] : [])];
  if (forms.length === 0) return oneOf(otherwise);
  const then = oneOf(forms.map((/** @type {any} */ form) => schemaOf(form)));
  return otherwise.length === 0 ? then : { if: { type: 'object' }, then, else: oneOf(otherwise) };
}

/** @param {readonly object[]} schemas */
const oneOf = (schemas) => (schemas.length === 1 ? schemas[0] : { anyOf: schemas });

/** @param {any} operation @returns {readonly string[]} */
const parametersOf = ({ parameters = [], requestBody }) => [
  ...parameters.filter((/** @type {any} */ it) => it.in === 'query').map((/** @type {any} */ it) => it.name),
  ...Object.keys(requestBody?.content['application/x-www-form-urlencoded']?.schema.properties ?? {}),
];
const calls = Object.entries(spec.paths)
  .filter(([url]) => new RegExp(`^/v1/(${COLLECTIONS})(/|$)`).test(url))
  .flatMap(([url, operations]) =>
    Object.entries(operations).map(([method, operation]) => [
      `${method.toUpperCase()} ${url.replace(/\{\w+\}/g, ':id')}`,
      parametersOf(operation).join(' '),
    ]),
  );

for (const root of ROOTS) keep(root);
const here = import.meta.dirname;
const definitions = [...kept].sort(([a], [b]) => (a < b ? -1 : 1));
const lines = definitions.map(([name, schema]) => `${JSON.stringify(name)}:${JSON.stringify(schema)}`);
const from = JSON.stringify({ module: `${MODULE}@${Version}`, apiVersion: spec.info.version, license: 'MIT' });
writeFileSync(path.join(here, 'schemas.json'), `{"from":${from},\n"definitions":{\n${lines.join(',\n')}\n}}\n`);
const described = { from: JSON.parse(from), calls: Object.fromEntries(calls) };
writeFileSync(path.join(here, 'parameters.json'), `${JSON.stringify(described, null, 2)}\n`);
writeFileSync(path.join(here, 'LICENSE'), readFileSync(path.join(Dir, 'LICENSE')));
process.stdout.write(`${definitions.length} schemas of ${spec.info.version}\n`);
