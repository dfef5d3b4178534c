import { Type } from 'typebox';
import { causeNames } from '../../operations/attention/causes.js';
import { Page } from '../../platform/http/paging.js';
import { enumOf, idLike, listOf, MoneyView, orNull, Time } from '../../platform/http/schemas.js';

const AttentionEntry = Type.Object(
  {
    id: Type.String({ description: 'what stands there: its kind and its row' }),
    cause: enumOf(causeNames),
    urgency: enumOf(['NOW', 'TODAY', 'SOON']),
    orderId: orNull(Type.String()),
    since: Time,
    money: orNull(MoneyView),
    what: Type.String({ description: 'what has happened' }),
    todo: Type.String({ description: 'what to do about it' }),
    routes: Type.Array(Type.String(), { description: 'the requests that do it' }),
    links: Type.Array(Type.String(), { description: 'where more is told' }),
  },
  { title: 'AttentionEntry' },
);

export const AttentionList = listOf('AttentionList', AttentionEntry);

export const AttentionQuery = Type.Object(
  { ...Page, cause: Type.Optional(enumOf(causeNames)) },
  { additionalProperties: false },
);

export const DriftParams = Type.Object({ id: idLike('what reconciliation found', '1') });

export const DriftBody = Type.Object(
  {
    reason: Type.String({ minLength: 3, maxLength: 500 }),
    reference: Type.String({ minLength: 1, maxLength: 200, description: 'where it was settled: a refund id, say' }),
  },
  {
    title: 'DriftSettlement',
    additionalProperties: false,
    examples: [{ reason: 'Given back by hand.', reference: 're_3PqL2eZvKYlo2C' }],
  },
);
