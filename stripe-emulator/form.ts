import qs from 'qs';
import { invalidRequest, missing } from './errors.js';

export type Form = Record<string, unknown>;

/** Stripe's form encoding: `metadata[orderId]=1&expand[0]=latest_charge`. */
export const parseForm = (text: string): Form =>
  qs.parse(text, { depth: 8, parameterLimit: 1_000, arrayLimit: 100, plainObjects: true });

type Kind = 'string' | 'integer' | 'boolean' | 'hash' | 'list' | readonly string[];
export type Schema = Readonly<Record<string, Kind>>;

export const writeForm = (form: Form): string => qs.stringify(form);

/** Calls to v2 carry JSON; its values are checked as those of a form are. @throws StripeError when it is no object */
export function parseJson(body: string): Form {
  if (body === '') return {};
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  } catch {
    // said below
  }
  throw invalidRequest('Invalid request body: it must be a JSON object.');
}

/**
 * Every parameter is known and of its kind, in Stripe's own words where not.
 * @param within the parameter that holds the form, where it is nested: `line_items[0]`
 */
export function check(form: Form, schema: Schema, required: readonly string[] = [], within = ''): void {
  const named = (name: string): string => (within === '' ? name : `${within}[${name}]`);
  const unknown = Object.keys(form)
    .filter((name) => !Object.hasOwn(schema, name))
    .map(named);
  if (unknown.length > 0)
    throw invalidRequest(`Received unknown parameter${unknown.length > 1 ? 's' : ''}: ${unknown.join(', ')}`, {
      code: 'parameter_unknown',
      param: unknown[0]!,
    });
  for (const [name, value] of Object.entries(form)) checkKind(named(name), value, schema[name]!);
  for (const name of required) if (form[name] === undefined || form[name] === '') throw missing(named(name));
}

function checkKind(name: string, value: unknown, kind: Kind): void {
  if (kind === 'list' || kind === 'hash') {
    if (typeof value === 'object' || value === '') return;
    throw invalidRequest(`Invalid ${kind === 'list' ? 'array' : 'object'}`, { param: name });
  }
  if (typeof value !== 'string') throw invalidRequest('Invalid string: must be a string', { param: name });
  if (kind === 'integer' && !/^-?\d{1,15}$/.test(value))
    throw invalidRequest(`Invalid integer: ${value}`, { code: 'parameter_invalid_integer', param: name });
  if (kind === 'boolean' && value !== 'true' && value !== 'false')
    throw invalidRequest(`Invalid boolean: ${value}`, { param: name });
  if (Array.isArray(kind) && !kind.includes(value))
    throw invalidRequest(`Invalid ${name}: must be one of ${kind.slice(0, -1).join(', ')}, or ${kind.at(-1)}`, {
      param: name,
    });
}

export const text = (form: Form, name: string): string | undefined =>
  typeof form[name] === 'string' ? form[name] : undefined;

/** A list in either spelling, `a[]=1` and `a[0]=1`; empty when it is not given. */
export const texts = (form: Form, name: string): string[] =>
  typeof form[name] === 'object' && form[name] !== null ? Object.values(form[name]).map(String) : [];

export const integer = (form: Form, name: string): number | undefined =>
  text(form, name) === undefined ? undefined : Number(form[name]);

/** The parameters within a parameter; none where it is not given. */
export const nested = (form: Form, name: string): Form => {
  const value = form[name];
  return typeof value === 'object' && value !== null ? (value as Form) : {};
};

/** https://docs.stripe.com/api/metadata */
const METADATA_KEYS = 50;
const METADATA_KEY_CHARACTERS = 40;
const METADATA_VALUE_CHARACTERS = 500;

function checkedMetadata(metadata: object): object {
  for (const [key, value] of Object.entries(metadata)) {
    const param = `metadata[${key}]`;
    if (typeof value !== 'string') throw invalidRequest('Invalid string: must be a string', { param });
    if (key.length > METADATA_KEY_CHARACTERS)
      throw invalidRequest(
        `Metadata keys can have up to ${METADATA_KEY_CHARACTERS} characters, but you passed in a key that is ${key.length} characters. Invalid key: ${key}`,
        { param },
      );
    if (value.length > METADATA_VALUE_CHARACTERS)
      throw invalidRequest(
        `Metadata values can have up to ${METADATA_VALUE_CHARACTERS} characters, but you passed in a value that is ${value.length} characters. Invalid value: ${value}`,
        { param },
      );
  }
  return metadata;
}

/** New metadata over old: an empty value takes a key away, an empty string all. */
export function mergeMetadata(before: Readonly<Record<string, string>>, form: Form): Record<string, string> {
  const { metadata } = form;
  if (metadata === undefined) return { ...before };
  if (typeof metadata !== 'object' || metadata === null) return {};
  const merged = Object.entries({ ...before, ...checkedMetadata(metadata) }).filter(([, value]) => value !== '');
  if (merged.length > METADATA_KEYS)
    throw invalidRequest(`You can have up to ${METADATA_KEYS} metadata keys, but this would leave ${merged.length}.`, {
      param: 'metadata',
    });
  return Object.fromEntries(merged.map(([key, value]) => [key, String(value)]));
}
