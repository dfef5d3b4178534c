import { Ajv, type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import { HttpProblem } from './problem.js';

const options = { allErrors: true, removeAdditional: false, useDefaults: true, strict: false } as const;
const formats = (ajv: Ajv): Ajv => addFormats.default(ajv);
/** A body says what it means: "1" is not 1. Queries and headers are text by nature. */
const strict = formats(new Ajv({ ...options, coerceTypes: false }));
const coercing = formats(new Ajv({ ...options, coerceTypes: true }));

export const validatorCompiler: FastifySchemaCompiler<object> = ({ schema, httpPart }) =>
  (httpPart === 'body' ? strict : coercing).compile(schema);

/** More than these helps nobody. */
const MAX_ERRORS = 100;
/** The form is wrong (400); anything else is a value outside its limits (422). */
const malformed = new Set(['type', 'required', 'additionalProperties', 'anyOf', 'const', 'enum']);

/** Every field at fault, in the words of the request. */
export function validationProblem(validation: readonly ErrorObject[], part: string): HttpProblem {
  const errors = validation
    .slice(0, MAX_ERRORS)
    .map((error) => ({ field: fieldOf(error, part), message: messageOf(error) }));
  const status = validation.some(({ keyword }) => malformed.has(keyword)) ? 400 : 422;
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
