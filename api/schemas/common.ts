import { type Static, type TObject, type TProperties, Type } from 'typebox';
import { Id } from '../../platform/http/paging.js';

export const MoneyView = Type.Object({
  minor: Type.Integer({ description: 'in the smallest unit of the currency' }),
  currency: Type.String(),
});

export const OrderParams = Type.Object({ id: Id });

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Type.Ref('Problem') } },
});

/** What any route may answer besides its own. */
export const problems = {
  400: problem('The request cannot be read, or is not of the right form'),
  401: problem('No valid access token'),
  429: problem('Too many requests'),
  503: problem('Something that is needed is away; Retry-After says when to try again'),
};
export const notFound = { 404: problem('There is no such thing, or it is not yours') };
export const conflict = { 409: problem('The present state does not allow it') };
export const unprocessable = { 422: problem('A value is outside its limits or contradicts what is true') };
export const forbidden = { 403: problem('The user of the token may not do this') };

/** A body that may be left out, or be null. One schema and not a union: a union reports each branch's complaints. */
export const optionalBody = <P extends TProperties>(properties: P) =>
  Type.Optional(
    Type.Unsafe<Static<TObject<P>> | null>({
      ...Type.Object(properties, { additionalProperties: false }),
      type: ['object', 'null'],
    }),
  );
