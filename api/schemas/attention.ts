import { Type } from 'typebox';
import { causeNames } from '../../domain/attention/causes.js';
import { Id, Page } from '../../platform/http/paging.js';
import { MoneyView } from './common.js';

const orNull = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()]);

const AttentionEntry = Type.Object({
  id: Type.String({ description: 'what stands there: its kind and its row' }),
  cause: Type.String({ description: causeNames.join(', ') }),
  urgency: Type.String({ description: 'NOW, TODAY or SOON' }),
  orderId: orNull(Type.String()),
  since: Type.String(),
  money: orNull(MoneyView),
  what: Type.String({ description: 'what has happened' }),
  todo: Type.String({ description: 'what to do about it' }),
  routes: Type.Array(Type.String(), { description: 'the requests that do it' }),
  links: Type.Array(Type.String(), { description: 'where more is told' }),
});

export const AttentionList = Type.Object({ data: Type.Array(AttentionEntry), nextCursor: orNull(Type.String()) });

export const AttentionQuery = Type.Object(
  { ...Page, cause: Type.Optional(Type.Enum(causeNames)) },
  { additionalProperties: false },
);

export const DriftParams = Type.Object({ id: Id });

export const DriftBody = Type.Object(
  {
    reason: Type.String({ minLength: 3, maxLength: 500 }),
    reference: Type.String({ minLength: 1, maxLength: 200, description: 'where it was settled: a refund id, say' }),
  },
  { additionalProperties: false },
);
