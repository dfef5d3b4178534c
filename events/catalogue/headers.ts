import { Type } from 'typebox';
import { type FactDefinition, schemaUri } from './definition.js';

/** Headers of a fact's record: CloudEvents 1.0 in binary mode, the correlation and the trace. All values are text. */
export const headersOf = (fact: FactDefinition) =>
  Type.Object({
    ce_specversion: Type.Literal('1.0'),
    ce_id: Type.String({ description: 'Names the fact. The same fact told again carries the same id.' }),
    ce_type: Type.Literal(fact.topic, { description: 'The topic.' }),
    ce_dataschema: Type.Optional(
      Type.Literal(schemaUri(fact), {
        description: 'The schema of the value, with its version. Records from before schemas were named carry none.',
      }),
    ),
    ce_source: Type.String({ description: 'Who tells it.' }),
    ce_time: Type.String({ description: 'When it became true: ISO 8601, UTC.' }),
    ce_subject: Type.String({ description: `The ${fact.key}; also the record's key.` }),
    ce_sequence: Type.String({
      pattern: '^[1-9][0-9]*$',
      description: `Place among the facts of its ${fact.key}: 1, 2, 3…`,
    }),
    'content-type': Type.Literal('application/json'),
    correlationid: Type.Optional(Type.String({ description: 'The checkout, in every log line and trace about it.' })),
    traceparent: Type.Optional(Type.String({ description: 'W3C trace context of the request that began it.' })),
  });
