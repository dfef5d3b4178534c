import { Type } from 'typebox';
import type { CheckoutProgress } from '../../contract/checkout.js';
import { orNull, Time } from '../../platform/http/schemas.js';
import { ReasonBody } from './common.js';
import { OrderAnswer } from './orders.js';

export const SagaAnswer = Type.Object(
  {
    order: OrderAnswer,
    workflow: Type.Unsafe<CheckoutProgress | null>({
      title: 'CheckoutProgress',
      type: ['object', 'null'],
      properties: {
        phase: { type: 'string' },
        undo: { type: 'array', items: { type: 'string' }, description: 'the undo steps still to do, last first' },
      },
      additionalProperties: true,
      description: 'what the workflow says of itself; null where none answers',
    }),
    attention: orNull(Type.String({ description: 'why it waits for a person' })),
    events: Type.Array(
      Type.Object(
        {
          eventId: Type.String(),
          type: Type.String(),
          state: Type.String(),
          reason: orNull(Type.String()),
          receivedAt: Time,
          appliedAt: orNull(Time),
        },
        { title: 'SagaEvent' },
      ),
    ),
    actions: Type.Array(
      Type.Object(
        {
          at: Time,
          actor: Type.String(),
          action: Type.String(),
          reason: orNull(Type.String()),
          outcome: Type.String(),
          answer: orNull(Type.String()),
        },
        { title: 'SagaAction' },
      ),
    ),
  },
  { title: 'Saga' },
);

export const ResolveBody = Type.Object(
  {
    ...ReasonBody.properties,
    reference: Type.String({ minLength: 1, maxLength: 200, description: 'where it was done: a refund id, say' }),
  },
  {
    title: 'Resolution',
    additionalProperties: false,
    examples: [{ reason: 'Given back by hand.', reference: 're_3PqL2eZvKYlo2C' }],
  },
);
