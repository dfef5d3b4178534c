import { type Static, type TObject, type TProperties, Type } from 'typebox';
import { idLike, ORDER_ID_EXAMPLE } from '../../platform/http/schemas.js';

export const OrderParams = Type.Object({ id: idLike('the order', ORDER_ID_EXAMPLE) });

export const ReasonBody = Type.Object(
  { reason: Type.String({ minLength: 3, maxLength: 500, description: 'why, for those who read it later' }) },
  { title: 'Reason', additionalProperties: false, examples: [{ reason: 'Settled with the customer by telephone.' }] },
);

/** A body that may be left out, or be null. One schema and not a union: a union reports each branch's complaints. */
export const optionalBody = <P extends TProperties>(title: string, properties: P, example: object) =>
  Type.Optional(
    Type.Unsafe<Static<TObject<P>> | null>({
      ...Type.Object(properties, { additionalProperties: false }),
      type: ['object', 'null'],
      title,
      examples: [example],
    }),
  );
