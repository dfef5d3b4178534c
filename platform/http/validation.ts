import { Ajv, type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import { unstorablePath } from '../text.js';
import { HttpProblem } from './problem.js';

const options = { removeAdditional: false, useDefaults: true, strict: false } as const;
/** What PostgreSQL reads of RFC 3339: no year 0, at most 15 hours from UTC, and a bounded fraction of a second. */
const isInRange = (text: string): boolean =>
  text.length <= 64 && !text.startsWith('0000') && Number(/[+-](\d\d)(?::?\d\d)?$/.exec(text)?.[1] ?? 0) < 16;
const formats = (ajv: Ajv): Ajv => {
  addFormats.default(ajv);
  const { validate } = ajv.formats['date-time'] as { readonly validate: (text: string) => boolean };
  return ajv.addFormat('date-time', (text: string) => validate(text) && isInRange(text));
};
/** A body says what it means: "1" is not 1. Queries and headers are text by nature. */
const validators = {
  strict: [formats(new Ajv(options)), formats(new Ajv({ ...options, allErrors: true }))],
  coercing: [
    formats(new Ajv({ ...options, coerceTypes: true })),
    formats(new Ajv({ ...options, coerceTypes: true, allErrors: true })),
  ],
} as const;

/** More values than any valid request has: of one that has more, only the first fault is looked for. */
const MOST_VALUES = 5_000;

/** Counts values, and stops when there are too many. */
function isLarge(data: unknown): boolean {
  const open: unknown[] = [data];
  for (let seen = 0; open.length > 0; seen++) {
    if (seen + open.length > MOST_VALUES) return true;
    const value = open.pop();
    if (Array.isArray(value) && value.length > MOST_VALUES) return true;
    if (typeof value === 'object' && value !== null) open.push(...Object.values(value));
  }
  return false;
}

/**
 * Compiles a route's schema. A request is refused at its first fault, and only one of a sensible size is searched for the
 * others: the search goes on past `maxItems`. Beyond the schema, no text is accepted that PostgreSQL refuses to store: what
 * has passed here can be written and compared with.
 */
export const validatorCompiler: FastifySchemaCompiler<object> = ({ schema, httpPart }) => {
  const [first, every] = validators[httpPart === 'body' ? 'strict' : 'coercing'];
  const accepts = first.compile(schema);
  return (data: unknown) => {
    if (!accepts(data)) {
      if (isLarge(data)) return refused(accepts.errors);
      const findAll = every.compile(schema);
      findAll(data);
      return refused(findAll.errors);
    }
    const instancePath = unstorablePath(data);
    if (instancePath === undefined) return { value: data };
    return refused([{ instancePath, keyword: 'pattern', params: {}, schemaPath: '' }]);
  };
};

/** Fastify takes a list of Ajv's errors for an error. */
const refused = (errors: readonly ErrorObject[] | null | undefined) => ({ error: errors as unknown as Error });

/** More than these helps nobody. */
const MAX_ERRORS = 20;
/** The form is wrong (400); anything else is a value outside its limits (422). */
const malformedBy = new Set(['type', 'required', 'additionalProperties', 'anyOf', 'const', 'enum']);
/** A date that no calendar has cannot be read either. */
const isMalformed = ({ keyword, params }: ErrorObject): boolean =>
  malformedBy.has(keyword) || (keyword === 'format' && params.format === 'date-time');

/** Every field at fault, in the words of the request. */
export function validationProblem(validation: readonly ErrorObject[], part: string): HttpProblem {
  const errors = validation
    .slice(0, MAX_ERRORS)
    .map((error) => ({ field: fieldOf(error, part), message: messageOf(error) }));
  const status = validation.some(isMalformed) ? 400 : 422;
  const first = errors[0];
  return new HttpProblem({
    status,
    code: 'invalid-request',
    title: 'The request is not valid',
    detail: first
      ? `${first.field}: ${first.message}${errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''}.`
      : 'The request is not valid.',
    errors,
  });
}

function fieldOf({ instancePath, keyword, params }: ErrorObject, part: string): string {
  const path = instancePath
    .split('/')
    .slice(1)
    .reduce((field, key) => (/^\d+$/.test(key) ? `${field}[${key}]` : field === '' ? key : `${field}.${key}`), '');
  const last: unknown =
    keyword === 'required'
      ? params.missingProperty
      : keyword === 'additionalProperties'
        ? params.additionalProperty
        : undefined;
  if (typeof last !== 'string') return path === '' ? part : path;
  return path === '' ? last : `${path}.${last}`;
}

function messageOf({ keyword, message, params }: ErrorObject): string {
  if (keyword === 'required') return 'is missing';
  if (keyword === 'additionalProperties') return 'is not a known field';
  if (keyword === 'pattern') return 'has characters or a form that is not allowed';
  if (keyword === 'enum') return `must be one of ${(params.allowedValues as unknown[]).join(', ')}`;
  return message ?? 'is not valid';
}
