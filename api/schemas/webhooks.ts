import { Type } from 'typebox';
import { Id, Page } from '../../platform/http/paging.js';
import { enumOf, idLike, listOf, orNull, Time } from '../../platform/http/schemas.js';

const states = ['RECEIVED', 'SIGNALLED', 'APPLIED', 'IGNORED', 'UNMATCHED', 'DEAD'] as const;

const EventAnswer = Type.Object(
  {
    eventId: Type.String(),
    type: Type.String(),
    objectId: orNull(Type.String({ description: 'the object at Stripe that the event is about' })),
    paymentIntentId: orNull(Type.String()),
    orderId: orNull(Type.String({ description: 'the order it is about, or that it names' })),
    state: enumOf(states),
    reason: orNull(Type.String({ description: 'why it has the state it has' })),
    ageSeconds: Type.Integer({ description: 'since it came' }),
    attempts: Type.Integer({ description: 'how often the dispatcher has taken it up' }),
    receivedAt: Time,
    signalledAt: orNull(Time),
    appliedAt: orNull(Time),
    retriedAt: orNull(Type.String({ format: 'date-time', description: 'when an operator last put it back' })),
    nextAttemptAt: orNull(Type.String({ format: 'date-time', description: 'null for one that waits no more' })),
  },
  { title: 'WebhookEvent' },
);

export const EventList = listOf('WebhookEventList', EventAnswer);

export const EventWithRetries = Type.Object(
  {
    ...EventAnswer.properties,
    retries: Type.Array(
      Type.Object({ at: Time, actor: Type.String(), reason: orNull(Type.String()) }, { title: 'WebhookEventRetry' }),
      {
        description: 'what operators did to it, oldest first',
      },
    ),
  },
  { title: 'WebhookEventDetail' },
);

export const EventQuery = Type.Object(
  {
    ...Page,
    state: Type.Optional(enumOf(states)),
    type: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    orderId: Type.Optional(Id),
  },
  { additionalProperties: false },
);

export const EventParams = Type.Object({ id: idLike('the event at Stripe', 'evt_1PqL2eZvKYlo2C') });
